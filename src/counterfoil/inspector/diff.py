"""Two messages side by side: what is the same, what differs, what only one of them has. Masked on both sides."""

from __future__ import annotations

from typing import NamedTuple

from counterfoil.errors import FramingError
from counterfoil.inspector.names import MTI, name_of
from counterfoil.inspector.walk import walk
from counterfoil.inspector.wire import Wrapping, take_apart
from counterfoil.iso8583 import Dialect, Message
from counterfoil.words import Text


class Difference(NamedTuple):
    """One field of two messages. `what` is same, changed, only-left or only-right; values are masked.

    Two hidden values that differ look the same: `what` is decided on the values themselves.
    """

    path: str
    name: Text
    left: str
    right: str
    what: str


def differences(left: bytes, left_wire: Wrapping, right: bytes, right_wire: Wrapping) -> list[Difference]:
    """Field by field, in the order of their numbers. FramingError when one of them is not wrapped as said."""
    one, other = _read(left, left_wire), _read(right, right_wire)
    found = [Difference("MTI", MTI, one[1].mti, other[1].mti, _what(one[1].mti, other[1].mti))]
    plain = [dialect.flat(message, reveal=True) for dialect, message in (one, other)]
    shown = [dialect.flat(message) for dialect, message in (one, other)]
    for path in sorted({*plain[0], *plain[1]}, key=int):
        name = name_of(one[0] if path in plain[0] else other[0], path)
        values = shown[0].get(path, ""), shown[1].get(path, "")
        found.append(Difference(path, name, *values, _what(plain[0].get(path), plain[1].get(path))))
    return found


def _read(data: bytes, wire: Wrapping) -> tuple[Dialect, Message]:
    dialect = wire.spoken()
    message = walk(dialect, take_apart(data, wire).body).message
    if not message.mti:
        raise FramingError("there is no message where one should be")
    return dialect, message


def _what(left: str | None, right: str | None) -> str:
    if left is None:
        return "only-right"
    if right is None:
        return "only-left"
    return "same" if left == right else "changed"
