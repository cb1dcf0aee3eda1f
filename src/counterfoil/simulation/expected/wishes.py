"""What a till asks of a terminal, and the elements of the request that this becomes."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from counterfoil.iso8583 import Message
from counterfoil.kinds import BY_NAME, PURCHASE, AmountRule, Kind, Needs
from counterfoil.security import luhn_ok
from counterfoil.simulation.expected.asks import Offer, Place
from counterfoil.simulation.expected.local import clock
from counterfoil.simulation.expected.spellings import amount_of, carries_amount
from counterfoil.step import Instant
from counterfoil.transaction import parse_ref

NUMBERS: Final = {"CNY": "156", "USD": "840", "JPY": "392"}
MOST: Final = 999_999_999_999
PIN: Final = re.compile("[0-9]{4,12}")
MONTH: Final = re.compile("[0-9]{2}(0[1-9]|1[0-2])")
TRACK: Final = re.compile("([0-9]{12,19})=[0-9]{4}[0-9]*")
DATED: Final = 12  # digits of DE61 before the date


class TillQuestion(NamedTuple):
    """What a till asked under one key. `amount` 0: none was typed in."""

    amount: int
    currency: str
    pan: str
    track: str  # "" for a number that was typed
    expiry: str
    pin: str
    kind: Kind
    original: str


class AnsweredOriginal(NamedTuple):
    """What a terminal knows of what a request refers to: its request, the answer to it, and when it was asked."""

    request: Message
    answer: Message
    at: Instant


def makes_sense(args: dict[str, Any]) -> bool:
    """Whether this can be a transaction at all."""
    amount, card, pin, kind = args.get("amount"), args["card"], args.get("pin"), kind_in(args)
    if kind is None or (kind.original is None and args.get("original")) or args["currency"] not in NUMBERS:
        return False
    if Needs.AMOUNT in kind.needs and (type(amount) is not int or not 0 < amount <= MOST):
        return False
    if not isinstance(card, dict) or (pin and (Needs.PIN not in kind.needs or PIN.fullmatch(pin) is None)):
        return False
    if args.get("entry") == "typed":
        return "track2" not in card and luhn_ok(card["pan"]) and MONTH.fullmatch(card["expiry"]) is not None
    found = TRACK.fullmatch(card.get("track2", ""))
    return found is not None and args.get("entry", "swipe") == "swipe" and found[1] == card.get("pan", found[1])


def kind_in(args: dict[str, Any]) -> Kind | None:
    """The kind that is asked for; one that is not named is a purchase."""
    return BY_NAME.get(args.get("kind", PURCHASE.name))


def asked_in(args: dict[str, Any]) -> TillQuestion:
    """The question in a command that makes sense."""
    card, kind = args["card"], kind_in(args)
    assert kind is not None
    track = card.get("track2", "")
    way = (args.get("amount", 0), args["currency"], card["pan"], track, card["expiry"], args.get("pin", ""))
    return TillQuestion(*way, kind, args.get("original", ""))


def whole(question: TillQuestion, of: AnsweredOriginal | None) -> int:
    """The amount it is about: what was typed in, or its original's."""
    return question.amount or (amount_of(of.request) if of is not None else 0)


def most(question: TillQuestion, of: AnsweredOriginal) -> int:
    """The highest amount its original allows."""
    rule, amount = question.kind.original, amount_of(of.request)
    above = rule is not None and rule.amount is AmountRule.AT_MOST_ABOVE
    return amount * 115 // 100 if above else amount


def says(place: Place, offer: Offer, question: TillQuestion, batch: str, of: AnsweredOriginal | None) -> dict[int, Any]:
    """The elements of the request for what a till asked."""
    kind, how = question.kind, "02" if question.track else "01"
    expected = {
        2: None if question.track else question.pan,
        3: kind.wire.processing,
        4: f"{whole(question, of):012d}" if carries_amount(kind) else None,
        14: None if question.track else question.expiry,
        22: how + ("1" if question.pin else "2"),
        25: kind.wire.condition,
        35: question.track.replace("=", "D") or None,
        49: NUMBERS[question.currency],
        52: place.keys.hsm.encrypt_pin(offer.pik, question.pin, question.pan) if question.pin else None,
        60: f"{kind.wire.type}{batch}000",
    }
    return expected | refers(question, of)


def refers(question: TillQuestion, of: AnsweredOriginal | None) -> dict[int, Any]:
    """How a request names its original: one of the same batch by its number at the switch, any other by its date."""
    rule, key = question.kind.original, parse_ref(question.original)
    if rule is None or key is None or of is None:
        return {37: None, 38: None, 61: None}
    date = "" if rule.same_batch else clock(of.at)[1]
    rrn = of.answer.de37 if rule.same_batch else None
    return {37: rrn, 38: of.answer.de38, 61: f"{key.batch}{key.stan}{date}"}
