"""How a field may be shown to people. Every field of a dialect names one of these; there is no default.

They take the flat text of a value (bytes as upper-case hex) and fail closed: what does not look as expected is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from counterfoil.freetext import starred

Show: TypeAlias = Callable[[str], str]

# What a card number of today begins with, and its usual lengths.
_BEGINS: Final = re.compile(r"[3456]|22[2-9]|2[3-6]|27[01]|2720|81")
_SHORTEST, _LONGEST = 16, 19
_DIGITS: Final = re.compile(f"[0-9]{{{_SHORTEST}}}")  # what every card number has in it, and most texts have not
# DE90: message type, STAN, date and time; then the two institutions.
_ORIGINAL: Final = re.compile(
    r"0[0-9]{9}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9](?P<rest>[0-9]{22})"
)

_AMOUNTS: Final = re.compile(r"(?:[0-9]{4}[0-9A-Z]{3}[CD][0-9]{12})*")


def clear(text: str) -> str:
    """The value itself: for numbers and codes whose layout leaves no room for card data."""
    return text


def hidden(text: str) -> str:
    """Only the length of the value (characters of the flat text): for keys, tracks, PIN blocks, MACs, chip data."""
    return f"[hidden, {len(text)} characters]"


def pan(text: str) -> str:
    """Last four digits of a card number; a value of other than 13 to 19 digits is hidden whole."""
    if 13 <= len(text) <= 19 and text.isascii() and text.isdecimal():
        return f"{'*' * (len(text) - 4)}{text[-4:]}"
    return hidden(text)


def amounts(text: str) -> str:
    """Items of DE54, each of codes and one amount; an item of another form is hidden."""
    return text if _AMOUNTS.fullmatch(text) else hidden(text)


def long_numbers(text: str) -> str:
    """Numbers and codes whose layout is long enough for a card number; hidden whole when one stands in them."""
    return hidden(text) if _holds_card(text) else text


def original(text: str) -> str:
    """DE90 of the right form without a card number in place of its institutions; hidden otherwise."""
    form = _ORIGINAL.fullmatch(text)
    return hidden(text) if form is None or _holds_card(form["rest"]) else text


def _holds_card(text: str) -> bool:
    return _DIGITS.search(text) is not None and any(
        _BEGINS.match(text, at) is not None and _is_card(text[at : at + size])
        for at in range(len(text) - _SHORTEST + 1)
        for size in range(_SHORTEST, min(_LONGEST, len(text) - at) + 1)
    )


def _is_card(text: str) -> bool:
    """Whether digits have a right check digit (ISO/IEC 7812-1) and are not a short number filled up with zeros."""
    if not (text.isascii() and text.isdecimal()) or len(set(text)) < 4 or text.endswith("000000"):
        return False
    doubled = (int(digit) * 2 for digit in text[-2::-2])
    return (sum(map(int, text[-1::-2])) + sum(twice - 9 if twice > 9 else twice for twice in doubled)) % 10 == 0


def words(text: str) -> str:
    """Free text of a host, with every card number in it starred out, in whatever way it is written."""
    return starred(text)


HARMLESS: Final[dict[Show, int]] = {long_numbers: _SHORTEST, words: 13}
"""Plain ASCII with fewer digits than this holds nothing that these would hide."""
COMPILED: Final[dict[Show, str]] = {pan: "card number", hidden: "by length"}
"""What the accelerator shows by itself: a card number, and what is the same for every text of a length."""
