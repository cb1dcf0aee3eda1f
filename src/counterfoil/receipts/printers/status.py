"""Reading what an ESC/POS printer sends back: whose answer each byte is, and what its bits mean.

Sources: Epson TM-T88III, Sewoo WTP-150, Bixolon SRP-350 (DLE EOT), Better BT-532C (GS r), Citizen CT-S310 (how the
kinds of replies are told apart).
"""

from __future__ import annotations

import enum
from typing import Final

import msgspec

LONGEST_BLOCK: Final = 80  # no block reply of any manual read is longer; what is, is noise


class ReplyKind(enum.StrEnum):
    """Whose answer a reply is. The first byte decides."""

    REALTIME = "DLE EOT"  # 0xx1xx10
    AUTOMATIC = "ASB"  # 0xx1xx00 and three more 0xx0xxxx
    FLOW = "XON/XOFF"  # 11h, 13h
    BLOCK = "block"  # 37h … 00h: GS ( H, and the answer to a cleared buffer
    INFO = "GS I"  # 5Fh or 3Dh … 00h
    PLAIN = "GS r"  # one byte 0xx0xxxx
    STRAY = "stray"  # nothing a printer says


class PrinterReply(msgspec.Struct, frozen=True):
    """One reply, whole."""

    kind: ReplyKind
    data: bytes


class Demultiplexer:
    """Cuts the byte stream of a printer into replies; what is incomplete waits for its rest."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[PrinterReply]:
        """The replies that became complete, in order."""
        self._rest += data
        replies = []
        while (reply := self._next()) is not None:
            self._rest = self._rest[len(reply.data) :]
            replies.append(reply)
        return replies

    def _next(self) -> PrinterReply | None:
        rest = self._rest
        if not rest:
            return None
        first = rest[0]
        if first in (0x11, 0x13):
            return PrinterReply(ReplyKind.FLOW, rest[:1])
        if first in (0x37, 0x5F, 0x3D):
            return _block(rest, ReplyKind.BLOCK if first == 0x37 else ReplyKind.INFO)
        if first & 0x93 == 0x12:
            return PrinterReply(ReplyKind.REALTIME, rest[:1])
        if first & 0x93 == 0x10:
            return _automatic(rest)
        return PrinterReply(ReplyKind.PLAIN if first & 0x90 == 0 else ReplyKind.STRAY, rest[:1])


def _automatic(rest: bytes) -> PrinterReply | None:
    """Four bytes; when one of them cannot be part of it the first ones were torn off and mean nothing."""
    for index, byte in enumerate(rest[1:4], 1):
        if byte & 0x90:
            return PrinterReply(ReplyKind.STRAY, rest[:index])
    return PrinterReply(ReplyKind.AUTOMATIC, rest[:4]) if len(rest) >= 4 else None


def _block(rest: bytes, kind: ReplyKind) -> PrinterReply | None:
    end = rest.find(0, 1, LONGEST_BLOCK)
    if end > 0:
        return PrinterReply(kind, rest[: end + 1])
    return PrinterReply(ReplyKind.STRAY, rest[:1]) if len(rest) >= LONGEST_BLOCK else None


# --- what the bits mean ----------------------------------------------------------------------------------------------


class Sign(enum.Flag):
    """What a printer can say about itself."""

    NONE = 0
    OFFLINE = enum.auto()
    WAITING = enum.auto()  # for a person to bring it back online
    FEED_HELD = enum.auto()
    COVER_OPEN = enum.auto()
    PAPER_STOP = enum.auto()  # it stopped because the paper ended
    ERROR = enum.auto()  # ask for the error
    MECHANICAL = enum.auto()
    CUTTER = enum.auto()
    UNRECOVERABLE = enum.auto()
    HOT_HEAD = enum.auto()  # head temperature or voltage: it comes back by itself
    NEAR_END = enum.auto()
    PAPER_OUT = enum.auto()


class Trouble(enum.StrEnum):
    """Why nothing comes out, in the order in which causes are named: the first that is true is the one to tell."""

    COVER_OPEN = "cover_open"
    PAPER_OUT = "paper_out"
    UNRECOVERABLE = "unrecoverable"
    CUTTER = "cutter"
    JAM = "jam"
    HOT_HEAD = "hot_head"
    FEED_HELD = "feed_held"
    OFFLINE = "offline"
    MUTE = "mute"
    BUSY = "busy"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    LOST = "lost"  # the connection broke, or another printer's answers come out of it


REALTIME_BITS: Final[dict[int, dict[int, Sign]]] = {
    1: {0x08: Sign.OFFLINE, 0x20: Sign.WAITING, 0x40: Sign.FEED_HELD},
    2: {0x04: Sign.COVER_OPEN, 0x08: Sign.FEED_HELD, 0x20: Sign.PAPER_STOP, 0x40: Sign.ERROR},
    3: {0x04: Sign.MECHANICAL, 0x08: Sign.CUTTER, 0x20: Sign.UNRECOVERABLE, 0x40: Sign.HOT_HEAD},
    4: {0x04: Sign.NEAR_END, 0x08: Sign.NEAR_END, 0x20: Sign.PAPER_OUT, 0x40: Sign.PAPER_OUT},
}
AUTOMATIC_BITS: Final[tuple[dict[int, Sign], ...]] = (
    {0x08: Sign.OFFLINE, 0x20: Sign.COVER_OPEN, 0x40: Sign.FEED_HELD},
    {
        0x01: Sign.WAITING,
        0x02: Sign.FEED_HELD,
        0x04: Sign.MECHANICAL,
        0x08: Sign.CUTTER,
        0x20: Sign.UNRECOVERABLE,
        0x40: Sign.HOT_HEAD,
    },
    {0x01: Sign.NEAR_END, 0x02: Sign.NEAR_END, 0x04: Sign.PAPER_OUT, 0x08: Sign.PAPER_OUT},
)
QUESTIONS: Final = (1, 2, 3, 4)
HOT_HEAD_BIT: Final = 0x40


def _signs(byte: int, bits: dict[int, Sign]) -> Sign:
    found = Sign.NONE
    for mask, sign in bits.items():
        if byte & mask:
            found |= sign
    return found


def realtime(question: int, byte: int, *, inverted: bool = False) -> Sign:
    """The answer to DLE EOT `question`. `inverted`: the model's hot-head bit is 1 when all is well (SRP-500)."""
    if inverted and question == 3:
        byte ^= HOT_HEAD_BIT
    return _signs(byte, REALTIME_BITS[question])


def automatic(data: bytes) -> Sign:
    """The four bytes of an automatic status."""
    found = Sign.NONE
    for byte, bits in zip(data, AUTOMATIC_BITS, strict=False):
        found |= _signs(byte, bits)
    return found


_NAMED: Final[tuple[tuple[Sign, Trouble], ...]] = (
    (Sign.COVER_OPEN, Trouble.COVER_OPEN),
    (Sign.PAPER_STOP | Sign.PAPER_OUT, Trouble.PAPER_OUT),
    (Sign.UNRECOVERABLE, Trouble.UNRECOVERABLE),
    (Sign.CUTTER, Trouble.CUTTER),
    (Sign.MECHANICAL, Trouble.JAM),
    (Sign.HOT_HEAD, Trouble.HOT_HEAD),
    (Sign.FEED_HELD, Trouble.FEED_HELD),
    (Sign.OFFLINE | Sign.WAITING | Sign.ERROR, Trouble.OFFLINE),
)


def trouble(signs: Sign) -> Trouble | None:
    """The one cause to tell; None when it can print. Paper that nears its end can."""
    return next((named for sign, named in _NAMED if signs & sign), None)
