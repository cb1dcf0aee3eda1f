"""Requests of every kind, their repeats and reversals, in any order, in any steps, while time passes.

Beside the issuer runs a naive model: what stands, what is set aside, and what each card has by that.
"""

from __future__ import annotations

from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterfoil.iso8583 import Message
from counterfoil.issuer import stub
from counterfoil.kinds import BY_NAME
from issuer.bank import DAY, Bank
from issuer.kind_requests import named, referring, request

CARDS: Final = ("alice", "poor")
START: Final = {"alice": 500_000, "poor": 100}
AMOUNTS: Final = (40, 46, 47, 60, 100)
WAYS: Final = {"void": "purchase", "preauth_void": "preauth", "completion": "preauth"}
KEPT_DAYS: Final = 30
SLOTS: Final = 9
ORPHAN: Final = "25"


class Slot:
    """One request: what it is of, and what became of it."""

    def __init__(self, kind: str, card: str, amount: int, of: Slot | None) -> None:
        self.kind, self.card, self.amount, self.of = kind, card, amount, of
        self.state = ""  # "ok", "undone", "reversed first", or the DE39 of a no
        self.day = 0  # when a hold began
        self.children: list[Slot] = []
        self.message: Message | None = None
        self.advice: Message | None = None
        self.approval = "000000"
        self.reversal = ""

    @property
    def closed(self) -> bool:
        return any(child.state == "ok" for child in self.children)

    def open(self, day: int) -> bool:
        """Whether it sets its amount aside."""
        return self.kind == "preauth" and self.state == "ok" and not self.closed and day < self.day + KEPT_DAYS


class Model:
    """What should have happened to the money."""

    def __init__(self, slots: list[Slot]) -> None:
        self.slots = slots
        self.day = 0
        self.balances = dict(START)
        self.events = 0

    def held(self, card: str) -> int:
        return sum(slot.amount for slot in self.slots if slot.card == card and slot.open(self.day))

    def ask(self, slot: Slot) -> str:
        if not slot.state:
            slot.state = self.refusal(slot) or self.done(slot)
        known = {"ok": "00", "undone": "12", "reversed first": "12"}
        return known.get(slot.state, slot.state)

    def refusal(self, slot: Slot) -> str:
        of, available = slot.of, self.balances[slot.card] - self.held(slot.card)
        if of is None:
            return "51" if slot.kind != "balance" and slot.amount > available else ""
        if not of.state or of.card != slot.card:
            return ORPHAN
        if of.state != "ok" or WAYS[slot.kind] != of.kind or of.closed:
            return "12"
        if of.kind == "preauth" and not of.open(self.day):
            return "22"
        if slot.kind != "completion":
            return "64" if slot.amount != of.amount else ""
        if slot.amount * 100 > of.amount * 115:
            return "64"
        return "51" if slot.amount > of.amount and slot.amount - of.amount > available else ""

    def done(self, slot: Slot) -> str:
        self.balances[slot.card] += {"purchase": -1, "completion": -1, "void": 1}.get(slot.kind, 0) * slot.amount
        slot.day = self.day
        self.events += slot.kind != "balance"
        if slot.of is not None:
            slot.of.children.append(slot)
        return "ok"

    def undo(self, slot: Slot) -> str:
        if slot.state == "ok":
            self.events += self.undone(slot)
            slot.state = "undone"
        elif not slot.state:
            slot.state = "reversed first"
        return ORPHAN if slot.state == "reversed first" else "00"

    def undone(self, slot: Slot) -> bool:
        """Take back what stands of it; whether anything did."""
        if slot.kind == "preauth":
            return slot.open(self.day)
        if slot.closed:
            return False
        of_stands = slot.of is not None and slot.of.state == "ok"
        if slot.kind in ("void", "preauth_void") and not of_stands:
            return False
        self.balances[slot.card] += {"purchase": 1, "completion": 1, "void": -1}.get(slot.kind, 0) * slot.amount
        return True


plans = st.lists(
    st.tuples(
        st.sampled_from(
            ["purchase", "preauth", "preauth", "void", "preauth_void", "completion", "completion", "balance"]
        ),
        st.sampled_from([*CARDS, "poor"]),
        st.sampled_from(AMOUNTS),
        st.integers(0, SLOTS),
        st.booleans(),
    ),
    min_size=3,
    max_size=SLOTS,
)
deeds = st.tuples(st.sampled_from(["ask", "ask", "ask", "again", "undo"]), st.integers(0, SLOTS - 1))
steps = st.lists(st.lists(deeds, min_size=1, max_size=5), min_size=1, max_size=8)
waits = st.lists(st.sampled_from([0, 0, 0, 1, 29, 30]), min_size=8, max_size=8)


