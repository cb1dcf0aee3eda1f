"""What a terminal may send, and the one code each gets: the order of the checks, and what a refusal leaves behind."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Message, framing, nested
from counterfoil.iso8583.ranges import ENTRY_MODES
from counterfoil.security import KeyUsage
from counterfoil.step import SECOND, Closed, Frame, Hangup, NotSent, Send
from counterfoil.switch import Settings, pending
from switch.scene import ALICE, BOB, HEADER, MERCHANT, NO_ROUTE, START, TERMINALS, TIMER, TPDU, Scene, scene

T1 = TERMINALS[0]
WRONG_DIGIT = ALICE[:-1] + str((int(ALICE[-1]) + 1) % 10)


def test_an_approved_purchase_says_everything_an_answer_holds() -> None:
    made = scene()
    request, forwarded = made.asked(conn=7)
    out = made.step(made.reply(forwarded, "00"))
    (send,) = [item for item in out if isinstance(item, Send)]
    assert send.conn == 7
    answer = made.heard(send)
    assert answer.mti == "0210"
    for number in (3, 4, 11, 25, 41, 42, 49, 60):
        assert answer.get(number) == request.get(number), number
    assert (answer.de2, answer.de38, answer.de39, answer.de37) == (ALICE, "123456", "00", forwarded.de37)
    assert (answer.de12, answer.de13, answer.de15, answer.de32) == ("120000", "0314", "0314", "00010344")
    assert answer.de44 == "01020000   00010344   "
    assert made.state(request) == "approved"
    assert made.at_rest()


def test_the_issuer_gets_the_purchase_with_the_pin_under_its_own_key() -> None:
    made = scene()
    request = made.purchase()
    made.step(made.frame(request))
    (forwarded,) = [made.read(send) for send in made.to_issuers()]
    assert forwarded.present() == (2, 3, 4, 7, 11, 12, 13, 14, 18, 22, 25, 32, 35, 37, 41, 42, 49, 52, 64)
    assert (forwarded.de2, forwarded.de14, forwarded.de4, forwarded.de22) == (ALICE, "3012", "000000001250", "021")
    assert forwarded.de52 is not None
    pvk = made.outside.generate(KeyUsage.PVK, 16)
    pvv = made.outside.make_pvv("1234", ALICE, pvk)
    assert made.outside.verify_pin(forwarded.de52, ALICE, made.keys["zpk"], pvk, pvv)


TYPED = {"de2": ALICE, "de14": "3012", "de35": None, "de22": "012"}
MAY_TYPE = Settings(switch_timer=TIMER, typed=frozenset({MERCHANT}))


def test_a_typed_card_without_pin_goes_out_without_track_and_pin_where_the_merchant_may_type() -> None:
    made = scene(settings=MAY_TYPE)
    made.step(made.frame(made.purchase(pin=None).copy(**TYPED)))
    (forwarded,) = [made.read(send) for send in made.to_issuers()]
    assert (forwarded.de35, forwarded.de52, forwarded.de2) == (None, None, ALICE)


def sealed(made: Scene) -> Message:
    """A purchase whose track is encrypted under the track key its terminal has just been given."""
    made.now += 10 * SECOND
    answer = made.sign_on(code="004")
    keys = nested.de62_keys(answer.de62)
    tdk = made.outside.unwrap(KeyUsage.TRACK, keys.tdk, keys.tdk_kcv, made.keys["tmk"])
    message = made.purchase()
    message.de35 = made.outside.encrypt_track(tdk, message.de35 or "")
    message.de53 = "2610000000000000"
    return message


def test_an_encrypted_track_is_read_under_the_track_key() -> None:
    made = scene()
    made.step(made.frame(sealed(made)))
    (forwarded,) = [made.read(send) for send in made.to_issuers()]
    assert forwarded.de2 == ALICE


def test_a_repeated_request_with_an_encrypted_track_gets_its_result_with_the_card_number_in_it() -> None:
    made = scene()
    message = sealed(made)
    made.step(made.frame(message))
    (forwarded,) = [made.read(send) for send in made.to_issuers()]
    (first,) = made.told(made.reply(forwarded, "00"))
    (again,) = made.told(made.frame(message.copy()))
    assert (again.de2, again.de39, again.de37) == (ALICE, "00", first.de37)
    assert again.de2 == first.de2


def test_cards_are_routed_by_the_longest_range() -> None:
    made = scene()
    made.asked(card=ALICE)
    made.asked(card=BOB)
    assert [send.link for send in made.to_issuers()] == ["issuer-a", "issuer-b"]


def test_an_answer_says_whether_its_question_was_genuine_and_a_sign_on_never_was() -> None:
    made = scene()
    made.sign_on(terminal=TERMINALS[1])
    _, forwarded = made.asked()
    made.step(made.reply(forwarded, "00"))
    made.step(made.frame(made.purchase(), spoil=True))
    answers = [item for item in made.sent if isinstance(item, Send) and item.link == "terminals"]
    proven = [(made.heard(send).mti, send.proven) for send in answers]
    assert ("0210", True) in proven
    assert all(not said for mti, said in proven if mti == "0810")
    assert sum(said for _, said in proven) == 1


REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "another merchant": ({"de42": "123456789012345"}, "03"),
    "void": ({"de3": "200000"}, "40"),
    "balance inquiry": ({"de3": "310000"}, "40"),
    "chip offline upload": ({"de60": "3600000100050"}, "40"),
    "completion void": ({"de3": "200000", "de60": "2100000100050", "de25": "06"}, "40"),
    "instalment": ({"de25": "64"}, "40"),
    "no amount": ({"de4": None}, "30"),
    "no entry mode": ({"de22": None}, "30"),
    "no batch": ({"de60": None}, "30"),
    "another batch": ({"de60": "2200000700050"}, "77"),
    "amount zero": ({"de4": "000000000000"}, "13"),
    "currency without exponent": ({"de49": "999"}, "12"),
    "no card": ({"de35": None}, "30"),
    "typed where nobody may": (TYPED, "58"),
    "typed, with a stripe": ({"de22": "012"}, "58"),
    "typed, and no card": ({"de22": "012", "de35": None}, "58"),
    "a stripe that is not there": ({"de2": ALICE, "de35": None}, "30"),
    "a whole stripe that is not there": ({"de2": ALICE, "de35": None, "de22": "902"}, "30"),
    "wrong check digit": ({"de35": f"{WRONG_DIGIT}=30122010000000000"}, "14"),
    "two cards": ({"de2": BOB}, "14"),
    "no track": ({"de35": "12=34"}, "30"),
    "no issuer": ({"de35": f"{NO_ROUTE}=30122010000000000"}, "15"),
    "mangled PIN block": ({"de52": b"\0" * 8}, "99"),
    "PIN block without card number": ({"de53": "1600000000000000"}, "99"),
    "track key never given": ({"de53": "2610000000000000"}, "30"),
}


@pytest.mark.parametrize(("changes", "code"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_purchase_that_is_refused_here_never_goes_upstream(changes: dict[str, Any], code: str) -> None:
    made = scene()
    request = made.purchase().copy(**changes)
    (answer,) = made.told(made.frame(request, mac=made.lines[T1].mak))
    assert (answer.mti, answer.de39) == ("0210", code)
    assert not made.to_issuers()
    assert made.at_rest()


def test_the_smallest_amount_goes_upstream() -> None:
    made = scene()
    made.asked(amount=1)
    (sent,) = made.to_issuers()
    assert ISO87_ASCII.decode(sent.data).de4 == "000000000001"


STORED = ("77", "13", "12", "14", "15", "58", "99")


@pytest.mark.parametrize("why", [why for why, (_, code) in REFUSALS.items() if code in STORED])
def test_a_refusal_burns_the_key_and_is_told_again(why: str) -> None:
    made = scene()
    request = made.purchase().copy(**REFUSALS[why][0])
    first, again = made.told(made.frame(request), made.frame(request))
    assert first == again
    assert made.stub(request).forwarded is False
    assert made.codes(made.frame(made.reversal(request))) == ["00"]
    assert made.state(request) == "declined"
    assert not pending(made.store)


@pytest.mark.parametrize("mode", sorted(ENTRY_MODES))
@pytest.mark.parametrize("may", [False, True])
def test_which_entries_go_upstream(mode: str, may: bool) -> None:
    made = scene(settings=MAY_TYPE if may else None)
    bare = made.purchase().copy(de2=ALICE, de35=None, de14="3012", de22=mode)
    swiped = made.purchase().copy(de22=mode)
    for request in (bare, swiped):
        made.step(made.frame(request))
    typed, stripe = mode[:2] == "01", mode[:2] in ("02", "90")
    wanted = ["0200"] * ((not stripe and (may or not typed)) + (may or not typed))
    assert [made.read(sent).mti for sent in made.to_issuers()] == wanted


def test_who_may_type_is_the_merchant_the_terminal_is_registered_with() -> None:
    made = scene(settings=Settings(switch_timer=TIMER, typed=frozenset({"123456789012345"})))
    request = made.purchase().copy(**TYPED)
    assert made.codes(made.frame(request)) == ["58"]
    assert made.codes(made.frame(made.purchase().copy(**TYPED, de42="123456789012345"))) == ["03"]
    assert made.codes(made.frame(made.reversal(request))) == ["00"]
    assert not made.to_issuers()


def test_the_terminals_own_limit() -> None:
    made = scene()
    made.command("register", **made.registration(T1, limit=10_000))
    assert made.codes(made.frame(made.purchase(10_001))) == ["61"]
    made.asked(amount=10_000)


ORDER: list[tuple[str, dict[str, Any]]] = [
    ("03", {"de42": "123456789012345"}),
    ("40", {"de3": "310000"}),
    ("30", {"de22": None}),
    ("77", {"de60": "2200000700050"}),
    ("13", {"de4": "000000000000"}),
    ("12", {"de49": "999"}),
    ("58", {"de22": "012"}),
    ("14", {"de35": f"{WRONG_DIGIT}=30122010000000000"}),
    ("99", {"de52": b"\0" * 8}),
]


@pytest.mark.parametrize("first", range(len(ORDER)), ids=[code for code, _ in ORDER])
def test_the_first_check_that_objects_names_the_code(first: int) -> None:
    made = scene()
    wrong: dict[str, Any] = {}
    for _, changes in reversed(ORDER[first:]):
        wrong |= changes
    if first <= 2:
        wrong |= {"de22": None, "de4": None}
    request = made.purchase().copy(**wrong)
    assert made.codes(made.frame(request, mac=made.lines[T1].mak)) == [ORDER[first][0]]


def test_a_purchase_without_a_mac_is_a_wrong_mac() -> None:
    made = scene()
    body = CUP_POS.encode(made.purchase())
    assert made.codes(Frame("terminals", 1, TPDU + HEADER + body, made.now)) == ["A0"]


@pytest.mark.parametrize("mti", ["0100", "0220", "0620", "0920", "0201"])
def test_a_type_that_is_not_built_is_refused_after_its_mac(mti: str) -> None:
    made = scene()
    request = made.purchase().copy()
    request.mti = mti
    (answer,) = made.told(made.frame(request))
    assert made.state(request) == "declined"
    assert (answer.mti, answer.de39) == (f"{mti[:2]}{int(mti[2]) + 1}0", "40")


@pytest.mark.parametrize("mti", ["0500", "0320"])
def test_settlement_carries_no_mac_and_is_not_built(mti: str) -> None:
    made = scene()
    request = Message(mti, de11="000009", de41=T1, de42=MERCHANT, de60="00000001201")
    assert made.codes(made.frame(request)) == ["40"]


def test_an_issuer_that_is_down_is_a_definite_no_without_a_reversal() -> None:
    made = scene()
    made.step(Closed("issuer-a", ""))
    request = made.purchase()
    assert made.codes(made.frame(request)) == ["91"]
    assert made.stub(request).forwarded is False
    assert made.at_rest()


def test_a_request_the_link_could_not_send_is_a_definite_no_without_a_reversal() -> None:
    made = scene()
    request, _ = made.asked()
    assert made.codes(*made.not_sent()) == ["91"]
    found = made.stub(request)
    assert (found.state, found.forwarded, found.response_code) == ("declined", False, "91")
    assert made.at_rest()


def test_a_request_must_leave_before_its_deadline() -> None:
    made = scene()
    made.asked()
    (send,) = made.to_issuers()
    assert send.before == START + TIMER
    assert send.token


def test_a_request_that_waited_longer_than_an_issuer_may_take_is_not_started() -> None:
    made = scene()
    frame = made.frame(made.purchase())
    assert made.codes(frame, after=TIMER) == ["68"]
    assert not made.to_issuers()


def test_a_header_is_not_needed_and_not_made_up() -> None:
    made = scene()
    packet = framing.split_cup(made.frame(made.purchase(0)).data)
    (send,) = made.step(Frame("terminals", 1, packet.tpdu + packet.body, made.now))
    assert isinstance(send, Send)
    answer = framing.split_cup(send.data, None)
    assert answer.header == b""
    assert CUP_POS.decode(answer.body).de39 == "13"


@pytest.mark.parametrize(
    "data",
    [b"", b"\x60", b"GET / HTTP/1.1\r\n\r\n", TPDU + HEADER, TPDU + HEADER + b"\x02\x00", TPDU + HEADER + b"\xff" * 40],
    ids=["nothing", "a byte", "http", "no message", "no bitmap", "no digits"],
)
def test_garbage_is_hung_up_on_and_the_switch_goes_on(data: bytes) -> None:
    made = scene()
    out = made.step(Frame("terminals", 9, data, made.now), made.frame(made.purchase(0), 1))
    assert out[0] == Hangup("terminals", 9)
    assert isinstance(out[1], Send)
    assert made.command("status")["quarantined"] == 1


def test_a_message_its_terminal_vouches_for_and_nobody_can_read_is_a_format_error() -> None:
    made = scene()
    request = made.purchase().copy(de63="CUP")
    frame = made.frame(request)
    damaged = framing.split_cup(frame.data).body[:-9]  # the last byte of DE63 is missing
    sealed = damaged + made.outside.mac(made.lines[T1].mak, damaged)
    unreadable = Frame("terminals", 1, TPDU + HEADER + sealed, made.now)
    assert made.codes(unreadable, unreadable, frame) == ["30", "30", "30"]
    assert (made.state(request), made.to_issuers()) == ("declined", [])


def test_an_answer_sent_to_the_server_is_no_request() -> None:
    made = scene()
    message = made.purchase()
    message.mti = "0210"
    assert made.step(made.frame(message)) == [Hangup("terminals", 1)]


def test_a_frame_of_a_link_nobody_configured_is_hung_up_on() -> None:
    made = scene()
    assert made.step(Frame("issuer-z", "", b"0210", made.now)) == [Hangup("issuer-z", "")]


def test_a_step_with_nothing_to_write_does_not_commit() -> None:
    made = scene()
    before = made.store.query("SELECT count(*) FROM trail")
    assert made.step(NotSent("issuer-a", "", 12345)) == []
    assert made.step() == []
    assert made.store.query("SELECT count(*) FROM trail") == before


def test_terminal_requests_of_one_step_are_decided_in_order_and_committed_once() -> None:
    made = scene(settings=Settings(switch_timer=TIMER))
    requests = [made.purchase(amount) for amount in (0, 100, 200)]
    answers = made.told(*[made.frame(request, conn) for conn, request in enumerate(requests)])
    assert [answer.de39 for answer in answers] == ["13"]
    assert [made.read(send).de4 for send in made.to_issuers()] == ["000000000100", "000000000200"]
    assert len({made.stub(request).rrn for request in requests}) == 3
