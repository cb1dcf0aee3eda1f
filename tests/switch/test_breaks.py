"""The rows of loop.md's break table that touch the switch, seen from the switch: what it holds, owes and answers."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.iso8583 import nested
from counterfoil.step import SECOND, Closed
from counterfoil.switch import cases
from switch.scene import ALICE, BOB, TIMER, scene


def test_leg_1_lost_leaves_a_tombstone_and_a_late_original_is_refused() -> None:
    made = scene()
    original = made.purchase()
    assert made.codes(made.frame(made.reversal(original))) == ["25"]
    assert made.state(original) == "tombstone"
    assert made.codes(made.frame(original)) == ["12"]
    assert made.state(original) == "tombstone"
    assert not made.to_issuers()
    assert made.at_rest()


def test_a_reversal_that_overtakes_its_original_in_one_step_wins() -> None:
    made = scene()
    original = made.purchase()
    assert made.codes(made.frame(made.reversal(original)), made.frame(original)) == ["25", "12"]
    assert not made.to_issuers()


def test_leg_2_or_3_lost_moves_intent_and_advice_in_one_commit_then_says_98() -> None:
    made = scene()
    request, forwarded = made.asked(conn=3)
    assert made.switch.wakes_at() == made.now + TIMER
    assert made.told(after=TIMER - 1) == []
    (answer,) = made.told(after=1)
    assert (answer.de39, answer.de11) == ("98", request.de11)
    found = made.stub(request)
    assert (found.state, found.response_code, found.reversal_reason) == ("reversing", "98", "98")
    (advice,) = made.advices()
    assert (advice.mti, advice.de2, advice.de4, advice.de37) == ("0420", ALICE, forwarded.de4, forwarded.de37)
    original = nested.de90(advice.de90)
    assert (original.mti, original.stan, original.transmitted) == ("0200", forwarded.de11, forwarded.de7)
    assert (advice.de7, advice.de11) != (forwarded.de7, forwarded.de11)
    made.acknowledge("25")
    assert made.state(request) == "reversed"
    assert made.stub(request).reversal_code == "25"
    assert made.at_rest()


def test_a_late_yes_is_evidence_and_changes_nothing() -> None:
    made = scene()
    request, forwarded = made.asked()
    made.step(after=TIMER)
    assert made.told(made.reply(forwarded, "00")) == []
    found = made.stub(request)
    assert (found.state, found.auth_code, found.response_code) == ("reversing", "", "98")
    assert "answer_late" in [line.what for line in found.history]
    made.acknowledge()
    assert made.told(made.reply(forwarded, "00")) == []
    assert made.state(request) == "reversed"


def test_an_answer_in_the_step_of_its_deadline_counts() -> None:
    made = scene()
    request, forwarded = made.asked()
    answer = made.reply(forwarded, "00")
    assert made.codes(answer, after=TIMER) == ["00"]
    assert made.state(request) == "approved"
    assert made.at_rest()


def test_leg_4_lost_after_an_approval_is_reversed_by_the_terminal() -> None:
    made = scene()
    request, _ = made.approved()
    (answer,) = made.told(made.frame(made.reversal(request)))
    assert (answer.mti, answer.de39) == ("0410", "00")
    assert answer.de37 != made.stub(request).rrn
    assert made.state(request) == "reversing"
    (advice,) = made.advices()
    assert (advice.de38, advice.de39) == ("123456", "98")
    made.acknowledge()
    assert made.state(request) == "reversed"


def test_leg_4_lost_after_a_decline_has_nothing_to_undo() -> None:
    made = scene()
    request, forwarded = made.asked()
    assert made.codes(made.reply(forwarded, "51")) == ["51"]
    assert made.codes(made.frame(made.reversal(request))) == ["00"]
    assert made.state(request) == "declined"
    assert not made.advices()


@pytest.mark.parametrize("reason", ["98", "A0", "06", "17", "96"])
def test_every_reason_of_a_terminal_reaches_the_issuer(reason: str) -> None:
    made = scene()
    request, _ = made.approved()
    assert made.codes(made.frame(made.reversal(request, reason))) == ["00"]
    assert [advice.de39 for advice in made.advices()] == [reason]


def test_a_reversal_while_the_original_is_at_the_issuer() -> None:
    made = scene()
    request, forwarded = made.asked()
    assert made.codes(made.frame(made.reversal(request))) == ["00"]
    assert made.state(request) == "reversing"
    assert made.told(made.reply(forwarded, "00")) == []
    assert made.told(after=TIMER) == []  # its deadline is over too: nobody is told 98
    made.acknowledge()
    assert made.state(request) == "reversed"


def test_request_and_reversal_in_one_step_go_out_in_their_order() -> None:
    made = scene()
    request = made.purchase()
    assert made.codes(made.frame(request), made.frame(made.reversal(request))) == ["00"]
    assert [made.read(send).mti for send in made.to_issuers()] == ["0200", "0420"]


def test_a_reversal_is_answered_while_its_issuer_cannot_be_reached() -> None:
    made = scene()
    request, _ = made.approved()
    made.step(Closed("issuer-a", ""))
    assert made.codes(made.frame(made.reversal(request))) == ["00"]
    assert not made.advices()
    made.comes_up(after=3600 * SECOND)
    assert [advice.mti for advice in made.advices()] == ["0420"]


def test_a_repeated_reversal_gets_the_same_answer_and_books_nothing_more() -> None:
    made = scene()
    request, _ = made.approved()
    frame = made.frame(made.reversal(request))
    first, second = made.told(frame, frame)
    made.acknowledge()
    (third,) = made.told(frame)
    assert first == second == third
    assert len(made.advices()) == 1
    assert made.state(request) == "reversed"


def test_a_repeated_orphan_reversal_stays_25() -> None:
    made = scene()
    frame = made.frame(made.reversal(made.purchase()))
    first, second = made.told(frame, frame)
    assert first == second
    assert first.de39 == "25"


def test_a_reversal_with_a_wrong_mac_changes_nothing_and_is_not_answered() -> None:
    made = scene()
    request, _ = made.approved()
    orphan = made.purchase()
    wrong = [made.frame(made.reversal(message), spoil=True) for message in (request, orphan)]
    assert made.codes(*wrong) == []
    assert made.state(request) == "approved"
    made.step(made.frame(orphan))
    assert made.state(orphan) == "asked"


def test_after_fresh_keys_the_same_reversal_counts_under_the_new_one() -> None:
    made = scene()
    request, _ = made.approved()
    made.now += 10 * SECOND
    made.sign_on()
    assert made.codes(made.frame(made.reversal(request))) == ["00"]


OTHER_MONEY: dict[str, dict[str, Any]] = {
    "DE2": {"de2": BOB},
    "DE3": {"de3": "200000"},
    "DE4": {"de4": "000000000001"},
    "DE25": {"de25": "06"},
    "DE42": {"de42": "123456789012345"},
    "DE49": {"de49": "840"},
    "DE60.1": {"de60": "2300000100050"},
}
HONEST: dict[str, dict[str, Any]] = {
    "no card": {"de2": None},
    "expiry": {"de14": "3012"},
    "expiry that does not exist": {"de14": "0000"},
    "entry mode": {"de22": "051"},
    "entry mode that does not exist": {"de22": "999"},
    "card sequence": {"de23": "001"},
    "reason": {"de39": "17"},
    "chip data": {"de55": bytes.fromhex("95050000000000")},
    "original": {"de61": "000001000002"},
    "no condition": {"de25": None},
    "the rest of DE60": {"de60": "22000001000"},
}


@pytest.mark.parametrize("changes", OTHER_MONEY.values(), ids=OTHER_MONEY.keys())
@pytest.mark.parametrize("finished", [True, False])
def test_a_reversal_that_names_other_money_changes_nothing_and_is_a_case(
    changes: dict[str, Any], finished: bool
) -> None:
    made = scene()
    request, _ = made.approved() if finished else made.asked()
    before = made.state(request)
    frame = made.frame(made.reversal(request, **changes))
    assert made.codes(frame, frame) == ["64", "64"]
    assert made.state(request) == before
    (case,) = cases(made.store)
    assert (case.what, case.owner, case.number) == ("reversal_differs", "operations", made.stub(request).case)
    assert not made.advices()


@pytest.mark.parametrize(("code", "answer"), [("123456", "00"), ("123457", "64"), (None, "00")])
def test_an_approval_code_that_a_reversal_has_must_be_that_of_the_sale(code: str | None, answer: str) -> None:
    made = scene()
    request, _ = made.approved()
    assert made.codes(made.frame(made.reversal(request, de38=code))) == [answer]


def test_an_approval_code_counts_for_nothing_while_there_is_none_to_compare() -> None:
    made = scene()
    request, _ = made.asked()
    assert made.codes(made.frame(made.reversal(request, de38="999999"))) == ["00"]


@pytest.mark.parametrize("changes", HONEST.values(), ids=HONEST.keys())
def test_what_differs_honestly_is_not_compared(changes: dict[str, Any]) -> None:
    made = scene()
    request, _ = made.approved()
    assert made.codes(made.frame(made.reversal(request, **changes))) == ["00"]
    assert made.state(request) == "reversing"


@pytest.mark.parametrize("changes", OTHER_MONEY.values(), ids=OTHER_MONEY.keys())
def test_where_nothing_was_booked_nothing_is_compared(changes: dict[str, Any]) -> None:
    made = scene()
    request, forwarded = made.asked()
    made.step(made.reply(forwarded, "51"))
    assert made.codes(made.frame(made.reversal(request, **changes))) == ["00"]
    assert made.case_count() == 0


def test_a_reversal_of_another_batch_is_another_key() -> None:
    made = scene()
    request, _ = made.approved()
    assert made.codes(made.frame(made.reversal(request, de60="2200000900050"))) == ["25"]
    assert made.state(request) == "approved"


def test_a_reversal_without_a_reason_is_a_format_error() -> None:
    made = scene()
    request, _ = made.approved()
    assert made.codes(made.frame(made.reversal(request, de39=None))) == ["30"]
    assert made.state(request) == "approved"


BAD_ANSWERS: dict[str, dict[str, Any]] = {
    "wrong CMAC": {"spoil": True},
    "another amount": {"de4": "000000000001"},
    "another terminal": {"de41": "T0000002"},
    "another STAN": {"de11": "999999"},
    "another acquirer": {"de32": "00099999"},
    "another RRN": {"de37": "60730JUG5XZZ"},
    "no code": {"de39": None},
    "partial approval": {"de39": "10"},
    "honour with identification": {"de39": "08"},
}


@pytest.mark.parametrize("how", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
def test_an_answer_that_cannot_be_trusted_counts_as_no_answer(how: dict[str, Any]) -> None:
    made = scene()
    request, forwarded = made.asked()
    frame = made.reply(forwarded, "00", **how)
    assert made.told(frame) == []
    assert made.state(request) == "asked"
    assert made.alarms()
    assert made.codes(after=TIMER) == ["98"]
    assert made.state(request) == "reversing"


def test_an_answer_of_the_other_issuer_counts_as_no_answer() -> None:
    made = scene()
    request, forwarded = made.asked()
    assert made.told(made.reply(forwarded, "00", issuer="issuer-b")) == []
    assert made.state(request) == "asked"
    assert made.alarms() == ["answer_unmatched"]


@pytest.mark.parametrize("spoil", [False, True])
@pytest.mark.parametrize("mti", ["0210", "0430"])
def test_a_reference_that_is_none_of_ours_is_not_kept(mti: str, spoil: bool) -> None:
    """An issuer that read a damaged request repeats fields that hold parts of the track."""
    made = scene()
    _, forwarded = made.asked()
    answer = forwarded.copy(de37=ALICE[:12], de41=f"{ALICE[12:]}=31 ", de39="63", de35=None, de52=None)
    answer.mti = mti
    made.told(made.from_issuer(answer, spoil=spoil))
    for table, columns in (("trail", "rrn || terminal || what"), ("alarm", "rrn || subject || what")):
        for (text,) in made.store.query(f"SELECT {columns} FROM {table}"):
            assert ALICE[:12] not in text


def test_an_unreadable_answer_counts_as_no_answer() -> None:
    made = scene()
    request, forwarded = made.asked()
    frame = made.reply(forwarded, "00")
    cut, garbage = frame.data[:-20], b"\x00" * 30
    assert made.step(*[type(frame)(frame.link, frame.conn, data, made.now) for data in (cut, garbage)]) == []
    assert made.state(request) == "asked"
    assert made.alarms() == ["answer_unreadable", "unreadable"]


def test_a_yes_after_our_no_is_undone() -> None:
    made = scene()
    request, forwarded = made.asked()
    made.step(*made.not_sent())
    assert made.told(made.reply(forwarded, "00")) == []
    assert made.state(request) == "reversing"
    assert made.alarms() == ["late_approval"]
    made.acknowledge()
    assert made.state(request) == "reversed"


def test_a_second_answer_does_not_turn_a_yes_into_a_no() -> None:
    made = scene()
    request, forwarded = made.asked()
    assert made.codes(made.reply(forwarded, "00"), made.reply(forwarded, "51")) == ["00"]
    assert made.state(request) == "approved"


def test_a_closed_link_says_nothing_about_what_was_on_its_way() -> None:
    made = scene()
    request, forwarded = made.asked()
    assert made.told(Closed("issuer-a", ""), after=SECOND) == []
    assert made.state(request) == "asked"
    made.comes_up()
    assert made.codes(made.reply(forwarded, "00")) == ["00"]


def test_two_terminals_with_the_same_stan_do_not_meet() -> None:
    made = scene()
    made.sign_on("T0000002")
    first, second = made.purchase(100), made.purchase(200, terminal="T0000002")
    assert first.de11 == second.de11
    made.step(made.frame(first, 1), made.frame(second, 2))
    assert {made.state(first), made.state(second)} == {"asked"}
    assert {made.read(send).de4 for send in made.to_issuers()} == {"000000000100", "000000000200"}
