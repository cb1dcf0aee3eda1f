"""What every verb promises: help with examples, --json, one sentence for what is wrong, quick start-up."""

from __future__ import annotations

import re
import subprocess
import sys

import click
import pytest

from cli.calling import called, said
from counterfoil import __version__, accelerator
from counterfoil.cli.app import VERBS, command


def every_command() -> list[tuple[str, ...]]:
    context = click.Context(command)
    paths: list[tuple[str, ...]] = []
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            paths += [(name, inner) for inner in found.list_commands(context)]
        else:
            paths.append((name,))
    return paths


@pytest.mark.parametrize("path", every_command(), ids=" ".join)
def test_every_verb_has_help_with_an_example_and_the_common_options(
    capsys: pytest.CaptureFixture[str], path: tuple[str, ...]
) -> None:
    answer = said(capsys, *path, "--help")
    assert answer.status == 0
    assert re.search(rf"Examples?:\s+counterfoil {' '.join(path)}", answer.out)
    for option in ("--json", "--data", "--lang"):
        assert option in answer.out


def test_the_version_and_the_list_of_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    assert __version__ in said(capsys, "--version").out
    listed = said(capsys, "--help").out
    assert all(f"\n  {name} " in listed for name in VERBS)
    assert "Exit codes" in listed


@pytest.mark.parametrize(
    "words",
    [("nonsense",), ("sale",), ("sale", "--amount"), ("why",), ("fault", "set", "9", "drop"),
     ("fault", "set", "1", "melt"), ("fault", "set", "1", "drop", "--times", "0"), ("day", "--faults", "2"),
     ("fault", "set", "1", "drop", "--mti", "2x0"), ("why", "a", "b", "c"), ("why", "what is this"), ("why", "1234"),
     ("why", "1234", "1,50"), ("receipt", "show", "12"), ("up", "--timers", "1,2"),
     ("terminal", "register", "T1", "--merchant", "M", "--dialect", "["),
     ("sale", "--amount", "1", "--card", "carol", "--key", "\udcff"), ("backup", "/tmp/\udcff"), ("people", "\udcfe"),
     ("printer", "status", "--printer", "tcp://a..b"), ("printer", "status", "--printer", f"tcp://{'a' * 64}")],
)  # fmt: skip
def test_bad_input_is_one_sentence_and_exit_code_2(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    answer = said(capsys, *words, "--json")
    assert answer.status == 2, answer
    assert answer.json["error"] == "usage"
    assert set(answer.json["message"]) == {"en", "zh"}
    assert answer.err.startswith("counterfoil: ")
    assert answer.err.count("\n") == 1


def test_the_complaint_is_in_the_reader_s_language(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "必须" in said(capsys, "decode", "zz", "--lang", "zh").err
    monkeypatch.setenv("COUNTERFOIL_LANG", "zh")
    assert "必须" in said(capsys, "decode", "zz").err
    assert "must" in said(capsys, "decode", "zz", "--lang", "en").err


def test_decode_loads_neither_the_stations_nor_rich() -> None:
    script = (
        "import sys; from counterfoil.cli.app import run; run(['decode', '0800', '--json']);"
        "print([m for m in sys.modules if m.split('.')[:2] in (['counterfoil', 'stack'], ['counterfoil', 'switch'])"
        " or m in ('rich', 'apsw', 'asyncio', 'cryptography')], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.endswith("[]\n")


def test_the_module_is_the_command() -> None:
    answer = called("--version")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == f"counterfoil {__version__}, {accelerator.told()}\n"
