"""An answer that says what cannot be is no answer: the sale owes its reversal, and only what can be closes that."""

from __future__ import annotations

from typing import Any, Final

import pytest

from counterfoil.iso8583 import CUP_POS
from field_ranges import wrong
from terminal.counter import MERCHANT, T1, TMK, Counter

ANSWERED: Final = (12, 13, 14, 15, 22, 26, 32, 37, 38, 39, 49, 53)


@pytest.mark.parametrize(("number", "values"), wrong(CUP_POS, ANSWERED))
def test_an_approval_with_a_value_that_does_not_exist_is_not_believed(number: int, values: tuple[str, ...]) -> None:
    counter = Counter().open_for_business()
    for value in values:
        asked = counter.sale()
        counter.answer("00", "0200", **{f"de{number}": value})
        assert counter.replies[asked]["outcome"] == "unknown", value
        assert (counter.newest().state, counter.newest().reason) == ("reversing", "A0")
        counter.answer("00", "0400")
        assert counter.newest().state == "reversed"


@pytest.mark.parametrize(("number", "values"), wrong(CUP_POS, (12, 13)))
def test_an_acknowledgement_with_a_value_that_does_not_exist_closes_nothing(
    number: int, values: tuple[str, ...]
) -> None:
    counter = Counter().open_for_business()
    counter.sale()
    counter.time_out()
    counter.answer("00", "0400", **{f"de{number}": values[0]})
    assert counter.newest().state == "reversing"


@pytest.mark.parametrize(
    "wrong_one", [{"operator": "a\tb"}, {"operator": "0001"}, {"operator": ""}, {"terminal": "T 000001"}]
)
def test_no_terminal_is_enrolled_by_a_value_that_does_not_exist(wrong_one: dict[str, Any]) -> None:
    counter = Counter(terminals=())
    told = counter.ask("enrol", **{"terminal": T1, "merchant": MERCHANT, "tmk": TMK.hex(), **wrong_one})
    assert told["error"] == "bad_request"
    assert next(iter(wrong_one)) in told["message"]["en"]
