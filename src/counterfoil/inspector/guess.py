"""Which reading fits a dump: dialect, length, TPDU and header are tried, and the message is looked for at every offset.

A reading is worth what it explains: the bytes of the dump it reads, against those it leaves unread inside the message,
before it and behind it. It is sound only when nothing is left that speaks against it; where none is, the reading that
explains most is named, with the flaw it stops at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from counterfoil.inspector.around import claimed, explained, known_before, lengths
from counterfoil.inspector.dump import Dump, dumps
from counterfoil.inspector.mend import mended
from counterfoil.inspector.walk import MessageWalk, walk
from counterfoil.inspector.wire import ETX, Wrapping, tail_of, take_apart, width_of
from counterfoil.iso8583 import Dialect
from counterfoil.iso8583.framing import HEADER_SIZE, TPDU_SIZE, begins_header

FARTHEST: Final = 128
"""The message type is looked for among so many bytes: a capture's Ethernet, IP and TCP headers fit."""
WHOLE: Final = 100
"""What a reading is worth that explains every byte; one that leaves as many as it reads is worth nothing."""
SOUND, BEGINS, COUNTED, CLAIMED, TPDU, HEADER = 40, 20, 20, 15, 20, 10
"""What is worth something beyond the bytes: nothing speaks against it, nothing strange stands
before it, its length counts it, a length stands before it that has counted it once, a TPDU, a header."""
MENDED, LIKELY, RARE, UNREAD = 15, 100, 20, 10
"""What each switch of a dialect costs, and a reading as characters of what hex digits can mean, or raw bytes of what
characters can, a message type that is hardly ever used, and something pasted that is not read."""
FEWEST: Final = 2
"""Fields without which nothing is a message."""
CLOSE: Final = 16
"""A length that is wrong by at most so many bytes was right before some were lost or won."""
MENDED_MOST: Final = 3
"""Places at which switches are tried: each costs up to a hundred readings."""
_PACKED: Final = re.compile(rb"(?=[\x01-\x09][\x00-\x05\x10-\x15\x20-\x25\x30-\x35])", re.DOTALL)
_CHARACTERS: Final = re.compile(rb"(?=0[1-9][0-3][0-5])")
_USUAL: Final = re.compile(r"0[1-689][0-3][01]")
_SPEECH: Final = (("cup-pos", False, _PACKED), ("iso87-ascii", False, _CHARACTERS), ("iso87-ascii", True, _CHARACTERS))


class Guess(msgspec.Struct, frozen=True, kw_only=True):
    """One way to read a dump; `sound` when it is read to its last byte. `unread`: see `Dump`."""

    data: bytes
    how: str
    wire: Wrapping
    score: int
    sound: bool
    unread: int = 0


def best(given: str | bytes) -> Guess | None:
    """The likeliest reading of what was pasted; None when it is no bytes, or holds nothing like a message."""
    found = guesses(given)
    return found[0] if found else None


def best_of(data: bytes) -> Guess | None:
    """The likeliest reading of bytes that are known to be bytes."""
    found = _sorted(_readings([Dump(data, "bytes")]))
    return found[0] if found else None


def guesses(given: str | bytes, count: int = 5) -> list[Guess]:
    """The likeliest readings, best first, one for each way the message itself can be read."""
    return _sorted(_readings(dumps(given)))[:count]


def _sorted(every: list[Guess]) -> list[Guess]:
    every.sort(key=lambda one: (not one.sound, -one.score))
    kept: dict[tuple[bytes, str, bool, int], Guess] = {}
    for one in every:
        kept.setdefault((one.data, one.wire.dialect, one.wire.text, _body_at(one.wire)), one)
    return list(kept.values())


def _body_at(wire: Wrapping) -> int:
    return wire.skip + width_of(wire.length) + TPDU_SIZE * wire.tpdu + HEADER_SIZE * wire.header


class _Spot(NamedTuple):
    """A place where a message may begin, read as one dialect."""

    dump: Dump
    name: str
    text: bool
    at: int
    found: MessageWalk

    @property
    def fields(self) -> int:
        """How many fields were read."""
        return len(self.found.message.present())


