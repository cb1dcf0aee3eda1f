"""The vocabulary of slips. Every renderer knows these seven nodes and nothing of what a slip is about, so a new slip is
a new list of nodes and no new code on paper or screen.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec

from counterfoil.words import Text

SPAN: Final = 32
"""What the spans of a line of `Cells` add up to: the columns of the narrowest paper."""

NARROWEST: Final = 3
"""The narrowest cell: a wide character and the space behind it."""


class Heading(msgspec.Struct, frozen=True, tag=True):
    """A centred line; `big` in double size where the paper can."""

    text: Text
    big: bool = False


class Row(msgspec.Struct, frozen=True, tag=True):
    """A label and its value; `big` for the amount."""

    label: Text
    value: Text
    big: bool = False


class Cells(msgspec.Struct, frozen=True, tag=True):
    """One line of a list. `spans` are the widths of the cells, right-aligned where negative; together they are SPAN.

    A cell that is longer than its width goes on below, in its own width.
    """

    cells: tuple[Text, ...]
    spans: tuple[int, ...]

    def __post_init__(self) -> None:
        widths = [abs(span) for span in self.spans]
        if len(self.cells) != len(widths) or sum(widths) != SPAN or min(widths) < NARROWEST:
            raise ValueError("every cell has a width, and together they fill the line")


class Note(msgspec.Struct, frozen=True, tag=True):
    """Running text, wrapped."""

    text: Text


class Signature(msgspec.Struct, frozen=True, tag=True):
    """Room to write something by hand."""

    label: Text


class Rule(msgspec.Struct, frozen=True, tag=True):
    """A line across."""


class Code(msgspec.Struct, frozen=True, tag=True):
    """A code for machines, drawn as QR where something can draw, and written out where nothing can; `short` is what
    people compare. `payload`: capital letters, digits and - : only.
    """

    label: Text
    payload: str
    short: str


Node: TypeAlias = Heading | Row | Cells | Note | Signature | Rule | Code


class Document(msgspec.Struct, frozen=True):
    """One slip, top to bottom."""

    nodes: tuple[Node, ...]
