"""Which characters a font file has, by its own table (OpenType `cmap`, formats 4 and 12).

Asked of the file and not of a picture: the picture of a character a font lacks is the font's box, and some characters
are boxes.
"""

from __future__ import annotations

import struct
from bisect import bisect
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

OUTLINES: Final = frozenset((b"glyf", b"CFF ", b"CFF2"))
"""A font without any of these has pictures of one size, most of them in colours."""
MOST_TABLES, LARGEST_CMAP = 512, 4 << 20


class Coverage(NamedTuple):
    """Characters as ranges: the first of each, and the last."""

    firsts: tuple[int, ...] = ()
    lasts: tuple[int, ...] = ()

    def names(self, character: str) -> bool:
        """Whether it has one."""
        place = bisect(self.firsts, ord(character)) - 1
        return place >= 0 and ord(character) <= self.lasts[place]


@lru_cache(maxsize=4096)
def coverage(path: Path, index: int = 0) -> Coverage:
    """What a face of a font file has; nothing when there is no such face or it cannot be read."""
    try:
        with path.open("rb") as file:
            table = _cmap(file, index)
            return _joined(_ranges(table)) if table else Coverage()
    except (OSError, struct.error, IndexError):
        return Coverage()


def _cmap(file: BinaryIO, index: int) -> bytes:
    """The table itself; empty when the face is not there or has no outlines."""
    start = 0
    head = file.read(12)
    if head[:4] == b"ttcf":
        (count,) = struct.unpack(">I", head[8:12])
        if index >= count:
            return b""
        file.seek(12 + 4 * index)
        (start,) = struct.unpack(">I", file.read(4))
        file.seek(start)
        head = file.read(12)
    elif index:
        return b""
    (count,) = struct.unpack(">H", head[4:6])
    tables = {}
    for _ in range(min(count, MOST_TABLES)):
        tag, _, offset, length = struct.unpack(">4sIII", file.read(16))
        tables[tag] = (offset, length)
    if b"cmap" not in tables or not OUTLINES & tables.keys():
        return b""
    offset, length = tables[b"cmap"]
    file.seek(offset)
    return file.read(min(length, LARGEST_CMAP))


def _ranges(table: bytes) -> list[tuple[int, int]]:
    (count,) = struct.unpack_from(">H", table, 2)
    found: dict[int, int] = {}
    for number in range(count):
        platform, encoding, offset = struct.unpack_from(">HHI", table, 4 + 8 * number)
        if platform == 0 or (platform == 3 and encoding in (1, 10)):
            (kind,) = struct.unpack_from(">H", table, offset)
            found.setdefault(kind, offset)
    if 12 in found:
        return _format_12(table, found[12])
    return _format_4(table, found[4]) if 4 in found else []


def _format_12(table: bytes, at: int) -> list[tuple[int, int]]:
    (count,) = struct.unpack_from(">I", table, at + 12)
    groups = struct.iter_unpack(">III", table[at + 16 : at + 16 + 12 * count])
    return [(first + (glyph == 0), last) for first, last, glyph in groups]


def _format_4(table: bytes, at: int) -> list[tuple[int, int]]:
    (twice,) = struct.unpack_from(">H", table, at + 6)
    count = twice // 2
    lasts = struct.unpack_from(f">{count}H", table, at + 14)
    firsts = struct.unpack_from(f">{count}H", table, at + 16 + twice)
    deltas = struct.unpack_from(f">{count}H", table, at + 16 + 2 * twice)
    places = at + 16 + 3 * twice
    offsets = struct.unpack_from(f">{count}H", table, places)
    found = []
    for number, (first, last, delta, offset) in enumerate(zip(firsts, lasts, deltas, offsets, strict=True)):
        for code in range(first, last + 1):
            glyph = code
            if offset:
                (glyph,) = struct.unpack_from(">H", table, places + 2 * number + offset + 2 * (code - first))
            if (glyph + delta if glyph or not offset else 0) & 0xFFFF and code != 0xFFFF:
                found.append((code, code))
    return found


def _joined(ranges: list[tuple[int, int]]) -> Coverage:
    firsts: list[int] = []
    lasts: list[int] = []
    for first, last in sorted(ranges):
        if firsts and first <= lasts[-1] + 1:
            lasts[-1] = max(lasts[-1], last)
        elif first <= last:
            firsts.append(first)
            lasts.append(last)
    return Coverage(tuple(firsts), tuple(lasts))
