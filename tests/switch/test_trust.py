"""Trust (docs/loop.md): no authenticated answer to an unauthenticated question.

Every field of a request and of a reversal is damaged in every way, before its intact copy and after it. Whatever comes
of it, nobody is told "not charged" while a charge stands, and no charge stands one-sided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from counterfoil.iso8583 import CUP_POS, Message, framing
from counterfoil.step import SECOND, Frame, Hangup, Send
from counterfoil.switch import Settings, stub
from counterfoil.switch.records import Records
from counterfoil.switch.silent import unproved
from counterfoil.terminal import wire
from counterfoil.transaction import AttemptKey
from switch.scene import CLAIMS, HEADER, MERCHANT, TERMINALS, TIMER, TPDU, Scene, scene

T1: Final = TERMINALS[0]
HOUR: Final = 3600 * SECOND
FIELDS: Final = (3, 4, 11, 22, 25, 26, 35, 41, 42, 49, 52, 53, 60, 64)
OF_A_REVERSAL: Final = (2, 3, 4, 11, 22, 25, 39, 41, 42, 49, 60, 64)


def frame_of(made: Scene, body: bytes) -> Frame:
    return Frame("terminals", 1, TPDU + HEADER + body, made.now)


def body_of(frame: Frame) -> bytes:
    return framing.split_cup(frame.data, len(HEADER)).body


def spans(message: Message) -> dict[int, tuple[int, int]]:
    """Where each field stands in the encoded message."""
    found, before = {}, CUP_POS.encode(Message(message.mti))
    taken = Message(message.mti)
    for number in message.present():
        taken.set(number, message.get(number))
        after = CUP_POS.encode(taken)
        found[number] = (len(before), len(after))
        before = after
    return found


def damaged(message: Message, body: bytes, number: int) -> Iterator[tuple[str, bytes]]:
    """The message with one field damaged: every bit of its first and last byte, cut off within it, or taken out."""
    start, end = spans(message)[number]
    for at in {start, end - 1}:
        for bit in range(8):
            yield f"bit {bit} of byte {at}", body[:at] + bytes([body[at] ^ (1 << bit)]) + body[at + 1 :]
    yield "cut off", body[: end - 1]
    yield "taken out", body[:10].replace(body[2:10], _bitmap(body[2:10], number)) + body[10:start] + body[end:]
    yield "a byte too many", body[:end] + b"\x30" + body[end:]


def _bitmap(bits: bytes, number: int) -> bytes:
    return (int.from_bytes(bits, "big") ^ (1 << (64 - number))).to_bytes(8, "big")


def of_the_head(body: bytes) -> Iterator[tuple[str, bytes]]:
    """The message type and the bitmap, bit by bit."""
    for at in range(10):
        for bit in range(8):
            yield f"bit {bit} of byte {at}", body[:at] + bytes([body[at] ^ (1 << bit)]) + body[at + 1 :]


def copies(message: Message, body: bytes, part: int) -> list[tuple[str, bytes]]:
    return list(damaged(message, body, part) if part else of_the_head(body))


class Till:
    """What a terminal of the field makes of what it hears of one sale: it believes a yes under a valid MAC, any no."""

    def __init__(self, made: Scene, request: Message) -> None:
        self.made, self.request = made, request
        self.decided = ""

    def hear(self, *arrived: Any, after: int = 0) -> None:
        for item in self.made.step(*arrived, after=after):
            if isinstance(item, Send) and item.link == "terminals" and not self.decided:
                self._take(framing.split_cup(item.data, None).body)

    def _take(self, body: bytes) -> None:
        answer = CUP_POS.decode(body)
        if not wire.answers("0200", self.request.de11 or "", T1, answer):
            return
        line = self.made.lines[T1]
        genuine = answer.de64 is not None and self.made.outside.verify_mac(line.mak, body[:-8], body[-8:])
        if answer.de39 != "00":
            self.decided = "declined"
        else:
            self.decided = "paid" if genuine else "reverse"

    def close(self) -> str:
        """What it ends as: without a usable answer it reverses, until that is acknowledged."""
        if self.decided in ("", "reverse"):
            assert self.made.codes(self.made.frame(self.made.reversal(self.request)))[-1:] in (["00"], ["25"])
            self.decided = "reversed"
        return self.decided


def play(made: Scene, part: int, which: int, order: str) -> str:
    """One sale of which a damaged copy comes before its intact one, after it, or after its result: how it failed."""
    request = made.purchase()
    intact = made.frame(request)
    what, body = copies(request, body_of(intact), part)[which]
    spoilt = frame_of(made, body)
    till = Till(made, request)
    before = len(made.sent)
    if order == "damaged first":
        till.hear(spoilt)
        till.hear(intact)
    elif order == "in one step":
        till.hear(spoilt, intact)
    else:
        till.hear(intact)
        if order == "damaged while open":
            till.hear(spoilt)
    asked = [message for send in made.to_issuers(before) if (message := made.read(send)).mti == "0200"]
    assert len(asked) <= 1
    for message in asked:
        till.hear(made.reply(message, "00"))
    if order == "damaged after the answer":
        till.decided = ""  # the answer was lost
        till.hear(spoilt)
    before = len(made.sent)
    end = till.close()
    made.acknowledge(since=before)
    found = stub(made.store, AttemptKey(T1, made.lines[T1].batch, request.de11 or ""))
    stands = found is not None and found.state == "approved"
    return "" if stands == (end == "paid") and made.at_rest() else f"{what}: {end}, {found}"


@pytest.mark.parametrize("order", ["damaged first", "in one step", "damaged while open", "damaged after the answer"])
@pytest.mark.parametrize("part", [0, *FIELDS])
def test_a_damaged_copy_of_a_request_leaves_no_one_sided_charge(part: int, order: str) -> None:
    made = scene(settings=Settings(switch_timer=TIMER, burnt_keys=40))  # some find their key burnt, some silence
    made.approved()  # a sale before, so that the terminal is somewhere
    request = made.purchase()
    count = len(copies(request, body_of(made.frame(request)), part))
    assert count > 10
    assert [wrong for which in range(count) if (wrong := play(made, part, which, order))] == []


@pytest.mark.parametrize("part", [0, *OF_A_REVERSAL])
def test_a_damaged_reversal_is_not_answered_and_changes_nothing(part: int) -> None:
    made = scene(settings=Settings(switch_timer=TIMER, burnt_keys=10_000))
    request, _ = made.approved()
    message = made.reversal(request)
    intact = made.frame(message)
    for what, body in copies(message, body_of(intact), part):
        out = made.step(frame_of(made, body))
        answered = [CUP_POS.decode(framing.split_cup(item.data, None).body) for item in out if isinstance(item, Send)]
        assert all(answer.mti != "0410" for answer in answered), what
        assert made.state(request) == "approved", what
    assert made.codes(intact) == ["00"]
    assert made.state(request) == "reversing"
    made.step(*[frame_of(made, body) for _, body in copies(message, body_of(intact), part)])
    assert made.state(request) == "reversing"


def test_a_damaged_copy_that_comes_first_burns_the_key_and_the_intact_one_is_refused_with_the_same_result() -> None:
    made = scene()
    request = made.purchase()
    (first,) = made.told(made.frame(request, spoil=True))
    (second,) = made.told(made.frame(request))
    assert (first.de39, first.de37) == (second.de39, second.de37) == ("A0", made.stub(request).rrn)
    assert (made.state(request), made.alarms()) == ("declined", ["wrong_mac"])
    assert made.told(made.frame(request, spoil=True)) == []
    assert made.codes(made.frame(made.reversal(request))) == ["00"]
    assert not made.to_issuers()


def test_nothing_a_message_without_a_mac_says_of_a_sale_is_stored() -> None:
    made = scene()
    request = made.purchase()
    made.step(made.frame(request, spoil=True))
    found = made.stub(request)
    assert (found.amount, found.last4, found.currency, found.merchant) == (0, "", "", MERCHANT)


def test_an_intact_copy_that_came_first_leaves_silence_to_the_damaged_one() -> None:
    made = scene()
    request, _ = made.approved()
    assert made.told(made.frame(request, spoil=True)) == []
    assert made.state(request) == "approved"
    assert made.alarms() == ["wrong_mac"]
    assert made.store.query("SELECT what FROM trail WHERE rrn = '' ORDER BY tick DESC LIMIT 1") == [("ignored",)]


def test_a_burnt_key_stays_burnt_after_a_restart() -> None:
    made = scene()
    request = made.purchase()
    made.step(made.frame(request, spoil=True))
    again = made.restarted()
    assert again.codes(again.frame(request)) == ["A0"]


NOT_BURNT: dict[str, dict[str, Any]] = {
    "no terminal of ours": {"de41": "NOBODY01"},
    "another batch": {"de60": "2200000200050"},
    "far ahead": {"de11": "000104"},
    "STAN zero": {"de11": "000000"},
    "no batch": {"de60": None},
    "no STAN": {"de11": None},
    "no terminal": {"de41": None},
}


@pytest.mark.parametrize("changes", NOT_BURNT.values(), ids=NOT_BURNT.keys())
def test_where_no_key_can_be_burnt_there_is_silence(changes: dict[str, Any]) -> None:
    made = scene()
    made.approved()
    made.approved()
    made.stans[T1] = 0  # sold up to STAN 000003 when it signed on as 000001
    request = made.purchase().copy(**changes)
    frame = made.frame(request, mac=made.lines[T1].mak, spoil=True)
    before = made.store.query("SELECT count(*) FROM attempt")
    assert [item for item in made.step(frame) if not isinstance(item, Hangup)] == []
    assert made.store.query("SELECT count(*) FROM attempt") == before


def test_a_hundred_above_the_highest_is_still_burnt() -> None:
    made = scene()
    made.approved()
    highest = made.stans[T1]
    assert made.codes(made.frame(made.purchase().copy(de11=f"{highest + 101:06d}"), spoil=True)) == []
    assert made.codes(made.frame(made.purchase().copy(de11=f"{highest + 100:06d}"), spoil=True)) == ["A0"]
    # What was burnt is not where the terminal is.
    assert made.codes(made.frame(made.purchase().copy(de11=f"{highest + 101:06d}"), spoil=True)) == []


@pytest.mark.parametrize("mti", ["0220", "0620", "0920", "0201", "0400", "0600"])
def test_only_a_request_is_burnt(mti: str) -> None:
    made = scene()
    request = made.purchase().copy()
    request.mti = mti
    assert made.step(made.frame(request, spoil=True)) == []


def test_an_hour_burns_so_many_keys_of_a_terminal_and_no_more() -> None:
    made = scene()
    made.sign_on(TERMINALS[1])
    codes = [made.codes(made.frame(made.purchase(), spoil=True)) for _ in range(12)]
    assert codes == [["A0"]] * 10 + [[]] * 2
    assert made.codes(*[made.frame(made.purchase(), spoil=True) for _ in range(3)], after=HOUR) == ["A0"] * 3
    assert made.codes(made.frame(made.purchase(terminal=TERMINALS[1]), spoil=True)) == ["A0"]
    request, _ = made.approved()
    assert made.state(request) == "approved"


def test_what_a_stranger_says_fills_no_table() -> None:
    """Two thousand messages of every sort; what is kept of them is a few rows, and a count."""
    made = scene()
    made.approved()
    made.step(made.frame(made.purchase(), spoil=True))
    sorts: list[Callable[[int], Frame]] = [
        lambda n: made.frame(made.purchase(), spoil=True),
        lambda n: made.frame(made.reversal(made.purchase()), spoil=True),
        lambda n: made.frame(Message("0820", de11=f"{n:06d}", de41=T1, de42=MERCHANT, de60="00000001301")),
        lambda n: made.frame(Message("0820", de11=f"{n:06d}", de41=f"N{n:07d}", de42=MERCHANT, de60="00000001301")),
        lambda n: made.frame(made.purchase().copy(de41=f"N{n:07d}"), spoil=True),
        lambda n: Frame("terminals", 1, b"GET / HTTP/1.1", made.now),
        lambda n: made.frame(made.purchase().copy(de11=None), spoil=True),
    ]
    for n in range(300):
        made.step(*[sort(n) for sort in sorts])
    rows = sum(
        made.store.query(f"SELECT count(*) FROM {table}")[0][0]
        for table in ("attempt", "trail", "alarm", "quarantine", "terminal", "exception_case", "outbox")
    )
    assert rows < 150
    assert made.command("status")["ignored"] > 1500
    assert made.command("status")["ignored"] + rows > 2000
    made.approved()


def test_what_was_counted_is_told_with_the_first_line_of_another_hour() -> None:
    made = scene()
    for _ in range(25):
        made.step(made.frame(made.reversal(made.purchase()), spoil=True))
    assert made.alarms() == ["wrong_mac"] * 19  # and the sign-on
    made.step(made.frame(made.reversal(made.purchase()), spoil=True), after=HOUR)
    assert made.alarms()[19:] == ["strangers", "wrong_mac"]
    ((detail,),) = made.store.query("SELECT detail FROM alarm WHERE what = 'strangers'")
    assert detail.startswith("6 more")


def test_a_burnt_key_proves_nothing_of_the_sale_before_it() -> None:
    """Only the terminal's own next request shows that it closed a sale; and it hides none from the inbox."""
    made = scene()
    request, _ = made.approved()
    made.now += HOUR
    made.step(made.frame(made.purchase(), spoil=True))
    assert made.stub(request).followed_at == 0
    key = AttemptKey(T1, made.lines[T1].batch, request.de11 or "")
    assert unproved(made.store, made.now - 1) == [key]
    assert Records(made.store).highest_stan(T1, key.batch) > Records(made.store).highest_sealed(T1, key.batch)
    made.asked()
    assert made.stub(request).followed_at


