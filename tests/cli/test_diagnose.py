"""`counterfoil printer diagnose`: every end of the tree, reached by real probes of a scripted printer, and tickets."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cli.calling import said
from counterfoil.cli.failure import Exit
from counterfoil.links.printing import put_alone
from counterfoil.receipts.causes import OUTCOMES
from counterfoil.stack.layout import Layout
from printers.desk import receipt
from printers.fake import Habits, Printer
from printers.lines import BRIEF, JOB, gs_r
from printers.server import Server

Capture = pytest.CaptureFixture[str]
MODEL = "epson-tm-t20iii"
NOWHERE = "usb:/dev/no-such-printer"
DARK = ("lamp=off", "smell=no")
BLANK = ("code=none", "paper=blank")


class Case(NamedTuple):
    """What is wrong with the printer, what a person answers, and where that ends."""

    cause: str
    answers: tuple[str, ...] = ()
    trouble: str = ""
    habit: str = ""
    at: str = ""


TABLE = [
    Case("cover_open", trouble="cover"),
    Case("paper_out", trouble="paper_out"),
    Case("cutter", trouble="cutter"),
    Case("jam", trouble="jam"),
    Case("unrecoverable", trouble="unrecoverable"),
    Case("hot_head", trouble="hot"),
    Case("feed_held", trouble="feed"),
    Case("offline", trouble="offline"),
    Case("mute", ("lamp=on",), habit="mute"),
    Case("stuck", habit="deaf"),
    Case("no_paper", ("code=none", "paper=nothing")),
    Case("another", ("code=none", "paper=good")),
    Case("settings", ("code=none", "paper=garbage")),
    Case("roll", (*BLANK, "scratch=no")),
    Case("head", (*BLANK, "scratch=yes", "self_test=no")),
    Case("data", (*BLANK, "scratch=yes", "self_test=yes")),
    Case("power", (*DARK, "swap=none"), at=NOWHERE),
    Case("supply", (*DARK, "swap=on"), at=NOWHERE),
    Case("repair", (*DARK, "swap=off"), at=NOWHERE),
    Case("wet", ("lamp=off", "smell=yes"), at=NOWHERE),
    Case("cable", ("lamp=on", "cable=no"), at=NOWHERE),
    Case("network", ("lamp=on", "cable=yes"), at=NOWHERE),
    Case("starting", ("lamp=on",), at="closed"),
    Case("spooler", ("paper=nothing",), at="cups:counter"),
    Case("no_printer", at="none"),
]
WITH_A_SALE = {
    "no_sale",
    "undecided",
    "no_job",
    "reprint",
    "ours",
}  # tests/loop/test_receipts.py, and the pure tree in tests/receipts
WITH_A_CODE = {"fine"}  # below
WITH_A_SLIP_IN_IT = {"held"}  # below
NEEDS_HARDWARE = {
    "busy",
    "blank",
}  # a USB device that another program holds; a queue that hides what it holds: the pure tree


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COUNTERFOIL_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(Printer(Habits(line_time=200))) as running:
        yield running


def at(server: Server) -> tuple[str, str]:
    return "--printer", f"tcp://127.0.0.1:{server.port}?profile={MODEL}"


def place(case: Case, server: Server) -> tuple[str, ...]:
    if case.at == "closed":
        with socket.create_server(("127.0.0.1", 0)) as once:
            return "--printer", f"tcp://127.0.0.1:{once.getsockname()[1]}"
    if case.at == "none":
        return ()
    return ("--printer", case.at) if case.at else at(server)


@pytest.mark.parametrize("case", TABLE, ids=lambda case: f"{case.cause} {' '.join(case.answers)}".strip())
def test_every_end_of_the_tree_is_reached_by_asking_one_thing_at_a_time(
    case: Case, server: Server, capsys: Capture
) -> None:
    with server.lock:
        server.printer.habits = Habits(line_time=200, mute=case.habit == "mute", gs_h=case.habit != "deaf")
    if case.trouble:
        server.set(case.trouble)
    words = ["printer", "diagnose", *place(case, server), "--json"]
    given: list[str] = []
    for answer in (*case.answers, None):
        told = said(capsys, *words, *given)
        if answer is None:
            break
        assert (told.status, told.json["question"]["name"]) == (Exit.UNKNOWN, answer.partition("=")[0])
        given += ["--answer", answer]
    assert (told.status, told.json["cause"]) == (Exit.OK, case.cause)
    assert told.json["service"] is OUTCOMES[case.cause].service
    assert ("ticket" in told.json) is told.json["service"]


def test_the_table_leaves_out_only_what_is_tested_elsewhere() -> None:
    assert {case.cause for case in TABLE} | WITH_A_SALE | WITH_A_CODE | WITH_A_SLIP_IN_IT | NEEDS_HARDWARE == set(
        OUTCOMES
    )


def test_the_code_of_the_test_page_that_diagnose_printed_ends_it_well(server: Server, capsys: Capture) -> None:
    words = ["printer", "diagnose", *at(server), "--json"]
    assert said(capsys, *words).json["question"]["name"] == "code"
    code = next(line.strip() for line in server.printer.paper if re.fullmatch(r"\s*[0-9]{4}\s*", line))
    assert said(capsys, *words, "--answer", f"code={code}").json["cause"] == "fine"


@pytest.mark.parametrize("words", [("status",), ("diagnose", "--answer", "lamp=on"), ("test",)])
def test_nobody_is_told_to_switch_off_a_printer_with_a_receipt_in_it(
    words: tuple[str, ...], server: Server, data: Path, capsys: Capture
) -> None:
    server.printer.plan = [(10, "cover")]
    server.printer.habits.buffer = 48  # then it hears nothing more
    assert put_alone(receipt(), gs_r(server.port), BRIEF, Layout(data).uses, JOB).state == "unknown"
    told = said(capsys, "printer", *words, *at(server), "--json")
    assert told.json.get("cause") == ("held" if words[0] == "diagnose" else None)
    text = told.json["message" if words[0] == "test" else "advice"]
    assert "switch it off and on" not in text["en"]
    assert "关机重开" not in text["zh"]
    assert "prints on by itself" in text["en"]
    assert ("T0000001/000001/000002" in text["en"]) is (words[0] != "diagnose")


def test_the_steps_are_told_in_the_readers_language(server: Server, capsys: Capture) -> None:
    server.set("cover")
    told = {lang: said(capsys, "printer", "diagnose", *at(server), "--lang", lang).out for lang in ("en", "zh")}
    assert "Close the lid." in told["en"]
    assert "请合上机盖" in told["zh"]
    assert "打印机自报状态  机盖打开" in told["zh"]
    assert "what it says of itself  cover open" in told["en"]


def test_a_sale_that_nobody_knows_is_not_diagnosed(data: Path, capsys: Capture) -> None:
    data.mkdir()
    (data / "demo.key").write_text("0" * 64)
    answer = said(capsys, "printer", "diagnose", "T0000001/000001/000009", "--json")
    assert (answer.status, answer.json["error"]) == (Exit.NOT_FOUND, "not_found")


# --- tickets ---------------------------------------------------------------------------------------------------------


def tickets(capsys: Capture, *words: str) -> list[dict[str, Any]]:
    return list(said(capsys, "printer", "tickets", *words, "--json").json["tickets"])


def test_a_ticket_has_a_number_an_owner_and_the_steps_and_is_closed_once(capsys: Capture) -> None:
    words = ["printer", "diagnose", "--printer", NOWHERE, "--contact", "Ms Li", "--json"]
    wet = ["--answer", "lamp=off", "--answer", "smell=yes"]
    assert said(capsys, *words, *wet).json["ticket"] == "M-000001"
    assert said(capsys, *words, *wet).json["ticket"] == "M-000001", "it is open already"
    other = ["printer", "diagnose", "--printer", "tcp://127.0.0.1:2", "--json", *wet]
    assert said(capsys, *other).json["ticket"] == "M-000002"
    first, second = tickets(capsys)
    assert (first["state"], first["owner"], first["contact"], first["cause"]) == ("open", "service", "Ms Li", "wet")
    assert first["record"]["steps"][-1]["found"] == "yes"
    assert said(capsys, "printer", "tickets").status == Exit.BREAKS
    closing = ["printer", "tickets", "--close", "M-000001", "--by", "07", "--note", "replaced", "--json"]
    assert said(capsys, *closing[:4]).status == Exit.USAGE
    assert said(capsys, *closing).json["state"] == "closed"
    assert said(capsys, *closing).status == Exit.NOT_FOUND
    assert [one["number"] for one in tickets(capsys)] == [second["number"]]
    assert [one["note"] for one in tickets(capsys, "--all")] == ["replaced", ""]
    assert said(capsys, *words, *wet).json["ticket"] == "M-000003", "a number is never given again"


@pytest.mark.parametrize("number", ["M-000009", "../demo", ""])
def test_a_ticket_that_is_not_there_cannot_be_closed(capsys: Capture, number: str) -> None:
    assert said(capsys, "printer", "tickets", "--close", number, "--by", "07").status == Exit.NOT_FOUND


def test_a_file_that_is_no_ticket_is_said_not_skipped(data: Path, capsys: Capture) -> None:
    (data / "tickets").mkdir(parents=True)
    (data / "tickets" / "M-000001.json").write_text("{")
    answer = said(capsys, "printer", "tickets", "--json")
    told = [(one["number"], one["cause"]) for one in answer.json["tickets"]]
    assert (answer.status, told) == (Exit.BREAKS, [("M-000001", "unreadable")])
