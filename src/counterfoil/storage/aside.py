"""Copying the write-ahead log back into the store in a thread of its own, so that no step waits for it.

SQLite copies after every commit that finds a thousand pages in the log, which takes tens of milliseconds. Here a commit
that finds four thousand (16 MiB) only wakes a thread with a connection of its own, which copies while the owner goes on
(SQLite lets one checkpoint and one writer work at the same time). A page that many steps change is copied once for all
of them: woken by a thousand, a tenth more bytes were written, and a sale cost one to three microseconds more.

The log starts anew when a commit finds all of it copied. An owner that never rests leaves no such moment, so from
MOST_PAGES on it copies what the thread has left over itself.

Nothing depends on it: a copy that fails leaves the log as it is, and a full disk shows itself to the next commit.
"""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from typing import Final

import apsw

from counterfoil.storage.store import Store, close

WAKE_PAGES: Final = 4000
MOST_PAGES: Final = 16_000  # 62.5 MiB, within what a log may keep of its file (journal_size_limit)


class Aside:
    """Copier of an open store's log, at work until `stop`, which must come before the store is closed."""

    def __init__(self, store: Store) -> None:
        self._work = threading.Event()
        self._stopping = False
        self._connection = apsw.Connection(store.path, flags=apsw.SQLITE_OPEN_READWRITE)
        self._connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        # The copy must be on the disk before the log is written over: this connection flushes it as the owner would.
        for pragma in ("synchronous = FULL", *(["checkpoint_fullfsync = ON"] if sys.platform == "darwin" else [])):
            self._connection.execute(f"PRAGMA {pragma}").fetchall()
        self._thread = threading.Thread(target=self._run, name="checkpoint", daemon=True)
        self._thread.start()
        store.after_commit(self._grown)

    def stop(self) -> None:
        """End the thread, after the copy that it is making."""
        self._stopping = True
        self._work.set()
        self._thread.join()
        close(self._connection)

    def _grown(self, pages: int) -> bool:
        """Note the number of pages in the log; whether the owner should copy it itself."""
        if pages >= WAKE_PAGES:
            self._work.set()
        return pages >= MOST_PAGES

    def _run(self) -> None:
        while True:
            self._work.wait()
            self._work.clear()
            if self._stopping:
                return
            with suppress(apsw.Error):
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
