"""Store and forward: what is owed goes out until it is acknowledged, and holds nothing else up."""

from __future__ import annotations

import gc
import itertools
from typing import Any

import pytest

from counterfoil.errors import OurError
from counterfoil.iso8583 import Message
from counterfoil.step import SECOND, Closed, NotSent
from counterfoil.switch import Settings, cases, pending
from counterfoil.switch.stubs import ended_cases
from counterfoil.switch.work import Work
from switch.scene import BOB, TERMINALS, TIMER, Scene, scene


def owing(count: int = 1, **how: object) -> tuple[Scene, list[Message]]:
    """A switch that owes reversals and has sent each once."""
    made = scene(**how)
    requests = made.sold(count)
    made.step(*[made.frame(made.reversal(request)) for request in requests])
    return made, requests


def without_mac(message: Message) -> Message:
    return message.copy(de128=None)


def test_repeats_are_the_stored_advice_under_another_type() -> None:
    made, _ = owing()
    made.step(after=TIMER)
    made.step(after=2 * TIMER)
    first, *repeats = made.advices()
    assert [message.mti for message in (first, *repeats)] == ["0420", "0421", "0421"]
    for repeat in repeats:
        assert repeat.de128 != first.de128
        same = without_mac(repeat)
        same.mti = "0420"
        assert same == without_mac(first)


def test_the_pause_doubles_up_to_its_cap() -> None:
    made, (request,) = owing()
    for _ in range(5):
        due = made.switch.wakes_at()
        assert due is not None
        made.step(after=due - made.now)
        made.step(*[made.signed_on(send) for send in made.to_issuers() if made.read(send).mti == "0800"])
    sent = [line.at for line in made.stub(request).history if line.what == "reversal_sent"]
    gaps = [round((later - earlier) / SECOND) for earlier, later in itertools.pairwise(sent)]
    assert gaps == [12, 24, 48, 60][: len(gaps)]
    assert len(gaps) >= 3


@pytest.mark.parametrize(("tries", "seconds"), [(1, 12), (2, 24), (3, 48), (4, 60), (50, 60)])
def test_pauses(tries: int, seconds: int) -> None:
    assert Settings(switch_timer=TIMER).pause(tries) == seconds * SECOND


def test_a_pause_needs_a_try() -> None:
    with pytest.raises(OurError):
        Settings().pause(0)


def test_nothing_is_sent_before_its_time_and_nothing_after_its_acknowledgement() -> None:
    made, _ = owing()
    made.step(after=TIMER - 1)
    assert len(made.advices()) == 1
    made.acknowledge()
    made.step(after=3600 * SECOND)
    assert len(made.advices()) == 1
    assert made.at_rest()


@pytest.mark.parametrize("ahead", [60 * SECOND, 3600 * SECOND, 365 * 86_400 * SECOND])
def test_a_clock_that_was_ahead_in_an_earlier_life_makes_no_advice_wait(ahead: int) -> None:
    """Simulator, crash 201/1: an advice waited for the hour by which the clock was set right at the restart."""
    made, _ = owing(2)
    made.now -= ahead
    later = made.restarted()
    later.start()
    later.step(after=Settings(switch_timer=TIMER).longest_pause)
    assert [message.mti for message in later.advices()] == ["0421", "0421"]


def test_when_the_link_comes_up_everything_that_is_due_goes_out_at_once() -> None:
    made, _ = owing(3)
    made.step(after=TIMER - 1)  # nothing is on its way any more that the issuer could have hung up on
    made.now += 1
    made.step(Closed("issuer-a", ""))
    made.step(after=3600 * SECOND)
    assert len(made.advices()) == 3
    made.comes_up()
    assert [message.mti for message in made.advices()] == ["0420"] * 3 + ["0421"] * 3


def test_a_dead_issuer_does_not_hold_up_the_other() -> None:
    made = scene()
    dead, _ = made.approved()
    made.sign_on(TERMINALS[1])
    other = made.purchase(300, BOB, terminal=TERMINALS[1])
    made.step(made.frame(other))
    (forwarded,) = [made.read(send) for send in made.to_issuers() if send.link == "issuer-b"]
    made.step(made.reply(forwarded, "00", issuer="issuer-b"))
    made.step(Closed("issuer-a", ""))
    made.step(made.frame(made.reversal(dead)), made.frame(made.reversal(other, card=BOB)))
    (advice,) = made.advices()
    made.step(made.reply(advice, "00", issuer="issuer-b"))
    assert (made.state(dead), made.state(other)) == ("reversing", "reversed")


def test_one_advice_without_an_answer_does_not_hold_up_the_next() -> None:
    made, (poison, good) = owing(2, settings=Settings(switch_timer=TIMER, window=1))
    assert len(made.advices()) == 1
    made.step(after=TIMER)  # the first one's time is over: its place is free
    for advice in made.advices():
        if advice.de37 == made.stub(good).rrn:
            made.step(made.reply(advice, "00"))
    assert (made.state(poison), made.state(good)) == ("reversing", "reversed")


