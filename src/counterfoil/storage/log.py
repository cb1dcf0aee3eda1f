"""Telling a damaged write-ahead log from one that merely ends in the middle of a commit.

SQLite reads the log up to the first frame whose checksum is wrong and forgets the rest: right after a power cut, when
that is the commit that never returned; silent loss of commits when a byte in the middle was damaged later. The
difference shows in what follows. Every commit is flushed before the next begins, so nothing ever follows a torn one: a
frame that goes on from the checksum of a commit, behind a frame that is not sound, proves the damage.

What nothing can prove: damage to the last commit of the log, which looks like one that was torn.

Format: https://www.sqlite.org/fileformat2.html#walformat (header of 32 bytes, then frames of 24 bytes and a page; each
frame's checksum goes on from the one before it).
"""

from __future__ import annotations

import sys
from typing import Final

HEADER: Final = 32
FRAME: Final = 24
MAGIC: Final = 0x377F0682  # the lowest bit says in which byte order checksums are counted
SMALLEST_PAGE, LARGEST_PAGE = 512, 65536

Sum = tuple[int, int]


def is_damaged(data: bytes) -> bool:
    """Whether the log has commits that SQLite would ignore."""
    if len(data) < HEADER + FRAME + SMALLEST_PAGE:
        return False
    magic = int.from_bytes(data[:4], "big")
    order = "big" if magic & 1 else "little"
    if magic & ~1 != MAGIC or checksum(data[:24], order, (0, 0)) != _stored(data, 24):
        return _header_is_damaged(data)
    size = int.from_bytes(data[8:12], "big")
    return SMALLEST_PAGE <= size <= LARGEST_PAGE and _frames_are_damaged(data, size, order)


def checksum(data: bytes, order: str, start: Sum) -> Sum:
    """Checksum as SQLite's: two sums over pairs of 32-bit words, from `start` on. `data` is whole 8-byte blocks."""
    one, two = start
    words = memoryview(data).cast("I")
    if order != sys.byteorder:
        words = memoryview(b"".join(data[at : at + 4][::-1] for at in range(0, len(data), 4))).cast("I")
    pairs = iter(words)
    for first in pairs:
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + next(pairs) + one) & 0xFFFFFFFF
    return one, two


def _frames_are_damaged(data: bytes, size: int, order: str) -> bool:
    """Whether an unsound frame is followed by a sound one right behind a commit, which had been flushed by then."""
    before = [_stored(data, 24)]
    broken = committed = False
    for at in range(HEADER, len(data) - FRAME - size + 1, FRAME + size):
        head, page = data[at : at + 8], data[at + FRAME : at + FRAME + size]
        written = _stored(data, at + 16)
        ours = data[at + 8 : at + 16] == data[16:24]  # behind the end lies what is left of older rounds of the log
        counted = [checksum(page, order, checksum(head, order, start)) for start in before] if ours else []
        sound = written in counted
        if sound and broken and committed:
            return True
        broken = broken or not sound
        committed = head[4:] != bytes(4)
        before = [written] if sound else [written, *counted[:1]]  # it may be the checksum that was damaged
    return False


def _header_is_damaged(data: bytes) -> bool:
    """Whether the first frame belongs to this header: the header was flushed before it, so it was intact once."""
    if data[HEADER + 8 : HEADER + 16] == data[16:24] != bytes(8):
        return True
    written = _stored(data, HEADER + 16)
    page = HEADER + FRAME
    return any(
        checksum(data[page : page + size], order, checksum(data[HEADER : HEADER + 8], order, _stored(data, 24)))
        == written
        for order in ("little", "big")
        for size in (1 << power for power in range(9, 17))
        if page + size <= len(data)
    )


def _stored(data: bytes, at: int) -> Sum:
    """Checksum as it is written, always big-endian."""
    return int.from_bytes(data[at : at + 4], "big"), int.from_bytes(data[at + 4 : at + 8], "big")
