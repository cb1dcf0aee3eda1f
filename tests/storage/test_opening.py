"""Opening: what a store is made with, and the one sentence for everything that is wrong with it."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from counterfoil.errors import OurError, StoreError
from counterfoil.storage import Migration, Store, migrations_of, open_store, opening

FORMAT_1 = Migration(1, "CREATE TABLE sale (id bigint NOT NULL PRIMARY KEY, what text, raw bytea);")
FORMAT_2 = Migration(2, "ALTER TABLE sale ADD COLUMN note text; INSERT INTO sale (id, what) VALUES (1, 'old');")
ONE, BOTH = [FORMAT_1], [FORMAT_1, FORMAT_2]
NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def filled(path: Path, rows: int = 3) -> None:
    store = open_store(path, ONE)
    store.begin()
    store.executemany("INSERT INTO sale (id, what) VALUES (?, ?)", [(n, "x" * 500) for n in range(rows)])
    store.commit()
    store.close()


def refused(path: Path | str, migrations: list[Migration] = ONE, *, readonly: bool = False) -> str:
    with pytest.raises(StoreError) as caught:
        open_store(path, migrations, readonly=readonly)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


# --- a good store ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["file", "memory"])
def test_every_pragma_is_what_the_promise_needs(where: str, path: Path) -> None:
    store = open_store(path if where == "file" else ":memory:", ONE)
    names = ("journal_mode", "synchronous", "foreign_keys", "application_id")
    got = {name: store.query(f"PRAGMA {name}")[0][0] for name in names}
    mode = "wal" if where == "file" else "memory"
    assert got == {"journal_mode": mode, "synchronous": 2, "foreign_keys": 1, "application_id": 0x43464F4C}
    store.close()


def test_only_its_owner_can_read_a_new_store(path: Path) -> None:
    store = open_store(path.parent / "station" / "store.db", ONE)
    store.begin()
    store.commit()
    files = [path.parent / "station", *(path.parent / "station").iterdir()]
    assert {oct(file.stat().st_mode & 0o077) for file in files} == {"0o0"}
    store.close()


def test_a_store_is_opened_again_with_what_was_in_it(path: Path) -> None:
    filled(path)
    store = open_store(path, ONE)
    assert store.query("SELECT count(*) FROM sale") == [(3,)]
    store.close()


def test_memory_stores_are_strangers_to_each_other() -> None:
    one, other = open_store(":memory:", ONE), open_store(":memory:", ONE)
    one.begin()
    one.execute("INSERT INTO sale (id) VALUES (1)")
    one.commit()
    assert other.query("SELECT id FROM sale") == []


def test_a_pragma_that_does_not_take_refuses_the_store(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PRAGMAS", (("synchronous", "OFF", 2),))
    assert "refuses synchronous" in refused(path)


def test_a_file_system_without_write_ahead_log_refuses_the_store(path: Path) -> None:
    with pytest.raises(StoreError, match="refuses journal_mode wal"):
        open_store(path, ONE, vfs="memdb")


def test_macos_gets_its_flushes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    store = open_store(path, ONE)
    assert [store.query(f"PRAGMA {name}") for name in ("fullfsync", "checkpoint_fullfsync")] == [[(1,)], [(1,)]]
    store.close()


# --- formats ---------------------------------------------------------------------------------------------------------


def test_an_older_store_is_brought_to_the_newest_format(path: Path) -> None:
    open_store(path, ONE).close()
    store = open_store(path, BOTH)
    assert store.query("SELECT what FROM sale") == [("old",)]
    assert store.query("SELECT number, sha256 FROM migration") == [(m.number, m.digest) for m in BOTH]
    store.close()
    open_store(path, BOTH).close()


def test_a_newer_store_is_refused_by_owner_and_reader(path: Path) -> None:
    open_store(path, BOTH).close()
    for readonly in (False, True):
        assert "has format 2 and this program knows 1" in refused(path, ONE, readonly=readonly)


def test_a_reader_does_not_migrate(path: Path) -> None:
    filled(path)
    assert "has format 1 and 2 is needed" in refused(path, BOTH, readonly=True)


def test_a_migration_that_was_edited_after_its_release_is_refused(path: Path) -> None:
    filled(path)
    assert "another migration 1" in refused(path, [Migration(1, FORMAT_1.sql + " ")])


def test_migrations_that_fail_leave_the_store_as_it_was(path: Path) -> None:
    open_store(path, ONE).close()
    bad = Migration(3, "CREATE TABLE more (id bigint); CREATE TABLE more (id bigint);")
    assert "already exists" in refused(path, [*BOTH, bad])
    store = open_store(path, ONE)
    assert store.query("SELECT number FROM migration") == [(1,)]
    store.close()


@pytest.mark.parametrize("word", ["COMMIT", "SAVEPOINT s", "PRAGMA synchronous = OFF", "ATTACH ':memory:' AS other"])
def test_a_migration_cannot_leave_its_transaction(word: str, path: Path) -> None:
    assert "does more than change the format" in refused(path, [Migration(1, f"CREATE TABLE a (id bigint); {word};")])
    assert "application_id" not in refused(path, [Migration(1, f"{word};")])
    open_store(path, ONE).close()


@pytest.mark.parametrize("numbers", [[], [2], [1, 3], [1, 1]])
def test_migrations_are_numbered_without_gaps(numbers: list[int]) -> None:
    with pytest.raises(OurError, match="not numbered 1, 2, 3"):
        open_store(":memory:", [Migration(n, "") for n in numbers])


def test_migrations_are_read_from_a_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "room_of_a_test" / "migrations"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(OurError, match="the migrations of room_of_a_test are not numbered"):
        migrations_of("room_of_a_test")
    for migration in reversed(BOTH):
        (folder / f"{migration.number:04}.sql").write_text(migration.sql, "utf-8")
    (folder / "notes.txt").write_text("not a migration", "utf-8")
    assert migrations_of("room_of_a_test") == BOTH
    with pytest.raises(OurError, match="not numbered"):
        migrations_of("counterfoil")


# --- files that are not to be trusted --------------------------------------------------------------------------------


def garbage(path: Path) -> None:
    path.write_bytes(b"not a database at all, but long enough to look at. " * 30)


def short(path: Path) -> None:
    path.write_bytes(b"SQLite")


def overwritten(path: Path) -> None:
    filled(path)
    with path.open("r+b") as file:
        file.write(bytes(64))


def truncated(path: Path) -> None:
    filled(path, 200)
    os.truncate(path, path.stat().st_size // 2 // 4096 * 4096)


def scribbled(path: Path) -> None:
    filled(path, 200)
    with path.open("r+b") as file:
        file.seek(5 * 4096)
        file.write(b"\xa5" * 2048)


CORRUPTIONS = (garbage, short, overwritten, truncated, scribbled)


@pytest.mark.parametrize("corrupt", CORRUPTIONS, ids=lambda corrupt: corrupt.__name__)
def test_a_corrupted_file_is_refused_and_left_as_it_is(corrupt: Callable[[Path], None], path: Path) -> None:
    corrupt(path)
    before = path.read_bytes()
    assert f"{path} is corrupted (" in refused(path)
    assert path.read_bytes() == before


def test_the_file_of_another_program_is_refused_and_left_as_it_is(path: Path) -> None:
    other = apsw.Connection(str(path))
    other.execute("CREATE TABLE theirs (x)")
    other.close()
    before = path.read_bytes()
    for readonly in (False, True):
        assert "is an SQLite file of another program" in refused(path, readonly=readonly)
    assert path.read_bytes() == before


@pytest.mark.parametrize("left", ["missing", "empty"])
def test_a_log_without_its_store_is_kept_for_the_rescue(left: str, path: Path) -> None:
    store = open_store(path, ONE)
    log = path.with_name("store.db-wal")
    saved = log.read_bytes()
    assert saved
    store.close()
    path.unlink()
    if left == "empty":
        path.touch()
    log.write_bytes(saved)
    assert "holds its last commits: restore both together" in refused(path)
    assert log.read_bytes() == saved


def test_a_reader_of_a_store_that_is_not_there_makes_nothing(path: Path) -> None:
    assert "there is no store at" in refused(path, readonly=True)
    assert list(path.parent.iterdir()) == []
    path.touch()
    assert "is still empty" in refused(path, readonly=True)


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    assert "cannot be opened" in refused(tmp_path)


def test_a_path_through_a_file_is_no_store(path: Path) -> None:
    path.touch()
    assert "cannot be opened for writing: " in refused(path / "below" / "store.db")


# --- who may open it -------------------------------------------------------------------------------------------------

HOLDER = """
import sys, time
from counterfoil.storage import Migration, open_store
store = open_store(sys.argv[1], [Migration(1, sys.argv[2])])
store.begin(); store.execute("INSERT INTO sale (id) VALUES (77)"); store.commit()
print("open", flush=True)
time.sleep(60)
"""


@pytest.fixture
def owner(path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLDER, str(path), FORMAT_1.sql]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
        process.kill()


def test_a_second_process_is_told_who_has_it_and_readers_are_let_in(path: Path, owner: subprocess.Popen[str]) -> None:
    assert refused(path) == f"{path} is in use by process {owner.pid}: a store has one owner"
    reader = open_store(path, ONE, readonly=True)
    assert reader.query("SELECT id FROM sale") == [(77,)]
    reader.close()


def test_after_a_kill_the_reader_sees_all_and_the_next_owner_gets_in(path: Path, owner: subprocess.Popen[str]) -> None:
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    reader = open_store(path, ONE, readonly=True)
    assert reader.query("SELECT id FROM sale") == [(77,)]
    store = open_store(path, ONE)
    assert store.query("SELECT id FROM sale") == [(77,)]
    store.close()
    reader.close()


def test_the_same_process_does_not_get_in_twice(path: Path) -> None:
    store = open_store(path, ONE)
    assert f"is in use by process {os.getpid()}" in refused(path)
    store.close()
    store.close()
    open_store(path, ONE).close()


def test_a_refused_store_is_not_left_locked(path: Path) -> None:
    filled(path)
    refused(path, [Migration(1, "something else")])
    open_store(path, ONE).close()


@pytest.fixture
def shelf() -> Iterator[Path]:
    """A folder with a closed store, which this process may read and not write for the length of the test."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        filled(folder / "store.db")
        (folder / "store.db.lock").unlink()
        (folder / "store.db").chmod(0o444)
        folder.chmod(0o555)
        if os.geteuid() == 0:
            os.seteuid(NOBODY)
            yield folder
            os.seteuid(0)
        else:
            yield folder
        folder.chmod(0o755)


