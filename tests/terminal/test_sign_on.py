"""Signing on: by itself, proved by check values, and what a failed one does to the sales that wait."""

from __future__ import annotations

import pytest

from counterfoil.iso8583 import nested
from counterfoil.step import SECOND
from terminal.counter import MERCHANT, T1, T2, TIMER, Counter


@pytest.fixture
def counter() -> Counter:
    """Enrolled, its first 0800 on the line."""
    return Counter()


def lane(counter: Counter, name: str = "signed_on") -> object:
    return counter.ask("status", terminal=T1)["terminals"][0][name]


def test_it_asks_for_keys_at_once_and_without_a_mac(counter: Counter) -> None:
    request = counter.request("0800")
    assert (request.de11, request.de41, request.de42, request.de63) == ("000001", T1, MERCHANT, "01 ")
    assert nested.de60(request.de60)[:3] == ("00", "000000", "003")  # it was not given a batch yet
    assert nested.de62_sequence(request.de62) == "0000T0000001"
    assert request.de64 is None


def test_it_is_sent_until_the_timer_runs_out_and_no_longer(counter: Counter) -> None:
    assert [send.before for send in counter.line] == [counter.now + TIMER]


def test_it_takes_keys_and_batch(counter: Counter) -> None:
    counter.host.batch[T1] = 726
    counter.answer()
    assert lane(counter) is True
    assert lane(counter, "batch") == "000726"
    assert counter.station.wakes_at() is None
    counter.sale()
    assert counter.request("0200").de60 == "22000726000"


def test_a_sale_waits_for_the_sign_on(counter: Counter) -> None:
    sale = counter.sale()
    assert len(counter.line) == 1
    counter.answer(mti="0800")
    counter.answer(mti="0200")
    assert counter.replies[sale]["outcome"] == "approved"


@pytest.mark.parametrize("how", ["refused", "silent", "closed", "declined", "spoilt", "unreadable", "garbled"])
def test_a_failed_sign_on_sends_nothing_and_says_so(counter: Counter, how: str) -> None:
    sale = counter.sale(key="till-1")
    if how == "refused":
        counter.refuse()
    elif how == "silent":
        counter.time_out()
    elif how == "closed":
        counter.hang_up()
    elif how == "declined":
        counter.answer("97")
    elif how == "spoilt":
        counter.receive(counter.host.sign_on(counter.request(), spoil=True))
    else:
        counter.line.clear()
        counter.receive(b"\x60\x00" if how == "garbled" else b"\x60" + bytes(40))
    told = counter.replies[sale]
    assert told["outcome"] == "not_sent"
    assert told["ref"] == f"{T1}/000000/000002"  # no key of a batch that another device may have used
    assert "not charged" in told["sentence"]["en"]
    assert lane(counter) is False
    assert counter.station.wakes_at() == counter.now + 5 * SECOND
    counter.line.clear()
    counter.wait()
    counter.answer(mti="0800")
    assert lane(counter) is True
    again = counter.sale(key="till-1")
    counter.answer(mti="0200")
    assert (counter.replies[again]["outcome"], counter.replies[again]["retry_of"]) == ("approved", told["ref"])


def test_keys_that_fail_their_check_value_are_noted(counter: Counter) -> None:
    counter.receive(counter.host.sign_on(counter.request(), spoil=True))
    assert "sign-on keys refused" in [row[0] for row in counter.store.query("SELECT what FROM trail")]


def test_a_sale_during_the_wait_tries_at_once(counter: Counter) -> None:
    counter.refuse()
    counter.sale()
    assert counter.request("0800").de11 == "000002"


@pytest.mark.parametrize(("code", "outcome"), [("A0", "unknown"), ("77", "declined"), ("99", "declined")])
def test_a_no_that_asks_for_it_signs_on_by_itself(counter: Counter, code: str, outcome: str) -> None:
    counter.answer()
    sale = counter.sale()
    counter.answer(code)
    assert counter.replies[sale]["outcome"] == outcome
    counter.answer(mti="0800")
    assert lane(counter) is True


def test_the_stan_never_comes_round_in_the_same_batch(counter: Counter) -> None:
    counter.answer()
    counter.store.execute("UPDATE device SET stan = 999998")
    counter.restart()
    counter.step()
    counter.host.highest[T1] = 999_998
    assert counter.request("0800").de11 == "999999"
    counter.step(after=TIMER)
    counter.wait()
    request = counter.request("0800")
    assert request.de11 == "000001"
    assert nested.de60(request.de60).batch == "000000"  # whatever the host has seen of it, it needs another one
    counter.receive(counter.host.sign_on(request))
    counter.sale()
    sold = counter.request("0200")
    assert (sold.de11, sold.de60) == ("000002", "22000002000")


