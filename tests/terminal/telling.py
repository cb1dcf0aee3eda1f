"""A counter that keeps a transcript: what arrives at the station, what it says, when it wakes, and what it stored.

Times are seconds since the scene began. Keys, sealed numbers, tracks, PIN blocks and MACs are shown by the first
letters of their digest, and a slip of paper by its words without the blanks between them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from counterfoil.errors import PeerError
from counterfoil.iso8583 import CUP_POS, Message, framing
from counterfoil.receipts.ereceipt import issue
from counterfoil.step import SECOND, Command, Frame, Inbound, Instant, NotSent, Outbound, Perform, Performed
from counterfoil.step import Reply as Answered
from counterfoil.step import Send as Sent
from counterfoil.terminal.stubs import NAMED
from terminal.counter import MERCHANT, START, T1, T2, TMK, Counter
from transcript import Transcript

OTHER_MERCHANT: Final = "103000058140002"
SHOPS: Final[dict[str, dict[str, str]]] = {
    T1: {"merchant": MERCHANT, "name": "Old Street Tea 老街茶馆"},
    T2: {
        "merchant": OTHER_MERCHANT,
        "name": "Harbour Books",
        "operator": "7",
        "tpdu": "6000040001",
        "header": "603200320400",
    },
}
OTHER: Final = "6299991000000021"
CARD: Final = {"track2": f"{OTHER}=29062011234500000"}
REF: Final = f"{T1}/000001/000002"
REF_TWO: Final = f"{T2}/000001/000002"
SIGNED: Final = issue(bytes(range(32)), "https://receipts.example")
SECRET: Final = frozenset({"2", "35", "52", "64"})
YEAR: Final = 10**15
TABLES: Final = ("device", "attempt", "slip", "trail", "quarantine", "archived_key")
SHA256: Final = re.compile(r"[0-9a-f]{58}(?=\b)")
LONG: Final = 8
"""Bytes of a check value; whatever is longer is a key or sealed."""


def digest(value: str | bytes) -> str:
    data = value.encode() if isinstance(value, str) else value
    return f"#{hashlib.sha256(data).hexdigest()[:6]}"


def since(instant: Instant) -> str:
    """An instant as seconds since the scene began."""
    sign, beyond = ("-", START - instant) if instant < START else ("+", instant - START)
    seconds, rest = divmod(beyond, SECOND)
    return f"{sign}{seconds}.{rest:06d}" if rest else f"{sign}{seconds}"


def plain(value: Any) -> str:
    """A value of a reply as a person reads it."""
    if isinstance(value, dict):
        if set(value) == {"en", "zh"}:
            return f"“{value['en']}” “{value['zh']}”"
        return "{" + " ".join(f"{name}={plain(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(plain, value)) + "]"
    if type(value) is int and value > YEAR:
        return since(value)
    if isinstance(value, bytes):
        return digest(value) if len(value) > LONG else value.hex()
    if isinstance(value, str) and "\n" in value:
        return f"{digest(value)} {squeezed(value)}"
    return str(value)


def squeezed(paper: str) -> str:
    """The words of a slip on one line."""
    return " | ".join(" ".join(line.split()) for line in paper.splitlines() if line.strip("-_ "))


def spelled(message: Message) -> str:
    """A message, field by field; a message of keys shows their digest."""
    hidden = SECRET | ({"62"} if message.mti == "0810" else set())
    fields = CUP_POS.flat(message, reveal=True)
    return " ".join(
        [message.mti, *(f"{name}={digest(text) if name in hidden else text}" for name, text in fields.items())]
    )


class Telling(Counter):
    """`folder` and `name` are those of the kept text. Two shops that agree in nothing but the host."""

    def __init__(self, name: str, terminals: tuple[str, ...] = (T1, T2), **settings: Any) -> None:
        self.tape = Transcript(Path(__file__).parent, name)
        self._seen: tuple[Instant, Instant | None] = (-1, None)
        self._papers: set[str] = set()
        super().__init__(terminals=(), **settings)
        for terminal in terminals:
            self.tell("enrol", terminal=terminal, tmk=TMK.hex(), **SHOPS[terminal])

    def mark(self, words: str) -> None:
        """What comes next, for whoever reads the text."""
        self.tape.note(f"\n--- {words}")

    # --- what arrives and what is said ---

    def restart(self) -> None:
        self.tape.note("the process starts")
        super().restart()
        self._wakes()

    def step(self, *items: Inbound, after: Instant = 0) -> list[Sent]:
        self.now += after
        sent, printing = self._one(items)
        while printing and self.printer is not None:
            done = [Performed(item.kind, item.name, self.printer) for item in printing]
            more, printing = self._one(tuple(done))
            sent += more
        self.line += sent
        return sent

    def _one(self, items: tuple[Inbound, ...]) -> tuple[list[Sent], list[Perform]]:
        if self.now != self._seen[0]:
            self.tape.note(since(self.now))
        self._seen = (self.now, self._seen[1])
        for item in items:
            self.tape.note("  >", self.heard(item))
        said = self.station.step(self.now, items)
        for one in said:
            self.tape.note("  <", self.spoken(one))
        self._wakes()
        return self._file(said)

    def _wakes(self) -> None:
        at = self.station.wakes_at()
        if at != self._seen[1]:
            self.tape.note("  wakes", "never" if at is None else "now" if not at else since(at))
        self._seen = (self._seen[0], at)

    def heard(self, item: Inbound) -> str:
        if isinstance(item, Command):
            return f"{item.id} {item.verb} {told_to(item.args)}"
        if isinstance(item, Performed):
            return f"{item.kind} {item.name} {'done' if item.ok else 'not done'} {item.state} {item.detail}".rstrip()
        if isinstance(item, Frame):
            return f"{item.link} {item.conn} {packet(item.data)}"
        if isinstance(item, NotSent):
            return f"{item.link} {item.conn} not sent {item.token}"
        return f"{item.link} {item.conn} {type(item).__name__.lower()}"

    def spoken(self, item: Outbound) -> str:
        if isinstance(item, Answered):
            body = {name: one for name, one in item.body.items() if name != "display"}
            shown = item.body.get("display")
            display = "" if shown is None else f" display={' / '.join(text['en'] for text in shown)}"
            if body.get("receipt"):
                body["receipt"] = self.paper(body["receipt"])
            return f"{item.id} {' '.join(f'{name}={plain(one)}' for name, one in body.items())}{display}"
        if isinstance(item, Perform):
            drawn = f" drawn {digest(item.document)}" if item.document else ""
            to = f" to {item.to}" if item.to else ""
            return f"{item.kind} {item.name}{to}{drawn} {self.paper(item.text)}".rstrip()
        assert isinstance(item, Sent)
        header = len(self.station._lanes[str(item.conn)].device.header)
        return f"{item.link} {item.conn} {item.token} before {since(item.before)} {packet(item.data, header)}"

    def paper(self, text: str) -> str:
        """A slip in full when it comes for the first time, later by its digest."""
        known = text in self._papers
        self._papers.add(text)
        return digest(text) if known else plain(text)

    # --- the end ---

    def looks(self) -> None:
        """What the till can look at."""
        self.mark("what the till sees")
        for terminal in SHOPS:
            self.tell("last", terminal=terminal)
            self.tell("last", terminal=terminal, paid=True)
        self.tell("open_receipts")
        self.tell("status")

    def end(self, *, looks: bool = True) -> None:
        """The store as it is in the end, and the comparison."""
        if looks:
            self.looks()
        self.mark("stored")
        for table in TABLES:
            columns = [name for _, name, *_ in self.store.query(f"PRAGMA table_info({table})")]
            key = "rowid" if table == "attempt" else ", ".join(columns)
            for row in self.store.query(f"SELECT * FROM {table} ORDER BY {key}"):
                filled = [(name, one) for name, one in zip(columns, row, strict=True) if one not in ("", b"", 0)]
                self.tape.note(table, *(SHA256.sub("", f"{name}={plain(stored(name, one))}") for name, one in filled))
        assert self.store.query(NAMED)
        self.tape.compare()


def stored(name: str, value: Any) -> Any:
    """A column; a fingerprint, and the card's token in what was asked under a key, are shown by their digests."""
    if name == "fingerprint":
        return digest(str(value))
    if name != "content":
        return value
    amount, currency, token, rest = value.split(" ", 3)
    return f"{amount} {currency} {digest(token)} {rest}"


