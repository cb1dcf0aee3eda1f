"""The judge of a day finds whatever does not stand as the cashiers saw it, of every kind, and nothing in what does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from counterfoil.day import judge as day
from counterfoil.day.baskets import Basket
from counterfoil.day.effect import NOTHING, CardMoney, Effect, effect_of
from counterfoil.day.judge import DayJudgement, approved_against, cards_off, judge_sale
from counterfoil.day.town import BasketSale, Shopper
from counterfoil.inquiry import Stores
from counterfoil.kinds import BY_NAME, TABLE
from counterfoil.step import SECOND, Instant
from counterfoil.transaction import Against, IssuerStub, SwitchStub, TerminalStub
from counterfoil.verdict import Finding, judge

MINUTE: Instant = 60 * SECOND
NOW: Instant = 30 * MINUTE
WHO: dict[str, Any] = {"terminal": "T1", "merchant": "M1", "currency": "CNY", "last4": "0001"}
AT: dict[str, Any] = {"started_at": MINUTE, "updated_at": MINUTE}
NO_STORES = Stores(Path("none"), Path("none"), {})
SHOPPER = Shopper("shopper-1", "6299990000000001", "3112", "", "", "CNY")
DAY = (  # key, kind, amount, what it refers to, how it ended
    ("bought", "purchase", 900, "", "approved"),
    ("returned", "purchase", 800, "", "unknown"),
    ("voided", "purchase", 700, "", "approved"),
    ("void", "void", 700, "voided", "approved"),
    ("kept", "purchase", 600, "", "approved"),
    ("void-fell", "void", 600, "kept", "unknown"),
    ("aside", "preauth", 500, "", "approved"),
    ("released", "preauth", 400, "", "approved"),
    ("release", "preauth_void", 400, "released", "approved"),
    ("taken", "preauth", 300, "", "approved"),
    ("less", "completion", 200, "taken", "approved"),
    ("above", "preauth", 100, "", "approved"),
    ("more", "completion", 110, "above", "approved"),
    ("again", "preauth", 90, "", "approved"),
    ("fell", "completion", 80, "again", "unknown"),
    ("told", "balance", 0, "", "approved"),
)


def sales() -> dict[str, BasketSale]:
    made: dict[str, BasketSale] = {}
    for stan, (key, kind, amount, of, outcome) in enumerate(DAY, 1):
        sale = BasketSale(Basket(1, 1, 1, amount), SHOPPER, "T1", key, kind=BY_NAME[kind], of=made.get(of))
        sale.told(outcome, {"ref": f"T1/000001/{stan:06d}"})
        made[key] = sale
    return made


def issued(sale: BasketSale, against: list[Against]) -> IssuerStub:
    """What an issuer says that did, and undid, what it should."""
    of = sale.of.amount if sale.of is not None else 0
    did, fell = effect_of(sale.kind, sale.amount, of), sale.outcome != "approved"
    undone = did if fell else NOTHING
    return IssuerStub(
        **WHO,
        **AT,
        issuer="issuer-a",
        rrn="R",
        amount=sale.amount,
        kind=sale.kind.name,
        state="reversed" if fell else "posted",
        response_code="00",
        debited=did.debited,
        returned=undone.debited,
        credited=did.credited,
        withdrawn=undone.credited,
        held=did.held,
        released=undone.held,
        freed=did.freed,
        held_again=undone.freed,
        debited_at=MINUTE,
        returned_at=MINUTE if fell else 0,
        against=tuple(against),
    )


def found(sale: BasketSale, issuer: IssuerStub) -> Finding:
    fell = sale.outcome != "approved"
    kind: dict[str, Any] = {**WHO, **AT, "ref": sale.ref, "amount": sale.amount, "kind": sale.kind.name}
    terminal = TerminalStub(**kind, state="reversed" if fell else "closed")
    switch = SwitchStub(**kind, state="reversed" if fell else "approved", forwarded=True, issuer="issuer-a")
    return judge(terminal, switch, issuer, NOW)


def judged(monkeypatch: pytest.MonkeyPatch, spoiled: str = "", **fields: Any) -> DayJudgement:
    """The day as it is judged, one issuer's stub of it spoiled."""
    made, result = sales(), DayJudgement()
    children = approved_against(list(made.values()))
    stubs: dict[str, IssuerStub] = {}
    for key, sale in made.items():
        against = [
            Against(one.kind.name, one.ref, one.amount)
            for one in made.values()
            if one.of is sale and one.outcome == "approved"
        ]
        stub = issued(sale, against)
        stubs[sale.ref] = msgspec.structs.replace(stub, **fields) if key == spoiled else stub
    monkeypatch.setattr(day, "look", lambda _stores, sale, _now: found(sale, stubs[sale.ref]))
    for sale in made.values():
        judge_sale(NO_STORES, sale, children.get(sale.key, []), NOW, result)
    return result


