"""What somebody pasted, as bytes: hex, a tool's dump, an array or string of a program, or the characters of a message.

Every way that gives bytes is tried; which one is meant is for `guess.py` to say. What a way leaves unread is counted.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from counterfoil.inspector import literals
from counterfoil.inspector.listing import FEWEST, LONGEST, listings, unnumbered

HEX: Final = frozenset("0123456789abcdefABCDEF")
_NOISE: Final = re.compile(r"0x|\\x|[\s:,;\-]")
_OFFSET: Final = re.compile(r"[\s|│]*(?:0x)?[0-9A-Fa-f]{4,16}(?![0-9A-Fa-f])")
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
MOST: Final = 16
"""Ways and listings tried: a capture of a long conversation is not read packet by packet."""


class Dump(NamedTuple):
    """Bytes, and how they were written: "hex", "offsets", "twice", "array", "escaped", "base64", "characters", "bytes".

    `unread` is what was pasted and is neither these bytes nor part of how they were written: so many lines of a
    listing, so many characters of anything else.
    """

    data: bytes
    how: str
    unread: int = 0


def dumps(given: str | bytes) -> list[Dump]:
    """Every way to understand what was pasted, the likeliest first; [] when there is none, or it is too long."""
    found: list[Dump] = []
    if isinstance(given, bytes):
        text = _text_of(given)
        if not given.isascii() or not _typed(text):
            found.append(Dump(given, "bytes"))
    else:
        text = given
    if len(text) <= 8 * LONGEST and (isinstance(given, str) or _typed(text)):
        found += _written(text)
    kept: dict[bytes, Dump] = {}
    for one in found:
        if 0 < len(one.data) <= LONGEST:
            kept.setdefault(one.data, one)
    return list(kept.values())


def _text_of(data: bytes) -> str:
    """A file's content as text: by its mark, as UTF-8, or in the Chinese encoding that fits any bytes best."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode(name, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def _typed(text: str) -> bool:
    """Nothing in it that nobody types."""
    return not any(ord(letter) < 0x20 and not letter.isspace() for letter in text) and "\ufffd" not in text


def _written(text: str) -> Iterator[Dump]:
    text = text.replace("\u00a0", " ").lstrip("\ufeff")
    ways: list[Dump] = [*_listed(text)]
    beside = unnumbered(text)
    if beside is not None:
        ways.append(Dump(beside, "hex"))
    digits = _NOISE.sub("", text)
    if digits and set(digits) <= HEX:
        if len(digits) % 2 == 0:
            ways.append(Dump(bytes.fromhex(digits), "hex"))
        elif len(digits) > 2 * FEWEST:
            ways.append(Dump(bytes.fromhex(digits[:-1]), "hex", 1))
        ways += _lines(text, len(digits))
    else:
        ways += _literal(text)
    yield from ways
    for one in ways:
        if _is_hex_text(one.data):
            yield Dump(bytes.fromhex(one.data.decode()), "twice", one.unread)
    characters = text.strip("\r\n")
    if len(characters) >= FEWEST and any(letter.isdecimal() for letter in characters):
        try:
            yield Dump(characters.encode("gb18030"), "characters")
        except UnicodeEncodeError:
            return


def _listed(text: str) -> Iterator[Dump]:
    """The listings of a text. Those of a conversation are each tried; the lines of the others are unread."""
    said = {number for number, line in enumerate(text.splitlines(), 1) if any(letter.isalnum() for letter in line)}
    for way in listings(text)[:MOST]:
        for one in way[:MOST]:
            yield Dump(one.data, "offsets", len(said - one.lines))


def _lines(text: str, everything: int) -> Iterator[Dump]:
    """Each line by itself, where they are of several lengths: a conversation, a packet a line."""
    lines = [digits for line in text.splitlines() if (digits := _NOISE.sub("", line))]
    if len({len(line) for line in lines[:-1]}) > 1 or (len(lines) > 1 and len(lines[-1]) > len(lines[0])):
        for line in lines[:MOST]:
            if len(line) >= 2 * FEWEST and len(line) % 2 == 0:
                yield Dump(bytes.fromhex(line), "hex", everything - len(line))


def _literal(text: str) -> Iterator[Dump]:
    yield from (Dump(data, "array", unread) for data, unread in literals.arrays(text))
    data = literals.escaped(text)
    if data is not None:
        yield Dump(data, "escaped")
    data = literals.pairs(text)
    if data is not None:
        yield Dump(data, "hex")
    lines = sum(1 for line in text.splitlines() if _OFFSET.match(line))
    for data, unread in literals.runs(text):
        if lines < 2 or unread == 0:
            yield Dump(data, "hex", unread)
    data = literals.of_base64(text)
    if data is not None:
        yield Dump(data, "base64")


def _is_hex_text(data: bytes) -> bool:
    return len(data) >= 8 and len(data) % 2 == 0 and set(data.decode("latin-1")) <= HEX
