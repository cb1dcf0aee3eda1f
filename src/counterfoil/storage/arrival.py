"""Rows in the order they were written, from either end, without an index of their own.

SQLite numbers the rows of a table as they come. Only an order is taken from that, and only to begin at the end of a
table instead of reading all of it; PostgreSQL would be asked by time. A row that was written over keeps its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from counterfoil.storage.store import Store

LOOKED_AT: Final = 50_000
"""Rows from the end of a table that are looked at for a few that fit: some 30 ms."""
LATEST: Final = (1 << 63) - 1


def newest(
    store: Store, table: str, columns: str, where: str, params: Sequence[Any], limit: int, before: int = LATEST
) -> list[tuple[Any, ...]]:
    """Place and columns of the newest rows for which `where` holds, written before a place; at most `limit`.

    Rows further from the end than LOOKED_AT are not looked at.
    """
    last = store.query(" ".join(("SELECT coalesce(max(rowid), 0) FROM", table)))[0][0]
    sql = f"SELECT rowid, {columns} FROM {table} WHERE rowid < ? AND rowid > ? AND {where} ORDER BY rowid DESC LIMIT ?"  # noqa: S608 - names of ours
    return store.query(sql, (before, last - LOOKED_AT, *params, limit))


def place_of(store: Store, table: str, key: str, value: str) -> int:
    """Place of the row with this key; 0, before all others, when there is none."""
    sql = f"SELECT rowid FROM {table} WHERE {key} = ?"  # noqa: S608 - names of ours
    rows = store.query(sql, (value,))
    return int(rows[0][0]) if rows else 0


def behind(select: str, table: str) -> str:
    """Statement for the rows behind a place, at most so many: `select`, which ends before its WHERE, with the place and
    the number as parameters. Each row is led by its own place in `table`.
    """
    place = f"{table}.rowid"
    led = select.replace("SELECT ", f"SELECT {place}, ", 1).rstrip()
    return " ".join((led, f"WHERE {place} > ? ORDER BY {place} LIMIT ?"))


def placed(store: Store, what: str, table: str, place: int | None = None) -> tuple[int, str]:
    """Place of a row of `table` and the value of `what` (an expression over its columns): of the row at `place`, or of
    the newest; (0, "") when there is none.
    """
    where = "ORDER BY rowid DESC LIMIT 1" if place is None else "WHERE rowid = ?"
    rows = store.query(" ".join(("SELECT rowid,", what, "FROM", table, where)), () if place is None else (place,))
    return (int(rows[0][0]), str(rows[0][1])) if rows else (0, "")
