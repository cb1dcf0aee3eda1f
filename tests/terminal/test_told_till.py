"""What the terminal says to the till and to people, word for word: receipts, restarts, keys, supervisors, archives."""

from __future__ import annotations

from typing import Any

from counterfoil.step import ELSEWHERE, HELD, SECOND, Performed
from terminal.counter import MERCHANT, T1, T2
from terminal.telling import REF, REF_TWO, SIGNED, Telling, at_two, opened

THIRD = f"{T1}/000001/000003"
NUMBER = "+8613812345679"


def job(ref: str, copy: str, number: int) -> str:
    return f"{ref.replace('/', '-')}.{copy}.{number}"


def news(counter: Telling, ref: str, copy: str, number: int, state: str = "printed", detail: str = "") -> None:
    """What the printer says of a copy, a second later."""
    counter.step(Performed("receipt", job(ref, copy, number), state == "printed", detail, state), after=SECOND)


def test_cancelled() -> None:
    counter = opened("cancelled")
    counter.tell("cancel", terminal=T1)
    counter.tell("cancel", terminal="T0000009")
    counter.tell("cancel")
    counter.mark("while the answer is awaited, with another that waits; then that one")
    counter.sale(key="a")
    counter.sale(key="b", amount=2)
    at_two(counter, key="z")
    counter.step(after=SECOND)
    counter.tell("cancel", terminal=T1)
    counter.tell("cancel", terminal=T1)
    counter.tell("cancel", terminal=T1)
    counter.mark("a late repeat sells nothing; it is another sale under another key")
    counter.sale(key="b", amount=2)
    counter.sale(key="a")
    counter.line = [send for send in counter.line if send.conn == T2]
    counter.answer()
    counter.tell("cancel", terminal=T2)
    counter.end()


def test_a_restart() -> None:
    counter = opened("a_restart")
    counter.mark("the first shop's answer is awaited; of the second's two copies one is known")
    counter.printer = None
    counter.sale(key="a")
    at_two(counter, key="z")
    asked = counter.request("0200")
    counter.answer()
    news(counter, REF_TWO, "merchant", 1)
    counter.restart()
    counter.step(after=5 * SECOND)
    counter.line.sort(key=lambda send: send.conn)
    counter.receive(counter.host.answer(asked))
    for _ in range(2):
        counter.answer(mti="0800")
    counter.mark("before it is said what became of the goods nothing is sold there, nor printed")
    at_two(counter, amount=5)
    at_two(counter, key="z")
    counter.tell("last", terminal=T2)
    counter.tell("status", terminal=T2)
    counter.tell("receipt", ref=REF_TWO)
    counter.tell("goods", ref=REF_TWO, answer="perhaps")
    counter.tell("goods", ref=f"{T2}/000001/000099", answer="kept")
    counter.tell("goods", ref=5, answer="kept")
    counter.tell("goods", ref=REF, answer="kept")
    counter.tell("goods", ref=REF_TWO, answer="handed_over")
    counter.tell("goods", ref=REF_TWO, answer="handed_over")
    news(counter, REF_TWO, "cardholder", 2)
    counter.tell("goods", ref=REF_TWO, answer="kept")
    counter.answer(mti="0400")
    counter.end()


def test_goods_that_were_kept() -> None:
    counter = opened("goods_that_were_kept")
    counter.mark("two approved with an open receipt: the newer is asked about, the older can be answered after it")
    counter.printer = False
    counter.sale(key="a")
    counter.answer()
    counter.step(after=SECOND)
    counter.printer = None
    counter.sale(key="b", amount=2)
    counter.answer()
    counter.restart()
    counter.step(after=SECOND)
    counter.tell("goods", ref=REF, answer="kept")
    counter.line.sort(key=lambda send: send.conn)
    counter.answer(mti="0800")
    counter.tell("goods", ref=REF, answer="kept")
    counter.tell("open_receipts")
    counter.tell("goods", ref=THIRD, answer="kept")
    counter.tell("last", terminal=T1)
    counter.tell("goods", ref=REF, answer="handed_over")
    counter.line.sort(key=lambda send: send.conn)
    counter.answer(mti="0400")
    counter.tell("goods", ref=REF, answer="handed_over")
    for copy in ("merchant", "cardholder"):
        news(counter, REF, copy, 2)
    counter.mark("what is told to the till before a restart is nothing to ask about")
    counter.restart()
    counter.step(after=SECOND)
    counter.end()


