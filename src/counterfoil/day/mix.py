"""What a day's transactions are: purchases alone, or every kind of the table, drawn by its description.

A basket is paid or pre-authorised; a kind that refers to an original takes a fitting earlier transaction of its
terminal; a kind without either is asked for now and then.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from counterfoil.day.town import BasketSale
from counterfoil.drawing import drawing
from counterfoil.kinds import TABLE, AmountRule, Kind, Needs

Lanes: TypeAlias = Mapping[str, Sequence[BasketSale]]
PAYS: Final = 3
"""How many baskets are paid for one that is asked for by another kind."""
FOLLOWED: Final = 0.4
"""Chance, after each basket, of a transaction that refers to an earlier one."""
ASIDE: Final = 0.1
"""Chance, after each basket, of one that has neither amount nor original."""
RECENT: Final = 20
"""How many earlier transactions of a terminal may still be referred to."""
AMOUNTS: Final[Mapping[AmountRule, tuple[Callable[[int], int], ...]]] = {
    AmountRule.EQUAL: (lambda amount: amount,),
    AmountRule.AT_MOST_ABOVE: (
        lambda amount: max(1, amount * 2 // 3),
        lambda amount: amount,
        lambda amount: amount + amount // 10,
    ),
}
"""What is asked for of an original of so much, minor units: less, all of it, a little above."""


def purchases(lanes: Lanes, _seed: int) -> Lanes:
    """Every basket is a purchase, and nothing else happens."""
    return lanes


def mixed(lanes: Lanes, seed: int, kinds: Sequence[Kind] = TABLE) -> Lanes:
    """Transactions of all `kinds` for the baskets of each terminal, in their order; the same seed draws the same."""
    return {terminal: of_lane(queue, drawing(f"{seed}/{terminal}"), kinds) for terminal, queue in lanes.items()}


def of_lane(queue: Sequence[BasketSale], draw: random.Random, kinds: Sequence[Kind]) -> list[BasketSale]:
    """The transactions of one terminal."""
    firsts = [kind for kind in kinds if kind.original is None and Needs.AMOUNT in kind.needs]
    asides = [kind for kind in kinds if kind.original is None and Needs.AMOUNT not in kind.needs]
    weights = [PAYS if kind.pays else 1 for kind in firsts]
    lane: list[BasketSale] = []
    free: list[BasketSale] = []  # nothing refers to them so far
    for sale in queue:
        sale.kind = draw.choices(firsts, weights)[0]
        lane.append(sale)
        free = [*free, sale][-RECENT:]
        if draw.random() < FOLLOWED and (child := following(free, draw, kinds)) is not None:
            lane.append(child)
            free = [*(one for one in free if one is not child.of), child]
        if asides and draw.random() < ASIDE:
            lane.append(another(sale, draw.choice(asides), 0))
    return lane


def following(free: Sequence[BasketSale], draw: random.Random, kinds: Sequence[Kind]) -> BasketSale | None:
    """A transaction of a kind that refers to another, of a fitting one of these; None when none fits."""
    able = [
        (kind, rule, fitting)
        for kind in kinds
        if (rule := kind.original) is not None and (fitting := [one for one in free if one.kind.name in rule.of])
    ]
    if not able:
        return None
    kind, rule, fitting = draw.choice(able)
    of = draw.choice(fitting)
    child = another(of, kind, draw.choice(AMOUNTS[rule.amount])(of.amount))
    child.of = of
    return child


def another(sale: BasketSale, kind: Kind, amount: int) -> BasketSale:
    """A transaction with the same card at the same terminal, under a key of its own."""
    basket = sale.basket._replace(amount=amount)
    return BasketSale(basket, sale.shopper, sale.terminal, f"{sale.key}-{kind.name}", kind=kind)


MIXES: Final[Mapping[str, Callable[[Lanes, int], Lanes]]] = {"purchases": purchases, "all": mixed}
