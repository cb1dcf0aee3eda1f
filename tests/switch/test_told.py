"""Scenes at the switch, word for word: `told/` holds what was said, replied, alarmed and stored in each."""

from __future__ import annotations

from typing import Final

from counterfoil.iso8583 import Message
from counterfoil.step import SECOND, Closed, Connected, NotSent
from switch.scene import BOB, TERMINALS, TIMER, pan
from switch.telling import telling

T1, T2 = TERMINALS
CAROL: Final = pan("62999910", 3)


def test_sales_at_two_issuers() -> None:
    made = telling("sales_at_two_issuers")
    made.sign_on(T2)
    made.say("one with a PIN, one without, one step for both")
    one, two = made.purchase(1250), made.purchase(99, BOB, pin=None, terminal=T2)
    before = len(made.sent)
    made.step(made.frame(one, 1), made.frame(two, 2), after=SECOND)
    to_a, to_b = made.to_issuers(before)
    made.say("the issuers answer the other way round, and one says no")
    made.step(made.reply(made.read(to_b), "51", "issuer-b"), after=SECOND)
    made.step(made.reply(made.read(to_a), "00"), after=SECOND)
    made.say("both come again")
    made.step(made.frame(one, 3), made.frame(two.copy(), 4), after=SECOND)
    made.say("a repeat while the issuer is asked takes the answer")
    more, forwarded = made.asked(amount=7, conn=5)
    made.step(made.frame(more.copy(), 6), after=SECOND)
    made.step(made.reply(forwarded, "11"), after=SECOND)
    made.say("other content under known keys")
    for change in ({"de4": "000000000008"}, {"de3": "310000"}, {"de25": "06"}, {"de49": "840"}, {"de22": "022"}):
        made.step(made.frame(more.copy(**change), 7))
    made.step(made.frame(more.copy(de35=f"{BOB}=30122010000000000"), 8))
    made.end(history=True)


def test_time_runs_out() -> None:
    made = telling("time_runs_out")
    made.sign_on(T2)
    made.say("an issuer says nothing until its deadline, another answers a microsecond before")
    silent, asked = made.asked(amount=500)
    other, forwarded = made.asked(amount=600, card=BOB, terminal=T2)
    made.step(after=TIMER - 1)
    made.step(made.reply(forwarded, "00", "issuer-b"))
    made.step(after=1)
    made.say("its yes comes late, and its no")
    made.step(made.reply(asked, "00"), after=SECOND)
    made.step(made.reply(asked, "05"), after=SECOND)
    made.say("the sale is asked for again")
    made.step(made.frame(silent, 2), after=SECOND)
    made.say("a byte of it never left, and the issuer says yes all the same")
    unsent, never = made.asked(amount=700, card=BOB, terminal=T2)
    made.step(*made.not_sent(len(made.sent) - 1), after=SECOND)
    made.step(*made.not_sent(len(made.sent) - 2), after=SECOND)
    made.step(made.reply(never, "00", "issuer-b"), after=SECOND)
    made.say("the advices are acknowledged")
    made.acknowledge()
    made.step(made.reply(made.advices()[-1], "25", "issuer-b"))
    made.step(made.frame(unsent, 3), made.frame(made.reversal(silent), 4))
    made.step(made.frame(made.reversal(other, card=BOB), 5))
    made.end()


def test_answers_that_do_not_count() -> None:
    made = telling("answers_that_do_not_count")
    made.sign_on(T2)
    request, asked = made.asked(amount=1250)
    _, theirs = made.asked(amount=1250, card=BOB, terminal=T2)
    made.say("an element differs, or it comes from the other issuer")
    for change in (
        {"de3": "010000"}, {"de4": "000000001251"}, {"de7": "0314040001"}, {"de11": "000001"}, {"de32": "00010345"},
        {"de37": "607312345678"}, {"de37": None}, {"de41": T2}, {"de42": "898100000000002"}, {"de39": None},
    ):  # fmt: skip
        made.step(made.reply(asked, "00", **change))
    made.step(made.reply(asked, "00", "issuer-b"))
    made.say("approvals that no terminal can take")
    for code in ("08", "10", "16", "32"):
        made.step(made.reply(asked, code))
    made.say("no MAC, half a message, no message, and from a link nobody knows")
    whole = made.reply(asked, "00")
    made.step(made.reply(asked, "00", spoil=True), made.reply(theirs, "00", "issuer-b", spoil=True))
    for data in (whole.data[:40], whole.data[:20] + b"X" + whole.data[21:], whole.data[:3], b"\x00" * 9):
        made.step(type(whole)("issuer-a", "", data, made.now), after=SECOND)
    made.step(type(whole)("issuer-c", 9, whole.data, made.now))
    made.say("a type nobody expects")
    made.step(made.from_issuer(asked.copy(de64=None)))
    made.say("a shorter acquirer is the same institution; then the yes counts")
    made.step(made.reply(asked, "00", de32="10344"))
    made.step(made.frame(request, 2))
    made.end()


