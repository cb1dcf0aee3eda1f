"""Mutants that nobody here chose: mutmut changes the source everywhere, a seed draws some, the tests must notice them.

    PYTHONPATH=tests python -m prove.sample --count 300 --seed 1 --keep /tmp/sample

Of the rooms in ROOMS every mutant that mutmut can make is named, COUNT of them are drawn by the seed, and each is given
to the tests that reach it. One that no test reaches counts as a survivor. mutmut has no sampling of its own, so the
names are drawn here and given to `mutmut run`: those whose digest with the seed is lowest, so that a change of the code
draws anew only what it changed. It works on copies of the repository, one a room; with --keep a second call goes on in
them, and `mutmut show NAME` in one shows a mutant. Processes that tests start import the mutated source too.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from checkout import commit
from prove.record import ROOT
from prove.rules import CONFIG, COPIED, KILLED, MUTMUT, Room, listed

UNCHECKED: Final = "not checked"
"""What mutmut calls a mutant that it has not run."""
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
            (folder / "commit").write_text(commit(), "utf-8")
            (folder / "setup.cfg").write_text(CONFIG.format(files=files, tests=listed(room.tests)), "utf-8")

    def run(self, *names: str) -> str:
        """`mutmut run` for these mutants; what it says."""
        path = os.pathsep.join(str(self.folder / "mutants" / place) for place in ("src", "tests", ""))
        environment = {**os.environ, "PYTHONPATH": path}
        command = [str(MUTMUT), "run", "--max-children", str(os.cpu_count() or 1), *names]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout

    def mutants(self) -> dict[str, str]:
        """The state of every mutant by its name; those that were not asked for are "not checked"."""
        said = subprocess.run(
            [MUTMUT, "results", "--all", "true"], cwd=self.folder, capture_output=True, text=True, check=False
        )
        return dict(line.strip().split(": ") for line in said.stdout.splitlines() if ": " in line)


def drawn(names: Mapping[str, Sequence[str]], count: int, seed: int) -> dict[str, list[str]]:
    """`count` mutants over all rooms, each as likely as any other, by room."""
    everything = [(room, name) for room in names for name in names[room]]
    chosen = sorted(everything, key=lambda one: hashlib.sha256(f"{seed} {one[1]}".encode()).digest())[:count]
    return {room: sorted(name for where, name in chosen if where == room) for room in names}


def measured(count: int, seed: int, only: Sequence[str], keep: Path | None) -> dict[str, Any]:
    """What became of the mutants drawn over all rooms that are of the rooms `only`.

    RuntimeError when a room's tests fail without one.
    """
    with ExitStack() as stack:
        base = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        copies = {name: Copy(base / name, room) for name, room in ROOMS.items()}
        names: dict[str, Sequence[str]] = {}
        for room, copy in copies.items():
            note(f"{room}: naming its mutants")
            said = copy.run("no.mutant.has.this.name")
            names[room] = list(copy.mutants())
            if not names[room]:
                raise RuntimeError(f"{room}: {said[-3000:]}")
        rooms: dict[str, Any] = {}
        for room, chosen in drawn(names, count, seed).items():
            if not chosen or room not in only:
                continue
            note(f"{room}: {len(chosen)} of {len(names[room])}")
            left = [name for name, state in copies[room].mutants().items() if name in chosen and state == UNCHECKED]
            said = copies[room].run(*left) if left else ""
            states = {name: state for name, state in copies[room].mutants().items() if name in set(chosen)}
            unchecked = [name for name, state in states.items() if state == UNCHECKED]
            if unchecked:
                raise RuntimeError(f"{room}: {len(unchecked)} not run: {said[-3000:]}")
            rooms[room] = {
                "commit": (copies[room].folder / "commit").read_text("utf-8"),
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
    parser.add_argument("--only", action="append", choices=ROOMS, help="run only those of this room (repeatable; all)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work in this directory, and go on in it")
    asked = parser.parse_args()
    found = measured(asked.count, asked.seed, asked.only or list(ROOMS), asked.keep)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
