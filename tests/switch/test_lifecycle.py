"""The table of the switch: what it allows, and the few promises that can be read off it."""

from __future__ import annotations

import pytest

from counterfoil.errors import OurError
from counterfoil.kinds import TABLE, Kind, Mode
from counterfoil.switch.lifecycle import INQUIRY, REQUEST, TRANSITIONS, Event, State, moved

KIND_OF = {Mode.REQUEST: "purchase", Mode.INQUIRY: "balance"}
EVERY_MOVE = [(mode, state, event) for mode in TRANSITIONS for state in (None, *State) for event in Event]


@pytest.mark.parametrize(("mode", "state", "event"), EVERY_MOVE)
def test_a_move_is_in_the_table_of_its_mode_or_is_an_error(mode: Mode, state: State | None, event: Event) -> None:
    table = TRANSITIONS[mode]
    if event in table.get(state, {}):
        assert moved(state, event, KIND_OF[mode]) is table[state][event]
    else:
        with pytest.raises(OurError, match=event):
            moved(state, event, KIND_OF[mode])


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.name)
def test_a_kind_moves_as_its_mode_says_and_what_is_of_no_kind_as_a_request(kind: Kind) -> None:
    for state, ways in TRANSITIONS[kind.mode].items():
        assert {event: moved(state, event, kind.name) for event in ways} == ways
    assert moved(None, Event.REVERSE, "") is State.TOMBSTONE
    with pytest.raises(OurError):
        moved(None, Event.FORWARD, "no kind of ours")


def test_every_state_can_be_reached_and_is_listed() -> None:
    assert set(REQUEST) == {None, *State}
    for table in TRANSITIONS.values():
        assert {state for ways in table.values() for state in ways.values()} == set(table) - {None}


def test_an_inquiry_owes_nothing_and_a_late_yes_of_it_is_evidence() -> None:
    assert set(INQUIRY) == {None, State.ASKED, State.APPROVED, State.DECLINED}
    assert INQUIRY[State.ASKED][Event.EXPIRE] is State.DECLINED
    assert INQUIRY[State.DECLINED][Event.ISSUER_YES] is State.DECLINED
    assert {INQUIRY[state][Event.REVERSE] for state in INQUIRY if state is not None} == set(INQUIRY) - {None}


def test_only_an_open_intent_can_be_approved() -> None:
    sources = {state for state, ways in REQUEST.items() if State.APPROVED in ways.values()}
    assert sources == {State.ASKED, State.APPROVED}


def test_a_reversal_ends_by_the_issuers_acknowledgement_alone() -> None:
    ways_out = {event for event, state in REQUEST[State.REVERSING].items() if state is not State.REVERSING}
    assert ways_out == {Event.ACKNOWLEDGE}
    assert set(REQUEST[State.REVERSED].values()) == {State.REVERSED}
    assert set(REQUEST[State.TOMBSTONE].values()) == {State.TOMBSTONE}


@pytest.mark.parametrize("state", [state for state in State if state is not State.TOMBSTONE])
def test_late_answers_late_timers_and_reversals_are_taken_in_every_state(state: State) -> None:
    always = {Event.ISSUER_YES, Event.ISSUER_NO, Event.NOT_SENT, Event.EXPIRE, Event.REVERSE}
    for table in TRANSITIONS.values():
        assert state not in table or always <= set(table[state])
