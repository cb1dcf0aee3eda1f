"""An open store: transactions, statements, and the guard that no float comes near money."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Any, Final, NoReturn

import apsw

from counterfoil import accelerator
from counterfoil.errors import OurError, StoreError
from counterfoil.step import CommitFailed
from counterfoil.storage import sentences
from counterfoil.storage.lock import OwnerLock
from counterfoil.storage.mark import Mark
from counterfoil.storage.sentences import refused

# Sizes of the IN lists `select_in` writes: few, so that every one of them stays in the cache of prepared statements.
IN_SIZES: Final = (1, 4, 16, 64, 256, 500)

COLUMNS: Final = "SELECT name FROM pragma_table_info(?) ORDER BY cid"

# What the disk did, not what the statement said: memory has moved on, only a restart from the disk is right.
DISK_FAILURES: Final = (
    apsw.FullError,
    apsw.IOError,
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.CantOpenError,
    apsw.ReadOnlyError,
)


# Looked up by identity: `float in …` compares every type it meets with it.
_FLOAT: Final = frozenset({float})


def has_float(rows: Sequence[Sequence[Any]]) -> bool:
    """Whether a float is among the values of these rows."""
    if _floats is not None and (found := _floats(rows)) is not None:
        return found
    return not _FLOAT.isdisjoint(map(type, chain.from_iterable(rows)))


_floats: Final = accelerator.messages.floats if accelerator.messages is not None else None


class _Transaction:
    """Block of `Store.transaction`."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    def __enter__(self) -> Store:
        self._store.begin()
        return self._store

    def __exit__(self, *_: object) -> None:
        self._store.rollback()


