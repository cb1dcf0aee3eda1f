"""Card numbers in what people and hosts write: found in whatever digits and with whatever between them, and starred.

Digits are those of every script. Between two of them may stand up to three characters that are neither letters nor
digits, and any number of invisible ones. Two rules find a number:

Rule 1: thirteen digits or more with nothing between them but what people put into a card number (blanks, line breaks,
        dashes, dots, commas, apostrophes): starred whole, right check digit or not. A slip of the pen is hidden too.
        Two blanks in a row are a column, not a gap.
Rule 2: with anything else between them (a slash, a bar, a line below …) the groups that make up a card number, by its
        first digits and its check digit. References, dates and times are written so as well, and stay.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

SHORTEST, LONGEST = 13, 19
UNSEEN: Final = (
    "\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u3164"
    "\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff9-\\ufffb\\U000e0000-\\U000e0fff"
)
USUAL: Final = r"\s\-.,·'’\u2010-\u2015\u2212\u2800\ufe58\ufe63\uff0d\uff0e"


def _run(between: str) -> re.Pattern[str]:
    gap = f"(?:[{UNSEEN}]*{between}){{0,3}}[{UNSEEN}]*"
    return re.compile(rf"\d(?:{gap}\d){{{SHORTEST - 1},}}")


GROUPED: Final = _run(f"(?!\\x20\\x20)[{USUAL}]")
LOOSE: Final = _run(f"(?:(?![{UNSEEN}])[\\W_])")
GROUP: Final = re.compile(rf"\d(?:[{UNSEEN}]*\d)*")
BEGINS: Final = re.compile(r"[3-6]|2[2-7]|81")
KNOWN: Final = re.compile(
    r"(?<![^\W_])[0-9A-Za-z]{8}/[0-9]{6}/[0-9]{6}(?!\d)"  # terminal, batch and STAN
    r"|(?<![^\W_])[0-9]{1,11}/[0-9]{10}/[0-9]{6}(?!\d)"  # DE32, DE7 and DE11
    r"|(?<![^\W_])[0-9]{12}[ ,;]{1,3}[0-9]{1,7}\.[0-9]{2}(?!\d)"  # a retrieval reference number and an amount
    r"|(?<!\d)[0-9]{4}[-/.][0-9]{2}[-/.][0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?!\d)"
)
"""What is written like a card number and is none."""


def starred(text: str) -> str:
    """A text of the same length in which every digit of a card number is a star."""
    if len(text) < SHORTEST:
        return text
    known = [found.span() for found in KNOWN.finditer(text)]
    hit: list[int] = []
    for rule in (GROUPED, LOOSE):
        for run in rule.finditer(text):
            if not any(start <= run.start() and run.end() <= end for start, end in known):
                hit += range(*run.span()) if rule is GROUPED else _numbers(run[0], run.start())
    return _without(text, hit)


def starred_for_sure(text: str) -> str:
    """A text in which what has the first digits and the check digit of a card number is hidden, and nothing else."""
    return _without(text, [at for run in LOOSE.finditer(text) for at in _numbers(run[0], run.start())])


def _without(text: str, hit: list[int]) -> str:
    made = list(text)
    for place in hit:
        if made[place].isdecimal():
            made[place] = "*"
    return "".join(made)


def plain(text: str) -> str:
    """A text with ASCII digits for those of every script, and without the characters nobody sees."""
    shown = re.sub(f"[{UNSEEN}]", "", text)
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in shown)


def luhn(digits: str) -> bool:
    """Whether the check digit at the end of some ASCII digits is right (ISO/IEC 7812-1 annex B)."""
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(twice - 9 if twice > 9 else twice for twice in doubled)) % 10 == 0


def _numbers(run: str, at: int) -> list[int]:
    """The places of the groups of a run that make up a card number; the run begins at `at`."""
    groups = [(found.start() + at, found.end() + at, plain(found[0])) for found in GROUP.finditer(run)]
    hit: list[int] = []
    for first, (start, _, _) in enumerate(groups):
        digits = ""
        for _, end, more in groups[first : first + LONGEST]:
            digits += more
            if len(digits) > LONGEST:
                break
            if len(digits) >= SHORTEST and BEGINS.match(digits) and luhn(digits):
                hit += range(start, end)
    return hit
