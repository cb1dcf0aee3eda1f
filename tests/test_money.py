"""Amounts as people write and read them."""

from __future__ import annotations

import pytest

from counterfoil.money import Money, parse, plain


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (1250, "CNY", "12.50 CNY"),
        (5, "CNY", "0.05 CNY"),
        (-5, "CNY", "-0.05 CNY"),
        (1250, "JPY", "1250 JPY"),
        (1250, "KWD", "1.250 KWD"),
        (77700, "999", "(77700) 999"),
        (77700, "", "(77700)"),
    ],
)
def test_an_amount_of_any_currency_can_be_shown(minor: int, currency: str, text: str) -> None:
    """A refused request may have named a currency nobody knows: its minor units are in brackets, without a point."""
    assert str(Money(minor, currency)) == text
    assert text.startswith(plain(minor, currency))


def test_what_a_person_types_is_in_a_known_currency() -> None:
    with pytest.raises(ValueError, match="unknown currency"):
        parse("12.50", "999")
