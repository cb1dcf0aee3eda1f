"""The nouns with which one kind of transaction is described, whole and once.

A kind is data. Stations interpret it: they look it up by how a request spells it, ask its rules by name, book its
movements and undo them by the one algebra. Names of rules and parties are resolved by the rooms that own them.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

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
    AT_MOST_ABOVE = "at most above"  # at most a percentage above it

    def most(self, original: int, percent: int) -> int:
        """The highest amount that an original's allows, minor units; `percent` is how far above it may be."""
        return original + original * percent // 100 if self is AmountRule.AT_MOST_ABOVE else original

    def fits(self, amount: int, original: int, percent: int) -> bool:
        """Whether an amount is one that an original's allows, both in minor units."""
        least = 0 if self is AmountRule.AT_MOST_ABOVE else original
        return least <= amount <= self.most(original, percent)


PERCENT_ABOVE: Final = 15
"""How many percent above its pre-authorisation a completion may be, unless settings say otherwise (UnionPay)."""


class Ended(NamedTuple):
    """What is said of an original once another transaction stands against it, or its time is over: a heading, and what
    customer and cashier hear.

    Places to fill: {amount}; {taken} (what the other took of it) and {other} (its reference), where there is another.
    """

    heading: Text
    told: Told


class Original(NamedTuple):
    """Which transaction a kind refers to.

    `of` are names of kinds; `same_batch`: only while the original's batch is open; `closes`: at most one such child of
    an original stands at a time. The original's state never changes: what stands against it is the sum of its standing
    children. An original must stand, and be of the same card, merchant and currency. `ended` is what is said of it.
    """

    of: tuple[str, ...]
    amount: AmountRule
    ended: Ended
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


class Refers(NamedTuple):
    """The line of a slip that names the original: what it is called, and whether its approval code is said or its
    voucher number.
    """

    called: Text
    approval: bool = False


class SlipOf(NamedTuple):
    """The slip of a kind: the word it has for the kind, also in the signed code; its title, whether the cardholder
    signs, what is said above the signature, and how the original is named.
    """

    word: str
    title: Text
    signature: bool
    acknowledgement: Text
    refers: Refers | None = None


class Notices(NamedTuple):
    """What the cardholder is told when a kind is booked, and when it is undone.

    Places to fill: {last4}, {amount}, {merchant}.
    """

    booked: Text
    undone: Text


class Saying(NamedTuple):
    """What is said of one verdict: when the terminal takes the next transaction (`free`), while it may still be busy
    with this one (`busy`), and when it repeated one that stands (`twice`, where that can happen).
    """

    free: Told
    busy: Told
    twice: Told | None = None


class Words(NamedTuple):
    """What is said to customer and cashier per verdict: it stands; it is being printed; its receipt is open; it came to
    nothing; a station refused it; what it did is going back; what it did was undone; nobody knows yet; a person must
    decide.

    `back` is what is going back, `came_back` that it has arrived; `unsent` is what is said instead of `nothing` by the
    word of terminal/causes.py that says why nothing was sent.
    Places to fill, besides {amount}: {display}, what the terminal shows when its reversal succeeded; {other}, what a
    `twice` repeated; {why}, {advice} and {more} in `refused`: the reason, what the cashier does about it and the
    customer may do; {back} in `going_back`, which is `back` or `came_back`; {refund} in `back`, the promised day;
    {returned}, when it was undone; {by}, when an answer is known; {case}.
    """

    stands: Told
    printing: Told
    receipt_open: Told
    nothing: Saying
    refused: Told
    going_back: Saying
    back: Text
    came_back: Text
    undone: Saying
    unknown: Saying
    exception: Told
    unsent: Mapping[str, Told] = MappingProxyType({})


class Headings(NamedTuple):
    """What each of the same verdicts is called on paper and in lists; `returning` is what a list calls `going_back`."""

    stands: Text
    nothing: Text
    going_back: Text
    returning: Text
    undone: Text
    unknown: Text


CALL_BACK: Final = Text("Case number {case}, we call you back.", "案件编号 {case}，我们会给您回电。")
"""What a customer hears whose case a person decides, whatever the kind."""


class Kind(NamedTuple):
    """One kind of transaction.

    `rules` are asked by the issuer after the PIN, in order; each is the name of one of its rule functions. `keeps_for`
    is how long its hold lives, seconds, and `expired` what is said when that is over. `paper` None prints nothing,
    `notices` None tells the cardholder nothing, `balances`: the card's balances come with the answer and are shown.
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
    expired: Ended | None = None
    paper: SlipOf | None = None
    notices: Notices | None = None
    balances: bool = False

    @property
    def has_amount(self) -> bool:
        """Whether its request names an amount (DE4): one that was typed in, or its original's."""
        return Needs.AMOUNT in self.needs or self.original is not None

    @property
    def pays(self) -> bool:
        """Whether the customer pays with it, now: when it comes to nothing, they pay again or another way."""
        return self.total is Total.DEBIT and self.original is None

    @property
    def takes(self) -> bool:
        """Whether it takes money off the card or sets it aside; one that gives back is never held up by a printer."""
        return any(deed is not Deed.RELEASE and debit is Party.CARD for deed, debit, *_ in self.movements)
