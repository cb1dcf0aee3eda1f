"""The rules by themselves: the order in which they object, and what asking does to a card."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec
import pytest

from counterfoil.issuer.card import Card, CardStatus
from counterfoil.issuer.lifecycle import State
from counterfoil.issuer.refusal import Refusal
from counterfoil.issuer.reversal_rules import ReversalAdvice, differing
from counterfoil.issuer.rows import Txn
from counterfoil.issuer.rules import Authorisation, Decision, Pin, decide, same_content
from counterfoil.issuer.settings import Settings

PURCHASE: Final = Authorisation(
    kind="purchase",
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
    entry="02",
    stripe=True,
    service="201",
)
CARD: Final = Card(
    token="t" * 64, account="card:t", name="", first6="629999", last4="0001", expiry="3012", currency="CNY", pvv="1234"
)
DAY: Final = "20260314"

# Everything that can be wrong at once, and the mending of one fault after the other, in the order of the answers.
WRONG_PURCHASE: Final = msgspec.structs.replace(
    PURCHASE,
    amount=0,
    currency="USD",
    expiries=("2602", "3011"),
    same_card=False,
    entry="05",
    stripe=False,
    service="204",
)
WRONG_CARD: Final = msgspec.structs.replace(
    CARD,
    status=CardStatus.LOST,
    pin_failures=3,
    limit_each=1,
    limit_day=1,
    count_day=1,
    day=DAY,
    spent=1,
    count=1,
    guesses=5,
)
MENDED: Final[list[tuple[Refusal, dict[str, Any]]]] = [
    (Refusal.ENTRY_UNKNOWN, {"entry": "02"}),
    (Refusal.TRACK_OF_OTHER_CARD, {"same_card": True}),
    (Refusal.STRIPE_MISSING, {"stripe": True}),
    (Refusal.STRIPE_GUESSED, {"guesses": 4}),
    (Refusal.STRIPE_WRONG, {"right": True}),
    (Refusal.CARD_LOST, {"status": CardStatus.ACTIVE}),
    (Refusal.CARD_EXPIRED, {"expiries": ("3011",)}),
    (Refusal.EXPIRY_DIFFERS, {"expiries": ()}),
    (Refusal.CURRENCY_NOT_HELD, {"currency": "CNY"}),
    (Refusal.SERVICE_NOT_ALLOWED, {"service": "201"}),
    (Refusal.PIN_TRIES_EXCEEDED, {"pin_failures": 0}),
    (Refusal.PIN_WRONG, {"pin": Pin.RIGHT}),
    (Refusal.AMOUNT_ZERO, {"amount": 1250}),
    (Refusal.LIMIT_EACH, {"limit_each": 0}),
    (Refusal.LIMIT_DAY, {"limit_day": 0}),
    (Refusal.COUNT_DAY, {"count_day": 0}),
    (Refusal.FUNDS, {"available": 1250}),
]


SETTINGS: Final = Settings(name="issuer-a")


def asked(
    purchase: Authorisation,
    card: Card | None,
    pin: Callable[[], Pin],
    available: int = 1250,
    stripe: Callable[[], bool] = lambda: True,
    settings: Settings = SETTINGS,
) -> Decision:
    return decide(purchase, card, available, day=DAY, settings=settings, stripe=stripe, pin=pin)


def saying(pin: Pin) -> Callable[[], Pin]:
    return lambda: pin


def test_of_several_faults_the_first_of_the_list_is_the_answer() -> None:
    purchase, card, pin, available, right = WRONG_PURCHASE, WRONG_CARD, Pin.WRONG, 1, False
    for refusal, mending in MENDED:
        assert asked(purchase, card, saying(pin), available, partial(bool, right)).refusal is refusal
        right = mending.get("right", right)
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


@pytest.mark.parametrize(
    ("own", "claimed", "refusal"),
    [
        ("2603", ("2603",), None),  # good to the end of its month
        ("2602", (), Refusal.CARD_EXPIRED),
        ("2604", ("2604",), None),
    ],
)
def test_a_card_is_good_to_the_end_of_its_month(own: str, claimed: tuple[str, ...], refusal: Refusal | None) -> None:
    purchase, card = msgspec.structs.replace(PURCHASE, expiries=claimed), msgspec.structs.replace(CARD, expiry=own)
    assert asked(purchase, card, saying(Pin.RIGHT)).refusal is refusal


TXN: Final = Txn(
    key=PURCHASE.key, rrn=PURCHASE.rrn, token=PURCHASE.token, account="card:t", first6="629999", last4="0001",
    processing=PURCHASE.processing, amount=PURCHASE.amount, currency="CNY", terminal=PURCHASE.terminal,
    merchant=PURCHASE.merchant, state=State.POSTED, code="00", started_at=1, updated_at=1,
)  # fmt: skip
ADVICE: Final = ReversalAdvice(
    key="10344/0314120001/000002", original=TXN.key, token=TXN.token, amount=TXN.amount, currency="CNY",
    terminal=TXN.terminal, merchant=TXN.merchant, rrn=TXN.rrn, reason="98",
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({}, ()),
        ({"token": "", "currency": ""}, ()),  # an advice without DE2 and DE49 contradicts neither
        ({"token": "u" * 64}, ("DE2",)),
        ({"amount": 1251}, ("DE4",)),
        ({"terminal": "T0000002"}, ("DE41",)),
        ({"merchant": "000010344000002"}, ("DE42",)),
        ({"currency": "USD"}, ("DE49",)),
        ({"amount": 1, "currency": "USD"}, ("DE4", "DE49")),
    ],
)
def test_an_advice_that_is_about_something_else_says_by_what(change: dict[str, Any], named: tuple[str, ...]) -> None:
    assert differing(msgspec.structs.replace(ADVICE, **change), TXN) == named


@pytest.mark.parametrize("state", [State.TOMBSTONED, State.LATE])
@pytest.mark.parametrize(("token", "same"), [("", True), (PURCHASE.token, True), ("u" * 64, False)])
def test_a_tombstone_knows_only_what_its_reversal_told(state: State, token: str, *, same: bool) -> None:
    known = msgspec.structs.replace(TXN, state=state, token=token, currency="", processing="", rrn="another")
    assert same_content(known, PURCHASE) is same
