"""What an issuer books for each deed of a kind, and what undoing it books: the ledger, told a second time.

Nothing stands here but a card's balance, what is set aside of it, and which transaction refers to which. What is undone
is what still stands, and what is set aside again is so only for a pre-authorisation that stands, in its time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from counterfoil.iso8583 import Message
from counterfoil.kinds import Deed, Kind, Movement
from counterfoil.simulation.expected.spellings import amount_of, toward_clearing
from counterfoil.simulation.plant import CustomersCard
from counterfoil.step import SECOND, Instant

POSTED, DECLINED, REVERSED, TOMBSTONED, LATE = "posted", "declined", "reversed", "tombstoned", "late"


class Purse:
    """A card's money and counters."""

    def __init__(self, card: CustomersCard) -> None:
        self.card = card
        self.balance = card.opening
        self.held = 0
        self.failures = 0
        self.day = ""
        self.spent = 0
        self.count = 0
        self.guesses = 0

    @property
    def available(self) -> int:
        """What is there and not set aside."""
        return self.balance - self.held

    def used_on(self, day: str) -> tuple[int, int]:
        """Amount and number of this day's purchases."""
        return (self.spent, self.count) if self.day == day else (0, 0)

    def guessed_on(self, day: str) -> int:
        """How often this day somebody had the number and not what proves the card."""
        return self.guesses if self.day == day else 0

    def begin(self, day: str) -> None:
        """What was counted on another day is over."""
        if self.day != day:
            self.day, self.spent, self.count, self.guesses = day, 0, 0, 0


class BankEntry:
    """One transaction. `message` is the one that was vouched for; None when its key was burnt by another.

    `original` is what it refers to, `children` are those that refer to it, whatever became of them. `aside` is what its
    hold sets aside at the moment, `expires` when that is over.
    """

    def __init__(self, message: Message | None, state: str, code: str, kind: Kind | None = None) -> None:
        self.message = message
        self.state = state
        self.code = code
        self.auth = ""
        self.kind = kind
        self.amount = amount_of(message) if message is not None else 0
        self.purse: Purse | None = None
        self.original: BankEntry | None = None
        self.children: list[BankEntry] = []
        self.aside = 0
        self.expires: Instant = 0

    @property
    def stands(self) -> bool:
        """Whether it was booked and is not undone."""
        return self.state == POSTED

    @property
    def standing(self) -> list[BankEntry]:
        """What stands against it."""
        return [child for child in self.children if child.stands]

    def over(self, now: Instant) -> bool:
        """Whether the time of its hold is over."""
        return 0 < self.expires <= now

    def release(self) -> None:
        """Nothing is set aside for it any more."""
        assert self.purse is not None
        self.purse.held -= self.aside
        self.aside = 0

    def set_aside(self, now: Instant) -> None:
        """Its amount is set aside, unless its time is over."""
        assert self.purse is not None
        if not self.over(now):
            self.aside = self.amount
            self.purse.held += self.aside


def book(entry: BankEntry, now: Instant, life: Instant) -> None:
    """Book what its kind does. `life` is how long a hold lives, 0 as long as the kind says."""
    assert entry.kind is not None
    if entry.kind.keeps_for:
        entry.expires = now + (life or entry.kind.keeps_for * SECOND)
    if entry.original is not None:
        entry.original.children.append(entry)
    for movement in entry.kind.movements:
        DO[movement.deed](entry, movement, now)


def undo(entry: BankEntry, now: Instant) -> bool:
    """Book back what still stands of it. False where that is another transaction's by now: a person decides."""
    assert entry.kind is not None
    if entry.aside == 0 and any(_posts(child) for child in entry.standing):
        return False
    for movement in reversed(entry.kind.movements):
        UNDO[movement.deed](entry, movement, now)
    return True


def _posts(entry: BankEntry) -> bool:
    return entry.kind is not None and any(movement.deed is Deed.POST for movement in entry.kind.movements)


def _move(entry: BankEntry, movement: Movement, _now: Instant) -> None:
    assert entry.purse is not None
    entry.purse.balance -= toward_clearing(movement) * entry.amount


def _hold(entry: BankEntry, _movement: Movement, now: Instant) -> None:
    entry.set_aside(now)


def _release(entry: BankEntry, _movement: Movement, _now: Instant) -> None:
    assert entry.original is not None
    entry.original.release()


def _post(entry: BankEntry, movement: Movement, now: Instant) -> None:
    _release(entry, movement, now)
    _move(entry, movement, now)


def _move_back(entry: BankEntry, movement: Movement, _now: Instant) -> None:
    assert entry.purse is not None
    closed = entry.original is not None and not entry.original.stands
    left = 0 if closed else entry.amount - sum(child.amount for child in entry.standing)
    entry.purse.balance += toward_clearing(movement) * left


def _let_go(entry: BankEntry, _movement: Movement, _now: Instant) -> None:
    entry.release()


def _hold_again(entry: BankEntry, _movement: Movement, now: Instant) -> None:
    assert entry.original is not None
    if entry.original.stands:
        entry.original.set_aside(now)


def _unpost(entry: BankEntry, movement: Movement, now: Instant) -> None:
    assert entry.purse is not None
    entry.purse.balance += toward_clearing(movement) * entry.amount
    _hold_again(entry, movement, now)


Booking = Callable[[BankEntry, Movement, Instant], None]
DO: Final[Mapping[Deed, Booking]] = {
    Deed.MOVE: _move,
    Deed.HOLD: _hold,
    Deed.POST: _post,
    Deed.RELEASE: _release,
}
UNDO: Final[Mapping[Deed, Booking]] = {
    Deed.MOVE: _move_back,
    Deed.HOLD: _let_go,
    Deed.POST: _unpost,
    Deed.RELEASE: _hold_again,
}
