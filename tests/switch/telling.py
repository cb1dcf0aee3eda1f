"""A scene whose every step is written down: what arrived, what was said to it, when the station wakes next."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any, Final

from counterfoil.errors import PaymentError
from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Dialect, Message, framing, nested
from counterfoil.security import MacAlgorithm
from counterfoil.step import (
    SECOND,
    Closed,
    Command,
    Connected,
    Frame,
    Hangup,
    Inbound,
    Instant,
    NotSent,
    Outbound,
    Send,
)
from counterfoil.step import Reply as Replied
from counterfoil.storage import Store
from counterfoil.switch import stubs
from counterfoil.switch.rows import unpacked
from counterfoil.switch.settings import Settings
from counterfoil.switch.silent import unproved
from counterfoil.transaction import AttemptKey
from switch.scene import HEADER, START, TPDU, Scene
from transcript import EMPTY, Transcript, shown

HERE: Final = Path(__file__).parent
TABLES: Final = (
    "terminal",
    "attempt",
    "outbox",
    "trail",
    "alarm",
    "exception_case",
    "quarantine",
    "archived",
    "forgotten",
    "reserved",
)
LONG_AGO: Final = START - 400 * 86_400 * SECOND
KEYS: Final = ("pik", "mak", "tdk")


def at(instant: Instant) -> str:
    """An instant as the seconds since the scene began."""
    seconds, rest = divmod(abs(instant - START), SECOND)
    return f"{'-' if instant < START else '+'}{seconds}.{rest:06d}s"


def digest(data: bytes) -> str:
    return f"#{hashlib.sha256(data).hexdigest()[:8]}"


def value(one: Any) -> str:
    """A value of a row: instants from the beginning of the scene, bytes as a digest."""
    if isinstance(one, bytes):
        return digest(one)
    if isinstance(one, int) and one > LONG_AGO:
        return at(one)
    return shown(one)


def tree(one: Any) -> Any:
    """A reply, its instants as those of rows."""
    if isinstance(one, dict):
        return {name: tree(part) for name, part in one.items()}
    if isinstance(one, list | tuple):
        return [tree(part) for part in one]
    return at(one) if isinstance(one, int) and one > LONG_AGO else one


class Telling(Scene):
    """A scene that writes down its steps once it has begun."""

    text: Transcript | None = None

    def begin(self, name: str) -> Telling:
        """From here on all is written down."""
        self.text = Transcript(HERE, name)
        return self

    def restarted(self) -> Telling:
        other = Telling(self.store, self.settings, up=False)
        other.now, other.lines, other.stans, other.given = self.now, self.lines, self.stans, self.given
        other.text = self.text
        other.note("--- another process on the same store")
        return other

    def note(self, *parts: object) -> None:
        if self.text is not None:
            self.text.note(*parts)

    def say(self, what: str) -> None:
        """What the next steps are about."""
        self.note("")
        self.note(f"# {what}")

    # --- steps ------------------------------------------------------------------------------------------------------

    def step(self, *arrived: Inbound, after: Instant = 0) -> list[Outbound]:
        self.note(f"{at(self.now + after)}")
        for item in arrived:
            self.note(f"  > {self.arrived(item)}")
        out = super().step(*arrived, after=after)
        for said in out:
            self.note(f"  < {self.left(said)}")
        due = self.switch.wakes_at()
        self.note("  wakes", "never" if due is None else at(due))
        return out

    def arrived(self, item: Inbound) -> str:
        if isinstance(item, Frame):
            return f"{item.link} {item.conn} {self.spoken(item.link, item.data)}"
        if isinstance(item, Command):
            return f"{item.verb} {shown(item.args)}"
        if isinstance(item, NotSent):
            return f"not sent: {item.link} {item.conn} token {value(item.token)}"
        assert isinstance(item, Connected | Closed)
        return f"{type(item).__name__.lower()}: {item.link} {item.conn}"

    def left(self, item: Outbound) -> str:
        if isinstance(item, Send):
            more = [f"token {value(item.token)}"] if item.token else []
            more += [f"before {at(item.before)}"] if item.before else []
            more += ["proven"] if item.proven else []
            return " ".join([item.link, str(item.conn), self.spoken(item.link, item.data), *more])
        if isinstance(item, Replied):
            return f"replied {shown(tree(item.body))}"
        assert isinstance(item, Hangup)
        return f"hangs up on {item.link} {item.conn}"

    # --- messages ---------------------------------------------------------------------------------------------------

    def spoken(self, link: str, data: bytes) -> str:
        """A message by its elements."""
        try:
            if link != "terminals":
                return self.elements(ISO87_ASCII, data, data)
            packet = framing.split_cup(data, None)
            mine = (packet.tpdu, packet.header) in ((TPDU, HEADER), (framing.swap_tpdu(TPDU), HEADER))
            route = "" if mine else f"tpdu {packet.tpdu.hex()} header {packet.header.hex()} "
            return route + self.elements(CUP_POS, packet.body, packet.body)
        except PaymentError as error:  # a scene may send anything
            return f"{type(error).__name__} {data.hex()}"

    def elements(self, dialect: Dialect, data: bytes, body: bytes) -> str:
        message = dialect.decode(data)
        told = [f"{number}={self.element(message, number, body)}" for number, _ in message.items()]
        return " ".join([message.mti, *told])

    def element(self, message: Message, number: int, body: bytes) -> str:
        told = message.get(number)
        if number in (64, 128):
            return self.mac(message, body)
        if number == 62:
            keys = nested.de62_keys(told)
            return "keys(" + ",".join(digest(part) for part in keys if part) + ")"
        return digest(told) if isinstance(told, bytes) else f"'{told}'" if " " in told else str(told)

    def mac(self, message: Message, body: bytes) -> str:
        """Whose MAC it is: of an issuer, or of which of the keys its terminal was given."""
        if self.outside.verify_mac(self.keys["zak"], body[:-8], body[-8:], MacAlgorithm.AES_CMAC, raw=True):
            return "MAC"
        for number, mak in enumerate(self.given.get(message.de41 or "", []), start=1):
            if self.outside.verify_mac(mak, body[:-8], body[-8:]):
                return f"MAC/{number}"
        return digest(body[-8:])

    # --- at the end -------------------------------------------------------------------------------------------------

    def rows(self, *tables: str) -> None:
        """Everything in these tables, a row a line, empty columns left out."""
        for table in tables or TABLES:
            columns = [name for _, name, *_ in self.store.query(f"PRAGMA table_info({table})")]
            for row in self.store.query(f"SELECT * FROM {table} ORDER BY {', '.join(columns)}"):
                filled = [(name, one) for name, one in zip(columns, row, strict=True) if one not in EMPTY]
                self.note(table, *(f"{name}={self.column(name, one)}" for name, one in filled))

    def column(self, name: str, one: Any) -> str:
        if name == "then_message":  # an instant in it looks like a card number
            return re.sub(r'(?<="of":)[0-9]+', lambda match: f'"{at(int(match[0]))}"', one)
        if name != "offers":
            return value(one)
        told = []
        for offer in unpacked(one):
            keys = [f"{usage} {digest(key.blob)}" for usage in KEYS if (key := getattr(offer, usage)) is not None]
            behind = [f"behind {offer.behind}"] if offer.behind else []
            said = f"{offer.batch}/{offer.code}/{offer.stan} {at(offer.at)} {offer.rrn}"
            told.append(" ".join([said, *keys, *behind]))
        return f"[{'; '.join(told)}]"

    def stub_of(self, ref: str | AttemptKey, *, history: bool = True) -> None:
        """The stub as `why` and the console are given it."""
        found = stubs.stub(self.store, ref, history=history)
        if found is None:
            self.note(f"stub {ref}: none")
            return
        told = {name: getattr(found, name) for name in found.__struct_fields__ if name not in ("history", "cases")}
        self.note("stub", *(f"{name}={value(one)}" for name, one in told.items() if one not in EMPTY))
        for one in found.history:
            self.note(f"  {at(one.at)} {one.what}", shown(one.message) if one.message else "")
        for case in found.cases:
            self.note("  case", *(f"{name}={value(getattr(case, name))}" for name in case.__struct_fields__))

    def end(self, *tables: str, history: bool = False) -> None:
        """Status, stubs and tables; then the comparison with the text that is kept."""
        self.say("at the end")
        self.command("status")
        for one in stubs.every(self.store):
            self.stub_of(one.ref, history=history)
        self.rows(*tables)
        for what, found in (
            ("asked", [one.rrn for one in stubs.asked(self.store)]),
            ("pending", [one.rrn for one in stubs.pending(self.store)]),
            ("owed", sorted(stubs.owed(self.store).items())),
            ("open cases", [one.number for one in stubs.cases(self.store)]),
            ("ended cases", [one.number for one in stubs.ended_cases(self.store, 0)]),
            ("unproved", list(map(str, unproved(self.store, self.now)))),
            ("numbers held", tree(list(stubs.numbers_held(self.store)))),
        ):
            if found:
                self.note(f"{what}:", shown(found))
        assert self.text is not None
        self.text.compare()


def telling(name: str, *, signed: bool = True, store: Store | None = None, **how: Any) -> Telling:
    """Both issuers are up and the first terminal is signed on, before the writing begins."""
    made = Telling(store, Settings(switch_timer=12 * SECOND, **how))
    if signed:
        made.sign_on()
    made.sent.clear()
    return made.begin(name)
