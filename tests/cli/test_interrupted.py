"""A verb that is ended after a station was asked: what may stand, how to ask, exit code 3, in both languages."""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from cli.calling import Said, said
from counterfoil.cli import standing
from counterfoil.stack.layout import SUPERVISOR, Layout
from counterfoil.storage.forgotten import VERB
from stack.laid import laid

REF: Final = "T0000001/000001/000007"
VERBS: Final = {
    "sale": ("sale", "--amount", "1.00", "--card", "alice", "--pin", "1234", "--key", "till-7"),
    "cancel": ("terminal", "cancel", "T0000001"),
    "goods": ("terminal", "goods", REF, "kept"),
    "escalate": ("terminal", "escalate", REF, "--operator", "00", "--reason", "[/x]"),
    "receipt": ("receipt", "reprint", REF),
    "close_receipt": ("receipt", "close", REF, "--as", "attested"),
    "receipt_sms": ("receipt", "send", REF, "--sms", "+8613800000000"),
    "register": ("terminal", "register", "10000161", "--merchant", "880210010210162", "--tmk", "40" * 16),
    "fault.set": ("fault", "set", "4", "drop"),
    "fault.kill": ("fault", "kill", "switch"),
    "fault.pause": ("fault", "pause", "switch"),
    "fault.clear": ("fault", "clear"),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return laid(tmp_path_factory.mktemp("asked") / "data").data


@pytest.fixture
def station(data: Path) -> Iterator[socket.socket]:
    """What listens where every station is said to be, and answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10.0)
        for name in ("terminal", "switch", SUPERVISOR):
            told = {"pid": os.getpid(), "host": "127.0.0.1", "port": server.getsockname()[1], "token": "t"}
            Layout(data).running(name).write_text(json.dumps(told))
        yield server


def ended(data: Path, station: socket.socket, number: signal.Signals, *words: str, times: int = 1) -> tuple[str, Said]:
    """What the station was asked, and what the verb says that gets this signal while it waits for the answer."""
    process = subprocess.Popen(
        [sys.executable, "-m", "counterfoil", *words, "--data", str(data)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        caller, _ = station.accept()
        with caller:
            asked = json.loads(caller.makefile().readline())
            for _ in range(times):
                process.send_signal(number)
            out, err = process.communicate(timeout=30)
    return asked["verb"], Said(process.returncode, out, err)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
@pytest.mark.parametrize("verb", VERBS)
def test_an_interrupted_verb_says_what_may_stand_and_how_to_ask(
    data: Path, station: socket.socket, verb: str, number: signal.Signals
) -> None:
    lang = "zh" if number is signal.SIGTERM else "en"
    asked, answer = ended(data, station, number, *VERBS[verb], "--json", "--lang", lang)
    assert (asked, answer.status, answer.json["error"]) == (verb, 3, "interrupted"), answer
    assert answer.json["message"][lang] in answer.err
    assert answer.err.count("\n") == 1
    assert answer.json["ask"].endswith(f" --data {data}")
    assert answer.json["ask"] in answer.err
    assert re.search("[一-鿿]", answer.json["message"]["zh"])
    known = {"ref": REF, "terminal": "T0000001", "key": "till-7"}
    assert any(answer.json.get(name) == value for name, value in known.items()) or verb in ("register", *_FAULTS)


_FAULTS: Final = ("fault.set", "fault.kill", "fault.pause", "fault.clear")


def test_a_second_signal_does_not_cut_it_short(data: Path, station: socket.socket) -> None:
    _, answer = ended(data, station, signal.SIGINT, *VERBS["cancel"], times=5)
    assert (answer.status, answer.err.count("\n")) == (3, 1), answer
    assert "Traceback" not in answer.err


def test_an_answer_that_cannot_be_said_is_told_too(data: Path, station: socket.socket) -> None:
    line = f"{sys.executable} -m counterfoil terminal cancel T0000001 --data {data} > /dev/full"
    with subprocess.Popen(["bash", "-c", line], stderr=subprocess.PIPE, text=True) as process:
        caller, _ = station.accept()
        with caller:
            caller.makefile().readline()
            caller.sendall(b'{"outcome": "cancelled"}\n')
            _, err = process.communicate(timeout=30)
    assert process.returncode == 3
    assert "may be cancelled" in err
    assert f" terminal last T0000001 --data {data}" in err


def test_what_changes_nothing_is_just_interrupted(data: Path, station: socket.socket) -> None:
    asked, answer = ended(data, station, signal.SIGINT, "terminal", "status")
    assert (asked, answer.status, answer.err) == ("status", 130, "\ncounterfoil: interrupted\n")


def test_every_question_the_command_line_asks_has_its_place() -> None:
    """A new question is either a look or says what may stand."""
    assert not standing.LOOKS & set(standing.CHANGES)
    assert VERB in standing.CHANGES
    asked: set[str] = set()
    for path in Path(standing.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if name in {"ask", "told", "done"} and isinstance(node, ast.Call):
                words = [one.value for one in node.args if isinstance(one, ast.Constant)]
                asked |= {one for one in words if isinstance(one, str)}
    stations = {"terminal", "switch"}
    assert asked - stations <= standing.LOOKS | set(standing.CHANGES)
    assert set(VERBS) <= asked


def test_every_hint_is_a_command_line_that_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    for what, words in standing.CHANGES.values():
        assert {*re.findall(r"{\w+}", what.en)} == {*re.findall(r"{\w+}", what.zh)}
        if words:
            assert said(capsys, *(word.format(terminal="T0000001", ref=REF) for word in words), "--help").status == 0
