"""What a transaction can be at the terminal, and the only ways from one state to the next: a table per mode of a kind.

Rule 1: every state and every way out is in these tables. Nothing else moves a transaction.
Rule 2: no clock, store or socket here; what happened arrives as an event.
Rule 3: printing is not a money state (P1): APPROVED and CLOSED differ in the receipt only.
Rule 4: an approval found in REVERSING changes nothing (L3). The one way out of REVERSING without an answer or a person
        is to learn that the request had never left.
Rule 5: an inquiry moves nothing, so it owes nothing: without a usable answer it lapses, and no reversal is ever sent.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final, TypeAlias

from counterfoil.errors import OurError
from counterfoil.iso8583 import responses
from counterfoil.kinds import TABLE, Mode
from counterfoil.terminal import causes


class State(enum.StrEnum):
    """Where a transaction is. The words are the terminal's, never a verdict."""

    KEYED = "keyed"  # typed in, nothing stored, nothing sent
    SENT = "sent"  # stored with everything its reversal needs, then spoken; an answer is owed
    APPROVED = "approved"  # yes, under a valid MAC; the receipt is not known to be out
    CLOSED = "closed"  # approved, and its receipt is out
    DECLINED = "declined"  # a definite no, under a valid MAC
    NOT_SENT = "not_sent"  # definite: nothing left this terminal
    REVERSING = "reversing"  # its reversal is owed and stays owed until it is answered
    REVERSED = "reversed"  # the reversal was acknowledged under a valid MAC
    ESCALATED = "escalated"  # a supervisor took the pending reversal out of the terminal's hands
    LAPSED = "lapsed"  # an inquiry without a usable answer: nothing is known, and nothing is owed


class Event(enum.StrEnum):
    """What can happen to a transaction here."""

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


Table: TypeAlias = Mapping[State, Mapping[Event, State]]

TRANSITIONS: Final[Table] = {
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
"""A request: from the moment it may have left, silence owes its reversal."""

INQUIRY: Final[Table] = {
    State.KEYED: {Event.ASK: State.SENT, Event.STAY: State.NOT_SENT},
    State.SENT: {
        Event.APPROVE: State.CLOSED,
        Event.DECLINE: State.DECLINED,
        Event.STAY: State.NOT_SENT,
        Event.TIME_OUT: State.LAPSED,
        Event.BAD_MAC: State.LAPSED,
        Event.UNUSABLE: State.LAPSED,
        Event.RESTART: State.LAPSED,
        Event.CANCEL: State.LAPSED,
    },
    State.CLOSED: {},
    State.DECLINED: {},
    State.NOT_SENT: {},
    State.LAPSED: {},
}
"""An inquiry: its answer is told at once, and no receipt of it is owed either."""

LIFECYCLES: Final[Mapping[Mode, Table]] = {Mode.REQUEST: TRANSITIONS, Mode.INQUIRY: INQUIRY}
BY_KIND: Final[Mapping[str, Table]] = {kind.name: LIFECYCLES[kind.mode] for kind in TABLE}
"""The table of each kind, by its name."""

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
STANDING: Final = PAID | {State.SENT}
"""In which a transaction stands against its original: it does, or may yet. What was refused or reversed does not."""


def moved(state: State, event: Event, table: Table = TRANSITIONS) -> State:
    """The state after `event` in a table; OurError for a move that is not in it."""
    try:
        return table[state][event]
    except KeyError:
        raise OurError(f"no way out of {state} by {event}") from None
