"""A process: a disk that outlives it, a station that does not, and the two places where it can die.

Before the commit nothing of a step has happened; after it, everything has but for what the step still wanted to say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from counterfoil.simulation.disk import Disk, Fate, SimulatedCrash
from counterfoil.simulation.world import World
from counterfoil.step import (
    SECOND,
    CommitFailed,
    Conn,
    Inbound,
    Instant,
    Outbound,
    Perform,
    Performed,
    Reply,
    Send,
    Station,
)

LATE: Final = 200  # in a thousand: a printer in trouble whose news comes when nobody waits for it any more
NAP: Final[Instant] = 1000  # the driver never comes back sooner for a timer that stays due

Printer = Callable[[Perform], bool | str | None]
"""Carries out a side effect: how it ended, in a printer's own word or yes and no; None when nothing is ever heard."""


class Judge(Protocol):
    """Somebody who knows what a process should have done."""

    def heard(self, now: Instant, arrived: Sequence[Inbound], said: Sequence[Outbound] | None) -> None:
        """A step was committed. `said` is None when the process died before anybody could hear what it would say."""
        ...

    def died(self) -> None:
        """The process died: what was not on its disk is gone."""
        ...


class Wire(Protocol):
    """A link as the process at one of its ends uses it."""

    def came_up(self, node: Node) -> None:
        """An end started."""
        ...

    def went_down(self, node: Node, *, silent: bool) -> None:
        """An end died."""
        ...

    def is_meant(self, node: Node, link: str, conn: Conn) -> bool:
        """Whether `node` means this wire by a link and a connection."""
        ...

    def send(self, node: Node, item: Send) -> None:
        """One end says something."""
        ...

    def hang_up(self, node: Node, conn: Conn) -> None:
        """One end closes a connection."""
        ...


