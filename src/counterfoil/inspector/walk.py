"""Where every part of a message lies: message type, bitmap and each field, also of a broken one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from counterfoil.errors import DecodeError
from counterfoil.iso8583 import Dialect, Message
from counterfoil.iso8583.encoding import Element, Flaw


class Span(NamedTuple):
    """Bytes `start` to `end` of the body. `value_at` is where the value begins, behind its length.

    `path` is "MTI", "bitmap", the number of a field, or "rest" for bytes nobody can read. `flaw` is "" when sound.
    """

    path: str
    start: int
    value_at: int
    end: int
    flaw: str = ""


class MessageWalk(NamedTuple):
    """A message with its spans, in the order of the bytes; `bits` are the fields its bitmap names."""

    message: Message
    spans: Sequence[Span]
    bits: Sequence[int]

    @property
    def flaws(self) -> list[Span]:
        """What cannot be read."""
        return [span for span in self.spans if span.flaw]


def walk(dialect: Dialect, body: bytes) -> MessageWalk:
    """The parts of a body; what is broken has a flaw, and what lies behind it where nobody knows is one "rest"."""
    try:
        message = dialect.decode(body)
    except DecodeError as error:
        message = error.partial if error.partial is not None else Message("")
    digits = 2 if dialect.style.packed else 4
    if not message.mti:
        return MessageWalk(message, [Span("rest", 0, 0, len(body), "no message type")], [])
    spans = [Span("MTI", 0, 0, digits)]
    bits, at, flaw = _bits(dialect, body, digits)
    spans.append(Span("bitmap", digits, digits, min(at, len(body)), flaw))
    if not flaw:
        at = _fields(dialect, body, at, bits, spans)
    if at < len(body):
        missing = any(span.flaw for span in spans)
        spans.append(Span("rest", at, at, len(body), "cannot be read" if missing else "bytes left over"))
    return MessageWalk(message, spans, bits)


def _bits(dialect: Dialect, body: bytes, at: int) -> tuple[list[int], int, str]:
    """The numbers a bitmap names, where the first field begins, and what is wrong with the bitmap."""
    width = 16 if dialect.style.hex_bitmap else 8
    bits: list[int] = []
    for first in (0, 64):
        raw = body[at : at + width]
        text = raw.decode("latin-1") if dialect.style.hex_bitmap else raw.hex()
        if len(raw) != width or text.strip("0123456789abcdefABCDEF"):
            return bits, at + len(raw), "no bitmap"
        at += width
        bits += [first + place for place, bit in enumerate(f"{int(text, 16):064b}", 1) if bit == "1"]
        if first == 0 and 1 not in bits:
            break
        if first == 0 and not dialect.style.secondary:
            return bits, at, "a secondary bitmap is not used here"
    if 65 in bits:
        return bits, at, "a third bitmap is not used here"
    return [number for number in bits if number != 1], at, ""


def _fields(dialect: Dialect, body: bytes, at: int, bits: Sequence[int], spans: list[Span]) -> int:
    for number in bits:
        field = dialect.fields.get(number)
        if field is None:
            spans.append(Span(str(number), at, at, at, "not a field of this dialect"))
            return at
        element = Element(field, dialect.style)
        prefix = (field.prefix.value + 1) // 2 if dialect.style.packed else field.prefix.value
        try:
            _, end = element.read(body, at)
        except Flaw as flaw:
            if flaw.resume is None:
                spans.append(Span(str(number), at, at, at, flaw.reason))
                return at
            spans.append(Span(str(number), at, at + prefix, flaw.resume, flaw.reason))
            at = flaw.resume
        else:
            spans.append(Span(str(number), at, at + prefix, end))
            at = end
    return at
