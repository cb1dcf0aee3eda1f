"""What is one letter to a reader, and which letters of a line have to be drawn together.

A cluster is a character with the marks on it and what is joined to it (UAX #29, kept simple): it is measured, broken
and drawn as one. A piece is a cluster, or a run of them in a script whose letters change with their neighbours or run
from right to left. Lines themselves run from left to right; which part of one runs the other way is UAX #9's answer
for a line without directional controls.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect
from functools import lru_cache
from typing import Final, NamedTuple

JOINER, NON_JOINER = "\u200d", "\u200c"
_WIDE: Final = frozenset("WF")
_NO_COLUMN: Final = frozenset(("Mn", "Me", "Cf"))
_MARKS: Final = frozenset(("Mn", "Mc", "Me"))
_VIRAMA: Final = 9  # the combining class of what joins two consonants
# First and last of the blocks whose letters are shaped by their neighbours, or run from right to left.
_SHAPED: Final = (
    (0x0590, 0x109F),  # Hebrew to Myanmar
    (0x1700, 0x1C7F),  # Philippine scripts, Khmer, Mongolian to Ol Chiki
    (0x1CC0, 0x1CFF),
    (0xA800, 0xA95F),
    (0xA980, 0xAB2F),
    (0xABC0, 0xABFF),
    (0xFB1D, 0xFDFF),  # presentation forms of Hebrew and Arabic
    (0xFE70, 0xFEFE),
    (0x10800, 0x11FFF),
    (0x16A40, 0x16ACF),
    (0x1E100, 0x1EEFF),
)
_SHAPED_FROM: Final = [first for first, _ in _SHAPED]
_CLASSES: Final = {"L": "L", "R": "R", "AL": "R", "AN": "A", "EN": "E", "ET": "T"}
# What runs from right to left in a line that does not: from its first such letter to the last one, or to the last
# number behind one, before a letter that runs the other way. Arabic digits alone are drawn one by one.
_BACKWARDS: Final = re.compile(r"(?:A[^LER]*)?R(?:[^L]*(?:[RA]|ET*))?|A")
_CLOSES: Final = {"(": ")", "[": "]", "{": "}", "（": "）", "«": "»"}


class Piece(NamedTuple):
    """What is drawn together: its text, where it begins and how wide it is, both in columns.

    `shaped`: its letters depend on each other. `backwards`: they run from right to left.
    """

    text: str
    start: int
    columns: int
    shaped: bool = False
    backwards: bool = False


def columns(text: str) -> int:
    """How wide `text` prints: wide and full-width characters count two, marks and what joins letters none."""
    return len(text) if text.isascii() else sum(map(_width, text))


@lru_cache(maxsize=4096)
def _width(character: str) -> int:
    if unicodedata.category(character) in _NO_COLUMN or is_part(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def clusters(text: str) -> list[str]:
    """The letters of a text as readers count them; together they are the text."""
    if text.isascii():
        return list(text)
    found: list[str] = []
    for character in text:
        if found and _joins(found[-1], character):
            found[-1] += character
        else:
            found.append(character)
    return found


def stands_alone(cluster: str) -> bool:
    """Whether it is a mark, or a part of a syllable, with nothing to stand on."""
    return unicodedata.category(cluster[0]) in _MARKS or is_part(cluster[0])


def is_part(character: str) -> bool:
    """Whether it is the vowel or the end of a Korean syllable that is written in parts."""
    return "\u1160" <= character <= "\u11ff" or "\ud7b0" <= character <= "\ud7fb"


def is_shaped(cluster: str) -> bool:
    """Whether it is of a script whose letters depend on their neighbours or run from right to left."""
    place = bisect(_SHAPED_FROM, ord(cluster[0])) - 1
    return place >= 0 and ord(cluster[0]) <= _SHAPED[place][1]


def pieces(line: str) -> list[Piece]:
    """What a line is drawn of, from its left edge; blanks are not drawn."""
    letters = clusters(line)
    found, start, number = [], 0, 0
    spans = _backwards(letters)
    while number < len(letters):
        end = spans.get(number, number)
        shaped = backwards = end > number
        if not backwards:
            shaped, end = is_shaped(letters[number]), number + 1
            while shaped and end < len(letters) and end not in spans and is_shaped(letters[end]):
                end += 1
        text = "".join(letters[number:end])
        if text != " ":
            found.append(Piece(text, start, columns(text), shaped, backwards))
        start += columns(text)
        number = end
    return found


def _backwards(letters: list[str]) -> dict[int, int]:
    """Where what runs from right to left begins, and where it ends."""
    if all(letter.isascii() for letter in letters):
        return {}
    classes, arabic = "", False
    for letter in letters:
        kind = unicodedata.bidirectional(letter[0])
        arabic = kind == "AL" if kind in ("L", "R", "AL") else arabic
        classes += "A" if kind == "EN" and arabic else _CLASSES.get(kind, "N")
    spans, at = {}, 0
    while found := _BACKWARDS.search(classes, at):
        at = _closed(letters, *found.span())
        spans[found.start()] = at
    return spans


def _closed(letters: list[str], start: int, end: int) -> int:
    """The end of a span with the bracket behind it that was opened in it."""
    awaited: list[str] = []
    for letter in letters[start:end]:
        if letter in _CLOSES:
            awaited.append(_CLOSES[letter])
        elif awaited and letter == awaited[-1]:
            awaited.pop()
    while awaited and end < len(letters) and letters[end] == awaited[-1]:
        awaited.pop()
        end += 1
    return end


def _joins(before: str, character: str) -> bool:
    """Whether a character belongs to the cluster before it."""
    last, kind = before[-1], unicodedata.category(character)
    if kind in _MARKS or character in (JOINER, NON_JOINER) or "\U000e0020" <= character <= "\U000e007f":
        return before != " "
    if is_part(character):
        return is_part(last) or "\u1100" <= last <= "\u115f" or "\ua960" <= last <= "\ua97c"
    if "\U0001f3fb" <= character <= "\U0001f3ff":  # colours of skin
        return unicodedata.category(before[0]) == "So"
    if "\U0001f1e6" <= character <= "\U0001f1ff":  # two of these are a flag
        return len(before) == 1 and "\U0001f1e6" <= before <= "\U0001f1ff"
    if last == JOINER:
        return unicodedata.category(before[0]) == kind == "So"
    return kind == "Lo" and unicodedata.combining(last) == _VIRAMA
