"""Fuzz everything that reads bytes from outside: `PYTHONPATH=tests python -m fuzz --seconds 60 --seed 1 --json`.

With atheris installed (`pip install atheris`, in a virtual environment of its own beside requirements/dev.txt) coverage
leads the way; without it inputs are mutated blindly, and the same seed tries the same ones.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import msgspec

from checkout import commit
from fuzz import guided, mutation
from fuzz.mutation import Tally
from fuzz.targets import TARGETS


def measured(names: Sequence[str], seconds: float, seed: int, engine: str) -> dict[str, Any]:
    """Every target for its share of the time."""
    guide = guided.available() if engine != "mutation" else ""
    if engine == "atheris" and not guide:
        raise SystemExit("atheris is not installed: pip install atheris")
    share = seconds / len(names)
    found: dict[str, Tally] = {}
    for name in names:
        run = guided.fuzz(name, seed, share) if guide else mutation.fuzz(name, TARGETS[name], seed, seconds=share)
        found[name] = run
    return {
        "commit": commit(),
        "seed": seed,
        "engine": guide or "mutation",
        "targets": {name: {"executions": one.executions, "crashes": one.crashes} for name, one in found.items()},
        "failures": [{"target": name, **failure} for name, one in found.items() for failure in one.failures],
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Fuzz and say it; 0 when nothing crashed, else 1."""
    parser = argparse.ArgumentParser("python -m fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="for all targets together (60)")
    parser.add_argument("--seed", type=int, default=1, help="draws the inputs (1)")
    parser.add_argument("--engine", choices=("auto", "atheris", "mutation"), default="auto")
    parser.add_argument("--target", action="append", choices=TARGETS, metavar="NAME", help="only this one (repeatable)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines for people")
    asked = parser.parse_args(argv)
    found = measured(asked.target or list(TARGETS), asked.seconds, asked.seed, asked.engine)
    if asked.json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    else:
        for name, counted in found["targets"].items():
            sys.stdout.write(f"{name}: {counted['executions']:,} executions, {counted['crashes']} crashes\n")
        sys.stdout.writelines(f"{one['target']}: {one['error']}  {one['input']}\n" for one in found["failures"])
    return 1 if found["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
