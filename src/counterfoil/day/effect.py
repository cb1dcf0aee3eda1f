"""What a transaction does to a card, worked out from the movements of its kind: the judge's own arithmetic.

No station is asked. All amounts are in minor units of the card's account.
"""

from __future__ import annotations

from typing import NamedTuple

from counterfoil.kinds import Deed, Kind, Party
from counterfoil.transaction import IssuerStub


class CardMoney(NamedTuple):
    """What is on a card's account, and how much of that is set aside; or how much both changed."""

    balance: int = 0
    held: int = 0

    def plus(self, other: CardMoney) -> CardMoney:
        """Both together."""
        return CardMoney(self.balance + other.balance, self.held + other.held)

    def since(self, other: CardMoney) -> CardMoney:
        """How much both changed since they were `other`."""
        return CardMoney(self.balance - other.balance, self.held - other.held)


class Effect(NamedTuple):
    """What stands of one transaction: taken off the card, given to it, set aside on it, and released of its original's
    hold beyond what was taken. `ended` is that whole hold.
    """

    debited: int = 0
    credited: int = 0
    held: int = 0
    freed: int = 0
    ended: int = 0

    @property
    def taken(self) -> int:
        """What the acquirer's clearing account receives; below zero it pays."""
        return self.debited - self.credited

    @property
    def change(self) -> CardMoney:
        """What it changes on the card."""
        return CardMoney(-self.taken, self.held - self.ended)


NOTHING = Effect()


def effect_of(kind: Kind, amount: int, of: int = 0) -> Effect:
    """What a kind does with an amount while it stands; `of` is the amount of its original."""
    found = NOTHING
    for deed, debit, credit, _ in kind.movements:
        if deed in (Deed.MOVE, Deed.POST) and debit is Party.CARD:
            found = found._replace(debited=found.debited + amount)
        if deed in (Deed.MOVE, Deed.POST) and credit is Party.CARD:
            found = found._replace(credited=found.credited + amount)
        if deed is Deed.HOLD:
            found = found._replace(held=found.held + amount)
        if deed in (Deed.POST, Deed.RELEASE):
            rest = max(0, of - amount) if deed is Deed.POST else of
            found = found._replace(freed=found.freed + rest, ended=found.ended + of)
    return found


def stands_at(stub: IssuerStub | None, ended: int) -> Effect:
    """What an issuer says stands; `ended` is not for it to say."""
    if stub is None:
        return NOTHING._replace(ended=ended)
    return Effect(
        debited=stub.debited - stub.returned,
        credited=stub.credited - stub.withdrawn,
        held=stub.held - stub.released,
        freed=stub.freed - stub.held_again,
        ended=ended,
    )