class Store:
    """Open SQLite file, or ":memory:". Made by `open_store`; not for use by two threads at once.

    A statement that is wrong (syntax, constraint) raises StoreError; its text never holds a value. A disk that is full,
    failing or corrupted raises `step.CommitFailed` wherever it shows: the process must end. (A reader has no step to
    lose; it gets StoreError.)
    """

    def __init__(
        self,
        connection: apsw.Connection,
        path: str,
        *,
        readonly: bool,
        lock: OwnerLock | None,
        mark: Mark | None = None,
    ) -> None:
        self.path = path
        self.readonly = readonly
        self._connection = connection
        self._execute = connection.execute
        self._lock = lock
        self._mark = mark
        self._asking: dict[tuple[str, int], str] = {}  # statements of `select_in`, written out

    # --- transactions -----------------------------------------------------------------------------------------------

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open: `begin` was called and neither `commit` nor `rollback` since."""
        return self._connection.in_transaction

    def begin(self) -> None:
        """Open the step's transaction, for writing. OurError when one is open or the store is read-only."""
        if self.readonly or self._connection.in_transaction:
            raise OurError("begin: the store is read-only" if self.readonly else "begin: a transaction is open")
        try:
            self._execute("BEGIN IMMEDIATE")
        except apsw.Error as error:
            self._failed(error)

    def commit(self) -> None:
        """Make the transaction durable; on the disk when this returns. CommitFailed when it is not."""
        if not self.in_transaction:
            raise OurError("commit: no transaction is open")
        try:
            self._execute("COMMIT")
        except apsw.Error as error:
            raise CommitFailed(f"commit to {self.path} failed: {error}") from error

    def after_commit(self, grown: Callable[[int], bool]) -> None:
        """Call `grown` with the number of pages in the log after each commit, and copy the log when it returns true.

        It replaces SQLite's own copying after a commit (wal_autocheckpoint). A copy that fails changes nothing.
        """

        def look(connection: apsw.Connection, _: str, pages: int) -> int:
            if grown(pages):
                with suppress(apsw.Error):
                    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            return apsw.SQLITE_OK

        self._connection.set_wal_hook(look)

    def rollback(self) -> None:
        """Drop the transaction. Harmless when none is open: SQLite drops it by itself when a disk fails."""
        if self._connection.in_transaction:
            self._run("ROLLBACK", ())

    def transaction(self) -> _Transaction:
        """Transaction that leaves no trace unless `commit` was called inside the block."""
        return _Transaction(self)

    @contextmanager
    def reading(self) -> Iterator[Store]:
        """Consistent view for several queries; keep the block short. Inside a transaction it is that one."""
        if self.in_transaction:
            yield self
            return
        self._run("BEGIN", ())
        try:
            yield self
        finally:
            self.rollback()

    # --- statements -------------------------------------------------------------------------------------------------

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a SELECT, or of a statement with RETURNING."""
        rows = self._run(sql, params)
        if has_float(rows):
            raise StoreError("a query gave a float: an integer outgrew 63 bits, or a column is not what it should be")
        return rows

    def execute(self, sql: str, params: Sequence[Any] = ()) -> None:
        """Run one statement, its result thrown away."""
        self._run(sql, params)

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement once per row of parameters; nothing for no rows."""
        if not rows:
            return
        if has_float(rows):
            raise OurError("a float as a parameter: the store holds integers, text and bytes")
        try:
            self._connection.executemany(sql, rows)
        except (apsw.Error, OverflowError) as error:
            self._failed(error)

    def select_in(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """All rows of a SELECT over any number of keys: `… WHERE id IN ({marks})`.

        A key of several columns is a tuple: `… WHERE (terminal, stan) IN ({marks})`. Repeated values are asked for
        once. At most 500 go into one statement, so across chunks the rows come in no particular order.
        """
        distinct = list(dict.fromkeys(values))
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(distinct), IN_SIZES[-1]):
            chunk = distinct[start : start + IN_SIZES[-1]]
            size = next(size for size in IN_SIZES if size >= len(chunk))
            chunk += chunk[-1:] * (size - len(chunk))
            text = self._asking.get((sql, size))
            if text is None:
                text = self._asking[sql, size] = sql.format(marks=_marks(chunk[0], size))
            rows += self.query(text, [*chain.from_iterable(chunk)] if isinstance(chunk[0], tuple) else chunk)
        return rows

    def appending(self, table: str, columns: Sequence[str]) -> str:
        """The INSERT of one row of a table without the names of its columns, which are these, in their order.

        Without the names, because the engine's statements are looked up by their text, again for each row. There is no
        other way to such a statement, so that none writes a value into another column: StoreError when the table of
        this store has others, or these in another order.
        """
        found = [name for (name,) in self.query(COLUMNS, (table,))]
        if found != [*columns]:
            raise StoreError(*sentences.OTHER_COLUMNS.filled(store=self.path, table=table, found=", ".join(found)))
        return " ".join(("INSERT INTO", table, f"VALUES ({','.join('?' * len(found))})"))

    # --- end --------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Drop an open transaction, close the file, release the lock. Harmless when repeated."""
        if self._mark is not None:
            self._copy_back(self._mark)
            self._mark = None
        close(self._connection)
        if self._lock is not None:
            self._lock.release()

    def _copy_back(self, mark: Mark) -> None:
        """Copy all of the log into the file and clear the mark; where that fails both stay."""
        connection, left = self._connection, True
        if mark.closing():
            with suppress(apsw.Error):
                connection.set_busy_timeout(0)  # a reader who stays keeps the log; nobody waits for it
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
                left = False
        if left:
            with suppress(apsw.Error):
                connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            with suppress(OSError):
                mark.set()
        else:
            mark.clear()

    def _run(self, sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
        if params and float in map(type, params):
            raise OurError("a float as a parameter: the store holds integers, text and bytes")
        try:
            return self._execute(sql, params).fetchall()
        except UnicodeDecodeError:
            self._failed(apsw.CorruptError("a text in it is not UTF-8"))  # the other shows the text
        except (apsw.Error, OverflowError) as error:
            self._failed(error)

    def _failed(self, error: Exception) -> NoReturn:
        if isinstance(error, OverflowError):
            raise OurError("an integer parameter does not fit 64 bits") from None
        if isinstance(error, DISK_FAILURES) and not self.readonly:
            raise CommitFailed(f"{self.path} failed: {error}") from error
        kind = refused(error).zh if isinstance(error, apsw.Error) else "数据库错误"
        raise StoreError(f"{self.path}: {error}", f"{self.path}：{kind}") from error


def _marks(key: Any, size: int) -> str:
    if isinstance(key, tuple):
        return "VALUES " + ",".join([f"({','.join('?' * len(key))})"] * size)
    return ",".join("?" * size)


def close(connection: apsw.Connection) -> None:
    """Close without complaint: a disk that fails now has every commit that returned, and the log is copied later."""
    with suppress(apsw.Error):
        connection.close(force=True)
