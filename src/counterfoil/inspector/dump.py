"""What somebody pasted, as bytes: hex, a dump with offsets, hex written twice, or the characters of a message."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

HEX: Final = frozenset("0123456789abcdefABCDEF")
_LINE: Final = re.compile(r"\s*(?:0x)?(?P<offset>[0-9A-Fa-f]{4,8}):?\s+(?P<rest>.*)")
_GROUP: Final = re.compile(r"(?:[0-9A-Fa-f]{2}){1,16}")
_HALF: Final = 8
_NOISE: Final = re.compile(r"0x|\\x|[\s:,;\-]")
LONGEST: Final = 16 * 1024


class Dump(NamedTuple):
    """Bytes, and how they were written: "hex", "offsets", "twice", "characters" or "bytes"."""

    data: bytes
    how: str


def dumps(given: str | bytes) -> list[Dump]:
    """Every way to understand what was pasted, the likeliest first; [] when there is none, or it is too long."""
    if isinstance(given, bytes):
        text = given.decode("ascii", "replace")
        if not text.isascii() or any(ord(letter) < 0x20 and not letter.isspace() for letter in text):
            return [Dump(given, "bytes")] if len(given) <= LONGEST else []
    else:
        text = given
    if len(text) > 8 * LONGEST:
        return []
    found = [Dump(data, "offsets") for data in (_with_offsets(text),) if data]
    plain = _NOISE.sub("", text)
    if plain and set(plain) <= HEX and len(plain) % 2 == 0:
        found.append(Dump(bytes.fromhex(plain), "hex"))
    found += [Dump(bytes.fromhex(one.data.decode()), "twice") for one in found if _is_hex_text(one.data)]
    characters = text.strip("\r\n")
    if len(characters) >= 12 and characters[:4].isdecimal() and characters.isascii():
        found.append(Dump(characters.encode("ascii"), "characters"))
    return [one for one in found if 0 < len(one.data) <= LONGEST]


def _is_hex_text(data: bytes) -> bool:
    return len(data) >= 8 and len(data) % 2 == 0 and set(data.decode("latin-1")) <= HEX


def _with_offsets(text: str) -> bytes:
    """The bytes of a dump whose lines begin with the offset of their first byte; b"" when it is none.

    A line's bytes are as many as the next offset says. The last line has no next one: it ends before what a dump
    repeats as characters, behind a bar or a gap.
    """
    found = [_LINE.fullmatch(line) for line in text.splitlines() if line.strip()]
    lines = [(int(one["offset"], 16), one["rest"]) for one in found if one is not None]
    if not lines or len(lines) != len(found) or lines[0][0]:
        return b""
    data = b""
    for (at, rest), (behind, _) in zip(lines, [*lines[1:], (0, "")], strict=True):
        bytes_here = _leading(rest if behind else _before_characters(rest))
        data += bytes_here[: behind - at] if behind else bytes_here
        if behind and len(data) != behind:
            return b""
    return data


def _leading(text: str) -> bytes:
    """The bytes of the groups of hex digits a line begins with."""
    groups: list[str] = []
    for group in text.replace("-", " ").split():
        if _GROUP.fullmatch(group) is None:
            break
        groups.append(group)
    return bytes.fromhex("".join(groups))


def _before_characters(rest: str) -> str:
    chunks = re.split(r"\s{2,}", rest.partition("|")[0].strip())
    second_half = len(chunks) > 1 and len(_leading(chunks[0])) == _HALF and "|" in rest
    return " ".join(chunks[:2]) if second_half else chunks[0]
