"""The whole break table on one real stack, row by row: `PYTHONPATH=tests python -m console.lab_runs --seed 1`."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from counterfoil.console.deeds import AuditedAct, AuditLog
from counterfoil.console.lab.breaks import BREAKS, BY_KEY
from counterfoil.console.lab.plan import plan
from counterfoil.console.lab.records import Run
from counterfoil.console.lab.run import LabRunner
from counterfoil.console.reach import Reach
from counterfoil.stack.layout import Layout
from counterfoil.storage import migrations_of, open_store
from counterfoil.storage.opening import MEMORY
from loop.running import stack


async def broken(data: Path, keys: Sequence[str], seed: int = 1) -> list[Run]:
    """Every one of these breaks once, one after the other; each line is said as it ends."""
    reach = Reach(Layout(data))
    kept: list[Run] = []
    lab = LabRunner(reach, kept.append)
    log = AuditLog(open_store(MEMORY, migrations_of("counterfoil.console")), reach.now)
    terminals = [each.terminal for each in reach.demo.terminals() if each.ours]
    for number, key in enumerate(keys, 1):
        what = plan(seed + number, terminals, key)
        run = Run(
            number=number, at=reach.now(), by="test", key=key, seed=what.seed, card=what.card, amount=what.amount,
            currency="CNY", timers=lab.timers(),
        )  # fmt: skip
        done = await lab.run(run, what, log.begin(AuditedAct("test", "lab run", key)))
        story = " → ".join(f"{seen.verdict} {seen.ms} ms" for seen in done.seen)
        sys.stdout.write(f"{'ok   ' if done.passed else 'WRONG'} {key:<16} {story} {done.wrong or ''}\n")
    return kept


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("keys", nargs="*", choices=[*BY_KEY, []], help="rows; all of them without any")
    asked = words.parse_args()
    with tempfile.TemporaryDirectory() as folder, stack(Path(folder) / "data") as running:
        runs = asyncio.run(broken(running.data, asked.keys or [each.key for each in BREAKS], asked.seed))
    sys.stdout.write(f"{sum(run.passed for run in runs)} of {len(runs)} as docs/loop.md says\n")
    return 0 if all(run.passed for run in runs) else 1


if __name__ == "__main__":
    sys.exit(main())
