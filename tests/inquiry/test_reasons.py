"""`why` names the hop and the reason that a station wrote down: one case for every way in which a sale can fail.

The terminal stands on its real store before a scripted host; the town is every real station.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple
from unittest.mock import patch

import msgspec
import pytest

from counterfoil.inquiry import Search, finding, search
from counterfoil.iso8583 import framing
from counterfoil.step import HOUR, Command, Perform, Performed
from counterfoil.terminal import causes
from counterfoil.terminal.lifecycle import CAUSES, REASONS
from counterfoil.terminal.sentences import TROUBLES
from counterfoil.transaction import SwitchStub, TerminalStub, parse_ref
from counterfoil.verdict import Finding, judge
from counterfoil.verdict.names import NO_RECORD, VERDICTS, absent, hop
from counterfoil.verdict.reasons import NOT_SENT, OWED, SILENCE, cause_of, printer_word, why_not_sent
from forgotten.town import Town
from inquiry.story import deaf
from inquiry.world import World
from terminal.counter import T1, Counter


class Way(NamedTuple):
    """How a sale came to its end at a terminal, and what `why` must say: the cause, the place, and words of both."""

    play: Callable[[], tuple[Counter, str]]
    cause: str
    where: tuple[int, str]
    en: str
    zh: str


def shop(**settings: Any) -> Counter:
    return Counter(**settings).open_for_business()


def sent(counter: Counter, **more: Any) -> str:
    """A sale whose request is out."""
    counter.sale(**more)
    return counter.newest().ref


def no_line() -> tuple[Counter, str]:
    counter = shop()
    ref = sent(counter)
    counter.refuse()
    return counter, ref


def no_line_for_the_sign_on() -> tuple[Counter, str]:
    counter = Counter()
    counter.sale()
    counter.refuse()
    return counter, counter.newest().ref


def sign_on(**how: Any) -> tuple[Counter, str]:
    counter = Counter()
    counter.sale()
    counter.receive(counter.host.sign_on(counter.request("0800"), **how))
    return counter, counter.newest().ref


def silent_sign_on() -> tuple[Counter, str]:
    counter = Counter()
    counter.sale()
    counter.time_out()
    return counter, counter.newest().ref


def older_reversal() -> tuple[Counter, str]:
    counter = shop(tries=1)
    sent(counter)
    counter.time_out()
    counter.sale(amount=99)
    counter.time_out()
    return counter, counter.newest().ref


def older_reversal_without_a_line() -> tuple[Counter, str]:
    counter = shop()
    sent(counter)
    counter.time_out()
    counter.sale(amount=99)
    counter.refuse()
    return counter, counter.newest().ref


def printer_says(trouble: str) -> Callable[[], tuple[Counter, str]]:
    def play() -> tuple[Counter, str]:
        counter = shop(printer=True, paper="required")
        counter.printer = None
        counter.sale()
        name = next(one.name for one in counter.said[::-1] if isinstance(one, Perform) and one.kind == "printer")
        counter.step(Performed("printer", name, False, trouble))
        return counter, counter.newest().ref

    return play


def printer_is_mute() -> tuple[Counter, str]:
    counter = shop(printer=True, paper="required")
    counter.printer = None
    counter.sale()
    counter.wait()
    return counter, counter.newest().ref


def cancelled_before() -> tuple[Counter, str]:
    counter = shop(printer=True, paper="required")
    counter.printer = None
    counter.sale()
    counter.ask("cancel", terminal=T1)
    return counter, counter.newest().ref


def cancelled_while_waiting() -> tuple[Counter, str]:
    counter = shop()
    ref = sent(counter)
    counter.ask("cancel", terminal=T1)
    return counter, ref


def cancelled_and_then_no_line() -> tuple[Counter, str]:
    counter = shop()
    ref = sent(counter)
    sale = counter.line[0]
    counter.ask("cancel", terminal=T1)
    counter.line.insert(0, sale)
    counter.refuse()
    return counter, ref


def restarted_before_the_answer() -> tuple[Counter, str]:
    counter = shop()
    ref = sent(counter)
    counter.restart()
    counter.step()
    return counter, ref


def goods_kept() -> tuple[Counter, str]:
    counter = shop()
    counter.printer = None
    ref = sent(counter)
    counter.answer(mti="0200")
    counter.restart()
    counter.open_for_business()
    counter.ask("goods", ref=ref, answer="kept")
    return counter, ref


def answered(**how: Any) -> Callable[[], tuple[Counter, str]]:
    def play() -> tuple[Counter, str]:
        counter = shop()
        ref = sent(counter)
        counter.answer(mti="0200", **how)
        return counter, ref

    return play


def garbage() -> tuple[Counter, str]:
    counter = shop()
    ref = sent(counter)
    counter.receive(framing.join_cup(bytes.fromhex("6000000003"), bytes.fromhex("603100311300"), b"\x02\x10\xff"))
    return counter, ref


def nothing_came() -> tuple[Counter, str]:
    counter = shop()
    ref = sent(counter)
    counter.time_out()
    return counter, ref


def line_closed() -> tuple[Counter, str]:
    counter = shop()
    ref = sent(counter)
    counter.hang_up()
    return counter, ref


def paid_elsewhere() -> tuple[Counter, str]:
    counter = Counter(terminals=(T1, "T0000002")).open_for_business()
    counter.sale(key="a")
    first = counter.newest().ref
    counter.refuse()  # not sent: the key is free again
    again = sent(counter, key="a", retry_of=first)
    counter.sale(terminal="T0000002", retry_of=first)
    one, two = counter.request("0200"), counter.request("0200")
    counter.receive(counter.host.answer(two), "T0000002")
    counter.receive(counter.host.answer(one))
    return counter, again


def escalated_after_a_restart() -> tuple[Counter, str]:
    counter, ref = restarted_before_the_answer()
    counter.ask("escalate", ref=ref, operator="99", reason="the customer cannot wait")
    return counter, ref


WAYS: Final = {
    "no line": Way(no_line, "line", (1, "terminal → switch"), "could not reach the switch", "无法连接交换中心"),
    "no line for the sign-on": Way(
        no_line_for_the_sign_on, "line", (1, "terminal → switch"), "could not reach the switch", "无法连接交换中心"
    ),
    "sign-on refused": Way(
        lambda: sign_on(code="97"), "sign_on:97", (0, "switch"), "refused the terminal's sign-on with 97", "以 97 拒绝"
    ),
    "sign-on with wrong keys": Way(
        lambda: sign_on(spoil=True), "sign_on:keys", (0, "terminal"), "could not take the keys", "无法接受签到"
    ),
    "sign-on unanswered": Way(
        silent_sign_on, "sign_on:unanswered", (1, "terminal → switch"), "did not answer", "未应答终端的签到"
    ),
    "an older reversal": Way(
        older_reversal, "reversal:T0000001/000001/000002", (0, "terminal"), "T0000001/000001/000002", "上一笔交易 T0"
    ),
    "an older reversal, and no line": Way(
        older_reversal_without_a_line, "line", (1, "terminal → switch"), "could not reach", "无法连接"
    ),
    "no paper": Way(printer_says("paper_out"), "printer", (0, "terminal"), "(paper out)", "（缺纸）"),
    "lid open": Way(printer_says("cover_open"), "printer", (0, "terminal"), "(cover open)", "（机盖打开）"),
    "mute printer": Way(printer_is_mute, "printer", (0, "terminal"), "(no answer from it)", "（打印机无应答）"),
    "cancelled before": Way(cancelled_before, "cancelled", (0, "terminal"), "before it was sent", "发出前取消"),
    "cancelled while waiting": Way(
        cancelled_while_waiting, "cancelled", (0, "terminal"), "while the answer was awaited", "等待应答时取消"
    ),
    "cancelled, and it never left": Way(
        cancelled_and_then_no_line, "cancelled", (0, "terminal"), "before it was sent", "发出前取消"
    ),
    "restarted": Way(restarted_before_the_answer, "restart", (0, "terminal"), "restarted", "重启"),
    "goods kept": Way(goods_kept, "kept", (0, "terminal"), "goods were not handed over", "商品未交付"),
    "wrong MAC": Way(answered(mac="bad"), "bad_mac", (4, "switch → terminal"), "MAC was wrong", "MAC 错误"),
    "no MAC": Way(answered(mac="none"), "bad_mac", (4, "switch → terminal"), "MAC was wrong", "MAC 错误"),
    "garbage": Way(garbage, "unreadable", (4, "switch → terminal"), "could not be read", "无法解析"),
    "another amount": Way(
        answered(de4=f"{1:012d}"), "differs:4", (4, "switch → terminal"), "what was asked (DE4)", "域 4"
    ),
    "duplicate": Way(answered(code="94"), "undecided", (0, "switch"), "answered 94", "应答 94"),
    "format error": Way(answered(code="30"), "undecided", (0, "switch"), "answered 30", "应答 30"),
    "nothing came": Way(nothing_came, "no_answer", (1, "terminal → switch"), "has no record", "没有收到请求的记录"),
    "line closed": Way(line_closed, "line_closed", (1, "terminal → switch"), "has no record", "没有收到请求的记录"),
    "paid elsewhere": Way(
        paid_elsewhere, "paid:T0000002/000001/000002", (0, "terminal"), "with T0000002/000001/000002", "已通过 T0000002"
    ),
    "escalated": Way(escalated_after_a_restart, "restart", (0, "terminal"), "restarted", "重启"),
    "declined": Way(answered(code="51"), "", (0, "switch"), "declined with 51: Insufficient funds", "以 51 拒绝：余额"),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_the_terminals_own_record_names_hop_and_reason(way: Way) -> None:
    counter, ref = way.play()
    stub = counter.stub(ref)
    assert stub.cause == way.cause
    told = judge(stub, None, None, counter.now).stopped_at
    assert told is not None
    assert (told.leg, told.hop) == way.where
    assert way.en in told.what.en
    assert way.zh in told.what.zh
    assert "{" not in told.what.en + told.what.zh


def test_every_cause_is_played_and_has_words() -> None:
    played = {causes.word(way.cause) for way in WAYS.values()} - {""}
    assert played == (causes.NOT_SENT | causes.OWED) - {causes.CARD_REFUSED}  # no terminal of ours reads a chip yet
    assert {causes.word(cause) for cause in NOT_SENT} == causes.NOT_SENT
    assert set(OWED) | SILENCE - {""} == causes.OWED
    assert set(CAUSES) == set(REASONS)
    assert set(CAUSES.values()) <= causes.OWED


@pytest.mark.parametrize(
    ("reason", "code", "cause"),
    [("98", "", ""), ("A0", "", "bad_mac"), ("06", "", "restart"), ("06", "94", "undecided"), ("17", "", "cancelled")],
)
def test_a_sale_of_an_earlier_version_is_told_by_the_reason_of_its_reversal(reason: str, code: str, cause: str) -> None:
    counter, ref = nothing_came()
    old = patched(counter.stub(ref), cause="", reversal_reason=reason, response_code=code)
    assert cause_of(old) == cause
    assert judge(old, None, None, counter.now).stopped_at is not None


def test_a_sale_of_an_earlier_version_that_was_not_sent_has_its_words() -> None:
    counter, ref = no_line()
    for cause in ("line", "sign_on", "reversal", "printer", "cancelled"):
        stop = why_not_sent(patched(counter.stub(ref), cause=cause, trouble=""))
        assert "{" not in stop.what.en + stop.what.zh


def patched(stub: TerminalStub, **changes: Any) -> TerminalStub:
    return msgspec.structs.replace(stub, **changes)


def test_a_repeat_does_not_sell_what_was_cancelled_even_when_it_never_left() -> None:
    counter = shop()
    counter.sale(key="a")
    sale = counter.line[0]
    counter.ask("cancel", terminal=T1)
    counter.line.insert(0, sale)
    counter.refuse()
    again = counter.ask("sale", terminal=T1, amount=1250, currency="CNY", key="a", pin="246810", card=CARD)
    assert (again["outcome"], again["state"]) == ("not_sent", "not_sent")
    assert "Cancelled" in again["sentence"]["en"]


CARD: Final = {"pan": "6299991000000013", "track2": "6299991000000013=30122011234500000"}


# --- where only the others know ---------------------------------------------------------------------------------------


class Made(NamedTuple):
    """A town and the reference of its sale."""

    town: Town
    ref: str

    def told(self, *unreadable: str) -> Finding:
        names = ("tills-1", "switch", "issuer-a", "issuer-b")
        disks: dict[str, Any] = {name: self.town.node(name).disk for name in names}
        disks |= dict.fromkeys(unreadable)
        stores = World(disks["tills-1"], disks["switch"], {name: disks[name] for name in names[2:]})
        key = parse_ref(self.ref)
        return finding(stores, search(stores, Search(key=key))[0], self.town.now)


def issuer_is_deaf() -> Made:
    town = Town("reasons")
    with deaf(town, "issuer-a"):
        ref = town.sell()["ref"]
    return Made(town, ref)


def switch_is_deaf() -> Made:
    town = Town("reasons")
    with deaf(town, "switch"):
        ref = town.sell()["ref"]
    return Made(town, ref)


def issuer_is_away() -> Made:
    town = Town("reasons")
    town.stop("issuer-a")
    town.wait(1)
    return Made(town, town.sell()["ref"])


def terminal_is_deaf() -> Made:
    town = Town("reasons")
    with deaf(town, "tills-1"):
        ref = town.sell()["ref"]
    return Made(town, ref)


def switch_is_deaf_to_the_issuer() -> Made:
    town = Town("reasons")
    node = town.node("switch")
    deliver = node.deliver
    with patch.object(node, "deliver", lambda item: None if getattr(item, "link", "") == "issuer-a" else deliver(item)):
        ref = town.sell()["ref"]
    return Made(town, ref)


def switch_restarts() -> Made:
    town = Town("reasons")
    with deaf(town, "issuer-a"):
        card = town.card("good-1")
        told = {"pan": card.pan, "expiry": card.track2[-17:-13], "track2": card.track2}
        args = {"terminal": T1, "amount": 1250, "currency": "CNY", "card": told, "pin": card.pin or None}
        town.node("tills-1").deliver(Command(town.world.number(), "sale", args))
        town.wait(1)
        town.stop("switch")
        town.node("switch").off = False
        town.node("switch").start()
        town.wait(40)
    ref = town.ask(town.node("tills-1"), "last", terminal=T1)["ref"]
    return Made(town, ref)


def poor() -> Made:
    town = Town("reasons")
    return Made(town, town.sell("poor", 3_000_000)["ref"])


TOWNS: Final = {
    "leg 1": (switch_is_deaf, (1, "terminal → switch"), "the switch has no record"),
    "the switch cannot reach the issuer": (issuer_is_away, (2, "switch → issuer"), "could not reach the issuer"),
    "leg 2": (issuer_is_deaf, (2, "switch → issuer"), "the issuer has no record"),
    "leg 3": (switch_is_deaf_to_the_issuer, (3, "issuer → switch"), "did not reach the switch"),
    "leg 4": (terminal_is_deaf, (4, "switch → terminal"), "did not reach the terminal"),
    "the switch restarts": (switch_restarts, (0, "switch"), "restarted while it waited for the issuer"),
    "the issuer declines": (poor, (0, "issuer-a"), "issuer-a declined with 51: Insufficient funds"),
}


@pytest.mark.parametrize(("play", "where", "words"), TOWNS.values(), ids=TOWNS)
def test_where_the_terminal_knows_no_more_the_others_records_tell(
    play: Callable[[], Made], where: tuple[int, str], words: str
) -> None:
    told = play().told().stopped_at
    assert told is not None
    assert (told.leg, told.hop) == where
    assert words in told.what.en


def test_a_store_that_cannot_be_read_is_not_a_record_that_is_not_there() -> None:
    made = switch_is_deaf_to_the_issuer()
    heard = made.told("issuer-a").stopped_at
    assert heard is not None
    assert (heard.leg, heard.what.en) == (2, "no answer came from the issuer, and its record cannot be read")
    blind = switch_is_deaf().told("switch").stopped_at
    assert blind is not None
    assert (blind.leg, blind.hop, blind.what.en) == (0, "switch", "the switch's record cannot be read")
    made.town.wait(100)  # the issuer has acknowledged the reversal: it had the request
    later = made.told("issuer-a").stopped_at
    assert later is not None
    assert (later.leg, later.hop) == (3, "issuer → switch")


def test_what_a_terminal_of_others_told_in_its_reversal_is_told() -> None:
    asked = SwitchStub(
        ref="T0000009/000001/000001", terminal="T0000009", merchant="M", amount=1, currency="CNY", last4="0001",
        state="reversing", started_at=HOUR, updated_at=HOUR, forwarded=True, response_code="00",
    )  # fmt: skip
    for reason, leg, words in (
        ("98", 4, "did not reach"),
        ("A0", 4, "MAC"),
        ("17", 0, "cancelled"),
        ("06", 0, "restarted"),
        ("96", 0, "card refused"),
    ):
        stub = msgspec.structs.replace(asked, reversal_reason=reason)
        told = judge("not ours", stub, None, HOUR).stopped_at
        assert told is not None
        assert (told.leg, words in told.what.en) == (leg, True)


# --- the words --------------------------------------------------------------------------------------------------------


def test_no_record_is_another_word_than_the_verdict_unknown() -> None:
    unknown = VERDICTS["UNKNOWN"]
    assert absent("no record") == NO_RECORD
    assert absent("not ours") != NO_RECORD
    assert NO_RECORD.en.lower() != unknown.en.lower()
    assert NO_RECORD.zh not in unknown.zh
    _, _, issuer = poor().told().evidence
    assert judge(None, None, issuer, 0).to_json()["evidence"]["switch"] == "no record"


@pytest.mark.parametrize("named", ["terminal → switch", "switch → issuer", "terminal → receipt", "switch", "terminal"])
def test_a_hop_is_told_in_chinese_too(named: str) -> None:
    assert hop(named).en == named
    assert not any(letter.isascii() and letter.isalpha() for letter in hop(named).zh)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_was_wrong_with_a_printer_has_a_word(trouble: str) -> None:
    word = printer_word(trouble)
    assert word.zh != trouble
    assert "_" not in word.en
