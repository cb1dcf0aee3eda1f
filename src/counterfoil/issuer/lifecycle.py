"""What a transaction can be at the issuer, and the only ways from one state to the next.

Rule 1: every state and every way out is in this table. Nothing else moves a transaction.
Rule 2: no clock, store or socket here; what happened arrives as an event.
Rule 3: a state never goes back. What was refused, or reversed before it came, can never be posted later (L5): no way
        leads into POSTED except from nothing.
Rule 4: POSTED → REVERSED is the only move that undoes what was booked, and it can happen once.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

from counterfoil.errors import OurError


class State(enum.StrEnum):
    """Where a transaction is. The words are the ledger's, never a verdict."""

    POSTED = "posted"
    DECLINED = "declined"
    REVERSED = "reversed"
    TOMBSTONED = "tombstoned"  # reversed before it was ever seen
    LATE = "late"  # it came after its tombstone and was refused


class Event(enum.StrEnum):
    """What can happen to a transaction here."""

    APPROVE = "approve"  # every rule passed, and what the kind moves is booked
    REFUSE = "refuse"  # a rule refused it
    REQUEST = "request"  # the request (again)
    REVERSE = "reverse"  # a reversal advice that matches it, or finds nothing


TRANSITIONS: Final[Mapping[State | None, Mapping[Event, State]]] = {
    None: {Event.APPROVE: State.POSTED, Event.REFUSE: State.DECLINED, Event.REVERSE: State.TOMBSTONED},
    State.POSTED: {Event.REQUEST: State.POSTED, Event.REVERSE: State.REVERSED},
    State.DECLINED: {Event.REQUEST: State.DECLINED, Event.REVERSE: State.DECLINED},
    State.REVERSED: {Event.REQUEST: State.REVERSED, Event.REVERSE: State.REVERSED},
    State.TOMBSTONED: {Event.REQUEST: State.LATE, Event.REVERSE: State.TOMBSTONED},
    State.LATE: {Event.REQUEST: State.LATE, Event.REVERSE: State.LATE},
}


def moved(state: State | None, event: Event) -> State:
    """The state after `event`; `None` is one never seen here. OurError for a move that is not in the table."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise OurError(f"no way out of {state} by {event}") from None
