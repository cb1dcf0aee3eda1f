"""Hunting one mutant: world after world until one breaks with it that is sound without it.

Every hunt has a process of its own: a mutant is put into the modules of the product.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import pytest

from counterfoil.simulation import WorldJob
from counterfoil.simulation.campaign import play
from counterfoil.simulation.plant import images
from mutants.mutant import CATALOGUE, Mutant
from mutants.seams import Seams

SALES: Final = 75
RUSH: Final = 300  # more than SALES: a world at its rush hour
FEWEST: Final = 5
ROOT: Final = Path(__file__).parents[2]
A_TEST: Final = "a test"


class Kill(msgspec.Struct, frozen=True):
    """The world in which a mutant was seen, and what broke in it. `transactions` were played until then; `fewest` sales
    of that world show it, when somebody asked.
    """

    name: str
    mix: str
    world: int
    transactions: int
    broken: str
    fewest: int = 0


class Survivor(msgspec.Struct, frozen=True):
    """A mutant that nothing has seen. `reached` says how often its branch was taken."""

    name: str
    transactions: int
    reached: int
    why: str = ""


class Order(NamedTuple):
    """What to hunt, and how long."""

    name: str
    seed: int
    budget: int
    shrink: bool = False


def worlds(mutant: Mutant, order: Order) -> Iterator[WorldJob]:
    """The worlds of the mutant's mixes in turn, within the budget."""
    left, number, sales = order.budget, 0, RUSH if mutant.rush else SALES
    while left > 0:
        for mix in mutant.mixes:
            if left > 0:
                yield WorldJob(order.seed, mix, number, min(sales, left))
                left -= sales
        number += 1


def broken_by(mutant: Mutant, job: WorldJob) -> tuple[str, int]:
    """What breaks in this world with the mutant ("": nothing), and how often its branch was taken."""
    images()  # the plant is enrolled by the real stations
    with Seams() as seams:
        mutant.apply(seams)
        outcome = play(job)
    return outcome.broken, seams.reached


def hunt(order: Order) -> Kill | Survivor:
    """Hunt one mutant."""
    from mutants import catalogue

    mutant = CATALOGUE[order.name]
    assert mutant in catalogue.MUTANTS
    if mutant.killed_by:
        return asked(mutant)
    played = reached = 0
    for job in worlds(mutant, order):
        broken, hits = broken_by(mutant, job)
        played += job.transactions
        reached += hits
        if not broken:
            continue
        if not hits:
            return Survivor(order.name, played, reached, f"it broke something without being reached: {broken}")
        if unmutated := play(job).broken:
            return Survivor(order.name, played, reached, f"world {job} breaks without it: {unmutated}")
        fewest = smallest(mutant, job).transactions if order.shrink else 0
        return Kill(order.name, job.mix, job.world, played, broken, fewest)
    return Survivor(order.name, played, reached)


def smallest(mutant: Mutant, job: WorldJob) -> WorldJob:
    """A world with fewer sales, as long as it breaks with the mutant and only with it."""
    while job.transactions // 2 >= FEWEST:
        smaller = msgspec.structs.replace(job, transactions=job.transactions // 2)
        broken, reached = broken_by(mutant, smaller)
        if not broken or not reached or play(smaller).broken:
            break
        job = smaller
    return job


# --- seen by a test --------------------------------------------------------------------------------------------------


def asked(mutant: Mutant) -> Kill | Survivor:
    """Run the tests that are said to see it, with it and without it."""
    with Seams() as seams:
        mutant.apply(seams)
        failed = tested(mutant.killed_by)
        reached = seams.reached
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        sound = pool.submit(tested, mutant.killed_by).result() == pytest.ExitCode.OK
    if failed == pytest.ExitCode.TESTS_FAILED and reached and sound:
        return Kill(mutant.name, A_TEST, 0, 0, mutant.killed_by)
    why = f"{mutant.killed_by} ends with {failed}" if sound else f"{mutant.killed_by} fails without it"
    return Survivor(mutant.name, 0, reached, why)


def tested(node: str) -> int:
    """How pytest ends with these tests."""
    quiet = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(ROOT), "-c", "pyproject.toml"]
    with contextlib.chdir(ROOT), contextlib.redirect_stdout(io.StringIO()):
        return int(pytest.main([*quiet, node]))


def hunts(orders: list[Order], jobs: int) -> Iterator[Kill | Survivor]:
    """Hunt many, each in a process of its own."""
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        yield from pool.map(hunt, orders)
