"""Rows that are written without the names of their columns have those of their table, in its order."""

from __future__ import annotations

import pytest

from counterfoil import issuer, switch
from counterfoil.issuer import chart
from counterfoil.issuer import records as issuers
from counterfoil.issuer.rows import TXN_COLUMNS
from counterfoil.storage import migrations_of, open_store
from counterfoil.switch import records as switches
from counterfoil.switch.rows import Trail

WRITTEN = [
    (issuer, "txn", issuers.INSERT_TXN, (*TXN_COLUMNS, "part", "received", "request", "answered")),
    (issuer, "entry", issuers.INSERT_ENTRY, (*chart.ENTRY_COLUMNS, "previous")),
    (switch, "attempt", switches.NEW_ATTEMPT, (*switches.ATTEMPT_COLUMNS, "part")),
    (switch, "trail", switches.INSERT_TRAIL, Trail.__struct_fields__),
]


@pytest.mark.parametrize(("room", "table", "sql", "columns"), WRITTEN, ids=[table for _, table, *_ in WRITTEN])
def test_a_row_without_names_is_the_row_of_its_table(
    room: object, table: str, sql: str, columns: tuple[str, ...]
) -> None:
    store = open_store(":memory:", migrations_of(getattr(room, "__name__", "")))
    assert [row[1] for row in store.query(f"PRAGMA table_info({table})")] == list(columns)
    assert sql == f"INSERT INTO {table} VALUES ({','.join('?' * len(columns))})"
    store.close()