def test_escalated() -> None:
    counter = opened("escalated")
    counter.sale(key="a")
    at_two(counter)
    counter.step(after=30 * SECOND)
    counter.mark("nobody but a supervisor with a reason, and nothing but a reversal that is pending")
    said: dict[str, Any] = {"ref": REF, "operator": " Li Wei ", "reason": " the host is gone "}
    for wrong in (
        {"ref": None},
        {"ref": f"{T1}/000001/000099"},
        {"operator": " "},
        {"operator": 5},
        {"reason": None},
        {"reason": ""},
    ):
        counter.tell("escalate", **{**said, **wrong})
    counter.step(after=SECOND)
    counter.tell("escalate", **said)
    counter.tell("escalate", **said)
    counter.tell("escalate", **{**said, "ref": REF_TWO, "operator": "o" * 41, "reason": "r" * 201})
    counter.mark("its terminal goes on in another batch")
    counter.line = [send for send in counter.line if send.conn == T1][-1:]
    counter.host.batch[T1] = 8
    counter.answer(mti="0800")
    counter.sale(key="a")
    counter.sale(amount=2)
    counter.answer()
    counter.end()


def test_keys() -> None:
    counter = opened("keys")
    counter.mark("joined where it waits and where it is asked; other content is another sale")
    counter.sale(key="a")
    counter.sale(key="b", amount=2)
    counter.sale(key="c", amount=3)
    counter.sale(amount=4)
    counter.sale(key="a")
    counter.sale(key="b", amount=2)
    counter.sale(key="c", amount=3)
    counter.sale(key="a", amount=9)
    counter.sale(key="b", amount=9)
    at_two(counter, key="a")
    at_two(counter, key="b")
    counter.step(after=SECOND)
    counter.printer = None
    counter.answer()
    counter.sale(key="a")
    news(counter, REF, "merchant", 1)
    news(counter, REF, "cardholder", 1)
    counter.sale(key="a")
    counter.mark("nothing left: the key is free, for what was asked before and for anything else")
    counter.refuse()
    counter.step(after=SECOND)
    counter.sale(key="b", amount=2)
    counter.refuse()
    at_two(counter, key="b")
    counter.step(after=SECOND)
    counter.answer("51")
    at_two(counter, key="b")
    counter.sale(key="b")
    counter.end()


def test_retries() -> None:
    counter = opened("retries")
    counter.mark("a retry of one that is still open waits; both are approved, the later goes back")
    counter.sale(key="a")
    first = counter.request("0200")
    counter.step(after=SECOND)
    counter.tell("cancel", terminal=T1)
    counter.line.clear()
    counter.sale(key="b", retry_of=REF)
    counter.sale(key="c", retry_of=f"{T1}/000001/000077")
    at_two(counter, retry_of=REF)
    counter.time_out()
    counter.answer(mti="0400")
    counter.step(after=SECOND)
    counter.answer()
    counter.sale(key="d", retry_of=REF)
    counter.sale(key="e", retry_of=THIRD)
    counter.receive(counter.host.answer(first))
    counter.mark("the first is approved at another terminal of the shop after its retry was")
    other = "T0000003"
    counter.tell("enrol", terminal=other, merchant=MERCHANT, tmk="CA5D92598DCA48CE8A4C76361A9269E9", name="Kiosk")
    counter.answer(mti="0800")
    counter.sale(key="f", amount=700)
    counter.sale(terminal=other, key="g", amount=700, retry_of=f"{T1}/000001/000004")
    counter.sale(terminal=other, key="h", amount=701, retry_of=f"{other}/000001/000002")
    counter.tell("status", terminal=other)
    counter.step(after=SECOND)
    early, retry = counter.line
    counter.line.clear()
    counter.receive(counter.host.answer(counter.host.read(retry)), other)
    counter.receive(counter.host.answer(counter.host.read(early)))
    counter.answer(mti="0400")
    counter.mark("a retry of a retry belongs to the first; of what is no chain nobody is told")
    counter.sale(key="i", amount=900)
    counter.answer("51")
    counter.sale(key="j", amount=900, retry_of=f"{T1}/000001/000005")
    counter.answer("51")
    counter.sale(key="k", amount=900, retry_of=f"{T1}/000001/000006")
    counter.answer()
    counter.sale(key="l", amount=900, retry_of=f"{T1}/000001/000005")
    counter.end()


