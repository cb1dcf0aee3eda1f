"""The history of one sale is found by the sale, however long its terminal's trail has become."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from counterfoil.storage import open_store
from counterfoil.terminal import records
from terminal.counter import T1, Counter


@pytest.mark.parametrize(
    ("query", "values"), [(records.TRAIL, (7,)), (records.NOTED, (T1, "000001", "000002", "approved"))]
)
def test_the_lines_are_found_by_the_sale_and_not_by_the_terminal(
    query: str, values: tuple[str | int, ...], tmp_path: Path
) -> None:
    path = tmp_path / "store.db"
    counter = Counter(str(path), terminals=(T1,)).open_for_business()
    with closing(counter.store), closing(open_store(path, records.migrations(), readonly=True)) as store:
        plan = store.query(f"EXPLAIN QUERY PLAN {query}", values)
        assert "trail_sale (sale=?)" in plan[0][3]
