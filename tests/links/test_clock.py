import time

import pytest

from counterfoil.links.clock import BRIDGED, Clock
from counterfoil.step import SECOND


def test_the_clock_begins_at_the_wall_and_never_goes_back() -> None:
    clock = Clock()
    readings = [clock.now() for _ in range(1000)]
    assert readings == sorted(readings)
    assert abs(readings[0] - time.time_ns() // 1000) < SECOND


def test_a_system_clock_that_jumps_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    before = clock.now()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert 0 <= clock.now() - before < SECOND


@pytest.mark.parametrize(
    ("behind", "bridged"),
    [(0, False), (1, True), (BRIDGED, True), (BRIDGED + 10 * SECOND, False)],
    ids=["in step", "a little behind", "a day behind", "more than a day behind"],
)
def test_a_jump_backwards_between_two_runs_is_bridged_up_to_a_day(
    monkeypatch: pytest.MonkeyPatch, behind: int, bridged: bool
) -> None:
    wall = 1_700_000_000 * SECOND
    monkeypatch.setattr(time, "time_ns", lambda: wall * 1000)
    clock = Clock(not_before=wall + behind)
    assert clock.stepped_back == behind
    assert (clock.now() >= wall + behind) == (bridged or behind == 0)
