"""Ring 3: real processes on real disks and sockets, killed, stopped and cut off by a seeded plan while they sell.

A stack of its own in a temporary directory; the plan and the judge are those of `counterfoil day`. On the terminals'
line sits a relay without any key that copies, damages and replays what goes by.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from loop.relay import Mischief, between
from loop.running import stack

TIMERS: Final = "0.6,1.2,2.5"
RATES: Final = {"kill": 40, "pause": 12, "outage": 12}  # a minute
PER_SECOND: Final = 15
RELAYED: Final = 50  # one message in so many
SAID: Final = (
    *("sales", "approved", "reversed", "one_sided", "one_sided_unreported", "exceptions", "ledger_sum"),
    *("half_written", "half_written_where", "unowned", "originals_twice", "nets", "suspects"),
    *("kills", "pauses", "outages", "missed", "faults", "relay", "closing_seconds", "rest_seconds", "at_rest"),
)


def weathered(folder: Path, seed: int, seconds: float) -> tuple[int, dict[str, Any]]:
    """How the day ended, and its figures."""
    with (
        stack(folder / "data", TIMERS) as running,
        between(running, lambda port: Mischief(port, seed, RELAYED)) as relay,
    ):
        storm = [word for kind, rate in RATES.items() for word in (f"--{kind}", str(rate))]
        length = ("--baskets", str(int(PER_SECOND * seconds)), "--seconds", str(seconds))
        answer = running.ask("day", *length, *storm, "--faults", "0.02", "--seed", str(seed))
        assert isinstance(relay, Mischief)
    return answer.status, {**answer.json, "relay": dict(sorted(relay.done.items()))}


def main() -> int:
    """Weather it, and say what was found: 0 when every promise held."""
    parser = argparse.ArgumentParser("python -m prove.storm", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=180.0, help="how long it blows (180)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="counterfoil-storm-") as folder:
        status, said = weathered(Path(folder), asked.seed, asked.seconds)
    found = {name: said[name] for name in SAID if name in said} if status in (0, 7) else said
    sys.stdout.write(json.dumps({"seed": asked.seed, "seconds": asked.seconds, **found}, ensure_ascii=False) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
