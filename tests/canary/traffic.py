"""All that can happen to a card at a running stack: good sales, bad ones, broken lines, kills, garbage, questions."""

from __future__ import annotations

import contextlib
import io
import json
import signal
import socket
from pathlib import Path
from typing import Any, Final

from api.calling import seed
from canary import broken
from canary.needles import CANARIES, EXPIRY, SECRET, Canary, Needle, block, needles
from canary.scan import ON_THE_WIRE
from canary.web import web
from counterfoil.cli.app import VERBS, run
from counterfoil.errors import EncodeError, NothingSentError, OutcomeUnknown
from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Dialect, Message
from counterfoil.iso8583.fields import Characters, Field, Prefix
from counterfoil.iso8583.framing import frame, join_cup
from counterfoil.links.control import ask
from counterfoil.security import KeyUsage, SoftHsm
from counterfoil.stack.demo import HEADER, INSTITUTIONS, OUTSIDE, TPDU, Demo
from counterfoil.stack.layout import ISSUERS, STATIONS, Layout
from counterfoil.stack.ports import read as read_ports
from interop.outsider import Lost, Outsider, pin_block
from loop.running import Running

TESTS: Final = Path(__file__).parents[1]
LAUNCH: Final = "import sys; sys.path.insert(0, {tests!r}); from canary.broken import main; sys.exit(main())"
MAC_BYTES: Final = 8
TIMERS: Final = "1,2,4"
CROWD: Final = 60
PATIENCE: Final = 0.3  # seconds; a stranger who is not answered by then is not answered


