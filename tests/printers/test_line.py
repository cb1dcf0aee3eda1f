"""Jobs over real descriptors: TCP, a serial line, and the ways in which they break."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from counterfoil.links.address import PrinterAddress, parse
from counterfoil.links.printing import look, put
from counterfoil.receipts.printers.job import PrintResult
from counterfoil.receipts.printers.round import Timings
from counterfoil.receipts.profile import profile_of
from printers.desk import receipt
from printers.fake import Habits, Printer
from printers.lines import FAST, MODEL, later, tcp, told
from printers.server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(Printer(Habits(line_time=1000))) as running:
        yield running


def at(server: Server) -> PrinterAddress:
    return tcp(server.port)


def test_a_receipt_over_tcp(server: Server) -> None:
    assert told(put(receipt(), at(server), FAST)) == ("printed", "")
    assert server.printer.originals() == 1
    assert server.printer.paper[-1] == "-- cut --"


def test_every_job_has_a_connection_of_its_own(server: Server) -> None:
    for _ in range(3):
        put(receipt(), at(server), FAST)
    assert server.connections == 3


def test_a_receipt_over_a_serial_line() -> None:
    with Server(Printer(Habits(line_time=1000)), serial=True) as line:
        address = PrinterAddress(way="serial", place=line.path, profile=profile_of(MODEL), baud=115200)
        assert told(put(receipt(), address, FAST)) == ("printed", "")
        assert line.printer.originals() == 1


def test_paper_out_in_the_middle_is_told_while_the_connection_is_kept(server: Server) -> None:
    server.printer.plan = [(10, "paper_out")]
    said: list[str] = []
    later(1.2, lambda: server.mend("paper_out"))
    result = put(receipt(), at(server), FAST, held=lambda trouble: said.append(trouble.value))
    assert told(result) == ("printed", "")
    assert result.parts
    assert said == ["paper_out"]
    assert (server.printer.originals(), server.connections) == (1, 1)


def test_a_job_that_is_held_up_ends_when_it_is_told_to(server: Server) -> None:
    server.printer.plan = [(10, "cover")]
    stop = threading.Event()
    later(0.6, stop.set)
    assert told(put(receipt(), at(server), FAST, stop=stop)) == ("unknown", "cover_open")


@pytest.mark.parametrize("how", ["reset", "half", "close"])
def test_a_connection_that_breaks_in_the_middle_is_unknown(server: Server, how: str) -> None:
    server.printer.habits.line_time = 50_000
    later(0.5, lambda: server.break_it(how))
    assert told(put(receipt(), at(server), FAST)) == ("unknown", "lost")


def test_nobody_listens_and_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert told(put(receipt(), parse(f"tcp://127.0.0.1:{port}"), FAST)) == ("queued", "refused")
    assert told(put(receipt(), parse("usb:/dev/no-such-printer"), FAST)) == ("queued", "unreachable")


def test_a_port_that_accepts_and_says_nothing_is_mute_and_got_no_receipt() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = parse(f"tcp://127.0.0.1:{deaf.getsockname()[1]}")
        assert told(put(receipt(), address, FAST)) == ("queued", "mute")
        connection, _ = deaf.accept()
        with connection:
            assert connection.recv(100) == b"\x10\x04\x01" * 2


def test_a_second_connection_waits_until_the_first_has_printed(server: Server) -> None:
    server.printer.habits.line_time = 10_000
    results: list[PrintResult] = []
    threads = [
        threading.Thread(target=lambda: results.append(put(receipt(), at(server), Timings(settle=0))))
        for _ in range(2)
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [told(result) for result in results] == [("printed", ""), ("printed", "")]


def test_bytes_that_wait_in_a_device_file_are_no_answer() -> None:
    with Server(Printer(Habits(line_time=1000)), serial=True) as line:
        with line.lock:
            line.printer.said += bytes.fromhex("12 10 00 00 00 00 37 22 41 42 43 44 00")
        time.sleep(0.1)
        line.set("paper_out")
        address = PrinterAddress(way="serial", place=line.path, profile=profile_of(MODEL), baud=115200)
        assert told(put(receipt(), address, FAST)) == ("queued", "paper_out")


def test_a_printer_can_be_asked_without_printing(server: Server) -> None:
    health = look(at(server), FAST, in_order=True)
    assert (health.trouble, health.in_order) == ("", True)
    assert health.answers == {f"DLE EOT {number}": "12" for number in (1, 2, 3, 4)}
    server.set("cover")
    assert look(at(server), FAST).trouble == "cover_open"
    assert server.printer.paper == []


def test_a_spooler_that_is_not_there_has_taken_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert told(put(receipt(), parse("cups:kitchen"), FAST)) == ("queued", "unreachable")


@pytest.mark.parametrize(("answer", "state"), [("exit 0", "sent"), ("exit 1", "queued")])
def test_what_a_spooler_took_is_sent_and_never_printed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: str, state: str
) -> None:
    lp = tmp_path / "lp"
    lp.write_text(f"#!/bin/sh\ncat > {tmp_path}/taken\n{answer}\n")
    lp.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert put(receipt(), parse("cups:kitchen"), FAST).state.value == state
    assert b"ORIGINAL" in (tmp_path / "taken").read_bytes()
