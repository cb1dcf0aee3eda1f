"""Both implementations over mutated input for as long as asked: PYTHONPATH=tests python -m compiled --seconds 60."""

from __future__ import annotations

import argparse
import json
import sys

from compiled.differing import CORPORA, differing
from fuzz.mutation import fuzz
from fuzz.targets import Fuzzed


def main(argv: list[str] | None = None) -> int:
    """Fuzz each target; 1 when an input was told apart."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(argv)
    bad = False
    for name, corpus in CORPORA.items():
        tally = fuzz(f"compiled {name}", Fuzzed(differing(name), corpus), asked.seed, seconds=asked.seconds)
        print(json.dumps({"target": name, "executions": tally.executions, "failures": tally.failures}), flush=True)
        bad |= bool(tally.failures)
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
