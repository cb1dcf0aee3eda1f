"""A document as plain text for paper 32 or 48 columns wide, and for the screen. A CJK character takes two columns."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final, Literal

from counterfoil.receipts.document import Document, Heading, Node, Note, Row, Rule, Signature
from counterfoil.words import Text

Language = Literal["en", "zh"]
WIDTHS: Final = (32, 48)
_WIDE: Final = frozenset("WF")
_STAYS: Final = frozenset("，。、；：！？）》")  # never begins a line


def render(document: Document, language: Language, width: int = 32) -> str:
    """The slip as lines of at most `width` columns, each ended by a newline. ValueError for a width no paper has."""
    if width not in WIDTHS:
        raise ValueError("paper is 32 or 48 columns wide")
    return "".join([_printed(node, language, width) for node in document.nodes])


# Most of a slip is the same on the next one: its titles, the merchant, the small print.
@lru_cache(maxsize=1024)
def _printed(node: Node, language: Language, width: int) -> str:
    return "".join([f"{line.rstrip()}\n" for line in _node(node, language, width)])


def columns(text: str) -> int:
    """How wide `text` prints: wide and full-width characters count two, combining marks none."""
    return len(text) if text.isascii() else sum(map(_width, text))


@lru_cache(maxsize=4096)
def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def wrapped(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` columns: broken at spaces, and anywhere between wide characters."""
    if columns(text) <= width:
        return [text.rstrip()]
    lines, line = [], ""
    for piece in _pieces(text):
        if columns(line + piece.rstrip()) <= width:
            line += piece
            continue
        if line.strip():
            lines.append(line.rstrip())
        line = ""
        for character in piece:
            if columns(line + character) > width:
                lines.append(line)
                line = ""
            line += character
    if line.strip() or not lines:
        lines.append(line.rstrip())
    return lines


def _pieces(text: str) -> list[str]:
    """What a line may be broken between: words with the space behind them, wide characters with their punctuation."""
    pieces: list[str] = []
    word = ""
    for character in text:
        if columns(character) == 2:
            if word:
                pieces.append(word)
                word = ""
            if character in _STAYS and pieces:
                pieces[-1] += character
            else:
                pieces.append(character)
        else:
            word += character
            if character == " ":
                pieces.append(word)
                word = ""
    return [*pieces, word] if word else pieces


def _say(text: Text, language: Language) -> str:
    said = text.zh if language == "zh" else text.en
    return said if said.isprintable() else "".join(character for character in said if character.isprintable())


def _centred(text: str, width: int) -> str:
    return " " * ((width - columns(text)) // 2) + text


def _node(node: Node, language: Language, width: int) -> list[str]:
    if isinstance(node, Rule):
        return ["-" * width]
    if isinstance(node, Heading):
        return [_centred(line, width) for line in wrapped(_say(node.text, language), width)]
    if isinstance(node, Note):
        return wrapped(_say(node.text, language), width)
    if isinstance(node, Signature):
        return [_say(node.label, language) + ":", "", "", "_" * width]
    return _row(node, language, width)


def _row(node: Row, language: Language, width: int) -> list[str]:
    label, value = _say(node.label, language) + ":", _say(node.value, language)
    room = width - columns(label) - columns(value)
    if room >= 1:
        return [label + " " * room + value]
    lines = wrapped(value, width - 2)
    return [label, *(" " * (width - columns(line)) + line for line in lines)]
