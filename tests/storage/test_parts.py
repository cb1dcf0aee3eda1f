"""An index in parts finds what an index over everything finds."""

from __future__ import annotations

import apsw
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.storage import Parts, highest_part, in_parts
from counterfoil.storage.parts import ROWS

rows = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(("0011", "0017", "9999"))), max_size=40)


@given(rows=rows, last4=st.sampled_from(("0011", "0017", "0000")))
def test_every_row_is_found_in_whatever_part_it_is(rows: list[tuple[int, str]], last4: str) -> None:
    store = apsw.Connection(":memory:")
    store.execute("CREATE TABLE sale (key bigint PRIMARY KEY, part bigint NOT NULL, last4 text NOT NULL)")
    store.execute("CREATE INDEX digits ON sale (part, last4)")
    store.executemany("INSERT INTO sale VALUES (?, ?, ?)", [(key, *row) for key, row in enumerate(rows)])
    found = store.execute(in_parts("sale", "key", "last4 = ?"), (last4,)).fetchall()
    assert {key for (key,) in found} == {key for key, (_, ends) in enumerate(rows) if ends == last4}
    assert len(set(found)) == len(found)
    assert store.execute(highest_part("sale")).fetchall() == [(max((part for part, _ in rows), default=0),)]


def test_a_part_is_full_after_some_thousand_rows_and_a_start_begins_another() -> None:
    parts = Parts(highest=6)
    assert parts.now == 7
    parts.grew(ROWS - 1)
    assert parts.now == 7
    parts.grew(256)
    assert parts.now == 8
    parts.grew(ROWS)
    assert parts.now == 9