def slots_of(plan: list[tuple[str, str, int, int, bool]]) -> list[Slot]:
    """The requests of a plan. What refers to another refers to one before it, mostly one it fits."""
    slots: list[Slot] = []
    for kind, card, amount, which, fits in plan:
        before = [slot for slot in slots if not fits or slot.kind == WAYS.get(kind)] or slots
        if kind not in WAYS:
            slots.append(Slot(kind, card, amount, None))
        elif before:
            of = before[which % len(before)]
            slots.append(Slot(kind, of.card if fits else card, of.amount if fits and amount < 60 else amount, of))
    return slots


class World:
    """The issuer, the model, and the messages."""

    def __init__(self, plan: list[tuple[str, str, int, int, bool]]) -> None:
        self.bank = Bank(enrol=CARDS)
        self.model = Model(slots_of(plan))
        for slot in self.model.slots:  # every key before the first request, so that any may be named
            of = slot.of.message if slot.of is not None else None
            refers = referring(of, "000000") if of is not None else {}
            slot.message = request(self.bank, BY_NAME[slot.kind], slot.card, slot.amount, **refers)
        for slot in self.model.slots:
            assert slot.message is not None
            slot.advice = self.bank.advice(slot.message, de90=named(slot.message))

    def message(self, deed: str, slot: Slot) -> Message:
        if deed == "undo":
            assert slot.advice is not None
            return slot.advice.copy()
        assert slot.message is not None
        message = slot.message.copy()
        if slot.of is not None:
            message.de38 = slot.of.approval
        message.mti = message.mti[:3] + ("1" if deed == "again" else "0")
        return message

    def expected(self, deed: str, slot: Slot) -> str:
        if deed != "undo":
            return self.model.ask(slot)
        if slot.kind == "balance":
            return "30"
        slot.reversal = slot.reversal or self.model.undo(slot)
        return slot.reversal

    def play(self, batch: list[tuple[str, int]]) -> None:
        done = [(deed, self.model.slots[number % len(self.model.slots)]) for deed, number in batch]
        for answer, (deed, slot) in zip(self.bank.ask(*(self.message(*one) for one in done)), done, strict=True):
            assert answer.de39 == self.expected(deed, slot), (deed, slot.kind)
            slot.approval = (deed != "undo" and answer.de38) or slot.approval
        self.compare()

    def wait(self, days: int) -> None:
        self.bank.now += days * DAY
        self.model.day += days
        wakes = self.bank.issuer.wakes_at()
        if wakes is not None and wakes <= self.bank.now:
            self.bank.step()
        self.compare()

    def compare(self) -> None:
        self.bank.assert_sound()
        cards = {name: self.bank.card(name) for name in CARDS}
        assert {name: card["balance"] for name, card in cards.items()} == self.model.balances
        assert {name: card["held"] for name, card in cards.items()} == {name: self.model.held(name) for name in CARDS}
        assert len({notice.name for notice in self.bank.told()}) == self.model.events
        for slot in self.model.slots:
            self.family(slot)

    def family(self, slot: Slot) -> None:
        """No more goes back over a family than was charged."""
        assert slot.message is not None
        found = stub(self.bank.store, self.bank.key(slot.message))
        if found is None:
            return
        children = [stub(self.bank.store, self.bank.key(one.message)) for one in slot.children if one.message]
        back = sum(child.credited - child.withdrawn for child in children if child is not None)
        assert 0 <= found.returned + back <= found.debited
        assert found.undone <= found.done
        standing = [(one.kind, one.amount) for one in slot.children if one.state == "ok"]
        assert sorted((one.kind, one.amount) for one in found.against) == sorted(standing)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(plan=plans.filter(slots_of), batches=steps, days=waits, dies_after=st.sets(st.integers(0, 8), max_size=2))
def test_any_order_of_kinds_and_their_reversals_keeps_the_ledger_sound(
    plan: list[tuple[str, str, int, int, bool]],
    batches: list[list[tuple[str, int]]],
    days: list[int],
    dies_after: set[int],
) -> None:
    world = World(plan)
    for number, (batch, wait) in enumerate(zip(batches, days, strict=False)):
        # A request that names an original of its own step does not know its approval code yet: it comes a step later.
        asked: list[tuple[str, int]] = []
        for deed, index in batch:
            slot = world.model.slots[index % len(world.model.slots)]
            fresh = any(slot.of is world.model.slots[other % len(world.model.slots)] for _, other in asked)
            if fresh and deed != "undo":
                world.play(asked)
                asked = []
            asked.append((deed, index))
        world.play(asked)
        world.wait(wait)
        if number in dies_after:
            world.bank.restart()
