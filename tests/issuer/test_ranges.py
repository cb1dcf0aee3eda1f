"""What no switch can mean. Under a valid MAC it is a format error, and the key of a purchase is burnt by it."""

from __future__ import annotations

from typing import Final

import pytest

from counterfoil.iso8583 import ISO87_ASCII
from field_ranges import right, wrong
from issuer.bank import Bank, described

KEY: Final = (7, 11, 32)
OTHERS: Final = (12, 13, 14, 15, 16, 17, 22, 26, 33, 37, 38, 39, 40, 41, 42, 49, 50, 51)
BOOKED: Final = (7, 11, 12, 13, 15, 26, 32, 33, 37, 38, 39, 41, 42)


@pytest.mark.parametrize(("number", "values"), wrong(ISO87_ASCII, KEY))
def test_a_purchase_whose_key_does_not_exist_is_a_format_error(number: int, values: tuple[str, ...]) -> None:
    bank = Bank()
    for value in values:
        assert bank.code(bank.purchase().copy(**{f"de{number}": value})) == "30", value
    assert bank.balance("alice") == "5000.00"
    assert {row[0] for row in bank.rows("txn", "refusal")} == {"format"}


@pytest.mark.parametrize(("number", "values"), wrong(ISO87_ASCII, OTHERS))
def test_a_purchase_with_a_value_that_does_not_exist_burns_its_key(number: int, values: tuple[str, ...]) -> None:
    bank = Bank()
    for value in values:
        purchase = bank.purchase()
        assert bank.code(purchase.copy(**{f"de{number}": value})) == "30", value
        assert bank.code(purchase) == "30", "what is in order comes too late"
    assert bank.balance("alice") == "5000.00"
    assert [row[0] for row in bank.rows("txn", "refusal")] == ["format"] * len(values)


@pytest.mark.parametrize(("number", "values"), right(ISO87_ASCII, BOOKED))
def test_a_purchase_with_any_value_that_exists_is_booked(number: int, values: tuple[str, ...]) -> None:
    bank = Bank()
    for value in values:
        assert bank.code(bank.purchase().copy(**{f"de{number}": value})) == "00", value


@pytest.mark.parametrize(("number", "values"), wrong(ISO87_ASCII, (*KEY, 39, 41, 42, 90)))
def test_an_advice_with_a_value_that_does_not_exist_is_not_acknowledged(number: int, values: tuple[str, ...]) -> None:
    bank = Bank()
    purchase = bank.purchase()
    bank.ask(purchase)
    for value in values:
        advice = bank.advice(purchase, **{f"de{number}": value})
        assert bank.code(advice) == "30", "nothing but 00 and 25 ends its repeats"
    assert bank.balance("alice") == "4987.50"
    assert bank.rows("advice") == []


def test_no_card_is_enrolled_with_an_expiry_that_does_not_exist() -> None:
    bank = Bank(enrol=())
    for expiry in ("2600", "2613", "26", "26AB", "٢٦١٢"):
        reply = bank.command("enrol", cards=[{**described("alice"), "expiry": expiry}])
        assert reply["error"] == "bad_request", expiry
        assert "expiry" in reply["message"]["en"]
    assert bank.rows("card") == []
