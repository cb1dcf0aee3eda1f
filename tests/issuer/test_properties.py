"""Whatever arrives in whatever order, in whatever steps, across restarts: the ledger stays sound.

Beside the issuer runs a naive model of what the loop promises: a purchase is booked once or never, a reversal undoes it
once, a purchase that was reversed first is never booked, and every message gets the answer it got before.
"""

from __future__ import annotations

from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterfoil.iso8583 import Message
from issuer.bank import Bank

CARDS: Final = ("alice", "poor", "twice")
START: Final = {"alice": 500_000, "poor": 100, "twice": 500_000}
PURCHASES: Final = 8

actions = st.tuples(
    st.sampled_from(["buy", "buy", "buy again", "undo", "undo again"]),
    st.integers(min_value=0, max_value=PURCHASES - 1),
)
steps = st.lists(st.lists(actions, min_size=1, max_size=6), min_size=1, max_size=8)
amounts = st.lists(st.sampled_from([1, 60, 100, 1250]), min_size=PURCHASES, max_size=PURCHASES)
restarts = st.sets(st.integers(min_value=0, max_value=8))


class Model:
    """What should have happened to the money."""

    def __init__(self) -> None:
        self.balances = dict(START)
        self.count = 0
        self.state: dict[int, str] = {}

    def buy(self, number: int, card: str, amount: int) -> str:
        state = self.state.get(number)
        if state is None:
            if card == "twice" and self.count == 2:
                self.state[number] = state = "65"
            elif amount > self.balances[card]:
                self.state[number] = state = "51"
            else:
                self.count += card == "twice"
                self.balances[card] -= amount
                self.state[number] = state = "00"
        return "12" if state in ("undone", "tombstone") else state

    def undo(self, number: int, card: str, amount: int) -> str:
        state = self.state.get(number)
        if state == "00":
            self.balances[card] += amount
            self.state[number] = "undone"
        elif state is None:
            self.state[number] = state = "tombstone"
        return "25" if state == "tombstone" else "00"


class World:
    """The issuer, the model, and the messages of up to eight purchases."""

    def __init__(self, sums: list[int]) -> None:
        self.bank = Bank(enrol=CARDS)
        self.model = Model()
        self.facts = [(CARDS[number % len(CARDS)], amount) for number, amount in enumerate(sums)]
        self.purchases = [self.bank.purchase(card, amount) for card, amount in self.facts]
        self.advices = [self.bank.advice(purchase) for purchase in self.purchases]
        self.answered: dict[int, str] = {}

    def message(self, action: str, number: int) -> Message:
        if action.startswith("buy"):
            message = self.purchases[number].copy()
            message.mti = "0201" if action.endswith("again") else "0200"
        else:
            message = self.advices[number].copy()
            message.mti = "0421" if action.endswith("again") else "0420"
        return message

    def expected(self, action: str, number: int) -> str:
        card, amount = self.facts[number]
        if action.startswith("buy"):
            return self.model.buy(number, card, amount)
        # The same advice gets the same answer, whatever has happened to its original since.
        return self.answered.setdefault(number, self.model.undo(number, card, amount))

    def play(self, batch: list[tuple[str, int]]) -> None:
        answers = self.bank.ask(*(self.message(*action) for action in batch))
        assert [answer.de39 for answer in answers] == [self.expected(*action) for action in batch]
        self.bank.assert_sound()
        assert {name: self.bank.card(name)["balance"] for name in CARDS} == self.model.balances


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(batches=steps, sums=amounts, dies_after=restarts)
def test_any_order_of_purchases_reversals_and_repeats_keeps_the_ledger_sound(
    batches: list[list[tuple[str, int]]], sums: list[int], dies_after: set[int]
) -> None:
    world = World(sums)
    for number, batch in enumerate(batches):
        world.play(batch)
        if number in dies_after:
            world.bank.restart()
    told = [notice.name for notice in world.bank.told()]
    events = sum(1 + (state == "undone") for state in world.model.state.values() if state in ("00", "undone"))
    assert len(set(told)) == events


@settings(max_examples=40, deadline=None)
@given(batch=st.lists(actions, min_size=2, max_size=12), sums=amounts)
def test_one_step_of_many_is_many_steps_of_one(batch: list[tuple[str, int]], sums: list[int]) -> None:
    together, apart = World(sums), World(sums)
    at_once = together.bank.ask(*(together.message(*action) for action in batch))
    one_by_one = [answer for action in batch for answer in apart.bank.ask(apart.message(*action))]
    assert at_once == one_by_one
    for table in ("txn", "entry", "account", "card", "advice"):
        assert together.bank.rows(table) == apart.bank.rows(table)
    lines = "txn, at, what, leg, message, answered"  # the numbers of the lines differ
    assert together.bank.rows("trail", lines) == apart.bank.rows("trail", lines)
