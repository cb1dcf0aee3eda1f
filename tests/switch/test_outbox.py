"""The outbox of one issuer by itself: families keep their order, and a hang-up changes who may go."""

from __future__ import annotations

from counterfoil.step import SECOND, Instant
from counterfoil.switch import Settings
from counterfoil.switch.outbox import Flight, Outbox, OutboxEntry

TIMER = 12 * SECOND
NOW = 1_000 * SECOND


def box(window: int = 8) -> Outbox:
    return Outbox(Settings(switch_timer=TIMER, window=window))


def owed(family: str, owed_at: Instant, next_at: Instant = NOW, *, suspect: bool = False) -> OutboxEntry:
    return OutboxEntry("issuer-a", next_at, family, owed_at, suspect)


def test_of_one_family_the_one_owed_longest_goes_first_and_families_do_not_wait_for_each_other() -> None:
    made = box()
    made.owe("completion", owed("F", 20))
    made.owe("other", owed("G", 30))
    made.owe("pre-authorisation", owed("F", 10, NOW + TIMER))  # its pause is longer; its turn is first all the same
    made.owe("reversal", owed("F", 40))
    assert made.due(NOW, 8) == ["other"]
    assert made.due(NOW + TIMER, 8) == ["other", "pre-authorisation"]
    made.settle("pre-authorisation")
    assert made.due(NOW, 8) == ["completion", "other"]
    made.settle("completion")
    assert made.due(NOW, 8) == ["other", "reversal"]
    made.settle("reversal")
    made.settle("other")
    assert made.wakes_at() is None


def test_a_suspect_of_a_family_holds_up_its_family_and_nobody_else() -> None:
    made = box()
    made.owe("a1", owed("A", 1, suspect=True))
    made.owe("a2", owed("A", 2))
    made.owe("b1", owed("B", 3))
    assert made.due(NOW, 8) == ["b1"]
    assert made.suspect(NOW, others=False) == ["a1"]
    made.settle("a1")
    assert made.due(NOW, 8) == ["a2", "b1"]


def test_a_hang_up_narrows_the_window_until_an_answer_and_a_second_one_makes_a_pause() -> None:
    made = box()
    for number in range(9):
        made.owe(f"x{number}", owed(f"x{number}", number))
    assert made.room(NOW, 0) == 8
    made.fly("x0", Flight(1, NOW + TIMER))
    made.hung_up(NOW)
    assert (made.room(NOW, 0), made.room(NOW, 1)) == (1, 0)
    made.fly("x1", Flight(2, NOW + TIMER))
    made.hung_up(NOW)
    assert (made.room(NOW, 0), made.room(NOW + TIMER, 0)) == (0, 1)
    assert made.wakes_at() == NOW + TIMER
    for number in range(1, 9):  # and no longer one, however often: they may all be others
        made.fly(f"x{number}", Flight(2, NOW + number * TIMER))
        made.hung_up(NOW + number * SECOND)
        assert made.room(NOW + number * SECOND + TIMER, 0) == 1
    made.fly("x2", Flight(3, NOW + 2 * TIMER))
    made.answered("x2")
    assert made.room(NOW, 0) == 8


def test_one_that_had_its_time_without_a_hang_up_ends_the_caution_too() -> None:
    made = box()
    made.owe("x", owed("x", 1))
    made.fly("x", Flight(1, NOW + TIMER))
    made.hung_up(NOW)
    made.fly("x", Flight(2, NOW + TIMER))
    assert made.flights(NOW + TIMER) == {}
    assert made.room(NOW + TIMER, 0) == 8


def test_a_hang_up_with_nothing_on_its_way_says_nothing() -> None:
    made = box()
    made.hung_up(NOW)
    made.hung_up(NOW)
    assert made.room(NOW, 0) == 8


def test_suspects_go_one_at_a_time_and_wait_longer_after_each_hang_up_in_a_row() -> None:
    made = box()
    for name in ("s1", "s2", "s3"):
        made.owe(name, owed(name, 1, suspect=True))
    assert made.suspect(NOW, others=False) == ["s1"]
    made.fly("s1", Flight(1, NOW + TIMER, suspect=True))
    assert made.suspect(NOW, others=False) == []
    at = NOW
    for pause in (TIMER, 2 * TIMER, 4 * TIMER, 5 * TIMER, 5 * TIMER):
        made.fly("s1", Flight(1, at + TIMER, suspect=True))
        made.hung_up(at)
        made.owe("s1", owed("s1", 1, at + 10 * TIMER, suspect=True))
        assert made.wakes_at() == at + pause
        assert made.suspect(at + pause - 1, others=False) == []
        assert made.suspect(at + pause, others=False) == ["s2"]
        at += pause
    made.fly("s2", Flight(2, at + TIMER, suspect=True))
    made.settle("s2")
    assert made.suspect(at, others=False) == ["s3"]


def test_a_suspect_waits_for_others_on_their_way_but_not_for_ever() -> None:
    made = box()
    made.owe("s", owed("s", 1, suspect=True))
    made.fly("x", Flight(1, NOW + TIMER))
    assert made.suspect(NOW, others=True) == []
    assert made.wakes_at() == NOW + TIMER
    made.fly("y", Flight(2, NOW + 2 * TIMER))  # and so on, all the time
    assert made.suspect(NOW + TIMER - 1, others=True) == []
    assert made.suspect(NOW + TIMER, others=True) == ["s"]


def test_a_suspect_wakes_the_switch_as_soon_as_nothing_else_is_on_its_way() -> None:
    made = box()
    made.owe("s", owed("s", 1, suspect=True))
    made.fly("x", Flight(1, NOW + TIMER))
    assert made.suspect(NOW, others=True) == []
    made.land("x")
    assert made.wakes_at() == NOW
    made.owe("y", owed("y", 2, NOW + SECOND))
    made.owe("s", owed("s", 1, NOW + 2 * SECOND, suspect=True))
    assert made.wakes_at() == NOW + SECOND
    made.fly("z", Flight(1, NOW + TIMER))
    made.settle("s")
    assert made.wakes_at() == NOW + SECOND


def test_one_that_is_owed_twice_at_one_time_is_due_once() -> None:
    made = box()
    for name in ("a", "a", "b", "b", "a"):
        made.owe(name, owed(name, 1))
    assert made.due(NOW, 8) == ["a", "b"]
    assert made.due(NOW, 2) == ["a", "b"]
