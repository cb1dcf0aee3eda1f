"""A scene at an issuer's link, written down: what arrives, what is said, when it wakes, and what it keeps."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from counterfoil.errors import DecodeError
from counterfoil.iso8583 import ISO87_ASCII, Message
from counterfoil.iso8583.recollection import RecollectionQuery, build_question
from counterfoil.issuer import stubs
from counterfoil.money import number
from counterfoil.security import SoftHsm
from counterfoil.step import SECOND, Command, Frame, Hangup, Inbound, Outbound, Perform, Performed, Reply, Send
from counterfoil.storage import forgotten
from issuer.bank import ACQUIRER, CLEAR, LINK, NOON, PANS, Bank, entropy
from transcript import Transcript, shown

FOLDER: Final = Path(__file__).parent
INSTANT: Final = re.compile(r"\b177[345][0-9]{12}\b")
SECRET: Final = ("de35", "de52")
SEALS: Final = (64, 128)
TABLES: Final = (
    "account",
    "card",
    "entry",
    "txn",
    "advice",
    "exception_case",
    "outbox",
    "trail",
    "alarm",
    "quarantine",
    "reserved",
    "archived",
    "forgotten",
)


def spoilt(data: bytes) -> bytes:
    """The message under a MAC that is not its own."""
    return data[:-1] + bytes([data[-1] ^ 1])


def network(code: str = "001", question: RecollectionQuery | None = None, **changes: Any) -> Message:
    """An 0800 of the acquirer of the bank's purchases."""
    text = build_question(question) if question is not None else None
    fields = {"de7": "0314120000", "de11": "000900", "de32": ACQUIRER, "de48": text, "de70": code}
    return Message("0800", **{name: v for name, v in {**fields, **changes}.items() if v is not None})


def clock(at: int) -> str:
    """An instant as seconds since noon."""
    return f"noon{(at - NOON) // SECOND:+d}.{(at - NOON) % SECOND:06d}"


def digest(value: str | bytes) -> str:
    """What shows that a secret is there and has not changed, and nothing of it."""
    data = value.encode() if isinstance(value, str) else value
    return f"<{hashlib.sha256(data).hexdigest()[:8]}>"


