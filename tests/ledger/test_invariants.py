"""Every invariant can fail, and says whose fault it is."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from counterfoil.ledger import (
    MAX_INTEGER,
    Account,
    AccountKind,
    Entry,
    Hold,
    Invariant,
    Outcome,
    Resolution,
    Violation,
    check,
    sums,
)

CARD = Account("card", AccountKind.CARDHOLDER, "CNY", 60, 0, 30)
SHOP = Account("shop", AccountKind.CLEARING, "CNY")
FUND = Account("fund", AccountKind.FUNDING, "CNY")
EURO = Account("euro", AccountKind.FUNDING, "EUR")
FUNDED = Entry("F1", "fund", "card", 100, "CNY", 1)
PAID = Entry("T1", "card", "shop", 25, "CNY", 2)
UNDONE = PAID.reversed("R1", 3)
HELD = Hold("H1", "card", "shop", 30, "CNY", 4)
HELD_TOO = Hold("H2", "card", "shop", 50, "CNY", 5)
POSTED = Entry("P2", "card", "shop", 40, "CNY", 6, hold="H2")
RESOLVED = Resolution("P2", "H2", Outcome.POSTED, 40, 6)
VOIDED = Resolution("V2", "H2", Outcome.VOIDED, 0, 6)

SOUND: dict[str, Any] = {
    "accounts": [CARD, SHOP, FUND, EURO],
    "entries": [FUNDED, PAID, UNDONE, POSTED],
    "holds": [HELD, HELD_TOO],
    "resolutions": [RESOLVED],
    "authorisations": {"H1": 30},
}


def changed(row: Any, **fields: Any) -> Any:
    return msgspec.structs.replace(row, **fields)


def card(**fields: Any) -> list[Account]:
    return [changed(CARD, **fields), SHOP, FUND, EURO]


def test_a_sound_ledger_has_no_violation() -> None:
    assert check(**SOUND) == []
    assert check(**{**SOUND, "authorisations": None}) == []
    assert sums(SOUND["accounts"], SOUND["entries"]) == {"CNY": 0, "EUR": 0}


def test_an_account_on_which_nothing_ever_happened_has_nothing_and_nothing_else_will_do() -> None:
    idle = Account("idle", AccountKind.CARDHOLDER, "CNY", 0, 0)
    assert check(**{**SOUND, "accounts": [*SOUND["accounts"], idle]}) == []
    found = check(**{**SOUND, "accounts": [*SOUND["accounts"], changed(idle, balance=1)]})
    assert Violation(Invariant.BALANCE_DIFFERS, "idle", 0, 1) in found


def test_the_largest_amount_there_is_is_no_violation() -> None:
    assert check(**{**SOUND, "entries": [*SOUND["entries"], Entry("T9", "shop", "fund", MAX_INTEGER, "CNY", 9)]}) == []


V, I = Violation, Invariant  # noqa: E741 - one letter each keeps the table readable
BROKEN: dict[str, tuple[dict[str, Any], list[Violation]]] = {
    "a balance row too high": (
        {"accounts": card(balance=61)},
        [V(I.SUM_NOT_ZERO, "CNY", 0, 1), V(I.BALANCE_DIFFERS, "card", 60, 61)],
    ),
    "a lost entry": (
        {"entries": [FUNDED, POSTED, PAID]},
        [V(I.SUM_NOT_ZERO, "CNY", 0, 25), V(I.BALANCE_DIFFERS, "card", 35, 60)],
    ),
    "a wrong held amount": ({"accounts": card(held=29)}, [V(I.HELD_DIFFERS, "card", 30, 29)]),
    "below the floor": ({"accounts": card(floor=31)}, [V(I.BELOW_FLOOR, "card", 31, 30)]),
    "an amount that is no integer": (
        {"entries": [FUNDED, POSTED, changed(PAID, amount=True), changed(UNDONE, amount=True)]},
        [V(I.AMOUNT_WRONG, "T1"), V(I.AMOUNT_WRONG, "R1")],
    ),
    "an amount of nothing": (
        {"entries": [FUNDED, POSTED, changed(PAID, amount=0), changed(UNDONE, amount=0)]},
        [V(I.AMOUNT_WRONG, "T1"), V(I.AMOUNT_WRONG, "R1")],
    ),
    "an account nobody knows": (
        {"entries": [*SOUND["entries"], Entry("T9", "nobody", "nowhere", 1, "CNY", 9)]},
        [V(I.ACCOUNT_WRONG, "T9")],
    ),
    "an account of another currency": (
        {"entries": [*SOUND["entries"], Entry("T9", "shop", "euro", 1, "CNY", 9)]},
        [V(I.ACCOUNT_WRONG, "T9"), V(I.SUM_NOT_ZERO, "CNY", 0, -1), V(I.SUM_NOT_ZERO, "EUR", 0, 1)],
    ),
    "money to itself": (
        {"entries": [*SOUND["entries"], Entry("T9", "shop", "shop", 1, "CNY", 9)]},
        [V(I.ACCOUNT_WRONG, "T9")],
    ),
    "an id used for two entries": (
        {"entries": [*SOUND["entries"], Entry("F1", "shop", "fund", 1, "CNY", 9)]},
        [V(I.ID_TWICE, "F1")],
    ),
    "an id used for a hold and an entry": (
        {"entries": [*SOUND["entries"], Entry("H1", "shop", "fund", 1, "CNY", 9)]},
        [V(I.ID_TWICE, "H1")],
    ),
    "a reversal of nothing": (
        {"entries": [FUNDED, POSTED, UNDONE], "accounts": card(balance=85)},
        [V(I.REVERSAL_DIFFERS, "R1")],
    ),
    "a reversal of another amount": (
        {"entries": [FUNDED, POSTED, PAID, changed(UNDONE, amount=24)], "accounts": card(balance=59)},
        [V(I.REVERSAL_DIFFERS, "R1")],
    ),
    "a reversal of a reversal": (
        {"entries": [*SOUND["entries"], UNDONE.reversed("R2", 9)], "accounts": card(balance=35)},
        [V(I.REVERSAL_DIFFERS, "R2")],
    ),
    "a second reversal": (
        {"entries": [*SOUND["entries"], PAID.reversed("R2", 9)], "accounts": card(balance=85)},
        [V(I.REVERSED_TWICE, "T1")],
    ),
    "a hold that ended twice": ({"resolutions": [RESOLVED, VOIDED]}, [V(I.RESOLVED_TWICE, "H2")]),
    "an end without a hold": (
        {"resolutions": [RESOLVED, changed(VOIDED, hold="H9")]},
        [V(I.HOLD_MISSING, "V2")],
    ),
    "everything that is wrong with the ends of holds, not only the first": (
        {"resolutions": [RESOLVED, VOIDED, changed(VOIDED, hold="H8"), changed(VOIDED, id="V9", hold="H9"), VOIDED]},
        [V(I.RESOLVED_TWICE, "H2"), V(I.HOLD_MISSING, "V2"), V(I.HOLD_MISSING, "V9"), V(I.RESOLVED_TWICE, "H2")],
    ),
    "a posting under another reference than its hold's": (
        {"holds": [HELD, changed(HELD_TOO, ref="r2")]},
        [V(I.POSTING_DIFFERS, "H2", 40, 40)],
    ),
    "a voided hold that was posted": ({"resolutions": [VOIDED]}, [V(I.POSTING_DIFFERS, "H2", 0, 40)]),
    "a posting of an open hold": (
        {"resolutions": [], "accounts": card(held=80), "authorisations": None},
        [V(I.POSTING_DIFFERS, "H2", 0, 40), V(I.BELOW_FLOOR, "card", 0, -20)],
    ),
    "a posted hold without its entry": (
        {"entries": [FUNDED, PAID, UNDONE], "accounts": card(balance=100)},
        [V(I.POSTING_DIFFERS, "H2", 40, 0)],
    ),
    "more posted than held": (
        {"holds": [HELD, changed(HELD_TOO, amount=39)]},
        [V(I.POSTING_DIFFERS, "H2", 40, 40)],
    ),
    "one hold posted twice": (
        {"entries": [*SOUND["entries"], changed(POSTED, id="P3")], "accounts": card(balance=20, held=20)},
        [V(I.POSTING_DIFFERS, "H2", 40, 80), V(I.HELD_DIFFERS, "card", 30, 20)],
    ),
    "a hold nobody asked for": ({"authorisations": {}}, [V(I.AUTHORISATION_DIFFERS, "H1", 0, 30)]),
    "an authorisation without a hold": (
        {"authorisations": {"H1": 30, "H7": 5}},
        [V(I.AUTHORISATION_DIFFERS, "H7", 5, 0)],
    ),
    "an authorisation of another amount": (
        {"authorisations": {"H1": 31}},
        [V(I.AUTHORISATION_DIFFERS, "H1", 31, 30)],
    ),
}


@pytest.mark.parametrize(("change", "violations"), [pytest.param(*row, id=name) for name, row in BROKEN.items()])
def test_what_is_broken_is_named(change: dict[str, Any], violations: list[Violation]) -> None:
    assert check(**{**SOUND, **change}) == violations


def test_every_invariant_is_broken_by_a_row_above() -> None:
    assert {violation.invariant for _, violations in BROKEN.values() for violation in violations} == set(Invariant)


def test_a_violation_reads_as_a_sentence() -> None:
    assert str(Violation(Invariant.BALANCE_DIFFERS, "card", 60, 61)) == "balance_differs: card, expected 60, found 61"
