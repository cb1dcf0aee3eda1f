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
    HoldOutcome,
    Invariant,
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
RESOLVED = Resolution("P2", "H2", HoldOutcome.POSTED, 40, 6)
VOIDED = Resolution("V2", "H2", HoldOutcome.VOIDED, 0, 6)

SOUND: dict[str, Any] = {
    "accounts": [CARD, SHOP, FUND, EURO],
    "entries": [FUNDED, PAID, UNDONE, POSTED],
    "holds": [HELD, HELD_TOO],
    "resolutions": [RESOLVED],
    "authorisations": {"H1": 30},
}


# A sale of 25 and a refund of 20 of it; an increment; a hold that stands again.
SOLD = Entry("T2", "card", "shop", 25, "CNY", 7)
REFUND = Entry("B1", "shop", "card", 20, "CNY", 8, original="T2")
MORE = Hold("I1", "card", "shop", 10, "CNY", 8, original="H1")
AGAIN = HELD_TOO.standing_again("A2", 8)


def changed(row: Any, **fields: Any) -> Any:
    return msgspec.structs.replace(row, **fields)


def card(**fields: Any) -> list[Account]:
    return [changed(CARD, **fields), SHOP, FUND, EURO]


def family(*entries: Entry) -> dict[str, Any]:
    """The sound ledger, a sale, and these besides."""
    booked = [*SOUND["entries"], SOLD, *entries]
    balance = sum(entry.amount * ((entry.credit == "card") - (entry.debit == "card")) for entry in booked)
    return {"entries": booked, "accounts": card(balance=balance)}


