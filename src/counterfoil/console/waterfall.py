"""The stubs of one payment as one sequence: a column a station, a row a line, in the order of time."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import msgspec

from counterfoil.console.happened import line as said
from counterfoil.inspector.names import label, name_of, shown
from counterfoil.iso8583 import Dialect
from counterfoil.iso8583.dialects.cup_pos import CUP_POS
from counterfoil.iso8583.dialects.iso87_ascii import ISO87_ASCII
from counterfoil.terminal.sentences import COPIES
from counterfoil.words import Text
from counterfoil.zone import instant

MTI_DIGITS: Final = 4
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


OUTSIDE: Final = {
    "number": Text("telephone", "电话"),
    "error": Text("why", "原因"),
    "printer": Text("printer", "打印机"),
    **COPIES,
}
PRINTED: Final = re.compile(r"(ORIGINAL|DUPLICATE) ?(\d*) (sha256 \w+)")
"""What a line of a stub holds besides fields of a message."""


class StubLine(NamedTuple):
    """One line of a stub, the `number`th of its station. `gap` is how long nothing had happened before; `fields` the
    masked message, by name; `json` the same as JSON, "" where the line has no message.
    """

    station: str
    at: str
    gap: str
    what: Text
    broken: bool
    mti: str
    code: str
    fields: list[tuple[str, Text, Text]]
    number: int
    json: str


class Waterfall(NamedTuple):
    """All rows, the stations whose stub is missing, and how long the whole took."""

    rows: list[StubLine]
    missing: list[str]
    seconds: str


def drawn(ref: str, evidence: dict[str, Any]) -> Waterfall:
    """The sequence of the stubs as `Finding.to_json` gives them."""
    lines = [
        (line["at"], LANES.index(station), number, station, line)
        for station, stub in evidence.items()
        if isinstance(stub, dict)
        for number, line in enumerate(stub["history"])
    ]
    lines.sort(key=lambda line: line[:3])
    missing = [station for station, stub in evidence.items() if not isinstance(stub, dict)]
    rows, before = [], ""
    for at, _, number, station, line in lines:
        message = line["message"] if isinstance(line["message"], dict) else {}
        gap = span(before, at) if before else "0.000"
        rows.append(
            StubLine(
                station,
                at,
                f"+{gap}",
                said(line["what"]),
                any(word in line["what"] for word in BROKEN),
                mti_of(line),
                str(message.get("39", "")),
                named(station, message),
                number,
                as_json(ref, station, line),
            )
        )
        before = at
    return Waterfall(rows, missing, span(lines[0][0], lines[-1][0]) if lines else "")


def mti_of(line: dict[str, Any]) -> str:
    """The message type of a line, which some stations keep in its words only; "" where it has none."""
    message, what = line["message"], line["what"][:4]
    return str(message.get("mti", "")) if isinstance(message, dict) and "mti" in message else what * what.isdigit()


def raw(station: str, line: dict[str, Any]) -> tuple[str, str, dict[str, str]] | None:
    """The dialect, message type and masked fields of a line's message; None where it has none."""
    message, mti = line["message"], mti_of(line)
    if not isinstance(message, dict) or len(mti) != MTI_DIGITS:
        return None
    fields = {number: str(value) for number, value in message.items() if number.isdigit()}
    return ("iso87-ascii" if spoken(station, message) is ISO87_ASCII else "cup-pos"), mti, fields


def as_json(ref: str, station: str, line: dict[str, Any]) -> str:
    """A line's message as people hand it on: of which payment and station, when, and its masked fields by number."""
    made = raw(station, line)
    if made is None:
        return ""
    dialect, mti, fields = made
    told = {"ref": ref, "station": station, "at": line["at"], "dialect": dialect, "mti": mti, "fields": fields}
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode()


def spoken(station: str, message: dict[str, Any]) -> Dialect:
    """The dialect of a kept message; the switch speaks both."""
    return ISO87_ASCII if station == "issuer" or "7" in message else CUP_POS


def named(station: str, message: dict[str, Any]) -> list[tuple[str, Text, Text]]:
    """The fields of a masked message with what they are called."""
    dialect = spoken(station, message)
    return [
        (
            label(number),
            name_of(dialect, number) if number.isdigit() else OUTSIDE.get(number, Text("", "")),
            said_of(str(value)),
        )
        for number, value in message.items()
        if number != "mti"
    ]


def said_of(value: str) -> Text:
    """A value for people: of what is hidden how long it is, of a print whether it was the first."""
    found = PRINTED.fullmatch(value)
    if found is None:
        return shown(value)
    first, number, digest = found.groups()
    return Text(value, f"{'首次打印' if first == 'ORIGINAL' else '重打印'} {number} {digest}".replace("  ", " "))


def span(first: str, last: str) -> str:
    """From one line to another, in seconds with three digits."""
    return f"{(instant(last) - instant(first)) / 1_000_000:.3f}"
