"""What the terminal says, word for word, in scenes that walk through every branch of it (see transcript.py)."""

from __future__ import annotations

from typing import Any

from counterfoil.iso8583 import Message
from counterfoil.step import DAY, SECOND, Connected, Frame, NotSent
from terminal.counter import MERCHANT, PAN, T1, T2, TMK, TRACK
from terminal.telling import CARD, OTHER, OTHER_MERCHANT, Telling, at_two, opened

TYPED = "6299991000000015"


def reversed_(asked: Message) -> Message:
    """The reversal of what was asked."""
    fields = {name: getattr(asked, name) for name in ("de3", "de4", "de11", "de41", "de42", "de49", "de60")}
    return Message("0400", **fields)


def test_enrolling() -> None:
    counter = Telling("enrolling", terminals=())
    good = {"terminal": T1, "merchant": MERCHANT, "tmk": TMK.hex()}
    counter.mark("what is no terminal, merchant, address, key or operator")
    for wrong in (
        {"terminal": "T000001"},
        {"terminal": None},
        {"merchant": f"{MERCHANT}0"},
        {"tpdu": "60000300"},
        {"tpdu": "600003000000"},
        {"tpdu": "none"},
        {"header": "6031003113"},
        {"header": "x"},
        {"tmk": "zz"},
        {"tmk": "00" * 8 + "01"},
        {"tmk": ""},
        {"operator": ""},
        {"operator": "0001"},
        {"operator": "é"},
    ):
        counter.tell("enrol", **{**good, **wrong})
    counter.mark("a name that is too long, nothing but blanks or no text; that no paper can show")
    for name in ("n" * 61, " ", ["Tea"], "Tea\u202eesuoH", "茶\ue863馆\x07"):
        counter.tell("enrol", **{**good, "name": name})
    counter.mark("with nothing but what is needed; again; with the longest name and no header")
    counter.tell("enrol", **good)
    counter.tell("enrol", **good)
    counter.tell("list")
    counter.tell("enrol", **{**good, "terminal": "T0000003", "name": "n" * 60, "operator": "123", "header": ""})
    counter.answer(mti="0800")
    counter.mark("changed while it is idle")
    changed = {**good, "name": "Tea", "operator": "02", "tpdu": "6000050000", "header": "603100311301"}
    counter.line.clear()
    counter.tell("enrol", **changed)
    counter.answer(mti="0800")
    counter.mark("not while it asks, is owed an answer, prints, or has a sale waiting")
    counter.sale(amount=7)
    counter.tell("enrol", **{**changed, "operator": "03"})
    counter.sale(amount=8)
    counter.printer = None
    counter.answer(mti="0200")
    counter.tell("enrol", **{**changed, "operator": "03"})
    counter.hang_up()
    counter.step(after=30 * SECOND)
    counter.time_out()
    counter.refuse()
    counter.tell("enrol", **{**changed, "operator": "03"})
    counter.tell("list")
    counter.end(looks=False)


def test_signing_on() -> None:
    counter = Telling("signing_on", timer=12 * SECOND, redial=2 * SECOND, pause=9 * SECOND)
    counter.mark("a sale waits at each; one host says no, the other gives keys that do not prove themselves")
    counter.sale(key="a")
    at_two(counter, key="b")
    one, two = counter.request("0800"), counter.request("0800")
    counter.receive(counter.host.sign_on(one, code="05"), T1)
    counter.now += SECOND
    counter.receive(counter.host.sign_on(two, spoil=True), T2)
    counter.mark("no line at the first, a line that closes at the second, then nobody, rubbish, no line")
    counter.wait()
    counter.refuse()
    counter.wait()
    counter.hang_up(T2)
    counter.step(after=4 * SECOND)
    counter.receive(b"rubbish", T1)
    counter.receive(b"", T2)
    counter.step(after=8 * SECOND)
    counter.step(after=SECOND)
    counter.step(after=11 * SECOND)
    counter.line.clear()
    counter.step(after=9 * SECOND)
    counter.mark("a sale tries at once; an answer to another question is none; a batch of zeros is none")
    counter.line.clear()
    counter.hang_up()
    counter.hang_up(T2)
    counter.sale(amount=300)
    asked = counter.request("0800")
    counter.receive(counter.host.sign_on(asked.copy(de11="000099")), T1)
    counter.host.batch[T1] = 0
    counter.receive(counter.host.sign_on(asked, same_batch=True), T1)
    counter.host.batch[T1] = 41
    counter.sale(amount=400)
    counter.answer(mti="0800")
    counter.answer()
    counter.mark("the second shop gives its sale up while it signs on")
    at_two(counter)
    counter.tell("cancel", terminal=T2)
    counter.end()


