"""The world: a clock that jumps, nodes that crash, and a network that loses things, all drawn from one seed.

It drives the very `Station.step` production runs. Nothing here knows what a transaction is: nodes get frames, say
frames, and die at the two places where a process can die, before its commit and after it.
"""

from __future__ import annotations

import hashlib
import heapq
import random
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from counterfoil.simulation.mixes import Faults
from counterfoil.step import (
    SECOND,
    Closed,
    CommitFailed,
    Conn,
    Connected,
    Frame,
    Hangup,
    Inbound,
    Instant,
    NotSent,
    Outbound,
    Perform,
    Performed,
    Reply,
    Send,
    Station,
)
from counterfoil.storage import Store

START: Final[Instant] = 1_767_225_600 * SECOND  # 2026-01-01T00:00:00Z; only labels depend on it
STEP_TAKES: Final[Instant] = 200  # what arrives within this many microseconds is taken by one step
RESTART_MEAN: Final = 5.0  # seconds until a crashed process is back
LAST_EVENTS: Final = 40


class SimulatedCrash(BaseException):
    """The process died here. Not an `Exception`: no station may catch it."""


class DyingStore:
    """A store whose next commit is the last thing its process ever tries; everything else is the real store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.die_at_commit = False
        self.full = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def commit(self) -> None:
        """Commit, or die before it."""
        if self.die_at_commit:
            self._store.rollback()
            raise SimulatedCrash
        if self.full:
            self._store.rollback()
            raise CommitFailed("disk full")
        self._store.commit()


class Node:
    """One process: a store that outlives it, and a station that does not."""

    def __init__(self, name: str, store: Store, build: Callable[[Store], Station]) -> None:
        self.name = name
        self.store = store
        self.build = build
        self.dying = DyingStore(store)
        self.station: Station | None = None
        self.inbox: list[Inbound] = []
        self.incarnation = 0
        self.step_due = False
        self.gone = False  # switched off for good
        self.skew: Instant = 0
        self.clock: Instant = 0


class Wire:
    """Which link of which node talks to which: `client` says `client_link`, `server` hears `server_link`."""

    def __init__(self, client: Node, client_link: str, server: Node, server_link: str, *, eager: bool) -> None:
        self.client, self.client_link = client, client_link
        self.server, self.server_link = server, server_link
        self.eager = eager
        self.open: dict[Conn, int] = {}  # lane -> connection number at the server
        self.lanes: dict[int, Conn] = {}


class World:
    """Nodes, wires, time, faults. `run` plays events until none is left or a bound is reached."""

    def __init__(self, seed: int, faults: Faults) -> None:
        self.random = random.Random(f"{seed}/world")  # noqa: S311 - a simulation, not a secret
        self.faults = faults
        self.now: Instant = START
        self.healed = False
        self.nodes: dict[str, Node] = {}
        self.wires: list[Wire] = []
        self.events = 0
        self.steps = 0
        self.counts: dict[str, int] = {}
        self.last: deque[str] = deque(maxlen=LAST_EVENTS)
        self.digest = hashlib.blake2b(digest_size=16)
        self.replies: Callable[[Node, Reply], None] = lambda _node, _reply: None
        self.performs: Callable[[Node, Perform], bool] = lambda _node, _perform: True
        self.after_step: Callable[[Node], None] = lambda _node: None
        self._heap: list[tuple[Instant, int, Callable[[], None]]] = []
        self._order = 0
        self._connections = 0

    # --- time ---------------------------------------------------------------------------------------------------

    def at(self, when: Instant, action: Callable[[], None]) -> None:
        """Let `action` happen at `when`."""
        self._order += 1
        heapq.heappush(self._heap, (max(when, self.now), self._order, action))

    def run(self, until: Callable[[], bool], *, limit: int) -> bool:
        """Play events until `until()` holds; False when `limit` events or all events were used up first."""
        for _ in range(limit):
            if until():
                return True
            if not self._heap:
                return False
            self.now, _, action = heapq.heappop(self._heap)
            self.events += 1
            action()
        return until()

    def note(self, what: str) -> None:
        """One line of the journal whose hash says whether two runs were the same."""
        self.last.append(f"{(self.now - START) / SECOND:.6f} {what}")
        self.digest.update(f"{self.now} {what}\n".encode())

    def count(self, kind: str) -> None:
        """One more injected fault of this kind."""
        self.counts[kind] = self.counts.get(kind, 0) + 1

    def chance(self, per_mille: int) -> bool:
        """Whether a fault of this rate happens now; never after the world was healed."""
        return per_mille > 0 and not self.healed and self.random.randrange(1000) < per_mille

    # --- nodes --------------------------------------------------------------------------------------------------

    def add(self, name: str, store: Store, build: Callable[[Store], Station]) -> Node:
        """A process, not started yet."""
        node = self.nodes[name] = Node(name, store, build)
        return node

    def join(self, client: Node, client_link: str, server: Node, server_link: str, *, eager: bool) -> None:
        """A link between two processes."""
        self.wires.append(Wire(client, client_link, server, server_link, eager=eager))

    def start(self, node: Node) -> None:
        """Start, or start again, what is on the node's disk."""
        if node.gone or node.station is not None:
            return
        node.incarnation += 1
        node.dying = DyingStore(node.store)
        node.station = node.build(node.dying)  # type: ignore[arg-type]
        node.inbox.clear()
        node.clock = 0
        self.note(f"{node.name} starts")
        self._due(node, self.now)
        for wire in self.wires:
            if wire.eager and node in (wire.client, wire.server):
                self._dial(wire, "")

    def crash(self, node: Node, how: str, *, comes_back: bool = True) -> None:
        """Kill the process; whatever it had not committed is gone, its sockets close."""
        if node.station is None:
            return
        node.station = None
        node.inbox.clear()
        node.store.rollback()
        self.count(f"crash {how}")
        self.note(f"{node.name} dies {how}")
        for wire in self.wires:
            if node is wire.client or node is wire.server:
                for lane in list(wire.open):
                    self._hang_up(wire, lane)
        if comes_back and not node.gone:
            self.at(self.now + int(self.random.expovariate(1 / RESTART_MEAN) * SECOND), lambda: self.start(node))

    def deliver(self, node: Node, item: Inbound) -> None:
        """Put an item into a process's inbox; it steps a moment later, with whatever else has come by then."""
        if node.station is None:
            return
        node.inbox.append(item)
        self._due(node, self.now + STEP_TAKES)

    def _due(self, node: Node, when: Instant) -> None:
        if not node.step_due:
            node.step_due = True
            incarnation = node.incarnation
            self.at(when, lambda: self._step(node, incarnation))

    def _step(self, node: Node, incarnation: int) -> None:
        node.step_due = False
        if node.station is None or node.incarnation != incarnation:
            if node.station is not None:
                self._due(node, self.now)
            return
        arrived, node.inbox = node.inbox, []
        node.clock = max(node.clock, self.now + node.skew)
        node.dying.die_at_commit = self.chance(self.faults.crash)
        node.dying.full = self.chance(self.faults.disk_full)
        self.steps += 1
        try:
            said = node.station.step(node.clock, arrived)
        except SimulatedCrash:
            self.crash(node, "before commit")
            return
        except CommitFailed:
            self.crash(node, "disk full")
            return
        if node.dying.die_at_commit:
            self.crash(node, "idle")
            return
        self.after_step(node)
        self._speak(node, said)
        self._wake(node)

    def _wake(self, node: Node) -> None:
        if node.station is None:
            return
        wake = node.station.wakes_at()
        if wake is not None:
            incarnation = node.incarnation
            station = node.station

            def alarm() -> None:
                if node.incarnation == incarnation and node.station is station:
                    due = station.wakes_at()
                    if due is not None and due <= max(node.clock, self.now + node.skew):
                        self._due(node, self.now)

            self.at(wake - node.skew, alarm)

    # --- what a step says ---------------------------------------------------------------------------------------

    def _speak(self, node: Node, said: Sequence[Outbound]) -> None:
        cut = self.random.randrange(len(said) + 1) if said and self.chance(self.faults.crash) else None
        for index, item in enumerate(said):
            if index == cut:
                break
            if isinstance(item, Send):
                self._send(node, item)
            elif isinstance(item, Reply):
                self.note(f"{node.name} replies {item.id}")
                self.replies(node, item)
            elif isinstance(item, Perform):
                ok = self.performs(node, item)
                self.deliver(node, Performed(item.kind, item.name, ok))
            elif isinstance(item, Hangup):
                self._hangup(node, item)
        if cut is not None:
            self.crash(node, "after commit")

    def _send(self, node: Node, item: Send) -> None:
        wire, lane = self._wire(node, item.link, item.conn)
        if wire is None:
            return  # an answer for a connection that is gone
        if node is wire.client:
            if lane not in wire.open and (wire.eager or not self._dial(wire, lane)):
                self.deliver(node, NotSent(item.link, item.conn, item.token))
                return
            self._carry(wire, lane, item.data, up=True)
        else:
            self._carry(wire, lane, item.data, up=False)

    def _wire(self, node: Node, link: str, conn: Conn) -> tuple[Wire | None, Conn]:
        for wire in self.wires:
            if wire.client is node and wire.client_link == link:
                return wire, conn
            if wire.server is node and wire.server_link == link and conn in wire.lanes:
                return wire, wire.lanes[conn]  # type: ignore[index]
        return None, conn

    def _hangup(self, node: Node, item: Hangup) -> None:
        wire, lane = self._wire(node, item.link, item.conn)
        if wire is not None:
            self._hang_up(wire, lane)

    # --- the network --------------------------------------------------------------------------------------------

    def _dial(self, wire: Wire, lane: Conn) -> bool:
        if wire.client.station is None:
            return False
        if wire.server.station is None or self._cut(wire, up=True) or self._cut(wire, up=False):
            if wire.eager:
                self.at(self.now + SECOND, lambda: lane in wire.open or self._dial(wire, lane) or None)  # type: ignore[func-returns-value]
            return False
        if lane in wire.open:
            return True
        self._connections += 1
        wire.open[lane] = self._connections
        wire.lanes[self._connections] = lane
        self.deliver(wire.client, Connected(wire.client_link, lane))
        self.deliver(wire.server, Connected(wire.server_link, self._connections))
        return True

    def _hang_up(self, wire: Wire, lane: Conn) -> None:
        number = wire.open.pop(lane, None)
        if number is None:
            return
        del wire.lanes[number]
        self.deliver(wire.client, Closed(wire.client_link, lane))
        self.deliver(wire.server, Closed(wire.server_link, number))
        if wire.eager:
            self.at(self.now + SECOND // 10, lambda: self._dial(wire, lane) and None)

    def _cut(self, wire: Wire, *, up: bool) -> bool:
        source, target = (wire.client, wire.server) if up else (wire.server, wire.client)
        return not self.healed and self.faults.cut(source.name, target.name, self.now - START)

    def _carry(self, wire: Wire, lane: Conn, data: bytes, *, up: bool) -> None:
        direction = "up" if up else "down"
        label = f"{wire.client.name}-{wire.server.name} {direction}"
        if self._cut(wire, up=up):
            self.count("partition")
            return
        if self.chance(self.faults.drop):
            self.count("drop")
            self.note(f"{label} loses {len(data)}")
            return
        if self.chance(self.faults.corrupt):
            self.count("corrupt")
            where = self.random.randrange(len(data))
            data = data[:where] + bytes([data[where] ^ (1 << self.random.randrange(8))]) + data[where + 1 :]
        copies = 1
        if self.chance(self.faults.duplicate):
            self.count("duplicate")
            copies = 2
        number = wire.open.get(lane)
        for _ in range(copies):
            delay = int(self.random.expovariate(1.0) * self.faults.mean_delay) + 100
            if self.chance(self.faults.slow):
                self.count("delay")
                delay += self.random.randrange(5, 90) * SECOND
            self.at(self.now + delay, lambda: self._arrive(wire, lane, number, data, up=up, label=label))

    def _arrive(self, wire: Wire, lane: Conn, number: int | None, data: bytes, *, up: bool, label: str) -> None:
        if wire.open.get(lane) != number or number is None:
            self.note(f"{label} arrives at nobody")
            return
        self.note(f"{label} {hashlib.blake2b(data, digest_size=4).hexdigest()}")
        if up:
            self.deliver(wire.server, Frame(wire.server_link, number, data, self._stamp(wire.server)))
        else:
            self.deliver(wire.client, Frame(wire.client_link, lane, data, self._stamp(wire.client)))

    def _stamp(self, node: Node) -> Instant:
        return max(node.clock, self.now + node.skew)
