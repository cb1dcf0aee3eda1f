"""The log is copied back by a thread: the owner's commits stay whole, and the log does not grow for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from counterfoil.storage import Aside, Migration, Store, aside, open_store

FORMAT = [Migration(1, "CREATE TABLE sale (id bigint NOT NULL PRIMARY KEY, what text NOT NULL);")]
INSERT = "INSERT INTO sale (id, what) VALUES (?, ?)"


def fill(store: Store, start: int, count: int) -> None:
    """`count` commits of some pages each."""
    for number in range(start, start + count):
        with store.transaction():
            store.executemany(INSERT, [(number * 100 + line, "x" * 900) for line in range(20)])
            store.commit()


def pages(log: Path) -> int:
    return log.stat().st_size // 4120


def begun_anew(log: Path) -> int:
    """How often this log began anew: the checkpoint sequence number of its header (SQLite's file format, 4.1)."""
    return int.from_bytes(log.read_bytes()[12:16], "big")


def test_a_log_that_grew_is_copied_while_the_owner_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "WAKE_PAGES", 100)
    monkeypatch.setattr(aside, "MOST_PAGES", 800)
    path = tmp_path / "store.db"
    with_log = tmp_path / "store.db-wal"
    store = open_store(path, FORMAT)
    helper = Aside(store)
    fill(store, 0, 1200)  # some 9,000 pages
    helper.stop()
    assert path.stat().st_size > aside.WAKE_PAGES * 4096, "nothing was copied into the store"
    grown = pages(with_log)  # how far depends on what else the machine did while the thread copied
    fill(store, 1200, 300)  # some 2,000 pages
    assert pages(with_log) <= grown + 2 * aside.MOST_PAGES
    assert begun_anew(with_log) > 0
    assert store.query("SELECT count(*) FROM sale") == [(30_000,)]
    store.close()
    assert not with_log.exists()
    again = open_store(path, FORMAT, readonly=True)
    assert again.query("SELECT count(*), max(id) FROM sale") == [(30_000, 149_919)]
    again.close()


def test_an_owner_that_never_rests_copies_what_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "WAKE_PAGES", 10**9)  # the thread is never woken
    monkeypatch.setattr(aside, "MOST_PAGES", 200)
    store = open_store(tmp_path / "store.db", FORMAT)
    helper = Aside(store)
    fill(store, 0, 300)
    assert pages(tmp_path / "store.db-wal") < 300
    helper.stop()
    store.close()


def test_a_reader_in_the_way_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "WAKE_PAGES", 20)
    monkeypatch.setattr(aside, "MOST_PAGES", 50)
    store = open_store(tmp_path / "store.db", FORMAT)
    helper = Aside(store)
    fill(store, 0, 1)
    reader = open_store(tmp_path / "store.db", FORMAT, readonly=True)
    with reader.reading():
        assert reader.query("SELECT count(*) FROM sale") == [(20,)]
        fill(store, 1, 50)
        assert reader.query("SELECT count(*) FROM sale") == [(20,)]
    assert reader.query("SELECT count(*) FROM sale") == [(1020,)]
    reader.close()
    helper.stop()
    store.close()
