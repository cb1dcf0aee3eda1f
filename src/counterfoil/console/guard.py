"""The retry guard: the same card and the same amount are not charged again while an attempt is unresolved.

The verdict decides, not this page: what is UNKNOWN, with a person, or paid with its receipt open stops a second charge;
what is on its way back may be paid again, and the new attempt names the one it replaces. It is bounded: a merchant's
own attempts stop its own sales and nobody else's, for a day, or until a supervisor lets the card pay, with a reason.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from counterfoil.console.deeds import AuditedAct, AuditLog
from counterfoil.inquiry import Stores, finding
from counterfoil.inquiry.search import Candidate, candidate
from counterfoil.iso8583.show import words
from counterfoil.kinds import PAYING
from counterfoil.step import SECOND, Instant
from counterfoil.storage import Store
from counterfoil.terminal import stubs
from counterfoil.transaction import TerminalStub
from counterfoil.verdict import Finding, Verdict

GUARDS: Final[Instant] = 24 * 3600 * SECOND
"""By then what is one-sided was found and a person has it (docs/loop.md): a customer who comes back buys anew."""
STOPS: Final = frozenset({Verdict.UNKNOWN, Verdict.EXCEPTION, Verdict.PAID_RECEIPT_OPEN})
PAID: Final = frozenset({Verdict.PAID, Verdict.PAID_RECEIPT_OPEN})
LONGEST_REASON: Final = 200

RELEASE: Final = (
    "INSERT INTO guard_release (ref, at, by, reason) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (ref) DO UPDATE SET at = excluded.at, by = excluded.by, reason = excluded.reason"
)
RELEASED: Final = "SELECT ref FROM guard_release WHERE at >= ?"


class Charge(NamedTuple):
    """What a merchant (DE42) wants to charge: minor units, and the end of the card number."""

    merchant: str
    amount: int
    currency: str
    last4: str


class Earlier(NamedTuple):
    """An attempt of the same merchant, card and amount that is not at rest; `released` by a supervisor or not."""

    one: Candidate
    told: Finding
    released: bool

    @property
    def stops(self) -> bool:
        """Whether nothing may be charged before it is resolved."""
        return self.told.verdict in STOPS and not self.released

    @property
    def replaced(self) -> bool:
        """Whether a new attempt replaces it: one that was paid is followed by another purchase, not by a retry."""
        return self.told.verdict not in PAID


def wish_of(stub: TerminalStub) -> Charge:
    """What an attempt was to charge."""
    return Charge(stub.merchant, stub.amount, stub.currency, stub.last4)


def earlier(stores: Stores, wish: Charge, released: Collection[str], now: Instant) -> Earlier | None:
    """The attempt that stands in the way, or else the newest one that a new attempt replaces; nobody paid with a void,
    nor takes it again by a sale.
    """
    if stores.terminal is None:
        return None
    found = None
    for stub in stubs.open_items(stores.terminal):
        if stub.kind in PAYING and wish_of(stub) == wish and now - stub.started_at < GUARDS:
            one = candidate(stub.ref, stub)
            this = Earlier(one, finding(stores, one, now), stub.ref in released)
            if this.stops:
                return this
            found = this if this.replaced else found
    return found


def release(log: AuditLog, act: AuditedAct, now: Instant) -> None:
    """Let a card pay although the attempt `act.subject` is unresolved; one commit with its line in the audit log."""
    with log.writing() as store:
        store.execute(RELEASE, (act.subject, now, act.who, words(act.why)))  # people type card numbers anywhere
        log.note(act)


def released(store: Store, now: Instant) -> set[str]:
    """The attempts that stop nobody any more; what was released longer ago than it can stop is not looked at."""
    return {ref for (ref,) in store.query(RELEASED, (now - GUARDS,))}
