"""The undoing of movements: everything back, in the reverse order, and refused for nothing."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.kinds import Deed, Movement, Party, undo

CARD, CLEARING = Party.CARD, Party.CLEARING
movements = st.lists(
    st.builds(Movement, st.sampled_from(Deed), st.sampled_from(Party), st.sampled_from(Party), st.booleans()),
    max_size=6,
)


@pytest.mark.parametrize(
    ("deed", "back"),
    [
        (Deed.MOVE, [(Deed.MOVE, CLEARING, CARD)]),
        (Deed.HOLD, [(Deed.RELEASE, CARD, CLEARING)]),
        (Deed.RELEASE, [(Deed.HOLD, CARD, CLEARING)]),
        (Deed.POST, [(Deed.MOVE, CLEARING, CARD), (Deed.HOLD, CARD, CLEARING)]),
    ],
)
def test_each_deed_has_its_undoing(deed: Deed, back: list[tuple[Deed, Party, Party]]) -> None:
    assert [tuple(one) for one in undo([Movement(deed, CARD, CLEARING)])] == [(*one, True) for one in back]


def test_what_was_done_last_is_undone_first() -> None:
    first, second = Movement(Deed.MOVE, CARD, CLEARING), Movement(Deed.HOLD, CARD, CLEARING)
    assert [one.deed for one in undo([first, second])] == [Deed.RELEASE, Deed.MOVE]


@given(movements)
def test_an_undoing_is_refused_for_nothing(made: list[Movement]) -> None:
    assert all(one.forced for one in undo(made))


@given(movements)
def test_what_moves_and_is_held_comes_to_nothing_together_with_its_undoing(made: list[Movement]) -> None:
    total: Counter[tuple[str, Party, Party]] = Counter()
    for deed, debit, credit, _ in (*made, *undo(made)):
        if deed in {Deed.MOVE, Deed.POST}:
            total["moved", debit, credit] += 1
            total["moved", credit, debit] -= 1
        if deed is not Deed.MOVE:
            total["held", debit, credit] += 1 if deed is Deed.HOLD else -1
    assert not any(total.values())
