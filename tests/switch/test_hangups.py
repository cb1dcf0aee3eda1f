"""An issuer that hangs up on something it cannot take: what that is waits, is counted and reported; the others pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from counterfoil.iso8583 import Message
from counterfoil.step import SECOND, Closed, Connected, Hangup, Instant
from counterfoil.switch import Settings, cases
from counterfoil.switch.caution import SUSPECTS, Askers
from switch.scene import ALICE, BOB, TERMINALS, TIMER, Scene, pan, scene

CAP: Final = 5 * TIMER
MINUTE: Final = 60 * SECOND
CAROL: Final = pan("62999910", 3)


class Host:
    """Issuer A: answers at once, and hangs up on what it cannot take. What was behind that is lost with the line."""

    def __init__(self, made: Scene, cannot: Callable[[Message], bool]) -> None:
        self.made = made
        self.cannot = cannot
        self.hangups: list[Instant] = []
        self._seen = len(made.sent)

    def reads(self) -> None:
        """Everything sent so far, and what that leads to."""
        while self._seen < len(self.made.sent):
            sends, self._seen = self.made.to_issuers(self._seen), len(self.made.sent)
            for send in sends:
                message = self.made.read(send)
                if send.link == "issuer-a" and self.cannot(message):
                    self.hangups.append(self.made.now)
                    self.made.step(Closed("issuer-a", ""))
                    self.made.comes_up()
                    break
                signed = message.mti == "0800"
                self.made.step(self.made.signed_on(send) if signed else self.made.reply(message, "00", send.link))

    def lives(self, span: Instant) -> None:
        """So much time passes; every timer runs."""
        ends = self.made.now + span
        self.reads()
        while (due := self.made.switch.wakes_at()) is not None and due <= ends:
            self.made.step(after=max(0, due - self.made.now) or 1000)
            self.reads()
        self.made.now = ends


def reversing(made: Scene, count: int) -> list[Message]:
    """Approved sales and their reversals, which leave in one step."""
    requests = made.sold(count)
    made.step(*[made.frame(made.reversal(request)) for request in requests])
    return requests


def at_terminal(made: Scene, terminal: str, card: str = ALICE) -> Message:
    """A sale elsewhere: sent, answered by nobody yet."""
    request = made.purchase(700, card, terminal=terminal)
    made.step(made.frame(request, 7))
    return request


# --- advices ----------------------------------------------------------------------------------------------------------


def poisoned(count: int, place: int) -> tuple[Scene, Host, list[Message], Message]:
    """Reversals under way to an issuer that hangs up on one of them."""
    made = scene()
    made.sign_on(TERMINALS[1])
    requests = made.sold(count)
    poison = requests[place]
    rrn = made.stub(poison).rrn
    host = Host(made, lambda message: message.mti in ("0420", "0421") and message.de37 == rrn)
    made.step(*[made.frame(made.reversal(request)) for request in requests])
    return made, host, requests, poison


@pytest.mark.parametrize(("count", "place"), [(1, 0), (5, 0), (5, 2), (5, 4), (80, 40)])
def test_one_advice_the_issuer_cannot_take_is_backed_off_and_the_others_pass(count: int, place: int) -> None:
    made, host, requests, poison = poisoned(count, place)
    host.lives(3 * TIMER)
    others = [request for request in requests if request is not poison]
    assert {made.state(request) for request in others} <= {"reversed"}
    assert made.state(poison) == "reversing"
    host.lives(10 * MINUTE)
    assert 5 <= len(host.hangups) <= 2 + 10 * MINUTE // CAP + 3
    assert made.stub(poison).reversal_tries == len(host.hangups)
    assert all(later - earlier >= TIMER for earlier, later in zip(host.hangups, host.hangups[1:], strict=False))


def test_sales_elsewhere_are_approved_all_the_while() -> None:
    made, host, _, _ = poisoned(1, 0)
    for _ in range(30):
        host.lives(2 * SECOND)
        sale = at_terminal(made, TERMINALS[1])
        host.reads()
        assert made.state(sale) == "approved"


def test_an_operator_is_told_after_the_second_hang_up_and_a_person_after_ten_tries() -> None:
    made, host, _, poison = poisoned(1, 0)
    host.lives(TIMER - 1)
    assert made.alarms() == []
    host.lives(2)
    assert made.alarms() == ["hangs_up"]
    host.lives(12 * MINUTE)
    (case,) = cases(made.store)
    assert (case.what, case.detail) == (
        "reversal_unacknowledged",
        "10 tries without an acknowledgement, 10 hang-ups",
    )
    assert made.alarms() == ["hangs_up", "reversal_unacknowledged"]
    assert made.state(poison) == "reversing"
    host.cannot = lambda _: False
    host.lives(CAP)
    assert made.state(poison) == "reversed"


def test_reversals_that_come_up_meanwhile_leave_at_once() -> None:
    made, host, _, poison = poisoned(1, 0)
    for number in range(12):
        host.lives(11 * SECOND)
        (fresh,) = reversing(made, 1) if number % 2 else [None]
        host.reads()
        assert fresh is None or made.state(fresh) == "reversed"
    assert made.state(poison) == "reversing"


def test_an_issuer_that_hangs_up_on_every_advice_is_not_asked_more_often_the_more_are_owed() -> None:
    made = scene()
    made.sign_on(TERMINALS[1])
    host = Host(made, lambda message: message.mti in ("0420", "0421"))
    requests = []
    for _ in range(20):
        requests += reversing(made, 5)
        host.lives(3 * SECOND)
    busy = len(host.hangups)
    assert busy <= 12
    host.lives(20 * MINUTE)
    assert len(host.hangups) - busy <= 20 * MINUTE // TIMER + 20 * MINUTE // CAP
    sale = at_terminal(made, TERMINALS[1])
    host.reads()
    assert made.state(sale) == "approved"
    host.cannot = lambda _: False
    host.lives(3 * CAP)
    assert {made.state(request) for request in requests} == {"reversed"}


def test_a_suspect_goes_alone_and_behind_the_others() -> None:
    made, _, requests, _ = poisoned(3, 0)
    made.step(Closed("issuer-a", ""))
    made.comes_up()
    before = len(made.sent)
    (fresh,) = reversing(made, 1)
    made.step(after=TIMER)  # it has had no answer, and the suspects are due
    sent = [message.de37 for message in made.advices(before)]
    assert sent[0] == made.stub(fresh).rrn
    assert len(set(sent) & {made.stub(request).rrn for request in requests}) <= 1


def test_a_suspect_whose_time_has_come_waits_for_one_on_its_way() -> None:
    made, host, _, poison = poisoned(1, 0)
    host.reads()
    made.step(after=TIMER - SECOND)
    (fresh,) = reversing(made, 1)
    before = len(made.sent)
    made.step(after=2 * SECOND)
    assert made.advices(before) == []
    host.reads()
    assert (made.state(fresh), len(host.hangups)) == ("reversed", 2)
    assert [message.de37 for message in made.advices(before)] == [made.stub(poison).rrn]


def test_what_was_on_its_way_and_was_acknowledged_or_never_left_is_not_suspected() -> None:
    made, _, (first, second, third), _ = poisoned(3, 0)
    sends = [send for send in made.to_issuers() if made.read(send).mti == "0420"]
    left = made.not_sent()[-1:]
    made.step(made.reply(made.read(sends[0]), "00"), *left, Closed("issuer-a", ""))
    hangups = dict(made.store.query("SELECT rrn, hangups FROM outbox"))
    assert hangups == {made.stub(second).rrn: 1, made.stub(third).rrn: 0}
    assert made.state(first) == "reversed"


def test_tries_hang_ups_and_pauses_survive_a_restart() -> None:
    made, host, _, poison = poisoned(4, 1)
    host.lives(4 * TIMER)
    (row,) = made.store.query("SELECT tries, hangups, next_at FROM outbox")
    assert row[:2] == (3, 3)
    after = made.restarted()
    again = Host(after, host.cannot)
    after.step()
    after.comes_up()
    again.reads()
    assert after.store.query("SELECT tries, hangups, next_at FROM outbox") == [row]
    again.lives(row[2] - after.now - 1)
    assert again.hangups == []
    again.lives(2)
    assert after.store.query("SELECT tries, hangups FROM outbox") == [(4, 4)]
    assert after.state(poison) == "reversing"


def test_hundreds_owed_do_not_all_leave_when_a_switch_starts() -> None:
    made = scene(settings=Settings(switch_timer=TIMER, window=8))
    requests = reversing(made, 30)
    after = made.restarted()
    after.comes_up(after=2 * TIMER)
    assert len(after.advices()) == 8
    Host(after, lambda _: False).lives(TIMER)
    assert {after.state(request) for request in requests[8:]} <= {"reversed", "reversing"}
    assert after.advices()[-1].mti in ("0420", "0421")


# --- requests ---------------------------------------------------------------------------------------------------------


def test_a_request_the_issuer_hangs_up_on_is_sent_once_and_reversed() -> None:
    made = scene()
    host = Host(made, lambda message: message.mti == "0200")
    sale = made.purchase()
    made.step(made.frame(sale))
    host.lives(MINUTE)
    assert len(host.hangups) == 1
    assert made.state(sale) == "reversed"


@pytest.mark.parametrize("what", ["card", "terminal"])
def test_who_asks_at_each_hang_up_waits_and_the_others_pass(what: str) -> None:
    made = scene()
    made.sign_on(TERMINALS[1])
    cards = {"card": (ALICE, ALICE), "terminal": (ALICE, CAROL)}[what]
    lane = {"card": TERMINALS, "terminal": (TERMINALS[0], TERMINALS[0])}[what]
    guilty = {"card": ("de2", ALICE), "terminal": ("de41", TERMINALS[0])}[what]
    host = Host(made, lambda message: message.mti == "0200" and getattr(message, guilty[0]) == guilty[1])
    sales = []
    for number in range(60):
        sale = at_terminal(made, lane[number % 2], cards[number % 2])
        sales.append(sale)
        host.reads()
        made.step(made.frame(made.reversal(sale, card=cards[number % 2])))  # the terminal does not wait for its 98
        host.lives(SECOND)
        other = at_terminal(made, TERMINALS[1], CAROL)
        host.reads()
        assert made.state(other) == "approved"
    assert 2 <= len(host.hangups) <= 5
    assert {made.stub(sale).response_code for sale in sales[2:]} <= {"91", ""}
    assert made.alarms().count("hangs_up") == 1
    host.cannot = lambda _: False
    host.lives(CAP)
    healed = at_terminal(made, lane[0], cards[0])
    host.reads()
    assert made.state(healed) == "approved"


def test_another_issuers_requests_are_not_held_up() -> None:
    made = scene()
    host = Host(made, lambda message: message.mti == "0200")
    for _ in range(3):
        at_terminal(made, TERMINALS[0])
        host.lives(MINUTE // 4)
    other = at_terminal(made, TERMINALS[0], BOB)
    host.reads()
    assert made.state(other) == "approved"


def test_an_answer_between_two_hang_ups_clears_who_asked() -> None:
    made = scene()
    amounts = {"000000000666"}
    host = Host(made, lambda message: message.mti == "0200" and message.de4 in amounts)
    for _ in range(4):
        for amount in (666, 100):
            sale = made.purchase(amount)
            made.step(made.frame(sale))
            host.reads()
            made.step(made.frame(made.reversal(sale)))
            host.lives(SECOND)
        assert made.stub(sale).response_code == "00"
    assert made.alarms() == []


def test_hang_ups_far_apart_are_not_in_a_row_and_suspicion_is_bounded() -> None:
    askers = Askers(Settings(switch_timer=TIMER))
    askers.hung_up(["a"], SECOND)
    assert askers.begin_to_wait(["b", "a"], 2 * SECOND)
    assert not askers.begin_to_wait(["a"], SECOND + 3600 * SECOND)
    askers.hung_up(["a"], SECOND + 3600 * SECOND)
    assert not askers.wait(["a"], SECOND + 3601 * SECOND)
    askers.hung_up([str(number) for number in range(SUSPECTS)], 2 * 3600 * SECOND)
    assert len(askers) == SUSPECTS
    assert not askers.begin_to_wait(["a"], 2 * 3600 * SECOND)


# --- the sign-on ------------------------------------------------------------------------------------------------------


def test_a_link_that_never_gets_as_far_as_its_sign_on_is_an_alarm_once() -> None:
    made = Scene(up=False)
    for number in range(1, 12):
        made.step(Connected("issuer-a", ""))
        assert not any(isinstance(item, Hangup) for item in made.step(Closed("issuer-a", "")))
        assert made.alarms() == (["hangs_up"] if number >= 5 else [])
    made.comes_up()
    for _ in range(5):
        made.step(Closed("issuer-a", ""))
        made.step(Connected("issuer-a", ""))
    assert made.alarms() == ["hangs_up"]
    made.step(Closed("issuer-a", ""))
    assert made.alarms() == ["hangs_up", "hangs_up"]
