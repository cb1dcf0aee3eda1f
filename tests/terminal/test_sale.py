"""One sale on one terminal: what leaves, what is believed, and what the till hears."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import pytest

from counterfoil.iso8583 import CUP_POS
from counterfoil.security import luhn_digit
from counterfoil.step import SECOND, Perform, Reply, Send
from counterfoil.terminal import Settings
from terminal.counter import MERCHANT, PAN, PIN, T1, TIMER, TRACK, Counter


@pytest.fixture
def counter() -> Counter:
    return Counter().open_for_business()


def test_an_approved_sale_is_printed_closed_and_told(counter: Counter) -> None:
    sale = counter.sale()
    assert counter.newest().state == "sent"
    counter.answer()
    told = counter.replies[sale]
    assert told["outcome"] == "approved"
    assert told["ref"] == f"{T1}/000001/000002"
    assert (told["stan"], told["terminal"], told["response_code"]) == ("000002", T1, "00")
    assert told["rrn"].startswith("6073")
    assert told["sentence"]["en"].startswith("You have paid")
    assert told["cashier"]["en"].startswith("Approved")
    assert "CARDHOLDER COPY" in told["receipt"]
    assert PAN[:6] not in told["receipt"]
    assert counter.newest().state == "closed"
    assert counter.newest().pan == b""
    assert sorted(counter.printed) == [f"{T1}-000001-000002.cardholder.1", f"{T1}-000001-000002.merchant.1"]


def test_the_request_is_what_the_reference_says(counter: Counter) -> None:
    counter.sale()
    request = counter.request("0200")
    flat = CUP_POS.flat(request, reveal=True)
    assert {number: flat[number] for number in flat if number not in {"52", "64"}} == {
        "3": "000000",
        "4": "000000001250",
        "11": "000002",
        "22": "021",
        "25": "00",
        "26": "12",
        "35": TRACK.replace("=", "D"),
        "41": T1,
        "42": MERCHANT,
        "49": "156",
        "53": "2600000000000000",
        "60": "22000001000",
    }
    pik, _ = counter.host.keys[T1]
    assert request.de52 == counter.host.hsm.encrypt_pin(pik, PIN, PAN)


def test_without_a_pin_no_pin_field_leaves(counter: Counter) -> None:
    counter.sale(pin=None)
    request = counter.request("0200")
    assert (request.de22, request.de26, request.de52, request.de53) == ("022", None, None, "0600000000000000")


MAY_TYPE: dict[str, Any] = {"typed": frozenset({MERCHANT})}
NUMBER = PAN[:-1] + luhn_digit(PAN[:-1])
TYPED: dict[str, Any] = {"card": {"pan": NUMBER, "expiry": "3012"}, "entry": "typed"}


@pytest.mark.parametrize(("pin", "mode"), [(PIN, "011"), (None, "012")])
def test_a_typed_number_leaves_as_one_without_a_stripe(pin: str | None, mode: str) -> None:
    counter = Counter(**MAY_TYPE).open_for_business()
    sale = counter.sale(**TYPED, pin=pin)
    request = counter.request("0200")
    assert (request.de22, request.de2, request.de14, request.de35) == (mode, NUMBER, "3012", None)
    assert (request.de52 is None) is (pin is None)
    counter.receive(counter.host.answer(request, "00"))
    assert counter.replies[sale]["outcome"] == "approved"
    assert counter.newest().entry == mode
    assert f"{NUMBER[-4:]} M" in counter.printed[f"{T1}-000001-000002.merchant.1"]


def test_a_typed_number_leaves_nothing_where_the_merchant_may_not_type(counter: Counter) -> None:
    told = counter.replies[counter.sale(**TYPED, key="k")]
    assert told["error"] == "typed_not_allowed"
    assert "may not type" in told["message"]["en"]
    assert "不得手工输入" in told["message"]["zh"]
    assert counter.line == []
    assert counter.store.query("SELECT count(*) FROM attempt") == [(0,)]
    counter.sale(key="k")  # and the key is free for a swipe
    assert counter.request("0200").de22 == "021"


@pytest.mark.parametrize(
    ("card", "detail"),
    [
        ({"pan": NUMBER}, "expiry"),
        ({"pan": NUMBER, "expiry": "3013"}, "expiry"),
        ({"pan": NUMBER, "expiry": "12/30"}, "expiry"),
        ({"pan": NUMBER, "expiry": 3012}, "expiry"),
        ({"expiry": "3012"}, "card"),
        ({"pan": PAN, "expiry": "3012"}, "card"),
        ({"pan": f" {NUMBER}", "expiry": "3012"}, "card"),
        ({"pan": NUMBER, "expiry": "3012", "track2": TRACK}, "card"),
    ],
)
def test_a_typed_card_is_a_number_and_a_date_and_nothing_else(card: dict[str, Any], detail: str) -> None:
    counter = Counter(**MAY_TYPE).open_for_business()
    told = counter.replies[counter.sale(card=card, entry="typed")]
    assert told["error"] == "bad_request"
    assert detail in told["message"]["en"]
    assert counter.line == []


def test_swiped_and_typed_are_two_sales_under_one_key() -> None:
    counter = Counter(**MAY_TYPE).open_for_business()
    counter.sale(key="k")
    counter.answer()
    assert counter.replies[counter.sale(**TYPED, key="k")]["error"] == "key_reused"


def test_the_reversal_of_a_typed_sale_says_how_the_card_came_in() -> None:
    counter = Counter(**MAY_TYPE).open_for_business()
    counter.sale(**TYPED)
    counter.time_out()
    reversal = counter.request("0400")
    assert (reversal.de22, reversal.de2, reversal.de35) == ("011", NUMBER, None)


def test_the_attempt_is_on_disk_before_the_request_is_said(counter: Counter) -> None:
    said: list[Any] = []
    write = counter.station._records.write

    def spy(written: Any) -> None:
        said.append("commit")
        write(written)

    counter.station._records.write = spy  # type: ignore[method-assign]
    counter.sale()
    assert said == ["commit"]
    assert counter.attempt(f"{T1}/000001/000002").pan != b""
    send = counter.line[0]
    assert (send.link, send.conn, send.before) == ("switch", T1, counter.now + TIMER)


def test_a_decline_under_a_valid_mac_is_final(counter: Counter) -> None:
    sale = counter.sale()
    assert counter.answer("51") == []
    told = counter.replies[sale]
    assert (told["outcome"], told["response_code"], told["receipt"]) == ("declined", "51", "")
    assert "余额不足" in told["sentence"]["zh"]
    assert counter.newest().state == "declined"
    assert counter.printed == {}


@pytest.mark.parametrize("code", ["00", "10", "11", "A2", "A4", "A5", "A6"])
def test_every_approval_code_approves(counter: Counter, code: str) -> None:
    sale = counter.sale()
    counter.answer(code)
    assert counter.replies[sale]["outcome"] == "approved"


def test_a_request_that_never_left_drops_its_reversal(counter: Counter) -> None:
    sale = counter.sale()
    assert counter.refuse() == []
    assert counter.replies[sale]["outcome"] == "not_sent"
    assert counter.newest().state == "not_sent"
    counter.sale()
    counter.request("0200")


def test_silence_is_unknown_and_owes_a_reversal_at_once(counter: Counter) -> None:
    sale = counter.sale()
    sent = counter.time_out()
    told = counter.replies[sale]
    assert told["outcome"] == "unknown"
    assert told["cashier"]["zh"].startswith("未收到有效应答")
    assert [counter.host.read(send).mti for send in sent] == ["0400"]
    assert counter.newest().reason == "98"


def test_an_answer_that_came_before_the_deadline_wins_over_it(counter: Counter) -> None:
    sale = counter.sale()
    packet = counter.host.answer(counter.request())
    counter.now += TIMER
    counter.receive(packet)
    assert counter.replies[sale]["outcome"] == "approved"


@pytest.mark.parametrize(
    ("case", "code", "changes", "reason"),
    [
        ("approval with a bad MAC", "00", {"mac": "bad"}, "A0"),
        ("approval without a MAC", "00", {"mac": "none"}, "A0"),
        ("decline with a bad MAC", "51", {"mac": "bad"}, "A0"),
        ("decline without a MAC", "51", {"mac": "none"}, "A0"),
        ("94, although authentic", "94", {}, "06"),
        ("30, although authentic", "30", {}, "06"),
        ("03, although authentic", "03", {}, "06"),
        ("40, although authentic", "40", {}, "06"),
        ("97, although authentic", "97", {}, "06"),
        ("A7, although authentic", "A7", {}, "06"),
        ("approval of another amount", "00", {"de4": "000000001251"}, "06"),
        ("approval of another amount as a partial one", "10", {"de4": "000000000100"}, "06"),
        ("approval of another transaction", "00", {"de3": "200000"}, "06"),
        ("approval for another merchant", "00", {"de42": "103000058140002"}, "06"),
        ("approval without its amount", "00", {"de4": None}, "06"),
        ("decline of another amount", "51", {"de4": "000000001251"}, "06"),
    ],
)
def test_what_cannot_be_believed_owes_a_reversal(
    counter: Counter, case: str, code: str, changes: dict[str, Any], reason: str
) -> None:
    sale = counter.sale()
    counter.answer(code, **changes)
    assert counter.replies[sale]["outcome"] == "unknown", case
    assert counter.newest().state == "reversing"
    assert counter.request("0400").de39 == reason
    assert counter.printed == {}


@pytest.mark.parametrize("changes", [{"de11": "000099"}, {"de41": "T0000002"}, {"mti": "0230"}])
def test_an_answer_to_something_else_changes_nothing(counter: Counter, changes: dict[str, Any]) -> None:
    counter.sale()
    request = counter.request()
    counter.host.keys["T0000002"] = counter.host.keys[T1]
    if "mti" in changes:
        request = request.copy()
        request.mti, changes = "0220", {}
    assert counter.receive(counter.host.answer(request, **changes)) == []
    assert counter.newest().state == "sent"


def test_a_decline_may_leave_out_what_it_does_not_know(counter: Counter) -> None:
    sale = counter.sale()
    counter.answer("91", de3=None, de4=None, de42=None)
    assert counter.replies[sale]["outcome"] == "declined"


def test_an_authentic_a0_decides_nothing_and_the_reversal_goes_under_fresh_keys(counter: Counter) -> None:
    """It may be said of a damaged copy of the request, while the intact one is approved."""
    sale = counter.sale()
    counter.answer("A0")
    assert counter.replies[sale]["outcome"] == "unknown"
    counter.answer(mti="0800")
    assert counter.request("0400").de39 == "06"


def test_garbage_instead_of_the_answer_owes_a_reversal(counter: Counter) -> None:
    sale = counter.sale()
    counter.line.clear()
    sent = counter.receive(b"\x60\x00\x00\x00\x03garbage")
    assert counter.replies[sale]["outcome"] == "unknown"
    assert counter.host.read(sent[0]).de39 == "A0"


@pytest.mark.parametrize("packet", [b"", b"\x00", b"\x60" * 9, bytes(300), b"HTTP/1.1 400 Bad Request"])
def test_garbage_on_an_idle_line_is_evidence_only(counter: Counter, packet: bytes) -> None:
    assert counter.receive(packet) == []
    sale = counter.sale()
    counter.answer()
    assert counter.replies[sale]["outcome"] == "approved"


def test_a_line_that_closes_on_the_answer_owes_a_reversal(counter: Counter) -> None:
    sale = counter.sale()
    sent = counter.hang_up()
    assert counter.replies[sale]["outcome"] == "unknown"
    assert counter.host.read(sent[0]).de39 == "98"
    assert counter.hang_up() == []


def test_sales_wait_for_their_turn(counter: Counter) -> None:
    first, second, third = counter.sale(), counter.sale(amount=100), counter.sale(amount=200)
    assert len(counter.line) == 1
    counter.answer()
    assert first in counter.replies
    assert second not in counter.replies
    counter.answer("51")
    counter.answer()
    assert [counter.replies[one]["outcome"] for one in (first, second, third)] == ["approved", "declined", "approved"]
    assert [counter.replies[one]["stan"] for one in (first, second, third)] == ["000002", "000003", "000004"]


def test_the_queue_is_bounded() -> None:
    counter = Counter(queue=2).open_for_business()
    counter.sale()
    counter.sale()
    counter.sale()
    assert counter.replies[counter.sale()]["error"] == "busy"


def test_the_host_can_ask_for_a_sign_on_after_the_sale(counter: Counter) -> None:
    sale = counter.sale()
    counter.answer(header="603103311300")
    assert counter.replies[sale]["outcome"] == "approved"
    assert counter.request().mti == "0800"


def test_nothing_is_said_but_replies_sends_and_prints(counter: Counter) -> None:
    counter.sale()
    counter.answer()
    assert {type(item) for item in counter.said} == {Reply, Send, Perform}


@pytest.mark.parametrize(
    ("here", "host", "printed"),
    [
        ("2026-01-01T00:00:05", "1231", "2025/12/31"),
        ("2026-12-31T23:59:58", "0101", "2027/01/01"),
        ("2026-03-14T12:00:00", "0313", "2026/03/13"),
    ],
)
def test_the_host_date_gets_the_nearest_year(counter: Counter, here: str, host: str, printed: str) -> None:
    counter.now = int(datetime.fromisoformat(f"{here}+08:00").timestamp()) * SECOND
    sale = counter.sale()
    counter.answer(de13=host)
    assert f"{printed} 12:01:02" in counter.replies[sale]["receipt"]


def test_without_a_host_date_the_terminal_prints_its_own(counter: Counter) -> None:
    sale = counter.sale()
    counter.answer(de12=None, de13=None)
    assert "2026/03/14 12:00:00" in counter.replies[sale]["receipt"]


def test_an_unsigned_a0_owes_a_reversal_and_wants_a_sign_on_first(counter: Counter) -> None:
    sale = counter.sale()
    counter.answer("A0", mac="none")
    assert counter.replies[sale]["outcome"] == "unknown"
    counter.answer(mti="0800")
    assert counter.request("0400").de39 == "A0"


@pytest.mark.parametrize("name", ["timer", "tries", "queue"])
def test_settings_that_make_no_sense_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        msgspec.structs.replace(Settings(), **{name: 0})
