"""The hold: money set aside, until exactly one resolution posts it, voids it or finds it expired.

Both are immutable records. A hold is open while no resolution names it.
"""

from __future__ import annotations

import enum

import msgspec

from counterfoil.step import Instant


class Hold(msgspec.Struct, frozen=True):
    """`amount` minor units of `debit` set aside for `credit` since `at`, for `ttl` microseconds (0: no limit)."""

    id: str
    debit: str
    credit: str
    amount: int
    currency: str
    at: Instant
    ref: str = ""
    ttl: int = 0

    @property
    def expires_at(self) -> Instant | None:
        """From this instant on it can be neither posted nor voided; None for never."""
        return self.at + self.ttl if self.ttl else None

    def expired(self, at: Instant) -> bool:
        """Whether its time is over at `at`, be the release booked already or not."""
        return self.ttl > 0 and at >= self.at + self.ttl


class Outcome(enum.StrEnum):
    """How a hold ended."""

    POSTED = "posted"
    VOIDED = "voided"
    EXPIRED = "expired"


class Resolution(msgspec.Struct, frozen=True):
    """The one end of a hold. `amount` is what was posted (0 when nothing was); the rest was released."""

    id: str
    hold: str
    outcome: Outcome
    amount: int
    at: Instant
