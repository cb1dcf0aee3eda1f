"""The table: every move that is in it, no move that is not, and what must hold of it whatever it grows to."""

from __future__ import annotations

import itertools

import pytest

from counterfoil.errors import OurError
from counterfoil.terminal.lifecycle import OPEN, PAID, REASONS, TRANSITIONS, Event, State, moved

FINAL = {State.DECLINED, State.NOT_SENT, State.REVERSED, State.ESCALATED}
VERDICTS = {"paid", "paid_receipt_open", "not_charged", "returning", "returned", "unknown", "exception"}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_a_move_is_in_the_table_or_refused(state: State, event: Event) -> None:
    if event in TRANSITIONS[state]:
        assert moved(state, event) is TRANSITIONS[state][event]
    else:
        with pytest.raises(OurError, match=f"no way out of {state} by {event}"):
            moved(state, event)


def test_every_state_has_a_row_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(State)
    reached = {target for row in TRANSITIONS.values() for target in row.values()}
    assert reached == set(State) - {State.KEYED}


def test_what_is_final_stays() -> None:
    assert {state for state in State if not TRANSITIONS[state]} == FINAL
    assert OPEN.isdisjoint(FINAL)


def test_money_states_are_never_named_like_verdicts() -> None:
    assert {state.value for state in State}.isdisjoint(VERDICTS)


def test_a_reversal_ends_by_an_answer_a_person_or_the_news_that_nothing_left() -> None:
    ways_out = {event: to for event, to in TRANSITIONS[State.REVERSING].items() if to is not State.REVERSING}
    assert ways_out == {
        Event.ACKNOWLEDGE: State.REVERSED,
        Event.ESCALATE: State.ESCALATED,
        Event.STAY: State.NOT_SENT,
    }


def test_an_approval_counts_in_one_state_only() -> None:
    assert [state for state in State if Event.APPROVE in TRANSITIONS[state]] == [State.SENT]
    assert {State.APPROVED, State.CLOSED} == PAID


def test_every_way_into_reversing_has_a_reason_of_the_reference() -> None:
    into = {
        event
        for state, row in TRANSITIONS.items()
        for event, to in row.items()
        if to is State.REVERSING and state is not State.REVERSING
    }
    assert into == set(REASONS)
    assert set(REASONS.values()) == {"98", "A0", "06", "17", "96"}
    assert REASONS[Event.TIME_OUT] == "98"
    assert REASONS[Event.BAD_MAC] == "A0"
    assert REASONS[Event.RESTART] == "06"
    assert REASONS[Event.CANCEL] == "17"
    assert REASONS[Event.CARD_REFUSE] == "96"
