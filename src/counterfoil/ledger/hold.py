"""The hold: money set aside, until exactly one resolution posts it, voids it or finds it expired.

Both are immutable records. A hold is open while no resolution names it. Holds that add to a first one are its
increments: a posting takes them all.
"""

from __future__ import annotations

import enum

import msgspec

from counterfoil.step import Instant


class Hold(msgspec.Struct, frozen=True):
    """Hold: `amount` minor units of `debit` set aside for `credit` since `at`, until `expires_at` (0: no limit).

    `original` is the id of the first hold of its family, "" for the first itself. `again` is the id of the hold that
    stands again as this one, because the posting or the void that had ended it was undone; "" for any other.
    """

    id: str
    debit: str
    credit: str
    amount: int
    currency: str
    at: Instant
    ref: str = ""
    expires_at: Instant = 0
    original: str = ""
    again: str = ""

    @property
    def ttl(self) -> int:
        """Requested time limit, microseconds; 0 for none."""
        return self.expires_at - self.at if self.expires_at else 0

    @property
    def first(self) -> str:
        """Id of the first hold of its family."""
        return self.original or self.id

    def expired(self, at: Instant) -> bool:
        """Whether its time is over at `at`, whether or not its release is booked."""
        return 0 < self.expires_at <= at

    def standing_again(self, hold_id: str, at: Instant) -> Hold:
        """Hold that stands again for this one from `at` on: same amount, same expiry."""
        return Hold(
            hold_id,
            self.debit,
            self.credit,
            self.amount,
            self.currency,
            at,
            self.ref,
            self.expires_at,
            self.first,
            self.id,
        )


class HoldOutcome(enum.StrEnum):
    """How a hold ended."""

    POSTED = "posted"
    VOIDED = "voided"
    EXPIRED = "expired"


class Resolution(msgspec.Struct, frozen=True):
    """End of a hold. `amount` is what was posted of it (0 when nothing was); the rest was released.

    `id` is that of the posting or the void, which may have ended increments too, each with a resolution of its own.
    """

    id: str
    hold: str
    outcome: HoldOutcome
    amount: int
    at: Instant