class Birds(Running):
    """A stack with sabotaged stations, and everything it was asked and said."""

    def __init__(self, data: Path) -> None:
        super().__init__(data, TIMERS)
        self.program = ("-c", LAUNCH.format(tests=str(TESTS)))
        self.layout = Layout(data)
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.layout.write(self.layout.demo_key, SECRET.hex() + "\n")
        self.said: dict[str, str] = {}
        self.needles: list[Needle] = [needle for card in CANARIES for needle in needles(card)]
        self.refs: list[str] = []

    def note(self, what: str, text: str) -> None:
        self.said[f"{what} ({len(self.said)})"] = text

    # --- the doors --------------------------------------------------------------------------------------------------

    def call(self, station: str, verb: str, args: dict[str, Any]) -> dict[str, Any]:
        """One request on a control channel, its answer kept; what is not answered is an answer too."""
        at = self.layout.find(station)
        try:
            answer = ask(at.host, at.port, at.token, verb, args, 15.0) if at else {}
        except (NothingSentError, OutcomeUnknown) as error:
            answer = {"error": str(error)}
        self.note(f"{station} {verb}", json.dumps(answer, ensure_ascii=False))
        return answer

    def sell(self, terminal: str, amount: str = "12.50", card: str = "", **more: str) -> Any:
        raise NotImplementedError("canaries are sold with `pay`")

    def pay(
        self, card: Canary, terminal: str, amount: int = 1250, pin: str | None = None, **more: Any
    ) -> dict[str, Any]:
        """A sale through the terminal's control channel, as a till asks for one."""
        told = {"pan": card.pan, "expiry": EXPIRY, "track2": card.track2, **more}
        args = {"terminal": terminal, "amount": amount, "currency": "CNY", "card": told, "entry": "swipe"}
        answer = self.call("terminal", "sale", {**args, "pin": card.pin if pin is None else pin})
        if answer.get("ref"):
            self.refs.append(answer["ref"])
        if answer.get("error") == "open_sale":
            self.call("terminal", "goods", {"ref": answer["sale"]["ref"], "answer": "handed_over"})
        return answer

    def shout(self, port: int, packets: list[bytes]) -> None:
        """Send packets from strangers, each on a connection of its own, which may be closed for it."""
        for first in range(0, len(packets), CROWD):
            with contextlib.ExitStack() as crowd:
                lines = []
                for packet in packets[first : first + CROWD]:
                    line = crowd.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5.0))
                    lines.append(line)
                    with contextlib.suppress(OSError):
                        line.sendall(packet)
                        line.shutdown(socket.SHUT_WR)
                for line in lines:
                    line.settimeout(PATIENCE)
                    with contextlib.suppress(OSError):
                        self.note(f"{ON_THE_WIRE} an answer to a stranger", line.recv(4096).decode("latin-1"))

    def people(self, *words: str) -> None:
        """A verb as people call it, in this process."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            run([*words, "--data", str(self.data)])
        self.note(" ".join(word[:20] for word in words), out.getvalue())


def enrol(stack: Birds) -> None:
    """The issuers learn of their canaries."""
    for issuer in ISSUERS:
        cards = [
            {"pan": card.pan, "expiry": EXPIRY, "name": card.name, "pin": card.pin, "balance": 1_000_000}
            for card in CANARIES
            if card.issuer == issuer
        ]
        answer = stack.call(issuer, "enrol", {"cards": cards})
        assert answer.get("enrolled", 0) + answer.get("known", 0) == len(cards), answer


def sales(stack: Birds) -> None:
    """Good ones, refused ones, and requests a till should never make."""
    good_a, good_b, wrong, _, no_route = CANARIES
    for number, card in enumerate((good_a, good_b)):
        answer = stack.pay(card, f"T000000{number + 1}")
        assert answer["outcome"] == "approved", answer
    for _ in range(4):
        stack.pay(wrong, "T0000003", pin=wrong.wrong_pin)
    stack.pay(no_route, "T0000004", pin=no_route.wrong_pin)
    stack.pay(good_a, "T0000005", amount=99_000_000)
    for terminal, expiry in (("T0000011", EXPIRY), ("T0000012", "3111"), ("T0000013", EXPIRY)):
        typed = {"pan": good_a.pan, "expiry": expiry}
        args = {"terminal": terminal, "amount": 100, "card": typed, "entry": "typed", "pin": good_a.pin}
        stack.call("terminal", "sale", args if terminal != "T0000013" else {**args, "terminal": "T0000001"})
    for digits in (good_a.track2[:29] + "0" + good_a.track2[30:], good_a.track2[:24], good_a.track2[:-5]):
        stack.pay(good_a, "T0000014", track2=digits)
    stack.pay(good_a, "T0000006", expiry="2001", track2=good_a.track2.replace(EXPIRY, "2001"))
    stack.pay(good_b, "T0000007", pin="")
    stack.pay(good_b, "T0000007", pan=good_a.pan)
    stack.pay(good_b, "T0000008", pan=good_b.pan + "x", track2=good_b.track2 + "?" + good_b.cvv)
    stack.pay(good_b, "T0000008", cvv=good_b.cvv)
    stack.pay(good_b, good_b.pan)
    stack.call("terminal", good_b.pan, {good_b.pan: good_b.track2})
    for station in (*STATIONS, "up"):
        stack.call(
            station, "enrol", {"cards": [{"pan": good_a.pan + "0", "pin": good_a.wrong_pin, good_a.cvv: good_a.track2}]}
        )
        stack.call(station, "status", {"card": good_a.pan})


def breaks(stack: Birds) -> None:
    """Lost, late, doubled and damaged messages, a kill of every station in the middle, and a kill of all at once."""
    card = CANARIES[3]
    faults = (
        (1, "drop"),
        (2, "drop"),
        (3, "corrupt"),
        (4, "drop"),
        (4, "corrupt"),
        (1, "corrupt"),
        (2, "corrupt"),
        (1, "duplicate"),
    )
    for number, (leg, kind) in enumerate(faults):
        stack.call("up", "fault.set", {"leg": leg, "kind": kind, "times": 1, "mti": "0200" if leg < 3 else "0210"})
        stack.pay(card, f"T00000{11 + number}")
    stack.call("up", "fault.clear", {})
    for number, station in enumerate(STATIONS):
        stack.call("up", "fault.set", {"leg": 3, "kind": "delay", "seconds": 0.4, "times": 1})
        with stack.begin("sale", "--terminal", f"T00000{21 + number}", "--amount", "1", "--card", "alice"):
            stack.pay(card, f"T00000{25 + number}") if number % 2 else None
            stack.kill(station)
        stack.until(lambda: all(stack.call("up", "status", {}).get("links", {"": False}).values()))


def restart(stack: Birds, how: signal.Signals) -> None:
    stack.stop(how)
    stack.start()


def bugs(stack: Birds) -> None:
    """Errors in the middle of a step that quote all they were given."""
    for terminal in (broken.AT_SWITCH, broken.AT_TERMINAL, broken.AT_ISSUER, broken.EVERYTHING):
        stack.pay(CANARIES[0], terminal)
        stack.pay(CANARIES[0], terminal, pin=CANARIES[0].wrong_pin)
    stack.until(lambda: all(stack.call("up", "status", {}).get("links", {"": False}).values()))


def outsider(stack: Birds) -> None:
    """A terminal that is not ours: its PIN blocks are known as they travel."""
    exported = stack.ask("terminal", "export", OUTSIDE).json
    for card in CANARIES:
        with contextlib.suppress(Lost, AssertionError, OSError), Outsider(exported, 3.0) as terminal:
            terminal.stan = 100 * (1 + CANARIES.index(card))
            terminal.sign_on()
            stack.needles += block(card, pin_block(terminal.pin_key, card.pin, card.pan))
            told = {"pan": card.pan, "expiry": EXPIRY, "track2": card.track2}
            request, answer = terminal.buy(told, 700, card.pin)
            stack.note(f"{ON_THE_WIRE} an answer to the outsider", json.dumps(answer))
            terminal.reverse(told, request, "98")
            terminal.mac_key = terminal.mac_key[::-1]  # from here on no MAC is right
            terminal.buy(told, 700, card.pin)


def garbage(stack: Birds) -> None:
    """Messages with card data in every field that takes it, whole, cut off, and as no message at all."""
    for card in CANARIES[:2]:
        terminals, issuers = [], []
        for body in _messages(CUP_POS, card):
            packet = frame(join_cup(bytes.fromhex(TPDU), bytes.fromhex(HEADER), body))
            terminals += [packet, frame(join_cup(bytes.fromhex(TPDU), bytes.fromhex(HEADER), body[:-9]))]
        hsm = SoftHsm(bytes(32), bytes)
        key = hsm.import_clear(KeyUsage.MAC, Demo.of(stack.layout).zone_mac_key(card.issuer))
        for body in _messages(ISO87_ASCII, card):
            data = body[:-MAC_BYTES]
            issuers += [frame(body), frame(body[:-9]), frame(data + hsm.mac(key, data)[:MAC_BYTES])]
        nonsense = [f"GET /?pan={card.pan}&cvv={card.cvv} HTTP/1.1\r\n\r\n".encode(), frame(card.track2.encode())]
        nonsense += [frame(b"\x60" + bytes.fromhex(card.pan) * 4), b"\xff\xff" + card.pan.encode() * 20]
        ports = read_ports(stack.layout)
        stack.shout(ports["terminals"], terminals + nonsense)
        stack.shout(ports[card.issuer], issuers + nonsense)


def _messages(dialect: Dialect, card: Canary) -> list[bytes]:
    """A purchase with card data in one field, for every field of the dialect."""
    found = []
    for terminal in ("T0000001", OUTSIDE, card.pan[:8]):
        base = Message(
            "0200", de2=card.pan, de3="000000", de4="000000000100", de11="000077", de22="021", de25="00", de26="12",
            de35=card.track2.replace("=", "D"), de41=terminal, de42="898001054110001", de49="156",
            de52=bytes.fromhex(card.pan), de60="22000001000", de64=b"\0" * 8,
        )  # fmt: skip
        if dialect is ISO87_ASCII:
            base = base.copy(de7="0314101530", de32=INSTITUTIONS[card.issuer], de37="632623A1B2C3", de60=None)
        for number, field in dialect.fields.items():
            if number in (64, 128):
                continue
            with contextlib.suppress(EncodeError):
                found.append(dialect.encode(base.copy(**{f"de{number}": _value(field, card)})))
    return found


def _value(field: Field, card: Canary) -> str | bytes:
    text = f"{card.pan}{card.cvv}{card.wrong_pin}" * 8
    size = field.size if field.prefix is Prefix.FIXED else min(field.size, 100)
    if field.kind is Characters.B:
        return text.encode()[:size]
    if field.kind is Characters.XN:
        return "C" + text[: size - 1]
    return text[:size]


def questions(stack: Birds) -> None:
    """Everything there is to ask, as people ask it and as programs do."""
    packet = CUP_POS.encode(Message("0200", de2=CANARIES[0].pan, de35=CANARIES[0].track2, de52=bytes(8)))
    asked: list[tuple[str, ...]] = [("decode", packet.hex()), ("decode", packet[:-20].hex()), ("accounts",), ("cards",)]
    asked += [("terminal", verb) for verb in ("list", "status")] + [
        ("fault", "clear"),
        ("terminal", "status", "T0000001"),
    ]
    for ref in stack.refs:
        asked += [("why", ref, "-v"), ("receipt", "show", ref), ("receipt", "show", ref, "--copy", "merchant")]
        asked += [("receipt", "print", ref), ("terminal", "last", ref.partition("/")[0])]
    asked += [("why", card.pan[-4:], "12.50") for card in CANARIES]
    for words in asked:
        for more in ((), ("--json",), ("--lang", "zh")):
            stack.people(*words, *more)
    for verb in VERBS:
        stack.people(verb, "--help")
    for station in STATIONS:
        for verb in ("status", "accounts", "cards", "check"):
            stack.call(station, verb, {})


def everything(data: Path) -> Birds:
    """A stack that has seen it all and stopped; the outputs are its `said`, its log lies beside its data."""
    stack = Birds(data)
    tokens = seed(data)
    stack.start()
    try:
        enrol(stack)
        sales(stack)
        breaks(stack)
        bugs(stack)
        restart(stack, signal.SIGKILL)
        outsider(stack)
        garbage(stack)
        questions(stack)
        web(stack, tokens)
        restart(stack, signal.SIGTERM)
        stack.pay(CANARIES[0], "T0000040")
        stack.kill("switch")
    finally:
        stack.stop(signal.SIGKILL)
    return stack
