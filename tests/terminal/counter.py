"""A shop counter without sockets: the real station on a real store, a till, a printer, and a host a test can script.

The host is built on the real codec and its own software HSM; it shares nothing with the station but the master key.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from typing import Any, Final

from counterfoil.iso8583 import CUP_POS, Message, framing, nested
from counterfoil.kinds import BY_NAME, Needs
from counterfoil.receipts.ereceipt import Issue
from counterfoil.security import KeyUsage, SoftHsm, StoredKey, password
from counterfoil.step import (
    SECOND,
    Closed,
    Command,
    Frame,
    Inbound,
    Instant,
    NotSent,
    Outbound,
    Perform,
    Performed,
    Reply,
    Send,
)
from counterfoil.storage import Store, open_store
from counterfoil.terminal import Settings, TerminalStation, stubs
from counterfoil.terminal.records import Records, migrations
from counterfoil.terminal.rows import Attempt
from counterfoil.transaction import TerminalStub, parse_ref

START: Final[Instant] = 1_773_460_800 * SECOND  # 2026-03-14 04:00 UTC, noon at the counter
TIMER: Final[Instant] = 30 * SECOND
T1, T2 = "T0000001", "T0000002"
MERCHANT: Final = "103000058140001"
TMK: Final = bytes.fromhex("CA5D92598DCA48CE8A4C76361A9269E9")
PAN: Final = "6299991000000013"
TRACK: Final = f"{PAN}=30122011234500000"
PIN: Final = "246810"
NO_MAC: Final = bytes(8)
BALANCES: Final = "2001156C0000000123452002156C000000010000"
SUPERVISOR: Final = "123456"


def entropy() -> Callable[[int], bytes]:
    """Bytes that never repeat and are the same in every run."""
    numbers = itertools.count()
    return lambda size: hashlib.shake_256(next(numbers).to_bytes(8, "big")).digest(size)


class Host:
    """What stands at the other end of the line; it knows each terminal's working keys and nothing else."""

    def __init__(self) -> None:
        self.hsm = SoftHsm(bytes(reversed(range(32))), entropy())
        self.tmk = self.hsm.import_clear(KeyUsage.TMK, TMK)
        self.keys: dict[str, tuple[StoredKey, StoredKey]] = {}
        self.batch: dict[str, int] = {}
        self.highest: dict[str, int] = {}
        self.numbers = itertools.count(1)

    def read(self, send: Send) -> Message:
        """A request as the host sees it; its MAC must be right."""
        packet = framing.split_cup(send.data)
        message = CUP_POS.decode(packet.body)
        if message.de64 is not None:
            _, mak = self.keys[message.de41 or ""]
            assert self.hsm.verify_mac(mak, packet.body[:-8], packet.body[-8:]), "the terminal's MAC is wrong"
        return message

    def sign_on(self, request: Message, *, code: str = "00", spoil: bool = False, same_batch: bool = False) -> bytes:
        """The 0810, with fresh keys; the batch goes up when the STAN went backwards."""
        terminal, stan = request.de41 or "", int(request.de11 or "0")
        if code == "00":
            pair = self.hsm.generate(KeyUsage.PIN, 16), self.hsm.generate(KeyUsage.MAC, 8)
            if not spoil:
                self.keys[terminal] = pair
            backwards = stan <= self.highest.get(terminal, 0)
            if backwards and not same_batch:
                self.batch[terminal] = self.batch.get(terminal, 1) + 1
            self.highest[terminal] = stan
            (pik, pik_kcv), (mak, mak_kcv) = self.hsm.wrap(pair[0], self.tmk), self.hsm.wrap(pair[1], self.tmk)
            keys = nested.build_de62_keys(pik, bytes(4) if spoil else pik_kcv, mak, mak_kcv)
        answer = Message(
            "0810",
            de11=request.de11,
            de37="000000000001",
            de39=code,
            de41=request.de41,
            de42=request.de42,
            de60=nested.build_de60("00", f"{self.batch.get(terminal, 1):06d}", "003"),
            de62=keys if code == "00" else None,
        )
        return self.packet(answer)

    def answer(
        self, request: Message, code: str = "00", *, mac: str = "good", header: str = "", **changes: Any
    ) -> bytes:
        """The answer to a financial request or a reversal; `mac` is good, bad or none."""
        self.highest[request.de41 or ""] = max(self.highest.get(request.de41 or "", 0), int(request.de11 or "0"))
        fields = {
            "de3": request.de3,
            "de4": request.de4,
            "de11": request.de11,
            "de12": "120102",
            "de13": "0314",
            "de32": "00010344",
            "de37": f"6073{next(self.numbers):08d}",
            "de38": "123456" if code == "00" and request.de4 and request.mti != "0400" else None,
            "de39": code,
            "de41": request.de41,
            "de42": request.de42,
            "de44": "01030000   00010344   ",
            "de49": request.de49,
            "de54": BALANCES if code == "00" and not request.de4 else None,
            "de60": request.de60,
            "de64": None if mac == "none" else NO_MAC,
        }
        message = Message(f"{int(request.mti) + 10:04d}", **{**fields, **changes})
        return self.packet(message, mac=mac, header=header)

    def packet(self, message: Message, *, mac: str = "good", header: str = "") -> bytes:
        """The packet as it arrives, TPDU swapped."""
        body = CUP_POS.encode(message)
        if message.de64 is not None:
            _, mak = self.keys[message.de41 or ""]
            right = self.hsm.mac(mak, body[:-8])
            body = body[:-8] + (right if mac == "good" else b"00000000")
        return framing.join_cup(bytes.fromhex("6000000003"), bytes.fromhex(header or "603100311300"), body)


