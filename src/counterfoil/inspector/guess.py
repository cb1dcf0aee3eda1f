"""Which reading fits a dump: dialect, length, TPDU and header are tried, and the message is looked for at every offset.

A reading that comes out even to the last byte beats every other; then what stands before the message has to be
explained. Where nothing comes out even, the reading that gets farthest is named, with the flaw it stops at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from counterfoil.inspector.dump import Dump, dumps
from counterfoil.inspector.mend import mended
from counterfoil.inspector.walk import Walk, walk
from counterfoil.inspector.wire import LENGTHS, Wire, said, width_of
from counterfoil.iso8583.framing import HEADER_SIZE, TPDU_SIZE

FARTHEST: Final = 96
"""The message type is looked for among so many bytes: a capture's Ethernet, IP and TCP headers fit."""
SOUND, EVERY_FIELD, MENDED, TRAILING, SKIPPED = 1000, 8, 60, 200, 4
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
    found = _sorted(list(_readings(Dump(data, "bytes"))))
    return found[0] if found else None


def guesses(given: str | bytes, count: int = 5) -> list[Found]:
    """The likeliest readings, best first, one for each way the message itself can be read."""
    return _sorted([one for dump in dumps(given) for one in _readings(dump)])[:count]


def _sorted(every: list[Found]) -> list[Found]:
    every.sort(key=lambda one: -one.score)
    kept: dict[tuple[bytes, str, bool, int], Found] = {}
    for one in every:
        kept.setdefault((one.data, one.wire.dialect, one.wire.text, _body_at(one.wire)), one)
    return list(kept.values())


def _body_at(wire: Wire) -> int:
    return wire.skip + width_of(wire.length) + TPDU_SIZE * wire.tpdu + HEADER_SIZE * wire.header


def _readings(dump: Dump) -> Iterator[Found]:
    data = dump.data
    for name, text, pattern in _SPEECH:
        dialect = Wire(dialect=name, text=text).spoken()
        for place in pattern.finditer(data[: FARTHEST + 4]):
            at = place.start()
            found = walk(dialect, data[at:])
            overrides: Mapping[str, dict[str, Any]] = {}
            if found.flaws and len(found.message.present()) > 1:
                overrides, found = mended(dialect, data[at:], found)
            yield from _explained(dump, name, text, at, found, dict(overrides))


def _explained(
    dump: Dump, name: str, text: bool, at: int, found: Walk, overrides: dict[str, dict[str, Any]]
) -> Iterator[Found]:
    """The ways in which what stands before the message at `at` can be meant."""
    data, number = dump.data, len(found.message.present())
    trailing = found.spans[-1].path == "rest" and all(span.path == "rest" for span in found.flaws)
    sound = not found.flaws or trailing
    if number < 2:
        return
    end = at + found.spans[-1].start if trailing else len(data)
    score = EVERY_FIELD * number + SOUND * sound - MENDED * len(overrides)
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
