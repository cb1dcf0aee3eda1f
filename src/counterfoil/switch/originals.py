"""What the switch says of the transaction that another one refers to: whether it is there, stands, and fits.

An original is named by terminal, batch and STAN, so nobody names another terminal's. Whoever names one that is not its
own card's, merchant's or in its currency hears what is said of one that nobody knows. Its row never changes: what
stands against it is told by its children, which the step loaded with it (needs.py).
"""

from __future__ import annotations

from typing import Final

from counterfoil.iso8583 import Message
from counterfoil.iso8583.responses import AMOUNT_MISMATCH, INVALID_TRANSACTION, NO_ORIGINAL, OUT_OF_TIME
from counterfoil.kinds import BY_NAME
from counterfoil.step import SECOND, Instant
from counterfoil.switch.lifecycle import STANDING, State
from counterfoil.switch.rows import Attempt
from counterfoil.switch.work import Work
from counterfoil.transaction import parse_ref

CLOSING: Final = frozenset(name for name, kind in BY_NAME.items() if kind.original is not None and kind.original.closes)


def original_of(work: Work, attempt: Attempt) -> Attempt | None:
    """The attempt that this one refers to; None when it refers to none, or to one that is not known here."""
    key = parse_ref(attempt.original)
    return work.attempts.get(key) if key is not None else None


def objection(work: Work, attempt: Attempt, message: Message, batch: str, above: int) -> str:
    """The code of the first rule about its original that objects to an attempt, "" when none does.

    `batch` is the one its terminal works in; `above` is how many percent an amount may be above its original's, where
    its kind may be above it at all.
    """
    rule, original = BY_NAME[attempt.kind].original, original_of(work, attempt)
    if rule is None:
        return ""
    if original is None:
        return OUT_OF_TIME if parse_ref(attempt.original) in work.archived else NO_ORIGINAL
    code = ""
    if not names(message, original) or not _is_of_the_same(attempt, original):
        code = NO_ORIGINAL
    elif original.kind not in rule.of or not stands(original) or (rule.closes and is_closed(work, attempt.original)):
        code = INVALID_TRANSACTION
    elif (rule.same_batch and original.key.batch != batch) or _is_over(original, work.now):
        code = OUT_OF_TIME
    elif not rule.amount.fits(attempt.amount, original.amount, above):
        code = AMOUNT_MISMATCH
    return code


def stands(original: Attempt) -> bool:
    """Whether something may be asked against an attempt: it was approved and is not being reversed."""
    return original.state is State.APPROVED


def names(message: Message, original: Attempt) -> bool:
    """Whether the approval code and the reference number in a request, as far as it has them, are its original's."""
    approval, rrn = (message.de38 or "").strip(), (message.de37 or "").strip(" 0")
    return approval in ("", original.auth_code.strip()) and rrn in ("", original.rrn.strip("0"))


def is_closed(work: Work, original: str) -> bool:
    """Whether a transaction stands against this one, of a kind that at most one may be of; or may stand, as nobody has
    answered it yet: two of them may not both be on their way.
    """
    return any(child.kind in CLOSING and child.state in STANDING for child in work.children.get(original, ()))


def _is_of_the_same(attempt: Attempt, original: Attempt) -> bool:
    told = (attempt.token, attempt.merchant, attempt.currency)
    return bool(attempt.token) and told == (original.token, original.merchant, original.currency)


def _is_over(original: Attempt, now: Instant) -> bool:
    """Whether what was set aside is free again. Counted from the answer: no earlier than the issuer."""
    keeps_for = BY_NAME[original.kind].keeps_for
    return keeps_for > 0 and now >= original.answered_at + keeps_for * SECOND
