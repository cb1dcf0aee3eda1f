"""The kinds that a station takes, found by how a request on leg 1 spells them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from counterfoil.kinds.kind import Kind


class Spellings:
    """Some kinds by their spellings. `requests` are the message types that ask for one, without a repeat mark."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self.kinds: Final = tuple(kinds)
        self.requests: Final = frozenset(kind.wire.mti for kind in self.kinds)
        self._by_wire: Final[dict[tuple[str | None, ...], Kind]] = {kind.wire: kind for kind in self.kinds}

    def spelt(self, mti: str, processing: str | None, condition: str | None, type_: str | None) -> Kind | None:
        """The kind that a request spells by its type, DE3, DE25 and DE60.1; None when no kind is spelt so.

        An element that is missing (None) agrees with any: that a request is not complete is for a rule of format to
        say.
        """
        told = (mti, processing, condition, type_)
        kind = self._by_wire.get(told)
        if kind is not None or None not in told:
            return kind
        return next(
            (one for one in self.kinds if all(x in (None, y) for x, y in zip(told, one.wire, strict=True))), None
        )
