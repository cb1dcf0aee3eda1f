"""The mark of a store whose last commits are in its log: not opened without it, and no store wants one in vain."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from counterfoil.errors import StoreError
from counterfoil.storage import Migration, Store, open_store
from counterfoil.storage.mark import CLOSING, OPEN, SUFFIX
from damage import log_of

FORMAT = [Migration(1, "CREATE TABLE sale (id bigint NOT NULL PRIMARY KEY);")]


def sold(store: Store, count: int) -> None:
    with store.transaction():
        store.executemany("INSERT INTO sale VALUES (?)", [(number,) for number in range(count)])
        store.commit()


def sales(path: Path, *, readonly: bool = False) -> int:
    with closing(open_store(path, FORMAT, readonly=readonly)) as store:
        return int(store.query("SELECT count(*) FROM sale")[0][0])


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A store as a kill leaves it after five sales."""
    store = open_store(tmp_path / "live" / "store.db", FORMAT)
    sold(store, 5)
    shutil.copytree(tmp_path / "live", tmp_path / "killed")
    store.close()
    (tmp_path / "killed" / "store.db-shm").unlink()
    return tmp_path / "killed" / "store.db"


def mark_of(path: Path) -> Path:
    return path.with_name(path.name + SUFFIX)


@pytest.mark.parametrize("readonly", [False, True], ids=["owner", "reader"])
def test_a_store_whose_log_was_removed_after_a_kill_is_refused(killed: Path, readonly: bool) -> None:
    log_of(killed).unlink()
    before = {path.name: path.read_bytes() for path in killed.parent.iterdir() if path.name != "store.db.lock"}
    with pytest.raises(StoreError, match="is missing and holds its last commits") as caught:
        sales(killed, readonly=readonly)
    assert str(killed) in str(caught.value)
    assert str(killed) in caught.value.zh
    assert mark_of(killed).name in str(caught.value)
    found = {path.name: path.read_bytes() for path in killed.parent.iterdir() if path.name != "store.db.lock"}
    assert found == before


def test_a_killed_store_opens_with_its_log(killed: Path) -> None:
    assert mark_of(killed).read_bytes() == OPEN
    assert sales(killed) == 5
    assert not mark_of(killed).exists()
    assert not log_of(killed).exists()


def test_a_store_that_was_closed_needs_no_log(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    for _ in range(3):
        assert sales(path) == 0
        assert sorted(file.name for file in tmp_path.iterdir()) == ["store.db", "store.db.lock"]
    assert sales(path, readonly=True) == 0


def test_a_store_that_was_killed_before_its_first_commit_needs_what_it_wrote_at_its_opening(tmp_path: Path) -> None:
    store = open_store(tmp_path / "live" / "store.db", FORMAT)
    shutil.copytree(tmp_path / "live", tmp_path / "killed")
    store.close()
    left = tmp_path / "killed" / "store.db"
    assert log_of(left).stat().st_size > 0
    assert sales(left) == 0


def test_a_reader_who_stays_keeps_log_and_mark(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = open_store(path, FORMAT)
    reader = apsw.Connection(str(path))
    reader.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM sale").fetchall()
    sold(store, 5)
    store.close()
    reader.close()
    assert (mark_of(path).read_bytes(), log_of(path).stat().st_size > 0) == (OPEN, True)
    log_of(path).rename(tmp_path / "aside")
    with pytest.raises(StoreError, match="is missing and holds its last commits"):
        sales(path)
    (tmp_path / "aside").rename(log_of(path))
    assert sales(path) == 5


def test_a_close_that_was_cut_off_is_no_lost_log(killed: Path) -> None:
    """The power went between copying the log back and taking the mark away."""
    assert sales(killed) == 5
    mark_of(killed).write_bytes(CLOSING)
    assert sales(killed) == 5
    assert not mark_of(killed).exists()


def test_where_the_mark_cannot_be_changed_the_log_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "store.db"
    store = open_store(path, FORMAT)
    sold(store, 5)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("counterfoil.storage.mark.Mark._write", full)
    store.close()
    monkeypatch.undo()
    assert mark_of(path).read_bytes() == OPEN
    assert log_of(path).stat().st_size > 0
    assert sales(path) == 5
