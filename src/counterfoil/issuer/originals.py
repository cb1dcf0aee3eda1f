"""The original of a request: whether it is one to refer to, and how much of it may be asked.

A kind says which kinds its original may be and how the amounts compare (`kinds.Original`); whether that still stands is
asked of the ledger.
"""

from __future__ import annotations

import enum
from typing import Final

from counterfoil.errors import Refused
from counterfoil.issuer.chart import clearing_account
from counterfoil.issuer.lifecycle import State
from counterfoil.issuer.refusal import Refusal
from counterfoil.issuer.rows import Txn
from counterfoil.issuer.rules import Authorisation, Referred
from counterfoil.issuer.settings import Settings
from counterfoil.issuer.work import Work
from counterfoil.kinds import BY_NAME, Original
from counterfoil.ledger import BookRefusal, Hold, Resolution
from counterfoil.step import Instant

ENDED: Final[dict[enum.Enum, Refusal]] = {
    BookRefusal.ALREADY_POSTED: Refusal.ORIGINAL_CLOSED,
    BookRefusal.ALREADY_VOIDED: Refusal.ORIGINAL_CLOSED,
    BookRefusal.ALREADY_EXPIRED: Refusal.ORIGINAL_EXPIRED,
}


def referred(step: Work, now: Instant, wanted: Authorisation, rule: Original, settings: Settings) -> Referred:
    """What a request says is its original, which was loaded with all that stands against it."""
    original = step.txns.get(wanted.original)
    if original is None or not belongs(original, wanted):
        return Referred(Refusal.ORIGINAL_UNKNOWN)
    if original.state is not State.POSTED:
        return Referred(Refusal.ORIGINAL_FALLEN)
    if original.kind not in rule.of:
        return Referred(Refusal.ORIGINAL_OTHER_KIND)
    record = step.book.record(original.record_id)
    clearing = clearing_account(wanted.acquirer, wanted.currency)
    if isinstance(record, Resolution) or clearing not in (record.debit, record.credit):
        return Referred(Refusal.ORIGINAL_UNKNOWN)  # the institution is spelt as it was, or it is another one
    if isinstance(record, Hold):
        try:
            standing = step.book.held_by(record.id, now)
        except Refused as ended:
            return Referred(ENDED[ended.refusal])
    else:
        standing = step.book.standing(record)
        if not standing or (rule.closes and standing < record.amount):
            return Referred(Refusal.ORIGINAL_CLOSED)
    if not rule.amount.fits(wanted.amount, standing, settings.percent_above):
        return Referred(Refusal.ORIGINAL_AMOUNT)
    return Referred(None, record, standing if isinstance(record, Hold) else 0)


def belongs(original: Txn, wanted: Authorisation) -> bool:
    """Whether a request is of the card, merchant, terminal, currency and acquirer of what it refers to, and says its
    approval code.
    """
    ours = (original.token, original.terminal, original.merchant, original.currency, _acquirer(original.key))
    theirs = (wanted.token, wanted.terminal, wanted.merchant, wanted.currency, _acquirer(wanted.key))
    kind = BY_NAME.get(original.kind)
    named = kind is None or kind.wire.mti == wanted.original_type
    return original.authentic and named and ours == theirs and original.auth_code in ("", wanted.approval)


def _acquirer(key: str) -> str:
    return key.partition("/")[0]
