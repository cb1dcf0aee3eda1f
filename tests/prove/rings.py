"""The other rings and checks of the proof: each is a command of its own, whose JSON is kept as it was said."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from checkout import commit
from prove.record import ROOT, Part

# Each counts its own failures and ends with 1 when there are any. {seed} is the campaign's.
COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "repeat": ("prove.repeat", "--seed", "{seed}"),
    "disk": ("crash", "--json"),
    "processes": ("prove.storm", "--seed", "{seed}"),
    "mutants": ("mutants", "--json", "--jobs", "{jobs}"),
    "rules": ("prove.rules",),
    "sample": ("prove.sample", "--seed", "{seed}"),
    "drawn": ("mutants.drawn", "--json", "--seed", "{seed}", "--jobs", "{jobs}"),
    "parsers": ("fuzz", "--json", "--seconds", "300", "--seed", "{seed}"),
    "canaries": ("canary", "--json"),
    "printers": ("printers.schedules", "--json", "--count", "10000", "--seed", "{seed}"),
}


def command_of(name: str, seed: int, jobs: int) -> list[str]:
    """The words behind `python -m` that measure this part."""
    return [word.format(seed=seed, jobs=jobs) for word in COMMANDS[name]]


def measure(name: str, seed: int, jobs: int) -> tuple[Part, bool]:
    """Run one part, and say whether it held. What it wrote to stderr is shown as it comes.

    RuntimeError when it said nothing that can be kept.
    """
    words = command_of(name, seed, jobs)
    path = os.pathsep.join(filter(None, (str(ROOT / "tests"), os.environ.get("PYTHONPATH", ""))))
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", *words], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}, check=False
    )
    try:
        found: dict[str, Any] = msgspec.json.decode(done.stdout, type=dict[str, Any])
    except msgspec.DecodeError:
        raise RuntimeError(f"python -m {' '.join(words)} ended with {done.returncode} and no figures") from None
    part = Part(
        command=f"python -m {' '.join(words)}",
        commit=commit(),
        date=datetime.datetime.now(datetime.UTC).date().isoformat(),
        seconds=round(time.monotonic() - began),
        found=found,
        held=done.returncode == 0,
    )
    return part, part.held
