"""What an attempt can be at the switch, and the only ways from one state to the next.

Rule 1: every state and every way out is in this table. Nothing else moves an attempt.
Rule 2: no clock, store or socket here; what happened arrives as an event.
Rule 3: a way out of ASKED is taken once. Whoever comes second (a late answer, a late timer) finds another state, and
        its event changes nothing: a late yes is evidence (L3).
Rule 4: a reversal is owed in REVERSING and nowhere else; only the issuer's acknowledgement ends it.
Rule 5: no way leads from DECLINED, TOMBSTONE or a reversed state to APPROVED: a no that was said stays a no. Should the
        issuer say yes after all, its yes is undone.
Rule 6: an inquiry has a table of its own. Nothing moves, so nothing is ever owed: without an answer it is declined, and
        a late yes, or a reversal of it, is evidence.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final, TypeAlias

from counterfoil.errors import OurError
from counterfoil.kinds import TABLE, Mode


class State(enum.StrEnum):
    """Where an attempt is."""

    ASKED = "asked"  # the intent is on the disk, the issuer owes an answer
    APPROVED = "approved"
    DECLINED = "declined"  # by a rule of ours, by the issuer, or because nothing went upstream
    REVERSING = "reversing"  # an 0420 is in the outbox
    REVERSED = "reversed"  # the issuer acknowledged it
    TOMBSTONE = "tombstone"  # reversed before it was ever seen: a late original is refused


STANDING: Final = frozenset({State.ASKED, State.APPROVED})
"""Where the issuer may have booked something that nobody has taken back."""


class Event(enum.StrEnum):
    """What can happen to an attempt."""

    FORWARD = "forward"  # every rule passed; the request goes to the issuer
    REFUSE = "refuse"  # a rule of ours said no
    ISSUER_YES = "issuer_yes"
    ISSUER_NO = "issuer_no"
    NOT_SENT = "not_sent"  # the link knows that no byte of the request left
    EXPIRE = "expire"  # the deadline passed, or a restart found the intent open
    REVERSE = "reverse"  # the terminal's 0400
    ACKNOWLEDGE = "acknowledge"  # the issuer's 0430 with 00 or 25


def _stays(state: State, *events: Event) -> dict[Event, State]:
    return dict.fromkeys(events, state)


Transitions: TypeAlias = Mapping[State | None, Mapping[Event, State]]

REQUEST: Final[Transitions] = {
    None: {Event.FORWARD: State.ASKED, Event.REFUSE: State.DECLINED, Event.REVERSE: State.TOMBSTONE},
    State.ASKED: {
        Event.ISSUER_YES: State.APPROVED,
        Event.ISSUER_NO: State.DECLINED,
        Event.NOT_SENT: State.DECLINED,
        Event.EXPIRE: State.REVERSING,
        Event.REVERSE: State.REVERSING,
    },
    State.APPROVED: {
        Event.REVERSE: State.REVERSING,
        **_stays(State.APPROVED, Event.ISSUER_YES, Event.ISSUER_NO, Event.NOT_SENT, Event.EXPIRE),
    },
    State.DECLINED: {
        Event.ISSUER_YES: State.REVERSING,
        **_stays(State.DECLINED, Event.ISSUER_NO, Event.NOT_SENT, Event.EXPIRE, Event.REVERSE),
    },
    State.REVERSING: {
        Event.ACKNOWLEDGE: State.REVERSED,
        **_stays(State.REVERSING, Event.ISSUER_YES, Event.ISSUER_NO, Event.NOT_SENT, Event.EXPIRE, Event.REVERSE),
    },
    State.REVERSED: _stays(
        State.REVERSED,
        Event.ISSUER_YES,
        Event.ISSUER_NO,
        Event.NOT_SENT,
        Event.EXPIRE,
        Event.REVERSE,
        Event.ACKNOWLEDGE,
    ),
    State.TOMBSTONE: _stays(State.TOMBSTONE, Event.REVERSE),
}

LATE: Final = (Event.ISSUER_YES, Event.ISSUER_NO, Event.NOT_SENT, Event.EXPIRE, Event.REVERSE)

INQUIRY: Final[Transitions] = {
    None: {Event.FORWARD: State.ASKED, Event.REFUSE: State.DECLINED},
    State.ASKED: {
        Event.ISSUER_YES: State.APPROVED,
        Event.ISSUER_NO: State.DECLINED,
        Event.NOT_SENT: State.DECLINED,
        Event.EXPIRE: State.DECLINED,
        **_stays(State.ASKED, Event.REVERSE),
    },
    State.APPROVED: _stays(State.APPROVED, *LATE),
    State.DECLINED: _stays(State.DECLINED, *LATE),
}

TRANSITIONS: Final[Mapping[Mode, Transitions]] = {Mode.REQUEST: REQUEST, Mode.INQUIRY: INQUIRY}

_OF_KIND: Final[Mapping[str, Transitions]] = {"": REQUEST, **{kind.name: TRANSITIONS[kind.mode] for kind in TABLE}}
INQUIRIES: Final = frozenset(kind.name for kind in TABLE if kind.mode is Mode.INQUIRY)
"""Kinds of which nothing is booked: there is nothing to reverse."""


def moved(state: State | None, event: Event, kind: str) -> State:
    """The state after `event`; None is an attempt never seen here. OurError for a move that is not in the table.

    `kind` is the name of one of `kinds.TABLE`, "" where nobody said which.
    """
    try:
        return _OF_KIND[kind][state][event]
    except KeyError:
        raise OurError(f"no way out of {state} by {event}") from None
