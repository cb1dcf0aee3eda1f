"""What cashiers ask beside a customer's purchase: any kind of the table, by what its description needs.

Most of it fits: an original that stands, at its own terminal, with the card it was made with. The rest does not, in
every way a person can get it wrong: an original that has fallen, was closed before, is of another kind, terminal or
batch, or of nobody; another card; more than the bound; a wrong PIN, a wrong password. Only where `Faults.kinds` is.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Final, NamedTuple

from counterfoil.kinds import BY_NAME, TABLE, AmountRule, Kind, Needs
from counterfoil.simulation.customers import WRONG
from counterfoil.simulation.plant import CURRENCY, HIGH, SUPERVISOR, CustomersCard, cards

REFERRING: Final = tuple(kind for kind in TABLE if kind.original is not None)
OFTEN: Final = (*TABLE, *REFERRING, *REFERRING)
"""What refers to another one is drawn more often: it needs one that fits."""
RECENT: Final = 6  # originals a cashier still thinks of
ABOVE: Final = 115  # percent of a hold that a completion may be
NOBODYS: Final = "{terminal}/000001/999999"
FITS: Final = 0.8
SLIPS: Final = 0.06
POOR, GOOD = 0.1, 0.9


class RememberedSale(NamedTuple):
    """What a cashier remembers of what was asked and told under one reference."""

    kind: str
    card: CustomersCard
    amount: int
    currency: str
    approved: bool


class CashierWish(NamedTuple):
    """What is asked next. `amount` is what the answer will say it is; "" for no original and no supervisor."""

    kind: Kind
    card: CustomersCard
    amount: int
    currency: str
    pin: str
    original: str
    supervisor: str


def drawn(rng: random.Random, terminal: str, told: Mapping[str, RememberedSale]) -> CashierWish:
    """One more of them, at this terminal; `told` is what was told of each reference, in order."""
    kind = rng.choice(OFTEN)
    original = _original(rng, terminal, told, kind)
    if kind.original is not None and not original:
        kind = BY_NAME[kind.original.of[0]]  # what it would refer to comes first
    earlier = told.get(original)
    card, currency = _card(rng), CURRENCY
    if earlier is not None and rng.random() >= SLIPS:
        card, currency = earlier.card, earlier.currency
    pin = card.pin if Needs.PIN in kind.needs else ""
    if pin and rng.random() < SLIPS:
        pin = WRONG
    supervisor = ""
    if Needs.SUPERVISOR in kind.needs:
        supervisor = "wrong" if rng.random() < SLIPS else SUPERVISOR
    return CashierWish(kind, card, _amount(rng, kind, card, earlier), currency, pin, original, supervisor)


def _card(rng: random.Random) -> CustomersCard:
    """One of a customer who can pay mostly; else one with little on it, or any other."""
    choice = rng.random()
    if choice < POOR:
        return rng.choice([card for card in cards() if 0 < card.opening <= HIGH])
    return rng.choice([card for card in cards() if (card.name[:4] == "good") is (choice < GOOD)])


def _original(rng: random.Random, terminal: str, told: Mapping[str, RememberedSale], kind: Kind) -> str:
    """An original for a kind that has one; "" where there is none that fits, or none is wanted."""
    if kind.original is None:
        return ""
    choice, of = rng.random(), kind.original.of
    if choice < FITS:
        fitting = [
            ref for ref, one in told.items() if one.approved and one.kind in of and ref.startswith(f"{terminal}/")
        ]
        return rng.choice(fitting[-RECENT:]) if fitting else ""
    if choice < (1 + FITS) / 2 and told:
        return rng.choice([*told][-RECENT * RECENT :])
    here = [ref for ref in told if ref.startswith(f"{terminal}/")]
    return rng.choice((*here[-RECENT:], NOBODYS.format(terminal=terminal)))


def _amount(rng: random.Random, kind: Kind, card: CustomersCard, earlier: RememberedSale | None) -> int:
    """What is typed in, or what the original was for where nothing is; at the bound of a kind or a card, and beyond."""
    whole = earlier.amount if earlier is not None else 0
    if Needs.AMOUNT not in kind.needs:
        return whole
    if kind.original is None or not whole:
        poor = 0 < card.opening <= HIGH
        return card.opening if poor and rng.randrange(2) else rng.randint(1, HIGH)
    most = whole * ABOVE // 100 if kind.original.amount is AmountRule.AT_MOST_ABOVE else whole
    return rng.choice((whole, whole, max(1, whole // 2), rng.randint(1, whole), most, most + 1))
