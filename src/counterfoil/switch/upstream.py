"""Talking to an issuer (leg 2): every message in `iso87_ascii` under a CMAC, over everything before it."""

from __future__ import annotations

from typing import Final

import msgspec

from counterfoil.iso8583 import ISO87_ASCII, Message
from counterfoil.iso8583.excerpt import Source, excerpts, remains
from counterfoil.security import MacAlgorithm
from counterfoil.step import Frame, Instant, Send
from counterfoil.switch.desk import Desk
from counterfoil.switch.rows import IssuerRow

LANE: Final = ""
MAC_BYTES: Final = 8
NO_MAC: Final = bytes(MAC_BYTES)
CMAC: Final = MacAlgorithm.AES_CMAC  # looking a member up on its enum each time takes longer


def packed(desk: Desk, issuer: IssuerRow, message: Message) -> bytes:
    """The message as it goes on the link; its DE64 or DE128 is filled in."""
    if message.de70 is None and message.de90 is None:
        message.de64 = NO_MAC
    else:
        message.de128 = NO_MAC
    body = ISO87_ASCII.encode(message)[:-MAC_BYTES]
    return body + desk.hsm.keyed_mac(issuer.mac, CMAC, True).of(body)


def sending(desk: Desk, issuer: IssuerRow, message: Message, *, token: int = 0, before: Instant = 0) -> Send:
    """The message as a `Send` on the issuer's link."""
    return Send(issuer.name, LANE, packed(desk, issuer, message), token, before)


def authentic(desk: Desk, issuer: IssuerRow, frame: Frame) -> bool:
    """Whether the issuer vouches for a frame; asked before anything in it is believed."""
    return desk.hsm.keyed_mac(issuer.mac, CMAC, True).closes(frame.data)


class IssuerAnswer(msgspec.Struct, frozen=True, gc=False):
    """What the answer to a purchase is taken by: elements as a `Message` has them, and what may be kept of it."""

    told: str = ""
    de2: str | None = None
    de3: str | None = None
    de4: str | None = None
    de7: str | None = None
    de11: str | None = None
    de32: str | None = None
    de37: str | None = None
    de38: str | None = None
    de39: str | None = None
    de41: str | None = None
    de42: str | None = None


SEEN: Final = tuple(int(name[2:]) for name in IssuerAnswer.__struct_fields__[1:])
NOTHING_READ: Final = IssuerAnswer()
_excerpt = excerpts(ISO87_ASCII, SEEN)
_remains = remains(ISO87_ASCII, SEEN)


class Heard(msgspec.Struct, frozen=True):
    """A frame from an issuer and what could be read of it: `mti` is "" when not even its type could."""

    frame: Frame
    mti: str
    source: Source
    answer: IssuerAnswer
    whole: bool

    @property
    def message(self) -> Message:
        """All that could be read of one whose type could be."""
        return self.source if isinstance(self.source, Message) else ISO87_ASCII.decode(self.source)


def read(frame: Frame) -> Heard:
    """Read a frame from an issuer as far as it goes."""
    body = frame.data
    excerpt = _excerpt(body)
    if excerpt is not None:
        mti, told, source, values = excerpt
        return Heard(frame, mti, source, IssuerAnswer(told, *values), True)
    excerpt = _remains(body)
    if excerpt is None:
        return Heard(frame, "", body, NOTHING_READ, False)
    mti, told, source, values = excerpt
    return Heard(frame, mti, source, IssuerAnswer(told, *values), False)
