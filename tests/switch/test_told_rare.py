"""What happens rarely at the switch, word for word in `told/`: other dialects, odd orders in one step, old clocks."""

from __future__ import annotations

from typing import Final

from counterfoil.iso8583 import CUP_POS, Message, framing, nested
from counterfoil.iso8583.recollection import Named, Recollected, build_answer
from counterfoil.security import KeyUsage, MacAlgorithm, StoredKey
from counterfoil.step import DAY, SECOND, Closed, Command, Connected, Frame, NotSent, Send
from counterfoil.storage.archiving import digest, rows_of
from counterfoil.switch.archiving import SHAPE
from counterfoil.switch.numbers import rrn
from switch.scene import BOB, HEADER, MERCHANT, TERMINALS, TIMER, TPDU, pan
from switch.telling import Telling, telling

T1, T2 = TERMINALS
T3: Final = "T0000003"
CAROL: Final = pan("62999910", 3)
DIALECT: Final = {"44": {"type": "ans", "max": 30}, "63": {"type": "ans", "max": 40}}
OWN: Final = CUP_POS.override({number: dict(change) for number, change in DIALECT.items()})
MAK: Final = bytes(range(16))
X9_19: Final = MacAlgorithm.X9_19


def own(made: Telling, message: Message, mak: StoredKey, *, cut: int = 0) -> Frame:
    """A request in the dialect of the third terminal, under its own kind of MAC; `cut` bytes of it are missing."""
    body = OWN.encode(message.copy(de64=bytes(8)))[: -8 - cut]
    return Frame("terminals", 3, TPDU + HEADER + body + made.outside.mac(mak, body, X9_19, raw=True), made.now)


def test_a_terminal_with_a_dialect_and_a_mac_of_its_own() -> None:
    made = telling("a_terminal_with_a_dialect_and_a_mac_of_its_own")
    registration = made.registration(T3, mak=MAK.hex(), pik=MAK.hex(), mac="x9_19", raw=True, mak_bytes=16)
    made.command("register", **registration, dialect=DIALECT)
    mak, pik = made.outside.import_clear(KeyUsage.MAC, MAK), made.outside.import_clear(KeyUsage.PIN, MAK)
    made.lines[T3] = made.lines[T1]._replace(terminal=T3, mak=mak, pik=pik)
    made.say("a sale, its repeat, and a request of the same kind that is refused")
    request = made.purchase(100, terminal=T3)
    made.step(own(made, request, mak), after=SECOND)
    forwarded = made.read(made.to_issuers()[-1])
    made.step(made.reply(forwarded, "00"), after=SECOND)
    made.step(own(made, request, mak), own(made, made.purchase(0, terminal=T3), mak), after=SECOND)
    made.say("its reversal, and a message that cannot be read in its dialect")
    made.step(own(made, made.reversal(request).copy(de4="000000000001"), mak), after=SECOND)
    told = made.purchase(300, terminal=T3).copy(de63="CUP" + "x" * 30)
    made.step(own(made, told, mak), own(made, told.copy(de11="000009"), mak, cut=1), after=SECOND)
    made.say("under another MAC")
    made.step(made.frame(made.purchase(400, terminal=T3)), after=SECOND)
    made.say("it signs on, with track keys too")
    sign_on = Message("0800", de11="000020", de41=T3, de42=MERCHANT, de60="00000001004", de63="01 ")
    made.step(Frame("terminals", 3, TPDU + HEADER + OWN.encode(sign_on), made.now), after=SECOND)
    sent = made.sent[-1]
    assert isinstance(sent, Send)
    keys = nested.de62_keys(OWN.decode(framing.split_cup(sent.data, None).body).de62)
    tmk = made.keys["tmk"]
    mak = made.outside.unwrap(KeyUsage.MAC, keys.mak, keys.mak_kcv, tmk)
    tdk = made.outside.unwrap(KeyUsage.TRACK, keys.tdk, keys.tdk_kcv, tmk)
    pik = made.outside.unwrap(KeyUsage.PIN, keys.pik, keys.pik_kcv, tmk)
    made.lines[T3] = made.lines[T3]._replace(mak=mak, pik=pik)
    made.stans[T3] = 20
    sealed = made.purchase(500, terminal=T3).copy(de53="2610000000000000")
    sealed.de35 = made.outside.encrypt_track(tdk, sealed.de35 or "")
    made.step(own(made, sealed, mak), after=SECOND)
    made.end()


