"""A document laid out for paper and pictures: lines of columns, some in double size, and codes to be drawn.

The words and their order are those of the text rendering; only the sizes are added.
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

from counterfoil.receipts.document import Code, Document, Heading, Node, Row, Rule
from counterfoil.receipts.render.text import Language, code_line, node_lines

MOST_DOUBLE: Final = 2
"""Lines of double size something big may take; what is longer is tall only."""


class Line(NamedTuple):
    """`text` starts at the left edge; its characters are `wide` times as wide as usual and `tall` times as tall."""

    text: str
    wide: int = 1
    tall: int = 1
    rule: bool = False


class Square(NamedTuple):
    """A QR code, centred."""

    payload: str


Block: TypeAlias = Line | Square


def lay(document: Document, language: Language, columns: int) -> list[Block]:
    """The whole slip."""
    return [block for node in document.nodes for block in _laid(node, language, columns)]


def _laid(node: Node, language: Language, columns: int) -> list[Block]:
    if isinstance(node, Rule):
        return [Line("-" * columns, rule=True)]
    if isinstance(node, Code):
        words: list[Block] = [Line(text) for text in code_line(node, language, columns)]
        return [*words, Square(node.payload)]
    if isinstance(node, Heading | Row) and node.big:
        double = node_lines(node, language, columns // 2)
        if len(double) <= MOST_DOUBLE:
            return [Line(text.rstrip(), 2, 2) for text in double]
        return [Line(text.rstrip(), 1, 2) for text in node_lines(node, language, columns)]
    return [Line(text.rstrip()) for text in node_lines(node, language, columns)]
