"""What an operator can set on a switch."""

from __future__ import annotations

from typing import Final

import msgspec

from counterfoil.errors import OurError
from counterfoil.kinds import PERCENT_ABOVE
from counterfoil.security.keeping import KEPT_DAYS
from counterfoil.step import SECOND, Instant
from counterfoil.zone import DEFAULT, Zone, zone

TERMINALS: Final = "terminals"
"""The server link terminals connect to. Links to issuers are named like the issuer."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every duration is in microseconds."""

    acquirer: str = "00010344"
    """DE32: this switch as the institutions beyond it know it (at most 11 digits)."""

    switch_timer: Instant = 12 * SECOND
    """How long an issuer may take. Longer than the issuer's own timer, shorter than the terminal's."""

    retry_cap: Instant = 0
    """The longest pause between two tries of one reversal advice, 0 for five switch timers. The first is one timer.

    As long does whoever an issuer hangs up on wait (caution.py).
    """

    echo_idle: Instant = 60 * SECOND
    """After this much silence on an issuer link an echo test goes out."""

    signon_repeat: Instant = 5 * SECOND
    """A sign-on with the same STAN within this time is a repeat on the network and gets the same keys."""

    window: int = 64
    """Reversal advices that may be on their way to one issuer at once."""

    case_after: int = 10
    """Tries of one reversal advice after which a person is told; it stays owed all the same."""

    case_owner: str = "operations"
    """Who gets the cases."""

    typed: frozenset[str] = frozenset()
    """Merchants (DE42) whose terminals may send a card number that was typed by hand."""

    percent_above: int = PERCENT_ABOVE
    """Percent that an amount may be above its original's, where its kind may be above it."""

    offers: int = 4
    """Sign-ons of one kind (DE60.3, and whether the device began anew) that are told keys of their own while no message
    has come under any of them; the next are told the last ones again."""

    burnt_keys: int = 10
    """Keys that messages without a valid MAC may burn in an hour at one terminal."""

    stranger_lines: int = 20
    """Lines of evidence of what nobody vouches for, in an hour: of each terminal, and of all that names none."""

    peer_lines: int = 200
    """Lines of evidence of what comes on one issuer's link without a valid MAC, in an hour."""

    zone: str = DEFAULT
    """The acquirer's: DE12, DE13, business days, and at its offset of 2025-01-01 the date in DE37."""

    numbers_kept_days: int = KEPT_DAYS
    """Whole days after the end of its business day for which the card number of a sale is held (keeping.py)."""

    timers_per_step: int = 500
    """Deadlines taken in one step, for fairness."""

    @property
    def clock(self) -> Zone:
        """The zone by its name."""
        return zone(self.zone)

    def pause(self, tries: int) -> Instant:
        """How long after the given try the next one follows: the switch timer, doubled each time, up to the cap."""
        if tries < 1:
            raise OurError("a pause follows a try")
        return min(self.switch_timer << min(tries - 1, 20), self.longest_pause)

    @property
    def longest_pause(self) -> Instant:
        """The cap of all pauses."""
        return self.retry_cap or 5 * self.switch_timer
