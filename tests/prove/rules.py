"""mutmut over the ledger and the rules: every operator, constant and branch changed, one at a time.

    PYTHONPATH=tests python -m prove.rules                                     the figures and every survivor
    PYTHONPATH=tests python -m prove.rules --only ledger --keep /tmp/mutmut    a copy to look around and go on in

It works on a copy of the repository, which `mutmut show NAME` and `mutmut browse` understand.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

from checkout import commit
from prove.record import ROOT

MUTMUT: Final = Path(sys.executable).with_name("mutmut")
COPIED: Final = ("src", "tests", "docs", "bench", "pyproject.toml")
KILLED: Final = frozenset({"killed", "timeout"})
CONFIG: Final = """[mutmut]
source_paths=src
only_mutate={files}
pytest_add_cli_args_test_selection={tests}
pytest_add_cli_args=
    -p
    no:cacheprovider
    -p
    no:xdist
also_copy=
    src
    docs
    bench
"""


class Room(NamedTuple):
    """What is changed, below src/counterfoil, and the tests that must notice."""

    files: tuple[str, ...]
    tests: tuple[str, ...]


ROOMS: Final = {
    "ledger": Room(("ledger/*.py",), ("tests/ledger",)),
    "issuer": Room(
        ("issuer/rules.py", "issuer/reversal_rules.py"),
        ("tests/issuer/test_rules.py", "tests/issuer/test_decisions_table.py", "tests/issuer/test_step.py"),
    ),
    "verdict": Room(("verdict/judge.py", "verdict/position.py"), ("tests/verdict",)),
    "switch": Room(("switch/rules.py",), ("tests/switch/test_requests.py", "tests/switch/test_repeats.py")),
}


def listed(words: Sequence[str]) -> str:
    """A list as mutmut's configuration has it."""
    return "".join(f"\n    {word}" for word in words)


def run(room: Room, folder: Path) -> dict[str, str]:
    """The state of every mutant by its name. RuntimeError when the tests fail without one."""
    if not (folder / "setup.cfg").exists():
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)
    files = listed([f"src/counterfoil/{file}" for file in room.files])
    (folder / "setup.cfg").write_text(CONFIG.format(files=files, tests=listed(room.tests)), "utf-8")
    ran = subprocess.run(
        [MUTMUT, "run", "--max-children", "1"], cwd=folder, capture_output=True, text=True, check=False
    )
    said = subprocess.run([MUTMUT, "results", "--all", "true"], cwd=folder, capture_output=True, text=True, check=True)
    states = dict(line.strip().split(": ") for line in said.stdout.splitlines() if ": " in line)
    if ran.returncode or not states:
        raise RuntimeError(f"mutmut: {ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    return states


def _mutmut(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([MUTMUT, *words], cwd=folder, capture_output=True, text=True, check=False)


def measured(names: Sequence[str], keep: Path | None) -> dict[str, Any]:
    """Each room's mutants, and those that nothing noticed."""
    rooms: dict[str, Any] = {}
    for name in names:
        with ExitStack() as stack:
            folder = keep / name if keep else Path(stack.enter_context(tempfile.TemporaryDirectory()))
            folder.mkdir(parents=True, exist_ok=True)
            states = run(ROOMS[name], folder)
        count = Counter(states.values())
        rooms[name] = {
            "mutants": len(states),
            "killed": sum(count[state] for state in KILLED),
            "survivors": sorted(mutant for mutant, state in states.items() if state not in KILLED),
        }
    return {"commit": commit(), "rooms": rooms}


def main() -> int:
    """Change, test, and say what was noticed. A survivor is a finding for a person, not a broken promise: always 0."""
    parser = argparse.ArgumentParser(
        "python -m prove.rules", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", choices=ROOMS, help="only this (repeatable; all)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work in this directory, and go on in it")
    asked = parser.parse_args()
    sys.stdout.write(json.dumps(measured(asked.only or list(ROOMS), asked.keep)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