def test_approved() -> None:
    counter = opened("approved", zone="Etc/GMT+5", language="zh", width=42, no_signature_limit=70198)
    counter.mark("with a PIN; without one and above the limit, with remarks and other parties")
    counter.sale(key="till-1")
    at_two(counter, key="till-2")
    counter.step(after=SECOND)
    counter.answer(de44="01020000   00049998   ", de13="0313", de12="235958")
    counter.step(after=SECOND)
    counter.answer(de44=None, de32="00090909", de63="VIP  ", de38="00A1  ", de37=" 60730000777", de13=None, de12=None)
    counter.mark(
        "without a PIN at the limit; an approval of another kind, that names nothing; one that wants a sign-on"
    )
    at_two(counter, amount=70198)
    counter.answer(de44="", de32=None, de63="   ", de37=None, de38=None, de12="000001", de13=None)
    at_two(counter, amount=999_999_999_999)
    counter.answer("11", de44="           00049998   ")
    at_two(counter, amount=1, card={"pan": OTHER, **CARD}, pin="1234")
    counter.answer(header="603203320400")
    counter.answer(mti="0800")
    counter.mark("the second sale waits for the first, and has its own till")
    counter.sale(amount=11)
    counter.sale(amount=12, pin="123456789012")
    counter.tell("status", terminal=T1)
    counter.answer()
    counter.answer()
    counter.end()


def test_the_turn_of_the_year() -> None:
    counter = Telling("the_turn_of_the_year", (T1,))
    counter.now += 292 * DAY + 12 * 3600 * SECOND - 1
    counter.step()
    counter.answer(mti="0800")
    counter.mark("the last second of the year; the host is already in the next one, or in it still")
    counter.sale(amount=1)
    counter.answer(de13="0101", de12="000000")
    counter.sale(amount=2)
    counter.answer(de13="1231", de12="235959")
    counter.sale(amount=3)
    counter.answer(de13="1230", de12=None)
    counter.step(after=1)
    for number, day in enumerate(("1231", "0101", "0102", "1230"), 4):
        counter.sale(amount=number)
        counter.answer(de13=day, de12=None)
    counter.end(looks=False)


def test_typed() -> None:
    counter = opened("typed", typed=frozenset({OTHER_MERCHANT}))
    counter.mark("a shop that may not, one that may")
    typed = {"entry": "typed", "card": {"pan": TYPED, "expiry": "3101"}}
    counter.sale(**typed)
    at_two(counter, **typed, pin="1234")
    counter.answer()
    at_two(counter, **typed)
    counter.time_out()
    counter.answer(mti="0400")
    counter.mark("what is no typed card")
    for card in (
        {"pan": TYPED},
        {"pan": TYPED, "expiry": "3113"},
        {"pan": TYPED, "expiry": "3100"},
        {"pan": TYPED, "expiry": 3101},
        {"pan": TYPED[:-1] + "4", "expiry": "3101"},
        {"pan": 5, "expiry": "3101"},
        {"pan": TYPED, "expiry": "3101", "track2": TRACK},
    ):
        at_two(counter, entry="typed", card=card)
    at_two(counter, entry="chip")
    counter.end()


