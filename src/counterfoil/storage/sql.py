"""Statements written from the column lists of the rows, so that a column is named in one place."""

from __future__ import annotations

from collections.abc import Sequence


def selecting(columns: Sequence[str], table: str, rest: str = "") -> str:
    """SELECT statement for these columns; `rest` is everything after the table."""
    return " ".join(("SELECT", ", ".join(columns), "FROM", table, rest)).rstrip()


def inserting(table: str, columns: Sequence[str]) -> str:
    """INSERT statement for one row of these columns."""
    return " ".join(("INSERT INTO", table, f"({', '.join(columns)})", f"VALUES ({', '.join('?' * len(columns))})"))


def upserting(table: str, columns: Sequence[str], key: Sequence[str]) -> str:
    """INSERT statement for one row of these columns that changes the row with this key when there is one."""
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in key)
    return " ".join((inserting(table, columns), f"ON CONFLICT ({', '.join(key)})", "DO UPDATE SET", changes))


def updating(table: str, columns: Sequence[str], key: Sequence[str]) -> str:
    """UPDATE statement for these columns of the row with this key."""
    changes, where = [f"{column} = ?" for column in columns], [f"{column} = ?" for column in key]
    return " ".join(("UPDATE", table, "SET", ", ".join(changes), "WHERE", " AND ".join(where)))
