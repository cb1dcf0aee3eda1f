"""Mutants that prove that the simulator's oracle can see every broken rule.

    PYTHONPATH=tests python -m mutants                                       every mutant, 20,000 sales each at most
    PYTHONPATH=tests python -m mutants --only torn_journal --only no_tombstone --budget 3000 --seed 7
    PYTHONPATH=tests python -m mutants --jobs 2 --json > mutants.json
    PYTHONPATH=tests python -m mutants --list                                what each breaks

A mutant takes one rule out of the real stations (`terminal`, `switch`, `saf`, `issuer`, `paper`, `early`, `verdict`,
`together`; nothing in the product knows of them). It is killed when a world breaks a promise with it and the same world
is sound without it; a few rules no world can break are seen by a test instead, which is run with the mutant in place. A
survivor means that a kind of fault, or a check, is missing.

`--record` writes the world in which each was seen, and the fewest sales that show it, into `witnesses.json`, from which
`test_mutants.py` shows the quick ones again.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from mutants.catalogue import MUTANTS, WAITING
from mutants.hunt import ROOT, Kill, Order, Survivor, hunts
from mutants.witnesses import record

BUDGET: Final = 20_000
SEED: Final = 1


@click.command()
@click.option("--budget", type=click.IntRange(1), default=BUDGET, show_default=True, help="Sales per mutant, at most.")
@click.option("--only", multiple=True, metavar="NAME", help="Only these mutants.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes at a time.")
@click.option("--seed", type=click.IntRange(0), default=SEED, show_default=True, help="Draws the worlds.")
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON.")
@click.option("--record", "recording", is_flag=True, help="Keep the worlds that were found.")
@click.option("--list", "listing", is_flag=True, help="Only say what there is.")
def main(
    budget: int, only: tuple[str, ...], jobs: int, seed: int, *, as_json: bool, recording: bool, listing: bool
) -> None:
    """Hunt the mutants; exit status 1 when one survives."""
    names = [mutant.name for mutant in MUTANTS if not only or mutant.name in only]
    if unknown := set(only) - set(names):
        raise click.BadParameter(f"no such mutant: {', '.join(sorted(unknown))}", param_hint="--only")
    if listing:
        show_list()
        return
    found: list[Kill | Survivor] = []
    for result in hunts([Order(name, seed, budget, recording) for name in names], jobs):
        found.append(result)
        if recording and isinstance(result, Kill) and result.transactions:
            record(result, seed)
        if not as_json:
            click.echo(line(result))
    killed = [one for one in found if isinstance(one, Kill)]
    survived = [one for one in found if isinstance(one, Survivor)]
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(figures(seed, killed, survived))).decode())
    else:
        click.echo(f"{len(killed)} of {len(found)} killed, {len(survived)} survived, {len(WAITING)} waiting")
    sys.exit(bool(survived))


def figures(seed: int, killed: list[Kill], survived: list[Survivor]) -> dict[str, Any]:
    """What a campaign came to."""
    return {
        "commit": commit(),
        "seed": seed,
        "killed": killed,
        "survived": survived,
        "waiting": [{"name": one.name, "needs": one.needs} for one in WAITING],
    }


def commit() -> str:
    """The commit that was looked at, "" outside a repository."""
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=Path(ROOT), capture_output=True, text=True, check=False)
    return done.stdout.strip()


def line(result: Kill | Survivor) -> str:
    """One mutant in one line."""
    if isinstance(result, Kill):
        where = f"{result.mix} {result.world}" if result.transactions else result.mix
        return f"killed    {result.name:<40} {result.transactions:>7} {where:<18} {result.broken[:100]}"
    return f"SURVIVED  {result.name:<40} {result.transactions:>7} reached {result.reached} {result.why}"


def show_list() -> None:
    """The catalogue."""
    for mutant in MUTANTS:
        click.echo(f"{mutant.name:<40} {', '.join(mutant.serves)}: {mutant.apply.__doc__} ({mutant.origin})")
    for waiting in WAITING:
        click.echo(f"{waiting.name:<40} waits for {waiting.needs}")


if __name__ == "__main__":
    main()
