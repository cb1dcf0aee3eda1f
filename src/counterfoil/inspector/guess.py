"""Which reading fits a dump: dialect, length, TPDU and header are tried, and the message is looked for at every offset.

A reading that comes out even to the last byte beats every other; then what stands before the message has to be
explained. Where nothing comes out even, the reading that gets farthest is named, with the flaw it stops at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from counterfoil.inspector.dump import Dump, dumps
from counterfoil.inspector.mend import mended
from counterfoil.inspector.walk import Walk, walk
from counterfoil.inspector.wire import LENGTHS, Wire, said, width_of
from counterfoil.iso8583 import Dialect
from counterfoil.iso8583.framing import HEADER_SIZE, TPDU_SIZE

FARTHEST: Final = 96
"""The message type is looked for among so many bytes: a capture's Ethernet, IP and TCP headers fit."""
SOUND, EVERY_FIELD, MENDED, TRAILING, SKIPPED = 1000, 8, 60, 200, 4
FEWEST: Final = 2
"""Fields without which nothing is a message."""
MENDED_MOST: Final = 3
"""Places at which switches are tried: each costs up to a hundred readings."""
_PACKED: Final = re.compile(rb"(?=[\x01-\x09][\x00-\x05\x10-\x15\x20-\x25\x30-\x35])", re.DOTALL)
_CHARACTERS: Final = re.compile(rb"(?=0[1-9][0-3][0-5])")
_HEADER: Final = re.compile(r"6[0-9]{3}[0-9f]{8}")
_SPEECH: Final = (("cup-pos", False, _PACKED), ("iso87-ascii", False, _CHARACTERS), ("iso87-ascii", True, _CHARACTERS))


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One way to read a dump; `sound` when it is read to its last byte."""

    data: bytes
    how: str
    wire: Wire
    score: int
    sound: bool


def best(given: str | bytes) -> Found | None:
    """The likeliest reading of what was pasted; None when it is no bytes, or holds nothing like a message."""
    found = guesses(given)
    return found[0] if found else None


def best_of(data: bytes) -> Found | None:
    """The likeliest reading of bytes that are known to be bytes."""
    found = _sorted(_readings([Dump(data, "bytes")]))
    return found[0] if found else None


def guesses(given: str | bytes, count: int = 5) -> list[Found]:
    """The likeliest readings, best first, one for each way the message itself can be read."""
    return _sorted(_readings(dumps(given)))[:count]


def _sorted(every: list[Found]) -> list[Found]:
    every.sort(key=lambda one: -one.score)
    kept: dict[tuple[bytes, str, bool, int], Found] = {}
    for one in every:
        kept.setdefault((one.data, one.wire.dialect, one.wire.text, _body_at(one.wire)), one)
    return list(kept.values())


def _body_at(wire: Wire) -> int:
    return wire.skip + width_of(wire.length) + TPDU_SIZE * wire.tpdu + HEADER_SIZE * wire.header


class _Spot(NamedTuple):
    """A place where a message may begin, read as one dialect."""

    dump: Dump
    name: str
    text: bool
    at: int
    found: Walk

    @property
    def fields(self) -> int:
        """How many fields were read."""
        return len(self.found.message.present())


def _readings(every: Sequence[Dump]) -> list[Found]:
    """Every reading. Switches of a dialect are tried where nothing comes out even, at the places that got farthest."""
    spots = [spot for dump in every for spot in _spots(dump) if spot.fields >= FEWEST]
    found = [reading for spot in spots for reading in _explained(spot, {})]
    if not any(not spot.found.flaws for spot in spots):
        for spot in sorted(spots, key=lambda spot: -spot.fields)[:MENDED_MOST]:
            overrides, walked = mended(_dialect(spot), spot.dump.data[spot.at :], spot.found)
            if overrides:
                found += _explained(spot._replace(found=walked), dict(overrides))
    return found


def _spots(dump: Dump) -> Iterator[_Spot]:
    for name, text, pattern in _SPEECH:
        dialect = Wire(dialect=name, text=text).spoken()
        for place in pattern.finditer(dump.data[: FARTHEST + 4]):
            yield _Spot(dump, name, text, place.start(), walk(dialect, dump.data[place.start() :]))


def _dialect(spot: _Spot) -> Dialect:
    return Wire(dialect=spot.name, text=spot.text).spoken()


def _explained(spot: _Spot, overrides: dict[str, dict[str, Any]]) -> Iterator[Found]:
    """The ways in which what stands before the message can be meant."""
    dump, name, text, at, found = spot
    data = dump.data
    trailing = found.spans[-1].path == "rest" and all(span.path == "rest" for span in found.flaws)
    sound = not found.flaws or trailing
    end = at + found.spans[-1].start if trailing else len(data)
    score = EVERY_FIELD * spot.fields + SOUND * sound - MENDED * len(overrides)
    score -= (TRAILING + len(data) - end) * trailing
    for tpdu, header in ((True, True), (True, False), (False, False)):
        start = at - TPDU_SIZE * tpdu - HEADER_SIZE * header
        if start < 0 or (tpdu and data[start] != 0x60) or (header and not _is_header(data[at - HEADER_SIZE : at])):
            continue
        for length in LENGTHS:
            skip = start - width_of(length)
            if skip < 0 or (length != "none" and said(length, data[skip:start]) != end - start):
                continue
            known = 30 * (length != "none") + 25 * tpdu + 10 * header
            size = end - skip if trailing else 0
            wire = Wire(
                dialect=name,
                length=length,
                tpdu=tpdu,
                header=header,
                text=text,
                skip=skip,
                size=size,
                overrides=overrides,
            )
            yield Found(data=data, how=dump.how, wire=wire, score=score + known - SKIPPED * skip, sound=sound)


def _is_header(raw: bytes) -> bool:
    """Whether these can be the twelve digits of a UnionPay header: an application class first, and filled with F."""
    return _HEADER.fullmatch(raw.hex()) is not None
