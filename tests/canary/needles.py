"""Cards that exist nowhere else, and every form in which a piece of one might lie about."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from counterfoil.security import luhn_digit, write_track2
from counterfoil.security.ciphers import DesKey
from counterfoil.security.pin import build
from counterfoil.stack.demo import Demo

EXPIRY: Final = "3112"
SERVICE: Final = "220"
SECRET: Final = hashlib.sha256(b"canaries").digest()
"""The secret of the data directory they live in, so that the values on their stripes are those of its issuers."""

LEAST_PACKED: Final = 6  # bytes; fewer would be found in any cryptogram sooner or later


class Canary(NamedTuple):
    """A card. `issuer` "" has no route. `cvv` and `wrong_pin` are so long that they cannot be met by chance; the right
    PIN is not, and is looked for in its block, nor is the value on the stripe, looked for with what stands beside it.
    """

    name: str
    issuer: str
    pan: str
    track2: str
    pin: str
    wrong_pin: str
    cvv: str


class Needle(NamedTuple):
    """One form of one secret: `what` says which, for the report; the bytes themselves are never shown."""

    what: str
    form: bytes


def canary(name: str, issuer: str, prefix: str) -> Canary:
    """A card of a test range; every digit of it beyond the prefix is drawn from its name."""
    drawn = f"{int(hashlib.sha256(name.encode()).hexdigest(), 16):078d}"[20:]
    partial = f"{prefix}{drawn[:7]}"
    pan = partial + luhn_digit(partial)
    key = DesKey(Demo(SECRET).card_verification_key(issuer))
    track2 = write_track2(pan, EXPIRY, SERVICE, key, drawn[7:12])
    return Canary(name, issuer, pan, track2, drawn[20:24], drawn[24:34], drawn[34:44])


CANARIES: Final = (
    canary("good-a", "issuer-a", "62999910"),
    canary("good-b", "issuer-b", "49999920"),
    canary("wrong-pin", "issuer-a", "62999910"),
    canary("broken-line", "issuer-b", "49999920"),
    canary("no-route", "", "62999950"),
)


def needles(card: Canary) -> list[Needle]:
    """Every form of everything that must not be kept of a card: number, track, PIN, PIN block, verification value."""
    found: list[Needle] = []
    number, rest = card.track2.split("=")
    stripes = (("track tail", rest[7:]), ("CVV of the stripe", rest[:15]), ("CVV and what follows", rest[10:]))
    for what, digits in (("PAN", number), *stripes, ("PIN", card.wrong_pin), ("CVV", card.cvv)):
        found += [Needle(f"{what} {how}", form) for how, form in _forms(digits)]
    # what a mask hides, with two digits of what it shows on either side
    found.append(Needle("PAN middle", number[4:14].encode()))
    found += [Needle(f"PAN grouped by {mark!r}", mark.join(_groups(number)).encode()) for mark in (" ", "-")]
    found += [Needle("track 2", f"{number}{mark}{rest}".encode()) for mark in ("=", "D", "d")]
    for pin in (card.pin, card.wrong_pin):
        found += [Needle(f"clear PIN block {how}", form) for how, form in _raw(build(0, pin, number, bytes))]
    return [Needle(f"{card.name}: {needle.what}", needle.form) for needle in found]


def block(card: Canary, cryptogram: bytes) -> list[Needle]:
    """Every form of a PIN block as it travelled."""
    return [Needle(f"{card.name}: PIN block {how}", form) for how, form in _raw(cryptogram)]


def _groups(digits: str) -> list[str]:
    return [digits[at : at + 4] for at in range(0, len(digits), 4)]


def _forms(digits: str) -> Iterator[tuple[str, bytes]]:
    yield "text", digits.encode()
    yield "UTF-16", digits.encode("utf-16-le")
    yield "UTF-16 BE", digits.encode("utf-16-be")
    yield "hex of text", digits.encode().hex().encode()
    yield from _base64("text", digits.encode())
    for shift in (0, 1):
        even = digits[shift : shift + (len(digits) - shift) // 2 * 2]
        packed = bytes.fromhex(even)
        if len(packed) >= LEAST_PACKED:
            yield f"packed from {shift}", packed
            yield from _base64(f"packed from {shift}", packed)


def _raw(data: bytes) -> Iterator[tuple[str, bytes]]:
    yield "bytes", data
    yield "hex", data.hex().encode()
    yield "HEX", data.hex().upper().encode()
    yield "repr", repr(data)[2:-1].encode()
    yield from _base64("bytes", data)


def _base64(what: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """What stays of it in base64 wherever in a longer text it begins."""
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + data)
        first = (shift * 8 + 5) // 6
        inside = whole[first : (shift + len(data)) * 8 // 6]
        if len(inside) >= 8:
            yield f"base64 of {what}", inside
