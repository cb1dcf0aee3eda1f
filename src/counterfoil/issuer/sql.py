"""Statements written from the column lists of the rows, so that a column is named in one place."""

from __future__ import annotations

from collections.abc import Sequence


def selecting(columns: Sequence[str], table: str, rest: str = "") -> str:
    """SELECT these columns; `rest` is everything after the table."""
    return " ".join(("SELECT", ", ".join(columns), "FROM", table, rest)).rstrip()


def inserting(table: str, columns: Sequence[str]) -> str:
    """INSERT one row of these columns."""
    return " ".join(("INSERT INTO", table, f"({', '.join(columns)})", f"VALUES ({', '.join('?' * len(columns))})"))


def updating(table: str, columns: Sequence[str], key: str) -> str:
    """UPDATE these columns of the row with this key."""
    return " ".join(("UPDATE", table, "SET", ", ".join(f"{column} = ?" for column in columns), f"WHERE {key} = ?"))


def walking(chosen: str, then: str) -> str:
    """A query on `line`: id and place of the entries of the accounts `chosen` says, the last one at place 0."""
    begin = "SELECT entry.id, entry.previous, 0 FROM account JOIN entry ON entry.id = account.last_entry"
    back = "SELECT entry.id, entry.previous, place + 1 FROM line JOIN entry ON entry.id = line.previous"
    table = ("WITH RECURSIVE line (id, previous, place) AS (", begin, "WHERE", chosen, "UNION ALL", back, ")")
    return " ".join((*table, then))