class Node:
    """One process. `build(disk, incarnation)` makes its station from what is on the disk."""

    def __init__(self, world: World, name: str, disk: Disk, build: Callable[[Disk, int], Station]) -> None:
        self.world = world
        self.name = name
        self.disk = disk
        self.wires: list[Wire] = []
        self.gone = False  # switched off for good
        self.off = False  # switched off, perhaps for days
        self.skew: Instant = 0
        self.printer: Printer = lambda _item: True
        self.replied: Callable[[Reply], None] = lambda _reply: None
        self.stepped: Callable[[], None] = lambda: None
        self.heard: Callable[[Sequence[Inbound]], None] = lambda _arrived: None
        self.judges: list[Judge] = []
        self.died: Callable[[], None] = lambda: None
        self.build = build
        self._station: Station | None = None
        self._inbox: list[Inbound] = []
        self._life = 0
        self._due = False
        self._alarm: Instant = 0
        self._clock: Instant = 0

    def __deepcopy__(self, _: object) -> Node:
        """Whoever looks at a process and is copied looks at the same one."""
        return self

    @property
    def up(self) -> bool:
        """Whether the process runs."""
        return self._station is not None

    @property
    def idle(self) -> bool:
        """Whether it runs and has looked at everything that arrived."""
        return self._station is not None and not self._inbox and not self._due

    def clock(self) -> Instant:
        """What this process takes for the time: skewed, and never going back while it lives."""
        return max(self._clock, self.world.now + self.skew)

    # --- life and death ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start, or start again, what is on the disk."""
        if self.gone or self.off or self.up:
            return
        world = self.world
        self._life += 1
        if world.faults.skew and not world.healed:
            self.skew = world.random.randint(-world.faults.skew, world.faults.skew)
        self._clock = 0
        self._alarm = 0
        self.disk.fate = Fate.DURABLE
        self._station = self.build(self.disk, self._life)
        world.note(f"{self.name} starts")
        self._step_at(world.now)
        for wire in self.wires:
            wire.came_up(self)

    def crash(self, how: str) -> None:
        """The process dies: what it had not committed is gone, and so are its connections; it comes back later."""
        if not self.up:
            return
        world = self.world
        self._station = None
        self._inbox.clear()
        self.disk.rollback()
        silent = world.chance(world.faults.silent)
        world.count(f"crash {how}")
        world.note(f"{self.name} dies {how}{' silently' if silent else ''}")
        for wire in self.wires:
            wire.went_down(self, silent=silent)
        for judge in self.judges:
            judge.died()
        self.died()
        if not self.gone:
            world.after(world.wait(world.faults.restart), self.start)

    # --- the step ---------------------------------------------------------------------------------------------------

    def deliver(self, item: Inbound) -> None:
        """Put an item into the inbox; the process steps a moment later, with whatever else has come by then."""
        if self.up:
            self._inbox.append(item)
            self._step_at(self.world.now + self.world.faults.lag)

    def _step_at(self, when: Instant) -> None:
        if not self._due:
            self._due = True
            life = self._life
            self.world.at(when, lambda: self._step(life))

    def _step(self, life: int) -> None:
        self._due = False
        station = self._station
        if station is None:
            return
        if life != self._life:  # it died and came back since: the new one has its own step to take
            self._step_at(self.world.now)
            return
        arrived, self._inbox = self._inbox, []
        self._clock = self.clock()
        self.disk.fate = self._fate()
        self.world.steps += 1
        try:
            said = station.step(self._clock, arrived)
        except SimulatedCrash:
            self.crash("before commit")
            return
        except CommitFailed:
            if self.disk.fate is Fate.LYING:
                self._judged(arrived, None)
            self.crash(self.disk.fate.value)
            return
        if self.disk.fate is Fate.CRASH:
            self.crash("without a commit")
            return
        self.stepped()
        if arrived:
            self.heard(arrived)
        self._judged(arrived, said)
        self._speak(said)
        self._wake()

    def _judged(self, arrived: Sequence[Inbound], said: Sequence[Outbound] | None) -> None:
        for judge in self.judges:
            judge.heard(self._clock, arrived, said)

    def _fate(self) -> Fate:
        world = self.world
        if world.chance(world.faults.crash):
            return Fate.CRASH
        if world.chance(world.faults.disk):
            return world.random.choice((Fate.FULL, Fate.LYING))
        return Fate.DURABLE

    def _wake(self) -> None:
        """Come back for the station's next timer. One alarm at a time is enough, unless an earlier one is needed."""
        if self._station is None:
            return
        wake = self._station.wakes_at()
        if wake is None:
            return
        when = max(wake - self.skew, self.world.now + NAP)
        if self._alarm and self.world.now < self._alarm <= when:
            return
        self._alarm = when
        life = self._life

        def ring() -> None:
            if self._life == life and self._station is not None:
                if self._alarm == when:
                    self._alarm = 0
                due = self._station.wakes_at()
                if due is not None and due <= self.clock():
                    self._step_at(self.world.now)
                else:
                    self._wake()

        self.world.at(when, ring)

    # --- what a step says -------------------------------------------------------------------------------------------

    def _speak(self, said: Sequence[Outbound]) -> None:
        world = self.world
        cut = world.random.randrange(len(said) + 1) if said and world.chance(world.faults.crash) else None
        for index, item in enumerate(said):
            if index == cut:
                break
            if isinstance(item, Send):
                if (wire := self._wire(item.link, item.conn)) is not None:
                    wire.send(self, item)
            elif isinstance(item, Reply):
                self.replied(item)
            elif isinstance(item, Perform):
                self._perform(item)
            elif (wire := self._wire(item.link, item.conn)) is not None:
                wire.hang_up(self, item.conn)
        if cut is not None:
            self.crash("after commit")

    def _wire(self, link: str, conn: Conn) -> Wire | None:
        """The wire that is meant; None when the connection is gone."""
        return next((wire for wire in self.wires if wire.is_meant(self, link, conn)), None)

    def _perform(self, item: Perform) -> None:
        ok = self.printer(item)
        if ok is None:
            return
        life = self._life

        def done() -> None:
            if self._life == life:
                word = ok if isinstance(ok, str) else ""
                self.deliver(Performed(item.kind, item.name, ok is True or word == "printed", state=word))

        late = isinstance(ok, str) and self.world.chance(LATE)
        self.world.after(self.world.wait(60.0 if late else 0.5) + SECOND // 20, done)
