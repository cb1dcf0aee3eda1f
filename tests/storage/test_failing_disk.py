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
from failing_disk import Disk, killed, power_cut

FORMAT = [
    Migration(
        1, "CREATE TABLE debit (step bigint NOT NULL, n bigint); CREATE TABLE credit (step bigint NOT NULL, n bigint);"
    )
]
STEPS, ROWS = 6, 40


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
