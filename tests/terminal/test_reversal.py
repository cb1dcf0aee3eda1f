"""The reversal: owed, sent first, tried again, closed by a believed 0410 and by nothing else."""

from __future__ import annotations

import pytest

from counterfoil.iso8583 import CUP_POS, Message, nested
from counterfoil.step import SECOND
from terminal.counter import MERCHANT, PAN, T1, T2, TIMER, TRACK, Counter

REF = f"{T1}/000001/000002"


@pytest.fixture
def counter() -> Counter:
    """A counter whose first sale got no answer: its 0400 is on the line."""
    counter = Counter(terminals=(T1, T2)).open_for_business()
    counter.sale()
    counter.time_out()
    return counter


def test_the_reversal_repeats_the_key_and_carries_no_secret(counter: Counter) -> None:
    flat = CUP_POS.flat(counter.request("0400"), reveal=True)
    flat.pop("64")
    assert flat == {
        "2": PAN,
        "3": "000000",
        "4": "000000001250",
        "11": "000002",
        "22": "021",
        "25": "00",
        "39": "98",
        "41": T1,
        "42": MERCHANT,
        "49": "156",
        "60": "22000001000",
    }


@pytest.mark.parametrize("code", ["00", "25"])
def test_a_believed_answer_closes_it(counter: Counter, code: str) -> None:
    counter.answer(code)
    attempt = counter.attempt(REF)
    assert (attempt.state, attempt.pan, attempt.due) == ("reversed", b"", 0)
    assert counter.receipts("notice") == [f"{T1}-000001-000002.notice.1"]
    assert "SALE NOT COMPLETED" in counter.printed[f"{T1}-000001-000002.notice.1"]
    assert counter.receipts() == []


@pytest.mark.parametrize("code", ["12", "94", "96", "30", "91"])
def test_any_other_code_leaves_it_pending(counter: Counter, code: str) -> None:
    counter.answer(code)
    assert counter.attempt(REF).state == "reversing"
    counter.wait()
    assert counter.request("0400").de11 == "000002"


def test_a_code_can_join_the_closing_ones_by_dialect_but_never_94() -> None:
    counter = Counter(closing_codes=frozenset({"00", "25", "12"})).open_for_business()
    counter.sale()
    counter.time_out()
    counter.answer("12")
    assert counter.newest().state == "reversed"
    with pytest.raises(ValueError, match="94 never"):
        Counter(closing_codes=frozenset({"00", "94"}))


@pytest.mark.parametrize("changes", [{"mac": "bad"}, {"mac": "none"}, {"de4": "000000000001"}])
def test_an_answer_that_cannot_be_believed_does_not_close_it(counter: Counter, changes: dict[str, str]) -> None:
    counter.answer(**changes)
    assert counter.attempt(REF).state == "reversing"


@pytest.mark.parametrize("code", ["A0", "77", "99"])
def test_it_signs_on_for_fresh_keys_and_sends_the_same_reversal(counter: Counter, code: str) -> None:
    before = counter.request("0400")
    old_key = counter.host.keys[T1]
    counter.receive(counter.host.answer(before, code))
    counter.answer(mti="0800")
    assert counter.host.keys[T1] != old_key
    again = counter.request("0400")
    assert again.copy(de64=None) == before.copy(de64=None)
    assert again.de64 != before.de64


def test_a_new_batch_does_not_change_the_reversal(counter: Counter) -> None:
    counter.receive(counter.host.answer(counter.request("0400"), "A0"))
    counter.host.batch[T1] = 7
    counter.answer(mti="0800")
    assert counter.request("0400").de60 == "22000001000"
    assert counter.station._lanes[T1].device.batch == "000007"


def test_an_unsigned_a0_makes_it_sign_on(counter: Counter) -> None:
    counter.answer("A0", mac="none")
    assert counter.request().mti == "0800"


def test_it_blocks_and_precedes_the_next_sale(counter: Counter) -> None:
    sale = counter.sale(amount=300)
    assert counter.request("0400").de11 == "000002"
    assert counter.line == []
    counter.receive(counter.host.answer(Message("0400", **_fields(counter))))
    assert counter.request("0200").de4 == "000000000300"
    assert sale not in counter.replies


def _fields(counter: Counter) -> dict[str, str]:
    attempt = counter.attempt(REF)
    return {
        "de3": "000000",
        "de4": f"{attempt.amount:012d}",
        "de11": attempt.stan,
        "de41": T1,
        "de42": MERCHANT,
        "de49": "156",
        "de60": "22000001000",
    }