def test_a_burnt_key_does_not_make_a_terminal_begin_anew() -> None:
    made = scene()
    made.approved()
    made.step(made.frame(made.purchase().copy(de11="000050"), spoil=True))
    made.now += 10 * SECOND
    assert (made.sign_on().de60 or "")[2:8] == "000001"


# --- what its terminal vouches for and is refused all the same --------------------------------------------------------

VOUCHED: dict[str, tuple[dict[str, Any], str]] = {
    "another merchant": ({"de42": "123456789012345"}, "03"),
    "a void": ({"de3": "200000"}, "40"),
    "no entry mode": ({"de22": None}, "30"),
}


@pytest.mark.parametrize(("changes", "code"), VOUCHED.values(), ids=VOUCHED.keys())
def test_a_refusal_of_what_nobody_looked_into_burns_the_key_too(changes: dict[str, Any], code: str) -> None:
    made = scene()
    request = made.purchase()
    refused, intact = request.copy(**changes), request.copy()
    assert made.codes(made.frame(refused), made.frame(intact), made.frame(refused)) == [code] * 3
    assert made.state(request) == "declined"
    assert made.codes(made.frame(made.reversal(request))) == ["00"]
    assert not made.to_issuers()


@pytest.mark.parametrize(("changes", "code"), VOUCHED.values(), ids=VOUCHED.keys())
@pytest.mark.parametrize("finished", [True, False])
def test_under_a_key_that_is_known_it_is_other_content(changes: dict[str, Any], code: str, finished: bool) -> None:
    made = scene()
    request, _ = made.approved() if finished else made.asked()
    before = made.state(request)
    assert made.codes(made.frame(request.copy(**changes))) == ["94"], code
    assert made.state(request) == before


