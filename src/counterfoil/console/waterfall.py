"""The stubs of one payment as one sequence: a column a station, a row a line, in the order of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from counterfoil.console.happened import line as said
from counterfoil.inspector.names import name_of
from counterfoil.iso8583.dialects.cup_pos import CUP_POS
from counterfoil.iso8583.dialects.iso87_ascii import ISO87_ASCII
from counterfoil.words import Text

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
LANES: Final = ("terminal", "switch", "issuer")
BROKEN: Final = (
    "expired",
    "bad MAC",
    "without a valid MAC",
    "wrong_mac",
    "unanswered",
    "late",
    "closed",
    "reversal owed",
)


class Row(NamedTuple):
    """One line of a stub. `gap` is how long nothing had happened before; `fields` the masked message, by name."""

    station: str
    at: str
    gap: str
    what: Text
    broken: bool
    mti: str
    code: str
    fields: list[tuple[str, Text, Any]]


class Waterfall(NamedTuple):
    """All rows, the stations whose stub is missing, and how long the whole took."""

    rows: list[Row]
    missing: list[str]
    seconds: str


def drawn(evidence: dict[str, Any]) -> Waterfall:
    """The sequence of the stubs as `Finding.to_json` gives them."""
    lines = [
        (line["at"], LANES.index(station), station, line)
        for station, stub in evidence.items()
        if isinstance(stub, dict)
        for line in stub["history"]
    ]
    lines.sort(key=lambda line: line[:2])
    missing = [station for station, stub in evidence.items() if not isinstance(stub, dict)]
    rows, before = [], ""
    for at, _, station, line in lines:
        message = line["message"] if isinstance(line["message"], dict) else {}
        gap = span(before, at) if before else "0.000"
        rows.append(
            Row(
                station,
                at,
                f"+{gap}",
                said(line["what"]),
                any(word in line["what"] for word in BROKEN),
                str(message.get("mti", "")) or line["what"][:4] * line["what"][:4].isdigit(),
                str(message.get("39", "")),
                named(station, message),
            )
        )
        before = at
    return Waterfall(rows, missing, span(lines[0][0], lines[-1][0]) if lines else "")


def named(station: str, message: dict[str, Any]) -> list[tuple[str, Text, Any]]:
    """The fields of a masked message with what they are called; the switch speaks both dialects."""
    dialect = ISO87_ASCII if station == "issuer" or "7" in message else CUP_POS
    return [
        (
            f"F{number}" if number.isdigit() else number,
            name_of(dialect, number) if number.isdigit() else Text("", ""),
            value,
        )
        for number, value in message.items()
        if number != "mti"
    ]


def span(first: str, last: str) -> str:
    """From one line to another, in seconds with three digits."""
    return f"{(micros(last) - micros(first)) / 1_000_000:.3f}"


def micros(at: str) -> int:
    """Microseconds since 1970 of an instant as `finding.iso` writes it."""
    return (datetime.fromisoformat(at) - EPOCH) // MICROSECOND