def test_it_does_not_block_another_terminal(counter: Counter) -> None:
    sale = counter.sale(terminal=T2)
    counter.line.pop(0)
    counter.answer(mti="0200")
    assert counter.replies[sale]["outcome"] == "approved"


def test_the_display_says_auto_reversal_and_then_that_it_succeeded(counter: Counter) -> None:
    counter.answer()
    shown = [text["zh"] for text in counter.ask("status", terminal=T1)["terminals"][0]["display"]]
    assert shown[-2:] == ["自动冲正", "自动冲正成功"]


def test_three_tries_then_it_says_failed_and_waits_longer(counter: Counter) -> None:
    assert counter.time_out() != []
    assert counter.time_out() != []
    assert counter.time_out() == []
    state = counter.ask("status", terminal=T1)["terminals"][0]
    assert state["display"][-1]["zh"] == "冲正不成功 请与客服联系"
    assert state["phase"] == "reversal_pending"
    assert counter.attempt(REF).tries == 3
    assert "Reversal failed" in counter.printed[f"{T1}-000001-000002.fault.1"]
    assert counter.station.wakes_at() == counter.now + 2 * TIMER


def test_after_three_tries_without_an_answer_it_signs_on_and_goes_on_under_the_new_key(counter: Counter) -> None:
    """A host is silent to a reversal whose MAC it finds wrong: it may have other keys than this terminal."""
    before = counter.host.read(counter.line[0])
    counter.host.keys[T1] = counter.host.keys[T2]  # what the host holds is not what the terminal does
    for _ in range(3):
        counter.time_out()
    counter.wait()
    counter.answer(mti="0800")
    again = counter.request("0400")
    assert again.copy(de64=None) == before.copy(de64=None)
    counter.receive(counter.host.answer(again))
    assert counter.attempt(REF).state == "reversed"


@pytest.mark.parametrize("how", ["hang up", "garbage"])
def test_a_line_that_closes_or_a_message_nobody_can_read_is_no_answer_either(counter: Counter, how: str) -> None:
    for _ in range(3):
        if how == "hang up":
            counter.hang_up()
        else:
            counter.line.clear()
            counter.receive(b"\x60garbage")
        if not counter.line:
            counter.wait()
    assert counter.request().mti == "0800"


def test_an_answer_in_between_says_that_the_keys_are_right(counter: Counter) -> None:
    for _ in range(2):
        counter.time_out()
    counter.answer("96", mti="0400")
    counter.wait()
    counter.time_out()
    counter.wait()
    assert counter.request().mti == "0400"


def test_it_is_never_given_up(counter: Counter) -> None:
    for _ in range(30):
        counter.line.clear()
        counter.wait()
    assert counter.attempt(REF).state == "reversing"
    counter.line.clear()
    while not counter.wait():
        pass
    if counter.host.read(counter.line[0]).mti == "0800":
        counter.answer()
    counter.answer(mti="0400")
    assert counter.attempt(REF).state == "reversed"


def test_a_sale_during_the_pause_tries_again_at_once_and_is_not_sent_when_that_fails(counter: Counter) -> None:
    for _ in range(3):
        counter.time_out()
    sale = counter.sale()
    counter.answer(mti="0800")
    for _ in range(3):
        counter.request("0400")
        assert sale not in counter.replies
        counter.time_out()
    told = counter.replies[sale]
    assert (told["outcome"], told["ref"]) == ("not_sent", f"{T1}/000001/000004")
    assert "冲正" in told["cashier"]["zh"]
    assert [text["en"] for text in told["display"]][-1].startswith("Reversal failed")
    assert counter.attempt(told["ref"]).state == "not_sent"


def test_without_a_line_the_waiting_sale_is_told_at_once(counter: Counter) -> None:
    sale = counter.sale()
    counter.refuse()
    assert counter.replies[sale]["outcome"] == "not_sent"
    assert counter.attempt(REF).state == "reversing"
    assert counter.station.wakes_at() == counter.now + 5 * SECOND


def test_a_line_that_closes_on_it_is_a_try(counter: Counter) -> None:
    for _ in range(2):
        counter.hang_up()
        counter.wait()
    counter.hang_up()
    assert counter.station.wakes_at() == counter.now + 2 * TIMER


