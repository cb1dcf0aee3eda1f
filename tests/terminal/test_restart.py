"""Killed at any instant: what the terminal finds, says and does when it comes back."""

from __future__ import annotations

import pytest

from counterfoil.step import SECOND
from terminal.counter import PAN, T1, TIMER, TRACK, Counter

REF = f"{T1}/000001/000002"


@pytest.fixture
def counter() -> Counter:
    return Counter().open_for_business()


def came_back(counter: Counter) -> Counter:
    """The process dies and starts again; it signs on by itself."""
    counter.restart()
    assert counter.station.wakes_at() == 0
    counter.step()
    counter.answer(mti="0800")
    return counter


def test_idle_it_signs_on_and_that_is_all(counter: Counter) -> None:
    came_back(counter)
    assert counter.line == []
    assert counter.station.wakes_at() is None


def test_a_sale_without_an_answer_is_reversed_with_reason_06(counter: Counter) -> None:
    counter.sale(key="till-1")
    came_back(counter)
    assert counter.request("0400").de39 == "06"
    assert counter.attempt(REF).state == "reversing"


def test_its_reversal_is_due_from_the_start_on(counter: Counter) -> None:
    counter.sale()
    counter.restart()
    counter.step(after=SECOND)
    assert (counter.attempt(REF).state, counter.attempt(REF).due) == ("reversing", counter.now)


def test_it_is_reversed_even_when_the_answer_still_comes(counter: Counter) -> None:
    counter.sale()
    packet = counter.host.answer(counter.request())
    counter.restart()
    counter.receive(packet)
    assert counter.attempt(REF).state == "reversing"
    assert counter.receipts() == []


def test_a_pending_reversal_keeps_its_reason(counter: Counter) -> None:
    counter.sale()
    counter.time_out()
    came_back(counter)
    assert counter.request("0400").de39 == "98"


def test_a_reversal_survives_any_number_of_restarts(counter: Counter) -> None:
    counter.sale()
    for _ in range(3):
        counter.restart()
        counter.step()
    counter.answer(mti="0800")
    counter.answer(mti="0400")
    assert counter.attempt(REF).state == "reversed"
    came_back(counter)
    assert counter.line == []


def test_what_is_owed_is_found_before_an_open_receipt_that_seems_newer(counter: Counter) -> None:
    """The clock went back between two lives (simulator, swarm 400/109)."""
    counter.printer = None
    counter.sale()
    counter.answer()
    counter.step(after=TIMER)
    counter.restart()
    counter.now -= 3600 * SECOND
    counter.step()
    counter.answer(mti="0800")
    counter.tell("goods", ref=REF, answer="handed_over")
    counter.step(after=TIMER)
    counter.sale()
    assert counter.request("0200").de11 == "000004"
    came_back(counter)
    owed = counter.request("0400")
    assert (owed.de11, owed.de39) == ("000004", "06")


def test_stan_and_batch_go_on_where_they_were(counter: Counter) -> None:
    counter.sale()
    counter.answer()
    came_back(counter)
    counter.sale()
    request = counter.request("0200")
    assert (request.de11, request.de60) == ("000004", "22000001000")


@pytest.fixture
def unseen(counter: Counter) -> Counter:
    """A counter that died after an approval, before it heard from the printer."""
    counter.printer = None
    counter.sale(key="till-1")
    counter.answer()
    assert counter.attempt(REF).state == "approved"
    counter.printer = True
    return came_back(counter)


def test_it_shows_the_approved_sale_first_and_sells_nothing_before_the_answer(unseen: Counter) -> None:
    told = unseen.replies[unseen.sale()]
    assert told["error"] == "open_sale"
    assert told["sale"]["ref"] == REF
    assert told["sale"]["outcome"] == "approved"
    assert "CARDHOLDER COPY" in told["sale"]["receipt"]
    assert "handed_over" in told["message"]["en"]
    assert unseen.line == []
    status = unseen.ask("status", terminal=T1)["terminals"][0]
    assert (status["phase"], status["sale"]["ref"]) == ("open_sale", REF)
    last = unseen.ask("last", terminal=T1)
    assert (last["ref"], last["open_sale"]) == (REF, True)


def test_the_same_key_shows_it_too(unseen: Counter) -> None:
    told = unseen.replies[unseen.sale(key="till-1")]
    assert (told["outcome"], told["ref"], told["open_sale"]) == ("approved", REF, True)
    assert unseen.line == []