class Scene:
    """One issuer, and the text of what happens there."""

    def __init__(self, name: str, path: Path | None = None, *, enrol: Sequence[str] = (), **settings: Any) -> None:
        self.text = Transcript(FOLDER, name)
        self.bank = Bank(path, **settings, enrol=enrol)
        hsm = SoftHsm(bytes(32), entropy("tokens"))
        key = hsm.import_clear(*CLEAR["token"])
        self.tokens = {card: hsm.token(pan, key) for card, pan in PANS.items()}

    # --- what happens -----------------------------------------------------------------------------------------------

    def step(self, label: str, *arrived: Inbound) -> list[Outbound]:
        """One step: what arrives and what is said to it."""
        self.note(f"{clock(self.bank.now)}: {label}")
        for item in arrived:
            self.note("   in", self.arrived(item))
        said = self.bank.step(*arrived)
        for one in said:
            self.note("  out", self.said(one))
        wakes = self.bank.issuer.wakes_at()
        if wakes is not None:
            self.note("  wakes at", clock(wakes) if wakes else "once")
        return said

    def ask(self, label: str, *messages: Message | bytes, age: int = 0, conn: int = 1) -> list[Outbound]:
        """Messages that arrive in one step."""
        return self.step(label, *(self.bank.frame(message, age=age, conn=conn) for message in messages))

    def stranger(self, label: str, *messages: Message, conn: int = 1) -> list[Outbound]:
        """Messages whose MAC is wrong."""
        return self.ask(label, *(spoilt(self.bank.sealed(message)) for message in messages), conn=conn)

    def command(self, verb: str, **args: Any) -> dict[str, Any]:
        """A command and its reply."""
        said = self.step(f"command {verb}", Command(7, verb, args))
        return next(item.body for item in said if isinstance(item, Reply))

    def deliver(self, *names: str, ok: bool = True, detail: str = "") -> list[Outbound]:
        """Reports of deliveries."""
        return self.step("report", *(Performed("sms", name, ok, detail) for name in names))

    def wait(self, seconds: int = 1, micros: int = 0) -> None:
        """Time passes."""
        self.bank.now += seconds * SECOND + micros

    # --- as text ----------------------------------------------------------------------------------------------------

    def note(self, *parts: object) -> None:
        """A line, with card numbers and tokens by the names of their cards and instants as seconds since noon."""
        line = " ".join(map(shown, parts))
        for name, pan in PANS.items():
            line = line.replace(self.tokens[name], f"<token of {name}>").replace(pan, f"<{name}>")
        self.text.note(INSTANT.sub(lambda found: clock(int(found[0])), line))

    def message(self, message: Message) -> str:
        """A message, field by field."""
        shows = []
        for at in message.present():
            name = f"de{at}"
            value = getattr(message, name)
            if at in SEALS:
                value = "mac"
            elif name in SECRET or isinstance(value, bytes):
                value = digest(value)
            shows.append(f"{name}={value}")
        return " ".join((message.mti, *shows))

    def arrived(self, item: Inbound) -> str:
        """What comes in."""
        if isinstance(item, Frame):
            try:
                what = self.message(ISO87_ASCII.decode(item.data))
            except DecodeError:
                what = f"{len(item.data)} bytes {digest(item.data)}"
            return f"{item.link}/{item.conn} {what}"
        if isinstance(item, Command):
            return f"{item.verb} {shown(item.args)}"
        return repr(item)

    def said(self, item: Outbound) -> str:
        """What goes out; of an answer the MAC is right, or this fails."""
        if isinstance(item, Send):
            rest = f"{' proven' if item.proven else ''}{f' {item.token}/{item.before}' if item.token else ''}"
            return f"{item.link}/{item.conn}{rest} {self.message(self.bank.opened(item.data))}"
        if isinstance(item, Perform):
            return f"perform {item.kind} {item.name} {shown((item.text, item.to, *item.texts))}"
        return f"reply {item.id} {shown(item.body)}" if isinstance(item, Reply) else f"hang up {_hangup(item)}"

    # --- what is kept -----------------------------------------------------------------------------------------------

    def end(self, *, accounts: bool = False, stories: bool = False) -> None:
        """What can be asked now, with all `accounts` and the whole story of each request if wanted, and every table;
        then the text is compared.
        """
        store = self.bank.store
        self.command("status")
        self.command("check")
        if accounts:
            self.command("accounts")
            self.command("cards")
            for (account,) in store.query("SELECT id FROM account ORDER BY id"):
                self.command("statement", account=account)
        self.note("unbalanced", stubs.unbalanced(store), "head", stubs.head(store), "newest", stubs.placed(store))
        if stories:
            self._stories()
        for case_row in (*stubs.cases(store), *stubs.ended_cases(store, 0)):
            self.note("case", case_row)
        for row_kept in forgotten.every_row(store):
            self.note("forgotten", row_kept)
        kept = Transcript(FOLDER, "")
        kept.rows(store, TABLES)
        for line in kept.lines:
            self.note(line)
        self.bank.assert_sound()
        self.text.compare()

    def _stories(self) -> None:
        store = self.bank.store
        known = stubs.every(store)
        for key, row in known.items():
            self.note("stub", key, row)
            whole = stubs.stub(store, key)
            assert whole is not None
            for part in (*whole.history, *whole.cases):
                self.note("  ", part)
        self.note("booked", stubs.booked(store, list(known)))
        self.note("in order", [(place, one.request) for place, one in stubs.behind(store, 0, 1000)])
        assert stubs.these(store, list(known)) == known

    def purchase(self, card: str = "alice", amount: int = 1250, pin: str | None = "1234", **changes: Any) -> Message:
        """The bank's purchase of a minute and a terminal of its own."""
        return self.bank.purchase(card, amount, pin, **changes)

    def elsewhere(self, card: str = "bob", amount: int = 990, **changes: Any) -> Message:
        """A purchase by another acquirer, at another terminal and merchant, of another minute."""
        there = {"de32": "00099999", "de41": "T0000002", "de42": "000099999000002", "de7": "0314120107"}
        return self.bank.purchase(card, amount, **{**there, "de49": number("CNY"), **changes})


def _hangup(item: Outbound) -> str:
    assert isinstance(item, Hangup)
    return f"{item.link}/{item.conn}"


__all__ = ["LINK", "Scene", "clock", "network", "spoilt"]
