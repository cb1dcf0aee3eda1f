"""The table of states, and what must be true of any such table here."""

from __future__ import annotations

import itertools

import pytest

from counterfoil.errors import OurError
from counterfoil.iso8583 import responses
from counterfoil.issuer.lifecycle import TRANSITIONS, Event, State, moved
from counterfoil.issuer.refusal import CODES, Refusal
from counterfoil.issuer.reversal_rules import BY_STATE

VERDICTS = {"paid", "paid_receipt_open", "not_charged", "returning", "returned", "unknown", "exception"}


@pytest.mark.parametrize(("state", "event"), list(itertools.product([None, *State], Event)))
def test_every_move_is_in_the_table_or_refused(state: State | None, event: Event) -> None:
    if event in TRANSITIONS[state]:
        assert moved(state, event) is TRANSITIONS[state][event]
    else:
        with pytest.raises(OurError):
            moved(state, event)


def test_every_state_can_be_reached_and_takes_what_can_come() -> None:
    assert set(TRANSITIONS) == {None, *State}
    reached = {state for moves in TRANSITIONS.values() for state in moves.values()}
    assert reached == set(State)
    for state in State:
        assert {Event.REQUEST, Event.REVERSE} <= set(TRANSITIONS[state])


def test_nothing_that_was_refused_or_reversed_is_ever_posted() -> None:
    ways = {(state, event) for state, moves in TRANSITIONS.items() for event in moves if moves[event] is State.POSTED}
    assert ways == {(None, Event.APPROVE), (State.POSTED, Event.REQUEST)}


def test_money_comes_back_by_one_move_only() -> None:
    ways = {(state, event) for state, moves in TRANSITIONS.items() for event in moves if moves[event] is State.REVERSED}
    assert ways - {(State.REVERSED, event) for event in Event} == {(State.POSTED, Event.REVERSE)}


def test_no_state_is_named_like_a_verdict() -> None:
    assert not VERDICTS & {state.value for state in State}


def test_every_state_says_what_a_reversal_comes_to() -> None:
    assert set(BY_STATE) == set(State)


@pytest.mark.parametrize("refusal", Refusal)
def test_no_refusal_can_pass_for_an_approval(refusal: Refusal) -> None:
    assert not responses.is_approval(CODES[refusal])
    assert CODES[refusal] in responses.RESPONSES
