"""What terminals ask that is refused, and what people ask of the switch, word for word in `told/`."""

from __future__ import annotations

from typing import Any, Final

from counterfoil.iso8583 import Message, framing, nested
from counterfoil.security import KeyUsage
from counterfoil.step import SECOND, Closed, Frame, Instant, Send
from switch.scene import ALICE, BOB, HEADER, MERCHANT, NO_ROUTE, TERMINALS, TIMER, TPDU, pan
from switch.telling import Telling, telling

T1, T2 = TERMINALS
T3: Final = "T0000003"
CAROL: Final = pan("62999910", 3)
HOUR: Final[Instant] = 3600 * SECOND
SHOP: Final = "898100058120003"
DIGITS: Final = bytes(8)


def sealed(made: Telling, body: bytes, conn: int = 1) -> Frame:
    """A body under the MAC of the first terminal, whatever it says."""
    return Frame("terminals", conn, TPDU + HEADER + body + made.outside.mac(made.lines[T1].mak, body), made.now)


def unsealed_body(made: Telling, message: Message) -> bytes:
    """The bytes of a message, without its MAC."""
    return framing.split_cup(made.frame(message).data, None).body[:-8]


def test_purchases_that_are_refused() -> None:
    made = telling("purchases_that_are_refused", typed=frozenset({SHOP}))
    made.say("a terminal of another shop, with a limit, whose merchant may type")
    made.command("register", **made.registration(T3, merchant=SHOP, limit=1000))
    made.step(made.frame(Message("0800", de11="000001", de41=T3, de42=SHOP, de60="00000000003", de63="01 ")))
    sent = made.sent[-1]
    assert isinstance(sent, Send)
    keys = nested.de62_keys(made.heard(sent).de62)
    tmk = made.keys["tmk"]
    line = made.lines[T1]._replace(
        terminal=T3,
        batch="000001",
        mak=made.outside.unwrap(KeyUsage.MAC, keys.mak, keys.mak_kcv, tmk),
        pik=made.outside.unwrap(KeyUsage.PIN, keys.pik, keys.pik_kcv, tmk),
    )
    made.lines[T3], made.given[T3], made.stans[T3] = line, [line.mak], 1
    made.step(*[made.frame(made.purchase(n, terminal=T3).copy(de42=SHOP), n) for n in (999, 1000, 1001)])
    typed = {"de22": "012", "de35": None, "de2": CAROL, "de14": "2911", "de26": None, "de52": None, "de53": None}
    made.step(made.frame(made.purchase(11, terminal=T3).copy(de42=SHOP, **typed)))
    made.say("rule by rule at the first terminal")
    changes: tuple[dict[str, Any], ...] = (
        {"de60": "2200000200050"}, {"de4": "000000000000"}, {"de49": "000"}, {**typed},
        {"de35": None}, {"de35": None, "de2": ALICE, "de22": "901"}, {"de2": CAROL}, {"de35": f"{ALICE[:-1]}0=3012201"},
        {"de35": f"{NO_ROUTE}=30122010000000000"}, {"de35": "=30122010000000000"}, {"de53": "2610000000000000"},
        {"de53": "1600000000000000"}, {"de53": None, "de14": "2505"}, {"de52": DIGITS}, {"de22": "051"},
        {"de3": "310000"}, {"de25": "06"}, {"de60": "2000000100050"}, {"de42": SHOP},
    )  # fmt: skip
    for number, change in enumerate(changes, start=1):
        made.step(made.frame(made.purchase(100 + number).copy(**change), number), after=SECOND)
    made.say("elements that must be there")
    for name in ("de3", "de4", "de22", "de25", "de49", "de60", "de11"):
        made.step(made.frame(made.purchase(300).copy(**{name: None})))
    made.say("a type that is not known, and a message that cannot be read")
    first = made.purchase(300)
    made.step(made.frame(Message("0100", **{f"de{n}": v for n, v in first.items() if n != 64})))
    unread = unsealed_body(made, made.purchase(300).copy(de63="CUP"))[:-1]
    made.step(sealed(made, unread), sealed(made, unread), after=SECOND)
    made.say("what was refused comes again, as it was and as another")
    made.step(made.frame(first.copy()), made.frame(first.copy(de4="000000000301")), after=SECOND)
    made.say("it waited for as long as an issuer may take, and a microsecond less")
    for waited in (TIMER, TIMER - 1):
        frame = made.frame(made.purchase(400))
        made.step(Frame(frame.link, 1, frame.data, made.now - waited))
    made.say("the line to its issuer is down")
    made.step(Closed("issuer-b", ""), made.frame(made.purchase(500, BOB)))
    made.end()


