"""Which bytes of a message may be shown: those of a hidden field are hidden with it, and so is what is in doubt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from counterfoil.inspector import emv
from counterfoil.inspector.walk import MessageWalk, Span
from counterfoil.iso8583 import Dialect
from counterfoil.iso8583.fields import Characters
from counterfoil.iso8583.show import long_numbers

HIDDEN: Final = "··"
"""A byte that is not shown, where others are two hex digits."""
LAST: Final = 4


class MaskedField(NamedTuple):
    """A field as people may see it: its text, and whether that is all of it."""

    text: str
    whole: bool


def fields(dialect: Dialect, found: MessageWalk) -> dict[str, MaskedField]:
    """Every field that was read, masked."""
    plain, masked = dialect.flat(found.message, reveal=True), dialect.flat(found.message)
    return {path: MaskedField(text, text == plain[path]) for path, text in masked.items()}


def cells(dialect: Dialect, found: MessageWalk, body: bytes) -> list[str]:
    """Two hex digits a byte, `HIDDEN` for those nobody may see.

    A message that was not read to its end was perhaps read wrongly from the start: there, whatever could be a card
    number is hidden too.
    """
    shown = fields(dialect, found)
    made = [HIDDEN] * len(body)
    for span in found.spans:
        for at in visible(dialect, found, span, shown.get(span.path), body):
            made[at] = f"{body[at]:02X}"
    return made if not found.flaws else doubtful(made)


def visible(dialect: Dialect, found: MessageWalk, span: Span, shown: MaskedField | None, body: bytes) -> Iterator[int]:
    """The bytes of a span that may be seen."""
    if span.path == "rest":
        return
    if span.path in ("MTI", "bitmap"):
        yield from range(span.start, span.end)
        return
    yield from range(span.start, min(span.value_at, span.end))
    if span.flaw or shown is None:
        return
    if shown.whole:
        yield from range(span.value_at, span.end)
    elif span.path == "2" and "*" in shown.text and dialect.fields[2].kind is Characters.N:
        yield from _end(dialect.style.packed, len(shown.text), span)
    elif span.path == "55" and not dialect.style.hex_binary:
        for element in emv.elements(body[span.value_at : span.end]):
            first, behind = element.at, element.end if element.public(found.message) else element.value_at
            yield from range(span.value_at + first, span.value_at + behind)


def _end(packed: bool, digits: int, span: Span) -> Iterator[int]:
    """The bytes that hold nothing but the last four digits of a card number."""
    per = 2 if packed else 1
    yield from range(span.value_at + (digits - LAST + per - 1) // per, span.value_at + digits // per)


def doubtful(made: list[str]) -> list[str]:
    """Cells of a dump, with every visible run hidden in which a card number could stand, packed or as characters."""
    result, run = list(made), []
    for at, cell in enumerate([*made, HIDDEN]):
        if cell != HIDDEN:
            run.append(at)
            continue
        packed = "".join(made[place] for place in run)
        text = bytes.fromhex(packed).decode("latin-1")
        if any(long_numbers(each) != each for each in (packed, text)):
            for place in run:
                result[place] = HIDDEN
        run = []
    return result
