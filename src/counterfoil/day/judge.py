"""The judge of a day stands outside: what the cashiers were told, against what the issuers booked.

Card by card: what changed of its balance, and of what is set aside on it, must be what the approvals the cashiers saw
do to it. Transaction by transaction: at the issuer exactly that stands which the cashier was told, and against it what
the cashiers saw approved against it. One that breaks any of these is one-sided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from counterfoil.day import books
from counterfoil.day.effect import CardMoney, stands_at
from counterfoil.day.town import BasketSale, Town
from counterfoil.inquiry import Candidate, Stores, finding
from counterfoil.issuer import stubs as issuers
from counterfoil.step import SECOND, Instant
from counterfoil.transaction import IssuerStub, SwitchStub, TerminalStub, parse_ref
from counterfoil.verdict import Finding, Verdict

AT_REST: Final = frozenset({Verdict.PAID, Verdict.PAID_RECEIPT_OPEN, Verdict.NOT_CHARGED, Verdict.RETURNED})


class DayJudgement(msgspec.Struct):
    """What was found. A one-sided sale is reported when a person was given it as a case. `undone` counts charges that
    were posted and returned by the leg that broke; `closing` is, in microseconds, how long each sale that had to be
    reversed was open; `suspects` are the references to look at; `nets` are the day's takings by whoever says so.
    """

    reversed: int = 0
    one_sided: int = 0
    one_sided_unreported: int = 0
    exceptions: int = 0
    cards_off: int = 0
    ledger_sum: int = 0
    undone: Counter[int] = msgspec.field(default_factory=Counter)
    verdicts: Counter[str] = msgspec.field(default_factory=Counter)
    closing: list[Instant] = msgspec.field(default_factory=list)
    suspects: list[str] = msgspec.field(default_factory=list)
    half_written: list[str] = msgspec.field(default_factory=list)
    unowned: list[str] = msgspec.field(default_factory=list)
    nets: dict[str, int] = msgspec.field(default_factory=dict)
    prints: int = 0
    originals_twice: list[str] = msgspec.field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is one-sided without a case, nothing half written, and every sum is the same."""
        same = len(set(self.nets.values())) <= 1 or bool(self.exceptions)
        left = (self.one_sided_unreported, self.ledger_sum, self.half_written, self.unowned, self.originals_twice)
        return same and not any(left)


class Opening(NamedTuple):
    """How the books stood when the day began: every shopper's account, and what clearing held from them."""

    balances: Mapping[str, CardMoney]
    cleared: int

    @classmethod
    def of(cls, town: Town) -> Opening:
        """The books as they stand now."""
        with town.stores() as stores:
            return cls(town.balances(), books.cleared(stores, [shopper.name for shopper in town.shoppers]))


def judge_day(town: Town, sales: Sequence[BasketSale], opening: Opening) -> DayJudgement:
    """Judge a day that has come to rest."""
    found = DayJudgement()
    children = approved_against(sales)
    now = town.now()
    with town.stores() as stores:
        for sale in sales:
            judge_sale(stores, sale, children.get(sale.key, []), now, found)
        found.ledger_sum = sum(abs(total) for total in ledger_sums(stores).values())
        found.half_written = books.half_written(stores)
        found.unowned = books.unowned(stores)
        found.nets = books.nets(stores, sales)
    closing = Opening.of(town)
    off = cards_off(sales, opening.balances, closing.balances)
    found.cards_off = len(off)
    found.one_sided = max(found.one_sided, len(off))
    found.one_sided_unreported = max(found.one_sided_unreported, len(off) - found.exceptions)
    found.suspects += [f"card {name}" for name in off]
    found.nets["customers"] = total(opening.balances) - total(closing.balances)
    found.nets["clearing"] = closing.cleared - opening.cleared
    judge_paper(town, sales, found)
    return found


def approved_against(sales: Sequence[BasketSale]) -> dict[str, list[str]]:
    """The kinds of what the cashiers saw approved against a transaction, by its till key."""
    found: dict[str, list[str]] = {}
    for sale in sales:
        if sale.of is not None and sale.outcome == "approved":
            found.setdefault(sale.of.key, []).append(sale.kind.name)
    return found