def test_printing() -> None:
    counter = opened("printing", printer=True, timer=20 * SECOND)
    counter.printer = None
    counter.mark("held up, handed over, printed; the other says nothing until the terminal waits no longer")
    counter.sale(key="a")
    counter.step(Performed("printer", f"{T1}.check.1", True))
    counter.answer()
    news(counter, REF, "merchant", 1, HELD, "paper_out")
    news(counter, REF, "merchant", 1, ELSEWHERE, "cutter")
    news(counter, REF, "merchant", 1)
    counter.tell("receipt", ref=REF)
    counter.tell("status", terminal=T1)
    counter.step(after=17 * SECOND - 1)
    counter.step(after=1)
    counter.mark("late news; news of no sale, no copy, no terminal")
    news(counter, REF, "cardholder", 1, "unknown", "lost")
    news(counter, f"{T1}/000001/000099", "merchant", 1)
    news(counter, REF, "notice", 1)
    news(counter, "T0000009/000001/000002", "merchant", 1)
    counter.step(Performed("fax", job(REF, "merchant", 1), True))
    counter.mark("one definitely failed, the other has not left; one was sent without a proof")
    at_two(counter)
    counter.answer()
    news(counter, REF_TWO, "merchant", 1, "", "jam")
    news(counter, REF_TWO, "cardholder", 1, "queued", "no such word")
    counter.sale(amount=2)
    counter.answer()
    news(counter, THIRD, "merchant", 1, "sent")
    news(counter, THIRD, "cardholder", 1, "sent", "hot_head")
    for terminal in (T1, T2, "T0000009", None):
        counter.tell("open_receipts", terminal=terminal)
    counter.restart()
    counter.step(after=SECOND)
    counter.end()


def test_the_printer_is_asked_first() -> None:
    counter = opened("the_printer_is_asked_first", printer=True, paper="required", timer=10 * SECOND)
    counter.printer = None
    counter.mark("ready; not ready; another printer; mute; not the one that was asked")
    counter.sale(key="a")
    counter.sale(key="b", amount=2)
    counter.step(Performed("printer", f"{T1}.check.9", False, "cover_open"))
    counter.step(Performed("printer", f"{T1}.check.1", False, "paper_out"), after=SECOND)
    counter.sale(key="c", amount=3)
    counter.step(Performed("printer", f"{T1}.check.2", True, "jam"))
    counter.step(Performed("printer", "T0000009.check.1", True))
    at_two(counter, key="z")
    counter.step(after=8 * SECOND - 1)
    counter.step(after=1)
    counter.tell("status")
    counter.answer("51")
    counter.mark("a reversal does not wait for it")
    counter.sale(key="d", amount=4)
    counter.step(Performed("printer", f"{T1}.check.3", True))
    counter.step(after=10 * SECOND)
    counter.sale(key="e", amount=5)
    counter.line = counter.line[-1:]
    counter.answer(mti="0400")
    counter.step(Performed("printer", f"{T1}.check.4", False))
    counter.end()
    short = opened("the_printer_is_mute", printer=True, paper="required", timer=3 * SECOND)
    short.printer = None
    short.sale(key="a")
    short.step(after=3 * SECOND)
    short.end(looks=False)


