"""The mark of a store whose last commits are in its log, a file beside it: who opens the store next must find the log.

SQLite takes a store whose log was removed for one that never had any, and says nothing of the commits that are gone.
The mark is set by the owner when a commit of its own has put something into the log, and taken away when it closes the
store and all of the log has been copied back. After a kill or a power cut both are there.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from counterfoil.errors import StoreError
from counterfoil.storage import sentences

SUFFIX: Final = ".needs-log"
OPEN: Final = b"open\n"
CLOSING: Final = b"closing\n"
"""The owner copies the log back for the last time: from now on the store may be found without it."""


class Mark:
    """Mark of one store."""

    def __init__(self, store: Path) -> None:
        self.path = store.with_name(store.name + SUFFIX)
        self._log = store.with_name(store.name + "-wal")
        self._store = store

    def check(self) -> None:
        """StoreError when the log that holds the last commits is missing or empty."""
        try:
            found = self.path.read_bytes()
        except FileNotFoundError:
            return
        if found == OPEN and not (self._log.exists() and self._log.stat().st_size):
            told = {"store": self._store, "log": self._log.name, "mark": self.path.name}
            raise StoreError(*sentences.LOG_GONE.filled(**told))

    def set(self) -> None:
        """Record that the log holds commits. OSError when the disk refuses."""
        self._write(OPEN)

    def closing(self) -> bool:
        """Record that the log is being copied back; False when the disk refuses, and then the log must stay."""
        with suppress(OSError):
            self._write(CLOSING)
            return True
        return False

    def clear(self) -> None:
        """Record that everything is in the store; harmless when the disk refuses."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
            self._flush_names()

    def _write(self, text: bytes) -> None:
        fresh = not self.path.exists()
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, text)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if fresh:
            self._flush_names()

    def _flush_names(self) -> None:
        descriptor = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
