"""Prove it: play every ring, keep the figures, write the report. See `make prove`."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Final

from prove import campaign, report
from prove.record import RECORD, Record, load, save, take_in
from prove.rings import COMMANDS, command_of, measure

EPILOG: Final = """examples:
  make prove                             ten minutes of the simulator, then every other ring
  make prove MINUTES=60                  an hour; what earlier runs of the same code proved is kept and added to
  make prove PROVE="--parts simulator --transactions-per-mix 20000"
  python -m prove --parts disk --parts processes
  python -m prove --minutes 240 --parts simulator --record /tmp/long.json       elsewhere, then:
  python -m prove --parts report --add /tmp/long.json                           put it into the report
  python -m prove --parts rules          mutmut over the ledger and the rules, half an hour
  python -m prove --parts sample         300 of mutmut's mutants over seven rooms, an hour
  python -m prove --parts drawn          100 more, before the simulator, half an hour
  python -m prove --parts report         only write docs/reliability.md again

Ctrl-C (or SIGTERM) ends it: every chunk that was finished is in the record, and the next run goes on behind it.
"""
PARTS: Final = ("simulator", *COMMANDS, "report")
LONG: Final = (
    "rules",
    "sample",
    "drawn",
)  # half an hour and more, and they change rarely: only when they are asked for


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        "prove", description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10, help="how long the simulator plays, at most (10)")
    parser.add_argument(
        "--transactions-per-mix", type=int, default=1_000_000, metavar="N", help="of each mix, at most (1,000,000)"
    )
    parser.add_argument(
        "--mix", action="append", metavar="NAME", help="only this one (repeatable; the nine named, in turns)"
    )
    parser.add_argument("--seed", type=int, default=1, help="draws the worlds (1)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    parser.add_argument(
        "--parts", action="append", choices=PARTS, help="only this (repeatable; all but rules, sample and drawn)"
    )
    parser.add_argument("--record", type=Path, default=RECORD, help="the figures (docs/reliability.json)")
    parser.add_argument("--add", type=Path, metavar="FILE", help="take in what another record has, first")
    return parser.parse_args()


def main() -> int:
    """Play, and say whether everything held: 0, or 1 when a promise was broken."""
    for ends in (signal.SIGINT, signal.SIGTERM):  # a shell's job in the background is born deaf to Ctrl-C
        signal.signal(ends, stopped)
    asked = arguments()
    record = load(asked.record)
    if asked.add is not None:
        take_in(record, load(asked.add))
        save(record, asked.record)
    try:
        play(asked, record)
    except KeyboardInterrupt:
        told("stopped; what was played is kept")
    asked.record.with_suffix(".md").write_text(report.written(load(asked.record)), encoding="utf-8")
    broken = any(campaign.failures for campaign in record.campaigns[-1:])
    return 1 if broken or not all(part.held for part in record.parts.values()) else 0


def stopped(_number: int, _frame: FrameType | None) -> None:
    """Either signal ends it, as Ctrl-C does at a keyboard."""
    raise KeyboardInterrupt


def play(asked: argparse.Namespace, record: Record) -> None:
    """Every part that was asked for, the simulator first."""
    parts = asked.parts or [name for name in PARTS if name not in LONG]
    if "simulator" in parts and asked.minutes:
        mixes = asked.mix or campaign.PLAYED
        run = campaign.Run(record, asked.record, asked.seed, asked.transactions_per_mix, told, mixes)
        campaign.play_on(run, time.monotonic() + 60 * asked.minutes, asked.jobs)
    for name in COMMANDS:
        if name in parts:
            told(f"{name}: python -m {' '.join(command_of(name, asked.seed, asked.jobs))}")
            record.parts[name], held = measure(name, asked.seed, asked.jobs)
            save(record, asked.record)
            told(f"{name}: {'held' if held else 'BROKEN'} after {record.parts[name].seconds} s")


def told(line: str) -> None:
    """How far it is."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
