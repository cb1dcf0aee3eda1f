"""One world from the first customer to rest: faults until the last sale, then healing, then the oracle."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final

import msgspec

from counterfoil.drawing import drawing
from counterfoil.simulation.closer import Closer
from counterfoil.simulation.disk import Disk
from counterfoil.simulation.expected.bank import Bank
from counterfoil.simulation.expected.files import Files
from counterfoil.simulation.expected.host import Host
from counterfoil.simulation.expected.till import Till
from counterfoil.simulation.forger import Forger
from counterfoil.simulation.mixes import MIXES, Faults, draw
from counterfoil.simulation.network import links_of
from counterfoil.simulation.node import Node
from counterfoil.simulation.oracle import Court, Disagreement, judged, pending
from counterfoil.simulation.people import Shop
from counterfoil.simulation.plant import FEW, MACHINES, PAIRS, Plant, build, cards, limits, may_type, odd, replaced
from counterfoil.simulation.putback import PutBack
from counterfoil.simulation.relay import Relay
from counterfoil.simulation.watch import BookWatch
from counterfoil.simulation.world import Broken, World
from counterfoil.step import SECOND, Instant

SALES: Final = 75
RUSH_SALES: Final = 1500  # in a world at its rush hour
RUSH_EVERY: Final = 4  # worlds
DOUBLED: Final = 16  # of so many worlds all small ones are worked out a second time, and one at its rush hour
RUSH_TERMINALS: Final = 48  # on each machine
SPAN: Final[Instant] = 240 * SECOND  # partitions begin and terminals disappear within this time
RUSH_SPAN: Final[Instant] = 160 * SECOND
LONGEST_DAY: Final[Instant] = 4 * 3600 * SECOND
LONGEST_CLOSING: Final[Instant] = 3600 * SECOND
QUIET: Final[Instant] = 300 * SECOND  # after rest, nothing may move for this long
PACE: Final[Instant] = SECOND
SLOW_PACE: Final[Instant] = 600 * SECOND  # when the shops are closed and only a machine is missing
GLANCE: Final = 15  # every so many seconds somebody asks where the money of some sale is
EVENTS_PER_SALE: Final = 4000

EARLY: Final = 900.0  # mean seconds before morning

Change = Callable[[Faults], Faults]
"""What a caller makes of the faults a seed drew."""


def strangers(world: World, seed: str) -> list[Relay | Forger | Closer]:
    """Everybody who sits on the lines of this world and is no station."""
    faults = world.faults
    found: list[Relay | Forger | Closer] = []
    if faults.relay:
        found.append(Relay(world))
    if faults.forger:
        found.append(Forger(world))
    if faults.closer:
        found.append(Closer(world, seed))
    return found


class WorldOutcome(msgspec.Struct, kw_only=True):
    """What one world came to. `broken` is "" when every promise held."""

    world: int
    mix: str
    transactions: int
    attempts: int = 0
    one_sided: int = 0
    unreported: int = 0
    exceptions: list[Disagreement] = []
    ledger_sum: dict[str, int] = {}
    closing_seconds: float = 0.0
    exposures: list[int] = []
    seconds: float = 0.0
    faults: dict[str, int] = {}
    events: int = 0
    steps: int = 0
    digest: str = ""
    broken: str = ""
    last_events: list[str] = []
    drawn: Faults = Faults()


class Scene:
    """A world with its stations, its people and its oracle. With more than SALES transactions it is their rush hour."""

    def __init__(self, seed: int, mix: str, number: int, transactions: int, change: Change = lambda same: same) -> None:
        name = f"{seed}/{mix}/{number}"
        rng = drawing(f"{name}/faults")
        self.name = name
        rush = transactions > SALES
        drawn = draw(MIXES[mix], rng, PAIRS, RUSH_SPAN if rush else SPAN, rush=rush)
        self.world = World(name, change(drawn))
        self.plant: Plant = build(self.world, name, RUSH_TERMINALS if rush else FEW)
        self.strangers = strangers(self.world, name)
        for node in self.plant.nodes:
            self._tap(node)
        self.shop = Shop(self.world, self.plant, transactions)
        self._slept = False
        self.buried: list[Disk] = []
        machines = [node.disk for node in self.plant.machines.values()]
        self._disks = machines
        self.watches = [BookWatch(name, node, self.plant, machines) for name, node in self.plant.issuers.items()]
        for watch, node in zip(self.watches, self.plant.issuers.values(), strict=True):
            watch.life = self.world.faults.life
            node.stepped = watch.look
        self.banks: list[Bank] = []
        self.tills: list[Till] = []
        self.host: Host | None = None
        if not rush or number % DOUBLED == RUSH_EVERY - 1:
            self._expect()
        self.court = Court(self.plant, self.shop, self.buried, drawing(f"{name}/oracle"))
        self.put_back = (
            PutBack(self.world, self.plant, self.court, name, self._watching) if self.world.faults.restored else None
        )
        self.outcome = WorldOutcome(world=number, mix=mix, transactions=transactions, drawn=self.world.faults)

    def _expect(self) -> None:
        """Work out what each station should do as well."""
        plant = self.plant
        unusual = bool(self.world.faults.odd)
        brought = (*cards(), *odd()) if unusual else cards()
        self.banks = [Bank(node, brought, self.world.faults.life) for node in plant.issuers.values()]
        self.tills = [Till(node, plant.standing_on(name), name) for name, node in plant.machines.items()]
        self.host = Host(plant.switch, limits(plant.places, unusual=unusual), typed=may_type(self.name))

    def _watching(self, node: Node) -> list[object]:
        """Those who remember what this process was told and what it said."""
        watches = [watch for watch in self.watches if watch.name == node.name]
        return [*node.judges, *watches, *(ears for ears in self.court.audit.ears if ears.node is node)]

    def play(self) -> WorldOutcome:
        """Play it to the end; what was broken is told in the outcome."""
        with Witness(self):
            self._day()
            self._close()
            self._judge()
        outcome, world = self.outcome, self.world
        outcome.transactions = len(self.shop.sales)
        outcome.seconds = world.elapsed()
        outcome.faults, outcome.events, outcome.steps = world.counts, world.events, world.steps
        outcome.digest = world.digest.hexdigest()
        for node in self.plant.nodes:
            node.disk.close()
        for disk in self.buried:
            disk.close()
        return outcome

    def _day(self) -> None:
        world, faults = self.world, self.world.faults
        for node in self.plant.nodes:
            world.after(world.wait(0.2), node.start)
        if faults.lost:
            world.after(faults.lost, self._lose)
        if faults.off:
            world.after(faults.off, self._switch_off)
        if self.put_back is not None:
            self.put_back.begin()
        world.after(3 * SECOND, self.shop.open)
        while self.shop.busy:
            if faults.night and not self._slept and self.shop.left <= self.outcome.transactions // 2:
                self._sleep()
            world.run(world.now + (SLOW_PACE if world.now + SLOW_PACE < self.shop.morning else PACE))
            if round(world.elapsed()) % GLANCE == 0:
                self.court.glance()
            self._bounded(world.begin + LONGEST_DAY + faults.night, "the shops never close")
        while any(node.off for node in self.plant.machines.values()) and self.put_back is None:
            world.run(world.now + SLOW_PACE)
            self.court.glance()
        while self.put_back is not None and not self.put_back.settled:
            world.run(world.now + PACE)
            self._bounded(world.begin + LONGEST_DAY, "what is forgotten is never ended")

    def _bounded(self, latest: Instant, what: str) -> None:
        world = self.world
        if world.now > latest or world.events > EVENTS_PER_SALE * (self.outcome.transactions + 5):
            raise Broken(f"{what}: {world.events} events, {world.elapsed():.0f} s, {pending(self.plant)}")

    def _tap(self, node: Node) -> None:
        """Let everybody who is no station sit on the lines this process connects to."""
        for wire in links_of(node):
            if wire.client is node:
                for stranger in self.strangers:
                    stranger.attend(wire)

    def _sleep(self) -> None:
        """The shops close for the night, with what is open still open; before morning most processes start anew."""
        world = self.world
        self._slept = True
        self.shop.morning = world.now + world.faults.night
        for node in self.plant.nodes:
            if node.name in MACHINES or world.random.randrange(2):
                world.at(self.shop.morning - world.wait(EARLY), partial(node.crash, "restarted at night"))

    def _lose(self) -> None:
        """A machine disappears for good, with what it alone knew; perhaps a fresh one takes its place."""
        world = self.world
        name = world.random.choice(list(self.plant.machines))
        node = self.plant.machines[name]
        node.gone = True
        node.crash("lost for good")
        self.buried.append(node.disk)
        if world.faults.replaced:
            world.after(world.faults.replaced, lambda: self._replace(name))

    def _switch_off(self) -> None:
        """Somebody takes a machine home; it comes back with all it knew. Not after hours, when all is healed."""
        world = self.world
        if world.healed:
            return
        node = world.random.choice(list(self.plant.machines.values()))
        node.off = True
        node.crash("switched off")

        def switch_on() -> None:
            node.off = False
            node.start()

        world.after(world.faults.away, switch_on)

    def _replace(self, name: str) -> None:
        world = self.world
        world.count("terminal replaced")
        node = replaced(world, self.plant, name, self.name)
        self._tap(node)
        if self.host is not None:
            self.tills.append(Till(node, self.plant.standing_on(name), name))
        self._disks.append(node.disk)
        self.shop.attend(node)
        self.court.audit.attend(node)
        node.start()

    def _close(self) -> None:
        """All faults stop; everything must come to rest in bounded time, and stay there."""
        world = self.world
        world.healed = True
        healed = world.now
        self.shop.close()
        latest = healed + LONGEST_CLOSING
        rested = healed
        while True:
            if pending(self.plant) or self._flying():
                rested = world.now
            elif self.shop.quiet and not self.shop.unanswered and (self.put_back is None or self.put_back.settled):
                break
            world.run(world.now + PACE)
            self.court.glance()
            self._bounded(latest, "it does not come to rest")
        self.outcome.closing_seconds = (rested - healed) / SECOND
        before = self._money()
        world.run(world.now + QUIET)
        moved = [str(after) for was, after in zip(before, self._money(), strict=False) if was != after]
        if moved or len(before) != len(self._money()) or pending(self.plant):
            raise Broken(f"it does not stay at rest: {', '.join(moved)} {pending(self.plant)}")

    def _flying(self) -> bool:
        return any(wire.flying for node in self.plant.nodes for wire in links_of(node))

    def _money(self) -> list[object]:
        """What no station may change at rest."""
        held: list[object] = []
        for node in self.plant.issuers.values():
            held += node.disk.query("SELECT id, balance FROM account ORDER BY id")
        held += self.plant.switch.disk.query("SELECT rrn, state FROM attempt ORDER BY rrn")
        return held

    def _judge(self) -> None:
        found = judged(self.court, self.watches)
        for bank in self.banks:
            bank.close()
        if self.host is not None:
            self.host.close()
            Files(self.banks, self.host, self.tills).look(self.court.choice)
        for line in (*found.exceptions, found.ledger_sum):
            self.world.note(str(line))
        outcome = self.outcome
        outcome.attempts, outcome.one_sided, outcome.unreported = found.attempts, found.one_sided, found.unreported
        outcome.exceptions, outcome.ledger_sum = found.exceptions, found.ledger_sum
        outcome.exposures = found.exposures


class Witness:
    """Turns whatever a world raises into its outcome: a broken promise, or a station that raised.

    Of an unexpected error only type and place are kept: its text may quote what must not be shown.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if error is None or not isinstance(error, Exception):
            return False
        outcome = self._scene.outcome
        outcome.broken = str(error)
        if not isinstance(error, Broken):
            frames = traceback.extract_tb(at)[-4:]
            where = " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
            outcome.broken = f"{type(error).__name__} at {where}"
        outcome.last_events = self._scene.world.history()
        return True
