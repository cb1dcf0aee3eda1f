"""What can be set at an issuer."""

from __future__ import annotations

import msgspec

from counterfoil.kinds import PERCENT_ABOVE
from counterfoil.step import SECOND, Instant
from counterfoil.zone import DEFAULT, Zone, zone


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`timer`: a request older than this when it is decided is refused (microseconds).

    `pin_tries` wrong PINs in a row lock a card. `typed`: numbers typed by hand are taken. A card that was claimed
    `guesses` times in a day without proof (a stripe with a wrong value, a typed number with a wrong expiry) is refused
    for the rest of that day. In its `zone` the issuer's day begins; daily limits and expiry months follow it. Of
    messages without a valid MAC `stranger_lines` are kept in an hour, and as many keys burnt; the rest is counted and
    gets silence. A completion takes at most `percent_above` percent more than is set aside for it. What
    is set aside is so for `holds_for` (microseconds; 0: as long as its kind says).
    """

    name: str
    timer: Instant = 5 * SECOND
    pin_tries: int = 3
    typed: bool = False
    guesses: int = 5
    zone: str = DEFAULT
    stranger_lines: int = 200
    percent_above: int = PERCENT_ABOVE
    holds_for: Instant = 0

    @property
    def clock(self) -> Zone:
        """The zone by its name."""
        return zone(self.zone)
