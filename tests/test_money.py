"""Amounts as people write and read them."""

from __future__ import annotations

import pytest

from counterfoil.money import AmbiguousError, Money, parse, plain, written


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1250, "CNY", "12.50 CNY"),
        (5, "CNY", "0.05 CNY"),
        (-5, "CNY", "-0.05 CNY"),
        (1250, "JPY", "1,250 JPY"),
        (123450, "CNY", "1,234.50 CNY"),
        (-123456789, "CNY", "-1,234,567.89 CNY"),
        (99999, "CNY", "999.99 CNY"),
        (1234567, "KWD", "1,234.567 KWD"),
        (1250, "KWD", "1.250 KWD"),
        (77700, "999", "(77700) 999"),
        (77700, "", "(77700)"),
    ],
)
def test_an_amount_of_any_currency_can_be_shown(minor: int, currency: str, text: str) -> None:
    """A refused request may have named a currency nobody knows: its minor units are in brackets, without a point."""
    assert str(Money(minor, currency)) == text
    assert text.startswith(written(minor, currency))
    assert plain(minor, currency) == written(minor, currency).replace(",", "")


def test_what_a_person_types_is_in_a_known_currency() -> None:
    with pytest.raises(ValueError, match="unknown currency"):
        parse("12.50", "999")


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("12.5", "CNY", 1250),
        ("1234.50", "CNY", 123450),
        ("1,234.50", "CNY", 123450),
        ("1,234", "CNY", 123400),
        ("1,234,567.89", "CNY", 123456789),
        ("１，２３４．５０", "CNY", 123450),
        (" 1,234.5 ", "CNY", 123450),
        ("1,234", "JPY", 1234),
        ("1,234.567", "KWD", 1234567),
        ("1,234,567", "KWD", 1234567000),
    ],
)
def test_an_amount_is_read_as_people_write_it(typed: str, currency: str, minor: int) -> None:
    assert parse(typed, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("typed", "currency"),
    [
        ("12,50", "CNY"), ("1.234,50", "CNY"), ("1,23,456.00", "CNY"), ("12,345,6", "CNY"), ("1234,500", "CNY"),
        ("1,234", "KWD"), ("0,5", "JPY"), ("1,,000", "CNY"), (",5", "CNY"),
        ("12,", "CNY"),
    ],
)  # fmt: skip
def test_a_comma_that_can_be_meant_in_two_ways_is_refused_as_such(typed: str, currency: str) -> None:
    with pytest.raises(AmbiguousError):
        parse(typed, currency)


@pytest.mark.parametrize("typed", ["", "12.", ".5", "12.505", "-1", "1e3", "¥1", "1 234", "1" * 13])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"amount|decimals|12 digits") as refused:
        parse(typed, "CNY")
    assert not isinstance(refused.value, AmbiguousError)


@pytest.mark.parametrize("minor", [0, 5, 1250, 100_000, 123_456_789, 999_999_999_999])
@pytest.mark.parametrize("currency", ["CNY", "JPY", "KWD"])
def test_what_is_written_is_read_back_unless_it_is_ambiguous(minor: int, currency: str) -> None:
    for text in (written(minor, currency), plain(minor, currency)):
        assert parse(text, currency).minor == minor
