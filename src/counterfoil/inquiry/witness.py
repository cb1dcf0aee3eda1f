"""The three stubs of one transaction, read in the order an answer would contradict last: terminal, switch, issuer."""

from __future__ import annotations

from counterfoil.inquiry import past
from counterfoil.inquiry.matching import fits, only
from counterfoil.inquiry.search import Candidate, candidate
from counterfoil.inquiry.stores import Stores
from counterfoil.issuer import stubs as issuers
from counterfoil.step import Instant
from counterfoil.switch import stubs as switches
from counterfoil.terminal import stubs as terminals
from counterfoil.transaction import IssuerStub, SwitchStub, TerminalStub, parse_ref
from counterfoil.verdict import NOT_OURS, Clocks, Evidence, Finding, judge
from counterfoil.verdict.finding import TerminalEvidence


def finding(stores: Stores, one: Candidate, now: Instant, clocks: Clocks = Clocks()) -> Finding:  # noqa: B008 - immutable
    """The verdict of one transaction, as the stores stand now."""
    found = evidence(stores, one)
    return judge(*found, now, clocks, unread(stores, found), stores.clock)


def unread(stores: Stores, found: Evidence) -> frozenset[str]:
    """The stations whose store cannot be read: what they would say is not the same as that they have no record."""
    asked = found.switch.issuer if found.switch is not None else ""
    names = {"terminal": stores.terminal, "switch": stores.switch, "issuer": stores.of(asked) if asked else None}
    return frozenset(name for name, store in names.items() if store is None and (name != "issuer" or asked))


def evidence(stores: Stores, one: Candidate, *, history: bool = True) -> Evidence:
    """The stubs of one transaction; None for what no store holds, or cannot be read."""
    terminal = terminal_stub(stores, one, history=history)
    key = parse_ref(one.ref)
    if key is None:  # only an issuer knows of it
        return Evidence(terminal, None, _requested(stores, one, history=history))
    switch = switches.stub(stores.switch, key, history=history) if stores.switch is not None else None
    if switch is None and stores.switch is not None:
        switch = past.switch(stores, key, one.started_at, history=history)
    if switch is not None:
        return Evidence(terminal, switch, issuer_stub(stores, switch, history=history))
    return Evidence(
        terminal, None, _guessed(stores, terminal, history=history) if isinstance(terminal, TerminalStub) else None
    )


def terminal_stub(stores: Stores, one: Candidate, *, history: bool = True) -> TerminalEvidence:
    """The terminal's stub; "not ours" when the store can be read and the terminal is not one of its own."""
    if stores.terminal is None:
        return None
    if one.terminal not in {terminal for terminal, _ in terminals.terminals(stores.terminal)}:
        return NOT_OURS
    key = parse_ref(one.ref)
    if key is None:
        return None
    known = terminals.stub(stores.terminal, key, history=history)
    return known or past.terminal(stores, key, one.started_at, history=history)


def issuer_stub(stores: Stores, sent: SwitchStub, *, history: bool = True) -> IssuerStub | None:
    """What the issuer that was asked says of the request the switch sent."""
    store = stores.of(sent.issuer) if sent.issuer else None
    if store is None or not sent.transmitted:
        return None
    known = issuers.asked(store, sent, history=history)
    return known or past.issuer(stores, sent.issuer, issuers.request_of(sent), sent.started_at, history=history)


def _requested(stores: Stores, one: Candidate, *, history: bool) -> IssuerStub | None:
    store = stores.of(one.issuer) if one.issuer else None
    if store is None:
        return None
    known = issuers.stub(store, one.request, history=history)
    return known or past.issuer(stores, one.issuer, one.request, one.started_at, history=history)


def _guessed(stores: Stores, sold: TerminalStub, *, history: bool) -> IssuerStub | None:
    """Without the switch's stub: the one request that fits all that the terminal knows of its sale."""
    if not sold.rrn:
        return None
    found = [stub for stub in past.said(stores, sold.rrn, sold.started_at) if fits(stub, sold)]
    one = only(found)
    return _requested(stores, candidate("", one), history=history) if one is not None else None