def test_who_was_never_given_a_key_and_who_stands_in_another_batch() -> None:
    made = telling("who_was_never_given_a_key_and_who_stands_in_another_batch")
    made.say("a terminal without keys asks: its key is burnt, and the answer has no MAC")
    made.command("register", **made.registration(T3))
    made.lines[T3] = made.lines[T1]._replace(terminal=T3)
    made.step(made.frame(made.purchase(100, terminal=T3)), after=SECOND)
    del made.lines[T3]
    made.say("a sale, a refusal, and one that is open; then the terminal is wiped and works in the next batch")
    sold, _ = made.approved(amount=200)
    refused, forwarded = made.asked(amount=300)
    made.step(made.reply(forwarded, "51"), after=SECOND)
    open_one, _ = made.asked(amount=400, card=BOB)
    made.sign_on(batch="000000")
    made.stans[T1] = 0
    made.asked(amount=500, card=CAROL)
    made.say("requests of the batch before under the keys of today")
    for earlier in (sold, refused, open_one):
        made.step(made.frame(earlier.copy()), after=SECOND)
    made.step(made.frame(made.reversal(sold)), made.frame(made.reversal(open_one, card=BOB)), after=SECOND)
    made.say("reversals with values that do not exist: only where they may differ")
    late = made.purchase(600)
    whole = framing.split_cup(made.frame(made.reversal(late)).data, None).body[:-8]
    odd = [framing.split_cup(made.frame(made.reversal(late, **{name: told})).data, None).body[:-8]
           for name, told in (("de22", "999"), ("de14", "0000"))]  # fmt: skip
    for body in (whole[:-1], whole.replace(b"156", b"15A"), *odd):
        mac = made.outside.mac(made.lines[T1].mak, body)
        made.step(Frame("terminals", 4, TPDU + HEADER + body + mac, made.now), after=SECOND)
    made.end()


def test_odd_orders_within_one_step() -> None:
    made = telling("odd_orders_within_one_step", case_after=2)
    made.sign_on(T2)
    made.say("the answer to a request and the end of its line, either first")
    _, first = made.asked(amount=100)
    made.step(made.reply(first, "00"), Closed("issuer-a", ""), after=SECOND)
    made.comes_up(after=SECOND)
    _, second = made.asked(amount=200, card=CAROL, terminal=T2)
    made.step(Closed("issuer-a", ""), made.reply(second, "51"), after=SECOND)
    made.comes_up(after=SECOND)
    made.say("the news that it was not sent, and the end of its line; then of another and its answer")
    made.asked(amount=300)
    token = made.to_issuers()[-1].token
    made.step(NotSent("issuer-a", "", token), Closed("issuer-a", ""), after=SECOND)
    made.comes_up(after=SECOND)
    third, fourth = made.asked(amount=400)
    token = made.to_issuers()[-1].token
    made.step(made.reply(fourth, "00"), NotSent("issuer-a", "", token), after=SECOND)
    made.say("an advice that was acknowledged as its line ended, and one that was not; an answer to neither")
    fifth, _ = made.approved(amount=500, card=CAROL, terminal=T2)
    made.step(made.frame(made.reversal(third)), made.frame(made.reversal(fifth, card=CAROL)), after=SECOND)
    one, other = made.advices()[-2:]
    made.step(made.reply(one, "00"), Closed("issuer-a", ""), after=SECOND)
    made.comes_up(after=SECOND)
    made.step(made.reply(other, "12"), after=SECOND)
    for _ in range(4):
        due = made.switch.wakes_at()
        assert due is not None
        made.step(after=due - made.now)
    made.step(made.reply(other, "68"), after=SECOND)
    made.say("it was not sent, and is acknowledged, in one step")
    token = next(send.token for send in reversed(made.to_issuers()) if made.read(send).mti == "0421")
    made.step(made.reply(other, "00"), NotSent("issuer-a", "", token), after=SECOND)
    made.end()


def test_who_asks_is_suspected_no_more_after_an_answer() -> None:
    made = telling("who_asks_is_suspected_no_more_after_an_answer")
    made.sign_on(T2)
    made.asked(amount=100)
    made.asked(amount=200, card=CAROL, terminal=T2)
    made.step(Closed("issuer-a", ""), after=SECOND)
    made.comes_up(after=SECOND)
    made.say("the second has an answer, the first is asking as the line ends again")
    made.approved(amount=300, card=CAROL, terminal=T2)
    made.asked(amount=400)
    made.asked(amount=500, card=CAROL, terminal=T2)
    made.step(Closed("issuer-a", ""), after=SECOND)
    made.comes_up(after=SECOND)
    for after in (0, TIMER - 3 * SECOND, SECOND, SECOND):
        made.now += after
        made.step(made.frame(made.purchase(600)), made.frame(made.purchase(700, CAROL, terminal=T2)))
    made.end("attempt", "trail", "alarm")


def test_what_the_issuer_names_may_be_in_the_archive() -> None:
    made = telling("what_the_issuer_names_may_be_in_the_archive")
    made.approved(amount=100)
    made.approved(amount=200)
    key = (T1, "000001", "000002")
    said = {"keys": [list(key)], "digests": [digest(rows_of(made.store, SHAPE, [key])[key])]}
    made.switch.step(made.now, [Command(3, "archive", said)])
    made.now += 11 * DAY
    made.step()
    made.step(Closed("issuer-a", ""))
    for age in (9, 10, 11, 400):
        made.say(f"it names one of {age} days ago")
        made.step(Connected("issuer-a", ""), after=SECOND)
        ask = made.read([send for send in made.to_issuers() if send.link == "issuer-a"][-1])
        answer = Message("0810", de7=ask.de7, de11=ask.de11, de39="00", de70=ask.de70)
        named = Named(f"03140400000001{age % 100:02d}", rrn(made.now - age * DAY, 8 * 3600 * SECOND), T2)
        odd = Named("0314040000000999", "X0730JUG0001", T2) if age == 9 else named
        answer.de48 = build_answer(Recollected((True,) * ((ask.de48 or "").count("0314040000") or 0), (named, odd)))
        made.step(made.from_issuer(answer))
        made.step(Closed("issuer-a", ""))
    made.end()
