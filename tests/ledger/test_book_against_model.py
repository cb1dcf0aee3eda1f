"""Random sequences of requests, against a model too simple to be wrong.

Held after every step: the answer is the model's; balances and held amounts are the model's; `check` finds nothing;
nothing that was recorded has changed. On a failure Hypothesis prints the shortest sequence of calls that shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from counterfoil.errors import Refused
from counterfoil.ledger import Account, AccountKind, Book, Refusal, check

CARDS = ("card:1", "card:2")
OPENING = 100
START = [
    Account("fund", AccountKind.FUNDING, "CNY"),
    Account("shop", AccountKind.CLEARING, "CNY"),
    *(Account(card, AccountKind.CARDHOLDER, "CNY", 0, 0) for card in CARDS),
]
IDS = st.sampled_from([f"i{n}" for n in range(12)])
ACCOUNTS = st.sampled_from(["fund", "shop", *CARDS])
AMOUNTS = st.sampled_from([0, 1, 7, 40, 60, 100, 101])


class Model:
    """Money as plain numbers: what is where, what is set aside, and what was asked under which id."""

    def __init__(self) -> None:
        self.money = dict.fromkeys(("fund", "shop", *CARDS), 0)
        self.aside = dict.fromkeys(self.money, 0)
        self.asked: dict[str, tuple[Any, ...]] = {}
        self.open: dict[str, tuple[str, str, int, int]] = {}
        self.over: dict[str, str] = {}
        self.moves: dict[str, tuple[str, str, int, bool]] = {}
        self.undone: set[str] = set()

    def spendable(self, account: str, amount: int) -> bool:
        return account not in CARDS or self.money[account] - self.aside[account] >= amount

    def move(self, record: str, debit: str, credit: str, amount: int, *, back: bool = False) -> str:
        self.money[debit] -= amount
        self.money[credit] += amount
        self.moves[record] = (debit, credit, amount, back)
        return "created"

    def transfer(self, record: str, debit: str, credit: str, amount: int) -> str:
        if amount == 0:
            return "amount_zero"
        if debit == credit:
            return "accounts_same"
        if not self.spendable(debit, amount):
            return "limit_exceeded"
        return self.move(record, debit, credit, amount)

    def hold(self, record: str, debit: str, credit: str, amount: int, until: int) -> str:
        if amount == 0:
            return "amount_zero"
        if debit == credit:
            return "accounts_same"
        if not self.spendable(debit, amount):
            return "limit_exceeded"
        self.open[record] = (debit, credit, amount, until)
        if debit in CARDS:
            self.aside[debit] += amount
        return "created"

    def resolve(self, record: str, hold: str, now: int, amount: int | None, outcome: str) -> str:
        if amount == 0 and outcome == "posted":
            return "amount_zero"
        if hold not in self.open:
            return "hold_unknown"
        debit, credit, held, until = self.open[hold]
        if amount is not None and amount > held:
            return "amount_exceeds_hold"
        if hold in self.over:
            return f"already_{self.over[hold]}"
        if now >= until:
            return "already_expired"
        self.end(hold, outcome)
        return (
            self.move(record, debit, credit, held if amount is None else amount) if outcome == "posted" else "created"
        )

    def expire(self, hold: str, now: int) -> str:
        if hold not in self.open:
            return "hold_unknown"
        if hold in self.over:
            return "exists" if self.over[hold] == "expired" else f"already_{self.over[hold]}"
        if now < self.open[hold][3]:
            return "not_yet_expired"
        self.end(hold, "expired")
        return "created"

    def end(self, hold: str, outcome: str) -> None:
        self.over[hold] = outcome
        debit, _, held, _ = self.open[hold]
        if debit in CARDS:
            self.aside[debit] -= held

    def reverse(self, record: str, original: str) -> str:
        debit, credit, amount, back = self.moves[original]
        if back:
            return "reversal_of_reversal"
        if original in self.undone:
            return "already_reversed"
        if not self.spendable(credit, amount):
            return "limit_exceeded"
        self.undone.add(original)
        return self.move(record, credit, debit, amount, back=True)


class BookMachine(RuleBasedStateMachine):
    """The book and the model side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.book, self.model, self.now = Book(START), Model(), 1
        self.frozen: list[Any] = []
        for card in CARDS:
            self.book.transfer(f"open:{card}", "fund", card, OPENING, "CNY", 0)
            self.model.move(f"open:{card}", "fund", card, OPENING)

    def records(self) -> list[Any]:
        return [*self.book.new_entries, *self.book.new_holds, *self.book.new_resolutions]

    def both(self, record: str, asked: tuple[Any, ...], book: Callable[[], Any], model: Callable[[], str]) -> None:
        before = len(self.records())
        try:
            book()
            got = "created" if len(self.records()) > before else "exists"
        except Refused as refused:
            got = str(refused)
        if record in self.model.asked:
            if self.model.asked[record] == asked:
                assert got == "exists"
            else:
                assert got.startswith("exists_with_different_")
            return
        assert got == model()
        if got == "created":
            self.model.asked[record] = asked

    @rule(record=IDS, debit=ACCOUNTS, credit=ACCOUNTS, amount=AMOUNTS)
    def transfer(self, record: str, debit: str, credit: str, amount: int) -> None:
        self.both(
            record,
            ("transfer", debit, credit, amount),
            lambda: self.book.transfer(record, debit, credit, amount, "CNY", self.now),
            lambda: self.model.transfer(record, debit, credit, amount),
        )

    @rule(record=IDS, debit=ACCOUNTS, credit=ACCOUNTS, amount=AMOUNTS, ttl=st.sampled_from([2, 5]))
    def hold(self, record: str, debit: str, credit: str, amount: int, ttl: int) -> None:
        self.both(
            record,
            ("hold", debit, credit, amount, ttl),
            lambda: self.book.hold(record, debit, credit, amount, "CNY", self.now, ttl=ttl),
            lambda: self.model.hold(record, debit, credit, amount, self.now + ttl),
        )

    @rule(record=IDS, hold=IDS, amount=st.none() | AMOUNTS)
    def post(self, record: str, hold: str, amount: int | None) -> None:
        held = self.model.open.get(hold)
        self.both(
            record,
            ("post", hold, held[2] if held and amount is None else amount),
            lambda: self.book.post(record, hold, self.now, amount),
            lambda: self.model.resolve(record, hold, self.now, amount, "posted"),
        )

    @rule(record=IDS, hold=IDS)
    def void(self, record: str, hold: str) -> None:
        self.both(
            record,
            ("void", hold),
            lambda: self.book.void(record, hold, self.now),
            lambda: self.model.resolve(record, hold, self.now, None, "voided"),
        )

    @rule(hold=IDS)
    def expire(self, hold: str) -> None:
        self.both("", (), lambda: self.book.expire(hold, self.now), lambda: self.model.expire(hold, self.now))
        self.model.asked.pop("", None)

    @precondition(lambda self: self.model.moves)
    @rule(record=IDS, data=st.data())
    def reverse(self, record: str, data: st.DataObject) -> None:
        original = data.draw(st.sampled_from(self.book.new_entries))
        self.both(
            record,
            ("reverse", original.id),
            lambda: self.book.reverse(record, original, self.now),
            lambda: self.model.reverse(record, original.id),
        )

    @rule(seconds=st.integers(1, 3))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds

    @invariant()
    def balances_are_the_models(self) -> None:
        for card in CARDS:
            account = self.book.account(card)
            assert (account.balance, account.held) == (self.model.money[card], self.model.aside[card])
            assert account.available is not None
            assert account.available >= 0

    @invariant()
    def the_ledger_is_sound(self) -> None:
        accounts = [self.book.account(account.id) for account in START]
        believed = {h: row[2] for h, row in self.model.open.items() if h not in self.model.over}
        book = self.book
        assert check(accounts, book.new_entries, book.new_holds, book.new_resolutions, believed) == []

    @invariant()
    def nothing_recorded_ever_changes(self) -> None:
        records = [*map(repr, self.book.new_entries)]
        assert records[: len(self.frozen)] == self.frozen
        self.frozen = records


BookMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestBook = BookMachine.TestCase


@pytest.mark.parametrize("amount", [0, -1, True, 1.5])
def test_the_model_never_sees_what_is_no_amount(amount: Any) -> None:
    with pytest.raises(Refused) as caught:
        Book(START).transfer("T", "fund", "shop", amount, "CNY", 1)
    assert caught.value.refusal in {Refusal.AMOUNT_ZERO, Refusal.AMOUNT_NEGATIVE, Refusal.AMOUNT_NOT_INTEGER}
