"""The switches of a dialect that make a message come out even: a field that is longer, aligned or typed otherwise.

Acquirers differ in a field or two. A switch is named only when with it the message is read to its last byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from counterfoil.errors import OurError
from counterfoil.inspector.walk import MessageWalk, Span, walk
from counterfoil.iso8583 import Dialect
from counterfoil.iso8583.fields import Align, Characters, Prefix

MOST: Final = 3
"""Switches tried together; a message that needs more of them is another dialect."""

Overrides = Mapping[str, dict[str, Any]]


def mended(dialect: Dialect, body: bytes, found: MessageWalk) -> tuple[Overrides, MessageWalk]:
    """The switches that help and the message read with them; none, and the message as it was, where none do."""
    return _mend(dialect, body, found, {}) or ({}, found)


def _mend(dialect: Dialect, body: bytes, found: MessageWalk, so_far: Overrides) -> tuple[Overrides, MessageWalk] | None:
    flaw = next((span for span in found.flaws if span.path.isdecimal()), None)
    if flaw is None or len(so_far) >= MOST or flaw.path in so_far:
        return None
    for change in _switches(dialect, body, flaw):
        tried = {**so_far, flaw.path: change}
        try:
            again = walk(dialect.override(tried), body)
        except OurError:
            continue
        if not again.flaws:
            return tried, again
        if flaw.path not in {span.path for span in again.flaws}:
            further = _mend(dialect, body, again, tried)
            if further is not None:
                return further
    return None


def _switches(dialect: Dialect, body: bytes, flaw: Span) -> Iterator[dict[str, Any]]:
    field = dialect.fields.get(int(flaw.path))
    if field is None:
        return
    if flaw.flaw.startswith("longer than"):
        prefix = body[flaw.start : flaw.value_at]
        yield {"max": int(prefix.hex() if dialect.style.packed else prefix)}
    if field.prefix is Prefix.FIXED and field.size % 2 and field.kind is Characters.N:
        yield {"align": "left" if field.align is Align.RIGHT else "right"}
    if field.kind is Characters.ANS and flaw.flaw == "not printable text" and not field.charset:
        yield from ({"charset": name} for name in ("gbk", "utf-8") if name != dialect.style.charset)
    if field.kind in (Characters.N, Characters.AN) and field.prefix is not Prefix.FIXED:
        yield {"type": "ans"}
        yield {"type": "ans", "max": 99 if field.prefix is Prefix.LL else 999}
    if field.kind in (Characters.ANS, Characters.AN):
        yield {"type": "b"}
    if field.kind is Characters.ANS and field.prefix is not Prefix.FIXED:
        yield {"type": "n"}
    if field.kind is Characters.N and field.prefix is Prefix.FIXED and field.size == 16:
        yield {"type": "b", "max": 8}
