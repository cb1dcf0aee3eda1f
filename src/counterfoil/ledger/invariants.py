"""What must be true of a ledger at any time, asked of its rows.

1. Per currency, all balances add up to zero: cached balances where there is a row, entries where there is none.
2. A cached balance is the sum of its entries; a cached held amount is the sum of its open holds.
3. Nothing is available below its floor, by more than what was forced because it had been promised.
4. An entry or a hold is of a positive integer between two known accounts of its currency; its id is its own.
5. A reversal goes back along the way of an entry that is there, and is the only one of it. It gives back just what its
   original's children did not: never do they, all together, give back more than the original.
6. A child takes from where its original went.
7. A hold ends at most once. A posting takes a family of holds along their way: all of each, or what was left to post.
8. An increment is as the first hold of its family; a hold that stands again is as it was, once.
9. The open holds are the open authorisations of the station that asked for them.

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
from counterfoil.ledger.hold import Hold, HoldOutcome, Resolution


class Invariant(enum.Enum):
    """Invariant that was broken. The subject is a currency for the first, else the id of the record."""

    SUM_NOT_ZERO = "sum_not_zero"
    BALANCE_DIFFERS = "balance_differs"
    HELD_DIFFERS = "held_differs"
    BELOW_FLOOR = "below_floor"
    AMOUNT_WRONG = "amount_wrong"
    ACCOUNT_WRONG = "account_wrong"
    ID_TWICE = "id_twice"
    REVERSAL_DIFFERS = "reversal_differs"
    REVERSED_TWICE = "reversed_twice"
    CHILD_DIFFERS = "child_differs"
    RETURNED_DIFFERS = "returned_differs"
    RESOLVED_TWICE = "resolved_twice"
    HOLD_MISSING = "hold_missing"
    HOLD_DIFFERS = "hold_differs"
    POSTING_DIFFERS = "posting_differs"
    AUTHORISATION_DIFFERS = "authorisation_differs"


class Violation(NamedTuple):
    """Broken invariant: its subject, and in minor units the right and the actual amount (0 and 0 when not amounts)."""

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
    """All violations in a whole ledger, [] when it is sound.

    `authorisations` maps the ids of holds that the station has as open to their amounts; None skips that comparison.
    """
    known = {account.id: account for account in accounts}
    booked = list(entries)
    held = {hold.id: hold for hold in holds}
    ended = list(resolutions)
    over = {resolution.hold for resolution in ended}
    open_holds = {hold_id: hold for hold_id, hold in held.items() if hold_id not in over}
    found = [
        *_ways(known, [*held.values(), *booked]),
        *_reversals(booked),
        *_families(booked),
        *_increments(held, ended),
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
    """Sum of all balances per currency, minor units: anything but zero is money that was made or lost."""
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


def _ways(known: Mapping[str, Account], records: Iterable[Hold | Entry]) -> Iterator[Violation]:
    seen: set[str] = set()
    for one in records:
        if one.id in seen:
            yield Violation(Invariant.ID_TWICE, one.id)
        seen.add(one.id)
        if type(one.amount) is not int or not 0 < one.amount <= MAX_INTEGER:
            yield Violation(Invariant.AMOUNT_WRONG, one.id)
        sides = (known.get(one.debit), known.get(one.credit))
        if one.debit == one.credit or any(side is None or side.currency != one.currency for side in sides):
            yield Violation(Invariant.ACCOUNT_WRONG, one.id)


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
        if original is None or original.reversed(entry.id, entry.at, entry.amount) != entry:
            yield Violation(Invariant.REVERSAL_DIFFERS, entry.id)


def _families(booked: list[Entry]) -> Iterator[Violation]:
    """Violations in families: a child that does not fit its original, and returns that do not add up to it."""
    entries = {entry.id: entry for entry in booked}
    reversals: dict[str, int] = defaultdict(int)
    children: dict[str, list[Entry]] = defaultdict(list)
    for entry in booked:
        if entry.reverses:
            reversals[entry.reverses] += entry.amount
        if entry.original:
            children[entry.original].append(entry)
            original = entries.get(entry.original)
            if original is None or (original.credit, original.currency) != (entry.debit, entry.currency):
                yield Violation(Invariant.CHILD_DIFFERS, entry.id)

    def given(entry: Entry, above: tuple[str, ...] = ()) -> int:
        below = [child for child in children.get(entry.id, ()) if child.id not in above]
        return sum(child.amount - reversals.get(child.id, 0) - given(child, (*above, entry.id)) for child in below)

    for name in sorted(reversals.keys() | children.keys()):
        original = entries.get(name)
        if original is None:
            continue  # said already, where it is named
        back = reversals.get(name, 0) + given(original)
        if back > original.amount or (name in reversals and back != original.amount):
            yield Violation(Invariant.RETURNED_DIFFERS, name, original.amount, back)


def _increments(held: Mapping[str, Hold], ended: list[Resolution]) -> Iterator[Violation]:
    ends = {resolution.hold: resolution for resolution in ended}
    again: set[str] = set()
    for hold in held.values():
        first = held.get(hold.first)
        fits = first is not None and not first.original and _way(first) == _way(hold)
        if hold.again:
            before, end = held.get(hold.again), ends.get(hold.again)
            fits = fits and before is not None and before.standing_again(hold.id, hold.at) == hold
            fits = fits and end is not None and end.outcome is not HoldOutcome.EXPIRED and hold.again not in again
            again.add(hold.again)
        if not fits:
            yield Violation(Invariant.HOLD_DIFFERS, hold.id)


def _way(record: Hold | Entry) -> tuple[str, str, str]:
    return record.debit, record.credit, record.currency


def _holds(booked: list[Entry], held: Mapping[str, Hold], ended: list[Resolution]) -> Iterator[Violation]:
    postings = {entry.id: entry for entry in booked if entry.hold}
    taken: dict[str, list[Resolution]] = defaultdict(list)
    resolved: set[str] = set()
    for resolution in ended:
        hold = held.get(resolution.hold)
        if resolution.hold in resolved:
            yield Violation(Invariant.RESOLVED_TWICE, resolution.hold)
        elif hold is None:
            yield Violation(Invariant.HOLD_MISSING, resolution.id)
        elif resolution.outcome is HoldOutcome.POSTED:
            taken[resolution.id].append(resolution)
        elif resolution.amount:
            yield Violation(Invariant.POSTING_DIFFERS, hold.id, 0, resolution.amount)
        resolved.add(resolution.hold)
    for name in {**taken, **postings}:
        ends, entry = taken.get(name, []), postings.get(name)
        whole = sum(held[end.hold].amount for end in ends)
        parts = sum(end.amount for end in ends)
        moved = entry.amount if entry is not None else 0
        first = held.get(entry.hold) if entry is not None else None
        fits = entry is not None and first is not None and _way(first) == _way(entry) and bool(ends)
        fits = fits and all(
            held[end.hold].first == entry.hold and end.at == entry.at and 0 <= end.amount <= held[end.hold].amount
            for end in ends
            if entry is not None
        )
        if not fits or parts != min(moved, whole):
            yield Violation(Invariant.POSTING_DIFFERS, name, parts, moved)


def _balances(known: Mapping[str, Account], booked: list[Entry], open_holds: Mapping[str, Hold]) -> Iterator[Violation]:
    for currency, total in sums(known.values(), booked).items():
        if total:
            yield Violation(Invariant.SUM_NOT_ZERO, currency, 0, total)
    nets = _nets(booked)
    set_aside: dict[str, int] = defaultdict(int)
    promised: dict[str, int] = defaultdict(int)
    for hold in open_holds.values():
        set_aside[hold.debit] += hold.amount
        promised[hold.debit] += hold.amount if hold.again else 0
    for entry in booked:
        promised[entry.debit] += entry.amount if entry.forced else 0
    for account in known.values():
        if account.balance is None:
            continue
        net, held = nets.get(account.id, 0), set_aside.get(account.id, 0)
        if account.balance != net:
            yield Violation(Invariant.BALANCE_DIFFERS, account.id, net, account.balance)
        if account.held != held:
            yield Violation(Invariant.HELD_DIFFERS, account.id, held, account.held)
        if account.floor is not None and account.overdrawn > promised.get(account.id, 0):
            lowest = account.floor - promised.get(account.id, 0)
            yield Violation(Invariant.BELOW_FLOOR, account.id, lowest, account.balance - account.held)
