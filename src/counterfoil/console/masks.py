"""How much of a card number people see: four digits (and the first six through one door, reveal.py).

The whole number cannot be shown: the stations keep it sealed under keys of their own while a reversal may need it,
and not at all after.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import unquote

from counterfoil.freetext import plain, starred, starred_for_sure
from counterfoil.security import last4_only, luhn_ok

BETWEEN: Final = r"[^\w]{1,3}|_"
# Thirteen to nineteen digits, alone or in the groups they are embossed in; an amount may follow.
WHOLE: Final = re.compile(
    rf"(?<!\d)(?:\d{{13,19}}|\d{{4}}(?:(?:{BETWEEN})\d{{4}}){{3}}(?:(?:{BETWEEN})\d{{3}})?"
    rf"|\d{{4}}(?:{BETWEEN})\d{{6}}(?:{BETWEEN})\d{{5}})(?![\d.])"
)


def shortened(typed: str) -> str:
    """What a person typed, with the last four digits of a card number in its place, or with stars where it cannot be
    told which they are.
    """

    def short(found: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", found[0])
        return digits[-4:] if luhn_ok(digits) else found[0]

    return starred_for_sure(WHOLE.sub(short, plain(typed)))


def repeated(typed: str, longest: int) -> str:
    """What a person typed, or what stood in an address, as a page or a redirect repeats it: nothing of what is too long
    or may hold a card number. It is never cut: no rule finds a number without its end.
    """
    fits = len(typed) <= longest and all(starred(text) == text for text in (typed, unquote(typed)))
    return typed if fits else ""


def hidden(value: Any) -> Any:
    """Evidence of an earlier version, with the first six digits of every card number hidden too."""
    if isinstance(value, str):
        return last4_only(value)
    if isinstance(value, dict):
        return {name: hidden(inner) for name, inner in value.items()}
    return [hidden(inner) for inner in value] if isinstance(value, list | tuple) else value