def test_sign_ons() -> None:
    made = telling("sign_ons", signed=False, offers=2)
    made.say("with single, double and track keys, and with an acquirer's own code")
    for code in ("001", "003", "004", "005"):
        made.sign_on(code=code)
        made.step(after=SECOND)
    made.say("the same again within the time of a repeat, at its end, and before it began")
    made.sign_on(T2, stan="000001")
    made.now += 5 * SECOND - 1
    made.sign_on(T2, stan="000001")
    made.now += 1
    made.sign_on(T2, stan="000001")
    made.say("two offers stand, and a third sign-on is told the last again")
    made.sign_on(T2, stan="000002")
    made.now += 5 * SECOND
    made.sign_on(T2, stan="000003")
    made.say("a message comes under the first one, then one under the last")
    first, last = made.given[T2][0], made.given[T2][-1]
    made.stans[T2] = 3
    request = made.purchase(100, BOB, pin=None, terminal=T2)
    made.step(made.frame(request, mac=first), after=SECOND)
    made.step(made.frame(made.purchase(200, BOB, pin=None, terminal=T2), mac=last), after=SECOND)
    made.step(made.frame(request.copy(), mac=first), after=SECOND)
    made.say("a device that was wiped, one that counts from one again, one of an earlier time")
    made.sign_on(T2, stan="000900", batch="000000")
    made.sign_on(T2, stan="000001", batch="000001")
    made.sign_on(T2, stan="000005", batch="000001")
    made.sign_on(T2, stan="000004", batch="000001")
    made.sign_on(T2, stan="000002", batch="000001")
    made.now += 5 * SECOND
    made.sign_on(T2, stan="000001", batch="000001")
    made.stans[T2] = 5
    made.step(made.frame(made.purchase(300, BOB, terminal=T2)), after=SECOND)
    made.say("no master key, no STAN, no batch left")
    made.command("register", terminal=T3, merchant=MERCHANT)
    made.command("register", **made.registration("T0000004", batch="999999"))
    made.sign_on(T3)
    without = Message("0800", de41=T1, de42=MERCHANT, de60="00000001003", de63="01 ")
    made.step(made.frame(without))
    made.sign_on("T0000004", batch="999999", stan="000007")
    made.now += 5 * SECOND
    made.stans["T0000004"] = 7
    made.step(made.frame(made.purchase(100, terminal="T0000004")))
    made.sign_on("T0000004", batch="999999", stan="000003")
    made.say("sign-off, echo test, and what is neither")
    for mti, code in (("0820", "002"), ("0820", "301"), ("0820", "003"), ("0800", "002"), ("0800", "999")):
        made.step(made.frame(without.copy(de11="000050", de60=f"00000001{code}") if mti == "0800" else
                             Message(mti, de11="000050", de41=T1, de42=MERCHANT, de60=f"00000001{code}")))  # fmt: skip
    made.step(made.frame(without.copy(de11="000051", de60="00000001")), made.frame(without.copy(de60="0")))
    made.say("of another merchant, and of a terminal nobody knows")
    made.step(
        made.frame(without.copy(de11="000052", de42=SHOP)), made.frame(without.copy(de11="000053", de41="T9999999"))
    )
    made.end()


