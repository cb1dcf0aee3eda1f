"""The card a request is about: DE2, or DE35 when it was swiped."""

from __future__ import annotations

from typing import Final, NamedTuple

from counterfoil.iso8583 import Message
from counterfoil.iso8583.responses import FORMAT_ERROR, INVALID_CARD
from counterfoil.security import Hsm, SecurityError, luhn_ok, number_and_expiry
from counterfoil.security.sensitive import Unserialisable
from counterfoil.switch.rows import TerminalRow

TRACK_IS_ENCRYPTED: Final = "1"  # third digit of DE53


class PresentedCard(Unserialisable):
    """A card number, with the expiry (YYMM) and track 2 that came with it ("" when they did not)."""

    __slots__ = ("expiry", "pan", "track")

    def __init__(self, pan: str, expiry: str, track: str) -> None:
        self.pan = pan
        self.expiry = expiry
        self.track = track


class Missing(NamedTuple):
    """No card could be told; `code` is the DE39 for it."""

    code: str


NO_CARD_DATA: Final = Missing(FORMAT_ERROR)
INVALID_NUMBER: Final = Missing(INVALID_CARD)


def card_of(message: Message, terminal: TerminalRow, hsm: Hsm) -> PresentedCard | Missing:
    """The card in a request of `terminal`, its track decrypted when DE53 says that it is encrypted."""
    track = message.de35 or ""
    pan, expiry = message.de2 or "", message.de14 or ""
    if track:
        try:
            if (message.de53 or "")[2:3] == TRACK_IS_ENCRYPTED:
                if terminal.tdk is None:
                    return NO_CARD_DATA
                track = hsm.decrypt_track(terminal.tdk, track.replace("=", "D"))
            number, printed = number_and_expiry(track)
        except SecurityError as error:
            return Missing(error.response_code)
        if pan and pan != number:
            return INVALID_NUMBER
        pan, expiry = number, expiry or printed
    if not pan:
        return NO_CARD_DATA
    return PresentedCard(pan, expiry, track) if luhn_ok(pan) else INVALID_NUMBER