# --- what a stranger could provoke ------------------------------------------------------------------------------------


OTHERWISE: Final[tuple[dict[str, str], ...]] = (
    {},
    {"de60": "00000001003"},
    {"de41": "T0000009", "de60": "00000001003"},
    {"de41": "NOBODY01"},
    {"de42": "0" * 15},
)


def provoked() -> set[str]:
    """Every DE39 the switch says before it has checked a MAC: to each type of message, damaged in every way."""
    found: set[str] = set()
    many = Settings(switch_timer=TIMER, burnt_keys=10_000, stranger_lines=0)
    for signed_on in (True, False):
        made = scene(settings=many) if signed_on else Scene(settings=many)
        made.command("register", terminal="T0000009", merchant=MERCHANT)
        if not signed_on:
            made.lines[T1] = scene().lines[T1]
        bodies = []
        for mti in ("0100", "0200", "0220", "0320", "0400", "0500", "0620", "0800", "0820", "0920"):
            for changes in OTHERWISE:
                message = made.purchase().copy(de39="98", **changes)
                message.mti = mti
                body = body_of(made.frame(message, mac=made.lines[T1].mak, spoil=mti not in CLAIMS))
                bodies += [body, body[: len(body) // 2], body[:-30]]
                if not changes:
                    bodies += [other for part in message.present() for _, other in damaged(message, body, part)]
        for body in bodies:
            for item in made.step(frame_of(made, body)):
                if isinstance(item, Send):
                    found.add(CUP_POS.decode(framing.split_cup(item.data, None).body).de39 or "")
    return found


def test_our_terminal_takes_nothing_a_stranger_could_provoke_for_a_no_that_decides() -> None:
    said = provoked()
    assert said == wire.PROVOKED | {"00"}  # 00 to a sign-on, a sign-off or an echo


def test_who_can_write_on_an_issuers_link_fills_no_disk_and_stops_no_answer() -> None:
    made = scene(settings=Settings(switch_timer=TIMER, peer_lines=5))
    _, forwarded = made.asked()
    for _ in range(20):
        made.step(
            *[
                Frame("issuer-a", "", data, made.now)
                for data in (made.reply(forwarded, "00", spoil=True).data, b"?" * 30)
            ]
        )
    kept = made.store.query("SELECT count(*) FROM trail WHERE what = 'answer_wrong_mac'")[0][0]
    assert (kept, len(made.alarms())) == (3, 5)
    before = made.store.query("SELECT total_changes()")
    made.step(made.reply(forwarded, "00", spoil=True))
    assert made.store.query("SELECT total_changes()") == before
    assert made.codes(made.reply(forwarded, "00")) == ["00"]
    made.now += 3600 * SECOND
    made.step(made.reply(forwarded, "00", spoil=True))
    assert made.alarms()[-2:] == ["strangers", "answer_wrong_mac"]
