"""What no terminal and no issuer can mean: STAN 000000, the 30th of February, an entry mode nobody defined."""

from __future__ import annotations

from typing import Any, Final

import pytest

from counterfoil.iso8583 import CUP_POS, ISO87_ASCII
from counterfoil.switch import Settings
from field_ranges import right, wrong
from switch.scene import MERCHANT, TIMER, scene

ASKED: Final = (11, 12, 13, 14, 15, 22, 26, 32, 37, 38, 39, 49, 53)
"""Fields a request may carry. DE41 and DE42 outside their range are those of no terminal of ours."""
GOES_ON: Final = (11, 12, 13, 15, 22, 26, 32, 37, 38, 39)
ANSWERED: Final = (12, 13, 14, 15, 16, 17, 22, 26, 33, 38, 39, 40, 49, 50, 51)
"""Fields an issuer's answer may carry beside those it is matched by."""


@pytest.mark.parametrize(("number", "values"), wrong(CUP_POS, ASKED))
def test_a_purchase_with_a_value_that_does_not_exist_is_a_format_error(number: int, values: tuple[str, ...]) -> None:
    made = scene()
    for value in values:
        request = made.purchase().copy(**{f"de{number}": value})
        (answer,) = made.told(made.frame(request))
        assert (answer.mti, answer.de39, answer.de11) == ("0210", "30", request.de11), value
    assert not made.to_issuers()
    assert made.at_rest()


@pytest.mark.parametrize(("number", "values"), right(CUP_POS, GOES_ON))
def test_a_purchase_with_any_value_that_exists_goes_on(number: int, values: tuple[str, ...]) -> None:
    made = scene(settings=Settings(switch_timer=TIMER, typed=frozenset({MERCHANT})))
    for value in values:
        made.step(made.frame(made.purchase().copy(**{f"de{number}": value})))
    assert [made.read(sent).mti for sent in made.to_issuers()] == ["0200"] * len(values)


def test_no_sale_is_in_the_batch_of_a_terminal_that_has_none() -> None:
    made = scene()
    assert made.codes(made.frame(made.purchase().copy(de60="2200000000050"))) == ["30"]
    assert not made.to_issuers()


@pytest.mark.parametrize(("number", "values"), wrong(ISO87_ASCII, ANSWERED))
def test_an_answer_with_a_value_that_does_not_exist_counts_as_none(number: int, values: tuple[str, ...]) -> None:
    made = scene()
    request, forwarded = made.asked()
    for value in values:
        changes: dict[str, Any] = {f"de{number}": value}
        assert made.told(made.reply(forwarded, "00", **changes)) == [], value
    assert made.state(request) == "asked"
    assert made.alarms() == ["answer_unreadable"] * len(values)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("merchant", (" " * 15, "89810000000\n001", "商户商户商户商户商户商户商户1")),
        ("batch", ("000000", "00001", "00000A", "٠٠٠٠٠١")),
        ("terminal", ("T0 00001", "T0/00001", "T000\t001")),
    ],
)
def test_no_terminal_is_registered_by_a_value_that_does_not_exist(field: str, values: tuple[str, ...]) -> None:
    made = scene()
    for value in values:
        described = {"terminal": "T0000009", "merchant": MERCHANT, "tmk": "40" * 16, field: value}
        reply = made.command("register", **described)
        assert reply["error"] == "bad_request", value
        assert field in reply["message"]["en"]
