"""One run: what earlier runs left half done, then every business date that is old enough, station by station."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from counterfoil.archive.batches import batched
from counterfoil.archive.folder import ArchivePart, LetGo, parts
from counterfoil.archive.shapes import Room
from counterfoil.archive.writing import Step, transactions, write
from counterfoil.errors import OutcomeUnknown, StoreError
from counterfoil.step import DAY, Instant
from counterfoil.storage import Store
from counterfoil.storage.archiving import AT_ONCE, Key, digest, older
from counterfoil.zone import Zone

PAGE: Final = 5000
Ask = Callable[[dict[str, Any]], dict[str, Any]]
"""Asks the owner of the store to let transactions go; its answer is `storage.archiving.Left`."""


class Day(NamedTuple):
    """A business date in a store: the transactions that may leave, and how many are not at rest."""

    date: str
    keys: list[Key]
    open: int


class DateResult(NamedTuple):
    """What became of one business date."""

    station: str
    date: str
    transactions: int
    left: int
    kept: int
    open: int
    bytes: int


def days(store: Store, room: Room, before: Instant, clock: Zone) -> Iterator[Day]:
    """The business dates in a store that began and ended before an instant, oldest first, as they are met.

    Rows lie in the order they were written, by clocks that go back by a day at most: a date is whole once the reading
    is two days past it.
    """
    met: dict[str, Day] = {}
    place = 0
    while True:
        page = older(store, room.shape, place, PAGE)
        newest = page[-1].started_at if page else None
        for old in page:
            if old.started_at < before:
                date = clock.date(old.started_at)
                day = met.setdefault(date, Day(date, [], 0))
                if old.at_rest:
                    day.keys.append(old.key)
                else:
                    met[date] = day._replace(open=day.open + 1)
        over = newest is None or min(old.started_at for old in page) > before + 2 * DAY
        past = "~" if over or newest is None else clock.date(newest - 2 * DAY)
        for date in sorted(date for date in met if date < past):
            yield met.pop(date)
        if over:
            return
        place = page[-1].place


def resume(
    folder: Path, station: str, room: Room, ask: Ask, step: Step, damaged: Callable[[StoreError], None]
) -> Iterator[DateResult]:
    """Let go what earlier runs wrote down and did not come to the end of. A part that cannot be read any more is told
    as `damaged` and left as it is, in every run: it must not keep the others from leaving.
    """
    for part in parts(folder, station):
        try:
            told = let_go(part, room, ask, step, 0) if part.done is None else None
        except StoreError as error:
            damaged(error)
        else:
            if told is not None:
                yield told


def archive(
    store: Store, folder: Path, station: str, room: Room, day: Day, made_at: str, ask: Ask, step: Step
) -> DateResult:
    """Write one date down, then have it let go."""
    part = write(store, room, folder / station, day.date, day.keys, made_at, step)
    return let_go(part, room, ask, step, day.open)


def let_go(part: ArchivePart, room: Room, ask: Ask, step: Step, still_open: int) -> DateResult:
    """Have the owner let go what a part holds, a few at a time; all of it may be asked for again after any death."""
    left, kept = 0, list[Key]()
    manifest = part.manifest
    for some in batched(transactions(part.path, room.at(part.manifest.store_format)), AT_ONCE):
        answer = ask({"keys": [key for key, _ in some], "digests": [digest(rows) for _, rows in some]})
        if "error" in answer:
            raise OutcomeUnknown(f"{part.station}: {answer['message']['en']}")
        left += answer["left"] + answer["gone"]
        kept += [tuple(key) for key in answer["kept"]]
        step(len(some))
    part.finish(LetGo(left, kept))
    size = sum(table.bytes for table in manifest.tables.values())
    return DateResult(part.station, part.date, manifest.transactions, left, len(kept), still_open, size)
