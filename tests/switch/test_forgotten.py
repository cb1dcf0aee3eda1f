"""What a station has forgotten, at the switch: what the row of it says, and what a person's ending gives back."""

from __future__ import annotations

from typing import Final

import pytest

from counterfoil.iso8583 import Message
from counterfoil.iso8583.recollection import NEWEST, Answer, Named, build_answer, parse_question
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
            answer.de48 = build_answer(Answer(known, named if question.older == NEWEST else ()))
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
