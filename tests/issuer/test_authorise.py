"""The rules by themselves: the order in which they object, and what asking does to a card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest

from counterfoil.issuer.authorise import Decision, Pin, Purchase, decide
from counterfoil.issuer.card import Card, CardStatus
from counterfoil.issuer.refusal import Refusal

PURCHASE: Final = Purchase(
    key="10344/0314120000/000001",
    acquirer="00010344",
    token="t" * 64,
    processing="000000",
    amount=1250,
    currency="CNY",
    terminal="T0000001",
    merchant="000010344000001",
    rrn="607300000001",
    expiries=("3012",),
)
CARD: Final = Card(
    token="t" * 64, account="card:t", name="", first6="629999", last4="0001", expiry="3012", currency="CNY", pvv="1234"
)
DAY: Final = "20260314"

# Everything that can be wrong at once, and the mending of one fault after the other, in the order of the answers.
WRONG_PURCHASE: Final = msgspec.structs.replace(
    PURCHASE, amount=0, currency="USD", expiries=("2602", "3011"), same_card=False
)
WRONG_CARD: Final = msgspec.structs.replace(
    CARD, status=CardStatus.LOST, pin_failures=3, limit_each=1, limit_day=1, count_day=1, day=DAY, spent=1, count=1
)
MENDED: Final[list[tuple[Refusal, dict[str, Any]]]] = [
    (Refusal.TRACK_OF_OTHER_CARD, {"same_card": True}),
    (Refusal.CARD_LOST, {"status": CardStatus.ACTIVE}),
    (Refusal.CARD_EXPIRED, {"expiries": ("3011",)}),
    (Refusal.EXPIRY_DIFFERS, {"expiries": ()}),
    (Refusal.CURRENCY_NOT_HELD, {"currency": "CNY"}),
    (Refusal.PIN_TRIES_EXCEEDED, {"pin_failures": 0}),
    (Refusal.PIN_WRONG, {"pin": Pin.RIGHT}),
    (Refusal.AMOUNT_ZERO, {"amount": 1250}),
    (Refusal.LIMIT_EACH, {"limit_each": 0}),
    (Refusal.LIMIT_DAY, {"limit_day": 0}),
    (Refusal.COUNT_DAY, {"count_day": 0}),
    (Refusal.FUNDS, {"available": 1250}),
]


def asked(purchase: Purchase, card: Card | None, pin: Callable[[], Pin], available: int = 1250) -> Decision:
    return decide(purchase, card, available, day=DAY, tries=3, pin=pin)


def saying(pin: Pin) -> Callable[[], Pin]:
    return lambda: pin


def test_of_several_faults_the_first_of_the_list_is_the_answer() -> None:
    purchase, card, pin, available = WRONG_PURCHASE, WRONG_CARD, Pin.WRONG, 1
    for refusal, mending in MENDED:
        assert asked(purchase, card, saying(pin), available).refusal is refusal
        pin, available = mending.get("pin", pin), mending.get("available", available)
        of_purchase = {name: value for name, value in mending.items() if hasattr(purchase, name)}
        of_card = {name: value for name, value in mending.items() if hasattr(card, name) and name not in of_purchase}
        if "currency" in mending:
            of_card = {}
        purchase = msgspec.structs.replace(purchase, **of_purchase)
        card = msgspec.structs.replace(card, **of_card)
    assert asked(purchase, card, lambda: pin, available).refusal is None


def test_the_list_is_in_the_order_of_the_refusals() -> None:
    order = list(Refusal)
    places = [order.index(refusal) for refusal, _ in MENDED]
    assert places == sorted(places)


def test_the_pin_is_asked_for_only_when_everything_before_it_is_in_order() -> None:
    def never() -> Pin:
        raise AssertionError("the PIN was compared")

    assert asked(PURCHASE, None, never).refusal is Refusal.CARD_UNKNOWN
    for change in ({"status": CardStatus.STOLEN}, {"expiry": "2602"}, {"currency": "EUR"}, {"pin_failures": 3}):
        assert asked(PURCHASE, msgspec.structs.replace(CARD, **change), never).refusal is not None
    assert asked(PURCHASE, msgspec.structs.replace(CARD, pvv=""), never).refusal is None


@pytest.mark.parametrize(
    ("pin", "before", "after"),
    [(Pin.WRONG, 1, 2), (Pin.RIGHT, 2, 0), (Pin.ABSENT, 2, 2), (Pin.UNREADABLE, 2, 2), (Pin.RIGHT, 0, 0)],
)
def test_only_a_pin_that_was_compared_moves_the_counter(pin: Pin, before: int, after: int) -> None:
    card = msgspec.structs.replace(CARD, pin_failures=before)
    decision = asked(PURCHASE, card, lambda: pin)
    assert decision.card is not None
    assert decision.card.pin_failures == after
    assert (decision.refusal is None) is (pin is Pin.RIGHT)


def test_only_an_approval_uses_up_the_day() -> None:
    approved = asked(PURCHASE, CARD, lambda: Pin.RIGHT).card
    assert approved is not None
    assert (approved.day, approved.spent, approved.count) == (DAY, 1250, 1)
    refused = asked(PURCHASE, CARD, lambda: Pin.RIGHT, available=1).card
    assert refused is not None
    assert (refused.day, refused.spent, refused.count) == ("", 0, 0)
    assert approved.used_on("20260315") == (0, 0)