def test_no_more_than_the_window_are_on_their_way_and_each_answer_lets_one_more_go() -> None:
    made, requests = owing(5, settings=Settings(switch_timer=TIMER, window=2))
    answered: set[str | None] = set()
    for on_their_way in (2, 2, 2, 2, 1):
        waiting = [advice for advice in made.advices() if advice.de37 not in answered]
        assert len(waiting) == on_their_way
        answered.add(waiting[0].de37)
        made.step(made.reply(waiting[0], "00"))
        made.step()
    assert {made.state(request) for request in requests} == {"reversed"}


@pytest.mark.parametrize("code", ["00", "25"])
def test_00_and_25_end_it(code: str) -> None:
    made, (request,) = owing()
    made.acknowledge(code)
    assert made.state(request) == "reversed"
    found = made.stub(request)
    assert (found.reversal_code, found.reversal_tries) == (code, 1)
    assert made.store.query("SELECT pan FROM attempt") == [(b"",)]


@pytest.mark.parametrize("code", ["12", "30", "63", "64", "94", "96", "0 ", "20", "52", None])
def test_any_other_code_is_an_alarm_and_is_tried_again(code: str | None) -> None:
    made, (request,) = owing()
    made.step(*[made.reply(advice, "00", de39=code) for advice in made.advices()])
    assert made.state(request) == "reversing"
    made.step(after=TIMER)
    assert [message.mti for message in made.advices()] == ["0420", "0421"]


def test_a_refused_advice_says_so() -> None:
    made, (request,) = owing()
    made.acknowledge("96")
    assert made.alarms() == ["reversal_refused"]
    assert made.stub(request).reversal_code == "96"


@pytest.mark.parametrize("refused", [True, False], ids=["refused", "not answered"])
def test_after_too_many_tries_a_person_is_told_and_it_stays_owed(refused: bool) -> None:
    made, (request,) = owing(settings=Settings(switch_timer=TIMER, case_after=3))
    for _ in range(4):
        before = len(made.sent)
        if refused:
            made.acknowledge("96", since=0)
        made.step(after=60 * SECOND)
        made.step(*[made.signed_on(s) for s in made.to_issuers(before) if made.read(s).mti == "0800"])
    (case,) = cases(made.store)
    assert (case.what, case.number) == ("reversal_unacknowledged", made.stub(request).case)
    assert made.state(request) == "reversing"
    made.acknowledge()
    assert made.state(request) == "reversed"
    assert not pending(made.store)
    (told,) = made.stub(request).cases
    assert (told.number, told.ended_at, told.how) == (case.number, made.now, "acknowledged")
    assert (made.stub(request).case, cases(made.store)) == ("", [])
    assert [one.number for one in ended_cases(made.store, made.now)] == [case.number]


@pytest.mark.parametrize("change", [{"de11": "999999"}, {"de7": "0101000000"}, {"de37": "60730JUG5XZZ"}])
def test_an_acknowledgement_of_something_else_ends_nothing(change: dict[str, Any]) -> None:
    made, (request,) = owing()
    (advice,) = made.advices()
    made.step(made.reply(advice, "00", **change))
    assert made.state(request) == "reversing"


def test_an_acknowledgement_with_a_wrong_mac_ends_nothing() -> None:
    made, (request,) = owing()
    (advice,) = made.advices()
    made.step(made.reply(advice, "00", spoil=True))
    assert made.state(request) == "reversing"
    assert made.alarms() == ["answer_wrong_mac"]


def test_a_second_acknowledgement_is_evidence() -> None:
    made, (request,) = owing()
    (advice,) = made.advices()
    made.step(made.reply(advice, "00"), made.reply(advice, "00"))
    made.step(made.reply(advice, "96"))
    assert made.state(request) == "reversed"
    assert made.stub(request).reversal_code == "00"


def test_an_advice_the_link_could_not_send_stays_owed_and_goes_again_at_its_time() -> None:
    made, (request,) = owing()
    made.step(*made.not_sent())
    made.step(Closed("issuer-a", ""))
    assert made.state(request) == "reversing"
    made.comes_up()
    assert len(made.advices()) == 1
    made.step(after=TIMER)
    assert [message.mti for message in made.advices()] == ["0420", "0421"]
    assert [line.what for line in made.stub(request).history].count("reversal_not_sent") == 1
    assert made.store.query("SELECT hangups FROM outbox") == [(0,)]


def test_a_token_nobody_knows_is_ignored() -> None:
    made, _ = owing()
    assert made.step(NotSent("issuer-a", "", 42), NotSent("issuer-b", "", 42)) == []


def test_a_step_leaves_nothing_to_the_garbage_collector() -> None:
    """The collector stops a process at a time of its own choosing: it was more than half of the longest steps."""
    gc.collect()
    gc.disable()
    try:
        made, _ = owing(3)
        made.sign_on()
        made.step(*made.not_sent())
        made.step(Closed("issuer-a", ""))
        made.comes_up(after=TIMER)
        made.acknowledge()
        left = [one for one in gc.get_objects() if isinstance(one, Work)]
    finally:
        gc.enable()
    assert not left
