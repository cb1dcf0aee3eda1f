"""The rows of the comparison's own store, as values. The order of the attributes is the order of the columns."""

from __future__ import annotations

from typing import Any

import msgspec

from counterfoil.inquiry import Candidate
from counterfoil.reconciliation.kinds import KINDS, BreakKind
from counterfoil.step import Instant
from counterfoil.verdict.finding import iso


class Contradiction(msgspec.Struct, frozen=True, kw_only=True):
    """One contradiction of one transaction, under its number. `ended_at` is 0 while it is open, `how` what ended it.

    `at_terminal`, `at_switch` and `at_issuer` are what each station held when it was seen last: its state and code, "-"
    for nothing, "?" for a store that could not be read.
    """

    number: str
    kind: BreakKind
    name: str
    detail: str
    at_terminal: str
    at_switch: str
    at_issuer: str
    ref: str
    issuer: str
    request: str
    rrn: str
    terminal: str
    merchant: str
    amount: int
    currency: str
    last4: str
    started_at: Instant
    first_seen: Instant
    last_seen: Instant
    looked_at: Instant
    ended_at: Instant = 0
    how: str = ""

    @property
    def one(self) -> Candidate:
        """The transaction it is about."""
        return Candidate(
            self.ref,
            self.rrn,
            self.terminal,
            self.merchant,
            self.amount,
            self.currency,
            self.last4,
            self.started_at,
            self.issuer,
            self.request,
        )

    def to_json(self) -> dict[str, Any]:
        """The row as JSON carries it: instants as ISO 8601 in UTC, the sentence in both languages."""
        return {
            "number": self.number,
            "kind": self.kind.value,
            "sentence": KINDS[self.kind].both(),
            "detail": self.detail,
            "positions": {"terminal": self.at_terminal, "switch": self.at_switch, "issuer": self.at_issuer},
            "ref": self.ref,
            "rrn": self.rrn,
            "issuer": self.issuer,
            "request": self.request,
            "terminal": self.terminal,
            "merchant": self.merchant,
            "amount": self.amount,
            "currency": self.currency,
            "last4": self.last4,
            "started_at": iso(self.started_at),
            "first_seen": iso(self.first_seen),
            "last_seen": iso(self.last_seen),
            "ended_at": iso(self.ended_at) if self.ended_at else None,
            "how": self.how,
        }


class Pass(msgspec.Struct, kw_only=True):
    """One pass over the stores: of everything (`whole`), or of what was written since the last one.

    `stage` is where it goes on, "" when it is over; `unread` are the stations whose store could not be read.
    """

    number: int
    whole: bool
    stage: str
    place: int
    begun_at: Instant
    ended_at: Instant = 0
    compared: int = 0
    opened: int = 0
    ended: int = 0
    unread: str = ""

    def to_json(self) -> dict[str, Any]:
        """The pass as JSON carries it."""
        return {
            "number": self.number,
            "whole": self.whole,
            "stage": self.stage,
            "begun_at": iso(self.begun_at),
            "ended_at": iso(self.ended_at) if self.ended_at else None,
            "compared": self.compared,
            "opened": self.opened,
            "ended": self.ended,
            "unread": self.unread.split(),
        }


class InFlight(msgspec.Struct, frozen=True):
    """A transaction that was in flight when it was looked at."""

    name: str
    ref: str
    issuer: str
    request: str
    looked_at: Instant

    @property
    def one(self) -> Candidate:
        """As it is asked for."""
        terminal = self.ref.partition("/")[0]
        return Candidate(self.ref, "", terminal, "", 0, "", "", 0, self.issuer, self.request)