def test_a_read_only_folder_is_named(shelf: Path) -> None:
    assert refused(shelf / "store.db") == f"{shelf / 'store.db'} cannot be opened for writing: permission denied"
    assert "cannot be opened for writing: permission denied" in refused(shelf / "new" / "store.db")


def test_a_read_only_file_is_named(shelf: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened for writing: the file is read-only"):
        open_store(shelf / "store.db", ONE, lock=False)


def test_a_reader_needs_no_right_to_write(shelf: Path) -> None:
    reader = open_store(shelf / "store.db", ONE, readonly=True)
    assert reader.query("SELECT count(*) FROM sale") == [(3,)]
    reader.close()
    assert [file.name for file in shelf.iterdir()] == ["store.db"]


def test_a_reader_without_the_right_to_read_the_log_is_refused_and_not_given_old_data(shelf: Path) -> None:
    root = os.geteuid() == NOBODY
    if root:
        os.seteuid(0)
    shelf.chmod(0o755)
    (shelf / "store.db-wal").write_bytes(b"commits")
    shelf.chmod(0o555)
    if root:
        os.seteuid(NOBODY)
    assert "cannot be opened: unable to open database file" in refused(shelf / "store.db", readonly=True)


def test_a_file_system_without_locks_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    assert refused(path) == f"{path} cannot be opened for writing: no locks available"


def test_a_reader_that_comes_first_and_leaves_last_takes_nothing_away(path: Path) -> None:
    filled(path)
    reader = open_store(path, ONE, readonly=True)
    store = open_store(path, ONE)
    store.begin()
    store.execute("INSERT INTO sale (id) VALUES (99)")
    store.commit()
    store.close()
    assert reader.query("SELECT max(id) FROM sale") == [(99,)]
    reader.close()
    again: Store = open_store(path, ONE)
    assert again.query("SELECT max(id) FROM sale") == [(99,)]
    again.close()
