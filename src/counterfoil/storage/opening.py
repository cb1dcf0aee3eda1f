"""Opening a store safely: the lock, the file, the pragmas read back, the check, the migrations.

Every way this can go wrong is one StoreError with one sentence that says what is wrong and, where there is one, the
way out. Nothing is changed on a store that is refused.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final
from urllib.parse import quote

import apsw

from counterfoil.errors import StoreError
from counterfoil.reasons import reason
from counterfoil.storage import log, sentences
from counterfoil.storage.lock import OwnerLock, is_owned
from counterfoil.storage.mark import Mark
from counterfoil.storage.migrations import Migration, numbered, pending
from counterfoil.storage.store import Store, close

MEMORY: Final = ":memory:"
APPLICATION_ID: Final = 0x43464F4C  # "CFOL": marks the file as ours
CHECK_UP_TO_BYTES: Final = (
    32 * 1024 * 1024
)  # quick_check reads the whole file; this much takes a few tenths of a second

BUSY_MS: Final = 5000  # a reader waits this long while the owner recovers the log after a crash

# (name, value to set, value read back). One statement each: a driver may stop a script at the first row returned.
PRAGMAS: Final[tuple[tuple[str, str, int], ...]] = (
    ("busy_timeout", str(BUSY_MS), BUSY_MS),
    ("synchronous", "FULL", 2),
    ("foreign_keys", "ON", 1),
    ("trusted_schema", "OFF", 0),
    ("cell_size_check", "ON", 1),
    ("temp_store", "MEMORY", 2),
    ("cache_size", "-65536", -65536),  # KiB: the upper pages of every index, also after millions of rows
    ("mmap_size", "0", 0),
    ("secure_delete", "ON", 1),  # what is deleted or shortened is zeros in the file: a number that left its row is gone
    ("wal_autocheckpoint", "1000", 1000),
    ("journal_size_limit", "67108864", 67108864),
)
# Without these macOS reports a flush while the bytes are still in the drive's cache.
MACOS_PRAGMAS: Final[tuple[tuple[str, str, int], ...]] = (("fullfsync", "ON", 1), ("checkpoint_fullfsync", "ON", 1))

CREATE_MIGRATION: Final = "CREATE TABLE migration (number bigint NOT NULL PRIMARY KEY, sha256 text NOT NULL)"
NOT_IN_MIGRATIONS: Final = frozenset(
    (apsw.SQLITE_TRANSACTION, apsw.SQLITE_SAVEPOINT, apsw.SQLITE_ATTACH, apsw.SQLITE_DETACH, apsw.SQLITE_PRAGMA)
)
RECORD_MIGRATION: Final = "INSERT INTO migration (number, sha256) VALUES (?, ?)"
INTO_LOG: Final = "UPDATE migration SET number = number WHERE number = 1"
"""Changes nothing, and is a commit: from here on the log is not empty."""
HAS_MIGRATION: Final = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'migration'"


def open_store(
    path: str | os.PathLike[str],
    migrations: Sequence[Migration],
    *,
    readonly: bool = False,
    lock: bool = True,
    vfs: str | None = None,
) -> Store:
    """Open the store at `path` and bring it to the newest format in `migrations`; StoreError when it cannot be trusted.

    The owner (readonly=False) makes the file and its folder when they are missing and takes the lock. A reader
    (readonly=True) never locks, migrates or makes anything, and works whether or not an owner is running.
    ":memory:" gives a fresh store with neither file nor lock. `vfs` names an apsw VFS, for tests that make disks fail.
    """
    name = os.fspath(path)
    known = numbered(migrations, name)
    if readonly:
        _refuse_missing(Path(name))
        return _opened(name, known, readonly=True, lock=None, vfs=vfs)
    if name == MEMORY:
        return _opened(name, known, readonly=False, lock=None, vfs=vfs)
    file = Path(name)
    try:
        with ExitStack() as undo:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            held = OwnerLock(file) if lock else None
            if held is not None:
                undo.callback(held.release)
            _refuse_orphaned_log(file)
            mark = Mark(file)
            mark.check()
            _refuse_damaged_log(file)
            _make(file)
            store = _opened(name, known, readonly=False, lock=held, vfs=vfs, mark=mark)
            undo.pop_all()
            return store
    except OSError as error:
        raise StoreError(*sentences.NOT_WRITABLE.filled(store=name, reason=reason(error))) from None


# No descriptor of an existing store is ever opened here: closing it would drop the locks SQLite holds for another
# connection of this process, and a store closed elsewhere would then take its log away.


def _log_of(file: Path) -> Path:
    return file.with_name(file.name + "-wal")


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def refuse_unreadable(file: Path) -> None:
    """Refuse a file that a reader would misread: no store, or, while no owner is at work, one whose log is incomplete.

    StoreError in a sentence. The log of an owner at work changes while it is read, and is its owner's to check.
    """
    _refuse_orphaned_log(file)
    _refuse_missing(file)
    if not is_owned(file):
        _refuse_damaged_log(file)


def _refuse_missing(file: Path) -> None:
    try:
        size = file.stat().st_size
    except OSError as error:
        raise StoreError(*sentences.MISSING.filled(store=file, reason=reason(error))) from None
    if size == 0:
        raise StoreError(*sentences.EMPTY.filled(store=file))
    Mark(file).check()


def _refuse_orphaned_log(file: Path) -> None:
    """Refuse a log without its database: SQLite would delete it, and its commits may exist nowhere else."""
    kept = _log_of(file)
    if _size(file) == 0 and _size(kept) > 0:
        raise StoreError(*sentences.ORPHANED_LOG.filled(store=file, log=kept.name))


def _refuse_damaged_log(file: Path) -> None:
    """Refuse a damaged log: SQLite would ignore it from the first bad byte on, commits included.

    (SQLite has no lock on the log file, so a descriptor of it may be closed.)
    """
    kept = _log_of(file)
    if kept.exists() and log.is_damaged(kept.read_bytes()):
        raise StoreError(*sentences.LOG_CORRUPTED.filled(store=file, log=kept.name))


def _make(file: Path) -> None:
    """Make a file that only its owner can read (SQLite's would be 0644), its name and its folder's on the disk."""
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return
    for folder in (file.parent, file.parent.absolute().parent):
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _opened(
    name: str,
    known: list[Migration],
    *,
    readonly: bool,
    lock: OwnerLock | None,
    vfs: str | None,
    mark: Mark | None = None,
) -> Store:
    try:
        with ExitStack() as undo:
            connection = connect(name, readonly=readonly, vfs=vfs)
            undo.callback(close, connection)
            connection.set_busy_timeout(BUSY_MS)
            keeps_log = int(readonly or _size(_log_of(Path(name))) > 0)  # also when it is refused
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keeps_log)
            _check_content(connection, name, readonly=readonly)
            fresh, todo = _outstanding(connection, known, name, readonly=readonly)
            _set_pragmas(connection, name, readonly=readonly)
            _migrate(connection, todo, name, fresh=fresh)
            if mark is not None:
                connection.execute(INTO_LOG)
                mark.set()
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, int(readonly))
            undo.pop_all()
            return Store(connection, name, readonly=readonly, lock=lock, mark=mark)
    except (apsw.CorruptError, apsw.NotADBError, UnicodeDecodeError) as error:
        raise StoreError(*sentences.CORRUPTED.filled(store=name, reason=sentences.refused(error))) from error
    except apsw.Error as error:
        raise StoreError(*sentences.NOT_OPENED.filled(store=name, reason=sentences.refused(error))) from error


def connect(name: str, *, readonly: bool, vfs: str | None = None) -> apsw.Connection:
    """Connection to the file, nothing set and nothing checked; apsw.Error when SQLite cannot open it."""
    if not readonly:
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        return apsw.Connection(name, flags=flags, vfs=vfs)
    connection = apsw.Connection(name, flags=apsw.SQLITE_OPEN_READONLY, vfs=vfs)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except (apsw.CantOpenError, apsw.ReadOnlyError):
        close(connection)
        if _log_of(Path(name)).exists():
            raise
        # The folder cannot be written and no log exists, so no owner is running: nothing can change under us.
        flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
        return apsw.Connection(f"file:{quote(os.path.abspath(name))}?immutable=1", flags=flags, vfs=vfs)
    return connection


def _set_pragmas(connection: apsw.Connection, name: str, *, readonly: bool) -> None:
    if not readonly:
        wanted = "memory" if name == MEMORY else "wal"
        connection.execute(f"PRAGMA journal_mode = {wanted}").fetchall()
        mode = connection.pragma("journal_mode")
        if mode != wanted:
            raise StoreError(*sentences.UNSAFE.filled(store=name, setting=f"journal_mode {wanted}", found=mode))
    pragmas = PRAGMAS + (MACOS_PRAGMAS if sys.platform == "darwin" else ())
    for pragma, value, expected in pragmas:
        connection.execute(f"PRAGMA {pragma} = {value}").fetchall()
        got = connection.pragma(pragma)
        if got != expected and not (pragma == "mmap_size" and got is None):
            raise StoreError(*sentences.UNSAFE.filled(store=name, setting=f"{pragma} = {value}", found=got))


def _check_content(connection: apsw.Connection, name: str, *, readonly: bool) -> None:
    if not readonly and connection.readonly("main"):  # asked for writing, SQLite settles for reading without a word
        raise StoreError(*sentences.NOT_WRITABLE.filled(store=name, reason=sentences.READ_ONLY))
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()[0][0]
    if tables and connection.pragma("application_id") != APPLICATION_ID:
        raise StoreError(*sentences.FOREIGN.filled(store=name))
    if tables and not readonly and os.path.getsize(name) <= CHECK_UP_TO_BYTES:
        complaint = str(connection.execute("PRAGMA quick_check(1)").fetchall()[0][0])
        if complaint != "ok":
            raise StoreError(*sentences.CORRUPTED.filled(store=name, reason=sentences.unsound(complaint)))


def _outstanding(
    connection: apsw.Connection, known: list[Migration], name: str, *, readonly: bool
) -> tuple[bool, list[Migration]]:
    """Whether the store is new, and the migrations it lacks."""
    fresh = not connection.execute(HAS_MIGRATION).fetchall()[0][0]
    rows = [] if fresh else connection.execute("SELECT number, sha256 FROM migration ORDER BY number").fetchall()
    todo = pending(known, [(int(str(number)), str(digest)) for number, digest in rows], name)
    if readonly and todo:
        raise StoreError(*sentences.OLDER.filled(store=name, found=len(rows), known=len(known)))
    return fresh, todo


def _migrate(connection: apsw.Connection, todo: list[Migration], name: str, *, fresh: bool) -> None:
    if not todo:
        return
    with connection:
        if fresh:
            connection.execute(CREATE_MIGRATION)
            connection.pragma("application_id", APPLICATION_ID)
        for migration in todo:
            connection.authorizer = _only_format_changes
            try:
                connection.execute(migration.sql).fetchall()
            except apsw.AuthError:
                raise StoreError(*sentences.UNRULY_MIGRATION.filled(store=name, number=migration.number)) from None
            finally:
                connection.authorizer = None
            connection.execute(RECORD_MIGRATION, (migration.number, migration.digest))


def _only_format_changes(operation: int, what: str | None, *_: str | None) -> int:
    """SQLite authorizer of migrations: denies what would end the shared transaction or reach outside the file.

    A new column with a CHECK is held against the existing rows by a pragma of the engine's own, which only reads.
    """
    if operation == apsw.SQLITE_PRAGMA and what == "quick_check":
        return apsw.SQLITE_OK
    return apsw.SQLITE_DENY if operation in NOT_IN_MIGRATIONS else apsw.SQLITE_OK
