"""The transactions of a mixed day: drawn from the table by its descriptions, the same by the same seed."""

from __future__ import annotations

import pytest

from counterfoil.cli import day as cli
from counterfoil.day.baskets import Basket
from counterfoil.day.mix import MIXES, mixed
from counterfoil.day.town import BasketSale, Shopper
from counterfoil.kinds import BY_NAME, PURCHASE, TABLE, AmountRule, Kind, Needs

SHOPPERS = [Shopper(f"shopper-{n}", f"629999{n:010d}", "3112", f"track{n}", "1234", "CNY") for n in range(9)]


def lanes(count: int = 400) -> dict[str, list[BasketSale]]:
    return {
        terminal: [
            BasketSale(Basket(n, n % 9, 1, 100 + n), SHOPPERS[n % 9], terminal, f"run-{n}") for n in range(count)
        ]
        for terminal in ("T1", "T2")
    }


def drawn(seed: int) -> list[tuple[str, str, int, str]]:
    mix = MIXES["all"](lanes(), seed)
    return [(one.key, one.kind.name, one.amount, one.of.key if one.of else "") for lane in mix.values() for one in lane]


def test_the_command_line_offers_each_mix() -> None:
    assert tuple(MIXES) == cli.MIXES


def test_a_day_of_purchases_is_its_baskets_and_nothing_else() -> None:
    plain = MIXES["purchases"](lanes(), 1)
    assert plain == lanes()
    assert all(one.kind is PURCHASE for lane in plain.values() for one in lane)


def test_a_mixed_day_has_every_kind_of_the_table_and_every_basket_in_its_order() -> None:
    for lane in mixed(lanes(), 1).values():
        assert {one.kind.name for one in lane} == set(BY_NAME)
        baskets = [one.key for one in lane if one.kind.original is None and Needs.AMOUNT in one.kind.needs]
        assert baskets == [f"run-{n}" for n in range(400)]
        assert len({one.key for one in lane}) == len(lane)


def test_the_same_seed_draws_the_same_and_another_seed_or_terminal_another() -> None:
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    first, second = mixed(lanes(), 1).values()
    assert [one.kind for one in first] != [one.kind for one in second]


def test_an_original_is_an_earlier_one_of_the_same_card_that_fits_and_nothing_else_refers_to() -> None:
    for lane in mixed(lanes(), 3).values():
        referred: set[str] = set()
        for place, one in enumerate(lane):
            rule, of = one.kind.original, one.of
            assert (rule is None) == (of is None)
            if rule is None or of is None:
                continue
            assert of.key in {before.key for before in lane[:place]}
            assert (of.kind.name in rule.of, of.shopper, of.terminal) == (True, one.shopper, one.terminal)
            assert of.key not in referred
            referred.add(of.key)


def test_amounts_are_what_the_rule_of_the_kind_lets_pass_less_all_and_above() -> None:
    seen: dict[AmountRule, set[int]] = {}
    for lane in mixed(lanes(), 4).values():
        for one in lane:
            if one.of is not None and one.kind.original is not None:
                compared = (one.amount > one.of.amount) - (one.amount < one.of.amount)
                seen.setdefault(one.kind.original.amount, set()).add(compared)
                assert 0 < one.amount <= one.of.amount * 115 // 100
    assert seen == {AmountRule.EQUAL: {0}, AmountRule.AT_MOST_ABOVE: {-1, 0, 1}}


def test_without_a_fitting_kind_there_is_nothing_that_refers_to_another() -> None:
    alone = [kind for kind in TABLE if kind.original is None]
    assert {one.of for lane in mixed(lanes(50), 1, alone).values() for one in lane} == {None}


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.name)
def test_the_till_asks_for_a_kind_with_what_it_needs_and_no_more(kind: Kind) -> None:
    of = None
    if kind.original is not None:
        of = BasketSale(Basket(1, 1, 1, 500), SHOPPERS[0], "T1", "o", kind=BY_NAME[kind.original.of[0]])
        of.told("approved", {"ref": "T1/000001/000001"})
    asked = BasketSale(Basket(1, 1, 1, 500), SHOPPERS[0], "T1", "k", kind=kind, of=of).asked("secret")
    wanted = {
        "amount": 500 if Needs.AMOUNT in kind.needs else None,
        "original": "T1/000001/000001" if of is not None else None,
        "supervisor": "secret" if Needs.SUPERVISOR in kind.needs else None,
        "pin": "1234" if Needs.PIN in kind.needs else None,
    }
    assert {name: asked.get(name) for name in wanted} == wanted
    assert (asked["kind"], asked["key"], asked["entry"]) == (kind.name, "k", "swipe")


@pytest.mark.parametrize(
    ("outcome", "asked"), [("approved", True), ("declined", False), ("unknown", False), ("lost", False)]
)
def test_what_refers_to_one_that_was_not_approved_is_left_out(outcome: str, asked: bool) -> None:
    of = BasketSale(Basket(1, 1, 1, 500), SHOPPERS[0], "T1", "o")
    of.outcome = outcome
    assert BasketSale(Basket(1, 1, 1, 500), SHOPPERS[0], "T1", "k", of=of).can_be_asked is asked
    assert of.can_be_asked