def cards_off(
    sales: Sequence[BasketSale], before: Mapping[str, CardMoney], after: Mapping[str, CardMoney]
) -> list[str]:
    """The cards of which balance or hold did not change as their cashiers saw."""
    expected = dict.fromkeys((*before, *after), CardMoney())
    for sale in sales:
        name = sale.shopper.name
        expected[name] = expected.get(name, CardMoney()).plus(sale.effect.change)
    none = CardMoney()
    return [name for name, change in expected.items() if after.get(name, none).since(before.get(name, none)) != change]


def total(accounts: Mapping[str, CardMoney]) -> int:
    """What is on all of them together."""
    return sum(account.balance for account in accounts.values())


def judge_paper(town: Town, sales: Sequence[BasketSale], found: DayJudgement) -> None:
    """The slips in the trays: one ORIGINAL of a copy at most, and none of a sale the cashier saw fail."""
    paper = books.receipts(town.receipts, sales)
    found.prints, found.originals_twice = paper.prints, paper.originals_twice
    unpaid = [ref for ref in paper.unpaid if ref not in found.suspects]
    found.one_sided += len(unpaid)
    found.one_sided_unreported += len(unpaid)
    found.suspects += unpaid


def judge_sale(stores: Stores, sale: BasketSale, children: Sequence[str], now: Instant, found: DayJudgement) -> None:
    """One transaction: is it at rest, and does at the issuer exactly that stand which the cashiers were told, of it and
    against it?
    """
    answer = look(stores, sale, now)
    if answer is None:
        if sale.outcome != "not_sent":
            found.one_sided += 1
            found.one_sided_unreported += 1
            found.suspects.append(sale.ref or sale.key)
        return
    issuer = answer.evidence.issuer
    promised = sale.effect
    against = sorted(one.kind for one in issuer.against) if issuer is not None else []
    agree = stands_at(issuer, promised.ended) == promised and against == sorted(children)
    found.verdicts[answer.verdict.value] += 1
    reported = answer.verdict is Verdict.EXCEPTION
    found.exceptions += reported
    if not agree or answer.verdict not in AT_REST:
        found.one_sided += 1
        found.one_sided_unreported += not reported
        found.suspects.append(sale.ref)
    if was_reversed(answer):
        found.reversed += 1
        found.closing.append(last_change(answer) - first_stub(answer).started_at)
    if answer.verdict is Verdict.RETURNED and answer.stopped_at is not None:
        found.undone[answer.stopped_at.leg] += 1


def look(stores: Stores, sale: BasketSale, now: Instant) -> Finding | None:
    """The verdict of one sale; None when no station has heard of it."""
    key = parse_ref(sale.ref)
    if key is None:
        return None
    one = Candidate(sale.ref, "", key.terminal, "", sale.amount, sale.shopper.currency, sale.shopper.pan[-4:], now)
    try:
        return finding(stores, one, now)
    except ValueError:
        return None


def stubs_of(answer: Finding) -> list[TerminalStub | SwitchStub | IssuerStub]:
    """The stubs there are."""
    return [stub for stub in answer.evidence if isinstance(stub, TerminalStub | SwitchStub | IssuerStub)]


def was_reversed(answer: Finding) -> bool:
    """Whether a reversal of this sale was owed by the terminal or by the switch."""
    return any(not isinstance(stub, IssuerStub) and stub.reversal_reason for stub in stubs_of(answer)) or (
        answer.evidence.switch is not None and answer.evidence.switch.state in {"reversing", "reversed", "tombstone"}
    )


def first_stub(answer: Finding) -> TerminalStub | SwitchStub | IssuerStub:
    """The stub that began it."""
    return min(stubs_of(answer), key=lambda stub: stub.started_at)


def last_change(answer: Finding) -> Instant:
    """When the last station had closed it."""
    return max(stub.updated_at for stub in stubs_of(answer))


def ledger_sums(stores: Stores) -> dict[str, int]:
    """Per issuer and currency, what all accounts add up to."""
    sums: dict[str, int] = {}
    for name, store in stores.each_issuer():
        for currency, total in issuers.accounts(store)["sum"].items():
            sums[f"{name} {currency}"] = total
    return sums


def percentiles(values: list[Instant]) -> dict[str, Any]:
    """p50, p99 and max in seconds; None when nothing was measured."""
    if not values:
        return {"p50": None, "p99": None, "max": None}
    ordered = sorted(values)

    def at(share: int) -> float:
        index = min(len(ordered) - 1, len(ordered) * share // 100)
        return round(ordered[index] / SECOND, 3)

    return {"p50": at(50), "p99": at(99), "max": at(100)}
