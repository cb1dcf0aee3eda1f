"""The nouns with which one kind of transaction is described, whole and once.

A kind is data. Stations interpret it: they look it up by how a request spells it, ask its rules by name, book its
movements and undo them by the one algebra. Names of rules and parties are resolved by the rooms that own them.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from counterfoil.words import Text, Told


class Mode(enum.StrEnum):
    """How a kind is asked for, and so what a silence owes."""

    REQUEST = "request"  # no usable answer: its reversal is owed
    INQUIRY = "inquiry"  # nothing moves, so nothing is owed: it is given up


class Deed(enum.StrEnum):
    """What the ledger does. Each deed has its undoing (undo.py)."""

    MOVE = "move"  # an amount goes from one account to another
    HOLD = "hold"  # an amount is set aside
    POST = "post"  # the whole hold of the original is taken: the amount moves, the rest is released
    RELEASE = "release"  # the hold of the original is given up


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
    """How leg 1 spells a kind: the message type, DE3, DE25 and DE60.1. Leg 2 spells it by the first three."""

    mti: str
    processing: str
    condition: str
    type: str


class AmountRule(enum.StrEnum):
    """What the amount of a kind must be, measured against its original's."""

    EQUAL = "equal"
    AT_MOST_ABOVE = "at most above"  # at most a percentage above it (a setting, 15: cup-pos 预授权完成)


class Original(NamedTuple):
    """Which transaction a kind refers to.

    `of` are names of kinds; `same_batch`: only while the original's batch is open; `closes`: at most one such child of
    an original stands at a time. The original's state never changes: what stands against it is the sum of its standing
    children. An original must stand, and be of the same card, merchant and currency.
    """

    of: tuple[str, ...]
    amount: AmountRule
    same_batch: bool = False
    closes: bool = True


class Needs(enum.Flag):
    """What a terminal must have in hand before it asks. Without PIN no PIN is sent, and the issuer asks for none."""

    AMOUNT = enum.auto()  # typed in; else it is the original's
    CARD = enum.auto()
    PIN = enum.auto()  # where the card has one
    SUPERVISOR = enum.auto()  # the supervisor's password of the shop
    ORIGINAL = enum.auto()


class Total(enum.StrEnum):
    """In which column of a batch's totals a kind counts (DE48 of 0500)."""

    DEBIT = "debit"
    CREDIT = "credit"
    NONE = "none"


class SlipOf(NamedTuple):
    """The slip of a kind: its title, whether the cardholder signs, and what is said above the signature."""

    title: Text
    signature: bool
    acknowledgement: Text


class Notices(NamedTuple):
    """What the cardholder is told when a kind is booked, and when it is undone.

    Places to fill: {last4}, {amount}, {merchant}.
    """

    booked: Text
    undone: Text


class Words(NamedTuple):
    """What is said to customer and cashier per verdict: it stands; it stands and its receipt is open; it came to
    nothing; what it did is going back; what it did was undone; nobody knows yet.

    Places to fill: {amount}; {returned} (when it was undone) in `undone`; {by} in `unknown`.
    """

    stands: Told
    receipt_open: Told
    nothing: Told
    going_back: Told
    undone: Told
    unknown: Told


class Headings(NamedTuple):
    """What each of the same verdicts is called on paper and in lists."""

    stands: Text
    nothing: Text
    going_back: Text
    undone: Text
    unknown: Text


class Kind(NamedTuple):
    """One kind of transaction.

    `rules` are asked by the issuer after the PIN, in order; each is the name of one of its rule functions. `keeps_for`
    is how long its hold lives, seconds. `paper` None prints nothing, `notices` None tells the cardholder nothing,
    `balances`: the card's balances come with the answer and are shown.
    """

    name: str
    says: Text
    wire: Spelling
    mode: Mode
    needs: Needs
    movements: tuple[Movement, ...]
    rules: tuple[str, ...]
    total: Total
    words: Words
    headings: Headings
    original: Original | None = None
    keeps_for: int = 0
    paper: SlipOf | None = None
    notices: Notices | None = None
    balances: bool = False
