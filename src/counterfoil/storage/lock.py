"""The owner's lock: one process per store, known before the first byte of the store is touched.

It lies beside the store and not on it, because closing any descriptor of a file drops SQLite's own locks on it. The
system releases it when its process ends, however it ends; the file stays and means nothing by itself.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from counterfoil.errors import StoreInUseError
from counterfoil.storage import sentences


class OwnerLock:
    """Held from construction to `release`. StoreInUseError when another process, or another store here, holds it."""

    def __init__(self, store: Path) -> None:
        self.path = _beside(store)
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            if not isinstance(error, BlockingIOError):
                raise
            raise StoreInUseError(*sentences.IN_USE.filled(store=store, holder=holder or "?")) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Let the next owner in. The file is left: removing it would let two owners hold two different files."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def is_owned(store: Path) -> bool:
    """Whether a process holds the lock just now."""
    try:
        descriptor = os.open(_beside(store), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _beside(store: Path) -> Path:
    return store.with_name(store.name + ".lock")
