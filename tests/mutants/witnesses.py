"""The worlds in which mutants were seen, kept so that a short run can show them again."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import msgspec

from counterfoil.simulation import Job
from counterfoil.simulation.campaign import play
from mutants.hunt import SALES, Kill, broken_by
from mutants.mutant import CATALOGUE

FILE: Final = Path(__file__).with_name("witnesses.json")
FEWEST: Final = 5


class Witness(msgspec.Struct, frozen=True):
    """One world, as small as it still shows the mutant. `found_after` sales it was found."""

    seed: int
    mix: str
    world: int
    transactions: int
    found_after: int

    @property
    def job(self) -> Job:
        """The world to play."""
        return Job(self.seed, self.mix, self.world, self.transactions)


def witnesses() -> dict[str, Witness]:
    """All that are kept, by mutant."""
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, Witness]) if FILE.exists() else {}


def record(kills: list[Kill], seed: int) -> None:
    """Keep the worlds of these kills beside those that are kept already."""
    kept = witnesses()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        for kill in kills:
            if kill.transactions:
                kept[kill.name] = pool.submit(smallest, kill, seed).result()
    text = msgspec.json.format(msgspec.json.encode(dict(sorted(kept.items()))))
    FILE.write_bytes(text + b"\n")


def smallest(kill: Kill, seed: int) -> Witness:
    """The same world with fewer sales, as long as it breaks with the mutant and only with it."""
    from mutants import catalogue

    mutant = CATALOGUE[kill.name]
    assert mutant in catalogue.MUTANTS
    job = Job(seed, kill.mix, kill.world, SALES)
    while job.transactions // 2 >= FEWEST:
        smaller = msgspec.structs.replace(job, transactions=job.transactions // 2)
        broken, reached = broken_by(mutant, smaller)
        if not broken or not reached or play(smaller).broken:
            break
        job = smaller
    return Witness(job.seed, job.mix, job.world, job.transactions, kill.transactions)
