"""`counterfoil printer` against the fake printer: what people and programs are told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.calling import said
from counterfoil.cli.failure import Exit
from printers.fake import Habits, Printer
from printers.server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(Printer(Habits(line_time=500))) as running:
        yield running


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COUNTERFOIL_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def at(server: Server) -> tuple[str, str]:
    return "--printer", f"tcp://127.0.0.1:{server.port}?profile=epson-tm-t20iii"


Capture = pytest.CaptureFixture[str]


def test_status_of_a_printer_that_is_well(server: Server, capsys: Capture) -> None:
    answer = said(capsys, "printer", "status", *at(server), "--json")
    assert answer.status == Exit.OK
    assert (answer.json["ready"], answer.json["trouble"], answer.json["in_order"]) == (True, "", True)
    assert answer.json["answers"]["DLE EOT 4"] == "12"


def test_status_names_the_trouble_and_what_to_do(server: Server, capsys: Capture) -> None:
    server.set("paper_out")
    answer = said(capsys, "printer", "status", *at(server), "--lang", "zh")
    assert answer.status == Exit.UNREACHABLE
    assert "缺纸" in answer.out
    assert "paper_out" not in answer.out
    assert "纸卷" in answer.out


@pytest.mark.parametrize(("lang", "word"), [("en", "near its end"), ("zh", "纸将用尽")])
def test_status_tells_of_paper_that_nears_its_end(server: Server, capsys: Capture, lang: str, word: str) -> None:
    server.set("near_end")
    answer = said(capsys, "printer", "status", *at(server), "--lang", lang)
    assert answer.status == Exit.OK
    assert word in answer.out
    assert ("ready" in answer.out) is (lang == "en")


@pytest.mark.parametrize(("lang", "ready"), [("en", ": ready"), ("zh", "就绪")])
def test_a_printer_that_proves_nothing_is_not_called_ready_and_its_profile_is_doubted(
    capsys: Capture, lang: str, ready: str
) -> None:
    with Server(Printer(Habits(gs_h=False))) as server:
        people = said(capsys, "printer", "status", *at(server), "--lang", lang)
        program = said(capsys, "printer", "status", *at(server), "--json")
    assert (people.status, program.status) == (Exit.UNREACHABLE, Exit.UNREACHABLE)
    assert ready not in people.out
    assert "epson-tm-t20iii" in people.out
    assert "generic-80" in program.json["advice"][lang]


def test_without_a_printer_there_is_nothing_to_ask(capsys: Capture) -> None:
    answer = said(capsys, "printer", "status", "--json")
    assert (answer.status, answer.json["error"]) == (Exit.NOT_FOUND, "no_printer")
    assert said(capsys, "printer", "status", "--printer", "lpt1").status == Exit.USAGE


def test_the_code_of_a_test_page_is_on_the_paper_only_and_is_typed_back(
    server: Server, capsys: Capture, data: Path
) -> None:
    answer = said(capsys, "printer", "test", *at(server), "--json", "--lang", "en")
    assert (answer.status, answer.json["state"]) == (Exit.OK, "printed")
    code = next(line.strip() for line in server.printer.paper if re.fullmatch(r"\s*[0-9]{4}\s*", line))
    assert all(code not in path.read_text() for path in data.rglob("*") if path.is_file())
    wrong = f"{(int(code) + 1) % 10_000:04d}"
    assert said(capsys, "printer", "test", "--code", wrong, "--json").json["error"] == "wrong_code"
    assert said(capsys, "printer", "test", "--code", code).status == Exit.OK
    assert said(capsys, "printer", "test", "--code", code).status == Exit.NOT_FOUND


@pytest.mark.parametrize("kept", ["", "{}", "[]", '{"salt": "a"}', '{"salt": 1, "digest": "b"}', "{", "\xff"])
def test_a_code_that_was_kept_badly_is_no_code(kept: str, capsys: Capture, data: Path) -> None:
    data.mkdir(parents=True, exist_ok=True)
    (data / "printer-test.json").write_bytes(kept.encode("latin-1"))
    answer = said(capsys, "printer", "test", "--code", "4711", "--json")
    assert (answer.status, answer.json["error"]) == (Exit.NOT_FOUND, "no_test_page")


def test_what_is_kept_of_a_code_may_hold_any_letters(capsys: Capture, data: Path) -> None:
    data.mkdir(parents=True, exist_ok=True)
    (data / "printer-test.json").write_text('{"salt": "é", "digest": "é"}')
    assert said(capsys, "printer", "test", "--code", "4711", "--json").json["error"] == "wrong_code"


def test_a_test_page_that_cannot_be_printed_says_why(server: Server, capsys: Capture) -> None:
    server.set("cover")
    answer = said(capsys, "printer", "test", *at(server), "--json")
    assert (answer.status, answer.json["error"]) == (Exit.UNKNOWN, "cover_open")


def test_diagnose_names_what_the_printer_says_and_keeps_the_steps(server: Server, capsys: Capture, data: Path) -> None:
    server.set("cutter")
    answer = said(capsys, "printer", "diagnose", *at(server), "--json")
    assert (answer.status, answer.json["cause"]) == (Exit.OK, "cutter")
    kept = json.loads(Path(answer.json["record"]).read_text())
    assert kept["steps"] == answer.json["steps"]
    assert any("< 1A" in line.upper() or "1a" in line for line in kept["conversation"])


def test_diagnose_asks_what_no_probe_can_know_and_takes_answers_from_a_script(capsys: Capture) -> None:
    words = ["printer", "diagnose", "--printer", "usb:/dev/no-such-printer", "--json"]
    answer = said(capsys, *words)
    assert (answer.status, answer.json["question"]["name"]) == (Exit.UNKNOWN, "lamp")
    answer = said(capsys, *words, "--answer", "lamp=off", "--answer", "smell=yes")
    assert (answer.status, answer.json["cause"], answer.json["service"]) == (Exit.OK, "wet", True)
    assert answer.json["ticket"] == "M-000001"
    assert said(capsys, *words, "--answer", "lamp=off", "--answer", "smell=yes").json["ticket"] == "M-000001", (
        "it is open"
    )


@pytest.mark.parametrize("wrong", ["lamp=green", "colour=red"])
def test_an_answer_that_no_question_has(capsys: Capture, wrong: str) -> None:
    answer = said(capsys, "printer", "diagnose", "--printer", "usb:/dev/none", "--answer", wrong)
    assert answer.status == Exit.USAGE


def test_diagnose_finds_blank_paper_with_a_test_page(server: Server, capsys: Capture) -> None:
    words = ["printer", "diagnose", *at(server), "--json"]
    assert said(capsys, *words).json["question"]["name"] == "code"
    assert said(capsys, "printer", "test", *at(server), "--json").status == Exit.OK
    more = ["--answer", "code=none", "--answer", "paper=blank", "--answer", "scratch=yes", "--answer", "self_test=no"]
    answer = said(capsys, *words, *more)
    assert (answer.json["cause"], answer.json["service"]) == ("head", True)
