"""What a sale can be at the terminal, and the only ways from one state to the next.

Rule 1: every state and every way out is in this table. Nothing else moves a sale.
Rule 2: no clock, store or socket here; what happened arrives as an event.
Rule 3: printing is not a money state (P1): APPROVED and CLOSED differ in the receipt only.
Rule 4: an approval found in REVERSING changes nothing (L3). The one way out of REVERSING without an answer or a person
        is to learn that the request had never left.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

from counterfoil.errors import OurError
from counterfoil.iso8583 import responses
from counterfoil.terminal import causes


class State(enum.StrEnum):
    """Where a sale is. The words are the terminal's, never a verdict."""

    KEYED = "keyed"  # typed in, nothing stored, nothing sent
    SENT = "sent"  # stored with everything its reversal needs, then spoken; an answer is owed
    APPROVED = "approved"  # yes, under a valid MAC; the receipt is not known to be out
    CLOSED = "closed"  # approved, and its receipt is out
    DECLINED = "declined"  # a definite no, under a valid MAC
    NOT_SENT = "not_sent"  # definite: nothing left this terminal
    REVERSING = "reversing"  # its reversal is owed and stays owed until it is answered
    REVERSED = "reversed"  # the reversal was acknowledged under a valid MAC
    ESCALATED = "escalated"  # a supervisor took the pending reversal out of the terminal's hands


class Event(enum.StrEnum):
    """What can happen to a sale here."""

    ASK = "ask"  # the request is stored and about to leave
    STAY = "stay"  # it was given up, or could not leave, before any byte left
    APPROVE = "approve"
    DECLINE = "decline"
    TIME_OUT = "time_out"  # no answer by the deadline, or the connection closed on it
    BAD_MAC = "bad_mac"
    UNUSABLE = "unusable"  # an authentic answer that decides nothing: 94, or another amount than asked
    RESTART = "restart"  # the terminal came up again and found it
    CANCEL = "cancel"  # the cashier, before the approval was shown
    PAID_ELSEWHERE = "paid_elsewhere"  # approved, but so was the attempt it is linked with (P4)
    GOODS_KEPT = "goods_kept"  # after a restart: the goods did not change hands
    CARD_REFUSE = "card_refuse"  # approved, but the chip would not finish (L8)
    LATE_ANSWER = "late_answer"
    ACKNOWLEDGE = "acknowledge"  # 0410 with a code that closes a reversal, under a valid MAC
    ESCALATE = "escalate"
    RECEIPT_OUT = "receipt_out"


TRANSITIONS: Final[Mapping[State, Mapping[Event, State]]] = {
    State.KEYED: {Event.ASK: State.SENT, Event.STAY: State.NOT_SENT},
    State.SENT: {
        Event.APPROVE: State.APPROVED,
        Event.DECLINE: State.DECLINED,
        Event.STAY: State.NOT_SENT,
        Event.TIME_OUT: State.REVERSING,
        Event.BAD_MAC: State.REVERSING,
        Event.UNUSABLE: State.REVERSING,
        Event.RESTART: State.REVERSING,
        Event.CANCEL: State.REVERSING,
        Event.PAID_ELSEWHERE: State.REVERSING,
    },
    State.APPROVED: {
        Event.RECEIPT_OUT: State.CLOSED,
        Event.RESTART: State.APPROVED,
        Event.GOODS_KEPT: State.REVERSING,
        Event.CARD_REFUSE: State.REVERSING,
    },
    State.REVERSING: {
        Event.LATE_ANSWER: State.REVERSING,
        Event.RESTART: State.REVERSING,
        Event.STAY: State.NOT_SENT,
        Event.ACKNOWLEDGE: State.REVERSED,
        Event.ESCALATE: State.ESCALATED,
    },
    State.CLOSED: {Event.RECEIPT_OUT: State.CLOSED},
    State.DECLINED: {},
    State.NOT_SENT: {},
    State.REVERSED: {},
    State.ESCALATED: {},
}

# DE39 of the 0400 that each way into REVERSING owes.
REASONS: Final[Mapping[Event, str]] = {
    Event.TIME_OUT: responses.ISSUER_TIMEOUT,
    Event.BAD_MAC: responses.MAC_ERROR,
    Event.UNUSABLE: responses.ERROR,
    Event.RESTART: responses.ERROR,
    Event.CANCEL: responses.CANCELLED,
    Event.PAID_ELSEWHERE: responses.CANCELLED,
    Event.GOODS_KEPT: responses.CANCELLED,
    Event.CARD_REFUSE: responses.MALFUNCTION,
}

# Why, where whoever tells of the event does not know it better.
CAUSES: Final[Mapping[Event, str]] = {
    Event.TIME_OUT: causes.NO_ANSWER,
    Event.BAD_MAC: causes.BAD_MAC,
    Event.UNUSABLE: causes.UNDECIDED,
    Event.RESTART: causes.RESTART,
    Event.CANCEL: causes.CANCELLED,
    Event.PAID_ELSEWHERE: causes.PAID,
    Event.GOODS_KEPT: causes.KEPT,
    Event.CARD_REFUSE: causes.CARD_REFUSED,
}

OPEN: Final = frozenset({State.SENT, State.APPROVED, State.REVERSING})
RESTLESS: Final = OPEN | {State.ESCALATED}
"""What a person still has to do with: it is open, or a supervisor has it."""
PAID: Final = frozenset({State.APPROVED, State.CLOSED})


def moved(state: State, event: Event) -> State:
    """The state after `event`; OurError for a move that is not in the table."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise OurError(f"no way out of {state} by {event}") from None
