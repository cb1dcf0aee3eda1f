"""Ticks and the numbers made from them: never twice, and in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from counterfoil.step import SECOND
from counterfoil.switch.numbers import Ticks, local, rrn, trace, transmitted

NOON = 1_773_460_800 * SECOND  # 2026-03-14 04:00:00 UTC
EAST = 8 * 3600 * SECOND


def test_the_numbers_of_one_moment() -> None:
    tick = NOON + 123_456
    assert (transmitted(tick), trace(tick)) == ("0314040000", "123456")
    assert local(tick, EAST) == ("120000", "0314")
    assert rrn(tick, EAST) == "60730JUG8KLC"  # 2026, day 073, microsecond 43 200 123 456


def test_the_local_day_turns_at_local_midnight() -> None:
    midnight = NOON + 12 * 3600 * SECOND
    assert [local(midnight + shift, EAST)[1] for shift in (-1, 0)] == ["0314", "0315"]
    assert [rrn(midnight + shift, EAST)[:4] for shift in (-1, 0)] == ["6073", "6074"]


@given(st.lists(st.integers(min_value=NOON - 5 * SECOND, max_value=NOON + 5 * SECOND), min_size=2, max_size=50))
def test_ticks_grow_whatever_the_clock_does_and_never_give_the_same_numbers(clock: list[int]) -> None:
    ticks = Ticks(0)
    given_out = [ticks.next(now) for now in clock]
    assert given_out == sorted(set(given_out))
    upstream = [(transmitted(tick), trace(tick)) for tick in given_out]
    assert len(set(upstream)) == len(upstream)
    assert all(number != "000000" for _, number in upstream)
    references = [rrn(tick, EAST) for tick in given_out]
    assert references == sorted(set(references))
    assert {len(reference) for reference in references} == {12}
