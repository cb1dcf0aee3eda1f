"""What must be true of a ledger at any time, asked of its rows.

1. Per currency, all balances add up to zero: cached balances where there is a row, entries where there is none.
2. A cached balance is the sum of its entries; a cached held amount is the sum of its open holds.
3. Nothing is available below its floor.
4. An entry moves a positive integer between two known accounts of its currency; its id is its own.
5. A reversal is the exact reverse of an entry that is there, and the only one.
6. A hold ends at most once; what was posted is one entry along the hold's way and never more than was held.
7. The open holds are the open authorisations of the station that asked for them.

The first would be no check at all on entries alone, whose two sides are one row: it is the cached balances that can
disagree.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from counterfoil.ledger.account import Account
from counterfoil.ledger.entry import MAX_INTEGER, Entry
from counterfoil.ledger.hold import Hold, Outcome, Resolution


class Invariant(enum.Enum):
    """What was broken. The subject is a currency for the first, else the id of the record."""

    SUM_NOT_ZERO = "sum_not_zero"
    BALANCE_DIFFERS = "balance_differs"
    HELD_DIFFERS = "held_differs"
    BELOW_FLOOR = "below_floor"
    AMOUNT_WRONG = "amount_wrong"
    ACCOUNT_WRONG = "account_wrong"
    ID_TWICE = "id_twice"
    REVERSAL_DIFFERS = "reversal_differs"
    REVERSED_TWICE = "reversed_twice"
    RESOLVED_TWICE = "resolved_twice"
    HOLD_MISSING = "hold_missing"
    POSTING_DIFFERS = "posting_differs"
    AUTHORISATION_DIFFERS = "authorisation_differs"


class Violation(NamedTuple):
    """One broken invariant: whose, and in minor units what it should be and what it is (0 and 0 when not amounts)."""

    invariant: Invariant
    subject: str
    expected: int = 0
    found: int = 0

    def __str__(self) -> str:
        return f"{self.invariant.value}: {self.subject}, expected {self.expected}, found {self.found}"


def check(
    accounts: Iterable[Account],
    entries: Iterable[Entry],
    holds: Iterable[Hold] = (),
    resolutions: Iterable[Resolution] = (),
    authorisations: Mapping[str, int] | None = None,
) -> list[Violation]:
    """Every violation in a whole ledger, [] when it is sound.

    `authorisations` maps the hold ids the station believes open to their amounts; None skips that comparison.
    """
    known = {account.id: account for account in accounts}
    booked = list(entries)
    held = {hold.id: hold for hold in holds}
    ended = list(resolutions)
    over = {resolution.hold for resolution in ended}
    open_holds = {hold_id: hold for hold_id, hold in held.items() if hold_id not in over}
    found = [
        *_entries(known, booked, held),
        *_reversals(booked),
        *_holds(booked, held, ended),
        *_balances(known, booked, open_holds),
    ]
    if authorisations is not None:
        amounts = {hold_id: hold.amount for hold_id, hold in open_holds.items()}
        for hold_id in sorted(amounts.keys() | authorisations.keys()):
            expected, actual = authorisations.get(hold_id, 0), amounts.get(hold_id, 0)
            if expected != actual:
                found.append(Violation(Invariant.AUTHORISATION_DIFFERS, hold_id, expected, actual))
    return found


def sums(accounts: Iterable[Account], entries: Iterable[Entry]) -> dict[str, int]:
    """All balances added up per currency: zero everywhere, or money was made or lost."""
    known = {account.id: account for account in accounts}
    nets = _nets(entries)
    total: dict[str, int] = defaultdict(int)
    for account in known.values():
        total[account.currency] += nets.get(account.id, 0) if account.balance is None else account.balance
    return dict(sorted(total.items()))


def _nets(entries: Iterable[Entry]) -> dict[str, int]:
    nets: dict[str, int] = defaultdict(int)
    for entry in entries:
        nets[entry.debit] -= entry.amount
        nets[entry.credit] += entry.amount
    return nets


def _entries(known: Mapping[str, Account], booked: list[Entry], held: Mapping[str, Hold]) -> Iterator[Violation]:
    seen = set(held)
    for entry in booked:
        if entry.id in seen:
            yield Violation(Invariant.ID_TWICE, entry.id)
        seen.add(entry.id)
        if type(entry.amount) is not int or not 0 < entry.amount <= MAX_INTEGER:
            yield Violation(Invariant.AMOUNT_WRONG, entry.id)
        sides = (known.get(entry.debit), known.get(entry.credit))
        if entry.debit == entry.credit or any(side is None or side.currency != entry.currency for side in sides):
            yield Violation(Invariant.ACCOUNT_WRONG, entry.id)


def _reversals(booked: list[Entry]) -> Iterator[Violation]:
    originals = {entry.id: entry for entry in booked if not entry.reverses}
    done: set[str] = set()
    for entry in booked:
        if not entry.reverses:
            continue
        if entry.reverses in done:
            yield Violation(Invariant.REVERSED_TWICE, entry.reverses)
        done.add(entry.reverses)
        original = originals.get(entry.reverses)
        if original is None or original.reversed(entry.id, entry.at) != entry:
            yield Violation(Invariant.REVERSAL_DIFFERS, entry.id)


def _holds(booked: list[Entry], held: Mapping[str, Hold], ended: list[Resolution]) -> Iterator[Violation]:
    postings: dict[str, list[Entry]] = defaultdict(list)
    for entry in booked:
        if entry.hold:
            postings[entry.hold].append(entry)
    resolved: set[str] = set()
    for resolution in ended:
        if resolution.hold in resolved:
            yield Violation(Invariant.RESOLVED_TWICE, resolution.hold)
            continue
        resolved.add(resolution.hold)
        hold = held.get(resolution.hold)
        if hold is None:
            yield Violation(Invariant.HOLD_MISSING, resolution.id)
            continue
        found = postings.pop(hold.id, [])
        expected = [_posting(hold, resolution)] if resolution.outcome is Outcome.POSTED else []
        if found != expected or not 0 <= resolution.amount <= hold.amount:
            yield Violation(Invariant.POSTING_DIFFERS, hold.id, resolution.amount, sum(e.amount for e in found))
    for hold_id, extra in postings.items():
        yield Violation(Invariant.POSTING_DIFFERS, hold_id, 0, sum(entry.amount for entry in extra))


def _posting(hold: Hold, end: Resolution) -> Entry:
    return Entry(end.id, hold.debit, hold.credit, end.amount, hold.currency, end.at, hold.ref, hold=hold.id)


def _balances(known: Mapping[str, Account], booked: list[Entry], open_holds: Mapping[str, Hold]) -> Iterator[Violation]:
    for currency, total in sums(known.values(), booked).items():
        if total:
            yield Violation(Invariant.SUM_NOT_ZERO, currency, 0, total)
    nets = _nets(booked)
    set_aside: dict[str, int] = defaultdict(int)
    for hold in open_holds.values():
        set_aside[hold.debit] += hold.amount
    for account in known.values():
        if account.balance is None:
            continue
        net, held = nets.get(account.id, 0), set_aside.get(account.id, 0)
        if account.balance != net:
            yield Violation(Invariant.BALANCE_DIFFERS, account.id, net, account.balance)
        if account.held != held:
            yield Violation(Invariant.HELD_DIFFERS, account.id, held, account.held)
        if account.floor is not None and account.balance - account.held < account.floor:
            yield Violation(Invariant.BELOW_FLOOR, account.id, account.floor, account.balance - account.held)
