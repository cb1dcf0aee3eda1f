"""DE39: one row a code, both languages, and exactly the codes that mean "paid"."""

from __future__ import annotations

import pytest

from counterfoil.iso8583 import responses
from counterfoil.iso8583.responses import APPROVALS, RESPONSES, REVERSAL_CLOSED, Response


def test_the_approvals_are_the_successes_of_the_table() -> None:
    assert {code for code, response in RESPONSES.items() if response.klass == "A"} == APPROVALS
    assert {"00", "10", "11", "A2", "A4", "A5", "A6"} == APPROVALS
    assert all(map(responses.is_approval, APPROVALS))
    assert not any(map(responses.is_approval, ("01", "94", "", None, "0", "000")))
    assert {"00", "25"} == REVERSAL_CLOSED


@pytest.mark.parametrize("response", RESPONSES.values(), ids=RESPONSES)
def test_every_code_has_a_sentence_in_both_languages(response: Response) -> None:
    assert len(response.code) == 2
    assert response.klass in "ABCDE"
    assert response.text.en.isascii()
    assert not response.text.zh.isascii()
    assert bool(response.action.en) == bool(response.action.zh)
    assert responses.text(response.code) == response.text


@pytest.mark.parametrize(("code", "shown"), [("ZZ", "ZZ"), ("\x1b[", "??"), ("", "??"), ("000", "??"), ("成功", "??")])
def test_an_unknown_code_is_a_failure_with_its_code(code: str, shown: str) -> None:
    assert responses.text(code) == (f"Failed ({shown})", f"交易失败({shown})")


def test_the_codes_our_stations_send_are_in_the_table() -> None:
    ours = {
        "00", "03", "12", "13", "14", "15", "17", "25", "30", "40", "41", "43", "51", "54", "55",
        "61", "62", "63", "64", "65", "68", "75", "77", "91", "94", "96", "97", "98", "99", "A0",
    }  # fmt: skip
    assert ours <= set(RESPONSES)
