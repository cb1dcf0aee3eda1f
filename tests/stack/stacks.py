"""Real stacks for tests: started as `counterfoil up` starts them, and never left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from counterfoil.errors import NothingSentError
from counterfoil.links.control import ask
from counterfoil.stack.demo import Demo
from counterfoil.stack.layout import STATIONS, Layout, formats
from counterfoil.storage import open_store

PROGRAM = "import sys; from counterfoil.cli.app import run; "
UP = PROGRAM + "sys.exit(run(['up', '--json', '--data', *sys.argv[1:]]))"
SHORT = "1,2,4"


def launch(
    data: Path, timers: str = SHORT, *more: str, lab: bool = True, before: Callable[[], None] | None = None
) -> subprocess.Popen[str]:
    """Start a supervisor, with faults allowed unless `lab` is False; do not wait for anything."""
    return subprocess.Popen(
        [sys.executable, "-P", "-c", UP, str(data), "--timers", timers, *(["--lab"] if lab else []), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,
    )


def refused(data: Path, timers: str = SHORT, *, lab: bool = True, before: Callable[[], None] | None = None) -> str:
    """The sentence with which a stack refuses to start; the one for programs is the same, in both languages."""
    process = launch(data, timers, lab=lab, before=before)
    out, err = process.communicate(timeout=60)
    said = json.loads(out)
    assert (process.returncode, said["error"]) == (1, "failed")
    assert said["message"]["en"] in err
    assert re.search("[\u4e00-\u9fff]", said["message"]["zh"]), said
    return err.strip()


def gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return not sys.platform.startswith("darwin")


def wait_for(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    """Poll until something is true, and return it."""
    ends = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < ends, "waited too long"
        time.sleep(0.02)
    return found


class Stack:
    """A running stack."""

    def __init__(
        self, data: Path, timers: str = SHORT, *, lab: bool = True, before: Callable[[], None] | None = None
    ) -> None:
        self.data = data
        self.lab = lab
        self.layout = Layout(data)
        self.process = launch(data, timers, lab=lab, before=before)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate(timeout=10)[1]
        self.ready: dict[str, Any] = json.loads(line)

    def __enter__(self) -> Stack:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.communicate(timeout=20)
        return self.process.returncode

    def pids(self) -> dict[str, int]:
        """The process of every station."""
        return {name: found.pid for name in STATIONS if (found := self.layout.find(name)) is not None}

    def call(self, station: str, verb: str, /, **args: Any) -> dict[str, Any]:
        """One request."""
        at = self.layout.find(station)
        if at is None:
            raise NothingSentError(f"{station} does not run")
        return ask(at.host, at.port, at.token, verb, args, 30.0)

    def count(self, station: str, table: str) -> int:
        """Rows of a table in a station's store, read as any other process reads it."""
        with closing(open_store(self.layout.store(station), formats(station), readonly=True)) as store:
            return int(store.query(f"SELECT count(*) FROM {table}")[0][0])

    def sale(self, card: str = "carol", amount: int = 1250, terminal: str = "T0000001", **more: Any) -> dict[str, Any]:
        """One sale at one of our terminals."""
        found = Demo.of(self.layout).card(card)
        assert found is not None
        told = {"pan": found.pan, "expiry": found.expiry, "track2": found.track2}
        args = {"terminal": terminal, "amount": amount, "currency": "CNY", "card": told, "entry": "swipe", **more}
        if found.pin:
            args["pin"] = found.pin
        return self.call("terminal", "sale", **args)
