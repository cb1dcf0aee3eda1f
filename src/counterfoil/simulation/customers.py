"""Customers with an unusual card or wish, and what people ask of a terminal beside sales: only where `Faults.odd` is.

Cards that are stolen, blocked, expired, renewed, limited, of another currency or of no bank; amounts at every limit and
one beyond; PINs that are wrong, missing or not wanted; requests that make no sense; questions about receipts, earlier
sales and things nobody asked for.
"""

from __future__ import annotations

import random
from typing import Any, Final, NamedTuple

from counterfoil.simulation.plant import (
    CARD_LIMIT,
    CURRENCY,
    DAY_LIMIT,
    HIGH,
    OPENING,
    TERMINAL_LIMIT,
    CustomersCard,
    cards,
    odd,
)

WRONG: Final = "9999"
AMOUNTS: Final = (
    1,
    CARD_LIMIT,
    CARD_LIMIT + 1,
    TERMINAL_LIMIT,
    TERMINAL_LIMIT + 1,
    DAY_LIMIT,
    HIGH,
    OPENING + 1,
    100_001,
)
NONSENSE: Final[tuple[dict[str, Any], ...]] = (
    {"amount": 0},
    {"amount": -5},
    {"amount": 12.5},
    {"amount": True},
    {"amount": 10**12},
    {"currency": "XXX"},
    {"currency": 156},
    {"card": None},
    {"card": {"track2": "not a track"}},
    {"card": {"pan": "6299991000000013", "expiry": "3112"}, "entry": "typed"},
    {"card": {"pan": "62999910", "expiry": "3113"}, "entry": "typed"},
    {"entry": "chip"},
    {"pin": "12"},
    {"pin": "abcd"},
    {"entry": "typed"},
    {"terminal": "T9999999"},
)
REGULARS: Final = ("often", "daily", "forgetful", "each", "bare")  # their limits are reached by coming again and again
ERRANDS: Final = (
    *("text", "text", "again", "again", "last", "find", "open", "wanted", "seen", "goods", "escalate", "cancel"),
    *("list", "unknown", "link"),
)


MANNERS: Final = ("copied", "copied", "number", "service", "date", "typed", "typed", "typed", "mistyped")
"""What may be brought instead of a card: a stripe that was made of its number by whoever does not know its value, one
with another service code or date on it, and the number alone, typed."""


class Wish(NamedTuple):
    """What a customer brings and wants.

    `manner` is "" or one of MANNERS; `spoils` is what of the request makes no sense, {} for nothing.
    """

    card: CustomersCard
    amount: int
    pin: str
    currency: str
    manner: str
    spoils: dict[str, Any]


def brought(rng: random.Random, card: CustomersCard, manner: str) -> dict[str, Any]:
    """The card, as a till asks for a sale with it."""
    number, rest = card.track2.split("=")
    wrong = {
        "copied": f"{rest[:12]}{rng.randrange(1000):03d}00000",
        "number": f"{card.stripe}{card.service}0000000000",
        "service": f"{rest[:4]}{rng.choice(('101', '221', '206'))}{rest[7:]}",
        "date": f"3{rng.randrange(2, 9)}{rest[2:]}",
    }
    if manner in ("typed", "mistyped"):
        expiry = card.stripe if manner == "typed" else f"3{rng.randrange(2, 9)}12"
        return {"card": {"pan": card.pan, "expiry": expiry}, "entry": "typed"}
    return {"card": {"pan": card.pan, "expiry": card.stripe, "track2": f"{number}={wrong.get(manner, rest)}"}}


def wish(rng: random.Random) -> Wish:
    """One more of them."""
    regulars = [card for card in odd() if card.name in REGULARS]
    card = rng.choice((*regulars, *regulars, *regulars, *odd(), *cards()))
    limit = card.special.get("limit_each", 0)
    amount = rng.choice((limit, limit + 1)) if limit and rng.randrange(2) else rng.randint(1, HIGH)
    if rng.randrange(4) == 0:
        amount = rng.choice(AMOUNTS)
    pin = card.pin
    if rng.randrange(2 if card.name == "forgetful" else 6) == 0:
        pin = rng.choice((WRONG, WRONG, "", "123456"))
    currency = card.special.get("currency", CURRENCY)
    if rng.randrange(10) == 0:
        currency = rng.choice(("USD", "JPY", "CNY"))
    spoils = rng.choice(NONSENSE) if rng.randrange(12) == 0 else {}
    manner = ""
    if rng.randrange(5) == 0:
        manner = rng.choice(MANNERS)
        if rng.randrange(3):  # one whose number is known: as often as its issuer lets anybody guess in a day
            card = next(one for one in odd() if one.name == "copied")
            pin, currency = card.pin, CURRENCY
    return Wish(card, amount, pin, currency, manner, spoils)


def errand(rng: random.Random, terminal: str, ref: str, amount: int, last4: str) -> tuple[str, dict[str, Any]]:
    """A question beside a sale that was told as `ref`: its verb, and what comes with it."""
    which = rng.choice(ERRANDS)
    copy, language = rng.choice(("merchant", "cardholder")), rng.choice(("en", "zh"))
    either = rng.choice((ref, ref, "T0000001/000001/999999", "no reference"))
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "text": ("receipt", {"ref": either, "copy": copy, "lang": language, "print": False}),
        "again": ("receipt", {"ref": either, "copy": rng.choice((copy, copy, "nobody"))}),
        "last": ("last", {"terminal": terminal, "paid": rng.randrange(2) == 0}),
        "find": ("find", rng.choice(({"last4": last4, "amount": amount}, {"last4": last4}, {"amount": amount}))),
        "open": ("open_receipts", {"terminal": rng.choice((terminal, "T9999999"))}),
        "wanted": ("close_receipt", {"ref": either, "how": "declined", "operator": "01"}),
        "seen": ("close_receipt", {"ref": either, "how": rng.choice(("attested", "nonsense")), "copy": copy}),
        "goods": ("goods", {"ref": either, "answer": rng.choice(("handed_over", "nonsense"))}),
        "escalate": ("escalate", {"ref": either, "operator": "", "reason": "curiosity"}),
        "cancel": ("cancel", {"terminal": rng.choice((terminal, "T9999999"))}),
        "list": ("list", {}),
        "unknown": ("dance", {}),
        "link": ("receipt_link", {"ref": either}),
    }
    return asked[which]
