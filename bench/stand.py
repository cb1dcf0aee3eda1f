"""Real stations on a real disk for a bench: stores in a directory of their own, processes as production starts
them (stack/service.py, links/driver.py, SQLite in WAL mode with synchronous=FULL), and what the system says they used.

No proxy stands in the links. What is different from production: an issuer's notices to cardholders go to a carrier that
takes them at once, unless the production writer (a synced file for each) is asked for; and a driver counts its steps
where this process sees them. `syncs` counts flushes in SQLite's file layer, which costs time: for runs of their own.
"""

from __future__ import annotations

import mmap
import os
import select
import signal
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import apsw
import msgspec

from counterfoil.links.driver import Driver
from counterfoil.stack import ports, service
from counterfoil.stack.config import Config, load
from counterfoil.stack.demo import Demo
from counterfoil.stack.layout import Layout
from counterfoil.stack.spawn import Born, spawn
from counterfoil.step import Inbound, Perform, Performed

ISSUER: Final = "issuer-a"
SWITCH: Final = "switch"
TICKS: Final = os.sysconf("SC_CLK_TCK")
SLOTS: Final = {ISSUER: 0, SWITCH: 2}  # on the board: steps, then flushes
UP_SECONDS: Final = 20.0
END_SECONDS: Final = 20.0
CHUNK: Final = 2000


class Used(NamedTuple):
    """What one process has used so far. `cpu` in microseconds, `rss` and `written` in bytes."""

    user: int
    system: int
    written: int
    rss: int
    steps: int
    syncs: int

    @property
    def cpu(self) -> int:
        """User and system time."""
        return self.user + self.system


def used(pid: int, steps: int, syncs: int) -> Used:
    """Read it from /proc."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = (int(stat[at]) * 1_000_000 // TICKS for at in (11, 12))
    io = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    status = Path(f"/proc/{pid}/status").read_text()
    rss = int(status.partition("VmRSS:")[2].split()[0]) * 1024
    return Used(user, system, int(io["write_bytes"]), rss, steps, syncs)


class Carrier:
    """Takes every notice at once; in the place of the writer of files."""

    def __init__(self, _: Mapping[str, Path], inlet: Any) -> None:
        self._inlet = inlet

    def perform(self, item: Perform) -> None:
        """Report it as done."""
        done: Inbound = Performed(item.kind, item.name, True)
        self._inlet.arrive(done)

    async def stop(self) -> None:
        """Nothing is left to do."""


class Stand:
    """A directory, its stores, and the processes that run on them."""

    def __init__(self, data: Path) -> None:
        self.layout = Layout(data)
        self.layout.prepare()
        self.demo = Demo.of(self.layout, make=True)
        self.config: Config = load(data)
        self._ports, _ = ports.claim(self.layout, self.config.host)
        self._born: dict[str, Born] = {}
        self._memory = mmap.mmap(-1, 8 * 2 * len(SLOTS))
        self.board = memoryview(self._memory).cast("Q")

    def port(self, name: str) -> int:
        """The port a station listens on."""
        return self._ports[ports.listened(name, lab=self.config.lab)]

    def tell(self, name: str, verb: str, listed: str, rows: Sequence[dict[str, Any]]) -> None:
        """Give a running station rows through its control channel, a few thousand at a time."""
        running = self.layout.find(name)
        assert running is not None, f"{name} does not run"
        with socket.create_connection((running.host, running.port), UP_SECONDS) as line:
            answers = line.makefile("rb")
            for at in range(0, len(rows), CHUNK):
                asked = {"token": running.token, "verb": verb, "args": {listed: rows[at : at + CHUNK]}}
                line.sendall(msgspec.json.encode(asked) + b"\n")
                said = msgspec.json.decode(answers.readline())
                if "error" in said:
                    raise SystemExit(f"{name} refuses {verb}: {said}")

    # --- processes --------------------------------------------------------------------------------------------------

    def start(self, name: str, *, files: bool = False, syncs: bool = False) -> None:
        """Start a station's process and wait until it serves."""
        born = spawn(
            lambda: _live(self.config, name, self.board, files=files, syncs=syncs),
            str(self.layout.log(f"{name}.stderr")),
        )
        self._born[name] = born
        said = b""
        ends = time.monotonic() + UP_SECONDS
        while b'"up"' not in said:
            ready, _, _ = select.select([born.out], [], [], max(0, ends - time.monotonic()))
            piece = os.read(born.out, 4096) if ready else b""
            if not piece:
                raise SystemExit(f"{name} did not come up: {said.decode()}")
            said += piece

    def used(self, name: str) -> Used:
        """What a station's process has used so far."""
        at = SLOTS[name]
        return used(self._born[name].pid, self.board[at], self.board[at + 1])

    def stop(self) -> None:
        """End every process in good order, by force when that takes too long."""
        for born in reversed(list(self._born.values())):
            os.close(born.into)
            ends = time.monotonic() + END_SECONDS
            while os.waitpid(born.pid, os.WNOHANG)[0] == 0:
                if time.monotonic() > ends:
                    os.kill(born.pid, signal.SIGKILL)
                time.sleep(0.005)
            os.close(born.out)
        self._born.clear()


@contextmanager
def stand(where: Path | None) -> Iterator[Stand]:
    """A stand in a temporary directory (below `where`), gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="counterfoil-bench-", dir=where) as folder:
        made = Stand(Path(folder))
        try:
            yield made
        finally:
            made.stop()


# --- inside the station's process ------------------------------------------------------------------------------------


def _live(config: Config, name: str, board: memoryview, *, files: bool, syncs: bool) -> int:
    at = SLOTS[name]

    class Counted(Driver):
        """The driver, its steps put on the board."""

        def _step(self) -> None:
            super()._step()
            board[at] = self.steps

    vars(service).update(Driver=Counted)
    if not files:
        vars(service).update(FileWriter=Carrier)
    vfs = _Flushes(board, at + 1) if syncs else None
    code = service.serve(config, name)
    del vfs
    return code


class _Flushes(apsw.VFS):
    """SQLite's own file layer, its flushes put on the board."""

    def __init__(self, board: memoryview, at: int) -> None:
        super().__init__("counted", "", makedefault=True)
        self.board = board
        self.at = at

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        return _File(self, name, flags)


class _File(apsw.VFSFile):
    def __init__(self, vfs: _Flushes, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._vfs = vfs

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        super().xSync(flags)
        self._vfs.board[self._vfs.at] += 1
