"""How a sale is told to the till: approved, declined, unknown or not_sent, and what customer and cashier are told."""

from __future__ import annotations

from typing import Any, Final

from counterfoil.iso8583 import responses
from counterfoil.receipts.copies import CopyState
from counterfoil.receipts.document import Copy
from counterfoil.security import last4_only
from counterfoil.terminal import causes, sentences
from counterfoil.terminal.lane import Lane
from counterfoil.terminal.lifecycle import State
from counterfoil.terminal.rows import Attempt
from counterfoil.words import Text, Told

OUTCOMES: Final = {
    State.APPROVED: "approved",
    State.CLOSED: "approved",
    State.DECLINED: "declined",
    State.NOT_SENT: "not_sent",
}
RECEIPTS: Final = {
    CopyState.QUEUED: sentences.RECEIPT_FAILED,
    CopyState.FAILED: sentences.RECEIPT_FAILED,
    CopyState.SENT: sentences.RECEIPT_OUT,
}


def outcome(attempt: Attempt) -> str:
    """The word for the till. A sale that was, or is to be, reversed is "unknown": it never became a yes or a no."""
    return OUTCOMES.get(attempt.state, "unknown")


def told(attempt: Attempt) -> Told:
    """What is said about this sale as it is now: to the customer, and to the cashier."""
    if attempt.state is State.CLOSED:
        return sentences.APPROVED
    if attempt.state is State.APPROVED:
        return RECEIPTS.get(attempt.receipt, sentences.RECEIPT_UNSURE)
    if attempt.state is State.DECLINED:
        code = attempt.response_code
        # A definite no of the switch; the issuer may have charged and is being reversed.
        return sentences.GIVEN_UP if code == responses.ISSUER_TIMEOUT else responses.declined(code)
    if attempt.state is State.SENT:
        return sentences.ASKED
    if attempt.state is State.NOT_SENT:
        return sentences.NOT_SENT[causes.word(attempt.cause)]
    if attempt.state is State.ESCALATED:
        return sentences.ESCALATED.filled(case=attempt.case)
    return _reversed(attempt)


def _reversed(attempt: Attempt) -> Told:
    done = attempt.state is State.REVERSED
    if other := paid_with(attempt):
        return (sentences.PAID_ELSEWHERE_DONE if done else sentences.PAID_ELSEWHERE).filled(other=other)
    if done:
        return sentences.RETURNED
    why = causes.word(attempt.cause)
    if why == causes.KEPT:
        return sentences.GOODS_KEPT
    return sentences.CANCELLED_WAITING if why == causes.CANCELLED else sentences.UNKNOWN


def paid_with(attempt: Attempt) -> str:
    """The sale that was paid instead of this one, "" when there is none."""
    return causes.detail(attempt.cause) if causes.word(attempt.cause) == causes.PAID else ""


def brief(attempt: Attempt) -> dict[str, Any]:
    """A sale in a list, or inside an error: who, how much, where it stands, what the two people are told."""
    return {
        "outcome": outcome(attempt),
        "ref": attempt.ref,
        "rrn": attempt.rrn,
        "stan": attempt.stan,
        "terminal": attempt.terminal,
        "merchant": attempt.merchant,
        "amount": attempt.amount,
        "currency": attempt.currency,
        "card": last4_only(attempt.card),
        "state": attempt.state.value,
        "response_code": attempt.response_code,
        "reversal_reason": attempt.reason,
        "reversal_tries": attempt.tries,
        "receipt_state": attempt.receipt.value,
        "receipt_trouble": attempt.trouble,
        "copies": {copy.value: attempt.copies(copy).state.value for copy in Copy},
        "case": attempt.case,
        "retry_of": attempt.retry_of,
        "started_at": attempt.started_at,
        **told(attempt).both(),
    }


def named(attempt: Attempt, lane: Lane) -> dict[str, Any]:
    """The sale that stands in the way of one at `lane`, for an error; nothing of it when another merchant sold it."""
    return {"sale": brief(attempt)} if attempt.merchant == lane.device.merchant else {}


def body(attempt: Attempt, receipt: str, display: tuple[Text, ...]) -> dict[str, Any]:
    """The whole answer to a sale; `receipt` is the cardholder copy's text, "" when there is none."""
    return {**brief(attempt), "receipt": receipt, "display": [text.both() for text in display]}
