"""How much of a card number people see: four digits.

The whole number cannot be shown: the stations keep it sealed under keys of their own while a reversal may need it,
and not at all after.
"""

from __future__ import annotations

import re
from typing import Any, Final

from counterfoil.security import last4_only, luhn_ok

# Thirteen to nineteen digits, alone or in the groups they are embossed in; an amount may follow.
WHOLE: Final = re.compile(r"(?<!\d)(?:\d{13,19}|\d{4}(?:[ -]\d{4}){3}(?:[ -]\d{3})?|\d{4}[ -]\d{6}[ -]\d{5})(?![\d.])")
BETWEEN: Final = (
    r"[\s\-._,·'\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2010-\u2015\u202a-\u202e"
    r"\u2060-\u206f\u2212\u2800\u3000\u3164\ufe00-\ufe0f\ufe58\ufe63\ufeff\uff0d\uff0e\uffa0]"
)
TYPED: Final = re.compile(rf"\d(?:{BETWEEN}{{0,3}}\d){{12,}}")


def words(text: str) -> str:
    """Free text of a person, with every card number in it starred out, in whatever digits and separators it is written.

    Thirteen digits or more of any script, with up to three blanks, dashes, dots or invisible characters between.
    """
    return TYPED.sub(lambda run: re.sub(r"\d", "*", run[0]), text)


def shortened(typed: str) -> str:
    """What a person typed, with the last four digits of a card number in its place."""

    def short(found: re.Match[str]) -> str:
        digits = re.sub(r"[ -]", "", found[0])
        return digits[-4:] if luhn_ok(digits) else found[0]

    return WHOLE.sub(short, typed)


def hidden(value: Any) -> Any:
    """The same evidence with the first six digits of every card number hidden too."""
    if isinstance(value, str):
        return last4_only(value)
    if isinstance(value, dict):
        return {name: hidden(inner) for name, inner in value.items()}
    return [hidden(inner) for inner in value] if isinstance(value, list | tuple) else value
