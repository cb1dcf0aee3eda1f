"""A switch on a real store with real keys, and everything around it: its terminals and its two issuers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Dialect, Message, framing, nested
from counterfoil.security import KeyUsage, MacAlgorithm, SoftHsm, StoredKey, luhn_digit
from counterfoil.step import (
    SECOND,
    Command,
    Connected,
    Frame,
    Inbound,
    Instant,
    NotSent,
    Outbound,
    Reply,
    Send,
)
from counterfoil.storage import Store, migrations_of, open_store
from counterfoil.switch import Settings, Switch
from counterfoil.switch.records import PACKAGE, Records, stub
from counterfoil.switch.rows import IssuerRow
from counterfoil.switch.stubs import asked, cases, pending
from counterfoil.transaction import AttemptKey, SwitchStub

START: Final[Instant] = 1_773_460_800 * SECOND  # 2026-03-14 04:00 UTC, noon for the acquirer
TIMER: Final[Instant] = 12 * SECOND
ACQUIRER: Final = "00010344"
TERMINALS: Final = ("T0000001", "T0000002")
MERCHANT: Final = "898100000000001"
CLAIMS: Final = ("0800", "0820", "0500", "0320")
ANSWERS_TO_CLAIMS: Final = ("0810", "0830", "0510", "0330")
ISSUERS: Final = {"issuer-a": "62999910", "issuer-b": "49999920"}
TPDU: Final = bytes.fromhex("6000030000")
HEADER: Final = bytes.fromhex("603100311300")
CLEAR: Final = {
    "tmk": (KeyUsage.TMK, bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")),
    "zpk": (KeyUsage.PIN, bytes.fromhex("23456789ABCDEF01DCBA98765432100E")),
    "zak": (KeyUsage.MAC, bytes(range(16))),
}


def pan(prefix: str, serial: int = 1) -> str:
    """A card number of a test range, with its check digit."""
    partial = prefix + f"{serial:07d}"
    return partial + luhn_digit(partial)


ALICE: Final = pan("62999910")
BOB: Final = pan("49999920")
NO_ROUTE: Final = pan("62999999")


def entropy_from(seed: str) -> Callable[[int], bytes]:
    """Bytes that look random and are the same in every run."""
    drawn = 0

    def entropy(size: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return hashlib.shake_256(f"{seed}/{drawn}".encode()).digest(size)

    return entropy


class Line(NamedTuple):
    """What a terminal took from its sign-on."""

    terminal: str
    batch: str
    mak: StoredKey
    pik: StoredKey


class Scene:
    """The world around one switch. `now` moves only when told."""

    def __init__(self, store: Store | None = None, settings: Settings | None = None, *, up: bool = True) -> None:
        self.now = START
        self.settings = settings or Settings(switch_timer=TIMER)
        self.store = store or open_store(":memory:", migrations_of(PACKAGE))
        self.hsm = SoftHsm(bytes(32), entropy_from("switch"))
        self.outside = SoftHsm(bytes(range(32)), entropy_from("outside"))
        self.keys = {name: self.outside.import_clear(*clear) for name, clear in CLEAR.items()}
        self.records = Records(self.store)
        if not self.records.issuers():
            for name, prefix in ISSUERS.items():
                zone = (self.hsm.import_clear(*CLEAR["zpk"]), self.hsm.import_clear(*CLEAR["zak"]))
                self.records.connect(IssuerRow(name, "01020000", *zone), [prefix])
        self.switch = Switch(self.records, self.hsm, self.settings)
        self.lines: dict[str, Line] = {}
        self.given: dict[str, list[StoredKey]] = {}  # every MAC key a terminal was ever told
        self.stans: dict[str, int] = {}
        self.sent: list[Outbound] = []
        if up:
            self.start()

    def start(self) -> None:
        """Register the terminals, connect the issuers and drop what that says."""
        self.command("register", terminals=[self.registration(name) for name in TERMINALS])
        self.step(*[Connected(name, "") for name in ISSUERS])
        self.step(*[self.signed_on(send) for send in self.to_issuers() if self.read(send).mti == "0800"])
        self.sent.clear()

    def registration(self, terminal: str, **more: Any) -> dict[str, Any]:
        return {"terminal": terminal, "merchant": MERCHANT, "tmk": CLEAR["tmk"][1].hex(), **more}

    def restarted(self) -> Scene:
        """This store under a new process; links are down."""
        other = Scene(self.store, self.settings, up=False)
        other.now, other.lines, other.stans, other.given = self.now, self.lines, self.stans, self.given
        return other

    # --- time and steps ---------------------------------------------------------------------------------------------

    def step(self, *arrived: Inbound, after: Instant = 0) -> list[Outbound]:
        self.now += after
        out = list(self.switch.step(self.now, arrived))
        self.sent += out
        return out

    def command(self, verb: str, **args: Any) -> dict[str, Any]:
        (reply,) = [item for item in self.step(Command(1, verb, args)) if isinstance(item, Reply)]
        return reply.body

    def told(self, *arrived: Inbound, after: Instant = 0) -> list[Message]:
        """What terminals are told in one step."""
        out = self.step(*arrived, after=after)
        return [self.heard(item) for item in out if isinstance(item, Send) and item.link == "terminals"]

    def codes(self, *arrived: Inbound, after: Instant = 0) -> list[str | None]:
        return [message.de39 for message in self.told(*arrived, after=after)]

    # --- terminals --------------------------------------------------------------------------------------------------

    def sign_on(
        self, terminal: str = TERMINALS[0], code: str = "003", stan: str | None = None, batch: str = "000001"
    ) -> Message:
        """Sign a terminal on; it works under the new keys afterwards. `batch` "000000" is a wiped one."""
        request = Message("0800", de11=stan or self.stan(terminal), de41=terminal, de42=MERCHANT)
        request.de60, request.de63 = f"00{batch}{code}", "01 "
        first, *_ = self.step(self.frame(request))  # its answer, before anything a timer says under the new keys
        assert isinstance(first, Send)
        answer = self.heard(first)
        if answer.de39 == "00":
            keys = nested.de62_keys(answer.de62)
            tmk = self.keys["tmk"]
            self.lines[terminal] = Line(
                terminal,
                nested.de60(answer.de60).batch,
                self.outside.unwrap(KeyUsage.MAC, keys.mak, keys.mak_kcv, tmk),
                self.outside.unwrap(KeyUsage.PIN, keys.pik, keys.pik_kcv, tmk),
            )
            self.given.setdefault(terminal, []).append(self.lines[terminal].mak)
        return answer

    def stan(self, terminal: str) -> str:
        self.stans[terminal] = self.stans.get(terminal, 0) + 1
        return f"{self.stans[terminal]:06d}"

    def purchase(
        self, amount: int = 1250, card: str = ALICE, *, pin: str | None = "1234", terminal: str = TERMINALS[0]
    ) -> Message:
        """A swiped purchase, not MACed yet."""
        line = self.lines[terminal]
        message = Message("0200", de3="000000", de4=f"{amount:012d}", de11=self.stan(terminal), de25="00", de49="156")
        message.de22 = "021" if pin else "022"
        message.de35 = f"{card}=30122010000000000"
        message.de41, message.de42, message.de60 = terminal, MERCHANT, f"22{line.batch}00050"
        if pin:
            message.de26, message.de53 = "12", "2600000000000000"
            message.de52 = self.outside.encrypt_pin(line.pik, pin, card)
        return message

    def reversal(self, original: Message, reason: str = "98", card: str = ALICE, **changes: Any) -> Message:
        """The 0400 of a purchase."""
        kept = {f"de{number}": original.get(number) for number in (3, 4, 11, 22, 25, 41, 42, 49, 60)}
        return Message("0400", **{**kept, "de2": card, "de39": reason, **changes})

    def frame(self, message: Message, conn: int = 1, *, mac: StoredKey | None = None, spoil: bool = False) -> Frame:
        """A request as it arrives, MACed unless its type carries no MAC."""
        if message.mti in CLAIMS:
            body = CUP_POS.encode(message)
        else:
            line = self.lines.get(message.de41 or "")
            key = mac or (line.mak if line else self.keys["zak"])
            message.de64 = bytes(8)
            body = CUP_POS.encode(message)[:-8]
            body += self.outside.mac(key, body)
        if spoil:
            body = body[:-1] + bytes([body[-1] ^ 1])
        return Frame("terminals", conn, framing.join_cup(TPDU, HEADER, body), self.now)

    def heard(self, send: Send, dialect: Dialect = CUP_POS) -> Message:
        """An answer as its terminal takes it: turned TPDU, own header, and a valid MAC unless its type carries none."""
        packet = framing.split_cup(send.data, None)
        assert (packet.tpdu, packet.header) == (framing.swap_tpdu(TPDU), HEADER)
        message = dialect.decode(packet.body)
        if message.mti in ANSWERS_TO_CLAIMS:
            assert message.de64 is None
        elif message.de41 in self.lines:
            assert self.key_of(send) is not None
        return message

    def key_of(self, send: Send) -> StoredKey | None:
        """The MAC key of those its terminal was given under which an answer is valid."""
        body = framing.split_cup(send.data, None).body
        given = self.given.get(CUP_POS.decode(body).de41 or "", [])
        return next((mak for mak in given if self.outside.verify_mac(mak, body[:-8], body[-8:])), None)

    def asked(
        self, *, amount: int = 1250, card: str = ALICE, conn: int = 1, terminal: str = TERMINALS[0]
    ) -> tuple[Message, Message]:
        """A purchase that went on to its issuer: what the terminal sent and what the issuer got."""
        request = self.purchase(amount, card, terminal=terminal)
        before = len(self.sent)
        self.step(self.frame(request, conn))
        (forwarded,) = [self.read(item) for item in self.to_issuers(before) if self.read(item).mti == "0200"]
        return request, forwarded

    def approved(self, **how: Any) -> tuple[Message, Message]:
        """A purchase that was approved: what the terminal sent and what it was told."""
        request, forwarded = self.asked(**how)
        (answer,) = self.told(self.reply(forwarded, "00"))
        assert answer.de39 == "00"
        return request, answer

    def sold(self, count: int) -> list[Message]:
        """Approved sales, each at a terminal of its own: one terminal never owes two reversals."""
        names = [f"T1{number:06d}" for number in range(count)]
        self.command("register", terminals=[self.registration(name) for name in names])
        for name in names:
            self.sign_on(name)
        return [self.approved(amount=100 + number, terminal=name)[0] for number, name in enumerate(names)]

    # --- issuers ----------------------------------------------------------------------------------------------------

    def to_issuers(self, since: int = 0) -> list[Send]:
        return [item for item in self.sent[since:] if isinstance(item, Send) and item.link in ISSUERS]

    def advices(self, since: int = 0) -> list[Message]:
        """The reversal advices sent so far."""
        return [message for send in self.to_issuers(since) if (message := self.read(send)).mti in ("0420", "0421")]

    def read(self, send: Send) -> Message:
        """A message to an issuer, its CMAC checked."""
        body = send.data
        assert self.outside.verify_mac(self.keys["zak"], body[:-8], body[-8:], MacAlgorithm.AES_CMAC, raw=True)
        return ISO87_ASCII.decode(body)

    def from_issuer(self, message: Message, issuer: str = "issuer-a", *, spoil: bool = False) -> Frame:
        """A message as an issuer sends it."""
        message.set(128 if max(message.present()) > 64 else 64, bytes(8))
        body = ISO87_ASCII.encode(message)[:-8]
        mac = self.outside.mac(self.keys["zak"], body, MacAlgorithm.AES_CMAC, raw=True)
        return Frame(issuer, "", body + (bytes(8) if spoil else mac), self.now)

    def reply(
        self, request: Message, code: str, issuer: str = "issuer-a", *, spoil: bool = False, **more: Any
    ) -> Frame:
        """The issuer's answer to a 0200, 0420 or 0421."""
        numbers = (2, 3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49, 90)
        fields: dict[str, Any] = {f"de{number}": request.get(number) for number in numbers}
        if request.mti == "0200" and code == "00":
            fields["de38"] = "123456"
        answer = Message(f"{request.mti[:2]}{int(request.mti[2]) + 1}0", **{**fields, "de39": code, **more})
        return self.from_issuer(answer, issuer, spoil=spoil)

    def comes_up(self, issuer: str = "issuer-a", *, after: Instant = 0) -> list[Outbound]:
        """The link to an issuer comes up and its sign-on is answered; what is said but for that sign-on."""
        out = self.step(Connected(issuer, ""), after=after)
        asked = [send for send in out if isinstance(send, Send) and send.link == issuer]
        sign_on = next(send for send in asked if self.read(send).mti == "0800")
        self.sent.remove(sign_on)
        return [item for item in out if item is not sign_on] + self.step(self.signed_on(sign_on))

    def signed_on(self, send: Send) -> Frame:
        request = self.read(send)
        answer = Message("0810", de7=request.de7, de11=request.de11, de39="00", de70=request.de70)
        return self.from_issuer(answer, send.link)

    def acknowledge(self, code: str = "00", since: int = 0) -> None:
        """Answer every advice sent since then."""
        self.step(*[self.reply(advice, code) for advice in self.advices(since)])

    def not_sent(self, since: int = 0) -> list[Inbound]:
        """What the link says when none of the messages to issuers could be handed over."""
        return [NotSent(item.link, item.conn, item.token) for item in self.to_issuers(since) if item.token]

    # --- what it says of itself -------------------------------------------------------------------------------------

    def stub(self, message: Message) -> SwitchStub:
        assert message.de41 is not None
        assert message.de11 is not None
        found = stub(self.store, AttemptKey(message.de41, (message.de60 or "")[2:8], message.de11))
        assert found is not None
        return found

    def state(self, message: Message) -> str:
        return self.stub(message).state

    def alarms(self) -> list[str]:
        return [what for (what,) in self.store.query("SELECT what FROM alarm ORDER BY tick")]

    def at_rest(self) -> bool:
        return not asked(self.store) and not pending(self.store)

    def case_count(self) -> int:
        return len(cases(self.store))


def scene(**how: Any) -> Scene:
    """A switch with both issuers up and the first terminal signed on."""
    made = Scene(**how)
    made.sign_on()
    made.sent.clear()
    return made


def codes(messages: Sequence[Message]) -> list[str | None]:
    return [message.de39 for message in messages]
