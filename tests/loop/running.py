"""A stack of real processes for tests: started once, asked through the command line only."""

from __future__ import annotations

import contextlib
import io
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from counterfoil.cli.app import run

TIMERS = "0.6,1.2,2.5"
REST = 25.0


class Said(NamedTuple):
    status: int
    json: Any
    err: str


class Running:
    """`counterfoil up` in a process of its own. Every question goes through the command line."""

    def __init__(self, data: Path, timers: str = TIMERS, *, lab: bool = True) -> None:
        self.data = data
        self.timers = timers
        self.lab = lab
        self.program: tuple[str, ...] = ("-m", "counterfoil")
        self.process: subprocess.Popen[str] | None = None
        self.ready: dict[str, Any] = {}

    def start(self) -> None:
        words = [sys.executable, *self.program, "up", "--data", str(self.data), "--timers", self.timers, "--json"]
        words += ["--lab"] if self.lab else []
        log = (self.data.parent / f"{self.data.name}.log").open("a")
        self.process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
        )
        log.close()
        try:
            self.ready = json.loads(self._line(60.0))
            assert self.ready.get("ready") is True, f"{self.ready}: {self.log()}"
        except BaseException:
            self.stop()
            raise

    def _line(self, seconds: float) -> str:
        assert self.process is not None
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.process.stdout, selectors.EVENT_READ)
            assert waiting.select(seconds), f"not ready: {self.log()}"
        line = self.process.stdout.readline()
        assert line, f"the stack ended: {self.log()}"
        return line

    def log(self) -> str:
        return (self.data.parent / f"{self.data.name}.log").read_text()

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        with self.process as process:
            if process.poll() is None:
                process.send_signal(with_signal)
            return process.wait(30)

    # --- the command line -------------------------------------------------------------------------------------------

    def ask(self, *words: str) -> Said:
        """One verb with --json, in this process (a new one costs half a second)."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = run([*words, "--json", "--data", str(self.data)])
        text = out.getvalue()
        return Said(status, json.loads(text) if text.strip() else None, err.getvalue())

    def tell(self, *words: str) -> str:
        """What people read."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            assert run([*words, "--data", str(self.data)]) == 0
        return out.getvalue()

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """One verb with --json that runs while the test goes on."""
        return subprocess.Popen(
            [sys.executable, "-m", "counterfoil", *words, "--json", "--data", str(self.data)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def card(self, name: str) -> dict[str, Any]:
        return next(card for card in self.ask("cards").json if card["name"] == name)

    def sale_words(self, terminal: str, amount: str = "12.50", card: str = "alice", **more: str) -> list[str]:
        words = ["sale", "--terminal", terminal, "--amount", amount, "--card", card]
        pin = more.pop("pin", None) or self.card(card)["pin"]
        words += ["--pin", pin] if pin else []
        for name, value in more.items():
            words += [f"--{name.replace('_', '-')}", value]
        return words

    def sell(self, terminal: str, amount: str = "12.50", card: str = "alice", **more: str) -> Said:
        return self.ask(*self.sale_words(terminal, amount, card, **more))

    def break_leg(self, leg: int, kind: str, mti: str, *more: str) -> None:
        assert self.ask("fault", "set", str(leg), kind, "--mti", mti, *more).status == 0

    def why(self, ref: str) -> dict[str, Any]:
        answer = self.ask("why", ref)
        assert answer.status == 0, answer
        return dict(answer.json)

    def at_rest(self, ref: str, seconds: float = REST) -> dict[str, Any]:
        """The verdict once it changes no more: bounded, polled from outside."""
        resting = {"PAID", "PAID_RECEIPT_OPEN", "NOT_CHARGED", "RETURNED", "EXCEPTION"}
        self.until(lambda: self.why(ref)["verdict"] in resting and not self.pending(ref), seconds)
        return self.why(ref)

    def pending(self, ref: str) -> bool:
        evidence = self.why(ref)["evidence"]
        return any(
            isinstance(stub, dict) and stub["state"] in {"sent", "reversing", "asked"} for stub in evidence.values()
        )

    def until(self, true: Callable[[], bool], seconds: float = REST) -> None:
        ends = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < ends, "it did not happen in time"
            time.sleep(0.05)

    def balance(self, name: str) -> int:
        return int(self.card(name)["balance"])

    def ledger_is_sound(self) -> bool:
        answer = self.ask("accounts")
        return answer.status == 0 and set(answer.json["sum"].values()) == {0}

    def pid(self, station: str) -> int:
        return int(json.loads((self.data / "run" / f"{station}.json").read_text())["pid"])

    def kill(self, station: str) -> None:
        """SIGKILL without asking the supervisor."""
        os.kill(self.pid(station), signal.SIGKILL)


@contextlib.contextmanager
def stack(data: Path, timers: str = TIMERS, *, lab: bool = True) -> Iterator[Running]:
    """A running stack that may be broken (unless `lab` is False) and is stopped, whatever happens."""
    running = Running(data, timers, lab=lab)
    running.start()
    try:
        yield running
    finally:
        running.stop()
