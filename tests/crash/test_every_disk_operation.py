"""Each station's steps on a disk that fails at a write, flush, truncation or deletion (write-ahead log).

A simulated day with lost messages is recorded: what reached each station, step by step. Each station then takes the
same steps on a real file. Wherever its disk fails: the store that is opened again is the store before the step that did
not return or after it, never between; and the station that starts on it goes on.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from counterfoil.errors import StoreError
from counterfoil.simulation.node import Node
from counterfoil.simulation.plant import images
from counterfoil.simulation.scene import Scene
from counterfoil.step import SECOND, CommitFailed, Inbound, Instant, Outbound, Station
from counterfoil.storage import Store, migrations_of, open_store
from failing_disk import Disk, killed, power_cut

ROOM = {"switch": "switch", "issuer-a": "issuer", "tills-1": "terminal"}
MOST_STEPS = 30
# How many of a run's operations are tried, evenly spread. COUNTERFOIL_DISK_OPERATIONS=100000 tries every one.
OPERATIONS = int(os.environ.get("COUNTERFOIL_DISK_OPERATIONS", "40"))


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
    steps: dict[str, list[Step]]
    build: dict[str, Callable[[Store], Station]]


@pytest.fixture(scope="module")
def day() -> Day:
    scene = Scene(3, "loss", 1, 30)
    steps: dict[str, list[Step]] = {}
    build: dict[str, Callable[[Store], Station]] = {}
    for node in scene.plant.nodes:
        steps[node.name], build[node.name] = [], alive(node)
        node.build = recording(node, steps[node.name])
    assert not scene.play().broken
    return Day(steps, build)


def alive(node: Node) -> Callable[[Store], Station]:
    make = node.build
    return lambda store: make(store, 1)  # type: ignore[arg-type]


def recording(node: Node, taken: list[Step]) -> Callable[..., Station]:
    make = node.build
    return lambda disk, life: Recorder(make(disk, life), taken)


@pytest.fixture
def disk() -> Iterator[Disk]:
    vfs = Disk()
    yield vfs
    vfs.unregister()


def content(store: Store) -> str:
    """Everything in the store, as one number."""
    found = hashlib.sha256()
    for (table,) in store.query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"):
        found.update(repr(sorted(map(repr, store.query(f"SELECT * FROM {table}")))).encode())
    return found.hexdigest()


def fresh(name: str, folder: Path) -> Path:
    folder.mkdir()
    path = folder / "store.db"
    path.write_bytes(images().disks[name])
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


@pytest.mark.parametrize("ending", [killed, power_cut], ids=lambda ending: ending.__name__)
@pytest.mark.parametrize("name", ROOM)
def test_the_store_is_before_or_after_the_step_that_failed_and_the_station_goes_on(
    name: str, ending: Callable[[Path, Disk], None], day: Day, disk: Disk, tmp_path: Path
) -> None:
    seen: list[str] = []
    steps = take(fresh(name, tmp_path / "good"), name, day, seen)
    assert steps == min(MOST_STEPS, len(day.steps[name]))
    assert len(set(seen)) >= 10, "the recorded steps write too little to prove anything"
    total = disk.count

    stride = max(1, total // OPERATIONS)
    in_between = 0
    for fails_at in range(1, total + 1, stride):
        disk.count, disk.fails_at, disk.safe = 0, 0, {}
        path = fresh(name, tmp_path / str(fails_at))
        disk.safe = {str(file): file.read_bytes() for file in path.parent.iterdir()}
        disk.fails_at = fails_at
        done = take(path, name, day)
        disk.fails_at = 0
        ending(path, disk)

        store = open_store(path, migrations_of(f"counterfoil.{ROOM[name]}"))
        assert content(store) in seen[done : done + 2], f"operation {fails_at}: between step {done} and {done + 1}"
        in_between += content(store) != seen[-1]
        station = day.build[name](store)
        for seconds in (1, 20, 60):
            station.step(day.steps[name][-1].now + seconds * SECOND, [])
        store.close()
    assert in_between, "the disk never failed in the middle"
