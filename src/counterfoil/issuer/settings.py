"""What can be set at an issuer."""

from __future__ import annotations

import msgspec

from counterfoil.step import SECOND, Instant


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`timer`: a request older than this when it is decided is refused (microseconds).

    `pin_tries` wrong PINs in a row lock a card. `typed`: numbers typed by hand are taken. A card that was claimed
    `guesses` times in a day without proof (a stripe with a wrong value, a typed number with a wrong expiry) is refused
    for the rest of that day. `utc_offset_minutes` says when the issuer's day begins; daily limits and expiry months
    follow it. Of messages without a valid MAC `stranger_lines` are kept in an hour, and as many keys burnt; the rest is
    counted and gets silence.
    """

    name: str
    timer: Instant = 5 * SECOND
    pin_tries: int = 3
    typed: bool = False
    guesses: int = 5
    utc_offset_minutes: int = 480
    stranger_lines: int = 200
