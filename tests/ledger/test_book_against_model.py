"""Random sequences of requests, against a model too simple to be wrong.

Held after every step: the answer is the model's; balances and held amounts are the model's; a card is below zero by no
more than what was promised; no family gave back more than it took; `check` finds nothing; nothing that was recorded has
changed. On a failure Hypothesis prints the shortest sequence of calls that shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from counterfoil.errors import Refused
from counterfoil.ledger import Account, AccountKind, Book, BookRefusal, check, undo

CARDS = ("card:1", "card:2")
OPENING = 100
START = [
    Account("fund", AccountKind.FUNDING, "CNY"),
    Account("shop", AccountKind.CLEARING, "CNY"),
    *(Account(card, AccountKind.CARDHOLDER, "CNY", 0, 0) for card in CARDS),
]
NAMES = [f"i{n}" for n in range(16)]
IDS = st.sampled_from(NAMES)
ACCOUNTS = st.sampled_from(["fund", "shop", *CARDS])
AMOUNTS = st.sampled_from([0, 1, 7, 40, 60, 100, 101])
NEVER = 10**9


class Held:
    """Something set aside: which way, how much, until when, as an addition to what, and what it was before."""

    def __init__(self, way: tuple[str, str], amount: int, until: int, first: str, was: str = "") -> None:
        self.way, self.amount, self.until, self.first, self.was = way, amount, until, first, was
        self.over, self.by = "", ""


class Move:
    """Money that went from one account to another, against what, and whether it is undone."""

    def __init__(self, way: tuple[str, str], amount: int, against: str = "", *, back: bool = False) -> None:
        self.way, self.amount, self.against, self.back = way, amount, against, back
        self.undone, self.returned = False, ""


class Model:
    """Money as plain numbers: what is where, what is set aside, and what was asked under which id."""

    def __init__(self) -> None:
        self.money = dict.fromkeys(("fund", "shop", *CARDS), 0)
        self.promised = dict.fromkeys(self.money, 0)
        self.asked: dict[str, tuple[Any, ...]] = {}
        self.holds: dict[str, Held] = {}
        self.moves: dict[str, Move] = {}

    def aside(self, account: str) -> int:
        return sum(held.amount for held in self.holds.values() if held.way[0] == account and not held.over)

    def short(self, account: str, amount: int) -> bool:
        return account in CARDS and self.money[account] - self.aside(account) < amount

    def move(self, record: str, move: Move) -> str:
        debit, credit = move.way
        self.money[debit] -= move.amount
        self.money[credit] += move.amount
        self.moves[record] = move
        return "created"

    # --- what stands of a move --------------------------------------------------------------------------------------

    def gone(self, record: str) -> bool:
        move = self.moves[record]
        return move.undone or bool(move.against and self.gone(move.against))

    def stands(self, record: str) -> int:
        children = [name for name, move in self.moves.items() if move.against == record]
        return 0 if self.gone(record) else self.moves[record].amount - sum(map(self.stands, children))

    def transfer(self, record: str, way: tuple[str, str], amount: int, against: str, forced: bool) -> str:
        if amount == 0:
            return "amount_zero"
        if way[0] == way[1]:
            return "accounts_same"
        if against and against not in self.moves:
            return "original_unknown"
        if against and (self.moves[against].back or self.moves[against].way[1] != way[0]):
            return "original_differs"
        if against and amount > self.stands(against):
            return "amount_exceeds_original"
        if not forced and self.short(way[0], amount):
            return "limit_exceeded"
        self.promised[way[0]] += amount if forced else 0
        return self.move(record, Move(way, amount, against))

    def reverse(self, record: str, original: str) -> str:
        if self.moves[original].back:
            return "reversal_of_reversal"
        return "already_reversed" if self.moves[original].returned else self.give_back(record, original)

    def give_back(self, record: str, original: str) -> str:
        """Whatever stands goes back, and nothing of it stands any more."""
        move, amount = self.moves[original], self.stands(original)
        move.undone = True
        if not amount:
            return "nothing"
        move.returned = record
        self.promised[move.way[1]] += amount
        return self.move(record, Move((move.way[1], move.way[0]), amount, back=True))

    # --- what is set aside ------------------------------------------------------------------------------------------

    def hold(self, record: str, way: tuple[str, str], amount: int, until: int, first: str, now: int) -> str:
        if amount == 0:
            return "amount_zero"
        if way[0] == way[1]:
            return "accounts_same"
        if first and first not in self.holds:
            return "hold_unknown"
        if first and (self.holds[first].first != first or self.holds[first].way != way):
            return "original_differs"
        if first and (refusal := self.over(first, now)):
            return refusal
        if self.short(way[0], amount):
            return "limit_exceeded"
        self.holds[record] = Held(way, amount, until, first or record)
        return "created"

    def base(self, hold: str) -> str:
        return self.base(self.holds[hold].was) if self.holds[hold].was else hold

    def last(self, hold: str) -> str:
        later = next((name for name, held in self.holds.items() if held.was == hold), "")
        return self.last(later) if later else hold

    def over(self, hold: str, now: int) -> str:
        last = self.holds[self.last(hold)]
        return f"already_{last.over}" if last.over else "already_expired" if now >= last.until else ""

    def open(self, hold: str, now: int) -> list[str]:
        """Of a first hold all that is open of its family, of an increment what it stands as."""
        base = self.base(hold)
        mine = [
            n for n, h in self.holds.items() if (h.first if self.holds[base].first == base else self.base(n)) == base
        ]
        return [one for one in mine if not self.holds[one].over and now < self.holds[one].until]

    def end(self, holds: list[str], outcome: str, by: str) -> str:
        for hold in holds:
            self.holds[hold].over, self.holds[hold].by = outcome, by
        return "created"

    def post(self, record: str, hold: str, now: int, amount: int | None, forced: bool) -> str:
        if amount == 0:
            return "amount_zero"
        if hold not in self.holds:
            return "hold_unknown"
        first = self.holds[hold].first
        if refusal := self.over(first, now):
            return refusal
        taken = self.open(first, now)
        held = sum(self.holds[one].amount for one in taken)
        way, moved = self.holds[first].way, held if amount is None else amount
        if moved > held and not forced and self.short(way[0], moved - held):
            return "limit_exceeded"
        self.promised[way[0]] += moved if forced or any(self.holds[one].was for one in taken) else 0
        self.end(taken, "posted", record)
        return self.move(record, Move(way, moved))

    def void(self, record: str, hold: str, now: int) -> str:
        if hold not in self.holds:
            return "hold_unknown"
        return self.over(hold, now) or self.end(self.open(hold, now), "voided", record)

    def expire(self, hold: str, now: int) -> str:
        if hold not in self.holds:
            return "hold_unknown"
        over = self.holds[hold].over
        if over:
            return "exists" if over == "expired" else f"already_{over}"
        if self.holds[hold].until == NEVER:
            return "never_expires"
        return "not_yet_expired" if now < self.holds[hold].until else self.end([hold], "expired", "")

    def again(self, record: str, hold: str, now: int) -> str:
        if hold not in self.holds:
            return "hold_unknown"
        held = self.holds[hold]
        if held.over == "expired":
            return "already_expired"
        if not held.over:
            return "not_ended"
        if self.last(hold) != hold:
            return "stands_again"
        self.holds[record] = Held(held.way, held.amount, held.until, held.first, hold)
        if now >= held.until:
            self.end([record], "expired", "")
        return "created"

    # --- undoing ----------------------------------------------------------------------------------------------------

    def undo(self, record: str, made: list[str], now: int, again: bool) -> None:
        """`made` are ids of moves, holds and voids of one transaction."""
        if any(self.holds[self.last(one)].over == "posted" for one in made if one in self.holds):
            return
        for number, one in enumerate(reversed(made)):
            name = f"{record}/{number}" if number else record
            if one in self.holds:
                last = self.last(one)
                if not self.holds[last].over:
                    late = now >= self.holds[last].until
                    self.end([last] if late else self.open(last, now), "expired" if late else "voided", name)
            elif one not in self.moves or (
                not self.moves[one].returned and self.give_back(name, one) == "created" and again
            ):
                self.restore(name, one, now)

    def restore(self, name: str, by: str, now: int) -> None:
        for hold in [one for one, held in self.holds.items() if held.by == by and self.last(one) == one]:
            self.again(f"{name}/again/{hold}", hold, now)


class BookMachine(RuleBasedStateMachine):
    """The book and the model side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.book, self.model, self.now, self.undoings = Book(START), Model(), 1, 0
        self.frozen: list[Any] = []
        for card in CARDS:
            self.book.transfer(f"open:{card}", "fund", card, OPENING, "CNY", 0)
            self.model.move(f"open:{card}", Move(("fund", card), OPENING))

    def records(self) -> list[Any]:
        return [*self.book.new_entries, *self.book.new_holds, *self.book.new_resolutions]

    def both(self, record: str, asked: tuple[Any, ...], book: Callable[[], Any], model: Callable[[], str]) -> None:
        before = len(self.records())
        try:
            made = book()
            got = "nothing" if made is None else "created" if len(self.records()) > before else "exists"
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

    def a_hold(self, data: st.DataObject) -> str:
        """One there is, or may be."""
        return str(data.draw(st.sampled_from([*self.model.holds, *NAMES[:2]])))

    @rule(record=IDS, debit=ACCOUNTS, credit=ACCOUNTS, amount=AMOUNTS, forced=st.booleans())
    def transfer(self, record: str, debit: str, credit: str, amount: int, forced: bool) -> None:
        self.both(
            record,
            ("transfer", debit, credit, amount, ""),
            lambda: self.book.transfer(record, debit, credit, amount, "CNY", self.now, forced=forced),
            lambda: self.model.transfer(record, (debit, credit), amount, "", forced),
        )

    @rule(record=IDS, data=st.data(), amount=AMOUNTS, forced=st.booleans(), astray=ACCOUNTS | st.none())
    def stand_against(self, record: str, data: st.DataObject, amount: int, forced: bool, astray: str | None) -> None:
        against = data.draw(st.sampled_from([*self.model.moves, "nothing"]))
        credit, debit = self.model.moves[against].way if against in self.model.moves else ("fund", "shop")
        credit = astray or credit
        self.both(
            record,
            ("transfer", debit, credit, amount, against),
            lambda: self.book.transfer(record, debit, credit, amount, "CNY", self.now, original=against, forced=forced),
            lambda: self.model.transfer(record, (debit, credit), amount, against, forced),
        )

    @rule(record=IDS, debit=ACCOUNTS, credit=ACCOUNTS, amount=AMOUNTS, ttl=st.sampled_from([0, 2, 5]))
    def hold(self, record: str, debit: str, credit: str, amount: int, ttl: int) -> None:
        self.both(
            record,
            ("hold", debit, credit, amount, ttl, ""),
            lambda: self.book.hold(record, debit, credit, amount, "CNY", self.now, ttl=ttl),
            lambda: self.model.hold(record, (debit, credit), amount, self.now + ttl if ttl else NEVER, "", self.now),
        )

    @rule(record=IDS, data=st.data(), amount=AMOUNTS, ttl=st.sampled_from([0, 2, 5]))
    def increment(self, record: str, data: st.DataObject, amount: int, ttl: int) -> None:
        first = self.a_hold(data)
        debit, credit = self.model.holds[first].way if first in self.model.holds else ("card:1", "shop")
        self.both(
            record,
            ("hold", debit, credit, amount, ttl, first),
            lambda: self.book.hold(record, debit, credit, amount, "CNY", self.now, ttl=ttl, original=first),
            lambda: self.model.hold(record, (debit, credit), amount, self.now + ttl if ttl else NEVER, first, self.now),
        )

    @rule(record=IDS, data=st.data(), amount=st.none() | AMOUNTS, forced=st.booleans())
    def post(self, record: str, data: st.DataObject, amount: int | None, forced: bool) -> None:
        hold, model = self.a_hold(data), self.model
        first = model.holds[hold].first if hold in model.holds else hold
        ended = [one for one, held in model.holds.items() if held.by == record]
        taken = ended or (model.open(first, self.now) if first in model.holds else [])
        self.both(
            record,
            ("post", first, sum(model.holds[one].amount for one in taken) if amount is None else amount),
            lambda: self.book.post(record, hold, self.now, amount, forced=forced),
            lambda: model.post(record, hold, self.now, amount, forced),
        )

    @rule(record=IDS, data=st.data())
    def void(self, record: str, data: st.DataObject) -> None:
        hold = self.a_hold(data)
        self.both(
            record,
            ("void", self.model.base(hold) if hold in self.model.holds else hold),
            lambda: self.book.void(record, hold, self.now),
            lambda: self.model.void(record, hold, self.now),
        )

    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        hold = self.a_hold(data)
        self.both("", (), lambda: self.book.expire(hold, self.now), lambda: self.model.expire(hold, self.now))
        self.model.asked.pop("", None)

    @rule(record=IDS, data=st.data())
    def again(self, record: str, data: st.DataObject) -> None:
        hold = self.a_hold(data)
        self.both(
            record,
            ("again", hold),
            lambda: self.book.again(record, hold, self.now),
            lambda: self.model.again(record, hold, self.now),
        )

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

    @rule(data=st.data(), again=st.booleans(), number=st.integers(1, 3))
    def undo(self, data: st.DataObject, again: bool, number: int) -> None:
        """Whatever a transaction made, its undoing is never refused, and once is as good as twice."""
        voids = {one.id: one for one in self.book.new_resolutions if one.outcome.value == "voided"}
        entries = [entry for entry in self.book.new_entries if not entry.reverses]
        made: list[Any] = data.draw(
            st.lists(
                st.sampled_from([*entries, *self.book.new_holds, *voids.values()]),
                min_size=1,
                max_size=number,
                unique_by=lambda one: one.id,
            )
        )
        ended = {self.model.base(hold) for one in made if one.id in voids for hold in self.ended(one.id)}
        if any(one.id in self.model.holds and self.model.base(one.id) in ended for one in made):
            return  # no transaction holds and releases the same
        self.undoings += 1
        name = f"u{self.undoings}"
        undo(self.book, name, made, self.now, holds_again=again)
        self.model.undo(name, [one.id for one in made], self.now, again)
        records = self.records()
        undo(self.book, name, made, self.now, holds_again=again)
        assert self.records() == records

    def ended(self, by: str) -> list[str]:
        return [name for name, held in self.model.holds.items() if held.by == by]

    @rule(seconds=st.integers(1, 3))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def what_was_written_is_read_again(self) -> None:
        """A later step loads the records in any order, and knows what this one knew."""
        book = self.book
        accounts = [self.book.account(account.id) for account in START]
        undone = [name for name, move in self.model.moves.items() if move.undone and not move.returned]
        self.book = Book(
            accounts,
            entries=self.book.new_entries[::-1],
            holds=self.book.new_holds[::-1],
            resolutions=self.book.new_resolutions[::-1],
            undone=undone,
        )
        self.book.new_entries += book.new_entries
        self.book.new_holds += book.new_holds
        self.book.new_resolutions += book.new_resolutions

    @invariant()
    def balances_are_the_models(self) -> None:
        for card in CARDS:
            account = self.book.account(card)
            assert (account.balance, account.held) == (self.model.money[card], self.model.aside(card))

    @invariant()
    def a_card_is_below_zero_by_what_was_promised_and_no_more(self) -> None:
        for card in CARDS:
            held = self.model.holds.values()
            again = sum(one.amount for one in held if one.was and not one.over and one.way[0] == card)
            assert self.book.account(card).overdrawn <= self.model.promised[card] + again

    def kept(self, name: str) -> int:
        """What a move moved, less what its reversal moved back and what is kept of all that stands against it."""
        move = self.model.moves[name]
        back = self.model.moves[move.returned].amount if move.returned else 0
        against = [child for child, moved in self.model.moves.items() if moved.against == name]
        return move.amount - back - sum(map(self.kept, against))

    @invariant()
    def no_family_gives_back_more_than_it_took(self) -> None:
        assert [name for name in self.model.moves if self.kept(name) < 0] == []

    @invariant()
    def the_ledger_is_sound(self) -> None:
        accounts = [self.book.account(account.id) for account in START]
        believed = {name: held.amount for name, held in self.model.holds.items() if not held.over}
        book = self.book
        assert check(accounts, book.new_entries, book.new_holds, book.new_resolutions, believed) == []

    @invariant()
    def nothing_recorded_ever_changes(self) -> None:
        records = [*map(repr, self.book.new_entries)]
        assert records[: len(self.frozen)] == self.frozen
        self.frozen = records


BookMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestBook = BookMachine.TestCase


@pytest.mark.parametrize("amount", [0, -1, True, 1.5])
def test_the_model_never_sees_what_is_no_amount(amount: Any) -> None:
    with pytest.raises(Refused) as caught:
        Book(START).transfer("T", "fund", "shop", amount, "CNY", 1)
    assert caught.value.refusal in {
        BookRefusal.AMOUNT_ZERO,
        BookRefusal.AMOUNT_NEGATIVE,
        BookRefusal.AMOUNT_NOT_INTEGER,
    }