def test_receipts_again() -> None:
    counter = opened("receipts_again", issue=SIGNED)
    counter.sale()
    counter.answer()
    at_two(counter)
    counter.answer("51")
    counter.step(after=61 * SECOND)
    counter.mark("what is no copy, language or printer")
    for wrong in (
        {"copy": "third"},
        {"copy": 5},
        {"lang": "fr"},
        {"lang": None},
        {"printer": 5},
        {"printer": "p" * 201},
        {"printer": "a\nb"},
    ):
        counter.tell("receipt", ref=REF, **wrong)
    counter.tell("receipt", ref=REF_TWO)
    counter.tell("receipt", ref=f"{T1}/000001/000099")
    counter.tell("receipt", ref="000001")
    counter.mark("as text, in both languages, and each copy")
    counter.tell("receipt", ref=REF, print=False)
    counter.tell("receipt", ref=REF, print=False, lang="zh", copy="merchant")
    counter.tell("receipt", ref=REF, print=False, copy="bank")
    counter.mark("on paper; on another printer; while one prints or asks")
    counter.tell("receipt", ref=REF, lang="zh")
    counter.printer = None
    counter.tell("receipt", ref=REF, copy="bank", printer="p" * 200)
    counter.tell("receipt", ref=REF, copy="merchant")
    news(counter, REF, "bank", 3)
    counter.sale(amount=2)
    counter.tell("receipt", ref=REF)
    counter.answer("51")
    counter.tell("receipt", ref=REF, copy="bank")
    counter.step(after=30 * SECOND)
    counter.end()


def test_receipts_that_are_closed() -> None:
    counter = opened("receipts_that_are_closed", issue=SIGNED)
    counter.printer = None
    counter.sale()
    counter.answer()
    at_two(counter)
    counter.answer("51")
    closing = {"ref": REF, "how": "attested", "operator": "Li Wei"}
    counter.mark("what is no word, person or copy; while it prints; of one that has none")
    for wrong in ({"how": "printed"}, {"how": None}, {"operator": 5}, {"copy": "third"}, {"ref": REF_TWO}, {}):
        counter.tell("close_receipt", **{**closing, **wrong})
    news(counter, REF, "merchant", 1, "failed", "jam")
    news(counter, REF, "cardholder", 1, "unknown")
    counter.mark("nobody has seen what never came out; the other copy was seen, the first is not wanted")
    counter.tell("close_receipt", **{**closing, "copy": "merchant"})
    counter.tell("close_receipt", **closing, copy="")
    counter.tell("close_receipt", **closing)
    counter.tell("close_receipt", ref=REF, how="declined", operator="o" * 41)
    counter.tell("close_receipt", ref=REF, how="e_delivered")
    counter.tell("close_receipt", ref=REF, how="e_delivered", copy="bank")
    counter.tell("receipt", ref=REF, copy="bank", print=False)
    counter.mark("another one in hand; a restart that asks, and a receipt that was seen after all")
    counter.sale(amount=2)
    counter.tell("close_receipt", **closing)
    counter.answer()
    counter.restart()
    counter.step(after=SECOND)
    counter.answer(mti="0800")
    counter.tell("close_receipt", ref=THIRD, how="attested", operator="Li Wei")
    counter.tell("status", terminal=T1)
    counter.sale(amount=3)
    counter.end()


def test_electronic_receipts() -> None:
    counter = opened("electronic_receipts", issue=SIGNED)
    counter.sale()
    counter.answer()
    counter.printer = None
    for number in ("", None, "1234", "6299991000000013", f"{NUMBER}0"):
        counter.tell("receipt_sms", ref=REF, to=number)
    counter.tell("receipt_sms", ref=REF_TWO, to=NUMBER)
    counter.tell("receipt_link", ref=REF_TWO)
    counter.tell("receipt_link", ref=REF)
    counter.tell("receipt_sms", ref=REF, to=NUMBER)
    counter.tell("receipt_sms", ref=REF, to="10086")
    jobs = [name for name in counter.printed if "sms" in name]
    counter.step(Performed("sms", jobs[1], False, "no credit"), after=SECOND)
    counter.step(Performed("sms", jobs[0], True), Performed("sms", jobs[0], True, "queue 7"), after=SECOND)
    counter.step(Performed("sms", jobs[1].replace("000002", "000099"), True))
    counter.step(Performed("sms", jobs[1].replace(T1, "T0000009"), True))
    counter.end()
    unsigned = opened("no_electronic_receipts", language="zh")
    unsigned.sale()
    unsigned.answer()
    unsigned.tell("receipt_link", ref=REF)
    unsigned.tell("receipt_sms", ref=REF, to=NUMBER)
    unsigned.end(looks=False)
