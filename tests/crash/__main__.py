"""Ring 2, the disk: `PYTHONPATH=tests python -m crash --json` fails every disk operation of every station's steps."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any, Final

import msgspec

from checkout import commit
from crash.points import DAYS, MOST_STEPS, ROOM, Tally, enumerate_points, recorded_day
from failing_disk import Disk, killed, power_cut

EVERY: Final = 1_000_000


def measured(most: int) -> dict[str, Any]:
    """Both endings of every station on every day; at most `most` operations of each."""
    tallies: dict[str, Tally] = {}
    days, disk = [recorded_day(which) for which in DAYS], Disk()
    try:
        for day, (name, room), ending in product(days, ROOM.items(), (killed, power_cut)):
            with tempfile.TemporaryDirectory() as folder:
                store, ledger = enumerate_points(name, ending, day, disk, Path(folder), most)
            _add(tallies.setdefault(room, Tally()), store)
            if ledger is not None:
                _add(tallies.setdefault("ledger", Tally()), ledger)
    finally:
        disk.unregister()
    return {
        "commit": commit(),
        "journal": "wal",
        "days": list(DAYS),
        "steps": MOST_STEPS,
        "endings": [killed.__name__, power_cut.__name__],
        "stores": {room: {"operations": one.operations, "passed": one.passed} for room, one in tallies.items()},
        "half_written": sum(one.half_written for one in tallies.values()),
        "stuck": sum(one.stuck for one in tallies.values()),
        "failures": [line for one in tallies.values() for line in one.failures],
    }


def _add(total: Tally, part: Tally) -> None:
    total.operations += part.operations
    total.passed += part.passed
    total.half_written += part.half_written
    total.stuck += part.stuck
    total.failures = [*total.failures, *part.failures]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and say it; 0 when every operation passed, else 1."""
    parser = argparse.ArgumentParser("python -m crash", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines for people")
    parser.add_argument(
        "--operations", type=int, default=EVERY, metavar="N", help="at most N of each run, evenly spread (all)"
    )
    asked = parser.parse_args(argv)
    found = measured(max(1, asked.operations))
    if asked.json:
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    else:
        for room, counted in found["stores"].items():
            sys.stdout.write(f"{room}: {counted['passed']} of {counted['operations']} disk operations passed\n")
        sys.stdout.writelines(f"{line}\n" for line in found["failures"])
    return 1 if found["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
