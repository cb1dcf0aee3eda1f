"""What no message shows: what an error says, and the instants at which limits begin and end."""

from __future__ import annotations

import pytest

from counterfoil.errors import OurError
from counterfoil.step import SECOND
from counterfoil.switch import Settings
from counterfoil.switch.caution import IN_A_ROW, SUSPECTS, Askers, Caution
from counterfoil.switch.lifecycle import Event, State, moved
from counterfoil.switch.memory import IssuerSession, Memory, OpenIntent, Quota
from counterfoil.switch.outbox import Flight, Outbox, OutboxEntry
from counterfoil.switch.session import wakes_at

TIMER = 10 * SECOND
SETTINGS = Settings(switch_timer=TIMER, retry_cap=60 * SECOND, echo_idle=30 * SECOND)


def test_an_error_of_ours_says_what_was_wrong() -> None:
    with pytest.raises(OurError, match=r"\Aa pause follows a try\Z"):
        SETTINGS.pause(0)
    with pytest.raises(OurError, match=r"\Ano way out of tombstone by forward\Z"):
        moved(State.TOMBSTONE, Event.FORWARD, "")
    with pytest.raises(OurError, match=r"\Ano way out of None by expire\Z"):
        moved(None, Event.EXPIRE, "")


def test_a_pause_doubles_up_to_its_cap() -> None:
    assert [SETTINGS.pause(tries) // SECOND for tries in (1, 2, 3, 4, 5, 100)] == [10, 20, 40, 60, 60, 60]
    assert Settings(switch_timer=TIMER).longest_pause == 5 * TIMER
    far = Settings(switch_timer=1, retry_cap=10**9)
    assert [far.pause(tries) for tries in (1, 20, 21, 22, 1000)] == [1, 1 << 19, 1 << 20, 1 << 20, 1 << 20]


def test_hang_ups_are_in_a_row_for_an_hour_and_the_free_ones_bring_no_pause() -> None:
    caution = Caution(SETTINGS.pause, 1)
    seen = []
    for at in (5, 5 + IN_A_ROW - 1, 5 + 2 * IN_A_ROW - 2, 5 + 3 * IN_A_ROW - 2):
        assert caution.next(at) == (caution.count + 1 if at < 5 + 3 * IN_A_ROW - 2 else 1)
        caution.hung_up(at)
        seen.append((caution.count, caution.until - at))
    assert seen[:3] == [(1, -5), (2, TIMER), (3, 2 * TIMER)]
    assert caution.count == 1
    caution.over()
    assert (caution.count, caution.until) == (0, 0)


def test_who_asks_waits_until_the_pause_is_over_and_the_oldest_is_let_go() -> None:
    askers = Askers(SETTINGS)
    assert not askers.begin_to_wait(["a"], 1)
    askers.hung_up(["a", "b"], 1)
    assert askers.begin_to_wait(["x", "a"], 2)
    assert not askers.wait(["a", "b"], 2)
    askers.hung_up(["b", "c"], 2)
    assert [askers.wait([name], at) for name in "abc" for at in (2, 2 + TIMER - 1, 2 + TIMER)] == [
        *(False, False, False),
        *(True, True, False),
        *(False, False, False),
    ]
    assert not askers.begin_to_wait(["b"], 3)  # it waits already
    askers.answered(["b", "nobody"])
    assert len(askers) == 2
    askers.hung_up([f"n{number}" for number in range(SUSPECTS - 1)], 4)
    assert len(askers) == SUSPECTS
    assert not askers.begin_to_wait(["a"], 5)  # it was pushed out
    assert askers.begin_to_wait(["c"], 5)


def test_open_intents_expire_in_the_order_of_their_deadlines_so_many_at_once() -> None:
    memory = Memory(["one"], SETTINGS)
    assert (memory.first_deadline(), memory.owes) == (None, False)
    for rrn, deadline, token in (("B", 20, 2), ("A", 10, 1), ("C", 30, 3)):
        memory.wait(rrn, OpenIntent(None, deadline, token))
    assert memory.expired(9, 5) == []
    assert memory.expired(10, 5) == ["A"]
    assert memory.expired(30, 2) == ["A", "B"]
    assert memory.expired(30, 2) == ["A", "B"]  # nothing was taken off
    memory.resolve("A")
    memory.resolve("A")
    assert memory.tokens == {2: "B", 3: "C"}
    assert (memory.first_deadline(), memory.expired(30, 5)) == (20, ["B", "C"])
    memory.wait("B", OpenIntent(None, 40, 2))  # another deadline
    assert (memory.first_deadline(), memory.expired(35, 5), memory.expired(40, 5)) == (30, ["C"], ["C", "B"])
    memory.outboxes["one"].owe("C", OutboxEntry("one", 0, "C", 1))
    assert memory.owes


def test_an_hour_without_anything_and_a_link_that_is_down() -> None:
    assert Quota() == (0, 0, 0, 0)
    assert IssuerSession() == IssuerSession(up=False, signed_on=False, heard_at=0, asked="", tick=0, answer_by=0)
    assert wakes_at(IssuerSession(up=True, heard_at=5), SETTINGS) == 5 + 30 * SECOND
    assert wakes_at(IssuerSession(up=True, heard_at=5, again_at=7), SETTINGS) == 7
    assert wakes_at(IssuerSession(up=True, heard_at=5, again_at=6 + 30 * SECOND), SETTINGS) == 5 + 30 * SECOND
    assert wakes_at(IssuerSession(up=True, heard_at=5, asked="301", answer_by=9, again_at=7), SETTINGS) == 9


def test_an_outbox_lets_one_of_a_family_go_and_waits_no_longer_than_a_pause_can_be() -> None:
    box = Outbox(SETTINGS)
    assert (box.wakes_at(), box.room(0, 0), box.by_token(1)) == (None, 64, "")
    box.owe("first", OutboxEntry("one", 5, "family", 1))
    box.owe("second", OutboxEntry("one", 0, "family", 2))
    box.owe("other", OutboxEntry("one", 7, "other", 3))
    assert (box.due(4, 9), box.due(5, 9), box.due(7, 9), box.due(7, 1)) == (
        [],
        ["first"],
        ["first", "other"],
        ["first"],
    )
    assert (box.is_first("second", box.owed["second"]), box.wakes_at()) == (False, 5)
    box.settle("first")
    box.settle("first")
    assert (box.due(4, 9), box.due(7, 9)) == (["second"], ["second", "other"])
    box.settle("second")
    box.fly("other", Flight(11, 20))
    assert (box.by_token(11), box.by_token(12), list(box.flights(19)), list(box.flights(20))) == (
        "other",
        "",
        ["other"],
        [],
    )
    late = 60 * SECOND
    for rrn, at in (("a", late), ("b", late + 1)):
        box.owe(rrn, OutboxEntry("one", at, rrn, 4))
    box.began(0)
    assert [box.owed[rrn].next_at for rrn in ("other", "a", "b")] == [7, late, late]


def test_after_a_hang_up_one_at_a_time_and_after_two_a_timer_between() -> None:
    box = Outbox(SETTINGS)
    for number in range(3):
        box.owe(f"r{number}", OutboxEntry("one", 0, f"r{number}", number))
    box.fly("r0", Flight(1, 100))
    box.hung_up(50)
    assert (box.flying, box.room(50, 0), box.room(50, 1)) == ({}, 1, 0)
    box.fly("r0", Flight(2, 100 + TIMER))
    box.hung_up(60)
    assert [box.room(at, 0) for at in (60, 60 + TIMER - 1, 60 + TIMER)] == [0, 0, 1]
    assert box.wakes_at() == 60 + TIMER
    box.fly("r1", Flight(3, 100 + TIMER))
    assert box.wakes_at() == 100 + TIMER
    box.answered("r1")
    assert (box.room(60, 0), box.wakes_at()) == (64, 0)


def test_a_suspect_goes_alone_and_waits_one_timer_for_others() -> None:
    box = Outbox(SETTINGS)
    box.owe("s", OutboxEntry("one", 5, "s", 1, suspect=True))
    box.owe("t", OutboxEntry("one", 6, "t", 2, suspect=True))
    assert (box.due(9, 9), box.suspect(4, others=False), box.suspect(5, others=False)) == ([], [], ["s"])
    box.fly("o", Flight(1, 500 * SECOND))
    assert box.suspect(8, others=True) == []
    assert box.wakes_at() == 8 + TIMER
    assert (box.suspect(8 + TIMER - 1, others=True), box.suspect(8 + TIMER, others=True)) == ([], ["s"])
    box.fly("s", Flight(2, 30 * SECOND, suspect=True))
    box.owe("s", OutboxEntry("one", 90 * SECOND, "s", 1, suspect=True))
    assert (box.suspect(29 * SECOND, others=False), box.suspect(30 * SECOND, others=False)) == ([], ["t"])
    box.hung_up(20 * SECOND)
    assert box.suspect(20 * SECOND + TIMER - 1, others=False) == []
    assert box.suspect(20 * SECOND + TIMER, others=False) == ["t"]
