"""What a station has forgotten, at the switch: what the row of it says, and what a person's ending gives back."""

from __future__ import annotations

from typing import Final

import pytest

from counterfoil.iso8583 import Message, nested
from counterfoil.iso8583.recollection import NEWEST, Named, Recollected, build_answer, parse_question
from counterfoil.step import Closed, Connected, Send
from counterfoil.storage import forgotten as rows
from counterfoil.storage.forgotten import Forgotten
from counterfoil.switch import cases
from counterfoil.switch.forgotten import row_of
from counterfoil.switch.lifecycle import State
from counterfoil.switch.rows import Attempt, Case
from counterfoil.transaction import AttemptKey
from switch.scene import ALICE, MERCHANT, TERMINALS, Scene, pan, scene

T1: Final = TERMINALS[0]
KEY: Final = AttemptKey(T1, "000001", "000002")
RRN: Final = "60730JUG8KLC"
CAROL: Final = pan("62999910", 3)
ENDING: Final = {"by": "Lin", "reason": "looked at the slips"}


@pytest.mark.parametrize(
    ("de49", "currency"), [("156", "CNY"), ("392", "JPY"), ("414", "KWD"), ("446", "446"), ("999", "999"), ("", "")]
)
def test_a_row_says_what_the_attempt_was_in_any_currency(de49: str, currency: str) -> None:
    attempt = Attempt(KEY, RRN, State.APPROVED, MERCHANT, amount=1250, currency=de49, token="card", last4="0011")
    attempt.transmitted, attempt.trace = "0314040000", "123456"
    told = (RRN, "0314040000123456", RRN, T1, "card", 1250, currency, "0011")
    assert row_of(attempt, "issuer-a", "issuer-b", 7) == Forgotten(f"S-{RRN}", "issuer-a", "issuer-b", *told, 7)


def compared(made: Scene, lost: set[str], named: tuple[Named, ...]) -> None:
    """The line to an issuer comes back; it does not know these requests, and names others of its own."""
    made.step(Closed("issuer-a", ""))
    out = made.step(Connected("issuer-a", ""))
    for _ in range(3):
        asks = [made.read(one) for one in out if isinstance(one, Send) and one.link == "issuer-a"]
        for ask in [one for one in asks if one.mti == "0800"]:
            question = parse_question(ask.de48 or "")
            known = tuple(request not in lost for request in question.known)
            answer = Message("0810", de7=ask.de7, de11=ask.de11, de39="00", de70=ask.de70)
            answer.de48 = build_answer(Recollected(known, named if question.older == NEWEST else ()))
            out = made.step(made.from_issuer(answer))


def test_what_the_issuer_and_the_switch_have_forgotten_is_a_row_each_and_refused_until_a_person_ends_it() -> None:
    made = scene()
    made.sign_on(TERMINALS[1])
    request, _ = made.approved()
    kept, _ = made.approved(card=CAROL)
    sold = made.stub(request)
    strange = Named("0314035959000123", "60730JUG0001", TERMINALS[1])
    compared(made, {sold.transmitted + sold.stan}, (strange,))

    ((token,),) = made.store.query("SELECT token FROM attempt WHERE rrn = ?", (sold.rrn,))
    numbers = [f"S-{sold.rrn}", f"S-{strange.rrn}"]
    money = (token, 1250, "CNY", ALICE[-4:])
    theirs = ("issuer-a", "issuer-a", sold.rrn, sold.transmitted + sold.stan, sold.rrn, T1, *money, made.now, 1)
    ours = ("switch", "issuer-a", "", *strange, "", 0, "", "", made.now, 1)
    assert set(rows.open_rows(made.store)) == {Forgotten(numbers[0], *theirs), Forgotten(numbers[1], *ours)}
    told = (sold.rrn, made.now, "operations", "forgotten", "issuer-a does not know it any more")
    assert cases(made.store) == [Case(numbers[0], *told)]
    assert made.alarms() == ["forgotten", "forgotten"]

    def sales() -> list[list[str | None]]:
        """Of the card and of the terminal concerned, and of others; none is answered here but by a no of ours."""
        others = made.purchase(card=CAROL), made.purchase(card=CAROL, terminal=TERMINALS[1])
        return [made.codes(made.frame(one)) for one in (made.purchase(), *others)]

    assert sales() == [["96"], [], ["96"]]
    for refused in ({**ENDING, "numbers": []}, {**ENDING, "numbers": numbers, "reason": " "}, {"numbers": numbers}):
        assert made.command("forgotten", **refused)["error"] == "bad_request"
    assert sales() == [["96"], [], ["96"]]
    assert made.command("forgotten", numbers=numbers[:1], **ENDING) == {"ended": numbers[:1]}
    assert sales() == [[], [], ["96"]]
    assert made.command("forgotten", numbers=numbers, **ENDING) == {"ended": numbers[1:]}
    assert sales() == [[], [], []]
    assert (rows.open_rows(made.store), cases(made.store), made.stub(request).case) == ([], [], "")
    assert made.state(kept) == "approved"


# --- a terminal that was put back ------------------------------------------------------------------------------------