def _readings(every: Sequence[Dump]) -> list[Guess]:
    """Every reading. Switches of a dialect are tried where nothing comes out even, at the places that got farthest."""
    spots = [spot for dump in every for spot in _spots(dump) if spot.fields >= FEWEST]
    digits = any(dump.how == "hex" for dump in every)
    tried = [(spot, list(_explained(spot, {}, digits))) for spot in spots]
    found = [reading for _, readings in tried for reading in readings]
    if not any(one.sound for one in found):
        tried.sort(key=lambda one: -max((reading.score for reading in one[1]), default=0))
        for spot, _ in tried[:MENDED_MOST]:
            if _lost_or_won(spot.dump.data, spot.at):
                continue
            overrides, walked = mended(_dialect(spot), spot.dump.data[spot.at :], spot.found)
            if overrides:
                found += _explained(spot._replace(found=walked), dict(overrides), digits)
    return found


def _spots(dump: Dump) -> Iterator[_Spot]:
    for name, text, pattern in _SPEECH:
        dialect = Wrapping(dialect=name, text=text).spoken()
        for place in pattern.finditer(dump.data[: FARTHEST + 4]):
            yield _Spot(dump, name, text, place.start(), walk(dialect, dump.data[place.start() :]))


def _dialect(spot: _Spot, overrides: dict[str, dict[str, Any]] | None = None) -> Dialect:
    return Wrapping(dialect=spot.name, text=spot.text, overrides=overrides or {}).spoken()


def _lost_or_won(data: bytes, at: int) -> bool:
    """Whether a length before a TPDU is close to what follows and not it: a damaged packet, and no other dialect."""
    return any(
        form == "binary" and size != there and abs(size - there) <= CLOSE
        for start in (at - TPDU_SIZE, at - TPDU_SIZE - HEADER_SIZE)
        if start >= 0 and data[start] == 0x60
        for form, size, there in lengths(data, start, len(data))
    )


def _explained(spot: _Spot, overrides: dict[str, dict[str, Any]], digits: bool) -> Iterator[Guess]:
    """The ways in which what stands before the message can be meant."""
    data, at = spot.dump.data, spot.at
    for tpdu, header in ((True, True), (True, False), (False, False)):
        start = at - TPDU_SIZE * tpdu - HEADER_SIZE * header
        if start < 0 or (tpdu and data[start] != 0x60) or (header and not begins_header(data[at - HEADER_SIZE : at])):
            continue
        counted = [(form, size) for form, size, there in lengths(data, start, len(data)) if size <= there]
        for form, size in (("none", len(data) - start), *counted):
            end = start + size + tail_of(form)
            if start + size <= at or end > len(data) or (tail_of(form) and data[end - 2] != ETX):
                continue
            skip = start - width_of(form)
            wire = Wrapping(
                dialect=spot.name,
                length=form,
                tpdu=tpdu,
                header=header,
                text=spot.text,
                skip=skip,
                size=end - skip if end < len(data) else 0,
                overrides=overrides,
            )
            within = (
                spot.found if start + size == len(data) else walk(_dialect(spot, overrides), data[at : start + size])
            )
            yield _scored(spot.dump, wire, within, digits)


def _scored(dump: Dump, wire: Wrapping, found: MessageWalk, digits: bool) -> Guess:
    """A reading with what it is worth."""
    data = dump.data
    parts = take_apart(data, wire)
    sound = not found.flaws and explained(data, parts)
    read = sum(span.end - span.start for span in found.spans if not span.flaw)
    unread = len(parts.body) - read
    once = not parts.length and wire.skip > 0 and claimed(data, wire.skip) is not None
    begins = once or known_before(data, parts.at)
    before = 0 if begins else parts.at
    behind = len(data) - parts.end
    known = read + len(parts.length) + len(parts.tpdu) + len(parts.header) + len(parts.tail)
    known += parts.at if begins else 0
    score = WHOLE * (known - unread - before - (0 if parts.length and sound else behind)) // len(data)
    score += (
        SOUND * sound
        + BEGINS * begins
        + COUNTED * (bool(parts.length) and begins and (sound or not behind))
        + TPDU * wire.tpdu
        + HEADER * wire.header
    )
    score += CLAIMED * once
    score -= MENDED * len(wire.overrides) + RARE * (_USUAL.fullmatch(found.message.mti) is None)
    score -= UNREAD * (dump.unread > 0)
    score -= LIKELY * (digits and dump.how == "characters")
    score -= LIKELY * (wire.dialect == "iso87-ascii" and not wire.text and _characters(data))
    return Guess(data=data, how=dump.how, wire=wire, score=score, sound=sound, unread=dump.unread)


def _characters(data: bytes) -> bool:
    return data.isascii() and data.decode("ascii").isprintable()
