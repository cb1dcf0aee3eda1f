"""tests/tables/field_ranges.txt: which values of each field exist."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final, NamedTuple

from counterfoil.iso8583 import DIALECTS, Dialect

TABLE: Final = Path(__file__).parent / "tables" / "field_ranges.txt"


class Line(NamedTuple):
    """One field: values that exist, values that do not; or why it has no range."""

    dialect: Dialect
    number: int
    exist: tuple[str, ...]
    not_exist: tuple[str, ...]
    why: str


def lines() -> list[Line]:
    """Every field of the table, ranges of fields taken apart."""
    found = []
    for line in TABLE.read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        name, numbers, *rest = (part.strip() for part in line.split("|"))
        exist, not_exist, why = (*rest, "")[:3]
        first, _, last = numbers.partition("-")
        for number in range(int(first), int(last or first) + 1):
            found.append(Line(DIALECTS[name], number, _values(exist), _values(not_exist), why))
    return found


def _values(text: str) -> tuple[str, ...]:
    return tuple(value.replace(".", " ") for value in text.split())


def wrong(dialect: Dialect, numbers: Collection[int]) -> list[tuple[int, tuple[str, ...]]]:
    """Of each of these fields, the values that do not exist."""
    return [(line.number, line.not_exist) for line in lines() if line.dialect is dialect and line.number in numbers]


def right(dialect: Dialect, numbers: Collection[int]) -> list[tuple[int, tuple[str, ...]]]:
    """Of each of these fields, values that exist."""
    return [(line.number, line.exist) for line in lines() if line.dialect is dialect and line.number in numbers]
