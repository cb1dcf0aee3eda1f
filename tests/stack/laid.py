"""A data directory as a stack leaves it when it stops, made without its processes."""

from __future__ import annotations

import os
from pathlib import Path

from counterfoil.security import SoftHsm
from counterfoil.stack import seed
from counterfoil.stack.config import parse_timers
from counterfoil.stack.demo import Demo
from counterfoil.stack.layout import STATIONS, Layout, formats
from counterfoil.step import SECOND, Command
from counterfoil.storage import open_store

NOW = 1_773_460_800 * SECOND


def laid(data: Path) -> Layout:
    """Every station's store seeded, its keys beside it, and what else lies in a data directory."""
    layout = Layout(data)
    layout.prepare()
    demo = Demo.of(layout, make=True)
    for name in STATIONS:
        lmk = layout.secret(layout.lmk(name), make=True)
        store = open_store(layout.store(name), formats(name))
        plan = seed.plan(name, store, SoftHsm(lmk, os.urandom), demo, parse_timers("5,12,30"))
        plan.station.step(NOW, [Command(number, *command) for number, command in enumerate(plan.commands)])
        store.close()
        layout.write(layout.seeded(name), "")
    layout.secret(layout.receipt_key, make=True)
    layout.write(layout.ports, "{}")
    layout.write(data / "counterfoil.toml", 'timers = "1,2,4"\n')
    part = layout.archive / "switch" / "2026-01-01"
    part.mkdir(parents=True)
    (part / "attempt.parquet").write_bytes(b"rows of long ago")
    for printed in (layout.receipts, layout.sms, layout.logs):
        (printed / "out.txt").write_text("came out")
    return layout


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
