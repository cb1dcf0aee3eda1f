"""Everything that is not at rest: answers owed, reversals on their way, receipts in nobody's hand, cases for a person.

The stations' own indexes of what is open are read, never their history; each payment is then judged as `why` does.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from counterfoil.inquiry.search import Candidate, candidate
from counterfoil.inquiry.stores import Stores
from counterfoil.inquiry.witness import finding
from counterfoil.step import Instant
from counterfoil.switch import stubs as switches
from counterfoil.terminal import records as terminals
from counterfoil.transaction import SwitchStub, TerminalStub
from counterfoil.verdict import Finding, Verdict

OPEN: Final = (Verdict.UNKNOWN, Verdict.RETURNING, Verdict.EXCEPTION, Verdict.PAID_RECEIPT_OPEN)
"""The verdicts somebody waits for, the most pressing first."""


class OpenItem(NamedTuple):
    """One payment that is not at rest, and the whole answer to where its money is."""

    one: Candidate
    finding: Finding


def open_items(stores: Stores, now: Instant, limit: int = 200) -> list[OpenItem]:
    """At most `limit` of them, the oldest first. A payment that came to rest meanwhile is not listed."""
    found: list[OpenItem] = []
    for one in _candidates(stores):
        told = finding(stores, one, now)
        if told.verdict in OPEN:
            found.append(OpenItem(one, told))
            if len(found) == limit:
                break
    return found


def _candidates(stores: Stores) -> list[Candidate]:
    stubs: list[TerminalStub | SwitchStub] = []
    if stores.terminal is not None:
        stubs += terminals.open_items(stores.terminal)
    if stores.switch is not None:
        stubs += switches.pending(stores.switch) + switches.asked(stores.switch)
        stubs += [stub for case in switches.cases(stores.switch) if (stub := switches.stub(stores.switch, case.rrn))]
    by_ref = {stub.ref: candidate(stub.ref, stub) for stub in reversed(stubs)}
    return sorted(by_ref.values(), key=lambda one: (one.started_at, one.ref))
