"""Mutants that nobody chose: operators, constants, branches and statements of the stations, changed one at a time.

    PYTHONPATH=tests python -m mutants.drawn                                  100 of them, seed 1, 5,000 sales each
    PYTHONPATH=tests python -m mutants.drawn --count 300 --seed 7 --jobs 2 --json > drawn.json
    PYTHONPATH=tests python -m mutants.drawn --only switch/rules.py:54:compare:0 --show

The seed draws them from all that can be changed in the rooms named below. Each is put into the product's source as it
is imported, and simulated worlds of the mixes are played with it until one breaks a promise. A mutant with which every
world stays what it was, byte for byte (what was said, replied, printed and kept), changes nothing that a loop can show
and is counted apart. Of the others the share that was noticed is the figure: what is left names a check that is
missing.
"""

from __future__ import annotations

import ast
import json
import multiprocessing
import random
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from mutants.changes import Change, changes, mutated
from mutants.import_of import Replaced

ROOT: Final = Path(__file__).parents[2]
SOURCE: Final = ROOT / "src" / "counterfoil"
ROOMS: Final = ("terminal", "switch", "issuer", "ledger", "verdict")
BUDGET: Final = 5_000
SALES: Final = 75
MIXES: Final = (
    *("customers", "swarm", "loss", "crash", "copies", "peers", "delay", "relay", "calm", "forger", "partition"),
    *("duplicate", "closer", "disk", "lost-terminal", "garbled", "forged", "restored"),
)
RUSH_EVERY: Final = 8  # worlds
RUSH: Final = 200  # sales: more than SALES, so a world at its rush hour
PATIENCE: Final = 240  # seconds for one world


class Order(NamedTuple):
    """Which worlds to play with each."""

    seed: int
    budget: int
    mixes: tuple[str, ...]


class Drawn(NamedTuple):
    """One mutant, and what became of it: "noticed", "unnoticed", or "same" when no world differed."""

    name: str
    change: str
    fate: str
    transactions: int
    detail: str


def every() -> list[Change]:
    """All that can be changed, in the order of the files."""
    found = []
    for room in ROOMS:
        for path in sorted((SOURCE / room).glob("*.py")):
            found += changes(path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text("utf-8")))
    return found


def drawn(count: int, seed: int) -> list[Change]:
    """A sample of them."""
    listed = every()
    return random.Random(seed).sample(listed, min(count, len(listed)))


def plan(order: Order) -> list[tuple[int, str, int, int]]:
    """The worlds to play: seed, mix, number, sales."""
    jobs: list[tuple[int, str, int, int]] = []
    number, left = 0, order.budget
    while left > 0:
        for mix in order.mixes:
            sales = min(left, RUSH if len(jobs) % RUSH_EVERY == RUSH_EVERY - 1 else SALES)
            if sales > 0:
                jobs.append((order.seed, mix, number, sales))
            left -= sales
        number += 1
    return jobs


# --- one mutant, in a process of its own -----------------------------------------------------------------------------


def hunt(change: Change, order: Order, sound: dict[str, str]) -> Drawn:
    """Play worlds with it until one breaks. `sound` is what each world is without it, as far as that is known."""
    path = SOURCE / change.path
    module = "counterfoil." + change.path.removesuffix(".py").replace("/", ".")
    source, told = mutated(path.read_text("utf-8"), change)
    with Replaced(module, source, path):
        try:
            return _played(change.name, told, order, sound)
        except Exception as error:  # noqa: BLE001 - a mutant that cannot be loaded, or no world built with it, is noticed
            return Drawn(change.name, told, "noticed", 0, f"no world: {type(error).__name__}: {error}"[:300])


def _played(name: str, told: str, order: Order, sound: dict[str, str]) -> Drawn:
    """What the worlds of the plan say of a mutant that is in place."""
    from mutants.played import play_one

    played, differs = 0, ""
    for job in plan(order):
        found = play_one(job, PATIENCE)
        played += job[3]
        if found.broken:
            return Drawn(name, told, "noticed", played, f"{job[1]} {job[2]}: {found.broken}"[:300])
        if not differs and found.fingerprint != sound[str(job)]:
            differs = f"{job[1]} {job[2]}: {found.compared(sound[str(job)])}"
    return Drawn(name, told, "unnoticed" if differs else "same", played, differs)


def unmutated(order: Order) -> dict[str, str]:
    """What every world of the plan is without any mutant."""
    from mutants.played import play_one

    sound = {}
    for job in plan(order):
        found = play_one(job, PATIENCE)
        assert not found.broken, f"{job} breaks by itself: {found.broken}"
        sound[str(job)] = found.fingerprint
    return sound


@click.command()
@click.option("--count", type=click.IntRange(1), default=100, show_default=True, help="How many are drawn.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Draws them, and the worlds.")
@click.option("--budget", type=click.IntRange(1), default=BUDGET, show_default=True, help="Sales per mutant, at most.")
@click.option("--mix", "mixes", multiple=True, metavar="NAME", help="Only worlds of these (all).")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes at a time.")
@click.option("--only", multiple=True, metavar="NAME", help="Only these.")
@click.option("--show", is_flag=True, help="Only say what is drawn.")
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON.")
def main(
    count: int,
    seed: int,
    budget: int,
    jobs: int,
    only: tuple[str, ...],
    mixes: tuple[str, ...],
    *,
    show: bool,
    as_json: bool,
) -> None:
    """Draw mutants and say which of them the simulator notices."""
    wanted = [change for change in every() if change.name in only] if only else drawn(count, seed)
    if show:
        for change in wanted:
            click.echo(f"{change.name:<50} {mutated((SOURCE / change.path).read_text('utf-8'), change)[1]}")
        return
    order = Order(seed, budget, mixes or MIXES)
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawned) as pool:
        sound = pool.submit(unmutated, order).result()
    found: list[Drawn] = []
    with ProcessPoolExecutor(jobs, mp_context=spawned, max_tasks_per_child=1) as pool:
        for future in [pool.submit(hunt, change, order, sound) for change in wanted]:
            one = future.result()
            found.append(one)
            line = f"{one.fate:<10} {one.name:<45} {one.transactions:>6} {one.change}\n{'':11}{one.detail}"
            click.echo(line, err=as_json)
    figures = told(found, seed, budget)
    click.echo(json.dumps(figures, indent=1) if as_json else figures["said"])
    sys.exit(0)


def told(found: list[Drawn], seed: int, budget: int) -> dict[str, Any]:
    """The figures."""
    count = {fate: sum(one.fate == fate for one in found) for fate in ("noticed", "unnoticed", "same")}
    differing = count["noticed"] + count["unnoticed"]
    share = round(100 * count["noticed"] / differing) if differing else 100
    said = (
        f"seed {seed}: {len(found)} drawn, {differing} change what a loop does, "
        f"{count['noticed']} of them noticed ({share} %)"
    )
    return {
        "seed": seed,
        "budget": budget,
        **count,
        "share": share,
        "said": said,
        "survivors": [one._asdict() for one in found if one.fate == "unnoticed"],
    }


if __name__ == "__main__":
    main()
