"""A command line that is said to people can be copied: it names the program and the data of this call."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from cli.calling import called, said
from counterfoil import cli
from counterfoil.cli.failure import Exit
from counterfoil.cli.program import program, typed


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script of that name below a directory one stands in."""
    made = tmp_path / "a b" / "bin" / "counterfoil"
    made.parent.mkdir(parents=True)
    made.write_text("#!/bin/sh\n")
    made.chmod(0o755)
    monkeypatch.chdir(tmp_path / "a b")
    monkeypatch.setenv("PATH", str(tmp_path))
    return made


def test_a_program_that_is_not_on_the_path_is_named_by_its_path(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert program("bin/counterfoil") == program(str(script)) == "bin/counterfoil"
    elsewhere = script.parent / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert program(str(script)) == f"'{script}'"
    monkeypatch.setenv("PATH", str(script.parent))
    assert program(str(script)) == "counterfoil"


def test_another_program_of_that_name_on_the_path_is_not_it(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "counterfoil"
    other.write_bytes(script.read_bytes())
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program("bin/counterfoil") == "bin/counterfoil"


def test_a_module_is_called_as_one() -> None:
    assert program("/x/counterfoil/__main__.py").endswith(" -m counterfoil")


def test_the_data_of_this_call_is_in_the_next_one() -> None:
    assert typed("why A/B/C", "/tmp/my data").endswith("counterfoil why A/B/C --data '/tmp/my data'")
    assert typed("why A/B/C", None).endswith("counterfoil why A/B/C")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_where_nothing_runs_it_is_said_how_to_start_it_here(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, lang: str
) -> None:
    answer = said(capsys, "sale", "--amount", "1.00", "--card", "alice", "--data", str(tmp_path), "--lang", lang)
    assert answer.status == Exit.UNREACHABLE
    assert f"`counterfoil up --data {tmp_path}`" in answer.err


def test_in_a_process_of_its_own_too(tmp_path: Path) -> None:
    answer = called("accounts", "--data", str(tmp_path), "--lang", "en")
    assert f"{Path(sys.executable).name} -m counterfoil up --data {tmp_path}`" in answer.err


def test_no_sentence_of_the_command_line_has_a_command_line_of_its_own() -> None:
    """It would name a program that may not be found, and no --data."""
    for file in sorted(Path(cli.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Text":
                words = " ".join(str(each.value) for each in ast.walk(node) if isinstance(each, ast.Constant))
                assert not re.search(r"counterfoil [a-z]", words), (file.name, words)
