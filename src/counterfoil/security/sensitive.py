"""Values that must not get anywhere by accident: shown as a placeholder, refused by every serialiser.

A PIN or a track travels in a `Sensitive`; only an explicit `.reveal()` takes it out, which is easy to search for.
"""

from __future__ import annotations

import hmac
from typing import Generic, NoReturn, TypeVar

T = TypeVar("T", str, bytes)

HIDDEN = "<hidden>"


class Unserialisable:
    """Base of values that may be shown (masked) but never pickled, copied or encoded."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"{type(self).__name__} is never serialised or copied")

    def __repr__(self) -> str:
        return HIDDEN

    def __str__(self) -> str:
        return repr(self)

    def __format__(self, spec: str) -> str:
        return repr(self)


class Sensitive(Unserialisable, Generic[T]):
    """Text or byte string that shows as `<hidden>` and compares in constant time.

    json, msgspec, pickle and copy raise TypeError; it is unhashable, so it cannot become a dictionary key either.
    """

    __slots__ = ("_value",)
    _value: T

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """The value itself. Keep what comes out in a local name."""
        return self._value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sensitive):
            return NotImplemented
        return hmac.compare_digest(_bytes(self._value), _bytes(other._value))


def _bytes(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