def test_who_reverses_what_it_has_closed_was_put_back_and_no_money_goes_back() -> None:
    made = scene()
    closed, _ = made.approved()
    later, _ = made.approved(card=CAROL)
    undo = made.frame(made.reversal(closed))
    assert made.codes(undo, undo) == ["96", "96"]
    assert [made.state(one) for one in (closed, later)] == ["approved", "approved"]
    assert made.advices() == []
    numbers = {f"S-{made.stub(one).rrn}" for one in (closed, later)}
    assert {(row.number, row.station, row.terminal, row.token) for row in rows.open_rows(made.store)} == {
        (number, T1, T1, "") for number in numbers
    }
    assert {case.number for case in cases(made.store)} == numbers
    assert made.alarms() == ["forgotten"]
    assert made.codes(made.frame(made.purchase(card=CAROL))) == ["96"]


@pytest.mark.parametrize("reason", ["06", "98", "A0"])
def test_who_has_no_answer_to_what_it_has_closed_was_put_back(reason: str) -> None:
    made = scene()
    closed, _ = made.approved()
    made.approved(card=CAROL)
    assert made.codes(made.frame(made.reversal(closed, reason))) == ["96"]
    assert (made.state(closed), made.advices()) == ("approved", [])


@pytest.mark.parametrize("reason", ["17", "96"])
def test_who_knows_the_answer_may_undo_a_sale_behind_which_others_came(reason: str) -> None:
    """The printer kept silent, another customer was served, the power failed, and then the cashier was asked about the
    goods (crash 1/107): they were kept.
    """
    made = scene()
    kept, answer = made.approved()
    made.approved(card=CAROL)
    undo = made.frame(made.reversal(kept, reason, de38=answer.de38))
    assert made.codes(undo, undo) == ["00", "00"]
    assert (made.state(kept), rows.open_rows(made.store), made.alarms()) == ("reversing", [], [])
    assert made.codes(made.frame(made.purchase(card=CAROL))) == []


def test_what_a_person_has_ended_gives_no_money_back_either() -> None:
    """The goods were handed over: who owes the reversal hands it to a person, and sells again."""
    made = scene()
    closed, _ = made.approved()
    made.approved(card=CAROL)
    undo = made.frame(made.reversal(closed))
    assert made.codes(undo) == ["96"]
    numbers = [row.number for row in rows.open_rows(made.store)]
    assert made.command("forgotten", numbers=numbers, **ENDING) == {"ended": numbers}
    assert made.codes(undo) == ["96"]
    assert (made.state(closed), made.advices(), rows.open_rows(made.store)) == ("approved", [], [])
    assert made.codes(made.frame(made.purchase(card=CAROL))) == []


def test_a_sale_and_the_reversal_of_the_one_before_in_one_step() -> None:
    made = scene()
    closed, _ = made.approved()
    assert made.codes(made.frame(made.purchase()), made.frame(made.reversal(closed))) == ["96"]
    assert (made.state(closed), made.advices()) == ("approved", [])


def test_what_nobody_vouched_for_closes_no_sale() -> None:
    made = scene()
    sold, _ = made.approved()
    assert made.codes(made.frame(made.purchase(), spoil=True)) == ["A0"]
    assert made.codes(made.frame(made.reversal(sold))) == ["00"]
    assert (made.state(sold), rows.open_rows(made.store)) == ("reversing", [])


def test_a_sale_of_another_batch_closes_none_of_this_one() -> None:
    """A supervisor took its reversal out of the terminal's hands, and a late copy of the 0400 comes after all."""
    made = scene()
    sold, _ = made.approved()
    undo, mac = made.reversal(sold), made.lines[T1].mak
    made.sign_on(batch="000000")
    late = made.frame(undo, mac=mac)
    assert made.codes(late) == ["00"]
    made.approved()
    assert made.codes(late) == []


def test_of_several_sign_ons_with_numbers_of_their_own_the_furthest_back_counts() -> None:
    """The answer to the first was lost, and what was sold under its number is named all the same (restored 1/2)."""
    made = scene()
    made.stans[T1] = 8
    sold = [made.approved()[0] for _ in range(3)]
    made.stans[T1] = 9
    for _ in range(2):
        made.now += 10_000_000
        made.sign_on()
    assert made.codes(made.frame(made.purchase())) == ["96"]
    assert {row.rrn for row in rows.open_rows(made.store)} == {made.stub(one).rrn for one in sold[1:]}


def test_a_terminal_of_which_the_switch_has_forgotten_something_is_given_no_batch_it_may_have_had() -> None:
    """It had used up the next one before the switch was put back, was told it again, and waited for ever
    (restored 5/11)."""
    made = scene()
    made.approved()
    compared(made, set(), (Named("0314035959000123", "60730JUG0001", T1),))
    assert nested.de60(made.sign_on(batch="000000").de60).batch == f"{1 + made.settings.offers + 1:06d}"
    assert made.command("forgotten", numbers=["S-60730JUG0001"], **ENDING) == {"ended": ["S-60730JUG0001"]}
    made.approved()
    assert nested.de60(made.sign_on(TERMINALS[1]).de60).batch == "000001"
