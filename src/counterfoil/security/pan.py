"""Card numbers: how they are shown, checked, and told apart from real ones.

`mask` is the one display function and fails closed: whatever is not a card number becomes a constant. It shows the last
four digits. (PCI DSS 3.4.1 would let the BIN be seen too, by those who need it: docs/decisions/0023.)
"""

from __future__ import annotations

import re
from typing import Final

MIN_DIGITS: Final = 12
MAX_DIGITS: Final = 19
MASKED: Final = "****"
# What a digit counts in every second place, by its character.
_DOUBLED: Final = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))
_SHOWABLE: Final = 13
_FIRST_SIX: Final = re.compile(r"(?<!\d)\d{6}(\*{3,9}\d{4})(?!\d)")


def is_pan(text: object) -> bool:
    """Whether `text` has the shape of a card number: 12 to 19 ASCII digits. The check digit is not looked at."""
    return isinstance(text, str) and MIN_DIGITS <= len(text) <= MAX_DIGITS and text.isascii() and text.isdigit()


def mask(pan: object) -> str:
    """Card number as people may see it, all but its last four digits starred; `****` for anything that is not one."""
    if not isinstance(pan, str) or not is_pan(pan) or len(pan) < _SHOWABLE:
        return MASKED
    return "*" * (len(pan) - 4) + pan[-4:]


def last4_only(text: str) -> str:
    """Text whose masked card numbers lose their first six digits too: earlier versions kept them."""
    return _FIRST_SIX.sub(r"******\1", text) if "***" in text else text


def last4(pan: object) -> str:
    """Last four digits of a card number, `****` for anything that is not one."""
    return pan[-4:] if isinstance(pan, str) and is_pan(pan) else MASKED


def luhn_digit(partial: str) -> str:
    """Check digit that completes `partial` (ISO/IEC 7812-1 annex B); ValueError for anything but digits."""
    if not (partial and partial.isascii() and partial.isdigit()):
        raise ValueError("a card number is digits")
    return str(-_sum(partial.encode("ascii") + b"0") % 10)


def luhn_ok(pan: str) -> bool:
    """Whether the last digit is the right check digit; False for anything that is not a card number."""
    return is_pan(pan) and _sum(pan.encode("ascii")) % 10 == 0


def _sum(digits: bytes) -> int:
    """Luhn sum of digits from the check digit on, every second one doubled."""
    ones = digits[-1::-2]
    return sum(ones) - len(ones) * ord("0") + sum(digits[-2::-2].translate(_DOUBLED))


def is_test_range(pan: str) -> bool:
    """Whether the number lies where no real card does: `629999…`, or one scheme digit and `9999…`."""
    return is_pan(pan) and (pan.startswith("629999") or pan[1:5] == "9999")
