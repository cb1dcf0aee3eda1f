"""Money: integer minor units with an ISO 4217 currency. No float exists in this project.

The table holds the currencies the demo and the tests use, with their ISO 4217 exponents (2026 list): a code that is
not in it is refused rather than guessed.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

# alphabetic code -> (numeric code as in DE49, exponent)
CURRENCIES: Final[dict[str, tuple[str, int]]] = {
    "AED": ("784", 2),
    "CNY": ("156", 2),
    "EUR": ("978", 2),
    "GBP": ("826", 2),
    "HKD": ("344", 2),
    "JPY": ("392", 0),
    "KWD": ("414", 3),
    "SGD": ("702", 2),
    "USD": ("840", 2),
}
BY_NUMBER: Final[dict[str, str]] = {number: code for code, (number, _) in CURRENCIES.items()}
MAX_MINOR: Final = 999_999_999_999  # DE4 is n12


class Money(NamedTuple):
    """An amount in minor units (fen, cents) and the alphabetic code of its currency."""

    minor: int
    currency: str

    def __str__(self) -> str:
        return f"{plain(self.minor, self.currency)} {self.currency}".rstrip()


def exponent(currency: str) -> int:
    """Digits after the point of `currency`; ValueError when it is not in the table."""
    try:
        return CURRENCIES[currency][1]
    except KeyError:
        raise ValueError("unknown currency") from None


def number(currency: str) -> str:
    """The numeric code as DE49 carries it ("CNY" -> "156"); ValueError when it is not in the table."""
    try:
        return CURRENCIES[currency][0]
    except KeyError:
        raise ValueError("unknown currency") from None


def plain(minor: int, currency: str) -> str:
    """Minor units as people write them: plain(1250, "CNY") == "12.50".

    A refused request may have named a currency that is not in the table, or none, and is shown to people all the same:
    its minor units in brackets, because nobody knows where the point belongs.
    """
    if currency not in CURRENCIES:
        return f"({minor})"
    digits = exponent(currency)
    sign = "-" if minor < 0 else ""
    text = str(abs(minor)).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else sign + text


def parse(text: str, currency: str) -> Money:
    """What a person typed, as Money: parse("12.5", "CNY") == Money(1250, "CNY").

    Raises ValueError for anything but plain ASCII digits with at most the currency's decimals, and for amounts that
    do not fit DE4 (n12).
    """
    digits = exponent(currency)
    match = re.fullmatch(r"([0-9]{1,12})(?:\.([0-9]+))?", text.strip())
    if match is None:
        raise ValueError("an amount looks like 12.50")
    whole, fraction = match.group(1), match.group(2) or ""
    if len(fraction) > digits:
        raise ValueError(f"{currency} has {digits} decimals")
    minor = int(whole + fraction.ljust(digits, "0"))
    if minor > MAX_MINOR:
        raise ValueError("the amount does not fit 12 digits")
    return Money(minor, currency)
