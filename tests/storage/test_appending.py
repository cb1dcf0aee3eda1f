"""Rows that are written without the names of their columns, checked against the store that takes them."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from counterfoil.errors import StoreError
from counterfoil.issuer.records import Records as IssuerRecords
from counterfoil.storage import Migration, Store, migrations_of, open_store
from counterfoil.switch.records import Records as SwitchRecords

SRC = Path(__file__).parents[2] / "src" / "counterfoil"
SALE = [Migration(1, "CREATE TABLE sale (id bigint NOT NULL PRIMARY KEY, amount bigint, note text);")]
WITHOUT_NAMES = re.compile(r"\bINSERT\s+INTO\s+\S+\s+(VALUES|SELECT)\b", re.IGNORECASE)


def test_a_row_is_written_into_the_columns_of_its_table() -> None:
    store = open_store(":memory:", SALE)
    with store.transaction():
        store.executemany(store.appending("sale", ("id", "amount", "note")), [(1, 5, "x"), (2, 6, "y")])
        store.commit()
    assert store.query("SELECT note, amount, id FROM sale ORDER BY id") == [("x", 5, 1), ("y", 6, 2)]
    store.close()


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        pytest.param("sale", ("id", "amount"), id="one more"),
        pytest.param("sale", ("id", "amount", "note", "more"), id="one fewer"),
        pytest.param("sale", ("id", "note", "amount"), id="another order"),
        pytest.param("sale", ("id", "amount", "remark"), id="another name"),
        pytest.param("sales", ("id", "amount", "note"), id="no such table"),
    ],
)
def test_a_table_with_other_columns_is_refused(table: str, columns: tuple[str, ...]) -> None:
    store = open_store(":memory:", SALE)
    with pytest.raises(StoreError, match=rf"^{table} in :memory: has other columns than this program writes"):
        store.appending(table, columns)
    store.close()


STATIONS = [
    ("issuer", IssuerRecords, "txn"),
    ("issuer", IssuerRecords, "entry"),
    ("switch", SwitchRecords, "attempt"),
    ("switch", SwitchRecords, "trail"),
]


@pytest.mark.parametrize("change", ["ADD COLUMN more text", "RENAME COLUMN {first} TO other"], ids=["added", "renamed"])
@pytest.mark.parametrize(("room", "records", "table"), STATIONS, ids=[table for *_, table in STATIONS])
def test_a_station_does_not_start_on_a_table_it_would_write_wrongly(
    room: str, records: Callable[[Store], object], table: str, change: str
) -> None:
    store = open_store(":memory:", migrations_of(f"counterfoil.{room}"))
    records(store)
    first = store.query(f"PRAGMA table_info({table})")[0][1]
    store.execute(f"ALTER TABLE {table} {change.format(first=first)}")
    with pytest.raises(StoreError, match=rf"^{table} in :memory: has other columns"):
        records(store)
    store.close()


def test_no_statement_names_no_columns_but_those_that_a_store_has_checked() -> None:
    found = [
        f"{path.relative_to(SRC)}:{node.lineno}"
        for path in SRC.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and WITHOUT_NAMES.search(node.value)
    ]
    found += [str(p.relative_to(SRC)) for p in SRC.rglob("*.sql") if WITHOUT_NAMES.search(p.read_text("utf-8"))]
    assert found == []
