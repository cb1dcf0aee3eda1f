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
AMOUNT: Final = re.compile(r"([0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.([0-9]+))?")
AMBIGUOUS: Final = re.compile(r"(?=.*[0-9])(?=.*,)[0-9.,]+")
FULL_WIDTH: Final = str.maketrans("０１２３４５６７８９．，", "0123456789.,")
"""As a Chinese keyboard types them."""
THREE: Final = 3
MAX_MINOR: Final = 999_999_999_999  # DE4 is n12


class AmbiguousError(ValueError):
    """A comma in it may be a decimal point or may group digits."""


class Money(NamedTuple):
    """An amount in minor units (fen, cents) and the alphabetic code of its currency."""

    minor: int
    currency: str

    def __str__(self) -> str:
        return f"{written(self.minor, self.currency)} {self.currency}".rstrip()


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


def written(minor: int, currency: str) -> str:
    """Minor units as people write them, in English and in Chinese: written(123450, "CNY") == "1,234.50".

    A refused request may have named a currency that is not in the table, or none, and is shown to people all the same:
    its minor units in brackets, because nobody knows where the point belongs.
    """
    return _split(minor, currency, grouped=True)


def plain(minor: int, currency: str) -> str:
    """Minor units without groups, as it is typed into a field: plain(123450, "CNY") == "1234.50"."""
    return _split(minor, currency, grouped=False)


def _split(minor: int, currency: str, *, grouped: bool) -> str:
    if currency not in CURRENCIES:
        return f"({minor})"
    digits = exponent(currency)
    sign = "-" if minor < 0 else ""
    text = str(abs(minor)).rjust(digits + 1, "0")
    whole, decimals = (text[:-digits], "." + text[-digits:]) if digits else (text, "")
    return f"{sign}{f'{int(whole):,}' if grouped else whole}{decimals}"


def parse(text: str, currency: str) -> Money:
    """What a person typed, as Money: parse("12.5", "CNY") == parse("12.50", "CNY") == Money(1250, "CNY").

    Decimals stand behind a point; commas, full-width ones too, may group the digits before it in threes: "1,234.50".
    Raises AmbiguousError where a comma could be meant as a decimal point ("12,50", "1.234,50", and "1,234" of a
    currency with three decimals), ValueError for everything else that is no amount, has more decimals than the
    currency, or does not fit DE4 (n12).
    """
    digits = exponent(currency)
    typed = text.strip().translate(FULL_WIDTH)
    match = AMOUNT.fullmatch(typed)
    if match is None:
        if AMBIGUOUS.fullmatch(typed):
            raise AmbiguousError("a comma groups digits in threes, the decimals stand behind a point")
        raise ValueError("an amount looks like 12.50")
    if digits == THREE and typed.count(",") == 1 and "." not in typed:
        raise AmbiguousError("a comma groups digits in threes, the decimals stand behind a point")
    whole, fraction = match.group(1).replace(",", ""), match.group(2) or ""
    if len(fraction) > digits:
        raise ValueError(f"{currency} has {digits} decimals")
    minor = int(whole + fraction.ljust(digits, "0"))
    if minor > MAX_MINOR:
        raise ValueError("the amount does not fit 12 digits")
    return Money(minor, currency)
