"""The retry guard: the same card and the same amount are not charged again while an attempt is unresolved.

The verdict decides, not this page: what is UNKNOWN, with a person, or paid with its receipt open stops a second charge;
what is on its way back may be paid again, and the new attempt names the one it replaces.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from counterfoil.inquiry import Stores, finding
from counterfoil.inquiry.search import Candidate, candidate
from counterfoil.step import Instant
from counterfoil.terminal import records
from counterfoil.verdict import Finding, Verdict

STOPS: Final = frozenset({Verdict.UNKNOWN, Verdict.EXCEPTION, Verdict.PAID_RECEIPT_OPEN})


class Wish(NamedTuple):
    """What somebody wants to charge: minor units, and the end of the card number."""

    amount: int
    currency: str
    last4: str


class Earlier(NamedTuple):
    """An attempt of the same card and amount that is not at rest."""

    one: Candidate
    told: Finding

    @property
    def stops(self) -> bool:
        """Whether nothing may be charged before it is resolved."""
        return self.told.verdict in STOPS


def earlier(stores: Stores, wish: Wish, now: Instant) -> Earlier | None:
    """The attempt that stands in the way, or else the newest one that a new attempt replaces."""
    if stores.terminal is None:
        return None
    found = None
    for stub in records.open_items(stores.terminal):
        if Wish(stub.amount, stub.currency, stub.last4) == wish:
            one = candidate(stub.ref, stub)
            found = Earlier(one, finding(stores, one, now))
            if found.stops:
                return found
    return found
