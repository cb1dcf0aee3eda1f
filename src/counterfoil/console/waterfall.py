"""The hops of one payment as a picture: one lane a station, one mark a line of its stub, in the order of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
LANES: Final = ("terminal", "switch", "issuer")
WIDTH: Final = 720
LEFT: Final = 96
ROW: Final = 26


class Mark(NamedTuple):
    """One line of a stub: where it stands in the picture, and what it says. `message` is masked, {} for none."""

    station: str
    at: str
    what: str
    leg: str
    message: dict[str, Any]
    x: int
    y: int


class Strip(NamedTuple):
    """The whole picture, in pixels."""

    marks: list[Mark]
    missing: list[str]
    width: int
    height: int
    seconds: str


def drawn(evidence: dict[str, Any]) -> Strip:
    """The picture of the stubs as `Finding.to_json` gives them."""
    lines = [
        (line["at"], LANES.index(station), station, line)
        for station, stub in evidence.items()
        if isinstance(stub, dict)
        for line in stub["history"]
    ]
    lines.sort(key=lambda line: line[:2])
    missing = [station for station, stub in evidence.items() if not isinstance(stub, dict)]
    step = (WIDTH - LEFT - 20) // max(1, len(lines) - 1) if len(lines) > 1 else 0
    marks = [
        Mark(
            station,
            at,
            line["what"],
            str(line.get("leg") or ""),
            line["message"] if isinstance(line["message"], dict) else {},
            LEFT + number * step,
            ROW // 2 + lane * ROW,
        )
        for number, (at, lane, station, line) in enumerate(lines)
    ]
    return Strip(marks, missing, WIDTH, ROW * len(LANES), span(lines[0][0], lines[-1][0]) if lines else "")


def span(first: str, last: str) -> str:
    """From the first to the last line, in seconds with three digits."""
    return f"{(micros(last) - micros(first)) / 1_000_000:.3f}"


def micros(at: str) -> int:
    """Microseconds since 1970 of an instant as `finding.iso` writes it."""
    return (datetime.fromisoformat(at) - EPOCH) // MICROSECOND
