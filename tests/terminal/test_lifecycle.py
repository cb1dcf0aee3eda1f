"""The table: every move that is in it, no move that is not, and what must hold of it whatever it grows to."""

from __future__ import annotations

import itertools

import pytest

from counterfoil.errors import OurError
from counterfoil.kinds import TABLE, Mode
from counterfoil.terminal.lifecycle import (
    BY_KIND,
    CAUSES,
    INQUIRY,
    LIFECYCLES,
    OPEN,
    PAID,
    REASONS,
    STANDING,
    TRANSITIONS,
    Event,
    State,
    Table,
    moved,
)

TABLES = pytest.mark.parametrize("table", LIFECYCLES.values(), ids=[mode.value for mode in LIFECYCLES])
FINAL = {State.DECLINED, State.NOT_SENT, State.REVERSED, State.ESCALATED}
VERDICTS = {"paid", "paid_receipt_open", "not_charged", "returning", "returned", "unknown", "exception"}


@TABLES
@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_a_move_is_in_the_table_or_refused(table: Table, state: State, event: Event) -> None:
    if event in table.get(state, {}):
        assert moved(state, event, table) is table[state][event]
    else:
        with pytest.raises(OurError, match=f"no way out of {state} by {event}"):
            moved(state, event, table)


def test_every_mode_has_a_table_and_every_kind_that_of_its_mode() -> None:
    assert set(LIFECYCLES) == set(Mode)
    assert {kind.name: LIFECYCLES[kind.mode] for kind in TABLE} == BY_KIND


@TABLES
def test_every_state_that_has_a_row_can_be_reached(table: Table) -> None:
    reached = {target for row in table.values() for target in row.values()}
    assert reached == set(table) - {State.KEYED}


def test_every_state_is_in_a_table() -> None:
    assert {state for table in LIFECYCLES.values() for state in table} == set(State)


def test_what_is_final_stays() -> None:
    assert {state for state in TRANSITIONS if not TRANSITIONS[state]} == FINAL
    assert {state for state in INQUIRY if not INQUIRY[state]} == set(INQUIRY) - {State.KEYED, State.SENT}
    assert OPEN.isdisjoint(FINAL | {State.LAPSED})


def test_an_inquiry_owes_nothing_whatever_happens() -> None:
    ways = set(INQUIRY[State.SENT].values())
    assert ways == {State.CLOSED, State.DECLINED, State.NOT_SENT, State.LAPSED}
    assert {event for event, to in INQUIRY[State.SENT].items() if to is State.LAPSED} <= set(CAUSES)


def test_what_stands_against_an_original_is_approved_or_may_be() -> None:
    assert {state for state in State if Event.APPROVE in TRANSITIONS.get(state, {})} | PAID == STANDING


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
    assert [state for state in TRANSITIONS if Event.APPROVE in TRANSITIONS[state]] == [State.SENT]
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
