"""The accelerator is optional, fits or is not used, can be switched off, and changes nothing that anybody sees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from compiled.parts import INSTALL, PACKAGE, ROOT, built, compiler, copy_of_the_source, parts
from counterfoil import accelerator

SIMULATED = ["simulate", "--transactions", "150", "--seed", "5", "--json"]
TOLD = "from counterfoil import accelerator as a; print(a.told())"


def python(*arguments: str, **environment: str) -> str:
    """Another process, with the accelerator within reach."""
    path = os.pathsep.join(filter(None, (parts().path, environment.pop("first", ""))))
    env = {**os.environ, "COUNTERFOIL_PURE": "", "PYTHONPATH": path, **environment}
    done = subprocess.run(
        [sys.executable, *arguments], env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("switch", "told"), [("", "accelerated"), ("0", "accelerated"), ("1", "pure Python"), ("yes", "pure Python")]
)
def test_it_is_used_where_it_is_and_one_variable_switches_it_off(switch: str, told: str) -> None:
    assert python("-c", TOLD, COUNTERFOIL_PURE=switch) == f"{told}\n"


def test_the_version_says_what_is_in_use() -> None:
    assert python("-m", "counterfoil", "--version").strip().endswith(", accelerated")
    assert python("-m", "counterfoil", "--version", COUNTERFOIL_PURE="1").strip().endswith(", pure Python")


@pytest.mark.parametrize(
    ("inside", "told"),
    [
        ({"__init__.py": "INTERFACE = 0"}, "pure Python"),
        ({"__init__.py": f"INTERFACE = {accelerator.INTERFACE}"}, "pure Python"),
        ({"__init__.py": f"INTERFACE = {accelerator.INTERFACE}", "messages.py": ""}, "accelerated but for MACs"),
    ],
    ids=["of another version", "without its parts", "without headers of OpenSSL"],
)
def test_one_that_does_not_fit_or_is_not_whole_is_used_as_far_as_it_goes(
    tmp_path: Path, inside: dict[str, str], told: str
) -> None:
    package = tmp_path / PACKAGE
    package.mkdir()
    for name, text in inside.items():
        (package / name).write_text(text, "utf-8")
    assert python("-c", TOLD, PYTHONPATH=str(tmp_path)) == f"{told}\n"


def test_the_simulated_worlds_are_the_same_event_by_event() -> None:
    worlds = [json.loads(python("-m", "counterfoil", *SIMULATED, COUNTERFOIL_PURE=pure)) for pure in ("", "1")]
    assert worlds[0]["events_hash"] == worlds[1]["events_hash"] != ""
    assert worlds[0] == worlds[1]


def test_without_a_compiler_nothing_is_installed_and_make_says_so_in_a_sentence(tmp_path: Path) -> None:
    done = built(copy_of_the_source(tmp_path), tmp_path / "site", CC="no-such-compiler")
    assert done.returncode != 0
    assert not (tmp_path / "site" / PACKAGE).exists()
    rule = (ROOT / "Makefile").read_text("utf-8").partition("$(VENV)/.accelerator:")[2].partition("touch")[0]
    assert " ".join(INSTALL[-2:]) + " ./accelerator" in rule
    assert "everything runs in pure Python" in rule


def test_a_clean_clone_builds_with_the_command_of_the_readme(tmp_path: Path) -> None:
    compiler()
    source = copy_of_the_source(tmp_path)
    done = built(source, tmp_path / "site")
    assert done.returncode == 0, done.stderr
    made = {path.name.partition(".")[0] for path in (tmp_path / "site" / PACKAGE).iterdir()}
    assert {"messages", "__init__"} <= made
    assert " ".join(INSTALL[-2:]) + " ./accelerator" in (source / "README.md").read_text("utf-8")
