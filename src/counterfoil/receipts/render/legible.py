"""A document that can be drawn here: what no font has is spelled out, in brackets, before the lines are laid out.

A slip never has an empty box on it and is never withheld for want of a letter. When its own Chinese words cannot be
drawn it is printed in English; of a value, such as a merchant's name, the letters that lack are replaced by their
numbers, and whoever prints is told which ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from counterfoil.receipts.document import Cells, Code, Document, Heading, Node, Note, Row, Rule, Signature
from counterfoil.receipts.render.clusters import clusters
from counterfoil.receipts.render.fonts import Chain
from counterfoil.receipts.render.lacking import undrawn
from counterfoil.receipts.render.lines import Line, lay
from counterfoil.receipts.render.shown import shown, spelled
from counterfoil.receipts.render.text import Language
from counterfoil.words import Text

Letters = Callable[[str], list[str]]
"""The letters of a line that a way of printing has not got."""


class Legible(NamedTuple):
    """The document to print and its language; `lacking`: the letters that are not in it as they should be."""

    document: Document
    language: Language
    lacking: tuple[str, ...]


def drawn_with(chain: Chain) -> Letters:
    """The way of printing that draws every line."""
    return lambda line: undrawn(line, chain)


def legible(document: Document, language: Language, columns: int, lacks: Letters) -> Legible:
    """The document with what lacks spelled out, or in English where that has to be spelled out less."""
    wanted = _spelled(document, language, columns, lacks)
    if language == "zh" and wanted.lacking:
        english = _spelled(document, "en", columns, lacks)
        if set(english.lacking) < set(wanted.lacking):
            return english._replace(lacking=wanted.lacking)
    return wanted


def _spelled(document: Document, language: Language, columns: int, lacks: Letters) -> Legible:
    """What lacks in a line depends on what is printed as letters, and that on the line: so until nothing more lacks."""
    found: dict[str, str] = {}
    while True:
        lines = [block for block in lay(document, language, columns) if isinstance(block, Line)]
        new = [letter for line in lines for letter in lacks(line.text) if letter not in found]
        if not new:
            return Legible(document, language, tuple(found))
        found |= {letter: spelled(letter) for letter in new}
        document = Document(tuple(_with(node, found) for node in document.nodes))


def _with(node: Node, found: Mapping[str, str]) -> Node:
    def text(told: Text) -> Text:
        return Text(*("".join(found.get(one, one) for one in clusters(shown(words))) for words in told))

    if isinstance(node, Heading | Note):
        return replace(node, text=text(node.text))
    if isinstance(node, Row):
        return replace(node, label=text(node.label), value=text(node.value))
    if isinstance(node, Signature):
        return replace(node, label=text(node.label))
    if isinstance(node, Cells):
        return replace(node, cells=tuple(map(text, node.cells)))
    if isinstance(node, Code):
        return replace(node, label=text(node.label), short=text(Text(node.short, node.short)).en)
    assert isinstance(node, Rule)
    return node
