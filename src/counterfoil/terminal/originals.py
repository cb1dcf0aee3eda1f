"""The transaction that another one refers to: is it here, does it stand, may it still be referred to?

What this terminal knows of it is asked before anything is sent; the issuer, which knows the rest, decides.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from counterfoil.kinds import BY_NAME, Kind
from counterfoil.receipts.document import amount_text
from counterfoil.receipts.document.slip import same
from counterfoil.step import SECOND
from counterfoil.terminal import wire
from counterfoil.terminal.lane import Lane, QueuedSale
from counterfoil.terminal.lifecycle import PAID
from counterfoil.terminal.rows import Attempt
from counterfoil.terminal.work import Work
from counterfoil.words import Text


class Unfit(NamedTuple):
    """Why an original cannot be referred to: a code of ERRORS, and what fills its sentence."""

    code: str
    detail: Text = Text("", "")


FIT: Final = Unfit("")


def found(work: Work, lane: Lane, kind: Kind, ref: object) -> tuple[Attempt | None, Unfit]:
    """The original with this reference, of this terminal and merchant and of a kind that `kind` refers to."""
    original = work.attempt(ref)
    if original is None or (original.terminal, original.merchant) != (lane.device.terminal, lane.device.merchant):
        return None, Unfit("original_unknown")
    if kind.original is None or original.kind not in kind.original.of:
        return None, Unfit("original_other_kind", original.described.says)
    return original, FIT


def unfit(work: Work, lane: Lane, waiting: QueuedSale) -> Unfit:
    """Why what waits may not be sent for its original's sake; FIT when it may, or has none."""
    refers = BY_NAME[waiting.kind].original
    if refers is None:
        return FIT
    original, why = found(work, lane, BY_NAME[waiting.kind], waiting.original)
    if original is None:
        return why
    if original.state not in PAID:
        return Unfit("original_fallen")
    if refers.closes and (child := work.child_of(original.ref)) is not None:
        return Unfit("original_closed", same(child.ref))
    if refers.same_batch and original.batch != lane.device.batch:
        return Unfit("original_other_batch")
    keeps_for = original.described.keeps_for
    if keeps_for and work.now >= original.started_at + keeps_for * SECOND:
        return Unfit("original_expired")
    percent = work.settings.percent_above
    if not refers.amount.fits(waiting.amount, original.amount, percent):
        most = refers.amount.most(original.amount, percent)
        return Unfit("amount_above_original", same(amount_text(most, original.currency)))
    return FIT


def named(work: Work, attempt: Attempt) -> wire.OriginalNamed:
    """How a request and its reversal name the original: its date is the one of the slips' zone."""
    original = work.attempt(attempt.original)
    date = work.settings.clock.text(original.started_at, "%m%d") if original is not None else ""
    return wire.naming(attempt, original, date)