def test_a_sale_that_makes_no_sense() -> None:
    counter = opened("a_sale_that_makes_no_sense", queue=2)
    nonsense: tuple[dict[str, Any], ...] = (
        {"terminal": "T0000009"},
        {"terminal": 5},
        {"amount": 0},
        {"amount": -1},
        {"amount": True},
        {"amount": "5"},
        {"amount": 1_000_000_000_000},
        {"currency": "XXX"},
        {"currency": 156},
        {"card": None},
        {"card": {}},
        {"card": {"pan": PAN}},
        {"card": {"pan": OTHER, "track2": TRACK}},
        {"card": {"track2": "a stripe that nobody can read"}},
        {"pin": "123"},
        {"pin": "1234567890123"},
        {"pin": 1234},
        {"key": "k" * 65},
        {"key": "a key"},
        {"key": 5},
        {"retry_of": 5},
        {"retry_of": f"{T1}/000001/000099"},
        {"retry_of": "nothing"},
        {"entry": 5},
    )
    for wrong in nonsense:
        counter.sale(**wrong)
    counter.mark(
        "nothing of it was sent; a key of 64 letters is one, an empty one is none; two wait and a third does not"
    )
    counter.sale(key="k" * 64, pin="")
    counter.sale(key="", amount=2)
    counter.sale(amount=3)
    counter.sale(amount=4)
    counter.tell("sell")
    counter.tell("status", terminal="T0000009")
    counter.tell("last", terminal="T0000009")
    counter.tell("find")
    counter.tell("find", last4=13)
    counter.tell("find", rrn=13)
    counter.tell("find", last4="0013", amount=-1)
    counter.tell("find", last4="0013", amount=True)
    counter.tell("find", last4="0013", amount=1_000_000_000_000)
    counter.tell("find", last4="0013", amount=999_999_999_999)
    counter.end()


def test_not_approved() -> None:
    counter = opened("not_approved")
    counter.mark("no; no with a number; the issuer was silent; keys to be renewed")
    for code, changes in (("51", {"de37": None}), ("55", {"de42": None}), ("98", {}), ("Q7", {}), ("77", {})):
        counter.step(after=SECOND)
        at_two(counter, pin="1234")
        counter.sale()
        counter.answer(code, **changes)
        counter.answer("05")
        if counter.line:
            counter.answer(mti="0800")
    counter.mark("codes that decide nothing, and the reversal of each")
    for code in ("94", "03", "30", "40", "97", "A0", "A7"):
        counter.sale()
        counter.step(after=SECOND)
        counter.answer(code)
        counter.answer()
        if counter.line:
            counter.answer(mti="0400")
    counter.end()


def test_an_approval_of_something_else() -> None:
    counter = opened("an_approval_of_something_else")
    for changes in (
        {"de3": "000001"},
        {"de3": None},
        {"de4": "000000001251"},
        {"de4": None},
        {"de42": OTHER_MERCHANT},
        {"de42": None},
        {"de42": f"{MERCHANT[:-1]} "},
    ):
        counter.sale()
        counter.step(after=SECOND)
        counter.answer(**changes)
        counter.answer()
    counter.mark("a no may leave fields out, not change them; a reversal's answer too")
    counter.sale()
    counter.answer("51", de3=None, de4=None, de42=None)
    counter.sale()
    counter.answer("51", de4="000000001251")
    counter.answer(de3="000001")
    counter.wait()
    counter.answer(de3=None, de4=None, de42=None)
    counter.mark("an answer to another question")
    counter.sale()
    asked = counter.request()
    counter.receive(counter.host.answer(asked.copy(de11="000099")))
    counter.receive(counter.host.answer(asked, de41=T2))
    counter.receive(counter.host.answer(reversed_(asked)))
    counter.receive(counter.host.answer(asked))
    counter.end(looks=False)


def test_an_answer_that_cannot_be_believed() -> None:
    counter = opened("an_answer_that_cannot_be_believed")
    counter.mark("no MAC at the first, a wrong one at the second that wants a sign-on")
    counter.sale()
    at_two(counter)
    counter.step(after=2 * SECOND)
    counter.answer(mac="none")
    counter.answer("99", mac="bad")
    counter.mark("the reversals: one is answered under a wrong MAC, the other by rubbish")
    counter.step(after=SECOND)
    counter.answer(mac="bad")
    counter.line.sort(key=lambda send: send.conn)
    counter.mark("then their sign-ons, and the reversals again")
    for _ in range(2):
        counter.answer(mti="0800")
    counter.line.sort(key=lambda send: send.conn)
    counter.step(after=SECOND)
    counter.receive(b"rubbish", T1)
    counter.receive(b"rubbish", T2)
    counter.mark("and a sale's answer is rubbish")
    for _ in range(2):
        counter.line.pop(0)
    for _ in range(2):
        counter.answer(mti="0400")
    counter.sale()
    counter.step(after=SECOND)
    counter.receive(counter.host.answer(counter.request())[:-9])
    counter.end()


