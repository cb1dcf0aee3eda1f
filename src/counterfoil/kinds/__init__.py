"""Kinds of transactions: one description each, which every station interprets.

`TABLE` holds them all, `BY_NAME` finds one by its name, `spelt` by how a request spells it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from counterfoil.kinds.kind import Deed, Kind, Mode, Movement, Notices, Party, Spelling, Total
from counterfoil.kinds.purchase import PURCHASE
from counterfoil.kinds.undo import undo

__all__ = [
    "BY_NAME",
    "PURCHASE",
    "REQUESTS",
    "TABLE",
    "Deed",
    "Kind",
    "Mode",
    "Movement",
    "Notices",
    "Party",
    "Spelling",
    "Total",
    "forwarded",
    "spelt",
    "undo",
]

TABLE: Final = (PURCHASE,)
BY_NAME: Final[Mapping[str, Kind]] = {kind.name: kind for kind in TABLE}
REQUESTS: Final = frozenset(kind.wire.mti for kind in TABLE)
"""The message types with which a kind is asked for, without a repeat mark."""
_BY_WIRE: Final[Mapping[tuple[str | None, ...], Kind]] = {kind.wire: kind for kind in TABLE}
_UPSTREAM: Final[Mapping[tuple[str, str], Kind]] = {(kind.wire.mti, kind.wire.processing[:2]): kind for kind in TABLE}
assert len(BY_NAME) == len(_BY_WIRE) == len(_UPSTREAM) == len(TABLE), "two kinds have one name or one spelling"


def spelt(mti: str, processing: str | None, condition: str | None, type_: str | None) -> Kind | None:
    """The kind that a request spells by its type, DE3, DE25 and DE60.1; None when no kind is spelt so.

    An element that is missing (None) agrees with any: that a request is not complete is for a rule of format to say.
    """
    kind = _BY_WIRE.get((mti, processing, condition, type_))
    if kind is not None or None not in (processing, condition, type_):
        return kind
    told = (mti, processing, condition, type_)
    return next((kind for kind in TABLE if all(x in (None, y) for x, y in zip(told, kind.wire, strict=True))), None)


def forwarded(mti: str, processing: str) -> Kind | None:
    """The kind that a request to an issuer asks for, by its type and the first two digits of DE3; None for no kind.

    The account types, which are the rest of DE3, do not matter here.
    """
    return _UPSTREAM.get((mti, processing[:2]))
