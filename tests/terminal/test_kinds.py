"""Every kind × every break × what comes of it: silence owes the reversal of a request, and of an inquiry nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import pytest

from counterfoil.iso8583 import CUP_POS, Message, framing
from counterfoil.kinds import BY_NAME, PURCHASE, TABLE, Kind, Mode, Needs
from counterfoil.step import Send
from counterfoil.terminal import sayings, sentences
from terminal.counter import BALANCES, MERCHANT, PAN, T1, TIMER, TRACK, Counter

KINDS = pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.name)
WITH_ORIGINAL: Final = [kind for kind in TABLE if kind.original is not None]
REF: Final = f"{T1}/000001/000002"
OTHER: Final = "6299991000000021"


def prepared(kind: Kind, **settings: Any) -> tuple[Counter, dict[str, Any]]:
    """A counter, and what the kind needs: its original stands."""
    counter = Counter(**settings).open_for_business()
    if kind.original is None:
        return counter, {}
    counter.start(kind.original.of[0])
    counter.answer()
    assert counter.newest().state == "closed"
    return counter, {"original": REF}


def time_out(counter: Counter) -> None:
    counter.time_out()


def hang_up(counter: Counter) -> None:
    counter.hang_up()


def answered(code: str = "00", **changes: Any) -> Callable[[Counter], None]:
    def act(counter: Counter) -> None:
        counter.answer(code, **changes)

    return act


def other_amount(counter: Counter) -> None:
    counter.answer(de4="000000000001")


def garbage(counter: Counter) -> None:
    counter.line.clear()
    counter.receive(b"garbage")


def restart(counter: Counter) -> None:
    counter.restart()
    counter.step()
    counter.answer(mti="0800")


def cancel(counter: Counter) -> None:
    counter.line.clear()
    counter.tell("cancel", terminal=T1)


def not_sent(counter: Counter) -> None:
    counter.refuse()


def late(counter: Counter) -> None:
    packet = counter.host.answer(counter.request())
    counter.step(after=TIMER)
    counter.receive(packet)


class Break(NamedTuple):
    """What happens to the request, and the state of a request and of an inquiry after it."""

    name: str
    happens: Callable[[Counter], None]
    request: str
    inquiry: str


BREAKS: Final = (
    Break("nothing", answered(), "closed", "closed"),
    Break("a definite no", answered("51"), "declined", "declined"),
    Break("issuer timeout", answered("98"), "declined", "declined"),
    Break("the answer is lost", time_out, "reversing", "lapsed"),
    Break("the line closes", hang_up, "reversing", "lapsed"),
    Break("the answer has a bad MAC", answered(mac="bad"), "reversing", "lapsed"),
    Break("the answer has no MAC", answered(mac="none"), "reversing", "lapsed"),
    Break("a no with a bad MAC", answered("51", mac="bad"), "reversing", "lapsed"),
    Break("94", answered("94"), "reversing", "lapsed"),
    Break("40", answered("40"), "reversing", "lapsed"),
    Break("another amount", other_amount, "reversing", "lapsed"),
    Break("another processing code", answered(de3="990000"), "reversing", "lapsed"),
    Break("another merchant", answered(de42="9" * 15), "reversing", "lapsed"),
    Break("garbage", garbage, "reversing", "lapsed"),
    Break("a restart", restart, "reversing", "lapsed"),
    Break("the cashier cancels", cancel, "reversing", "lapsed"),
    Break("nothing left", not_sent, "not_sent", "not_sent"),
    Break("the answer is late", late, "reversing", "lapsed"),
)
OUTCOMES: Final = {"closed": "approved", "declined": "declined", "not_sent": "not_sent"}


@KINDS
@pytest.mark.parametrize("broken", BREAKS, ids=[one.name for one in BREAKS])
def test_what_comes_of_a_break(kind: Kind, broken: Break) -> None:
    counter, original = prepared(kind)
    asked = counter.start(kind.name, **original)
    broken.happens(counter)
    attempt, expected = counter.newest(), broken.inquiry if kind.mode is Mode.INQUIRY else broken.request
    assert (attempt.kind, attempt.original, attempt.state) == (kind.name, original.get("original", ""), expected)
    told = counter.replies.get(asked)
    if told is not None:  # a restart answers nobody
        assert told["outcome"] == OUTCOMES.get(expected, "unknown")
        assert (told["kind"], told["original"]) == (kind.name, original.get("original", ""))
    reversals = [send for send in counter.line if counter.host.read(send).mti == "0400"]
    assert len(reversals) == (expected == "reversing")
    if reversals:
        counter.answer(mti="0400")
        assert counter.newest().state == "reversed"
    assert counter.newest().pan == b""  # nothing is owed, so the number is gone
    counter.sale()  # and the terminal takes the next one
    assert counter.request().mti == PURCHASE.wire.mti
    if kind.mode is Mode.INQUIRY:
        sent = [CUP_POS.decode(framing.split_cup(one.data).body).mti for one in counter.said if isinstance(one, Send)]
        assert "0400" not in sent


@KINDS
def test_a_request_is_spelt_as_its_kind_is(kind: Kind) -> None:
    counter, original = prepared(kind)
    counter.start(kind.name, **original)
    sent = CUP_POS.flat(counter.request(), reveal=True)
    pin = {"26": "12", "53": "2600000000000000"} if Needs.PIN in kind.needs else {}
    amount = {"4": "000000001250"} if kind.movements else {}
    refers: dict[str, str] = {}
    if kind.original is not None:
        first = counter.attempt(REF)
        refers = {"38": first.auth_code, "61": f"{first.batch}{first.stan}"}
        refers |= {"37": first.rrn} if kind.original.same_batch else {"61": f"{refers['61']}0314"}
    stan = "000003" if original else "000002"
    expected = {
        "3": kind.wire.processing,
        "11": stan,
        "22": "021" if pin else "022",
        "25": kind.wire.condition,
        "35": TRACK.replace("=", "D"),
        "41": T1,
        "42": MERCHANT,
        "49": "156",
        "60": f"{kind.wire.type}000001000",
        **amount,
        **pin,
        **refers,
    }
    assert {number: value for number, value in sent.items() if number not in {"52", "64"}} == expected
    assert ("52" in sent) == bool(pin)


@pytest.mark.parametrize("kind", [kind for kind in TABLE if kind.mode is Mode.REQUEST], ids=lambda kind: kind.name)
def test_a_reversal_is_that_of_its_request(kind: Kind) -> None:
    counter, original = prepared(kind)
    counter.start(kind.name, **original)
    request = counter.request()
    counter.step(after=TIMER)
    reversal = counter.request("0400")
    same = ("de3", "de4", "de11", "de25", "de41", "de42", "de49", "de60", "de61")
    assert {name: getattr(reversal, name) for name in same} == {name: getattr(request, name) for name in same}
    assert (reversal.de2, reversal.de35, reversal.de37, reversal.de38, reversal.de39) == (PAN, None, None, None, "98")


def test_a_pending_reversal_goes_before_a_balance_inquiry_of_another_card() -> None:
    counter = Counter().open_for_business()
    counter.sale()
    counter.time_out()
    asked = counter.start("balance", card={"pan": OTHER, "track2": f"{OTHER}=30122011234500000"})
    assert [counter.host.read(send).mti for send in counter.line] == ["0400"]
    assert counter.station._lanes[T1].display[-1] == sentences.AUTO_REVERSAL
    counter.answer(mti="0400")
    shown = counter.station._lanes[T1].display
    assert shown[-3:] == (sentences.AUTO_REVERSAL, sentences.REVERSAL_DONE, sentences.ASKING)
    assert (sentences.AUTO_REVERSAL.zh, sentences.REVERSAL_DONE.zh) == ("自动冲正", "自动冲正成功")
    request = counter.request()
    assert (request.mti, request.de3, request.de4) == ("0200", BY_NAME["balance"].wire.processing, None)
    counter.receive(counter.host.answer(request))
    assert counter.replies[asked]["outcome"] == "approved"


# --- balances ---------------------------------------------------------------------------------------------------------


def test_a_balance_is_shown_and_told_and_on_no_paper() -> None:
    counter = Counter().open_for_business()
    asked = counter.start("balance")
    counter.answer()
    told = counter.replies[asked]
    assert told["balances"] == [
        {"type": "ledger", "currency": "CNY", "amount": 12345},
        {"type": "available", "currency": "CNY", "amount": 10000},
    ]
    assert [line["en"] for line in told["display"]][-2:] == [
        "Ledger balance RMB 123.45",
        "Available balance RMB 100.00",
    ]
    assert (told["receipt"], counter.printed, told["amount"]) == ("", {}, 0)
    assert [one._asdict() for one in counter.stub(told["ref"]).balances] == told["balances"]
    assert counter.ask("receipt", ref=told["ref"])["error"] == "no_receipt"


def test_a_balance_slip_is_printed_when_it_is_asked_for() -> None:
    counter = Counter().open_for_business()
    asked = counter.start("balance", print=True)
    counter.answer()
    assert list(counter.printed) == [f"{T1}-000001-000002.cardholder.1"]
    paper = counter.printed[f"{T1}-000001-000002.cardholder.1"]
    assert "BALANCE SLIP" in paper
    assert "RMB 123.45" in paper
    assert "SIGNATURE" not in paper
    assert counter.replies[asked]["receipt"] == paper


@pytest.mark.parametrize("printer", [False, None])
def test_a_balance_slip_that_does_not_come_out_holds_nothing_up(printer: bool | None) -> None:
    counter = Counter().open_for_business()
    counter.printer = printer
    asked = counter.start("balance", print=True)
    counter.answer()
    if printer is None:
        counter.wait()
    assert counter.replies[asked]["outcome"] == "approved"
    assert counter.newest().state == "closed"
    counter.sale()
    assert counter.request().de4


@pytest.mark.parametrize(
    "de54",
    [
        None,
        "",
        BALANCES[:-1],
        BALANCES.replace("C0", "X0", 1),
        BALANCES.replace("156", "999"),
        BALANCES.replace("2001", "2040").replace("2002", "2041"),
        "20A2156C000000010000",
    ],
)
def test_a_strange_de54_is_no_usable_answer(de54: str | None) -> None:
    counter = Counter().open_for_business()
    asked = counter.start("balance")
    counter.answer(de54=de54)
    told = counter.replies[asked]
    assert (told["outcome"], told["state"], told["balances"]) == ("unknown", "lapsed", [])
    assert counter.newest().cause == "differs:54"
    assert counter.line == []


def test_a_balance_below_zero_is_told_as_owed() -> None:
    counter = Counter().open_for_business()
    asked = counter.start("balance")
    counter.answer(de54="2002156D000000000250")
    assert counter.replies[asked]["balances"] == [{"type": "available", "currency": "CNY", "amount": -250}]


# --- what is said -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", WITH_ORIGINAL, ids=lambda kind: kind.name)
@pytest.mark.parametrize("code", ["12", "22", "25", "64", "91", "98", "05"])
def test_a_refusal_of_what_has_an_original_offers_no_other_way_to_pay(kind: Kind, code: str) -> None:
    counter, original = prepared(kind)
    asked = counter.start(kind.name, **original)
    counter.answer(code)
    told = counter.replies[asked]
    said = [told[who][language] for who in ("sentence", "cashier") for language in ("en", "zh")]
    assert not [one for one in said if "another way" in one or "another card" in one or "其他方式" in one or "{" in one]
    assert f"({code})" in told["cashier"]["en"]


@KINDS
def test_no_place_in_what_is_said_is_left_open(kind: Kind) -> None:
    said = sayings.OF[kind.name]._asdict()
    texts = [*said.pop("not_sent").values(), *(one for one in said.values() if not isinstance(one, str))]
    for text in texts:
        filled = text.filled(amount="1", other="2", case="3")
        flat = filled if isinstance(filled[0], str) else [half for one in filled for half in one]
        assert all(one and "{" not in one and "  " not in one for one in flat)


@KINDS
def test_a_slip_that_does_not_come_out_leaves_what_stands(kind: Kind) -> None:
    counter, original = prepared(kind)
    counter.printer = False
    asked = counter.start(kind.name, **original)
    counter.answer()
    told = counter.replies[asked]
    assert told["outcome"] == "approved"
    assert counter.newest().state == ("approved" if kind.mode is Mode.REQUEST else "closed")
    if kind.mode is Mode.REQUEST and not kind.pays:
        assert told["display"][-1] == sayings.OF[kind.name].pending.both()


@KINDS
def test_the_goods_are_asked_about_only_where_goods_were_paid_for(kind: Kind) -> None:
    counter, original = prepared(kind)
    counter.printer = None
    counter.start(kind.name, **original)
    counter.answer()
    counter.restart()
    counter.step()
    counter.answer(mti="0800")
    asks = counter.ask("last", terminal=T1)["open_sale"]
    assert asks is (kind.total == "debit")
    if not asks:
        counter.sale()
        assert counter.request().de4 == "000000001250"


# --- paper ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "line"),
    [("void", "ORIGINAL VOUCHER"), ("preauth_void", "ORIGINAL AUTH NO"), ("completion", "ORIGINAL AUTH NO")],
)
def test_a_slip_names_the_original(name: str, line: str) -> None:
    counter, original = prepared(BY_NAME[name])
    counter.start(name, **original)
    counter.answer()
    paper = counter.printed[f"{T1}-000001-000003.merchant.1"]
    first = counter.attempt(REF)
    value = first.stan if line == "ORIGINAL VOUCHER" else first.auth_code
    assert [row.split()[-1] for row in paper.splitlines() if row.startswith(line)] == [value]
    assert "SIGNATURE" in paper  # nobody was asked for a PIN


def test_the_notice_of_a_void_that_fell_does_not_say_that_one_may_pay_again() -> None:
    counter, original = prepared(BY_NAME["void"])
    counter.start("void", **original)
    counter.time_out()
    counter.answer(mti="0400")
    paper = " ".join(counter.printed[f"{T1}-000001-000003.notice.1"].split())
    assert "VOID NOT COMPLETED" in paper
    assert "your payment of RMB 12.50" in paper
    assert "pay again" not in paper


# --- the printer ------------------------------------------------------------------------------------------------------


@KINDS
def test_only_what_takes_from_a_card_waits_for_a_printer(kind: Kind) -> None:
    counter, original = prepared(kind, paper="required", printer=True)
    counter.printer = None
    counter.start(kind.name, **original)
    assert (counter.line == []) is kind.takes


def test_what_gives_back_goes_on_when_the_printer_is_not_ready() -> None:
    counter, original = prepared(BY_NAME["void"], paper="required", printer=True)
    counter.printer = None
    sold, voided = counter.sale(), counter.start("void", **original)
    counter.printer = False
    counter.wait()
    assert counter.replies[sold]["outcome"] == "not_sent"
    counter.printer = True
    counter.answer()
    assert counter.replies[voided]["outcome"] == "approved"


def test_a_message_without_a_kind_is_a_purchase() -> None:
    counter = Counter().open_for_business()
    counter.sale(key="k")
    assert counter.newest().kind == PURCHASE.name
    assert counter.newest().content.count(" ") == 5
    request: Message = counter.request()
    counter.receive(counter.host.answer(request))
    assert counter.replies[counter.sale(key="k", kind=PURCHASE.name)]["outcome"] == "approved"