def test_a_late_approval_is_evidence_and_never_printed() -> None:
    counter = Counter().open_for_business()
    sale = counter.sale()
    late = counter.host.answer(counter.request("0200"))
    counter.time_out()
    counter.receive(late)
    assert counter.attempt(REF).state == "reversing"
    assert counter.attempt(REF).auth_code == "123456"
    assert counter.replies[sale]["outcome"] == "unknown"
    assert counter.receipts() == []
    assert "late answer" in [happened.what for happened in counter.stub(REF).history]
    counter.step(after=TIMER)
    assert [counter.host.read(send).de38 for send in counter.line][-1] == "123456"


def test_a_late_approval_after_the_reversal_is_evidence_too(counter: Counter) -> None:
    request = Message("0200", **_fields(counter))
    counter.answer()
    counter.receive(counter.host.answer(request))
    assert counter.attempt(REF).state == "reversed"
    assert counter.stub(REF).history[-1].what == "late answer"
    assert counter.receipts() == []


def test_news_that_the_sale_never_left_drops_the_reversal() -> None:
    counter = Counter().open_for_business()
    sale = counter.sale()
    send = counter.line[0]
    counter.time_out()
    counter.line = [send]
    assert counter.refuse() == []
    assert counter.attempt(REF).state == "not_sent"
    assert counter.replies[sale]["outcome"] == "unknown"
    assert (counter.station.wakes_at() or 0) > counter.now + 2 * TIMER  # nothing but the next day


def test_a_repeated_0410_is_harmless(counter: Counter) -> None:
    packet = counter.host.answer(counter.request("0400"))
    counter.receive(packet)
    assert counter.receive(packet) == []
    assert counter.attempt(REF).state == "reversed"


def test_garbage_instead_of_the_0410_is_a_try(counter: Counter) -> None:
    counter.line.clear()
    assert len(counter.receive(b"\x60garbage")) == 1
    assert counter.attempt(REF).tries == 2


def test_only_a_supervisor_can_take_it_away(counter: Counter) -> None:
    assert counter.ask("escalate", ref=REF)["error"] == "bad_request"
    assert counter.ask("escalate", ref=REF, operator=" ", reason="host gone")["error"] == "bad_request"
    assert counter.ask("escalate", ref="T0000001/000001/999999", operator="00", reason="x")["error"] == "unknown_sale"
    told = counter.ask("escalate", ref=REF, operator="00", reason="the host is gone")
    assert (told["state"], told["case"]) == ("escalated", "T-T0000001-000001-000002")
    assert "T-T0000001-000001-000002" in told["sentence"]["en"]
    assert counter.ask("escalate", ref=REF, operator="00", reason="again")["error"] == "not_pending"
    counter.line.pop(0)  # the reversal that nobody answered
    counter.answer(mti="0800")
    counter.sale()
    counter.request("0200")
    stub = counter.stub(REF)
    assert (stub.state, stub.case) == ("escalated", told["case"])
    assert stub.history[-1].message == {"reason": "the host is gone", "case": told["case"]}


def test_after_an_escalation_the_terminal_goes_on_in_another_batch(counter: Counter) -> None:
    """Its next request in the same batch would prove that it closed the sale (simulator, swarm 1000/123)."""
    counter.ask("escalate", ref=REF, operator="00", reason="the host is gone")
    counter.line.pop(0)
    request = counter.request("0800")
    assert nested.de60(request.de60).batch == "000000"
    counter.receive(counter.host.sign_on(request))  # this host knows no such batch and gives the same one again
    counter.sale()
    sold = counter.request("0200")
    assert (sold.de11, nested.de60(sold.de60).batch) == ("000004", "000001")


def test_the_track_is_nowhere_in_the_store(counter: Counter) -> None:
    dump = "\n".join(counter.store.query("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")[0])
    for (table,) in counter.store.query("SELECT name FROM sqlite_schema WHERE type = 'table'"):
        dump += repr(counter.store.query(f"SELECT * FROM {table}"))
    assert PAN not in dump
    assert PAN.encode() not in dump.encode()
    assert TRACK[len(PAN) + 5 :] not in dump


def test_without_a_line_it_dials_less_and_less_often_and_counts_no_try(counter: Counter) -> None:
    waits = []
    for _ in range(6):
        counter.refuse()
        wakes_at = counter.station.wakes_at()
        assert wakes_at is not None
        waits.append((wakes_at - counter.now) // SECOND)
        counter.wait()
    assert waits == [5, 10, 20, 40, 60, 60]
    counter.refuse()
    assert counter.attempt(REF).tries == 0
    counter.sale()
    counter.refuse()
    assert counter.station.wakes_at() == counter.now + 5 * SECOND