def test_reversals() -> None:
    made = telling("reversals")
    made.sign_on(T2)
    made.say("while the issuer is asked; it answers afterwards")
    asked, forwarded = made.asked(amount=100)
    made.step(made.frame(made.reversal(asked, "17"), 2), after=SECOND)
    made.step(made.reply(forwarded, "00"), after=SECOND)
    made.say("again, before and after the issuer has acknowledged it; then the sale itself comes again")
    made.step(made.frame(made.reversal(asked, "17"), 3), after=SECOND)
    made.acknowledge()
    made.acknowledge()
    made.step(made.frame(made.reversal(asked, "17"), 4), made.frame(asked.copy(), 5), after=SECOND)
    made.say("of a sale that was declined, of one that was refused here, and of one that never came")
    declined, forwarded = made.asked(amount=200)
    made.step(made.reply(forwarded, "55"))
    made.step(made.frame(made.reversal(declined)))
    nothing = made.purchase(0)
    made.step(made.frame(nothing), made.frame(made.reversal(nothing)), after=SECOND)
    never = made.purchase(300, BOB, terminal=T2)
    made.step(made.frame(made.reversal(never, card=BOB), 6), after=SECOND)
    made.step(made.frame(never, 7), made.frame(made.reversal(never, "06", card=BOB), 8), after=SECOND)
    unnamed = made.purchase(400, terminal=T2)
    made.step(made.frame(made.reversal(unnamed, de2=None), 9), after=SECOND)
    made.say("of other content")
    sold, _ = made.approved(amount=500, terminal=T2)
    for change in (
        {"de2": BOB}, {"de3": "200000"}, {"de4": "000000000501"}, {"de25": "08"}, {"de42": "898100000000002"},
        {"de49": "840"}, {"de60": "2300000100050"}, {"de38": "654321"}, {"de2": "12345678901"},
    ):  # fmt: skip
        made.step(made.frame(made.reversal(sold).copy(**change)))
    made.say("of the same content, as far as it says anything; its case ends when the issuer has acknowledged it")
    right = made.reversal(sold).copy(de2=None, de25=None, de38="123456", de22="051", de39="06")
    made.step(made.frame(right), after=SECOND)
    made.acknowledge(since=len(made.sent) - 1)
    made.say("another one differs afterwards, and the right one comes again")
    made.step(made.frame(made.reversal(sold).copy(de4="000000000499")), after=SECOND)
    made.step(made.frame(right.copy()), after=SECOND)
    made.say("of nothing that can be told")
    for name in ("de3", "de4", "de39", "de49"):
        made.step(made.frame(made.reversal(sold).copy(**{name: None})))
    made.step(made.frame(made.reversal(sold).copy(de60="2200000000050")), after=SECOND)
    made.end()


def test_reversals_an_issuer_does_not_take_at_once() -> None:
    made = telling("reversals_an_issuer_does_not_take_at_once", window=2, case_after=3)
    made.sign_on(T2)
    made.command("register", terminals=[made.registration(name) for name in ("T0000003", "T0000004")])
    made.sign_on("T0000003")
    made.sign_on("T0000004")
    names = (T1, T2, "T0000003")
    sold = [made.approved(amount=100 + number, terminal=name)[0] for number, name in enumerate(names)]
    at_b, _ = made.asked(amount=900, card=BOB, terminal="T0000004")
    made.say("three are owed to one issuer, two may be on their way")
    made.step(*[made.frame(made.reversal(one), number) for number, one in enumerate(sold)], after=SECOND)
    made.say("one for the other issuer goes beside them; a byte of it never left")
    made.step(made.frame(made.reversal(at_b, card=BOB), 7), after=SECOND)
    made.step(*made.not_sent(len(made.sent) - 1), after=SECOND)
    made.step(NotSent("issuer-b", "", 7), NotSent("issuer-c", "", 7))
    made.say("the first is refused, the second answered by the wrong issuer, then acknowledged as unknown")
    first, second = made.advices()[:2]
    made.step(made.reply(first, "96"), after=SECOND)
    made.step(made.reply(second, "00", "issuer-b"), made.reply(second.copy(de11="000099"), "00"), after=SECOND)
    made.step(made.reply(second.copy(de7="0314040099"), "00"), after=SECOND)
    made.step(made.reply(second, "25"), made.reply(second, "00"), after=SECOND)
    made.say("time goes by: each is said again at its time")
    for _ in range(9):
        due = made.switch.wakes_at()
        assert due is not None
        made.step(after=due - made.now)
    made.say("the first is refused once more: a person has it already")
    made.step(made.reply(made.advices()[-1], "96"), after=SECOND)
    made.say("all are acknowledged")
    made.step(
        *[made.reply(one, "00", "issuer-b" if one.de4 == f"{900:012d}" else "issuer-a") for one in made.advices()]
    )
    made.end()


