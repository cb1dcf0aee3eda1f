"""What the archive says of one transaction, where a station's store does not hold it any more.

The stations' own questions, asked of what the files hold (archive/reading.py). The store has the last word: it is asked
first, and what it knows is never looked for in the archive.
"""

from __future__ import annotations

import msgspec

from counterfoil.archive.reading import Where
from counterfoil.inquiry.stores import Stores
from counterfoil.issuer import stubs as issuers
from counterfoil.step import Instant
from counterfoil.storage import Store
from counterfoil.switch import stubs as switches
from counterfoil.terminal import stubs as terminals
from counterfoil.transaction import AttemptKey, IssuerStub, SwitchStub, TerminalStub, parse_ref


def found(stores: Stores, station: str, where: Where, table: str = "", around: Instant = 0) -> list[Store]:
    """Stores in memory that hold what fits, the newest date first; of dates around an instant when that is known."""
    return stores.archive.found(station, where, table, around) if stores.archive is not None else []


def terminal(stores: Stores, key: AttemptKey, around: Instant, *, history: bool = True) -> TerminalStub | None:
    """The terminal's stub of a sale by its key."""
    stubs = (terminals.stub(store, key, history=history) for store in found(stores, "terminal", of(key), "", around))
    return next((stub for stub in stubs if stub is not None), None)


def sold(stores: Stores, key: AttemptKey | None, rrn: str, around: Instant) -> list[TerminalStub]:
    """The terminals' stubs by a key or an RRN, without history."""
    if key is not None:
        one = terminal(stores, key, around, history=False)
        return [one] if one is not None else []
    return [
        stub
        for store in found(stores, "terminal", {"rrn": [rrn]}, "", around)
        for stub in terminals.find(store, rrn=rrn)
    ]


def switch(stores: Stores, key: AttemptKey, around: Instant, *, history: bool = True) -> SwitchStub | None:
    """The switch's stub of an attempt by its key."""
    for store in found(stores, "switch", of(key), "", around):
        stub = switches.stub(store, key, history=history)
        if stub is not None and not stub.followed_at and history:
            return msgspec.structs.replace(stub, followed_at=_followed(stores, stub))
        if stub is not None:
            return stub
    return None


def first_six(stores: Stores, key: AttemptKey, around: Instant) -> str:
    """First six and last four digits of the card of an attempt, from the switch's store or the archive; "" for none."""
    everywhere = [stores.switch] if stores.switch is not None else []
    known = next((shown for store in everywhere if (shown := switches.first_six(store, key))), "")
    old = [] if known else found(stores, "switch", of(key), "", around)
    return known or next((shown for store in old if (shown := switches.first_six(store, key))), "")


def routed(stores: Stores, rrn: str, around: Instant) -> list[SwitchStub]:
    """The switch's stubs with this number, without history: it gives one out again after ten years."""
    stubs = (switches.stub(store, rrn, history=False) for store in found(stores, "switch", {"rrn": [rrn]}, "", around))
    return [stub for stub in stubs if stub is not None]


def issuer(stores: Stores, name: str, request: str, around: Instant, *, history: bool = True) -> IssuerStub | None:
    """An issuer's stub of a request, by DE32/DE7/DE11."""
    stubs = (
        issuers.stub(store, request, history=history) for store in found(stores, name, {"key": [request]}, "", around)
    )
    return next((stub for stub in stubs if stub is not None), None)


def said(stores: Stores, rrn: str, around: Instant) -> list[IssuerStub]:
    """Every request at any issuer, there or archived, that said this number or whose reversal did; without history."""
    stubs: dict[tuple[str, str], IssuerStub] = {}
    for name, store in stores.each_issuer():
        known = issuers.numbered(store, rrn)
        if not known:
            where: Where = {"rrn": [rrn]}
            old = [*found(stores, name, where, "", around), *found(stores, name, where, "advice", around)]
            known = [stub for one in old for stub in issuers.numbered(one, rrn)]
        stubs |= {(name, stub.request): stub for stub in known}
    return list(stubs.values())


def of(key: AttemptKey) -> Where:
    """What a key asks of the columns of an attempt."""
    return {"terminal": [key.terminal], "batch": [key.batch], "stan": [key.stan]}


def _followed(stores: Stores, stub: SwitchStub) -> int:
    """When the terminal asked next, if it did: in the store, or on a later date of the archive."""
    key = parse_ref(stub.ref)
    if key is None or stores.archive is None:
        return 0
    again = stores.archive.again()  # what is found here is not what was asked for
    old = again.found("switch", {"terminal": [key.terminal], "batch": [key.batch]})
    everywhere = [*([stores.switch] if stores.switch is not None else []), *reversed(old)]
    try:
        return next((at for store in everywhere if (at := switches.followed(store, key, stub))), 0)
    finally:
        again.close()
