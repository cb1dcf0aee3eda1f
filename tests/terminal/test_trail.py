"""The history of one sale is found by the sale, however long its terminal's trail has become."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from counterfoil.storage import open_store
from counterfoil.terminal import records, trail
from counterfoil.transaction import AttemptKey
from terminal.counter import T1, Counter


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    counter = Counter(str(tmp_path / "store.db"), terminals=(T1,)).open_for_business()
    counter.sale(key="till-1")
    counter.answer()
    counter.step(after=1)
    return tmp_path / "store.db"


def test_it_is_the_stub_the_station_itself_gives(store_path: Path) -> None:
    with closing(open_store(store_path, records.migrations(), readonly=True)) as store:
        key = AttemptKey(T1, "000001", "000002")
        told = trail.stub(store, key)
        assert told is not None
        assert told.history
        assert told == records.stub(store, key)
        assert trail.stub(store, AttemptKey(T1, "000001", "999999")) is None


def test_the_lines_are_found_by_the_sale_and_not_by_the_terminal(store_path: Path) -> None:
    with closing(open_store(store_path, records.migrations(), readonly=True)) as store:
        plan = store.query(f"EXPLAIN QUERY PLAN {trail.LINES}", (T1, "000001", "000002"))
        assert "trail_attempt (terminal=? AND batch=? AND stan=?)" in plan[0][3]
