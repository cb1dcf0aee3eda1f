"""How many sealed card numbers a store holds, and since when."""

from __future__ import annotations

from typing import Final, NamedTuple

from counterfoil.step import Instant
from counterfoil.storage.store import Store

MOST_COUNTED: Final = 100_000
"""As many are counted when a monitor asks: an index of some megabytes."""


class NumbersHeld(NamedTuple):
    """Sealed card numbers of a store: `number` is counted up to the requested bound; the sale of the oldest began at
    `oldest`, None where there is none.
    """

    number: int
    oldest: Instant | None


def asked(store: Store, count: str, oldest: str, most: int) -> NumbersHeld:
    """`NumbersHeld` by two statements of a station: the count up to a bound, and the oldest."""
    first = store.query(oldest)[0][0]
    return NumbersHeld(int(store.query(count, (most,))[0][0]), None if first is None else int(first))
