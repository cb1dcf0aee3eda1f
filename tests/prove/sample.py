"""Mutants that nobody here chose: mutmut changes the source everywhere, a seed draws some, the tests must notice them.

    PYTHONPATH=tests python -m prove.sample --count 300 --seed 1 --keep /tmp/sample

Of the rooms in ROOMS every mutant that mutmut can make is named, COUNT of them are drawn by the seed, and each is given
to the tests that reach it. One that no test reaches counts as a survivor. mutmut has no sampling of its own, so the
names are drawn here and given to `mutmut run`. It works on a copy of the repository; with --keep a second call goes on
in that copy, and `mutmut show NAME` in it shows a mutant. Processes that tests start import the mutated source too.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from checkout import commit
from prove.record import ROOT
from prove.rules import CONFIG, COPIED, KILLED, MUTMUT, Room, listed

LEAVING: Final = ("tests/archive/test_leaving.py", "tests/archive/test_spoken_of_again.py", "tests/reconciliation")
"""What tests how a station lets go of what is archived, and how others read its store some rows at a time."""

ROOMS: Final = {
    "terminal": Room(("terminal/*.py",), ("tests/terminal", *LEAVING)),
    "switch": Room(("switch/*.py",), ("tests/switch", "tests/forgotten", *LEAVING)),
    "issuer": Room(("issuer/*.py",), ("tests/issuer", "tests/forgotten", *LEAVING)),
    "ledger": Room(("ledger/*.py",), ("tests/ledger",)),
    "verdict": Room(("verdict/*.py",), ("tests/verdict",)),
    "inquiry": Room(
        ("inquiry/*.py",), ("tests/inquiry", "tests/reconciliation", "tests/forgotten", "tests/archive/test_reading.py")
    ),
    "console": Room(
        ("console/consent.py", "console/limits.py", "console/audit.py"), ("tests/console", "tests/api", "tests/cli")
    ),
}


class Copy:
    """A copy of the repository in which mutmut works on one room."""

    def __init__(self, folder: Path, room: Room) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "setup.cfg").exists():
            for name in COPIED:
                copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
                copy(ROOT / name, folder / name)
            files = listed([f"src/counterfoil/{file}" for file in room.files])
            (folder / "setup.cfg").write_text(CONFIG.format(files=files, tests=listed(room.tests)), "utf-8")

    def run(self, *names: str) -> subprocess.CompletedProcess[str]:
        """`mutmut run` for these mutants."""
        path = os.pathsep.join(str(self.folder / "mutants" / place) for place in ("src", "tests", ""))
        environment = {**os.environ, "PYTHONPATH": path}
        command = [str(MUTMUT), "run", "--max-children", str(os.cpu_count() or 1), *names]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    def mutants(self) -> dict[str, str]:
        """The state of every mutant by its name; those that were not asked for are "not checked"."""
        said = subprocess.run(
            [MUTMUT, "results", "--all", "true"], cwd=self.folder, capture_output=True, text=True, check=False
        )
        return dict(line.strip().split(": ") for line in said.stdout.splitlines() if ": " in line)


def drawn(names: dict[str, Sequence[str]], count: int, seed: int) -> dict[str, list[str]]:
    """`count` mutants over all rooms, each as likely as any other, by room."""
    everything = [(room, name) for room in sorted(names) for name in sorted(names[room])]
    chosen = random.Random(seed).sample(everything, min(count, len(everything)))
    return {room: sorted(name for where, name in chosen if where == room) for room in names}


def measured(count: int, seed: int, only: Sequence[str], keep: Path | None) -> dict[str, Any]:
    """What became of the drawn mutants. RuntimeError when a room's tests fail without one."""
    with ExitStack() as stack:
        base = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        copies = {name: Copy(base / name, ROOMS[name]) for name in only}
        names: dict[str, Sequence[str]] = {}
        for room, copy in copies.items():
            note(f"{room}: naming its mutants")
            first = copy.run("no.mutant.has.this.name")
            names[room] = list(copy.mutants())
            if not names[room]:
                raise RuntimeError(f"{room}: {first.stdout[-2000:]}{first.stderr[-2000:]}")
        rooms: dict[str, Any] = {}
        for room, chosen in drawn(names, count, seed).items():
            if not chosen:
                continue
            note(f"{room}: {len(chosen)} of {len(names[room])}")
            done = copies[room].run(*chosen)
            states = {name: state for name, state in copies[room].mutants().items() if name in set(chosen)}
            unchecked = [name for name, state in states.items() if state == "not checked"]
            if unchecked:
                raise RuntimeError(f"{room}: {len(unchecked)} not run: {done.stdout[-2000:]}{done.stderr[-2000:]}")
            rooms[room] = {
                "possible": len(names[room]),
                "drawn": len(chosen),
                "killed": sum(state in KILLED for state in states.values()),
                "states": dict(Counter(states.values())),
                "survivors": sorted(name for name, state in states.items() if state not in KILLED),
            }
            note(f"{room}: {rooms[room]['killed']} of {len(chosen)} noticed")
    return {"commit": commit(), "seed": seed, "rooms": rooms}


def note(line: str) -> None:
    """A line of progress."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main() -> int:
    """Draw, change, test, and say what was noticed: JSON on stdout. Always 0; a survivor is a finding for a person."""
    parser = argparse.ArgumentParser(
        "python -m prove.sample", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=300, help="how many mutants (300)")
    parser.add_argument("--seed", type=int, default=1, help="what draws them (1)")
    parser.add_argument("--only", action="append", choices=ROOMS, help="only this room (repeatable; all)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work in this directory, and go on in it")
    asked = parser.parse_args()
    found = measured(asked.count, asked.seed, asked.only or list(ROOMS), asked.keep)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
