"""The judge of a day stands outside: what the cashiers were told, against what the issuers booked.

Card by card: opening balance less closing balance must be the sum of the approvals the cashiers saw. Sale by sale: the
issuer holds the amount exactly when the cashier was told yes. A sale that breaks either is one-sided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from counterfoil.day.town import Sale, Town
from counterfoil.inquiry import Candidate, Stores, finding
from counterfoil.issuer import stubs as issuers
from counterfoil.step import SECOND, Instant
from counterfoil.transaction import IssuerStub, SwitchStub, TerminalStub, parse_ref
from counterfoil.verdict import Finding, Verdict

AT_REST: Final = frozenset({Verdict.PAID, Verdict.PAID_RECEIPT_OPEN, Verdict.NOT_CHARGED, Verdict.RETURNED})


class Judgement(msgspec.Struct):
    """What was found. `undone` counts charges that were posted and returned by the leg that broke; `closing` is, in
    microseconds, how long each sale that had to be reversed was open; `suspects` are the references to look at.
    """

    reversed: int = 0
    one_sided: int = 0
    cards_off: int = 0
    ledger_sum: int = 0
    undone: Counter[int] = msgspec.field(default_factory=Counter)
    verdicts: Counter[str] = msgspec.field(default_factory=Counter)
    closing: list[Instant] = msgspec.field(default_factory=list)
    suspects: list[str] = msgspec.field(default_factory=list)


def judge_day(town: Town, sales: Iterable[Sale], opening: Mapping[str, int]) -> Judgement:
    """Judge a day that has come to rest."""
    found = Judgement()
    expected: Counter[str] = Counter()
    now = town.now()
    with town.stores() as stores:
        for sale in sales:
            if sale.outcome == "approved":
                expected[sale.shopper.name] += sale.basket.amount
            judge_sale(stores, sale, now, found)
        found.ledger_sum = sum(abs(total) for total in ledger_sums(stores).values())
    closing = town.balances()
    off = [name for name in opening if opening[name] - closing.get(name, 0) != expected[name]]
    found.cards_off = len(off)
    found.one_sided = max(found.one_sided, len(off))
    found.suspects += [f"card {name}" for name in off]
    return found


def judge_sale(stores: Stores, sale: Sale, now: Instant, found: Judgement) -> None:
    """One sale: is it at rest, and does the issuer hold exactly what the cashier was told?"""
    answer = look(stores, sale, now)
    if answer is None:
        if sale.outcome != "not_sent":
            found.one_sided += 1
            found.suspects.append(sale.ref or sale.key)
        return
    issuer = answer.evidence.issuer
    held = issuer.debited - issuer.returned if issuer is not None else 0
    promised = sale.basket.amount if sale.outcome == "approved" else 0
    found.verdicts[answer.verdict.value] += 1
    if held != promised or answer.verdict not in AT_REST:
        found.one_sided += 1
        found.suspects.append(sale.ref)
    if was_reversed(answer):
        found.reversed += 1
        found.closing.append(last_change(answer) - first_stub(answer).started_at)
    if answer.verdict is Verdict.RETURNED and answer.stopped_at is not None:
        found.undone[answer.stopped_at.leg] += 1


def look(stores: Stores, sale: Sale, now: Instant) -> Finding | None:
    """The verdict of one sale; None when no station has heard of it."""
    key = parse_ref(sale.ref)
    if key is None:
        return None
    one = Candidate(
        sale.ref, "", key.terminal, "", sale.basket.amount, sale.shopper.currency, sale.shopper.pan[-4:], now
    )
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
