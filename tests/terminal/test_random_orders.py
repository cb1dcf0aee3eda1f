"""Any order of events: at rest, terminal and host agree on every sale, and no paper says otherwise.

The host below keeps its own books: it answers what reaches it, remembers tombstones, and is asked at the end. Every
NotSent is true (the request is thrown away); everything else may be lost, late, doubled, spoilt or out of order.
"""

from __future__ import annotations

from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.iso8583 import Message
from counterfoil.step import SECOND, Send
from counterfoil.terminal.stubs import open_items
from terminal.counter import T1, T2, Counter

ACTIONS: Final = (
    ["sale"] * 6
    + ["host"] * 10
    + ["deliver"] * 10
    + [
        "drop",
        "not_sent",
        "closed",
        "restart",
        "wait",
        "late",
        "double",
        "spoil",
        "shuffle",
        "cancel",
        "goods",
        "again",
    ]
    + ["printer_on", "printer_off", "printer_mute"]
)


class Books:
    """The host's side: what it approved, refused and gave back, by the key of the attempt."""

    def __init__(self) -> None:
        self.state: dict[str, str] = {}
        self.content: dict[str, str] = {}

    def decide(self, request: Message) -> str:
        """The DE39 for a request, after booking it."""
        assert request.de60 is not None
        ref = f"{request.de41}/{request.de60[2:8]}/{request.de11}"
        before = self.state.get(ref)
        if request.mti == "0400":
            if before in (None, "tombstone"):
                self.state[ref] = "tombstone"
                return "25"
            self.state[ref] = "returned" if before in ("approved", "returned") else before
            return "00"
        assert self.content.setdefault(ref, f"{request.de4}") == f"{request.de4}", "a key never comes round again"
        if before in ("tombstone", "returned"):
            return "12"
        wanted = "declined" if request.de4 is not None and int(request.de4) % 5 == 0 else "approved"
        self.state.setdefault(ref, wanted)
        return "00" if self.state[ref] == "approved" else "51"


