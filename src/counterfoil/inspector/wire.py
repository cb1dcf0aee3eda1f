"""How a packet is wrapped: which length stands first, whether a TPDU and a header follow, and which dialect speaks."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from counterfoil.errors import FramingError
from counterfoil.iso8583 import DIALECTS, Dialect
from counterfoil.iso8583.framing import HEADER_SIZE, TPDU_SIZE, frame

LENGTHS: Final = ("none", "binary", "binary+2", "little", "digits", "digits+4")
"""None · 2 bytes big endian · the same, counting itself · 2 bytes little endian · four digits · counting themselves."""


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """One way to read a packet. `skip` bytes before it are not part of it, nor are those behind `size` (0: to the end).

    `text` is the all-text habit of host links: bitmaps and binary fields as hex characters. `overrides` are the
    switches of the dialect (DE number → type, max, prefix, align, pad).
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


class Parts(NamedTuple):
    """A packet taken apart; the offsets say where each part begins, counted from the first byte of the dump."""

    length: bytes
    tpdu: bytes
    header: bytes
    body: bytes
    at: int

    @property
    def body_at(self) -> int:
        """Where the message type stands."""
        return self.at + len(self.length) + len(self.tpdu) + len(self.header)

    @property
    def end(self) -> int:
        """The first byte behind the packet."""
        return self.body_at + len(self.body)


def width_of(length: str) -> int:
    """How many bytes a length of this form has."""
    return {"none": 0, "digits": 4, "digits+4": 4}.get(length, 2)


def said(length: str, raw: bytes) -> int | None:
    """How many bytes a length says follow it; None when it is no number."""
    if length.startswith("digits"):
        value = int(raw) if len(raw) == 4 and raw.isdigit() else None
        return value if value is None or length == "digits" else value - 4
    if len(raw) != 2:
        return None
    value = int.from_bytes(raw, "little" if length == "little" else "big")
    return value - 2 if length == "binary+2" else value


def written(length: str, size: int) -> bytes:
    """The length before `size` bytes; EncodeError when it cannot be written."""
    if length == "none":
        return b""
    if length == "little":
        return frame(b"\0" * size)[:2][::-1]
    digits = length.startswith("digits")
    return frame(b"\0" * size, digits=digits, inclusive="+" in length)[: width_of(length)]


def take_apart(data: bytes, wire: Wire) -> Parts:
    """The packet's parts as `wire` says they are; FramingError when the packet is not like that."""
    data = data[: wire.skip + wire.size] if wire.size else data
    at = wire.skip
    width = width_of(wire.length)
    length, at_rest = data[at : at + width], at + width
    if wire.length != "none" and said(wire.length, length) != len(data) - at_rest:
        raise FramingError("the length does not count what follows")
    tpdu = data[at_rest : at_rest + TPDU_SIZE] if wire.tpdu else b""
    if wire.tpdu and (len(tpdu) != TPDU_SIZE or tpdu[:1] != b"\x60"):
        raise FramingError("the packet does not begin with a TPDU")
    at_rest += len(tpdu)
    header = data[at_rest : at_rest + HEADER_SIZE] if wire.header else b""
    body = data[at_rest + len(header) :]
    if not body:
        raise FramingError("the packet ends before its message")
    return Parts(length, tpdu, header, body, at)


def put_together(parts: Parts, wire: Wire, body: bytes) -> bytes:
    """The packet with another body, its length written anew; EncodeError when that cannot be."""
    rest = parts.tpdu + parts.header + body
    return written(wire.length, len(rest)) + rest


def reframed(data: bytes, wire: Wire) -> bytes:
    """The message alone behind a 2-byte big-endian length, as Wireshark can take it. FramingError, as above."""
    return frame(take_apart(data, wire).body)
