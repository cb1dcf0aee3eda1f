"""Each station's steps on a disk that fails at a write, flush, truncation or deletion (write-ahead log).

Two simulated days with lost messages are recorded, what reached each station, step by step: a quiet one, and a rush
hour with reversals, advices and several messages a step. Each station then takes the same steps on a real file.
Wherever its disk fails: the store that is opened again is the store before the step that did not return or after it,
never between; the ledger in it is sound; and the station that starts on it goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from counterfoil.errors import PaymentError, StoreError
from counterfoil.issuer.stubs import violations
from counterfoil.simulation.node import Node
from counterfoil.simulation.plant import FEW, images
from counterfoil.simulation.scene import RUSH_TERMINALS, Scene
from counterfoil.step import SECOND, CommitFailed, Inbound, Instant, Outbound, Station
from counterfoil.storage import Store, migrations_of, open_store
from failing_disk import Disk

# The processes of the simulated plant whose steps are taken, and the room each is built in.
ROOM: Final = {"tills-1": "terminal", "switch": "switch", "issuer-a": "issuer"}
MOST_STEPS: Final = 30
DAYS: Final[dict[str, tuple[int, str, int, int]]] = {"quiet": (3, "loss", 1, 30), "rush": (12, "loss", 3, 120)}
"""Seed, mix, world and sales of the scenes whose first MOST_STEPS steps are taken."""

Ending = Callable[[Path, Disk], None]


class Step(NamedTuple):
    now: Instant
    arrived: Sequence[Inbound]


class Recorder:
    """A station that writes down what it is given."""

    def __init__(self, station: Station, taken: list[Step]) -> None:
        self.name, self.station, self.taken = station.name, station, taken

    def step(self, now: Instant, arrived: Sequence[Inbound]) -> Sequence[Outbound]:
        self.taken.append(Step(now, list(arrived)))
        return self.station.step(now, arrived)

    def wakes_at(self) -> Instant | None:
        return self.station.wakes_at()

    def quarantine(self, now: Instant, offender: Inbound, reason: str) -> None:
        self.station.quarantine(now, offender, reason)


class Day(NamedTuple):
    """What every station was given, the stores before, and how each station is started from one."""

    steps: dict[str, list[Step]]
    images: dict[str, bytes]
    build: dict[str, Callable[[Store], Station]]


class Tally(msgspec.Struct):
    """How many operations were made the last one, and what was found after the restart.

    `half_written`: the store is between two steps. `stuck`: the station does not start on it, or fails in its first
    steps. `undone`: the failure cost a step, so it did hit something. `failures` names the first of what did not pass.
    """

    operations: int = 0
    passed: int = 0
    half_written: int = 0
    stuck: int = 0
    undone: int = 0
    failures: list[str] = []


def recorded_day(which: str = "quiet") -> Day:
    """Play one of DAYS and keep what each station was given."""
    scene = Scene(*DAYS[which])
    steps: dict[str, list[Step]] = {}
    build: dict[str, Callable[[Store], Station]] = {}
    for node in scene.plant.nodes:
        steps[node.name], build[node.name] = [], _alive(node)
        node.build = _recording(node, steps[node.name])
    broken = scene.play().broken
    assert not broken, broken
    return Day(steps, images(RUSH_TERMINALS if which == "rush" else FEW).disks, build)


def _alive(node: Node) -> Callable[[Store], Station]:
    make = node.build
    return lambda store: make(store, 1)  # type: ignore[arg-type]


def _recording(node: Node, taken: list[Step]) -> Callable[..., Station]:
    make = node.build
    return lambda disk, life: Recorder(make(disk, life), taken)


def content(store: Store) -> str:
    """Everything in the store, as one number."""
    found = hashlib.sha256()
    for (table,) in store.query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"):
        found.update(repr(sorted(map(repr, store.query(f"SELECT * FROM {table}")))).encode())
    return found.hexdigest()


def fresh(name: str, day: Day, folder: Path) -> Path:
    """A store as the station's is before the day, on a file of its own."""
    folder.mkdir()
    path = folder / "store.db"
    path.write_bytes(day.images[name])
    open_store(path, migrations_of(f"counterfoil.{ROOM[name]}")).close()  # the image was memory's; this one is a file's
    return path


def take(path: Path, name: str, day: Day, seen: list[str] | None = None) -> int:
    """Open, start the station, take its steps; how many returned before the disk failed."""
    done = 0
    try:
        store = open_store(path, migrations_of(f"counterfoil.{ROOM[name]}"), vfs="failing disk", lock=False)
    except StoreError:
        return 0
    try:
        station = day.build[name](store)
        for step in day.steps[name][:MOST_STEPS]:
            if seen is not None:
                seen.append(content(store))
            station.step(*step)
            done += 1
        if seen is not None:
            seen.append(content(store))
    except CommitFailed:
        store.rollback()
    finally:
        store.close()
    return done


def enumerate_points(
    name: str, ending: Ending, day: Day, disk: Disk, folder: Path, most: int
) -> tuple[Tally, Tally | None]:
    """Let the disk fail at (at most `most`, evenly spread) operations of a station's steps, one after the other.

    The tally of the store, and for an issuer that of the ledger in it.
    """
    seen: list[str] = []
    disk.count, disk.fails_at = 0, 0
    steps = take(fresh(name, day, folder / "good"), name, day, seen)
    total = disk.count
    assert steps == min(MOST_STEPS, len(day.steps[name])), "a step failed on a disk that does not"
    assert len(set(seen)) >= 10, "the recorded steps write too little to prove anything"

    store_tally, ledger = Tally(), Tally() if ROOM[name] == "issuer" else None
    for fails_at in range(1, total + 1, max(1, total // most)):
        disk.count, disk.fails_at, disk.safe = 0, 0, {}
        path = fresh(name, day, folder / str(fails_at))
        disk.safe = {str(file): file.read_bytes() for file in path.parent.iterdir()}
        disk.fails_at = fails_at
        done = take(path, name, day)
        disk.fails_at = 0
        ending(path, disk)

        where = f"{name} {ending.__name__} at operation {fails_at} of {total}, step {done + 1}"
        store = open_store(path, migrations_of(f"counterfoil.{ROOM[name]}"))
        found = content(store)
        store_tally.undone += found != seen[-1]
        whole, stuck = found in seen[done : done + 2], ""
        sound = _ledger_is_sound(store, ledger)
        try:
            station = day.build[name](store)
            for seconds in (1, 20, 60):
                station.step(day.steps[name][-1].now + seconds * SECOND, [])
        except (PaymentError, CommitFailed) as error:
            stuck = str(error)
        _count(store_tally, where, whole=whole, stuck=stuck)
        if ledger is not None:
            _count(ledger, f"the ledger of {where}", whole=sound and _ledger_is_sound(store, ledger))
        store.close()
        for file in path.parent.iterdir():
            file.unlink()
    return store_tally, ledger


def _ledger_is_sound(store: Store, ledger: Tally | None) -> bool:
    return ledger is None or not violations(store)


def _count(tally: Tally, where: str, *, whole: bool, stuck: str = "") -> None:
    tally.operations += 1
    tally.passed += whole and not stuck
    tally.half_written += not whole
    tally.stuck += bool(stuck)
    if (stuck or not whole) and len(tally.failures) < 10:
        tally.failures.append(f"{where}: {stuck or 'between two steps'}")
