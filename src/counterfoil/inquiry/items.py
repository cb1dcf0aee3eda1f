"""Everything that is not at rest: answers owed, reversals on their way, receipts in nobody's hand, cases for a person.

The stations' own indexes of what is open are read, never their history; each payment is then judged as `why` does. What
a terminal took with it is there too: an approved sale that it neither closed nor followed by another for a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from counterfoil.inquiry.search import Candidate, Search, candidate, search
from counterfoil.inquiry.stores import Stores
from counterfoil.inquiry.witness import finding
from counterfoil.issuer import stubs as issuers
from counterfoil.step import Instant
from counterfoil.storage import Store
from counterfoil.switch import silent
from counterfoil.switch import stubs as switches
from counterfoil.terminal import stubs as terminals
from counterfoil.transaction import SwitchStub, TerminalStub
from counterfoil.verdict import Clocks, Finding, Verdict

OPEN: Final = (Verdict.UNKNOWN, Verdict.RETURNING, Verdict.EXCEPTION, Verdict.PAID_RECEIPT_OPEN)
"""The verdicts somebody waits for, the most pressing first."""


class OpenItem(NamedTuple):
    """One payment that is not at rest, and the whole answer to where its money is."""

    one: Candidate
    finding: Finding


def open_items(stores: Stores, now: Instant, limit: int = 200, more: Iterable[Candidate] = ()) -> list[OpenItem]:
    """At most `limit` of them, the oldest first. A payment that came to rest meanwhile is not listed.

    `more` are payments that no station calls open and that somebody else has found (reconciliation).
    """
    return [item for item in judged_items(stores, now, limit, more) if item.finding.verdict in OPEN]


def judged_items(stores: Stores, now: Instant, limit: int = 200, more: Iterable[Candidate] = ()) -> list[OpenItem]:
    """What a station has on its list, judged; those that came to rest meanwhile too: what a supervisor took out of a
    terminal's hands, and what the other stations have settled since.
    """
    found: list[OpenItem] = []
    still = 0
    for one in _candidates(stores, now, more):
        try:
            told = finding(stores, one, now)
        except ValueError:  # no station knows it any more
            continue
        found.append(OpenItem(one, told))
        still += told.verdict in OPEN
        if still == limit:
            break
    return found


def _candidates(stores: Stores, now: Instant, more: Iterable[Candidate]) -> list[Candidate]:
    stubs: list[TerminalStub | SwitchStub] = []
    if stores.terminal is not None:
        stubs += terminals.open_items(stores.terminal)
    if stores.switch is not None:
        stubs += switches.pending(stores.switch) + switches.asked(stores.switch)
        stubs += [stub for case in switches.cases(stores.switch) if (stub := _of_number(stores.switch, case.rrn))]
        stubs += _silent(stores, stores.switch, now - Clocks().closure)
    by_name = {stub.ref: candidate(stub.ref, stub) for stub in reversed(stubs)}
    for name, store in stores.each_issuer():
        for opened in issuers.cases(store):
            for one in search(stores, Search(request=opened.txn)):
                by_name.setdefault(one.ref or f"{name} {opened.txn}", one)
    for one in more:
        by_name.setdefault(one.ref or f"{one.issuer} {one.request}", one)
    return sorted(by_name.values(), key=lambda one: (one.started_at, one.ref))


def _of_number(switch: Store, rrn: str) -> SwitchStub | None:
    """The attempt to which the switch itself gave this number, which it gives out once."""
    return switches.stub(switch, rrn, history=False) if rrn else None


def _silent(stores: Stores, switch: Store, until: Instant) -> list[SwitchStub]:
    """Approved sales begun no later than `until` whose terminal asked nothing since and has no word of them here."""
    keys = silent.unproved(switch, until)
    if stores.terminal is not None:  # what a terminal knows of its sales is among its own open ones, or closed
        keys = [key for key in keys if terminals.stub(stores.terminal, key, history=False) is None]
    return [stub for key in keys if (stub := switches.stub(switch, key, history=False)) is not None]
