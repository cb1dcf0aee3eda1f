"""What a reversal advice does. Pure: the original, if there is one, arrives as an argument.

An advice is never refused for what it asks, only answered: booked, acknowledged, or kept for a person. It belongs to an
original when DE11, DE32 and DE7 (the key) and also DE41, DE42 and DE4 agree (docs/loop.md, rule 1); an original that
agrees in the key alone is an exception, not a guess.
"""

from __future__ import annotations

import enum
from typing import Final

import msgspec

from counterfoil.iso8583.responses import AMOUNT_MISMATCH, APPROVED, NO_ORIGINAL
from counterfoil.issuer.lifecycle import State
from counterfoil.issuer.rows import AdviceRow, Txn
from counterfoil.kinds import BY_NAME


class ReversalAdvice(msgspec.Struct, frozen=True, kw_only=True):
    """An 0420 or 0421 as the rules see it. `key` is its own, `original` that of the purchase DE90 names.

    `token`, `currency`, `processing` and `auth_code` are "" when the advice carries no DE2, DE49, DE3 or DE38. `type`
    is the message type that DE90 gives the original.
    """

    key: str
    original: str
    token: str
    amount: int
    currency: str
    terminal: str
    merchant: str
    rrn: str
    reason: str
    processing: str = ""
    auth_code: str = ""
    type: str = ""


class ReversalOutcome(enum.Enum):
    """What an advice comes to."""

    BOOK = "book"  # the original stands: its entry is reversed
    ALREADY = "already"  # it was reversed before
    NOTHING = "nothing"  # it was declined: there is nothing to undo
    ORPHAN = "orphan"  # never seen, or seen only after its tombstone
    DIFFERS = "differs"  # same key, another sale: a person decides
    ARCHIVED = "archived"  # it stands, and has left for the archive: a person decides


CODES: Final[dict[ReversalOutcome, str]] = {
    ReversalOutcome.BOOK: APPROVED,
    ReversalOutcome.ALREADY: APPROVED,
    ReversalOutcome.NOTHING: APPROVED,
    ReversalOutcome.ORPHAN: NO_ORIGINAL,
    ReversalOutcome.DIFFERS: AMOUNT_MISMATCH,
    ReversalOutcome.ARCHIVED: AMOUNT_MISMATCH,
}
BY_STATE: Final[dict[State, ReversalOutcome]] = {
    State.POSTED: ReversalOutcome.BOOK,
    State.DECLINED: ReversalOutcome.NOTHING,
    State.REVERSED: ReversalOutcome.ALREADY,
    State.TOMBSTONED: ReversalOutcome.ORPHAN,
    State.LATE: ReversalOutcome.ORPHAN,
}


def judge(advice: ReversalAdvice, original: Txn | None) -> ReversalOutcome:
    """What `advice` comes to, given what this station knows of its original."""
    if original is None:
        return ReversalOutcome.ORPHAN
    if differing(advice, original):
        return ReversalOutcome.DIFFERS
    return BY_STATE[original.state]


def differing(advice: ReversalAdvice, original: Txn) -> tuple[str, ...]:
    """The fields in which an advice and an original of the same key disagree ("DE41", …).

    What either of them does not say is no difference: an original without a currency asked for one that nobody knows
    and was refused, one without a card was reversed before it came. What a message without a valid MAC claimed is not
    compared: nothing was booked on it.
    """
    if not original.authentic:
        return ()
    kind = BY_NAME.get(original.kind)
    type_ = kind.wire.mti if kind is not None else advice.type
    pairs = (
        ("DE2", advice.token or original.token, original.token or advice.token),
        ("DE3", advice.processing or original.processing, original.processing or advice.processing),
        ("DE4", advice.amount, original.amount),
        ("DE38", advice.auth_code or original.auth_code, original.auth_code or advice.auth_code),
        ("DE41", advice.terminal, original.terminal),
        ("DE42", advice.merchant, original.merchant),
        ("DE49", advice.currency or original.currency, original.currency or advice.currency),
        ("DE90", advice.type or type_, type_),
    )
    return tuple(field for field, ours, theirs in pairs if ours != theirs)


def same_advice(earlier: AdviceRow, wanted: ReversalAdvice) -> bool:
    """Whether it is the same advice again, and not another one under its key."""
    known = (earlier.original, earlier.amount, earlier.terminal, earlier.merchant)
    return known == (wanted.original, wanted.amount, wanted.terminal, wanted.merchant)
