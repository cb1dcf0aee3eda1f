"""How a field may be shown to people. Every field of a dialect names one of these; there is no default.

They take the flat text of a value (bytes as upper-case hex) and fail closed: what does not look as expected is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

Show: TypeAlias = Callable[[str], str]

# A run of digits long enough to be a card number, also when somebody groups it: \d includes full-width digits.
_CARD_RUN: Final = re.compile(r"\d(?:[ -]?\d){12,}")

_AMOUNTS: Final = re.compile(r"(?:[0-9]{4}[0-9A-Z]{3}[CD][0-9]{12})*")


def clear(text: str) -> str:
    """As it is: numbers and codes whose layout leaves no room for card data."""
    return text


def hidden(text: str) -> str:
    """Only how long it is (characters of the flat text): keys, tracks, PIN blocks, MACs, chip data."""
    return f"[hidden, {len(text)} characters]"


def pan(text: str) -> str:
    """A card number as its first six and last four digits; anything else than 13 to 19 digits is hidden whole."""
    if 13 <= len(text) <= 19 and text.isascii() and text.isdecimal():
        return text[:6] + "*" * (len(text) - 10) + text[-4:]
    return hidden(text)


def amounts(text: str) -> str:
    """Items of DE54, each made of codes and one amount; anything of another form is hidden."""
    return text if _AMOUNTS.fullmatch(text) else hidden(text)


def words(text: str) -> str:
    """Free text of a host, with every run of thirteen digits or more starred out."""
    return _CARD_RUN.sub(lambda run: "*" * len(run.group()), text)
