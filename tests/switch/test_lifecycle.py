"""The table of the switch: what it allows, and the few promises that can be read off it."""

from __future__ import annotations

import pytest

from counterfoil.errors import OurError
from counterfoil.switch.lifecycle import TRANSITIONS, Event, State, moved

EVERY_MOVE = [(state, event) for state in (None, *State) for event in Event]


@pytest.mark.parametrize(("state", "event"), EVERY_MOVE)
def test_a_move_is_in_the_table_or_is_an_error(state: State | None, event: Event) -> None:
    if event in TRANSITIONS[state]:
        assert moved(state, event) is TRANSITIONS[state][event]
    else:
        with pytest.raises(OurError, match=event):
            moved(state, event)


def test_every_state_can_be_reached_and_is_listed() -> None:
    assert set(TRANSITIONS) == {None, *State}
    assert {state for ways in TRANSITIONS.values() for state in ways.values()} == set(State)


def test_only_an_open_intent_can_be_approved() -> None:
    sources = {state for state, ways in TRANSITIONS.items() if State.APPROVED in ways.values()}
    assert sources == {State.ASKED, State.APPROVED}


def test_a_reversal_ends_by_the_issuers_acknowledgement_alone() -> None:
    ways_out = {event for event, state in TRANSITIONS[State.REVERSING].items() if state is not State.REVERSING}
    assert ways_out == {Event.ACKNOWLEDGE}
    assert set(TRANSITIONS[State.REVERSED].values()) == {State.REVERSED}
    assert set(TRANSITIONS[State.TOMBSTONE].values()) == {State.TOMBSTONE}


@pytest.mark.parametrize("state", [state for state in State if state is not State.TOMBSTONE])
def test_late_answers_late_timers_and_reversals_are_taken_in_every_state(state: State) -> None:
    always = {Event.ISSUER_YES, Event.ISSUER_NO, Event.NOT_SENT, Event.EXPIRE, Event.REVERSE}
    assert always <= set(TRANSITIONS[state])
