"""The same load on real station processes with and without the accelerator, by turns.

    python -m bench.accelerated [--runs issuer,loop] [--rounds 3] [--seconds 5] [--connections 32] [--window 64]

Each round is `python -m bench.loop` twice, once with COUNTERFOIL_PURE=1. Medians over the rounds: transactions a second
and, what a busy machine moves less, CPU microseconds of each station for a transaction.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from typing import Any, Final

from counterfoil import accelerator

SIDES: Final = {"accelerated": "", "pure": "1"}


def once(runs: str, bounds: list[str], pure: str) -> list[dict[str, Any]]:
    """One bench.loop; its runs."""
    command = [sys.executable, "-m", "bench.loop", "--runs", runs, "--json", *bounds]
    environ = {**os.environ, "COUNTERFOIL_PURE": pure}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=1800)
    if done.returncode:
        raise SystemExit(done.stderr or "a store and the client disagree")
    found: list[dict[str, Any]] = json.loads(done.stdout)["runs"]
    return found


def measure(runs: str, bounds: list[str], rounds: int) -> dict[str, Any]:
    """By turns; run → side → medians."""
    rows: dict[str, dict[str, list[dict[str, float]]]] = {
        name: {side: [] for side in SIDES} for name in runs.split(",")
    }
    for _ in range(rounds):
        for side, pure in SIDES.items():
            for result in once(runs, bounds, pure):
                cpu = {f"cpu_us_{name}": each["cpu_us"] for name, each in result["stations"].items()}
                rows[result["run"]][side].append({"per_second": result["per_second"], **cpu})
    return {
        name: {
            side: {key: round(statistics.median(row[key] for row in took), 1) for key in took[0]}
            for side, took in s.items()
        }
        for name, s in rows.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", default="issuer,loop")
    parser.add_argument("--rounds", type=int, default=3)
    for name, value in (("seconds", "5"), ("connections", "32"), ("window", "64")):
        parser.add_argument(f"--{name}", default=value)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if accelerator.messages is None:
        raise SystemExit("the accelerator is not in use here; `make bench` builds it where a C compiler is")
    bounds = ["--seconds", asked.seconds, "--connections", asked.connections, "--window", asked.window]
    found = measure(asked.runs, bounds, asked.rounds)
    if asked.json:
        print(json.dumps({"load_average": os.getloadavg()[0], "in_use": accelerator.told(), **found}))
        return
    for name, sides in found.items():
        for side, row in sides.items():
            print(f"{name:<7} {side:<12} " + "  ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
