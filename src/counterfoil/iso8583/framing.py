"""Packets on a stream, and what stands before the message inside a packet.

Stream: a 2-byte big-endian length (or four ASCII digits on some host links), then that many bytes, none for a
keep-alive. UnionPay terminal
links put a TPDU of 5 bytes and usually a header of 6 before the message; the switch-to-issuer link puts nothing.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from counterfoil import accelerator
from counterfoil.errors import EncodeError, FramingError, OurError

TPDU_SIZE: Final = 5
HEADER_SIZE: Final = 6
FRAMINGS: Final = ("len+tpdu+header", "tpdu+header", "len+tpdu", "body")


class CupPacket(NamedTuple):
    """Packet of a UnionPay terminal link, without its length. `header` is empty in dialects that have none."""

    tpdu: bytes
    header: bytes
    body: bytes


class FrameBuffer:
    """Splitter of one connection's byte stream into packets.

    `limit` is the longest packet accepted. `digits` is for links that write the length as four ASCII digits;
    `inclusive` for those that count the length itself too. The accelerator, where it is in use, cuts out complete
    packets and leaves an invalid length to the code here.

    A frame of no bytes is a keep-alive, usual on lines that hold a connection open: it is left out, and counts as
    nothing received. An invalid length (not a number, above the limit, shorter than itself) ends the stream: `broken`
    is "" until then and gives the reason from then on.
    """

    def __init__(
        self, limit: int = 8192, *, digits: bool = False, inclusive: bool = False, accelerated: bool = True
    ) -> None:
        self.broken = ""
        self._limit = limit
        self._digits = digits
        self._own = (4 if digits else 2) if inclusive else 0
        self._split = accelerator.messages.split if accelerated and accelerator.messages is not None else None
        self._waiting = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Packets that are complete now, without their lengths.

        Packets before an invalid length are among them: check `broken` after taking them. A broken stream yields no
        packet any more.
        """
        if self.broken:
            return []
        waiting = self._waiting
        waiting += data
        packets, at = self._split(waiting, self._digits, self._own, self._limit) if self._split else ([], 0)
        width = 4 if self._digits else 2
        come = bytes(waiting) if len(waiting) - at >= width else b""
        while len(come) - at >= width:
            begin = at + width
            size = self._size(come[at:begin])
            if self.broken:
                at = len(come)
            elif len(come) - begin < size:
                break
            else:
                at = begin + size
                if size:
                    packets.append(come[begin:at])
        del waiting[:at]
        return packets

    def _size(self, prefix: bytes) -> int:
        """Number of bytes that follow a length; an invalid one sets `broken`."""
        if self._digits:
            if not prefix.isdigit():
                self.broken = "the length is not four digits"
                return 0
            size = int(prefix) - self._own
        else:
            size = int.from_bytes(prefix, "big") - self._own
        if size < 0:
            self.broken = "a length that does not count itself"
        elif size > self._limit:
            self.broken = f"a packet of {size} bytes, above the limit of {self._limit}"
        return size

    @property
    def pending(self) -> int:
        """Number of bytes of an incomplete packet."""
        return len(self._waiting)


def frame(payload: bytes, *, digits: bool = False, inclusive: bool = False) -> bytes:
    """Packet with its length prefix; EncodeError when the length cannot be written."""
    width = 4 if digits else 2
    size = len(payload) + (width if inclusive else 0)
    if not payload or size > (9999 if digits else 0xFFFF):
        raise EncodeError("frame", "a packet of this length cannot be framed")
    return (str(size).rjust(4, "0").encode("ascii") if digits else size.to_bytes(2, "big")) + payload


def split_cup(packet: bytes, header_length: int | None = HEADER_SIZE) -> CupPacket:
    """TPDU, header and body of a UnionPay packet (without its length).

    `header_length` is the link's; None finds out: a message type (0xxx) right behind the TPDU means no header.
    FramingError when the packet is too short or does not begin with a TPDU.
    """
    if packet[:1] != b"\x60":
        raise FramingError("the packet does not begin with a TPDU")
    if header_length is None:
        header_length = HEADER_SIZE if begins_header(packet[TPDU_SIZE:]) else 0
    at = TPDU_SIZE + header_length
    if len(packet) <= at:
        raise FramingError("the packet ends before its message")
    return CupPacket(packet[:TPDU_SIZE], packet[TPDU_SIZE:at], packet[at:])


def begins_header(data: bytes) -> bool:
    """Whether these bytes begin a header, and not a message type (0xxx)."""
    return data[:1] >= b"\x10"


def join_cup(tpdu: bytes, header: bytes, body: bytes) -> bytes:
    """UnionPay packet (without its length) from its parts."""
    if len(tpdu) != TPDU_SIZE:
        raise EncodeError("TPDU", f"length is not {TPDU_SIZE}")
    return tpdu + header + body


def swap_tpdu(tpdu: bytes) -> bytes:
    """TPDU of an answer: origin and destination exchanged."""
    return tpdu[:1] + tpdu[3:5] + tpdu[1:3]


def processing_request(header: bytes) -> int:
    """Digit 6 of a header: what the host asks the terminal to do after this transaction (0 nothing, 3 sign on …)."""
    return header[2] & 0x0F if len(header) == HEADER_SIZE else 0


def unwrap(packet: bytes, framing: str) -> tuple[bytes | None, bytes | None, bytes]:
    """TPDU, header (None where the framing has none) and body of one whole packet, framing named as in FRAMINGS.

    FramingError when the packet is not what the name says, OurError for another name.
    """
    if framing not in FRAMINGS:
        raise OurError(f"framing is one of {', '.join(FRAMINGS)}")
    if framing.startswith("len+"):
        if len(packet) < 2 or int.from_bytes(packet[:2], "big") != len(packet) - 2:
            raise FramingError("the length does not count what follows")
        packet = packet[2:]
    if framing == "body":
        return None, None, packet
    tpdu, header, body = split_cup(packet, HEADER_SIZE if framing.endswith("header") else 0)
    return tpdu, header or None, body


def wrap(tpdu: bytes | None, header: bytes | None, body: bytes, framing: str) -> bytes:
    """One whole packet from TPDU, header and body; `unwrap` is the reverse."""
    if framing not in FRAMINGS:
        raise OurError(f"framing is one of {', '.join(FRAMINGS)}")
    packet = (tpdu or b"") + (header or b"") + body
    return frame(packet) if framing.startswith("len+") else packet
