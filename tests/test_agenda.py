"""The agenda against the plain dictionary it stands for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from counterfoil.agenda import Agenda

KEYS = st.sampled_from("abcde")
ACTS = st.lists(st.tuples(st.sampled_from(("enter", "strike")), KEYS, st.integers(0, 9)), max_size=60)


@given(ACTS, st.integers(0, 10))
def test_an_agenda_is_a_dictionary_of_times(acts: list[tuple[str, str, int]], now: int) -> None:
    agenda: Agenda[str] = Agenda()
    plain: dict[str, int] = {}
    for act, key, at in acts:
        if act == "enter":
            agenda.enter(key, at)
            plain[key] = at
        else:
            agenda.strike(key)
            plain.pop(key, None)
        assert agenda.first() == min(plain.values(), default=None)
        assert len(agenda) == len(plain)
    due = [key for key, at in plain.items() if at <= now]
    assert agenda.due(now) == due
    assert agenda.due(now) == due, "looking strikes nothing off"


def test_the_earliest_are_chosen_when_there_are_many() -> None:
    agenda: Agenda[str] = Agenda()
    for number in range(100):
        agenda.enter(f"{number}", 1000 - number)
    assert agenda.due(2000, 3) == ["97", "98", "99"]


def test_times_that_count_no_more_do_not_pile_up() -> None:
    agenda: Agenda[str] = Agenda()
    for at in range(10_000):
        agenda.enter("one", at)
    assert len(agenda._queue) < 200
    assert agenda.due(10_000) == ["one"]
