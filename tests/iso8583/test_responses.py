"""DE39: one row a code, both languages, and exactly the codes that mean "paid"."""

from __future__ import annotations

import re

import pytest

from counterfoil.iso8583 import responses
from counterfoil.iso8583.responses import APPROVALS, RESPONSES, REVERSAL_CLOSED, Response, Retry
from counterfoil.security import failures


def test_the_approvals_are_the_successes_of_the_table() -> None:
    assert {code for code, response in RESPONSES.items() if response.klass == "A"} == APPROVALS
    assert {"00", "10", "11", "A2", "A4", "A5", "A6"} == APPROVALS
    assert all(map(responses.is_approval, APPROVALS))
    assert not any(map(responses.is_approval, ("01", "94", "", None, "0", "000")))
    assert {"00", "25"} == REVERSAL_CLOSED


@pytest.mark.parametrize("response", RESPONSES.values(), ids=RESPONSES)
def test_every_code_is_told_to_both_people_in_both_languages(response: Response) -> None:
    assert len(response.code) == 2
    assert response.klass in "ABCDE"
    told = responses.declined(response.code)
    for text in (response.text, response.advice.cashier, response.advice.customer, *told):
        assert text.en.isascii()
        assert re.search(r"[\u4e00-\u9fff]", text.zh)
        assert "{" not in text.en + text.zh
    assert responses.text(response.code) == response.text
    assert f"({response.code}):" in told.cashier.en
    assert response.text.zh in told.cashier.zh


@pytest.mark.parametrize("response", RESPONSES.values(), ids=RESPONSES)
def test_the_customer_hears_of_another_try_only_where_one_can_succeed(response: Response) -> None:
    """And the cashier is not told to try what the customer is not told to try."""
    customer, cashier = response.advice.customer, response.advice.cashier
    again = response.advice.again in {Retry.NOW, Retry.LATER}
    if response.code != "17":  # cancelled: the customer knows
        assert bool(re.search(r"try again|entered again", customer.en)) == again, customer.en
        assert bool(re.search(r"再试|重试|重新", customer.zh)) == again, customer.zh
    assert bool(re.search(r"^(?!.*do not).*\b(again|later)\b", cashier.en)) <= again, cashier.en
    assert response.klass != "B" or again or response.code == "14"


KEPT = ["04", "07", "34", "35", "36", "37", "41", "43", "59", "60", "62", "63", "66", "67", "93"]


@pytest.mark.parametrize("code", KEPT)
def test_nobody_can_tell_a_stolen_card_from_a_plain_refusal(code: str) -> None:
    """Neither by the customer's sentence nor on a display the customer sees; the cashier is told what to do."""
    assert responses.declined(code).customer == responses.declined("05").customer
    assert responses.shown(code) == ("Card not accepted", "该卡未被受理")
    assert responses.declined(code).cashier != responses.declined("05").cashier


def test_what_the_table_says_of_the_codes_people_ask_about() -> None:
    again = {
        code: responses.advice(code).again for code in ("54", "33", "55", "75", "51", "61", "65", "91", "03", "ZZ")
    }
    assert again == {
        "54": Retry.NOT_THIS_CARD, "33": Retry.NOT_THIS_CARD, "55": Retry.NOW, "75": Retry.NOT_THIS_CARD,
        "51": Retry.NOT_THIS_CARD, "61": Retry.NOT_THIS_CARD, "65": Retry.NOT_THIS_CARD, "91": Retry.LATER,
        "03": Retry.NOT_BY_CARD, "ZZ": Retry.NOT_THIS_CARD,
    }  # fmt: skip
    assert {code for code, one in RESPONSES.items() if one.advice.again is Retry.PAID} == APPROVALS


def test_every_code_of_both_dialects_is_in_the_table() -> None:
    """UnionPay's of both generations, and those of ISO 8583:1987 that a network may pass on."""
    old = {f"{n:02d}" for n in (*range(33), *range(33, 45), *range(51, 69), 75, *range(90, 97))}
    unused = {"11"} - set(RESPONSES)
    assert old - unused <= set(RESPONSES)
    assert {"77", "79", "97", "98", "99", *(f"A{n}" for n in range(8))} <= set(RESPONSES)


@pytest.mark.parametrize(("code", "shown"), [("ZZ", "ZZ"), ("\x1b[", "??"), ("", "??"), ("000", "??"), ("成功", "??")])
def test_an_unknown_code_is_a_failure_with_its_code(code: str, shown: str) -> None:
    assert responses.text(code) == (f"Failed ({shown})", f"交易失败（{shown}）")


def test_the_codes_our_stations_send_are_in_the_table() -> None:
    ours = {
        "00", "03", "12", "13", "14", "15", "17", "25", "30", "40", "41", "43", "51", "54", "55",
        "61", "62", "63", "64", "65", "68", "75", "77", "91", "94", "96", "97", "98", "99", "A0",
    }  # fmt: skip
    assert ours <= set(RESPONSES)


def test_a_code_has_one_name_and_a_row() -> None:
    codes = [value for name, value in vars(responses).items() if name.isupper() and isinstance(value, str)]
    assert codes == sorted(set(codes))
    assert set(codes) <= RESPONSES.keys()


def test_the_security_room_answers_with_the_codes_of_that_name() -> None:
    """It stands beside this room and cannot import it, so it spells its four codes itself."""
    assert failures.PIN_CODE == responses.PIN_ERROR
    assert failures.MAC_CODE == responses.MAC_ERROR
    assert failures.CARD_CODE == responses.INVALID_CARD
    assert failures.FORMAT_CODE == responses.FORMAT_ERROR
