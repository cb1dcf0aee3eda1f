"""What the stations left to a person, under the numbers they gave: open, and ended. A row never vanishes: it ends."""

from __future__ import annotations

from typing import NamedTuple

from counterfoil.inquiry.items import OpenItem
from counterfoil.inquiry.search import Search, search
from counterfoil.inquiry.stores import Stores
from counterfoil.issuer import stubs as issuers
from counterfoil.issuer.rows import Case as IssuerCase
from counterfoil.step import Instant
from counterfoil.storage import Store
from counterfoil.switch import stubs as switches
from counterfoil.switch.rows import Case as SwitchCase
from counterfoil.transaction import CaseStub, TerminalStub


class CaseItem(NamedTuple):
    """A case, whose it is, and the payment it is about: TERMINAL/BATCH/STAN, or DE32/DE7/DE11 if there is none."""

    station: str
    case: CaseStub
    ref: str


def cases(stores: Stores, judged: list[OpenItem], since: Instant, limit: int = 200) -> list[CaseItem]:
    """The open ones, the oldest first, then those that ended `since`, the latest first: at most `limit` of each.

    `judged` are the payments that are looked at anyway: what a terminal handed over has no row of its own there, and
    ends when the other stations agree.
    """
    found: list[CaseItem] = []
    if stores.switch is not None:
        rows = switches.cases(stores.switch, limit) + switches.ended_cases(stores.switch, since, limit)
        found += [CaseItem("switch", switches.case_stub(row), _ref(stores.switch, row)) for row in rows]
    for name, store in stores.each_issuer():
        for row in issuers.cases(store, limit) + issuers.ended_cases(store, since, limit):
            found.append(CaseItem(name, issuers.case_stub(row), _asked(stores, name, row)))
    for one, told in judged:
        terminal = told.evidence.terminal
        if isinstance(terminal, TerminalStub) and terminal.case:
            found += [CaseItem("terminal", case, one.ref) for case in told.cases if case.number == terminal.case]
    opened = sorted((item for item in found if not item.case.ended_at), key=lambda item: item.case.at)
    over = [item for item in found if item.case.ended_at >= max(since, 1)]
    ended = sorted(over, key=lambda item: item.case.ended_at, reverse=True)
    return opened[:limit] + ended[:limit]


def _ref(switch: Store, row: SwitchCase) -> str:
    """The attempt a case of the switch is about; of one that is archived the number of the case tells."""
    if row.rrn:
        stub = switches.stub(switch, row.rrn, history=False)
        return stub.ref if stub is not None else ""
    return "/".join(row.number.partition("-")[2].rsplit("-", 2))


def _asked(stores: Stores, issuer: str, row: IssuerCase) -> str:
    """The payment a case of an issuer is about."""
    found = [one for one in search(stores, Search(request=row.txn)) if one.ref or one.issuer == issuer]
    return (found[0].ref if found else "") or row.txn
