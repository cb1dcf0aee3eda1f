"""Talking to an issuer (leg 2): every message in `iso87_ascii` under a CMAC, over everything before it."""

from __future__ import annotations

from typing import Final

import msgspec

from counterfoil.errors import DecodeError
from counterfoil.iso8583 import ISO87_ASCII, Message
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


class Heard(msgspec.Struct, frozen=True):
    """A frame from an issuer and what could be read of it: `message` is None when not even its type could."""

    frame: Frame
    message: Message | None
    whole: bool


def read(frame: Frame) -> Heard:
    """Read a frame from an issuer as far as it goes."""
    try:
        return Heard(frame, ISO87_ASCII.decode(frame.data), True)
    except DecodeError as error:
        return Heard(frame, error.partial if isinstance(error.partial, Message) else None, False)