def test_the_last_stan_is_used_and_then_it_signs_on_before_it_sells(counter: Counter) -> None:
    counter.answer()
    counter.store.execute("UPDATE device SET stan = 999997")
    counter.restart()
    counter.step()
    counter.host.highest[T1] = 999_997
    counter.answer(mti="0800")
    first, second = counter.sale(), counter.sale()
    assert counter.request("0200").de11 == "999999"
    counter.hang_up()
    assert counter.host.read(counter.line[0]).mti == "0400"
    counter.answer(mti="0400")
    assert counter.replies[first]["outcome"] == "unknown"
    assert second not in counter.replies
    assert counter.host.read(counter.line[0]).de11 == "000001"
    counter.host.highest[T1] = 999_999
    counter.answer(mti="0800")
    assert counter.request("0200").de60 == "22000002000"


def used_up(counter: Counter) -> int:
    """Batch 000001 is sold in up to its last STAN, and a sign-on is under way for another: the sale that waits."""
    counter.answer()
    counter.store.execute("UPDATE device SET stan = 999997")
    counter.restart()
    counter.step()
    counter.answer(mti="0800")
    counter.sale()
    counter.answer("51")
    return counter.sale()


@pytest.mark.parametrize("told", ["000000", "000001"])
def test_a_batch_whose_stans_are_used_up_is_not_taken_again(counter: Counter, told: str) -> None:
    sale = used_up(counter)
    request = counter.request("0800")
    assert (request.de11, nested.de60(request.de60).batch) == ("000001", "000000")
    counter.host.batch[T1] = int(told)
    counter.receive(counter.host.sign_on(request, same_batch=True))
    assert lane(counter) is False
    assert lane(counter, "batch") == "000000"
    assert counter.replies[sale]["ref"] == f"{T1}/000000/000002"


def test_an_old_answer_said_again_brings_no_batch_back_whose_stans_were_used(counter: Counter) -> None:
    """An answer to a sign-on has no MAC: a relay may say one again whose STAN fits (simulator, relay 1/3)."""
    used_up(counter)
    counter.answer(mti="0800")
    assert lane(counter, "batch") == "000002"
    counter.answer("51")
    counter.restart()
    counter.step()
    counter.host.batch[T1] = 1
    counter.receive(counter.host.sign_on(counter.request("0800"), same_batch=True))
    assert lane(counter) is False
    counter.host.batch[T1] = 2
    counter.wait()
    counter.receive(counter.host.sign_on(counter.request("0800"), same_batch=True))
    assert (lane(counter), lane(counter, "batch")) == (True, "000002")


def test_what_was_never_sent_gets_no_number_a_second_time(counter: Counter) -> None:
    first = counter.sale()
    counter.refuse()
    assert counter.replies[first]["ref"] == f"{T1}/000000/000002"
    counter.wait()
    sale = used_up(counter)
    counter.refuse()
    told = counter.replies[sale]
    assert (told["outcome"], told["ref"]) == ("not_sent", "")


def test_every_terminal_signs_on_for_itself() -> None:
    counter = Counter(terminals=(T1, T2))
    assert [send.conn for send in counter.line] == [T1, T2]
    counter.open_for_business()
    assert counter.host.keys[T1] != counter.host.keys[T2]


def test_no_batch_number_is_no_sign_on(counter: Counter) -> None:
    request = counter.request()
    counter.host.batch[T1] = 0
    counter.receive(counter.host.sign_on(request))
    assert lane(counter) is False


def test_a_wiped_device_asks_without_a_batch_and_its_unsent_sales_borrow_none(counter: Counter) -> None:
    assert nested.de60(counter.host.read(counter.line[0]).de60).batch == "000000"
    sale = counter.sale()
    counter.refuse()
    assert counter.replies[sale]["ref"] == f"{T1}/000000/000002"


def test_an_interrupted_wrap_is_still_a_wrap_after_a_restart(counter: Counter) -> None:
    used_up(counter)
    counter.restart()
    counter.step()
    request = counter.request("0800")
    assert (request.de11, nested.de60(request.de60).batch) == ("000002", "000000")
    counter.receive(counter.host.sign_on(request, same_batch=True))
    assert lane(counter) is False
    assert lane(counter, "batch") == "000000"


def test_a_batch_that_was_damaged_on_its_way_does_not_stop_a_terminal_for_ever(counter: Counter) -> None:
    """An answer to a sign-on has no MAC: any batch may stand in it, and the right one that comes next may be lower
    (simulator, copies 1/3).
    """
    counter.host.batch[T1] = 900_001
    counter.answer()
    assert lane(counter, "batch") == "900001"
    counter.restart()
    counter.step()
    counter.host.batch[T1] = 2
    counter.receive(counter.host.sign_on(counter.request("0800"), same_batch=True))
    assert (lane(counter), lane(counter, "batch")) == (True, "000002")
