"""A disk that fails, at every operation in turn.

Held each time: a commit that returned is on the disk, also when the power goes; a step is there whole or not at all;
what fails is `CommitFailed`, a clear end of the process, or one StoreError when it happens while opening.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from counterfoil.errors import StoreError
from counterfoil.step import CommitFailed
from counterfoil.storage import Migration, open_store

FORMAT = [
    Migration(
        1, "CREATE TABLE debit (step bigint NOT NULL, n bigint); CREATE TABLE credit (step bigint NOT NULL, n bigint);"
    )
]
STEPS, ROWS = 6, 40


class Disk(apsw.VFS):
    """Passes everything on to the real disk, counts what changes it, and fails from operation `fails_at` on.

    `safe` is what a power cut would leave: per file, its content when it was last flushed.
    """

    def __init__(self) -> None:
        super().__init__("failing disk", "")
        self.safe: dict[str, bytes] = {}
        self.count = 0
        self.fails_at = 0
        self.failure: type[apsw.Error] = apsw.IOError

    def changes(self) -> None:
        self.count += 1
        if 0 < self.fails_at <= self.count:
            raise self.failure("the disk is full or broken")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self.changes()
        super().xDelete(filename, syncdir)
        self.safe.pop(filename, None)

    def excepthook(self, *_: object) -> bool:
        """SQLite ignores some failures, while closing for one: they are not news."""
        return True


class File(apsw.VFSFile):
    """One file on that disk."""

    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self.disk = disk
        self.path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self.disk.changes()
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self.disk.changes()
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self.disk.changes()
        super().xSync(flags)
        self.disk.safe[self.path] = self.xRead(self.xFileSize(), 0)


@pytest.fixture
def disk() -> Iterator[Disk]:
    vfs = Disk()
    yield vfs
    vfs.unregister()


def work(path: Path) -> int:
    """Open the store and take every step; how many commits returned before something failed."""
    done = 0
    try:
        store = open_store(path, FORMAT, vfs="failing disk", lock=False)
    except StoreError:
        return 0
    try:
        for step in range(STEPS):
            store.begin()
            for table in ("debit", "credit"):
                store.executemany(f"INSERT INTO {table} (step, n) VALUES (?, ?)", [(step, n) for n in range(ROWS)])
            store.commit()
            done += 1
    except CommitFailed:
        store.rollback()
    finally:
        store.close()
    return done


def steps_in(path: Path) -> int:
    """How many steps the store holds after a restart; each whole, in both tables, none skipped."""
    store = open_store(path, FORMAT)
    for table in ("debit", "credit"):
        assert {n for _, n in store.query(f"SELECT step, count(*) FROM {table} GROUP BY step")} <= {ROWS}
    debits, credits_ = (
        [step for (step,) in store.query(f"SELECT DISTINCT step FROM {table} ORDER BY step")]
        for table in ("debit", "credit")
    )
    store.close()
    assert debits == credits_ == list(range(len(debits)))
    return len(debits)


def killed(path: Path, disk: Disk) -> None:
    """The process ends: what was written stays written."""


def power_cut(path: Path, disk: Disk) -> None:
    """The machine ends: of every file only what was flushed is left."""
    for file in path.parent.iterdir():
        if str(file) in disk.safe:
            file.write_bytes(disk.safe[str(file)])
        else:
            file.unlink()


@pytest.mark.parametrize("ending", [killed, power_cut], ids=lambda ending: ending.__name__)
@pytest.mark.parametrize("failure", [apsw.IOError, apsw.FullError], ids=["broken", "full"])
def test_every_operation_of_the_disk_may_be_the_last(
    failure: type[apsw.Error], ending: Callable[[Path, Disk], None], disk: Disk, tmp_path: Path
) -> None:
    disk.failure = failure
    assert work(tmp_path / "whole" / "store.db") == STEPS
    operations = disk.count
    assert operations > 4 * STEPS
    for fails_at in range(1, operations + 1):
        path = tmp_path / f"{fails_at}" / "store.db"
        disk.count, disk.fails_at = 0, fails_at
        disk.safe.clear()
        done = work(path)
        disk.fails_at = 0
        ending(path, disk)
        assert done <= steps_in(path) <= done + 1, f"failed at operation {fails_at} of {operations}"


def test_a_disk_full_while_opening_is_one_sentence(disk: Disk, tmp_path: Path) -> None:
    disk.failure, disk.fails_at = apsw.FullError, 1
    with pytest.raises(StoreError, match="cannot be opened: "):
        open_store(tmp_path / "store.db", FORMAT, vfs="failing disk")
    disk.fails_at = 0
    open_store(tmp_path / "store.db", FORMAT, vfs="failing disk").close()


def test_a_full_disk_ends_the_step_and_a_restart_finds_room_again(disk: Disk, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = open_store(path, FORMAT, vfs="failing disk")
    disk.failure, disk.fails_at = apsw.FullError, disk.count + 1
    store.begin()
    store.execute("INSERT INTO debit (step, n) VALUES (0, 0)")
    with pytest.raises(CommitFailed, match=r"failed: .*full"):
        store.commit()
    store.rollback()
    store.close()
    disk.fails_at = 0
    assert steps_in(path) == 0
    assert work(path) == STEPS


def test_a_step_too_big_for_the_disk_fails_before_its_commit(disk: Disk, tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.db", FORMAT, vfs="failing disk")
    store.query("PRAGMA cache_size = 5")
    disk.failure, disk.fails_at = apsw.FullError, disk.count + 3
    store.begin()
    with pytest.raises(CommitFailed):
        store.executemany("INSERT INTO debit (step, n) VALUES (0, ?)", [(n,) for n in range(50_000)])
    store.rollback()
    assert not store.in_transaction
    store.close()
