"""Track 2 of a magnetic stripe: reading it, and the partial encryption some terminals put on it.

`parse_track2` takes what DE35 carries: no sentinels, `=` or `D` as separator (ISO/IEC 7813). The discretionary data of
our cards (`write_track2`) is laid out as most schemes do it: key index and PIN verification value, zeros where the
issuer keeps that value itself, then the card verification value, then whatever the issuer likes.
"""

from __future__ import annotations

import re
from typing import Final

from counterfoil.security.ciphers import DesKey, Transform
from counterfoil.security.cvv import CVV_DIGITS, cvv
from counterfoil.security.failures import FORMAT_CODE, SecurityError
from counterfoil.security.pan import luhn_ok, mask
from counterfoil.security.sensitive import Unserialisable

LONGEST: Final = 37
EXPIRY: Final = re.compile(r"[0-9]{2}(0[1-9]|1[0-2])")
"""YYMM."""
_TRACK2: Final = re.compile(
    r"(?P<pan>[0-9]{12,19})[=D](?P<expiry>[0-9]{2}(?:0[1-9]|1[0-2])|[=D])(?P<service>[0-9]{3}|[=D])?(?P<rest>[0-9]*)"
)
_PIN_PART: Final = "00000"  # key index 0: no PIN verification value on the stripe
CVV_PLACE: Final = slice(5, 8)
"""Where the card verification value stands in the discretionary data."""

_UNIT: Final = 16
_NIBBLES: Final = re.compile(r"[0-9A-F]{17,37}")
_PLAIN: Final = re.compile(r"[0-9][0-9D]{0,36}")


class Track2(Unserialisable):
    """Parts of track 2. `expiry` is YYMM and `service` three digits, each empty when the stripe leaves it out.

    Shown with the card number masked and nothing else; never pickled, copied or encoded.
    """

    __slots__ = ("discretionary", "expiry", "pan", "service")

    def __init__(self, pan: str, expiry: str, service: str, discretionary: str) -> None:
        self.pan = pan
        self.expiry = expiry
        self.service = service
        self.discretionary = discretionary

    @property
    def cvv(self) -> str:
        """Card verification value, "" when the stripe is too short to have one."""
        value = self.discretionary[CVV_PLACE]
        return value if len(value) == CVV_DIGITS else ""

    def __repr__(self) -> str:
        return f"Track2({mask(self.pan)})"


def write_track2(pan: str, expiry: str, service: str, cvk: DesKey, rest: str = "") -> str:
    """Track 2 of a test card, with `=` as separator. Every stripe of this project is made here.

    `expiry` is YYMM, `rest` the digits behind the verification value. SecurityError when that is not a track.
    """
    text = f"{pan}={expiry}{service}{_PIN_PART}{cvv(pan, expiry, service, cvk)}{rest}"
    _parts(text)
    return text


def parse_track2(text: str, *, luhn: bool = False) -> Track2:
    """Parts of a track; SecurityError(30) when it is not one, or with `luhn` when its check digit is wrong."""
    pan, expiry, service, rest = _parts(text)
    if luhn and not luhn_ok(pan):
        raise SecurityError("not a track 2", response_code=FORMAT_CODE)
    return Track2(pan, expiry if expiry.isdigit() else "", service if service and service.isdigit() else "", rest)


def number_and_expiry(text: str) -> tuple[str, str]:
    """Card number and expiry (YYMM, "" when left out) of a track; SecurityError(30) when it is not one."""
    pan, expiry, _, _ = _parts(text)
    return pan, expiry if expiry.isdigit() else ""


def _parts(text: str) -> tuple[str, ...]:
    match = _TRACK2.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        raise SecurityError("not a track 2", response_code=FORMAT_CODE)
    return match.groups()


def encrypt(track: str, key: DesKey) -> str:
    """Encrypt 16 digits of a track in place, `=` written as `D`; tracks under 17 digits grow to 17 with leading F.

    The unit leaves out the last digit of an odd track and the last two of an even one: the whole bytes before the
    last one of its BCD form.
    """
    text = track.replace("=", "D")
    if not _PLAIN.fullmatch(text):
        raise SecurityError("not a track", response_code=FORMAT_CODE)
    return _swap(text.rjust(_UNIT + 1, "F"), key.encrypt)


def decrypt(track: str, key: DesKey) -> str:
    """Track with its 16 encrypted digits decrypted, `D` as separator; SecurityError(30) when the result cannot be a
    track.
    """
    if not _NIBBLES.fullmatch(track):
        raise SecurityError("not an encrypted track", response_code=FORMAT_CODE)
    text = _swap(track, key.decrypt).lstrip("F")
    if not _PLAIN.fullmatch(text):
        raise SecurityError("not a track under this key", response_code=FORMAT_CODE)
    return text


def _swap(text: str, transform: Transform) -> str:
    end = len(text) - (1 if len(text) % 2 else 2)
    unit = bytes.fromhex(text[end - _UNIT : end])
    return text[: end - _UNIT] + transform(unit).hex().upper() + text[end:]
