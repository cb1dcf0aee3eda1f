"""Indexes in parts: rows that were written together lie together in them, whatever they are found by.

An index of a card's last digits has a page for every few of them, and the sales of one step change as many pages as
there are sales. Led by the number of a part, which is the same for some thousand rows that come after each other, the
same index takes them side by side in a few pages; whoever searches looks into each part
(docs/decisions/0011-where-rows-lie.md).
"""

from __future__ import annotations

from typing import Final

ROWS: Final = 4096
"""Rows of a part: few pages to write to, and ten million rows are 2,442 places to look."""


class Parts:
    """Number of the part that rows go into now, for the one writer of a table. A start begins a new part."""

    def __init__(self, highest: int) -> None:
        self.now = highest + 1
        self._rows = 0

    def grew(self, rows: int) -> None:
        """Count rows that a durable commit has put into the part."""
        self._rows += rows
        if self._rows >= ROWS:
            self.now += 1
            self._rows = 0


def highest_part(table: str) -> str:
    """Query for the highest part of a table; 0 when it is empty."""
    return " ".join(("SELECT coalesce(max(part), 0) FROM", table))


def in_parts(table: str, column: str, where: str) -> str:
    """Query for a column of the rows for which `where` holds, in a table that has an index led by `part`."""
    first = ("SELECT min(part) FROM", table)
    later = ("SELECT min(later.part) FROM", table, "AS later WHERE later.part > parts.part")
    parts = ("WITH RECURSIVE parts (part) AS (", *first, "UNION ALL SELECT (", *later, ") FROM parts")
    found = ("SELECT", column, "FROM parts CROSS JOIN", table, f"WHERE {table}.part = parts.part AND", where)
    return " ".join((*parts, "WHERE part IS NOT NULL )", *found))