class Storm:
    """A counter, its host's books, and the packets between them."""

    def __init__(self) -> None:
        self.counter = Counter(terminals=(T1, T2), tries=2)
        self.books = Books()
        self.flying: list[tuple[str, bytes]] = []
        self.old: list[tuple[str, bytes]] = []
        self.sales: dict[int, dict[str, object]] = {}

    def act(self, action: str, number: int) -> None:
        """One event; `number` picks among what there is."""
        counter = self.counter
        terminal = (T1, T2)[number % 2]
        if action == "sale":
            self.sell(terminal, amount=1 + number, key=f"k{number % 7}-{len(self.sales)}")
        elif action == "again" and self.sales:
            self.sell(**dict(list(self.sales.values())[number % len(self.sales)]))  # type: ignore[arg-type]
        elif action == "host" and counter.line:
            self.host(counter.line.pop(0))
        elif action == "drop" and counter.line:
            counter.line.pop(0)
        elif action == "not_sent" and counter.line:
            counter.refuse(str(counter.line[0].conn))
        elif action == "closed":
            counter.hang_up(terminal)
            self.flying = [(conn, packet) for conn, packet in self.flying if conn != terminal]
        elif action == "restart":
            counter.restart()
            self.flying.clear()
            counter.step()
        elif action == "wait":
            counter.step(after=(number % 80) * SECOND)
        elif action in ("printer_on", "printer_off", "printer_mute"):
            counter.printer = {"printer_on": True, "printer_off": False, "printer_mute": None}[action]
        elif action == "cancel":
            counter.tell("cancel", terminal=terminal)
        elif action == "goods":
            ref = counter.ask("last", terminal=terminal).get("ref", "")
            counter.tell("goods", ref=ref, answer=("handed_over", "kept")[number % 3 == 0])
        else:
            self.weather(action, number)

    def sell(self, terminal: str, amount: int, key: str) -> None:
        """The till asks for a sale."""
        sale = self.counter.sale(terminal=terminal, amount=amount, key=key)
        self.sales[sale] = {"terminal": terminal, "amount": amount, "key": key}

    def host(self, send: Send) -> None:
        """A request reaches the host, which books and answers it."""
        request = self.counter.host.read(send)
        if request.mti == "0800":
            self.flying.append((str(send.conn), self.counter.host.sign_on(request)))
            return
        self.flying.append((str(send.conn), self.counter.host.answer(request, self.books.decide(request))))

    def weather(self, action: str, number: int) -> None:
        """What the line does to answers."""
        if action == "late" and self.old:
            conn, packet = self.old[number % len(self.old)]
            self.counter.receive(packet, conn)
        elif self.flying and action == "deliver":
            conn, packet = self.flying.pop(0)
            self.old.append((conn, packet))
            self.counter.receive(packet, conn)
        elif self.flying and action == "double":
            self.flying.append(self.flying[0])
        elif self.flying and action == "shuffle":
            self.flying.append(self.flying.pop(0))
        elif self.flying and action == "spoil":
            conn, packet = self.flying[0]
            where = number % len(packet)
            spoilt = packet[:where] + bytes([packet[where] ^ 1 << number % 8]) + packet[where + 1 :]
            self.flying[0] = (conn, spoilt)

    def heal(self) -> None:
        """The sun comes out: everything arrives, the printer prints, the cashier answers, every timer runs."""
        self.counter.printer = True
        for _ in range(200):
            while self.counter.line:
                self.host(self.counter.line.pop(0))
            while self.flying:
                self.weather("deliver", 0)
            if self.counter.line:
                continue
            for terminal in (T1, T2):
                last = self.counter.ask("last", terminal=terminal)
                if last.get("open_sale"):
                    self.counter.tell("goods", ref=last["ref"], answer="handed_over")
            if self.counter.station.wakes_at() is None and not self.counter.line:
                return
            self.counter.wait()
        raise AssertionError("it never comes to rest")

    def judge(self) -> None:
        """Terminal, host and paper against each other."""
        counter = self.counter
        resting = {item.state for item in open_items(counter.store)}
        assert resting <= {"approved"}, resting
        rows = counter.store.query("SELECT terminal, batch, stan, state FROM attempt")
        for terminal, batch, stan, state in rows:
            ref = f"{terminal}/{batch}/{stan}"
            holds = self.books.state.get(ref) == "approved"
            assert holds == (state in ("approved", "closed")), (ref, state, self.books.state.get(ref))
        for name in counter.receipts():
            ref = name.split(".")[0].replace("-", "/")
            history = [happened.what for happened in counter.stub(ref).history]
            assert "approved" in history
        found = counter.store.query("SELECT till_key, state, cause FROM attempt WHERE till_key <> ''")
        keys = [key for key, _, _ in found]
        assert len(keys) == len(set(keys))
        free = [key for key, state, cause in found if state == "not_sent" and cause != "cancelled"]
        for sale, args in self.sales.items():
            if args["key"] in free:  # asked again, the till sells
                self.counter.sale(**args)
                self.heal()
            elif args["key"] in keys:  # asked again after a restart, the till gets the same answer
                told = counter.replies[self.counter.sale(**args)]
                assert told["outcome"] in ("approved", "declined", "unknown", "not_sent")
            else:  # the question died in the queue with the process, nothing was sent
                assert sale not in counter.replies or "error" in counter.replies[sale]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 999)), min_size=5, max_size=60))
def test_at_rest_terminal_and_host_agree_on_every_sale(events: list[tuple[str, int]]) -> None:
    storm = Storm()
    for action, number in events:
        storm.act(action, number)
    storm.heal()
    storm.judge()


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 999)), min_size=20, max_size=40))
def test_the_same_events_say_the_same_things(events: list[tuple[str, int]]) -> None:
    runs = []
    for _ in range(2):
        storm = Storm()
        for action, number in events:
            storm.act(action, number)
        runs.append(storm.counter.said)
    assert runs[0] == runs[1]
