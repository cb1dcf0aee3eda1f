"""The three stubs of one transaction, read in the order an answer would contradict last: terminal, switch, issuer."""

from __future__ import annotations

from counterfoil.inquiry import past
from counterfoil.inquiry.search import Candidate
from counterfoil.inquiry.stores import Stores
from counterfoil.issuer import stubs as issuers
from counterfoil.step import Instant
from counterfoil.switch import stubs as switches
from counterfoil.terminal import records as terminals
from counterfoil.transaction import IssuerStub, parse_ref
from counterfoil.verdict import NOT_OURS, Clocks, Evidence, Finding, judge
from counterfoil.verdict.finding import TerminalEvidence


def finding(stores: Stores, one: Candidate, now: Instant, clocks: Clocks = Clocks()) -> Finding:  # noqa: B008 - immutable
    """The verdict of one transaction, as the stores stand now."""
    return judge(*evidence(stores, one), now, clocks)


def evidence(stores: Stores, one: Candidate) -> Evidence:
    """The stubs of one transaction; None for what no store holds, or cannot be read."""
    terminal = terminal_stub(stores, one)
    switch = None
    if stores.switch is not None:
        ref = parse_ref(one.ref) or one.rrn
        switch = switches.stub(stores.switch, ref) or past.switch(stores, ref, one.started_at)
    rrn, asked = (switch.rrn, (switch.transmitted, switch.stan)) if switch is not None else (one.rrn, ("", ""))
    return Evidence(terminal, switch, issuer_stub(stores, rrn, asked, one.started_at))


def terminal_stub(stores: Stores, one: Candidate) -> TerminalEvidence:
    """The terminal's stub; "not ours" when the store can be read and the terminal is not one of its own."""
    if stores.terminal is None:
        return None
    if one.terminal not in {terminal for terminal, _ in terminals.terminals(stores.terminal)}:
        return NOT_OURS
    key = parse_ref(one.ref)
    return (terminals.stub(stores.terminal, key) or past.terminal(stores, key, one.started_at)) if key else None


def issuer_stub(stores: Stores, rrn: str, asked: tuple[str, str] = ("", ""), around: Instant = 0) -> IssuerStub | None:
    """The stub of whichever issuer knows this number; `asked` is DE7 and DE11 of the request that is meant."""
    if not rrn:
        return None
    for _, store in stores.each_issuer():
        found = issuers.stub(store, rrn, asked)
        if found is not None:
            return found
    old = (past.issuer(stores, name, rrn, around, asked) for name, _ in stores.each_issuer())
    return next((stub for stub in old if stub is not None), None)
