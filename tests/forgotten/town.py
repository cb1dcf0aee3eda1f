"""The plant of the simulator without any fault: real stations in memory, whose disks are put back or lose their end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from counterfoil.inquiry import Search, Stores, finding, search
from counterfoil.inquiry.items import open_items
from counterfoil.simulation.disk import Disk
from counterfoil.simulation.mixes import Faults
from counterfoil.simulation.node import Node
from counterfoil.simulation.plant import RANGES, CustomersCard, Plant, build, cards
from counterfoil.simulation.world import World
from counterfoil.step import SECOND, Command, Instant, Reply
from counterfoil.storage.forgotten import Forgotten, every_row, open_rows
from counterfoil.transaction import parse_ref
from inquiry.world import World as Opened

LONG = 30 * SECOND


class Town:
    """Two machines with two terminals each, a switch, two issuers, and nothing that goes wrong by itself."""

    def __init__(self, seed: str = "town", faults: Faults = Faults()) -> None:  # noqa: B008 - immutable
        self.world = World(seed, faults)
        self.plant: Plant = build(self.world, seed)
        self.replies: dict[int, dict[str, Any]] = {}
        for node in self.plant.nodes:
            node.replied = self._replied
            self.world.after(0, node.start)
        self.wait(5)

    def _replied(self, reply: Reply) -> None:
        self.replies[reply.id] = reply.body

    def wait(self, seconds: float) -> None:
        self.world.run(self.world.now + int(seconds * SECOND))

    @property
    def now(self) -> Instant:
        return self.world.now

    # --- people -----------------------------------------------------------------------------------------------------

    def ask(self, node: Node, verb: str, **args: Any) -> dict[str, Any]:
        number = self.world.number()
        node.deliver(Command(number, verb, args))
        ends = self.world.now + 2 * LONG
        while number not in self.replies:
            assert self.world.now < ends, f"{node.name} does not answer {verb}"
            self.wait(0.1)
        return self.replies.pop(number)

    def sell(
        self, card: str = "good-1", amount: int = 1250, terminal: str = "T0000001", issuer: str = "issuer-a"
    ) -> Any:
        """One sale, to its receipt; what the till was told."""
        found = self.card(card, issuer)
        told = {"pan": found.pan, "expiry": found.track2[-17:-13], "track2": found.track2}
        args = {"terminal": terminal, "amount": amount, "currency": "CNY", "card": told, "pin": found.pin or None}
        told = self.ask(self.plant.machine_of(terminal), "sale", **args)
        self.wait(1)
        return told

    def refs(self, count: int, **how: Any) -> list[str]:
        """So many approved sales."""
        told = [self.sell(**how) for _ in range(count)]
        assert {one["outcome"] for one in told} == {"approved"}, told
        return [one["ref"] for one in told]

    def card(self, name: str, issuer: str = "issuer-a") -> CustomersCard:
        return next(card for card in cards() if (card.name, card.issuer) == (name, issuer))

    # --- operators --------------------------------------------------------------------------------------------------

    def node(self, name: str) -> Node:
        return next(node for node in self.plant.nodes if node.name == name)

    def image(self, name: str) -> bytes:
        """A backup of one station's store."""
        return self.node(name).disk.image()

    def stop(self, name: str) -> None:
        node = self.node(name)
        node.off = True
        node.crash("stopped")

    def put_back(self, images: dict[str, bytes], wait: float = 5) -> None:
        """These stations stop, their stores are put back, and they start again, terminals last."""
        for name in images:
            self.stop(name)
        for name, image in images.items():
            self.node(name).disk = Disk(image)
        for name in sorted(images, key=lambda name: name.startswith("tills")):
            self.node(name).off = False
            self.node(name).start()
        self.wait(wait)

    def end(self, name: str, rows: Iterable[Forgotten], **more: Any) -> dict[str, Any]:
        """A person ends rows at a station."""
        numbers = [row.number for row in rows]
        return self.ask(self.node(name), "forgotten", numbers=numbers, by="Lin", reason="looked at the slips", **more)

    # --- what is known ----------------------------------------------------------------------------------------------

    @property
    def stores(self) -> Stores:
        plant = self.plant
        machine = plant.machines["tills-1"].disk
        return Opened(machine, plant.switch.disk, {name: node.disk for name, node in plant.issuers.items()})

    def rows(self, name: str, *, ended: bool = False) -> list[Forgotten]:
        store = self.node(name).disk
        return every_row(store) if ended else open_rows(store)

    def alarms(self, name: str) -> list[str]:
        order = "tick" if name == "switch" else "seq"
        return [what for (what,) in self.node(name).disk.query(f"SELECT what FROM alarm ORDER BY {order}")]

    def why(self, ref: str) -> str:
        """The verdict."""
        (one,) = search(self.stores, Search(key=parse_ref(ref)))
        return str(finding(self.stores, one, self.now).verdict.value)

    def inbox(self) -> set[str]:
        return {item.one.ref or item.one.rrn for item in open_items(self.stores, self.now)}

    def balance(self, card: str = "good-1", issuer: str = "issuer-a") -> int:
        last4 = self.card(card, issuer).pan[-4:]
        sql = "SELECT account.balance FROM card JOIN account ON account.id = card.account WHERE last4 = ?"
        return int(self.node(issuer).disk.query(sql, (last4,))[0][0])


ISSUERS = tuple(RANGES)
