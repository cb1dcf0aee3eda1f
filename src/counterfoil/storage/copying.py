"""Copying stores while their owners go on: several as they all were at one instant, each into a file of its own.

A view (a read transaction) of each store is taken, one after the other. When nobody committed to any of them between
the first and the last, there was an instant at which all were as they are seen, as after a power cut; otherwise the
views are let go and taken again. What is seen is then copied page by page, however long that takes: the owners write
on, only their logs cannot begin anew meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

import apsw

from counterfoil.errors import StoreError
from counterfoil.storage import sentences
from counterfoil.storage.opening import APPLICATION_ID, BUSY_MS, HAS_MIGRATION, connect, refuse_unreadable
from counterfoil.storage.store import Store, close
from counterfoil.words import Text

TRIES: Final = 10_000
"""Views of four stores are taken in some 0.1 ms; at 500 commits a second on each, four tries of five succeed."""
PAGES: Final = 256
"""Pages copied between two looks at who waits: a megabyte."""
FORMATS: Final = "SELECT number, sha256 FROM migration ORDER BY number"

Formats = list[tuple[int, str]]
"""The migrations a store has recorded: number and SHA-256."""


class CopySource:
    """Store to be copied, opened for reading. StoreError when it cannot be read in full."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with ExitStack() as undo:
            refuse_unreadable(path)
            try:
                self._seen, self._watch = (self._opened(undo) for _ in range(2))
                if self._seen.pragma("application_id") != APPLICATION_ID:
                    raise StoreError(*sentences.FOREIGN.filled(store=path))
                fresh = not self._seen.execute(HAS_MIGRATION).fetchall()[0][0]
                rows = [] if fresh else self._seen.execute(FORMATS).fetchall()
            except (apsw.CorruptError, apsw.NotADBError, UnicodeDecodeError) as error:
                raise StoreError(*sentences.CORRUPTED.filled(store=path, reason=sentences.refused(error))) from error
            except apsw.Error as error:
                raise StoreError(*sentences.NOT_OPENED.filled(store=path, reason=sentences.refused(error))) from error
            self.formats: Formats = [(int(str(number)), str(digest)) for number, digest in rows]
            self.bytes = path.stat().st_size
            undo.pop_all()

    def _opened(self, undo: ExitStack) -> apsw.Connection:
        connection = connect(os.fspath(self.path), readonly=True)
        undo.callback(close, connection)
        connection.set_busy_timeout(BUSY_MS)
        return connection

    def version(self) -> int:
        """Number that changes with every commit of another connection."""
        return int(str(self._watch.pragma("data_version")))

    def look(self) -> None:
        """Open a view: reads see the store as it is now until `look_away`."""
        self._seen.execute("BEGIN")
        self._seen.execute("SELECT count(*) FROM sqlite_schema").fetchall()

    def look_away(self) -> None:
        """Close the view. Harmless when there is none."""
        with suppress(apsw.Error):
            self._seen.execute("ROLLBACK")

    def copy(self, to: Path, step: Callable[[int, int], None]) -> None:
        """Write the view into a new file that only its owner can read; it is on the disk when this returns.

        `step` is called with the bytes copied and the bytes in all. OSError or StoreError when the disk refuses.
        """
        descriptor = os.open(to, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        os.close(descriptor)
        target = apsw.Connection(os.fspath(to), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            for pragma in ("journal_mode = OFF", "synchronous = OFF"):  # nothing to go back to; flushed below
                target.execute(f"PRAGMA {pragma}").fetchall()
            size = int(str(self._seen.pragma("page_size")))
            with target.backup("main", self._seen, "main") as copying:
                while not copying.done:
                    copying.step(PAGES)
                    step((copying.page_count - copying.remaining) * size, copying.page_count * size)
        except apsw.Error as error:
            raise StoreError(*sentences.NOT_OPENED.filled(store=to, reason=sentences.refused(error))) from error
        finally:
            close(target)
        flush(to)

    def close(self) -> None:
        """Close the connection. Harmless when repeated."""
        close(self._seen)
        close(self._watch)


@contextmanager
def at_one_instant(originals: Sequence[CopySource]) -> Iterator[None]:
    """Views of all stores as they were at one instant, until the block ends. StoreError when no such instant came."""
    try:
        if not any(_seen_together(originals) for _ in range(TRIES)):
            raise StoreError(*sentences.BUSY)
        yield
    finally:
        for one in originals:
            one.look_away()


def _seen_together(originals: Sequence[CopySource]) -> bool:
    """Whether all views were opened without a commit to any store in between."""
    try:
        before = [one.version() for one in originals]
        for one in originals:
            one.look_away()
            one.look()
        return [one.version() for one in originals] == before
    except apsw.Error as error:
        raise StoreError(
            *sentences.NOT_OPENED.filled(store=originals[0].path, reason=sentences.refused(error))
        ) from error


@contextmanager
def copied(path: Path) -> Iterator[Store]:
    """Copy that nobody writes to, opened to be read and checked; no file is made beside it.

    StoreError when it cannot be opened, when a page or an index is damaged, or when a reference leads to no row.
    """
    try:
        connection = apsw.Connection(
            f"file:{quote(os.path.abspath(path))}?immutable=1",
            flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
        )
    except apsw.Error as error:
        raise StoreError(*sentences.NOT_OPENED.filled(store=path, reason=sentences.refused(error))) from error
    try:
        reason = _complaint(connection)
        if reason:
            raise StoreError(*sentences.UNSOUND_COPY.filled(store=path.name, reason=reason))
        yield Store(connection, os.fspath(path), readonly=True, lock=None)
    finally:
        close(connection)


def _complaint(connection: apsw.Connection) -> Text | None:
    try:
        said = str(connection.execute("PRAGMA integrity_check(1)").fetchall()[0][0])
        if said != "ok":
            return sentences.unsound(said)
        for table, *_ in connection.execute("PRAGMA foreign_key_check"):
            return Text(f"a row of {table} refers to none", f"{table} 表中有一行所指的记录不存在")
    except (apsw.Error, UnicodeDecodeError) as error:
        return sentences.refused(error)
    return None


def flush(path: Path) -> None:
    """Force a file, or the names in a directory, to the disk. OSError when it refuses."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
