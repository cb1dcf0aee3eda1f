"""Lock files: one process holds what a file stands for, and every other can see that.

The system lets go when the process ends, however it ends; the file stays and means nothing by itself. A store's lies
beside it and not on it, because closing any descriptor of a file drops SQLite's own locks on it.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from counterfoil.errors import StoreInUseError
from counterfoil.storage import sentences


def hold(path: Path) -> int | None:
    """Take a lock file: the descriptor that holds it until it is closed; None when it is held, or being looked at,
    elsewhere.

    OSError when the disk refuses.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if _taken(descriptor, fcntl.LOCK_EX):
            return descriptor
    except OSError:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def is_held(path: Path) -> bool:
    """Whether a process holds a lock file just now."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _taken(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _taken(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class OwnerLock:
    """Lock of a store's only owner, held from construction to `release`: before the first byte of the store is touched.

    StoreInUseError when another process, or another store here, holds it.
    """

    def __init__(self, store: Path) -> None:
        self.path = _beside(store)
        descriptor = hold(self.path)
        if descriptor is None:
            holder = self.path.read_bytes()[:32].decode("ascii", "replace").strip()
            raise StoreInUseError(*sentences.IN_USE.filled(store=store, holder=holder or "?"))
        self._descriptor = descriptor
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Let the next owner in. The file stays: without it two owners could hold two different files."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def is_owned(store: Path) -> bool:
    """Whether a process owns the store just now."""
    return is_held(_beside(store))


def _beside(store: Path) -> Path:
    return store.with_name(store.name + ".lock")
