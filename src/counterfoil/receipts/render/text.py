"""A document as plain text for paper 32, 42 or 48 columns wide, and for the screen. A CJK character takes two."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

from counterfoil.receipts.document import Cells, Code, Document, Heading, Node, Note, Row, Rule, Signature
from counterfoil.receipts.document.nodes import SPAN
from counterfoil.receipts.render.clusters import clusters, columns
from counterfoil.receipts.render.shown import shown
from counterfoil.words import Text

Language = Literal["en", "zh"]
WIDTHS: Final = (32, 42, 48)
_STAYS: Final = frozenset("，。、；：！？）》")  # never begins a line


def render(document: Document, language: Language, width: int = 32) -> str:
    """The slip as lines of at most `width` columns, each ended by a newline. ValueError for a width no paper has."""
    if width not in WIDTHS:
        raise ValueError("paper is 32, 42 or 48 columns wide")
    return "".join([_printed(node, language, width) for node in document.nodes])


def _printed(node: Node, language: Language, width: int) -> str:
    if not isinstance(node, Row):
        return _again(node, language, width)
    label, taken = _label(node.label, language)
    value = said(node.value, language)
    room = width - taken - columns(value)
    return f"{label}{' ' * room}{value}".rstrip() + "\n" if room >= 1 else _lines(node, language, width)


def _lines(node: Node, language: Language, width: int) -> str:
    return "".join([f"{line.rstrip()}\n" for line in node_lines(node, language, width)])


# What is no row of facts is the same on the next slip: titles, rules, the small print; and so are the labels.
_again = lru_cache(maxsize=1024)(_lines)


@lru_cache(maxsize=256)
def _label(label: Text, language: Language) -> tuple[str, int]:
    text = said(label, language) + ":"
    return text, columns(text)


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
        for letter in clusters(piece):
            if line and columns(line + letter) > width:
                lines.append(line)
                line = ""
            line += letter
    if line.strip() or not lines:
        lines.append(line.rstrip())
    return lines


def _pieces(text: str) -> list[str]:
    """What a line may be broken between: words with the space behind them, wide characters with their punctuation."""
    pieces: list[str] = []
    word = ""
    for letter in clusters(text):
        if columns(letter) == 2:
            if word:
                pieces.append(word)
                word = ""
            if letter in _STAYS and pieces:
                pieces[-1] += letter
            else:
                pieces.append(letter)
        else:
            word += letter
            if letter == " ":
                pieces.append(word)
                word = ""
    return [*pieces, word] if word else pieces


def said(text: Text, language: Language) -> str:
    """A text in the reader's language, as paper can show it."""
    return shown(text.zh if language == "zh" else text.en)


def _centred(text: str, width: int) -> str:
    return " " * ((width - columns(text)) // 2) + text


def node_lines(node: Node, language: Language, width: int) -> list[str]:
    """One node as lines of at most `width` columns."""
    if isinstance(node, Rule):
        return ["-" * width]
    if isinstance(node, Heading):
        return [_centred(line, width) for line in wrapped(said(node.text, language), width)]
    if isinstance(node, Note):
        return wrapped(said(node.text, language), width)
    if isinstance(node, Signature):
        return [said(node.label, language) + ":", "", "", "_" * width]
    if isinstance(node, Cells):
        return _cells(node, language, width)
    if isinstance(node, Code):
        pieces = range(0, len(node.payload), width)
        return [*code_line(node, language, width), *(node.payload[start : start + width] for start in pieces)]
    return _row(said(node.label, language), said(node.value, language), width)


def code_line(node: Code, language: Language, width: int) -> list[str]:
    """The part of a code that people compare."""
    return _row(said(node.label, language), node.short, width)


def _row(label: str, value: str, width: int) -> list[str]:
    label += ":"
    room = width - columns(label) - columns(value)
    if room >= 1:
        return [label + " " * room + value]
    return [*wrapped(label, width), *(_right(line, width) for line in wrapped(value, width - 2))]


def _right(text: str, width: int) -> str:
    return " " * (width - columns(text)) + text


def _cells(node: Cells, language: Language, width: int) -> list[str]:
    """The cells side by side, each wrapped in its own width; one column between them stays free."""
    ends = [sum(map(abs, node.spans[: index + 1])) * width // SPAN for index in range(len(node.spans))]
    rooms = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    blocks = [
        wrapped(said(cell, language), max(2, room - (room > 2 and end < width)))
        for cell, room, end in zip(node.cells, rooms, ends, strict=True)
    ]
    lines = []
    for number in range(max(map(len, blocks))):
        line = ""
        for block, room, span in zip(blocks, rooms, node.spans, strict=True):
            piece = block[number] if number < len(block) else ""
            line += _right(piece, room) if span < 0 else piece + " " * (room - columns(piece))
        lines.append(line)
    return lines
