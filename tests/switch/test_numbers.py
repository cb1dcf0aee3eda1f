"""Ticks and the numbers made from them: never twice, and in order."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.step import SECOND
from counterfoil.switch.numbers import Ticks, local, made_at, rrn, trace, transmitted

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


DAY = 24 * 3600 * SECOND
TODAY = NOON - 12 * 3600 * SECOND  # local midnight


@pytest.mark.parametrize(
    ("number", "made"),
    [
        ("60730JUG8KLC", TODAY),
        ("607300000000", TODAY),
        ("60010JUG8KLC", TODAY - 72 * DAY),
        ("53650JUG8KLC", TODAY - 73 * DAY),
        ("70730JUG8KLC", TODAY - 3287 * DAY),
        ("60730JUG8KL", 0),
        ("60730JUG8KLC0", 0),
        ("6O730JUG8KLC", 0),
        ("６０７３0JUG8KLC", 0),
        ("", 0),
    ],
)
def test_the_day_a_number_was_made_is_told_from_it(number: str, made: int) -> None:
    assert made_at(number, EAST, NOON) == made


def test_a_number_of_a_day_to_come_was_made_ten_years_ago() -> None:
    january = TODAY - 63 * DAY  # the tenth
    assert [made_at(f"60{day}0JUG8KLC", EAST, january) for day in (10, 11)] == [january, january + DAY - 3653 * DAY]


@given(st.integers(min_value=0, max_value=9 * 365 * 24 * 3600 - 1))
def test_a_number_tells_the_day_it_was_made_on(ago: int) -> None:
    tick = NOON - ago * SECOND
    assert made_at(rrn(tick, EAST), EAST, NOON) == (tick + EAST) // DAY * DAY - EAST


@pytest.mark.parametrize(
    ("day", "made"),
    [
        ("8060", (2018, 3, 1)),
        ("8061", (2018, 3, 2)),
        ("8366", (2019, 1, 1)),
        ("8001", (2028, 1, 1)),
        ("6060", (2026, 3, 1)),
    ],
)
def test_the_day_of_a_number_is_counted_in_its_own_year_also_around_a_leap_day(
    day: str, made: tuple[int, int, int]
) -> None:
    now = int(datetime(2028, 1, 10, tzinfo=UTC).timestamp()) * SECOND
    assert made_at(f"{day}0JUG8KLC", 0, now) == int(datetime(*made, tzinfo=UTC).timestamp()) * SECOND
