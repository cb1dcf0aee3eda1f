"""Talking to an issuer (leg 2): every message in `iso87_ascii` under a CMAC, over everything before it."""

from __future__ import annotations

from typing import Final

import msgspec

from counterfoil.iso8583 import ISO87_ASCII, Message
from counterfoil.iso8583.excerpt import Source, excerpts, remains
from counterfoil.iso8583.mti import NETWORK, REVERSAL_ADVICE, answer_of
from counterfoil.security import MAC_BYTES, NO_MAC, MacAlgorithm
from counterfoil.security.sensitive import Unserialisable
from counterfoil.step import Frame, Instant, Send
from counterfoil.switch.desk import Desk
from counterfoil.switch.rows import IssuerRow

LANE: Final = ""
REVERSAL_ANSWER: Final = answer_of(REVERSAL_ADVICE)
NETWORK_ANSWER: Final = answer_of(NETWORK)
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


SEEN: Final = (2, 3, 4, 7, 11, 32, 37, 38, 39, 41, 42, 54)


class IssuerAnswer(Unserialisable):
    """What the answer to a request is taken by: elements as a `Message` has them, and what may be kept of it."""

    __slots__ = ("de2", "de3", "de4", "de7", "de11", "de32", "de37", "de38", "de39", "de41", "de42", "de54", "told")

    def __init__(self, told: str, values: tuple[str | None, ...]) -> None:
        self.told = told
        self.de2, self.de3, self.de4, self.de7, self.de11, self.de32, *others = values
        self.de37, self.de38, self.de39, self.de41, self.de42, self.de54 = others


NOTHING_READ: Final = IssuerAnswer("", (None,) * len(SEEN))
_excerpt = excerpts(ISO87_ASCII, SEEN)
_remains = remains(ISO87_ASCII, SEEN)


class IssuerMessage(msgspec.Struct, frozen=True):
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


def read(frame: Frame) -> IssuerMessage:
    """Read a frame from an issuer as far as it goes."""
    body = frame.data
    excerpt = _excerpt(body)
    if excerpt is not None:
        mti, told, source, values = excerpt
        return IssuerMessage(frame, mti, source, IssuerAnswer(told, values), True)
    excerpt = _remains(body)
    if excerpt is None:
        return IssuerMessage(frame, "", body, NOTHING_READ, False)
    mti, told, source, values = excerpt
    return IssuerMessage(frame, mti, source, IssuerAnswer(told, values), False)
