"""Ring 1 at length: all mixes in turns, chunk by chunk, until the time is over or the target is reached."""

from __future__ import annotations

import datetime
import multiprocessing
import os
import platform
import signal
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from checkout import commit
from counterfoil import accelerator
from counterfoil.simulation import WorldJob, failure, play, sales_of
from prove.record import Campaign, Record, Tally, code, save

NAMED: Final = ("calm", "loss", "duplicate", "delay", "partition", "crash", "disk", "lost-terminal", "swarm")
PLAYED: Final = (*NAMED, "copies", "relay", "closer", "forger", "customers", "restored", "kinds")
CHUNK: Final = 4  # worlds
AHEAD: Final = 6  # chunks asked for and not yet taken, for each process: one may take as long as several others
MOST_FAILURES: Final = 5

Told = Callable[[str], None]


class Chunk(NamedTuple):
    """Some worlds of one mix, in order."""

    seed: int
    mix: str
    first: int


class Played(msgspec.Struct):
    """What a chunk came to, and the worlds of it that broke a promise: those are not counted."""

    tally: Tally
    failures: list[dict[str, Any]]


def played(chunk: Chunk) -> Played:
    """Play a chunk."""
    done = Played(Tally(), [])
    begun = time.process_time()
    for number in range(chunk.first, chunk.first + CHUNK):
        job = WorldJob(chunk.seed, chunk.mix, number, sales_of(number))
        outcome = play(job)
        if outcome.broken:
            done.failures.append(failure(job, outcome))
        else:
            done.tally.add(outcome)
    done.tally.cpu_seconds = round(time.process_time() - begun, 3)
    return done


def current(record: Record, seed: int) -> Campaign:
    """The campaign of this code: the one that was begun, or a new one whose worlds nobody has seen."""
    now = code()
    for campaign in record.campaigns:
        if campaign.code == now and campaign.seed == seed:
            return campaign
    seen = (
        was.first_world + tally.worlds + len(was.failures) for was in record.campaigns for tally in was.mixes.values()
    )
    campaign = Campaign(
        code=now,
        commit=commit(),
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        machine=f"CPython {platform.python_version()}, {os.cpu_count()} cores, {accelerator.told()}",
        seed=seed,
        first_world=-(-max(seen, default=0) // CHUNK) * CHUNK,
    )
    record.campaigns.append(campaign)
    return campaign


class Run:
    """One run of a campaign: which chunk comes next, and where its result goes."""

    def __init__(
        self, record: Record, path: Path, seed: int, target: int, told: Told, mixes: Sequence[str] = PLAYED
    ) -> None:
        self.record, self.path, self.target, self.told = record, path, target, told
        self.campaign = current(record, seed)
        self._planned = {mix: self._done(mix) for mix in mixes}
        self._sales = {mix: self._sold(worlds) for mix, worlds in self._planned.items()}
        self.began = time.monotonic()
        self.sold = 0

    def _done(self, mix: str) -> int:
        """Worlds of a mix that were played, the broken ones among them."""
        broken = sum(1 for told in self.campaign.failures if told["mix"] == mix)
        return (self.campaign.mixes[mix].worlds if mix in self.campaign.mixes else 0) + broken

    def _sold(self, worlds: int, before: int = 0) -> int:
        """The sales of the campaign's first worlds of a mix, without those of the first `before`."""
        first = self.campaign.first_world
        return sum(map(sales_of, range(first + before, first + worlds)))

    def next(self) -> Chunk | None:
        """The chunk of the mix that is furthest behind; None when every mix has what is wanted."""
        mix = min(self._planned, key=self._planned.__getitem__)
        worlds = self._planned[mix]
        if self._sales[mix] >= self.target or len(self.campaign.failures) >= MOST_FAILURES:
            return None
        self._planned[mix] += CHUNK
        self._sales[mix] += self._sold(worlds + CHUNK, worlds)
        return Chunk(self.campaign.seed, mix, self.campaign.first_world + worlds)

    def take(self, chunk: Chunk, done: Played) -> None:
        """Add a chunk to the record and keep it."""
        campaign = self.campaign
        campaign.mixes.setdefault(chunk.mix, Tally()).join(done.tally)
        campaign.failures += done.failures
        save(self.record, self.path)
        self.sold += done.tally.transactions
        rate = self.sold / (time.monotonic() - self.began)
        total = sum(tally.transactions for tally in campaign.mixes.values())
        self.told(f"{chunk.mix}: {campaign.mixes[chunk.mix].transactions:,}; in all {total:,}, {rate:,.0f} a second")
        for told in done.failures:
            self.told(f"BROKEN: {told['broken']}\n  {told['replay']}")


def unheard() -> None:
    """Ctrl-C is for whoever began the campaign, and ends these itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def play_on(run: Run, deadline: float, processes: int) -> None:
    """Play chunks until nothing is wanted any more or `time.monotonic()` passes the deadline.

    A KeyboardInterrupt leaves the record with every chunk that was taken, whole, and none in part.
    """
    waiting: deque[tuple[Chunk, Future[Played]]] = deque()
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawned, initializer=unheard) as pool:
        try:
            while True:
                while len(waiting) < AHEAD * processes and time.monotonic() < deadline and (chunk := run.next()):
                    waiting.append((chunk, pool.submit(played, chunk)))
                if not waiting:
                    return
                chunk, future = waiting.popleft()
                run.take(chunk, future.result())
        except BaseException:
            for child in multiprocessing.active_children():  # a chunk in the making is played again another time
                child.terminate()
            raise