def test_reversals() -> None:
    counter = opened("reversals", tries=2, timer=10 * SECOND, pause=45 * SECOND, redial=4 * SECOND)
    counter.mark("nobody answers; what waits is not sent after the last try, and a slip says so")
    counter.sale(key="a")
    counter.sale(key="b", amount=2)
    counter.tell("status", terminal=T1)
    counter.step(after=10 * SECOND - 1)
    counter.step(after=1)
    asked = counter.request("0200")
    counter.mark("a late yes is kept and changes nothing; one with a wrong MAC too; neither is told again")
    counter.receive(counter.host.answer(asked, de37="607399990001", de38="LATE01"))
    counter.receive(counter.host.answer(asked, de37="607399990002", de38=None, mac="bad"))
    counter.receive(counter.host.answer(asked, "51", de37=None, de38=None))
    counter.time_out()
    counter.time_out()
    counter.tell("status", terminal=T1)
    counter.mark("so it signs on, by itself, after the pause; no closes it: another code, then the line")
    counter.wait()
    counter.answer(mti="0800")
    counter.answer("96")
    counter.wait()
    counter.refuse()
    counter.mark("a sale makes it try at once")
    counter.sale(key="c", amount=3)
    counter.hang_up()
    counter.mark("a wish for other keys")
    counter.wait()
    counter.answer("A0")
    counter.wait()
    counter.answer(mti="0800")
    counter.mark("and at last it is acknowledged, and again")
    asked = counter.request("0400")
    counter.receive(counter.host.answer(asked, "25"))
    counter.receive(counter.host.answer(asked, "25"))
    counter.end()


def test_the_line() -> None:
    counter = opened("the_line", timer=6 * SECOND)
    counter.mark("nothing left; a sale that waits is sent next; at the other shop the line closes on the question")
    counter.sale(key="a")
    counter.sale(key="b", amount=2)
    at_two(counter, key="z")
    counter.step(after=SECOND)
    counter.refuse()
    counter.hang_up(T2)
    counter.mark("that it never left may be learnt when its reversal is on its way")
    asked = counter.line.pop(0)
    counter.step(after=6 * SECOND)
    counter.step(NotSent("switch", T1, 99))
    counter.step(NotSent("switch", T2, 99))
    counter.step(NotSent("switch", T1, asked.token))
    counter.step(NotSent("switch", T1, asked.token))
    counter.mark("the reversal of the other has no line, again and again, then closes on it")
    counter.line = [send for send in counter.line if send.conn == T2][-1:]
    counter.hang_up(T1)
    for _ in range(4):
        counter.refuse(T2) if counter.line else counter.wait()
    counter.wait()
    counter.hang_up(T2)
    counter.wait()
    counter.hang_up("T0000009")
    counter.mark("what is of no link or terminal of ours is not looked at")
    counter.step(
        Frame("issuer", T1, b"rubbish"), Frame("switch", "T0000009", b"rubbish"), Frame("switch", 5, b"rubbish")
    )
    counter.step(Connected("switch", T1))
    counter.end()


def test_strays() -> None:
    counter = opened("strays", stray_lines=2)
    counter.mark("an hour of what nothing waits for: so many lines with a MAC, as many without")
    counter.sale()
    asked = counter.request()
    yes = counter.host.answer(asked)
    counter.receive(yes)
    counter.step(after=SECOND)
    for packet in (b"rubbish", yes[:40], yes[:-9], yes, yes, yes, counter.host.answer(asked, mac="bad")):
        counter.receive(packet)
    counter.receive(counter.host.answer(asked.copy(de11="000077", de41=T2), mac="none"), T2)
    counter.receive(counter.host.answer(reversed_(asked)), T1)
    counter.step(after=3599 * SECOND - 1 - SECOND)
    counter.receive(yes)
    counter.mark("the next hour")
    counter.step(after=1)
    counter.receive(yes)
    counter.step(after=3600 * SECOND)
    counter.receive(counter.host.answer(asked.copy(de11="000077")))
    counter.mark("while it asks, all rubbish is kept")
    counter.sale(amount=2)
    for _ in range(3):
        counter.receive(counter.host.answer(asked))
    counter.end(looks=False)