def test_what_nobody_vouches_for() -> None:
    made = telling("what_nobody_vouches_for", burnt_keys=2, stranger_lines=6, peer_lines=2)
    made.approved(amount=100)
    made.say("a wrong MAC burns keys: near to where the terminal is, twice in an hour")
    lost = made.purchase(200).copy(de11="000001")
    made.step(made.frame(lost, spoil=True), made.frame(lost.copy()), made.frame(lost.copy(), spoil=True), after=SECOND)
    made.step(made.frame(made.reversal(lost), 7, spoil=True), after=SECOND)
    for stan in ("000103", "000102"):
        made.step(made.frame(made.purchase(200).copy(de11=stan), spoil=True), after=SECOND)
    made.step(made.frame(made.purchase(200).copy(de11="000002"), spoil=True))
    made.step(made.frame(made.purchase(200).copy(de11="000000"), spoil=True))
    made.step(made.frame(made.purchase(200).copy(de60="2200000200050"), spoil=True))
    made.stans[T1] = 2
    burnt = made.purchase(300)
    made.step(made.frame(burnt, 4, spoil=True), made.frame(burnt.copy(), 5), after=SECOND)
    made.step(made.frame(made.purchase(300), 6, spoil=True), after=SECOND)
    made.say("of a terminal nobody knows; answers; half a packet; a claim that cannot be read")
    strange = made.purchase(1).copy(de41="T9999999")
    answer = Message("0210", de3="000000", de11="000001", de39="00", de41=T1, de42=MERCHANT)
    for number in range(3):
        made.step(made.frame(strange, 8), made.frame(answer, 9), Frame("terminals", 10, b"\x60\x00", made.now))
        half = framing.split_cup(made.frame(Message("0800", de41=T2, de42=MERCHANT)).data, None).body
        made.step(Frame("terminals", 11, TPDU + HEADER + half[:9], made.now), after=number * SECOND)
    made.step(Frame("terminals", 12, TPDU + HEADER + b"\x02\x00", made.now))
    settle = Message("0500", de11="000009", de41=T2, de42=MERCHANT, de48="0" * 62, de49="156", de60="00000001201")
    made.step(made.frame(settle, 13), made.frame(settle.copy(de41="T9999998"), 14))
    made.say("issuers, two lines each")
    for issuer in ("issuer-a", "issuer-a", "issuer-a", "issuer-b"):
        made.step(Frame(issuer, "", b"0", made.now), after=SECOND)
    made.command("status")
    made.say("in the next hour")
    made.step(made.frame(strange.copy(), 15), made.frame(made.purchase(400), 16, spoil=True), after=HOUR)
    made.step(Frame("issuer-a", "", b"0", made.now), made.frame(settle.copy(), 17))
    made.end()


def test_terminals_are_registered() -> None:
    made = telling("terminals_are_registered")
    made.approved(amount=100)
    mak, pik = bytes(range(8)).hex(), bytes(range(16)).hex()
    good = made.registration(T3)
    made.say("with everything, with nothing, with working keys")
    whole = {"batch": "000017", "mac": "x9_19", "raw": True, "mak_bytes": 16, "limit": 5}
    made.command("register", **good, **whole, dialect={"48": {"type": "ans", "max": 322}})
    made.rows("terminal")
    made.command("register", terminal="T0000004", merchant=SHOP)
    made.command("register", terminals=[{"terminal": "T0000005", "merchant": SHOP, "mak": mak, "pik": pik}, good])
    made.say("again: the batch stays, or goes on; never back")
    for batch in ("000016", "000017", "000018", "000000", "1000000", "7"):
        made.command("register", terminals=[made.registration(T2), {**good, "batch": batch}])
    made.say("the device stays signed on, while it is the same")
    made.command("register", **made.registration(T1))
    made.approved(amount=200)
    made.command("register", **made.registration(T1, merchant=SHOP))
    made.command("register", **made.registration(T1, mak=mak))
    made.say("at the limits of what fits")
    for change in (
        {"limit": 999_999_999_999}, {"limit": 1_000_000_000_000}, {"limit": -1}, {"mak_bytes": 8}, {"mak_bytes": 9},
        {"terminal": "T00000012"}, {"merchant": SHOP + "1"}, {"mac": "aes_cmac"}, {"tmk": "0"}, {"mak": "00"},
        {"pik": "00"}, {"dialect": {"48": {"max": "x"}}}, {"dialect": {"3": {"max": 4}}}, {"nobody": 1},
    ):  # fmt: skip
        made.command("register", **{**good, **change})
    for odd in ([], [1], good):
        made.command("register", terminals=odd)
    made.command("unknown")
    made.end()
