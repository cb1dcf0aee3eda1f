"""What stands before and behind a packet: a capture's own headers, a host's, other packets. What is none of these
speaks against the reading: a message found in the midst of bytes that nothing explains is no message for certain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from counterfoil.inspector.wire import FORMS, PacketParts, said, tail_of, width_of

_HOST: Final = re.compile(rb"ISO[0-9]{9}|[0-9]{4}0{6}")
"""A host's own header before a message in characters: BASE24's, or a number of ten digits."""
_IP4, _IP6 = b"\x08\x00", b"\x86\xdd"
_ETHERNET, _COOKED, _COOKED2, _LOOPBACK = 14, 16, 20, 4
_TCP, _UDP = 6, 17
_UDP_SIZE: Final = 8
_FURTHEST: Final = 4096
"""A length that promises more bytes than this beyond what is there is no length."""

_NEAR: Final = 64
"""A length that is wrong by at most so many bytes is taken in the order of the forms, the usual one first."""


def explained(data: bytes, parts: PacketParts) -> bool:
    """Whether nothing stands around a packet that speaks against it."""
    counted = bool(parts.length)
    return known_before(data, parts.at) and (counted or parts.end == len(data))


def known_before(data: bytes, at: int) -> bool:
    """Whether what stands before the byte `at` can stand before a packet."""
    before = data[:at]
    return not before or _HOST.fullmatch(before) is not None or at in _network(data) or _packets(before)


def _network(data: bytes) -> frozenset[int]:
    """Where the content of a captured frame may begin: behind its IP header, and behind TCP's or UDP's."""
    found = set()
    for link, kind in ((_ETHERNET, 12), (_COOKED, 14), (_COOKED2, 0)):
        tag = 4 if link == _ETHERNET and data[kind : kind + 2] == b"\x81\x00" else 0
        if data[kind + tag : kind + tag + 2] in (_IP4, _IP6):
            found |= _internet(data, link + tag)
    loopback = data[:_LOOPBACK]
    if loopback in (b"\x02\0\0\0", b"\0\0\0\x02", b"\x1e\0\0\0", b"\0\0\0\x1e", b"\x18\0\0\0"):
        found |= _internet(data, _LOOPBACK)
    return frozenset(found | _internet(data, 0))


def _internet(data: bytes, at: int) -> set[int]:
    head = data[at : at + 1].hex()
    if head[:1] == "4" and "5" <= head[1:] <= "f":
        end, carried = at + 4 * int(head[1:], 16), data[at + 9 : at + 10]
    elif head[:1] == "6" and len(data) >= at + 40 and data[at + 6] in (_TCP, _UDP):
        end, carried = at + 40, data[at + 6 : at + 7]
    else:
        return set()
    if carried not in (b"\x06", b"\x11") or len(data) <= end:
        return set()
    if carried == b"\x11":
        return {end, end + _UDP_SIZE}
    return {end, end + 4 * (data[end + 12] >> 4)} if len(data) > end + 12 else {end}


def _packets(before: bytes) -> bool:
    """Whether these bytes are whole packets, each behind its length, as on a stream."""
    for form in ("binary", "binary+2", "digits", "digits+4"):
        at, count = 0, 0
        while at < len(before):
            size = said(form, before[at : at + width_of(form)])
            if size is None or size <= 0:
                break
            at += width_of(form) + size
            count += 1
        if count and at == len(before):
            return True
    return False


def lengths(data: bytes, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """The lengths that may stand before `start`: form, how many bytes each says follow, how many there are.

    Not only those that are right: the packet may have been cut short, or have lost or won a byte.
    """
    for form in FORMS:
        at = start - width_of(form)
        size = said(form, data[max(at, 0) : start]) if at >= 0 else None
        if size is not None and 0 < size <= end - start + _FURTHEST:
            yield form, size, end - start


def claimed(data: bytes, at: int) -> tuple[int, int] | None:
    """A length before the byte `at` that does not count what follows: what it says and what there is; None without."""
    found = [
        (size, there)
        for form, size, there in lengths(data, at, len(data))
        if known_before(data, at - width_of(form)) and size + tail_of(form) != there
    ]
    near = [one for one in found if abs(one[0] - one[1]) <= _NEAR]
    return near[0] if near else min(found, key=lambda one: abs(one[0] - one[1]), default=None)
