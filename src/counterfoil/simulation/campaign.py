"""A campaign: many small worlds, each with its own seed, on one or more processes; one report.

A world is drawn from seed, mix and its number alone, so that one of them can be played again by itself.
"""

from __future__ import annotations

import hashlib
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any, Final

import msgspec

from counterfoil.simulation.mixes import Faults
from counterfoil.simulation.scene import RUSH_EVERY, RUSH_SALES, SALES, Scene, WorldOutcome
from counterfoil.step import SECOND

SHRINKS_TO: Final = 5  # fewer sales than this are not tried

Progress = Callable[[WorldOutcome], None]


class WorldJob(msgspec.Struct, frozen=True):
    """One world to play."""

    seed: int
    mix: str
    world: int
    transactions: int
    without: tuple[str, ...] = ()


class Report(msgspec.Struct, kw_only=True):
    """What a campaign came to.

    `exposure_seconds` tells how long money that came back was gone; `exception_list` names every attempt a person must
    decide; `failure` is the first world that broke a promise (None: none did).
    """

    transactions: int
    seed: int
    mix: str
    one_sided: int
    one_sided_unreported: int
    exceptions: int
    ledger_sum: int
    closing_seconds: float
    faults: dict[str, int]
    events_hash: str
    worlds: int
    attempts: int
    steps: int
    virtual_seconds: float
    exposure_seconds: dict[str, float]
    exception_list: list[dict[str, Any]]
    failure: dict[str, Any] | None = None

    @property
    def sound(self) -> bool:
        """Whether every promise held in every world."""
        return self.failure is None and self.one_sided_unreported == 0 and self.ledger_sum == 0


def jobs_of(transactions: int, seed: int, mix: str, world: int | None, without: Sequence[str] = ()) -> list[WorldJob]:
    """The worlds of a campaign, or the one that is asked for."""
    if world is not None:
        return [WorldJob(seed, mix, world, min(transactions, sales_of(world)), tuple(without))]
    listed: list[WorldJob] = []
    while transactions > 0:
        sales = min(transactions, sales_of(len(listed)))
        listed.append(WorldJob(seed, mix, len(listed), sales, tuple(without)))
        transactions -= sales
    return listed


def sales_of(world: int) -> int:
    """How many sales a world has: each RUSH_EVERY-th is one at its rush hour."""
    return RUSH_SALES if world % RUSH_EVERY == RUSH_EVERY - 1 else SALES


def play(job: WorldJob) -> WorldOutcome:
    """Play one world."""
    scene = Scene(job.seed, job.mix, job.world, job.transactions, partial(spared, without=job.without))
    return scene.play()


def spared(faults: Faults, without: Sequence[str]) -> Faults:
    """A world's faults without some kinds."""
    default = Faults()
    return msgspec.structs.replace(faults, **{kind: getattr(default, kind) for kind in without})


def outcomes(listed: Sequence[WorldJob], processes: int) -> Iterator[WorldOutcome]:
    """Every world's outcome, in order."""
    if processes < 2 or len(listed) < 2:
        yield from map(play, listed)
        return
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            yield from pool.map(play, listed)
        finally:
            pool.shutdown(cancel_futures=True)


def run(listed: Sequence[WorldJob], processes: int = 1, progress: Progress = lambda _outcome: None) -> Report:
    """Play all worlds and add them up; the campaign ends with the first that breaks a promise."""
    first = listed[0]
    digest = hashlib.blake2b(digest_size=16)
    report = Report(
        transactions=0,
        seed=first.seed,
        mix=first.mix,
        one_sided=0,
        one_sided_unreported=0,
        exceptions=0,
        ledger_sum=0,
        closing_seconds=0.0,
        faults={},
        events_hash="",
        worlds=0,
        attempts=0,
        steps=0,
        virtual_seconds=0.0,
        exposure_seconds={},
        exception_list=[],
    )
    faults: Counter[str] = Counter()
    exposures: list[int] = []
    for job, outcome in zip(listed, outcomes(listed, processes), strict=False):
        add(report, outcome)
        faults.update(outcome.faults)
        exposures += outcome.exposures
        digest.update(outcome.digest.encode())
        progress(outcome)
        if outcome.broken:
            report.failure = failure(job, outcome)
            break
    report.faults = dict(sorted(faults.items()))
    report.events_hash = digest.hexdigest()
    report.exposure_seconds = quantiles(exposures)
    return report


def quantiles(exposures: list[int]) -> dict[str, float]:
    """How long money that came back was gone: p50, p99, and the longest; {} when none came back."""
    if not exposures:
        return {}
    ordered = sorted(exposures)
    places = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {name: ordered[min(len(ordered) - 1, int(len(ordered) * part))] / SECOND for name, part in places.items()}


def add(report: Report, outcome: WorldOutcome) -> None:
    """One more world."""
    report.transactions += outcome.transactions
    report.one_sided += outcome.one_sided
    report.one_sided_unreported += outcome.unreported
    report.exceptions += len(outcome.exceptions)
    report.exception_list += [{"world": outcome.world, **found._asdict()} for found in outcome.exceptions]
    report.ledger_sum += sum(abs(amount) for amount in outcome.ledger_sum.values())
    report.closing_seconds = max(report.closing_seconds, outcome.closing_seconds)
    report.worlds += 1
    report.attempts += outcome.attempts
    report.steps += outcome.steps
    report.virtual_seconds += outcome.seconds


# --- when a promise is broken ----------------------------------------------------------------------------------------


def failure(job: WorldJob, outcome: WorldOutcome) -> dict[str, Any]:
    """Everything needed to look at a broken world again."""
    return {
        "seed": job.seed,
        "mix": job.mix,
        "world": job.world,
        "transactions": job.transactions,
        "without": list(job.without),
        "broken": outcome.broken,
        "faults_drawn": msgspec.to_builtins(outcome.drawn),
        "last_events": outcome.last_events,
        "replay": replay(job),
    }


def replay(job: WorldJob) -> str:
    """The command line that plays one world again."""
    words = ["counterfoil simulate", f"--seed {job.seed}", f"--mix {job.mix}", f"--world {job.world}"]
    words.append(f"--transactions {job.transactions}")
    words += [f"--without {kind}" for kind in job.without]
    return " ".join(words)


def shrunk(job: WorldJob) -> WorldJob:
    """A broken world with fewer kinds of faults and fewer sales, as long as a promise breaks in it.

    A rush hour gets shorter first: without the fault that matters a world is played to its end.
    """
    job = of_fewer_sales(job, SALES)
    drawn = play(job).drawn
    default = Faults()
    for kind in Faults.__struct_fields__:
        if getattr(drawn, kind) != getattr(default, kind):
            job = broken_still(msgspec.structs.replace(job, without=(*job.without, kind)), job)
    return of_fewer_sales(job, SHRINKS_TO)


def of_fewer_sales(job: WorldJob, least: int) -> WorldJob:
    """A broken world with half of its sales, and again, as long as a promise breaks in it and so many are left."""
    while job.transactions // 2 >= least:
        smaller = broken_still(msgspec.structs.replace(job, transactions=job.transactions // 2), job)
        if smaller is job:
            break
        job = smaller
    return job


def broken_still(candidate: WorldJob, otherwise: WorldJob) -> WorldJob:
    """The candidate when it breaks a promise too."""
    return candidate if play(candidate).broken else otherwise
