"""An issuer on a real store with real keys, and the switch's side of its link."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from counterfoil.iso8583 import ISO87_ASCII, Message
from counterfoil.issuer import Issuer, IssuerKeys, Records, Settings, accounts, cards, violations
from counterfoil.issuer.rows import Notice
from counterfoil.issuer.wire import key_of
from counterfoil.money import number, plain
from counterfoil.security import KeyUsage, MacAlgorithm, SoftHsm, luhn_digit, write_track2
from counterfoil.security.ciphers import DesKey
from counterfoil.step import SECOND, Command, Frame, Inbound, Instant, Outbound, Perform, Performed, Reply, Send
from counterfoil.storage import Store, migrations_of, open_store

NOON: Final[Instant] = 1_773_460_800 * SECOND  # 2026-03-14 04:00 UTC, noon for the issuer
DAY: Final[Instant] = 86_400 * SECOND
ACQUIRER: Final = "00010344"
LINK: Final = "switch"
CLEAR: Final = {
    "mac": (KeyUsage.MAC, bytes(range(16))),
    "pin": (KeyUsage.PIN, bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")),
    "pvk": (KeyUsage.PVK, bytes.fromhex("23456789ABCDEF01DCBA98765432100E")),
    "cvk": (KeyUsage.CVK, bytes.fromhex("456789ABCDEF0123BA98765432100EDC")),
    "token": (KeyUsage.TOKEN, bytes(range(32))),
}


CVK: Final = DesKey(CLEAR["cvk"][1])
TAIL: Final = "12345"  # what the issuer likes, behind the verification value


def pan(serial: int) -> str:
    """A card number of the test range, with its check digit."""
    partial = f"62999910{serial:07d}"
    return partial + luhn_digit(partial)


NAMES: Final = (
    "alice",
    "bob",
    "nopin",
    "poor",
    "lost",
    "stolen",
    "blocked",
    "old",
    "each",
    "daily",
    "twice",
    "unknown",
)
PANS: Final = {name: pan(serial) for serial, name in enumerate(NAMES, start=1)}
ODD: Final[dict[str, dict[str, Any]]] = {
    "nopin": {"pin": ""},
    "poor": {"balance": 100},
    "lost": {"status": "lost"},
    "stolen": {"status": "stolen"},
    "blocked": {"status": "blocked"},
    "old": {"expiry": "2602"},
    "each": {"limit_each": 10_000},
    "daily": {"limit_day": 3_000},
    "twice": {"count_day": 2},
}


def entropy(seed: str) -> Callable[[int], bytes]:
    """Bytes nobody could guess and every run repeats."""
    counter = itertools.count()

    def draw(size: int) -> bytes:
        return hashlib.shake_256(f"{seed} {next(counter)}".encode()).digest(size)

    return draw


def described(name: str) -> dict[str, Any]:
    """The enrolment of a named card."""
    usual = {"name": name, "pan": PANS[name], "expiry": "3012", "pin": "1234", "balance": 500_000}
    return {**usual, **ODD.get(name, {})}


def track(card: str, expiry: str = "", service: str = "201") -> str:
    """The stripe of a named card, or of an old one of it with another expiry or service code: all of them true."""
    return write_track2(PANS[card], expiry or described(card).get("expiry", "3012"), service, CVK, TAIL)


def miswritten(stripe: str, at: int = -6) -> str:
    """A stripe with another digit at a place; the last of the verification value unless said otherwise."""
    wrong = str((int(stripe[at]) + 1) % 10)
    return stripe[:at] + wrong + (stripe[at + 1 :] if at != -1 else "")


class Bank:
    """One issuer and everything a test wants to know of it."""

    def __init__(self, path: Path | None = None, *, enrol: Sequence[str] = NAMES[:-1], **settings: Any) -> None:
        self.path = str(path / "store.db") if path else ":memory:"
        self.settings = Settings(name="issuer-a", **settings)
        self.lmk = bytes(32)
        self.now = NOON
        self.stans = itertools.count(1)
        self.said: list[Outbound] = []
        self.switch = SoftHsm(b"s" * 32, entropy("switch"))
        self.zone = {name: self.switch.import_clear(*CLEAR[name]) for name in ("mac", "pin")}
        self.store = self._open()
        hsm = SoftHsm(self.lmk, entropy("setup"))
        keys = IssuerKeys(**{name: hsm.import_clear(*key) for name, key in CLEAR.items()})
        Records(self.store).install(self.settings.name, keys)
        self.issuer = self._start()
        if enrol:
            self.command("enrol", cards=[described(name) for name in enrol])

    def _open(self) -> Store:
        return open_store(self.path, migrations_of("counterfoil.issuer"))

    def _start(self) -> Issuer:
        return Issuer(Records(self.store), SoftHsm(self.lmk, entropy("hsm")), self.settings, entropy("issuer"))

    def restart(self) -> None:
        """The process dies; another one starts on the same disk (or the same memory)."""
        if self.path != ":memory:":
            self.store.close()
            self.store = self._open()
        self.issuer = self._start()

    # --- the switch's side ------------------------------------------------------------------------------------------

    def sealed(self, message: Message) -> bytes:
        """The message with its CMAC, as the switch sends it."""
        name = "de128" if message.de70 or message.de90 else "de64"
        unsealed = ISO87_ASCII.encode(message.copy(**{name: bytes(8)}))[:-8]
        return unsealed + self.switch.mac(self.zone["mac"], unsealed, MacAlgorithm.AES_CMAC, raw=True)

    def purchase(self, card: str = "alice", amount: int = 1250, pin: str | None = "1234", **changes: Any) -> Message:
        """A 0200 for a named card. `changes` replace or (None) remove fields."""
        stan = f"{next(self.stans):06d}"
        block = self.switch.encrypt_pin(self.zone["pin"], pin, PANS[card]) if pin else None
        fields = {
            "de2": PANS[card],
            "de3": "000000",
            "de4": f"{amount:012d}",
            "de7": "0314120000",
            "de11": stan,
            "de12": "120000",
            "de13": "0314",
            "de14": "3012" if card != "old" else "2602",
            "de22": "021",
            "de25": "00",
            "de32": ACQUIRER,
            "de35": track(card),
            "de37": f"6073{stan:0>8}",
            "de41": "T0000001",
            "de42": "000010344000001",
            "de49": number("CNY"),
            "de52": block,
        }
        return Message("0200", **{name: v for name, v in {**fields, **changes}.items() if v is not None})

    def key(self, of: Message) -> str:
        """What names a purchase here."""
        return key_of(of.de32 or "", of.de7 or "", of.de11 or "")

    def advice(self, of: Message, **changes: Any) -> Message:
        """The 0420 that reverses this purchase."""
        fields = {
            "de2": of.de2,
            "de3": of.de3,
            "de4": of.de4,
            "de7": "0314120030",
            "de11": f"{next(self.stans):06d}",
            "de32": of.de32,
            "de37": of.de37,
            "de39": "98",
            "de41": of.de41,
            "de42": of.de42,
            "de49": of.de49,
            "de90": f"{of.mti}{of.de11}{of.de7}{of.de32:0>11}{0:011d}",
        }
        return Message("0420", **{name: v for name, v in {**fields, **changes}.items() if v is not None})

    def frame(self, message: Message | bytes, *, age: int = 0, conn: int = 1) -> Frame:
        """The frame, `age` microseconds after its last byte arrived. Bytes go as they are."""
        data = message if isinstance(message, bytes) else self.sealed(message)
        return Frame(LINK, conn, data, self.now - age)

    def step(self, *arrived: Inbound) -> list[Outbound]:
        """One step; what it says."""
        said = list(self.issuer.step(self.now, arrived))
        self.said += said
        return said

    def ask(self, *messages: Message | bytes, age: int = 0) -> list[Message]:
        """The answers to these messages, which arrive in one step; every MAC is checked."""
        return self.answers(self.step(*(self.frame(message, age=age) for message in messages)))

    def answers(self, said: Sequence[Outbound]) -> list[Message]:
        """The messages among what was said."""
        return [self.opened(item.data) for item in said if isinstance(item, Send)]

    def opened(self, data: bytes) -> Message:
        """An answer whose MAC is right."""
        assert self.switch.verify_mac(self.zone["mac"], data[:-8], data[-8:], MacAlgorithm.AES_CMAC, raw=True)
        return ISO87_ASCII.decode(data)

    def code(self, message: Message | bytes, age: int = 0) -> str:
        """DE39 of the one answer, "" when there is none."""
        answers = self.ask(message, age=age)
        assert len(answers) < 2
        return (answers[0].de39 or "") if answers else ""

    # --- what it knows ----------------------------------------------------------------------------------------------

    def command(self, verb: str, **args: Any) -> dict[str, Any]:
        """The reply to a command."""
        (reply,) = [item for item in self.step(Command(7, verb, args)) if isinstance(item, Reply)]
        assert reply.id == 7
        return reply.body

    def card(self, name: str) -> dict[str, Any]:
        """The card's line of the list."""
        return next(card for card in cards(self.store) if card["name"] == name)

    def balance(self, name: str) -> str:
        """What the card's account holds, as people write it."""
        return plain(self.card(name)["balance"], "CNY")

    def performs(self) -> list[Perform]:
        """Every delivery of notices asked for so far: one a step."""
        return [item for item in self.said if isinstance(item, Perform)]

    def told(self) -> list[Notice]:
        """Every notice told so far."""
        return [Notice(*notice) for item in self.performs() for notice in item.texts]

    def deliver(self, *names: str, ok: bool = True) -> list[Outbound]:
        """Report these deliveries."""
        return self.step(*(Performed("sms", name, ok) for name in names))

    def rows(self, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
        """The rows of one table."""
        return self.store.query(f"SELECT {columns} FROM {table}")

    def assert_sound(self) -> None:
        """Sum zero, cached balances equal to their entries, nobody below zero."""
        assert violations(self.store) == []
        assert set(accounts(self.store)["sum"].values()) <= {0}
