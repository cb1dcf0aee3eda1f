"""Prove it: play every ring for some minutes, keep the figures, write the report. See `make prove`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from prove import campaign, report
from prove.record import RECORD, load

EPILOG = """examples:
  make prove                     ten minutes of everything
  make prove MINUTES=60          an hour; what earlier runs of the same code proved is kept and added to
  python -m prove --parts simulator --minutes 30 --jobs 2
  python -m prove --minutes 0    only write docs/reliability.md again
"""


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        "prove", description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10, help="how long the simulator plays (10)")
    parser.add_argument("--seed", type=int, default=1, help="draws the worlds (1)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    parser.add_argument("--target", type=int, default=1_000_000, help="transactions of each mix (1,000,000)")
    parser.add_argument("--record", type=Path, default=RECORD, help="the figures (docs/reliability.json)")
    return parser.parse_args()


def main() -> int:
    """Play, and say whether everything held: 0, or 1 when a promise was broken."""
    asked = arguments()
    record = load(asked.record)
    if asked.minutes:
        run = campaign.Run(record, asked.record, asked.seed, asked.target, lambda line: print(line, flush=True))
        try:
            campaign.play_on(run, time.monotonic() + 60 * asked.minutes, asked.jobs)
        except KeyboardInterrupt:
            print("stopped; what was played is kept", file=sys.stderr)
    asked.record.with_suffix(".md").write_text(report.written(record), encoding="utf-8")
    return 1 if any(campaign.failures for campaign in record.campaigns) else 0


if __name__ == "__main__":
    sys.exit(main())
