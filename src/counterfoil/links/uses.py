"""Who has a printer in use, and what it may still hold: known to every process of this machine, and for as long as it
is so.

A printer that prints for one connection says nothing to any other, so it must not be asked then: what it told the one
that has it is written down here. The lock beside it is the system's and ends with its process, however that ended. What
a printer may still hold after that stays written until it is proven that it has worked through it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from counterfoil.errors import StoreError
from counterfoil.links.address import PrinterAddress
from counterfoil.links.performers import write_bytes
from counterfoil.reasons import UNWRITTEN, reason
from counterfoil.receipts.printers.job import JobState, PrintResult
from counterfoil.step import UNREADABLE
from counterfoil.storage.lock import hold, is_held

PAUSE: Final = 0.05
"""Seconds between two looks whether another process has let go."""


class LastReport(msgspec.Struct, frozen=True):
    """A print job, and what the printer said last while it had it."""

    job: str
    trouble: str = ""


class PrinterUse(msgspec.Struct, frozen=True):
    """What is kept of a printer: the job it is at, and the one it may still hold."""

    now: LastReport | None = None
    left: LastReport | None = None


class Use(NamedTuple):
    """Whose job a printer has. `live`: a process waits for it; else the printer may still hold a part of it."""

    job: str
    trouble: str
    live: bool


class Claim:
    """A printer that this process alone uses, from `Uses.claimed`."""

    def __init__(self, path: Path, job: str) -> None:
        self._path = path
        self._job = job
        self._left = _left(_read(path))
        self.says("")

    def says(self, trouble: str) -> None:
        """What holds the job up now, "" for nothing. A disk that refuses it does not stop a receipt."""
        self._keep(PrinterUse(LastReport(self._job, trouble), self._left))

    def ended(self, result: PrintResult) -> None:
        """What became of it. What left and did not come out may be in there, if only its header, and only a proof says
        that nothing is.
        """
        if result.state is JobState.PRINTED:
            self._left = None
        elif result.state in (JobState.UNKNOWN, JobState.FAILED):
            self._left = LastReport(self._job, result.trouble)
        self._keep(PrinterUse(None, self._left))

    def _keep(self, written: PrinterUse) -> None:
        with contextlib.suppress(OSError):
            write_bytes(self._path, msgspec.json.encode(written))


class Uses:
    """The printers in use, a small file each in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def claimed(self, address: PrinterAddress, job: str, patience: float) -> Iterator[Claim | None]:
        """Use a printer for a job; None when another process did not let go of it in `patience` seconds. StoreError
        when the disk refuses.
        """
        path = self._path(address)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = _held(_lock(path), patience)
        except OSError as error:
            raise StoreError(*UNWRITTEN.filled(path=self._folder, reason=reason(error))) from None
        if descriptor is None:
            yield None
            return
        try:
            yield Claim(path, job)
        finally:
            os.close(descriptor)

    def of(self, address: PrinterAddress) -> Use | None:
        """Whose job it has, or may still hold; None when nobody's."""
        path = self._path(address)
        written = _read(path)
        if is_held(_lock(path)):
            now = written.now or LastReport("")
            return Use(now.job, now.trouble, live=True)
        left = _left(written)
        return Use(left.job, left.trouble, live=False) if left is not None else None

    def emptied(self, address: PrinterAddress) -> None:
        """It has worked through everything it was sent."""
        if self.of(address) is None:
            return
        with self.claimed(address, "", 0) as claim:
            if claim is not None:
                claim.ended(PrintResult(state=JobState.PRINTED))

    def _path(self, address: PrinterAddress) -> Path:
        return self._folder / f"{hashlib.sha256(str(address).encode()).hexdigest()[:16]}.json"


def _lock(path: Path) -> Path:
    return path.with_suffix(".lock")


def _held(lock: Path, patience: float) -> int | None:
    """Its descriptor once it is free; one who only looks holds it for a moment."""
    ends = time.monotonic() + patience
    while (descriptor := hold(lock)) is None and time.monotonic() <= ends:
        time.sleep(PAUSE)
    return descriptor


def _left(written: PrinterUse) -> LastReport | None:
    """What a printer may hold that nobody uses: the job of a process that died over it, or what one left in it."""
    return written.now if written.now is not None and written.now.job else written.left


def _read(path: Path) -> PrinterUse:
    try:
        return msgspec.json.decode(path.read_bytes(), type=PrinterUse)
    except (OSError, *UNREADABLE):
        return PrinterUse()