def test_an_issuer_that_hangs_up() -> None:
    made = telling("an_issuer_that_hangs_up")
    made.sign_on(T2)
    made.say("on a request, and on the next of the same terminal")
    for amount in (100, 200):
        made.asked(amount=amount)
        made.step(Closed("issuer-a", ""), after=SECOND)
        made.comes_up(after=SECOND)
    made.say("the terminal and the card wait; another terminal with another card does not, nor another issuer")
    made.step(made.frame(made.purchase(300)), made.frame(made.purchase(400, terminal=T2)))
    made.step(made.frame(made.purchase(500, CAROL, terminal=T2)), made.frame(made.purchase(600, BOB)))
    made.step(after=TIMER - 3 * SECOND)
    made.say("their time is over")
    made.step(made.frame(made.purchase(700)), after=3 * SECOND)
    made.say("now it is the advices that it hangs up on, one after the other")
    for _ in range(5):
        due = made.switch.wakes_at()
        assert due is not None
        made.step(after=due - made.now)
        made.step(Closed("issuer-a", ""), after=SECOND)
        made.comes_up(after=SECOND)
    made.say("another process goes on")
    later = made.restarted()
    later.step(after=SECOND)
    later.comes_up(after=SECOND)
    later.step(after=60 * SECOND)
    later.acknowledge()
    later.end()


def test_links_to_issuers() -> None:
    made = telling("links_to_issuers", echo_idle=30 * SECOND)
    made.say("silence brings an echo test, which is answered on one link and not on the other")
    made.step(after=29 * SECOND)
    made.step(after=SECOND)
    echo = next(one for one in made.to_issuers() if one.link == "issuer-a")
    made.step(made.signed_on(echo), after=SECOND)
    made.step(made.signed_on(echo), after=11 * SECOND)
    made.step(Closed("issuer-b", ""))
    made.say("the link comes up, and its sign-on is not answered, answered to other numbers, refused")
    made.step(Connected("issuer-b", ""), after=SECOND)
    before = len(made.sent) - 1
    made.step(after=TIMER)
    made.step(after=30 * SECOND)
    sign_on = made.read(made.to_issuers(before)[-1])
    answer = Message("0810", de7=sign_on.de7, de11=sign_on.de11, de39="05", de70="001")
    made.step(made.from_issuer(answer.copy(de11="000077"), "issuer-b"), made.from_issuer(answer.copy(), "issuer-a"))
    made.step(made.from_issuer(answer.copy(de7="0314040000"), "issuer-b"))
    made.step(made.from_issuer(answer.copy(), "issuer-b"), after=SECOND)
    made.say("the issuer signs on and tests by itself")
    for code in ("001", "301"):
        asked = Message("0800", de7="0314040102", de11="000009", de70=code)
        made.step(made.from_issuer(asked, "issuer-b"), after=SECOND)
    made.say("five connections in a row end before they are answered, and then a sixth")
    made.step(Closed("issuer-a", ""), after=SECOND)
    for _ in range(6):
        made.step(Connected("issuer-a", ""), after=SECOND)
        made.step(made.frame(made.purchase(100)))
        made.step(Closed("issuer-a", ""), after=SECOND)
    made.say("what it says of the comparison makes no sense")
    made.step(Connected("issuer-a", ""), after=SECOND)
    sign_on = made.read(made.to_issuers()[-1])
    answer = Message("0810", de7=sign_on.de7, de11=sign_on.de11, de39="00", de48="A1nonsense", de70="001")
    made.step(made.from_issuer(answer), Connected("issuer-c", ""), after=SECOND)
    made.command("links")
    made.end()
