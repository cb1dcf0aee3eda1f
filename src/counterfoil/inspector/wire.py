"""How a packet is wrapped: which length stands first, whether a TPDU and a header follow, and which dialect speaks."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from counterfoil.errors import FramingError
from counterfoil.iso8583 import DIALECTS, Dialect
from counterfoil.iso8583.framing import HEADER_SIZE, TPDU_SIZE, frame

LENGTHS: Final = ("none", "binary", "binary+2", "little", "digits", "digits+4", "bcd")
"""None · 2 bytes big endian · the same, counting itself · 2 bytes little endian · four digits · counting themselves ·
four packed digits."""
SERIAL: Final = ("stx-bcd", "stx-binary")
"""A serial line's packet: STX, the length (packed digits or binary), what it counts, ETX, LRC."""
FORMS: Final = (*LENGTHS, *SERIAL)
STX: Final = 0x02
ETX: Final = 0x03


class Wrapping(msgspec.Struct, frozen=True, kw_only=True):
    """One way to read a packet. `skip` bytes before it are not part of it, nor are those behind `size` (0: to the end).

    `text` is the all-text habit of host links: bitmaps and binary fields as hex characters. `overrides` are the
    switches of the dialect (DE number → type, max, prefix, align, pad, charset).
    """

    dialect: str = "cup-pos"
    length: str = "binary"
    tpdu: bool = True
    header: bool = True
    text: bool = False
    skip: int = 0
    size: int = 0
    overrides: dict[str, dict[str, Any]] = {}

    def spoken(self) -> Dialect:
        """The dialect with its habits and switches; OurError when a switch means nothing."""
        dialect = DIALECTS[self.dialect]
        if self.text:
            dialect = dialect.variant(hex_bitmap=True, hex_binary=True)
        return dialect.override(self.overrides) if self.overrides else dialect


_NAMES: Final = {
    "none": "", "binary": "len", "binary+2": "len-incl", "little": "little", "digits": "digits",
    "digits+4": "digits-incl", "bcd": "bcd", "stx-bcd": "stx-bcd", "stx-binary": "stx-len",
}  # fmt: skip
_BEHIND: Final = {"tpdu+header": (True, True), "tpdu": (True, False), "body": (False, False)}
FRAMINGS: Final = {
    "+".join(filter(None, (lead, rest))): (length, *parts)
    for length, lead in _NAMES.items()
    for rest, parts in _BEHIND.items()
}
"""What stands before a message, by name: a length's form, whether a TPDU and a header follow."""


def named(framing: str) -> Wrapping:
    """A framing of FRAMINGS as a way to read a packet."""
    length, tpdu, header = FRAMINGS[framing]
    return Wrapping(length=length, tpdu=tpdu, header=header)


class PacketParts(NamedTuple):
    """A packet taken apart; the offsets say where each part begins, counted from the first byte of the dump."""

    length: bytes
    tpdu: bytes
    header: bytes
    body: bytes
    at: int
    tail: bytes = b""

    @property
    def body_at(self) -> int:
        """Where the message type stands."""
        return self.at + len(self.length) + len(self.tpdu) + len(self.header)

    @property
    def end(self) -> int:
        """The first byte behind the packet."""
        return self.body_at + len(self.body) + len(self.tail)


def width_of(length: str) -> int:
    """How many bytes a length of this form has, the STX before it included."""
    return {"none": 0, "digits": 4, "digits+4": 4, "stx-bcd": 3, "stx-binary": 3}.get(length, 2)


def tail_of(length: str) -> int:
    """How many bytes close a packet with a length of this form: ETX and LRC, or none."""
    return 2 if length in SERIAL else 0


def lrc(length: bytes, rest: bytes) -> int:
    """The check byte of a serial packet: all bytes behind STX up to ETX, exclusively or-ed."""
    check = ETX
    for byte in length[1:] + rest:
        check ^= byte
    return check


def said(length: str, raw: bytes) -> int | None:
    """How many bytes a length says follow it, without ETX and LRC; None when it is no number."""
    if length == "none" or len(raw) != width_of(length):
        return None
    if length.startswith("digits"):
        value = int(raw) if raw.isdigit() else None
        return value if value is None or length == "digits" else value - 4
    if length in SERIAL:
        if raw[0] != STX:
            return None
        raw = raw[1:]
    if length.endswith("bcd"):
        digits = raw.hex()
        return int(digits) if digits.isdecimal() else None
    value = int.from_bytes(raw, "little" if length == "little" else "big")
    return value - 2 if length == "binary+2" else value


def written(length: str, size: int) -> bytes:
    """The length before `size` bytes; EncodeError when it cannot be written."""
    if length == "none":
        return b""
    lead = bytes((STX,)) if length in SERIAL else b""
    if length.endswith("bcd"):
        return lead + bytes.fromhex(frame(b"\0" * size, digits=True)[:4].decode())
    if length == "little":
        return frame(b"\0" * size)[:2][::-1]
    digits = length.startswith("digits")
    return lead + frame(b"\0" * size, digits=digits, inclusive="+" in length)[: width_of(length) - len(lead)]


def wrapped(length: str, rest: bytes) -> bytes:
    """A packet: `rest` behind its length, and closed where this form closes it; EncodeError as `written`."""
    head = written(length, len(rest))
    return head + rest + (bytes((ETX, lrc(head, rest))) if tail_of(length) else b"")


def take_apart(data: bytes, wire: Wrapping) -> PacketParts:
    """The packet's parts as `wire` says they are; FramingError when the packet is not like that."""
    data = data[: wire.skip + wire.size] if wire.size else data
    at = wire.skip
    width, end = width_of(wire.length), len(data) - tail_of(wire.length)
    length, tail, at_rest = data[at : at + width], data[end:], at + width
    if wire.length != "none" and said(wire.length, length) != end - at_rest:
        raise FramingError("the length does not count what follows")
    if tail and tail[0] != ETX:
        raise FramingError("no ETX closes the packet")
    data = data[:end]
    tpdu = data[at_rest : at_rest + TPDU_SIZE] if wire.tpdu else b""
    if wire.tpdu and (len(tpdu) != TPDU_SIZE or tpdu[:1] != b"\x60"):
        raise FramingError("the packet does not begin with a TPDU")
    at_rest += len(tpdu)
    header = data[at_rest : at_rest + HEADER_SIZE] if wire.header else b""
    body = data[at_rest + len(header) :]
    if not body:
        raise FramingError("the packet ends before its message")
    return PacketParts(length, tpdu, header, body, at, tail)


def put_together(parts: PacketParts, wire: Wrapping, body: bytes) -> bytes:
    """The packet with another body, its length written anew; EncodeError when that cannot be."""
    return wrapped(wire.length, parts.tpdu + parts.header + body)


def reframed(data: bytes, wire: Wrapping) -> bytes:
    """The message alone behind a 2-byte big-endian length, as Wireshark can take it. FramingError, as above."""
    return frame(take_apart(data, wire).body)
