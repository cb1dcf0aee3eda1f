"""The walls: import-linter's contracts hold, and a room reaches the outside world only where it may."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "counterfoil"
# errors, money, words, step and transaction are single files; the others are folders.
VOCABULARY = ("errors.py", "money.py", "words.py", "step.py", "transaction.py", "iso8583", "security", "ledger")
DECIDING = (*VOCABULARY, "terminal", "switch", "issuer", "verdict", "receipts")
OUTSIDE_WORLD = {
    "asyncio",
    "socket",
    "selectors",
    "ssl",
    "subprocess",
    "multiprocessing",
    "threading",
    "signal",
    "time",
}
OUTSIDE_WORLD |= {"os", "shutil", "tempfile", "glob", "sqlite3", "apsw", "urllib", "http", "random", "secrets", "uuid"}
THIRD_PARTY = {"msgspec", "cryptography"}


def imports(name: str) -> dict[str, set[str]]:
    """Top-level module -> the files of a room that import it."""
    found: dict[str, set[str]] = {}
    where = SRC / name
    for path in [where] if where.is_file() else sorted(where.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert not node.level, f"{path} imports relatively"
                modules = [node.module or ""]
            for module in modules:
                found.setdefault(module.split(".")[0], set()).add(str(path.relative_to(SRC)))
    return found


def test_no_arrow_points_upwards() -> None:
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(cache_dir=None))"
    ran = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", DECIDING)
def test_rooms_that_decide_do_not_touch_the_outside_world(name: str) -> None:
    assert {module: files for module, files in imports(name).items() if module in OUTSIDE_WORLD} == {}


@pytest.mark.parametrize("name", VOCABULARY)
def test_the_vocabulary_stands_on_little(name: str) -> None:
    foreign = {
        module: files
        for module, files in imports(name).items()
        if module not in sys.stdlib_module_names | THIRD_PARTY | {"counterfoil"}
    }
    assert foreign == {}


def test_the_engine_is_known_to_the_store_and_to_the_disk_that_is_simulated_under_it() -> None:
    assert {file.split("/")[0] for file in imports(".")["apsw"]} <= {"storage", "simulation"}
