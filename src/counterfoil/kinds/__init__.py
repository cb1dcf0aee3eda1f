"""Kinds of transactions: one description each, which every station interprets.

`TABLE` holds them all, `BY_NAME` finds one by its name, `spelt` and `forwarded` by how a request spells it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from counterfoil.kinds.balance import BALANCE
from counterfoil.kinds.completion import COMPLETION
from counterfoil.kinds.kind import (
    PERCENT_ABOVE,
    AmountRule,
    Deed,
    Ended,
    Headings,
    Kind,
    Mode,
    Movement,
    Needs,
    Notices,
    Original,
    Party,
    Refers,
    Saying,
    SlipOf,
    Spelling,
    Total,
    Words,
)
from counterfoil.kinds.preauth import PREAUTH, PREAUTH_VOID
from counterfoil.kinds.purchase import PURCHASE
from counterfoil.kinds.spelling import Spellings
from counterfoil.kinds.undo import undo
from counterfoil.kinds.void import VOID

__all__ = [
    "BY_NAME",
    "BY_SLIP",
    "NEEDING",
    "PAYING",
    "PERCENT_ABOVE",
    "PURCHASE",
    "REQUESTS",
    "SPELLINGS",
    "TABLE",
    "TAKING",
    "AmountRule",
    "Deed",
    "Ended",
    "Headings",
    "Kind",
    "Mode",
    "Movement",
    "Needs",
    "Notices",
    "Original",
    "Party",
    "Refers",
    "Saying",
    "SlipOf",
    "Spelling",
    "Spellings",
    "Total",
    "Words",
    "forwarded",
    "spelt",
    "undo",
]

TABLE: Final = (PURCHASE, VOID, PREAUTH, PREAUTH_VOID, COMPLETION, BALANCE)
BY_NAME: Final[Mapping[str, Kind]] = {kind.name: kind for kind in TABLE}
BY_SLIP: Final[Mapping[str, Kind]] = {kind.paper.word: kind for kind in TABLE if kind.paper is not None}
"""The kinds that have a slip, by its word for them."""
TAKING: Final = frozenset(kind.name for kind in TABLE if kind.takes)
PAYING: Final = frozenset(kind.name for kind in TABLE if kind.pays)
NEEDING: Final[Mapping[Needs, frozenset[str]]] = {
    need: frozenset(kind.name for kind in TABLE if need in kind.needs) for need in Needs
}
"""Names of kinds by what is asked of each message: asking a flag or the movements each time takes ten times as long."""
SPELLINGS: Final = Spellings(TABLE)
REQUESTS: Final = SPELLINGS.requests
"""The message types with which a kind is asked for, without a repeat mark."""
_UPSTREAM: Final[Mapping[tuple[str, str, str], Kind]] = {
    (kind.wire.mti, kind.wire.processing[:2], kind.wire.condition): kind for kind in TABLE
}
assert len(BY_NAME) == len({kind.wire for kind in TABLE}) == len(_UPSTREAM) == len(TABLE), (
    "two kinds have one name or one spelling"
)
assert all(of in BY_NAME for kind in TABLE if kind.original is not None for of in kind.original.of)
assert all((kind.original is not None) == (Needs.ORIGINAL in kind.needs) for kind in TABLE)
assert all((kind.keeps_for > 0) == (kind.expired is not None) for kind in TABLE)
assert all(kind.mode is not Mode.INQUIRY or not kind.movements for kind in TABLE), "an inquiry moves nothing"


def spelt(mti: str, processing: str | None, condition: str | None, type_: str | None) -> Kind | None:
    """The kind that a request spells by its type, DE3, DE25 and DE60.1; None when no kind is spelt so.

    An element that is missing (None) agrees with any: that a request is not complete is for a rule of format to say.
    """
    return SPELLINGS.spelt(mti, processing, condition, type_)


def forwarded(mti: str, processing: str, condition: str) -> Kind | None:
    """The kind that a request to an issuer asks for, by its type, the first two digits of DE3 and DE25; None for none.

    The account types, which are the rest of DE3, do not matter here.
    """
    return _UPSTREAM.get((mti, processing[:2], condition))