def holds(*held: Hold, **fields: Any) -> dict[str, Any]:
    """The sound ledger with these holds besides the one that was posted."""
    return {"holds": [HELD_TOO, *held], "accounts": card(**fields), "authorisations": None}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(family(REFUND, changed(REFUND, id="B2", amount=5)), id="refunds of all of it"),
        pytest.param(family(REFUND, SOLD.reversed("R2", 9, 5)), id="a refund, and the rest goes back"),
        pytest.param(family(REFUND, REFUND.reversed("R3", 9)), id="a refund that came back"),
        pytest.param(holds(HELD, MORE, held=40), id="an increment"),
        pytest.param(holds(HELD, AGAIN, held=80), id="a hold that stands again"),
        pytest.param(
            {"entries": [*SOUND["entries"], Entry("T3", "card", "shop", 80, "CNY", 9, forced=True)]}
            | {"accounts": card(balance=-20)},
            id="overdrawn by what was forced",
        ),
    ],
)
def test_what_may_be_is_no_violation(change: dict[str, Any]) -> None:
    assert check(**{**SOUND, **change}) == []


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
        [V(I.RETURNED_DIFFERS, "T1", 25, 24)],
    ),
    "a reversal along another way": (
        {"entries": [FUNDED, POSTED, PAID, changed(UNDONE, debit="fund")]},
        [V(I.REVERSAL_DIFFERS, "R1")],
    ),
    "a reversal that was not forced": (
        {"entries": [FUNDED, POSTED, PAID, changed(UNDONE, forced=False)]},
        [V(I.REVERSAL_DIFFERS, "R1")],
    ),
    "a reversal of a reversal": (
        {"entries": [*SOUND["entries"], UNDONE.reversed("R2", 9)], "accounts": card(balance=35)},
        [V(I.REVERSAL_DIFFERS, "R2")],
    ),
    "a second reversal": (
        {"entries": [*SOUND["entries"], PAID.reversed("R2", 9)], "accounts": card(balance=85)},
        [V(I.REVERSED_TWICE, "T1"), V(I.RETURNED_DIFFERS, "T1", 25, 50)],
    ),
    "refunds of more than the sale": (
        family(REFUND, changed(REFUND, id="B2", amount=6)),
        [V(I.RETURNED_DIFFERS, "T2", 25, 26)],
    ),
    "a refund, and all of the sale goes back besides": (
        family(REFUND, SOLD.reversed("R2", 9)),
        [V(I.RETURNED_DIFFERS, "T2", 25, 45)],
    ),
    "a refund that came back, and only the rest of the sale went": (
        family(REFUND, REFUND.reversed("R3", 9), SOLD.reversed("R2", 9, 5)),
        [V(I.RETURNED_DIFFERS, "T2", 25, 5)],
    ),
    "a refund of nothing": (family(changed(REFUND, original="T9")), [V(I.CHILD_DIFFERS, "B1")]),
    "a refund out of another account": (family(changed(REFUND, debit="fund")), [V(I.CHILD_DIFFERS, "B1")]),
    "entries that stand against each other": (
        family(changed(REFUND, original="B2"), changed(REFUND, id="B2", debit="card", credit="shop", original="B1")),
        [],
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
    "a posting along another way than its hold": (
        {"holds": [HELD, changed(HELD_TOO, credit="fund")]},
        [V(I.POSTING_DIFFERS, "P2", 40, 40)],
    ),
    "a posting at another time than the end of its hold": (
        {"resolutions": [changed(RESOLVED, at=7)]},
        [V(I.POSTING_DIFFERS, "P2", 40, 40)],
    ),
    "a posting of another hold than it says": (
        {"entries": [FUNDED, PAID, UNDONE, changed(POSTED, hold="H1")]},
        [V(I.POSTING_DIFFERS, "P2", 40, 40)],
    ),
    "less taken from a hold than was posted": (
        {"resolutions": [changed(RESOLVED, amount=39)]},
        [V(I.POSTING_DIFFERS, "P2", 39, 40)],
    ),
    "something posted of a hold that was voided": (
        {
            "resolutions": [RESOLVED, changed(VOIDED, hold="H1", amount=5)],
            "authorisations": {},
            "accounts": card(held=0),
        },
        [V(I.POSTING_DIFFERS, "H1", 0, 5)],
    ),
    "a hold of nothing": (
        {"holds": [HELD, HELD_TOO, changed(HELD, id="H3", amount=0)], "authorisations": None},
        [V(I.AMOUNT_WRONG, "H3")],
    ),
    "a hold on an account nobody knows": (
        {"holds": [HELD, HELD_TOO, changed(HELD, id="H3", debit="nobody")], "authorisations": None},
        [V(I.ACCOUNT_WRONG, "H3")],
    ),
    "an increment of nothing": (holds(changed(HELD, original="H9")), [V(I.HOLD_DIFFERS, "H1")]),
    "an increment of an increment": (
        holds(HELD, MORE, changed(MORE, id="I2", original="I1"), held=50),
        [V(I.HOLD_DIFFERS, "I2")],
    ),
    "an increment along another way": (
        holds(HELD, changed(MORE, credit="fund"), held=40),
        [V(I.HOLD_DIFFERS, "I1")],
    ),
    "a hold that stands again for less": (
        holds(HELD, changed(AGAIN, amount=49), held=79),
        [V(I.HOLD_DIFFERS, "A2")],
    ),
    "a hold that stands again for longer": (
        holds(HELD, changed(AGAIN, expires_at=99), held=80),
        [V(I.HOLD_DIFFERS, "A2")],
    ),
    "a hold that stands again twice": (
        holds(HELD, AGAIN, changed(AGAIN, id="A3"), held=130),
        [V(I.HOLD_DIFFERS, "A3")],
    ),
    "a hold that stands again though it never ended": (
        holds(HELD, HELD.standing_again("A1", 8), held=60),
        [V(I.HOLD_DIFFERS, "A1")],
    ),
    "a hold that stands again though its time was over": (
        {
            **holds(HELD, AGAIN, held=80),
            "entries": [FUNDED, PAID, UNDONE],
            "resolutions": [changed(VOIDED, outcome=HoldOutcome.EXPIRED)],
            "accounts": card(balance=100, held=80),
        },
        [V(I.HOLD_DIFFERS, "A2")],
    ),
    "below the floor by more than what was forced": (
        {
            "entries": [*SOUND["entries"], Entry("T3", "card", "shop", 50, "CNY", 9, forced=True)],
            "accounts": card(balance=10, floor=31),
        },
        [V(I.BELOW_FLOOR, "card", -19, -20)],
    ),
    "a voided hold that was posted": ({"resolutions": [VOIDED]}, [V(I.POSTING_DIFFERS, "P2", 0, 40)]),
    "a posting of an open hold": (
        {"resolutions": [], "accounts": card(held=80), "authorisations": None},
        [V(I.POSTING_DIFFERS, "P2", 0, 40), V(I.BELOW_FLOOR, "card", 0, -20)],
    ),
    "a posted hold without its entry": (
        {"entries": [FUNDED, PAID, UNDONE], "accounts": card(balance=100)},
        [V(I.POSTING_DIFFERS, "P2", 40, 0)],
    ),
    "more posted than held": (
        {"holds": [HELD, changed(HELD_TOO, amount=39)]},
        [V(I.POSTING_DIFFERS, "P2", 40, 40)],
    ),
    "one hold posted twice": (
        {"entries": [*SOUND["entries"], changed(POSTED, id="P3")], "accounts": card(balance=20, held=20)},
        [V(I.POSTING_DIFFERS, "P3", 0, 40), V(I.HELD_DIFFERS, "card", 30, 20)],
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