def test_goods_handed_over_prints_a_duplicate_and_closes(unseen: Counter) -> None:
    told = unseen.ask("goods", ref=REF, answer="handed_over")
    assert (told["outcome"], told["state"], told["receipt_state"]) == ("approved", "closed", "printed")
    assert "****DUPLICATE 1****" in unseen.printed[f"{T1}-000001-000002.cardholder.2"]
    assert "DUPLICATE" not in unseen.printed[f"{T1}-000001-000002.cardholder.1"]
    unseen.sale()
    unseen.request("0200")


def test_goods_kept_returns_the_money_before_the_next_sale(unseen: Counter) -> None:
    told = unseen.ask("goods", ref=REF, answer="kept")
    assert (told["outcome"], told["state"]) == ("unknown", "reversing")
    assert "returned" in told["sentence"]["en"]
    reversal = unseen.request("0400")
    assert (reversal.de39, reversal.de38) == ("17", "123456")
    sale = unseen.sale(amount=99)
    assert unseen.line == []
    unseen.receive(unseen.host.answer(reversal))
    assert unseen.request("0200").de4 == "000000000099"
    assert sale not in unseen.replies
    assert unseen.attempt(REF).state == "reversed"


def test_the_goods_question_is_asked_again_after_another_restart(unseen: Counter) -> None:
    came_back(unseen)
    assert unseen.replies[unseen.sale()]["error"] == "open_sale"


def test_a_restart_while_the_duplicate_prints_asks_again(unseen: Counter) -> None:
    unseen.printer = None
    unseen.tell("goods", ref=REF, answer="handed_over")
    came_back(unseen)
    unseen.printer = True
    assert unseen.replies[unseen.sale()]["error"] == "open_sale"
    assert unseen.ask("goods", ref=REF, answer="handed_over")["state"] == "closed"
    assert "****DUPLICATE 2****" in unseen.printed[f"{T1}-000001-000002.cardholder.3"]


@pytest.mark.parametrize(
    ("ref", "answer", "error"),
    [
        (REF, "eaten", "bad_request"),
        ("T0000001/000001/000777", "kept", "unknown_sale"),
        ("nonsense", "kept", "unknown_sale"),
    ],
)
def test_the_goods_question_takes_two_answers_about_one_sale(
    unseen: Counter, ref: str, answer: str, error: str
) -> None:
    assert unseen.ask("goods", ref=ref, answer=answer)["error"] == error


def test_the_goods_question_is_answered_once(unseen: Counter) -> None:
    unseen.ask("goods", ref=REF, answer="handed_over")
    assert unseen.ask("goods", ref=REF, answer="kept")["error"] == "not_open"


def test_a_receipt_known_to_have_failed_does_not_block_after_a_restart(counter: Counter) -> None:
    counter.printer = False
    sale = counter.sale()
    counter.answer()
    assert counter.replies[sale]["receipt_state"] == "failed"
    counter.printer = True
    came_back(counter)
    counter.sale()
    counter.request("0200")


def test_keys_of_the_till_are_remembered(counter: Counter) -> None:
    first = counter.sale(key="till-9")
    counter.answer("51")
    came_back(counter)
    again = counter.sale(key="till-9")
    assert counter.replies[again]["ref"] == counter.replies[first]["ref"]
    assert counter.replies[again]["outcome"] == "declined"
    assert counter.line == []


def test_a_till_that_repeats_itself_before_the_terminal_has_looked_at_its_store_is_answered(counter: Counter) -> None:
    """Found by the simulator: the question joined a sale that the same step took back, and stayed without an answer."""
    counter.sale(key="till-1")
    counter.restart()
    again = counter.sale(key="till-1")  # in the very first step
    assert counter.attempt(REF).state == "reversing"
    assert counter.replies[again]["outcome"] == "unknown"


def test_a_sale_that_only_waited_was_never_sent_and_its_key_is_free(counter: Counter) -> None:
    counter.sale(key="first")
    counter.sale(key="second")
    came_back(counter)
    counter.answer(mti="0400")
    sale = counter.sale(key="second")
    counter.answer(mti="0200")
    assert counter.replies[sale]["outcome"] == "approved"


def test_the_store_on_disk_holds_no_card_data_in_the_clear(tmp_path: object) -> None:
    path = f"{tmp_path}/store.db"
    counter = Counter(path).open_for_business()
    counter.sale()
    counter.time_out()
    counter.step(after=TIMER)
    counter.store.execute("PRAGMA wal_checkpoint(PASSIVE)")
    for name in (path, f"{path}-wal"):
        with open(name, "rb") as file:
            data = file.read()
        assert PAN.encode() not in data
        assert TRACK.encode() not in data
        assert b"246810" not in data
