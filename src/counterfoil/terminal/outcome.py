"""How a sale is told to the till: approved, declined, unknown or not_sent, and what customer and cashier are told."""

from __future__ import annotations

from typing import Any, Final

from counterfoil.iso8583 import responses
from counterfoil.kinds import PAYING
from counterfoil.money import Money
from counterfoil.receipts.copies import CopyState
from counterfoil.receipts.document import Copy
from counterfoil.security import last4_only
from counterfoil.terminal import causes, sayings
from counterfoil.terminal.lane import Lane, QueuedSale
from counterfoil.terminal.lifecycle import State
from counterfoil.terminal.rows import Attempt, balances_of
from counterfoil.words import Text, Told

OUTCOMES: Final = {
    State.APPROVED: "approved",
    State.CLOSED: "approved",
    State.DECLINED: "declined",
    State.NOT_SENT: "not_sent",
}
UNDONE: Final = frozenset({State.REVERSING, State.REVERSED})


def outcome(attempt: Attempt) -> str:
    """The word for the till. A sale that was, or is to be, reversed is "unknown": it never became a yes or a no."""
    return OUTCOMES.get(attempt.state, "unknown")


def told(attempt: Attempt) -> Told:
    """What is said about this transaction as it is now: to the customer, and to the cashier."""
    said = sayings.OF[attempt.kind]
    if attempt.state is State.ESCALATED:
        return said.escalated.filled(case=attempt.case)
    if attempt.state in UNDONE and (other := paid_with(attempt)):
        elsewhere = said.elsewhere_done if attempt.state is State.REVERSED else said.elsewhere
        return elsewhere.filled(other=other, amount=Money(attempt.amount, attempt.currency))
    return spoken(_told(attempt, said), attempt)


def spoken(told: Told, one: Attempt | QueuedSale) -> Told:
    """A sentence with the amount in it; those of payments name none."""
    return told if one.kind in PAYING else told.filled(amount=Money(one.amount, one.currency))


def _told(attempt: Attempt, said: sayings.Sayings) -> Told:
    if attempt.state is State.CLOSED:
        return said.closed
    if attempt.state is State.APPROVED:
        failed = attempt.receipt in {CopyState.QUEUED, CopyState.FAILED}
        return said.slip_failed if failed else said.slip_out if attempt.receipt is CopyState.SENT else said.slip_unsure
    if attempt.state is State.DECLINED:
        code = attempt.response_code
        # A definite no of the switch; the issuer may have charged and is being reversed.
        return said.given_up if code == responses.ISSUER_TIMEOUT else sayings.declined(attempt.described, code)
    if attempt.state is State.SENT:
        return said.asked
    if attempt.state is State.NOT_SENT:
        return said.not_sent[causes.word(attempt.cause)]
    if attempt.state is State.LAPSED:
        return said.lapsed
    if attempt.state is State.REVERSED:
        return said.reversed
    why = causes.word(attempt.cause)
    return said.kept if why == causes.KEPT else said.cancelled if why == causes.CANCELLED else said.reversing


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
        "kind": attempt.kind,
        "original": attempt.original,
        "balances": [balance._asdict() for balance in balances_of(attempt.balances)] if attempt.balances else [],
        "started_at": attempt.started_at,
        **told(attempt).both(),
    }


def named(attempt: Attempt, lane: Lane) -> dict[str, Any]:
    """The sale that stands in the way of one at `lane`, for an error; nothing of it when another merchant sold it."""
    return {"sale": brief(attempt)} if attempt.merchant == lane.device.merchant else {}


def body(attempt: Attempt, receipt: str, display: tuple[Text, ...]) -> dict[str, Any]:
    """The whole answer to a sale; `receipt` is the cardholder copy's text, "" when there is none."""
    return {**brief(attempt), "receipt": receipt, "display": [text.both() for text in display]}
