"""The nouns with which one kind of transaction is described, whole and once.

A kind is data. Stations interpret it: they look it up by how a request spells it, ask its rules by name, book its
movements and undo them by the one algebra. Names of rules and parties are resolved by the rooms that own them.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from counterfoil.words import Text


class Mode(enum.StrEnum):
    """How a kind is asked for, and so what a silence owes."""

    REQUEST = "request"  # no usable answer: its reversal is owed


class Deed(enum.StrEnum):
    """What the ledger does. Each deed has its undoing (undo.py)."""

    MOVE = "move"  # an amount goes from one account to another
    HOLD = "hold"  # an amount is set aside
    POST = "post"  # a whole hold is taken: the amount moves, the rest is released
    RELEASE = "release"  # a hold is given up


class Party(enum.StrEnum):
    """Whose account a movement touches; the owner's chart of accounts says which one that is for a transaction."""

    CARD = "card"
    CLEARING = "clearing"


class Movement(NamedTuple):
    """One deed between two parties. `forced`: booked whatever an account has left, because it was promised."""

    deed: Deed
    debit: Party
    credit: Party
    forced: bool = False


class Spelling(NamedTuple):
    """How leg 1 spells a kind: the message type, DE3, DE25 and DE60.1. Leg 2 spells it by the first
    two: an issuer looks at neither of the others."""

    mti: str
    processing: str
    condition: str
    type: str


class Total(enum.StrEnum):
    """In which column of a batch's totals a kind counts (DE48 of 0500)."""

    DEBIT = "debit"
    CREDIT = "credit"
    NONE = "none"


class Notices(NamedTuple):
    """What the cardholder is told when a kind is booked, and when it is undone.

    Places to fill: {last4}, {amount}, {merchant}.
    """

    booked: Text
    undone: Text


class Kind(NamedTuple):
    """One kind of transaction. `rules` are asked by the issuer after the PIN, in order; each is the name of one of
    its rule functions.
    """

    name: str
    says: Text
    wire: Spelling
    mode: Mode
    movements: tuple[Movement, ...]
    rules: tuple[str, ...]
    total: Total
    notices: Notices