class Counter:
    """The station and everything around it. `printer`: True prints, False fails, None keeps silent."""

    def __init__(
        self, path: str = ":memory:", terminals: tuple[str, ...] = (T1,), issue: Issue | None = None, **settings: Any
    ) -> None:
        self.issue = issue
        self.store: Store = open_store(path, migrations(), lock=False)
        known = password(SUPERVISOR, bytes(16))
        self.settings = Settings(**{"timer": TIMER, "language": "en", "supervisor": known, **settings})
        self.host = Host()
        self.hsm = SoftHsm(bytes(range(32)), entropy())
        self.now = START
        self.printer: bool | None = True
        self.printed: dict[str, str] = {}
        self.replies: dict[int, dict[str, Any]] = {}
        self.line: list[Send] = []
        self.said: list[Outbound] = []
        self._commands = itertools.count(1)
        self.restart()
        for terminal in terminals:
            self.tell("enrol", terminal=terminal, merchant=MERCHANT, name="Old Street Tea 老街茶馆", tmk=TMK.hex())

    # --- time and events ---

    def restart(self) -> None:
        """The process dies and comes back: only the store is what it was. The first step is not yet taken."""
        self.store.rollback()
        self.line.clear()
        self.station = TerminalStation(Records(self.store), self.hsm, self.settings, self.issue)

    def step(self, *items: Inbound, after: Instant = 0) -> list[Send]:
        """One step, `after` microseconds later, and the steps in which the printer answers; returns what was sent."""
        self.now += after
        sent, printing = self._file(self.station.step(self.now, items))
        while printing and self.printer is not None:
            done = [Performed(item.kind, item.name, self.printer) for item in printing]
            more, printing = self._file(self.station.step(self.now, done))
            sent += more
        self.line += sent
        return sent

    def _file(self, said: Any) -> tuple[list[Send], list[Perform]]:
        sent, printing = [], []
        for item in said:
            self.said.append(item)
            if isinstance(item, Reply):
                assert item.id not in self.replies, "a command is answered once"
                self.replies[item.id] = item.body
            elif isinstance(item, Perform):
                assert item.name not in self.printed, "a print job has a name of its own"
                self.printed[item.name] = item.text
                printing.append(item)
            elif isinstance(item, Send):
                sent.append(item)
        return sent, printing

    def wait(self) -> list[Send]:
        """Let time pass until the station's next timer, and step."""
        wakes_at = self.station.wakes_at()
        assert wakes_at is not None, "nothing is going to happen"
        return self.step(after=max(0, wakes_at - self.now))

    def time_out(self) -> list[Send]:
        """Nobody answers for as long as the terminal waits."""
        self.line.clear()
        return self.step(after=TIMER)

    # --- the till ---

    def tell(self, verb: str, **args: Any) -> int:
        """A command of the till; returns its id."""
        number = next(self._commands)
        self.step(Command(number, verb, args))
        return number

    def ask(self, verb: str, **args: Any) -> dict[str, Any]:
        """A command that is answered at once."""
        return self.replies[self.tell(verb, **args)]

    def sale(self, **changes: Any) -> int:
        """Start a sale by swipe."""
        args = {"terminal": T1, "amount": 1250, "currency": "CNY", "card": {"pan": PAN, "track2": TRACK}, "pin": PIN}
        return self.tell("sale", **{**args, **changes})

    def start(self, kind: str, **changes: Any) -> int:
        """Start a transaction of a kind by swipe, with all it needs but the original."""
        needs = BY_NAME[kind].needs
        args: dict[str, Any] = {"terminal": T1, "kind": kind, "card": {"pan": PAN, "track2": TRACK}}
        if Needs.AMOUNT in needs:
            args |= {"amount": 1250}
        if Needs.PIN in needs:
            args |= {"pin": PIN}
        if Needs.SUPERVISOR in needs:
            args |= {"supervisor": SUPERVISOR}
        return self.tell("sale", **{**args, **changes})

    # --- the line ---

    def request(self, mti: str | None = None) -> Message:
        """The oldest unanswered request, as the host reads it."""
        message = self.host.read(self.line.pop(0))
        assert mti in (None, message.mti)
        return message

    def receive(self, packet: bytes, terminal: str = T1) -> list[Send]:
        """A packet arrives on a terminal's line."""
        return self.step(Frame("switch", terminal, packet, self.now))

    def refuse(self, terminal: str = T1) -> list[Send]:
        """The oldest request could not be handed to the kernel."""
        return self.step(NotSent("switch", terminal, self.line.pop(0).token))

    def hang_up(self, terminal: str = T1) -> list[Send]:
        """The line goes away."""
        self.line = [send for send in self.line if send.conn != terminal]
        return self.step(Closed("switch", terminal))

    def answer(self, code: str = "00", mti: str | None = None, **changes: Any) -> list[Send]:
        """The host answers the oldest request, whatever it is."""
        request = self.request(mti)
        terminal = request.de41 or ""
        if request.mti == "0800":
            return self.receive(self.host.sign_on(request, code=code), terminal)
        return self.receive(self.host.answer(request, code, **changes), terminal)

    def open_for_business(self) -> Counter:
        """Every terminal signed on."""
        self.step()
        while self.line:
            self.answer(mti="0800")
        return self

    # --- looking ---

    def attempt(self, ref: str) -> Attempt:
        """An attempt as the store has it."""
        key = parse_ref(ref)
        assert key is not None
        found = Records(self.store).one(key)
        assert found is not None
        return found

    def stub(self, ref: str) -> TerminalStub:
        """What another process would read."""
        key = parse_ref(ref)
        assert key is not None
        found = stubs.stub(self.store, key)
        assert found is not None
        return found

    def newest(self, terminal: str = T1) -> Attempt:
        """The last attempt of a terminal."""
        found = Records(self.store).last(terminal)
        assert found is not None
        return found

    def receipts(self, copy: str = "cardholder") -> list[str]:
        """The names of the print jobs of one copy."""
        return [name for name in self.printed if name.rsplit(".", 2)[1] == copy]