def told_to(args: Mapping[str, Any]) -> str:
    """The arguments of a command; of a key and of a card no more than is needed."""
    shown = dict(args)
    if "tmk" in shown:
        shown["tmk"] = digest(str(shown["tmk"]))
    if isinstance(card := shown.get("card"), dict):
        shown["card"] = {name: f"…{str(one)[12:16]}" if len(str(one)) >= 16 else one for name, one in card.items()}
    return SHA256.sub("", " ".join(f"{name}={plain(one)}" for name, one in shown.items()))


def packet(data: bytes, size: int = framing.HEADER_SIZE) -> str:
    """What travels on the line: TPDU, header and message."""
    try:
        tpdu, header, body = framing.split_cup(data, size)
        return f"{tpdu.hex()} {header.hex() or '-'} {spelled(CUP_POS.decode(body))}"
    except PeerError as error:
        return f"{data.hex()[:24]} ({error})"


def opened(name: str, **settings: Any) -> Telling:
    """Both shops signed on."""
    counter = Telling(name, **settings)
    counter.step()
    while counter.line:
        counter.answer(mti="0800")
    counter.mark(name.replace("_", " "))
    return counter


def at_two(counter: Telling, **changes: Any) -> int:
    """A sale in the second shop, that agrees with one in the first in nothing."""
    return counter.sale(**{"terminal": T2, "amount": 70199, "currency": "USD", "card": CARD, "pin": None, **changes})