def test_a_day_that_stands_as_it_was_seen_is_not_complained_of(monkeypatch: pytest.MonkeyPatch) -> None:
    result = judged(monkeypatch)
    assert (result.one_sided, result.suspects) == (0, [])
    assert result.reversed == 3


@pytest.mark.parametrize(
    ("key", "fields"),
    [
        ("bought", {"debited": 0}),
        ("bought", {"debited": 901}),
        ("bought", {"returned": 900}),
        ("bought", {"against": (Against("void", "1/2/3", 900),)}),
        ("returned", {"returned": 0}),
        ("returned", {"returned": 799}),
        ("voided", {"against": ()}),
        ("voided", {"against": (Against("void", "1/2/3", 700), Against("void", "1/2/4", 700))}),
        ("void", {"credited": 0}),
        ("void", {"credited": 701}),
        ("void", {"withdrawn": 700}),
        ("void-fell", {"withdrawn": 0}),
        ("aside", {"held": 0}),
        ("aside", {"held": 501}),
        ("aside", {"released": 500}),
        ("aside", {"debited": 500}),
        ("released", {"against": ()}),
        ("release", {"freed": 0}),
        ("release", {"held_again": 400}),
        ("less", {"freed": 0}),
        ("less", {"debited": 300}),
        ("less", {"held_again": 100}),
        ("more", {"debited": 100}),
        ("more", {"freed": 10}),
        ("fell", {"returned": 0}),
        ("fell", {"held_again": 0}),
        ("told", {"debited": 1}),
        ("told", {"held": 1}),
    ],
)
def test_what_stands_otherwise_than_it_was_seen_is_one_sided(
    monkeypatch: pytest.MonkeyPatch, key: str, fields: dict[str, Any]
) -> None:
    result = judged(monkeypatch, key, **fields)
    assert (result.one_sided, result.suspects) == (1, [sales()[key].ref])


def test_what_the_kinds_do_is_known_of_every_kind() -> None:
    assert {kind.name: effect_of(kind, 80, 100) for kind in TABLE} == {
        "purchase": Effect(debited=80),
        "void": Effect(credited=80),
        "preauth": Effect(held=80),
        "preauth_void": Effect(freed=100, ended=100),
        "completion": Effect(debited=80, freed=20, ended=100),
        "balance": NOTHING,
    }
    assert effect_of(BY_NAME["completion"], 110, 100) == Effect(debited=110, freed=0, ended=100)


BALANCE_AFTER = 10_000 - 900 - 600 - 200 - 110  # bought, kept, less, more
HELD_AFTER = 50 + 500 + 90  # what was held before, aside, again


@pytest.mark.parametrize(
    ("after", "off"),
    [
        (CardMoney(BALANCE_AFTER, HELD_AFTER), False),
        (CardMoney(BALANCE_AFTER - 1, HELD_AFTER), True),
        (CardMoney(BALANCE_AFTER + 700, HELD_AFTER), True),
        (CardMoney(BALANCE_AFTER, HELD_AFTER + 400), True),
        (CardMoney(BALANCE_AFTER, 50), True),
    ],
)
def test_a_card_is_off_when_its_balance_or_its_hold_is_not_what_its_cashiers_saw(after: CardMoney, off: bool) -> None:
    before = {"shopper-1": CardMoney(10_000, 50), "idle": CardMoney(7, 3)}
    now = {"shopper-1": after, "idle": CardMoney(7, 3)}
    assert cards_off(list(sales().values()), before, now) == ["shopper-1"] * off


def test_a_card_that_nobody_used_may_not_change_and_none_may_vanish() -> None:
    before = {"shopper-1": CardMoney(5, 0), "idle": CardMoney(7, 3)}
    assert cards_off([], before, {"shopper-1": CardMoney(5, 0), "idle": CardMoney(7, 4)}) == ["idle"]
    assert cards_off([], before, {"shopper-1": CardMoney(5, 0)}) == ["idle"]
    assert cards_off([], {"idle": CardMoney(7, 3)}, before) == ["shopper-1"]
