"""Two processes that only listen, and a wire between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from counterfoil.simulation.disk import Disk, Fate
from counterfoil.simulation.mixes import Faults
from counterfoil.simulation.network import SimulatedLink
from counterfoil.simulation.node import Node
from counterfoil.simulation.world import World
from counterfoil.step import SECOND, Frame, Inbound, Instant, Outbound
from counterfoil.storage import Migration, migrations_of


def migrations() -> list[Migration]:
    return migrations_of("counterfoil.terminal")


class Listener:
    """Writes down what it hears in one commit, and says what it was told to say."""

    name = "listener"

    def __init__(self, disk: Disk, log: list[Inbound]) -> None:
        self.disk = disk
        self.log = log
        self.say: list[Outbound] = []
        self.wake: Instant | None = None

    def step(self, now: Instant, arrived: Sequence[Inbound]) -> Sequence[Outbound]:
        if self.wake is not None and self.wake <= now:
            self.wake = None
        if arrived:
            with self.disk.transaction():
                self.disk.execute("INSERT INTO own_key (usage, blob, kcv) VALUES (?, ?, ?)", (str(now), b"", b""))
                self.disk.commit()
        self.log += arrived
        said, self.say = self.say, []
        return said

    def wakes_at(self) -> Instant | None:
        return self.wake

    def quarantine(self, now: Instant, offender: Inbound, reason: str) -> None:
        raise NotImplementedError


class Pair:
    """A client and a server; `heard` is what each was given, over all its lives."""

    def __init__(self, *, eager: bool = False, seed: str = "1", **faults: Any) -> None:
        self.world = World(seed, Faults(**faults))
        self.heard: dict[str, list[Inbound]] = {"client": [], "server": []}
        self.lives: dict[str, int] = {}
        self.stations: dict[str, Listener] = {}
        self.client = self._node("client")
        self.server = self._node("server")
        self.wire = SimulatedLink(self.client, "up", self.server, "down", eager=eager)
        self.server.start()
        self.client.start()
        self.run(2)

    def _node(self, name: str) -> Node:
        def build(disk: Disk, life: int) -> Listener:
            self.lives[name] = life
            self.stations[name] = Listener(disk, self.heard[name])
            return self.stations[name]

        return Node(self.world, name, Disk.new(migrations()), build)

    def run(self, seconds: float) -> None:
        self.world.run(self.world.now + int(seconds * SECOND))

    def say(self, name: str, *items: Outbound) -> None:
        """Let a station say this with its next step."""
        self.stations[name].say += items
        node = self.client if name == "client" else self.server
        node._step_at(self.world.now)

    def frames(self, name: str) -> list[bytes]:
        return [item.data for item in self.heard[name] if isinstance(item, Frame)]

    def kinds(self, name: str) -> list[str]:
        return [type(item).__name__ for item in self.heard[name]]

    def commits(self, name: str) -> int:
        node = self.client if name == "client" else self.server
        return int(node.disk.query("SELECT count(*) FROM own_key")[0][0])


def fated(node: Node, fate: Fate) -> None:
    """Let the next commit of a process come to this."""
    node._fate = lambda: fate  # type: ignore[method-assign]
