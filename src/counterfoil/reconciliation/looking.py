"""Reading what all stations hold: a page of one store beside what the others say of it, or one transaction again.

A page is read quickly and in no order, while the stations go on: what looks wrong there is a question, not an answer.
`settled` asks it in the order in which an answer travels last (terminal, switch, issuer), in the archive too, and until
two readings are the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from counterfoil.inquiry import Candidate, Stores, evidence
from counterfoil.inquiry.matching import belongs, fits
from counterfoil.inquiry.search import candidate
from counterfoil.issuer import stubs as issuers
from counterfoil.issuer.stubs import Booked, request_of
from counterfoil.reconciliation.rules import Looked, Sight
from counterfoil.storage import Store
from counterfoil.switch import stubs as switches
from counterfoil.terminal import stubs as terminals
from counterfoil.transaction import AttemptKey, IssuerStub, SwitchStub, TerminalStub, parse_ref
from counterfoil.verdict import NOT_OURS, Evidence
from counterfoil.verdict.finding import TerminalEvidence

READINGS: Final = 3
PAID: Final = frozenset({"approved", "closed"})


class QuickLook(NamedTuple):
    """One transaction of a page, and what a quick look makes of it."""

    one: Candidate
    looked: Looked


def name_of(one: Candidate) -> str:
    """What no other transaction is called."""
    return one.ref or f"{one.issuer} {one.request}"


# --- a page -----------------------------------------------------------------------------------------------------------


def of_switch(stores: Stores, sent: Sequence[SwitchStub]) -> list[QuickLook]:
    """Attempts of the switch, with what terminals, issuers, ledgers and receipts say of each."""
    keys = [key for stub in sent if (key := parse_ref(stub.ref)) is not None]
    sold = terminals.these(stores.terminal, keys) if stores.terminal is not None else {}
    paid = [key for key in keys if (known := sold.get(str(key))) is not None and known.state in PAID]
    slips = terminals.slips(stores.terminal, paid) if stores.terminal is not None and paid else {}
    ours = _ours(stores.terminal)
    theirs, booked = _of_issuers(stores, sent)
    firsts = _originals(stores, list(theirs.values()))
    found = []
    for stub in sent:
        at = (stub.issuer, request_of(stub))
        mine: TerminalEvidence = sold.get(stub.ref)
        if stores.terminal is not None and stub.terminal not in ours:
            mine = NOT_OURS
        sight = sight_of(stores, stub)
        posted = theirs.get(at)
        looked = Looked(Evidence(mine, stub, posted), sight, booked.get(at), slips.get(stub.ref))
        if posted is not None and posted.original:
            looked = _with_original(looked, posted, firsts)
        found.append(QuickLook(candidate(stub.ref, stub), looked))
    return found


def _of_issuers(
    stores: Stores, sent: Sequence[SwitchStub]
) -> tuple[dict[tuple[str, str], IssuerStub], dict[tuple[str, str], Booked]]:
    """What each issuer, and its ledger, says of what was sent to it, by its name and the request."""
    requests = defaultdict[str, list[str]](list)
    for stub in sent:
        if stub.transmitted:
            requests[stub.issuer].append(request_of(stub))
    theirs: dict[tuple[str, str], IssuerStub] = {}
    booked: dict[tuple[str, str], Booked] = {}
    for name, asked in requests.items():
        store = stores.of(name)
        if store is not None:
            theirs |= {(name, request): stub for request, stub in issuers.these(store, asked).items()}
            booked |= {(name, request): one for request, one in issuers.booked(store, asked).items()}
    return theirs, booked


def _originals(stores: Stores, posted: Sequence[IssuerStub]) -> dict[tuple[str, str], IssuerStub | None]:
    """What each issuer says of the transactions these refer to, by its name and the request; None for one that left for
    the archive. One that is not there is one the issuer does not know.
    """
    named = defaultdict[str, list[str]](list)
    for stub in posted:
        if stub.original:
            named[stub.issuer].append(stub.original)
    found: dict[tuple[str, str], IssuerStub | None] = {}
    for name, requests in named.items():
        store = stores.of(name)
        if store is not None:
            there = issuers.these(store, requests)
            gone = issuers.archived(store, [request for request in requests if request not in there])
            found |= {(name, request): there.get(request) for request in (*there, *gone)}
    return found


def _with_original(looked: Looked, posted: IssuerStub, firsts: Mapping[tuple[str, str], IssuerStub | None]) -> Looked:
    """What is known of a transaction, with what it refers to."""
    at = (posted.issuer, posted.original)
    return looked._replace(original=firsts.get(at), orphan="" if at in firsts else posted.original)


def of_issuer(stores: Stores, posted: Sequence[IssuerStub]) -> list[QuickLook]:
    """What an issuer booked and the switch did not ask for; the others are looked at there."""
    moved = [stub for stub in posted if stub.done]
    if stores.switch is None or not moved:
        return []
    sent = switches.numbered(stores.switch, [stub.rrn for stub in moved])
    return [
        QuickLook(candidate("", stub), Looked(Evidence(None, None, stub), sight_of(stores, None, stub.issuer)))
        for stub in moved
        if stub.rrn not in sent or not belongs(stub, sent[stub.rrn])
    ]


def of_terminal(stores: Stores, sold: Sequence[TerminalStub]) -> list[QuickLook]:
    """Sales of the terminals that the switch does not know, or whose number another sale has."""
    if stores.terminal is None:
        return []
    keys = [key for stub in sold if (key := parse_ref(stub.ref)) is not None]
    sent = switches.these(stores.switch, keys) if stores.switch is not None else {}
    named = defaultdict[str, list[str]](list)
    for stub in terminals.said(stores.terminal, [stub.rrn for stub in sold if stub.rrn]):
        named[stub.rrn].append(stub.ref)
    found = []
    for stub in sold:
        others = tuple(ref for ref in named.get(stub.rrn, ()) if ref != stub.ref)
        if others or stub.ref not in sent:
            looked = Looked(
                Evidence(stub, sent.get(stub.ref), None), sight_of(stores, sent.get(stub.ref)), others=others
            )
            found.append(QuickLook(candidate(stub.ref, stub), looked))
    return found


def _ours(store: Store | None) -> frozenset[str]:
    """The terminals whose sales must be in the store that can be read."""
    return frozenset(name for name, _ in terminals.terminals(store)) if store is not None else frozenset()


def sight_of(stores: Stores, sent: SwitchStub | None, issuer: str = "") -> Sight:
    """Whose stores can be read; with no request, no issuer need be asked."""
    asked = issuer or (sent.issuer if sent is not None else "")
    return Sight(stores.terminal is not None, stores.switch is not None, not asked or stores.of(asked) is not None)


# --- one transaction --------------------------------------------------------------------------------------------------


def settled(stores: Stores, one: Candidate) -> Looked | None:
    """All that is known of it, once two readings agree; None while it moves."""
    before = None
    for _ in range(READINGS):
        now = look(stores, one)
        if now == before:
            return now
        before = now
    return None


def look(stores: Stores, one: Candidate) -> Looked:
    """All that is known of it now."""
    found = evidence(stores, one, history=False)
    terminal, switch, issuer = found
    booked = slip = None
    if issuer is not None and (store := stores.of(issuer.issuer)) is not None:
        booked = issuers.booked(store, [issuer.request]).get(issuer.request)
    sold = terminal if isinstance(terminal, TerminalStub) else None
    others: tuple[str, ...] = ()
    if sold is not None and stores.terminal is not None:
        slip = terminals.slips(stores.terminal, [AttemptKey(*sold.ref.split("/"))]).get(sold.ref)
        others = tuple(_others(stores.terminal, sold))
    name = "" if switch is not None or issuer is None else _namesake(stores, issuer)
    looked = Looked(found, sight_of(stores, switch, one.issuer), booked, slip, name, others)
    if issuer is None or not issuer.original:
        return looked
    return _with_original(looked, issuer, _originals(stores, [issuer]))


def _others(store: Store, sold: TerminalStub) -> Iterable[str]:
    """The sales that have its number too."""
    return (stub.ref for stub in (terminals.said(store, [sold.rrn]) if sold.rrn else ()) if stub.ref != sold.ref)


def _namesake(stores: Stores, issuer: IssuerStub) -> str:
    """The sale to which the switch gave the number that a purchase it did not ask for says."""
    known = switches.stub(stores.switch, issuer.rrn, history=False) if stores.switch is not None else None
    return known.ref if known is not None else ""


def owner_of(stores: Stores, one: Candidate, issuer: IssuerStub | None) -> Candidate:
    """The sale of a terminal of which an issuer's purchase is, where the switch has forgotten it; else itself."""
    if one.ref or issuer is None or stores.terminal is None:
        return one
    mine = [stub for stub in terminals.said(stores.terminal, [issuer.rrn]) if issuer.rrn and fits(issuer, stub)]
    if len(mine) != 1 or stores.switch is None or switches.stub(stores.switch, mine[0].ref, history=False) is not None:
        return one
    return candidate(mine[0].ref, mine[0])
