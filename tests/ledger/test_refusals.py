"""The refusals: documented in their order, and checked in their order."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from counterfoil.errors import Refused
from counterfoil.ledger import (
    MAX_INTEGER,
    Account,
    AccountKind,
    Book,
    BookRefusal,
    Entry,
    Hold,
    HoldOutcome,
    Resolution,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "refusals.md"
ORDER = list(BookRefusal)
CLEARING = Account("clearing", AccountKind.CLEARING, "USD")
CARD = Account("card", AccountKind.CARDHOLDER, "USD", 1000, 0, 100)
FULL = Account("full", AccountKind.CARDHOLDER, "USD", MAX_INTEGER, 0)
EURO, EURO2 = (Account(name, AccountKind.CLEARING, "EUR") for name in ("euro", "euro2"))
OPEN = Hold("H", "card", "clearing", 100, "USD", 0, "r", 50)
ENDED = Hold("HP", "card", "clearing", 100, "USD", 0)
GONE = Resolution("V0", "HP", HoldOutcome.VOIDED, 0, 1)
RESTORABLE = Hold("HR", "card", "clearing", 100, "USD", 0)
RESTORED = RESTORABLE.standing_again("RESTORED", 1)
TIMED_OUT = Hold("HX", "card", "clearing", 100, "USD", 0, "", 1)
ENDS = [
    GONE,
    *(Resolution(f"V-{one.id}", one.id, HoldOutcome.VOIDED, 0, 1) for one in (RESTORABLE, RESTORED)),
    Resolution("expire:HX", "HX", HoldOutcome.EXPIRED, 0, 1),
]
OLD = Entry("OLD", "card", "clearing", 7, "USD", 0, "old")
UNDONE = Entry("UNDONE", "card", "clearing", 7, "USD", 0)
UNDOING = UNDONE.reversed("UNDOING", 0)
REFUND = Entry("REFUND", "clearing", "card", 7, "USD", 0, reverses="before")


def book() -> Book:
    return Book(
        [CARD, CLEARING, FULL, EURO, EURO2],
        entries=[OLD, UNDONE, UNDOING, REFUND],
        holds=[OPEN, ENDED, RESTORABLE, RESTORED, TIMED_OUT],
        resolutions=ENDS,
        failed=["burned"],
    )


# refusal -> what to change in a good request so that it applies
Spoils = Mapping[BookRefusal, dict[str, Any]]
EXISTING: Spoils = {
    BookRefusal.EXISTS_WITH_DIFFERENT_DEBIT: {"debit": "elsewhere"},
    BookRefusal.EXISTS_WITH_DIFFERENT_CREDIT: {"credit": "elsewhere"},
    BookRefusal.EXISTS_WITH_DIFFERENT_AMOUNT: {"amount": 8},
    BookRefusal.EXISTS_WITH_DIFFERENT_CURRENCY: {"currency": "EUR"},
    BookRefusal.EXISTS_WITH_DIFFERENT_REF: {"ref": "new"},
}
NEW: Spoils = {
    BookRefusal.AMOUNT_NOT_INTEGER: {"amount": 1.0},
    BookRefusal.ID_ALREADY_FAILED: {"id": "burned"},
    BookRefusal.AMOUNT_ZERO: {"amount": 0},
    BookRefusal.AMOUNT_NEGATIVE: {"amount": -1},
    BookRefusal.AMOUNT_TOO_LARGE: {"amount": MAX_INTEGER + 1},
    BookRefusal.ACCOUNTS_SAME: {"debit": "clearing", "credit": "clearing"},
    BookRefusal.DEBIT_ACCOUNT_UNKNOWN: {"debit": "nowhere"},
    BookRefusal.CREDIT_ACCOUNT_UNKNOWN: {"credit": "nowhere either"},
    BookRefusal.DEBIT_CURRENCY_DIFFERS: {"debit": "euro"},
    BookRefusal.CREDIT_CURRENCY_DIFFERS: {"credit": "euro2"},
    BookRefusal.LIMIT_EXCEEDED: {"amount": 1001},
    BookRefusal.CREDIT_BALANCE_OVERFLOWS: {"credit": "full"},
}
AGAINST: Spoils = {
    BookRefusal.ID_ALREADY_FAILED: {"id": "burned"},
    BookRefusal.ORIGINAL_UNKNOWN: {"original": "nowhere"},
    BookRefusal.ORIGINAL_DIFFERS: {"debit": "full"},
    BookRefusal.AMOUNT_EXCEEDS_ORIGINAL: {"amount": 8},
    BookRefusal.CREDIT_ACCOUNT_UNKNOWN: {"credit": "nowhere"},
}
INCREMENT: Spoils = {
    BookRefusal.EXISTS_WITH_DIFFERENT_HOLD: {"id": "H"},
    BookRefusal.ID_ALREADY_FAILED: {"id": "burned"},
    BookRefusal.HOLD_UNKNOWN: {"original": "H9"},
    BookRefusal.ORIGINAL_DIFFERS: {"credit": "full"},
    BookRefusal.ALREADY_VOIDED: {"original": "HP"},
    BookRefusal.LIMIT_EXCEEDED: {"amount": 901},
}
AGAIN: Spoils = {
    BookRefusal.ID_EMPTY: {"id": ""},
    BookRefusal.EXISTS_WITH_DIFFERENT_KIND: {"id": "OLD"},
    BookRefusal.EXISTS_WITH_DIFFERENT_HOLD: {"id": "RESTORED", "of": "HP"},
    BookRefusal.ID_ALREADY_FAILED: {"id": "burned"},
    BookRefusal.HOLD_UNKNOWN: {"of": "H9"},
    BookRefusal.NOT_ENDED: {"of": "H"},
    BookRefusal.STANDS_AGAIN: {"of": "HR"},
    BookRefusal.ALREADY_EXPIRED: {"of": "HX"},
}
HOLD_ONLY: Spoils = {
    BookRefusal.TTL_NOT_INTEGER: {"ttl": True},
    BookRefusal.TTL_NEGATIVE: {"ttl": -1},
    BookRefusal.EXPIRY_TOO_LARGE: {"ttl": MAX_INTEGER},
}
POST: Spoils = {
    BookRefusal.ID_EMPTY: {"id": ""},
    BookRefusal.AMOUNT_NOT_INTEGER: {"amount": "1"},
    BookRefusal.EXISTS_WITH_DIFFERENT_KIND: {"id": "OLD"},
    BookRefusal.ID_ALREADY_FAILED: {"id": "burned"},
    BookRefusal.AMOUNT_ZERO: {"amount": 0},
    BookRefusal.HOLD_UNKNOWN: {"hold": "H9"},
    BookRefusal.ALREADY_VOIDED: {"hold": "HP"},
    BookRefusal.ALREADY_EXPIRED: {"at": 50},
    BookRefusal.LIMIT_EXCEEDED: {"amount": 1001},
}
REVERSE: Spoils = {
    BookRefusal.ID_EMPTY: {"id": ""},
    BookRefusal.EXISTS_WITH_DIFFERENT_KIND: {"id": "H"},
    BookRefusal.EXISTS_WITH_DIFFERENT_ORIGINAL: {"id": "REFUND"},
    BookRefusal.ID_ALREADY_FAILED: {"id": "burned"},
    BookRefusal.REVERSAL_OF_REVERSAL: {"of": UNDOING},
    BookRefusal.ALREADY_REVERSED: {"of": UNDONE},
}
BACK = {"debit": "clearing", "credit": "card", "amount": 7, "currency": "USD", "original": "OLD"}
ENTRY = {"debit": "card", "credit": "clearing", "amount": 7, "currency": "USD", "ref": "old"}


def transfer(at: int = 1, **request: Any) -> Any:
    return book().transfer(request.pop("id"), at=at, **request)


def hold(at: int = 1, **request: Any) -> Any:
    return book().hold(request.pop("id"), at=at, **request)


def post(at: int = 1, **request: Any) -> Any:
    return book().post(request["id"], request["hold"], at, request["amount"])


def again(**request: Any) -> Any:
    return book().again(request["id"], request["of"], 1)


def reverse(**request: Any) -> Any:
    return book().reverse(request["id"], request["of"], 1)


VERBS: list[tuple[Callable[..., Any], dict[str, Any], Spoils]] = [
    (transfer, {"id": "OLD", **ENTRY}, {BookRefusal.EXISTS_WITH_DIFFERENT_KIND: {"id": "UNDOING"}, **EXISTING}),
    (transfer, {"id": "T", **ENTRY}, {BookRefusal.ID_EMPTY: {"id": ""}, **NEW}),
    (
        hold,
        {"id": "H", **ENTRY, "amount": 100, "ref": "r", "ttl": 50},
        {
            **EXISTING,
            BookRefusal.EXISTS_WITH_DIFFERENT_KIND: {"id": "OLD"},
            BookRefusal.EXISTS_WITH_DIFFERENT_TTL: {"ttl": 9},
        },
    ),
    (hold, {"id": "H1", **ENTRY, "ttl": 50}, {BookRefusal.ID_EMPTY: {"id": ""}, **NEW, **HOLD_ONLY}),
    (post, {"id": "P", "hold": "H", "amount": 100, "at": 1}, POST),
    (reverse, {"id": "R", "of": OLD}, REVERSE),
    (transfer, {"id": "T", **BACK}, AGAINST),
    (hold, {"id": "I", **ENTRY, "amount": 100, "original": "H"}, INCREMENT),
    (again, {"id": "A", "of": "HP"}, AGAIN),
]
PAIRS = [
    pytest.param(verb, {**request, **spoils[first], **spoils[second]}, first, id=f"{i}-{first.value}-{second.value}")
    for i, (verb, request, spoils) in enumerate(VERBS)
    for first, second in itertools.combinations_with_replacement(sorted(spoils, key=ORDER.index), 2)
    if first is second or not spoils[first].keys() & spoils[second].keys()
]


@pytest.mark.parametrize(("verb", "request_", "first"), PAIRS)
def test_when_two_refusals_apply_the_earlier_in_the_order_is_the_answer(
    verb: Callable[..., Any], request_: dict[str, Any], first: BookRefusal
) -> None:
    with pytest.raises(Refused) as caught:
        verb(**request_)
    assert caught.value.refusal is first


@pytest.mark.parametrize(("verb", "request_"), [pytest.param(v, r, id=f"{i}") for i, (v, r, _) in enumerate(VERBS)])
def test_the_requests_the_order_is_tested_with_are_good_ones(
    verb: Callable[..., Any], request_: dict[str, Any]
) -> None:
    assert verb(**request_).id == request_["id"]


def test_every_refusal_is_documented_in_the_order_of_the_checks() -> None:
    documented = re.findall(r"^\| `(\w+)` \| \S", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert documented == [refusal.value for refusal in BookRefusal]


def test_every_refusal_has_a_line_in_a_table_or_a_pair_above() -> None:
    table = (Path(__file__).parent.parent / "tables" / "two_phase.txt").read_text("utf-8")
    shown = {refusal for *_, spoils in VERBS for refusal in spoils}
    assert [r.value for r in BookRefusal if r not in shown and not re.search(rf"-> {r.value}\n", table)] == []


@pytest.mark.parametrize("verb", ["transfer", "reverse", "hold", "post", "void", "again", "expire"])
def test_the_document_names_only_verbs_that_can_refuse(verb: str) -> None:
    named = {
        v
        for row in re.findall(r"\| ([a-z, ]+) \|$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
        for v in row.split(", ")
    }
    assert verb in named
    assert named <= set(dir(Book)) | {"verbs"}


@pytest.mark.parametrize("amount", [True, 1.0, "1", None])
def test_only_a_true_integer_is_an_amount_even_for_a_known_id(amount: Any) -> None:
    one = Entry("ONE", "card", "clearing", 1, "USD", 0)
    again = Book([CARD, CLEARING], entries=[one])
    with pytest.raises(Refused, match="amount_not_integer"):
        again.transfer("ONE", "card", "clearing", amount, "USD", 0)
