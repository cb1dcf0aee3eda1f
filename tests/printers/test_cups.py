"""A real CUPS: what it calls completed is not printed, and our code does not believe it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from counterfoil.links.address import parse
from counterfoil.links.printing import look, put
from printers.desk import receipt
from printers.emupos import eventually
from printers.fake import Habits, Printer
from printers.lines import FAST, told
from printers.server import Server
from printers.spooler import QUEUE, Spooler, found
from system import needed

ADDRESS = parse(f"cups:{QUEUE}?profile=generic-80")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(Printer(Habits(line_time=1000))) as running:
        yield running


@pytest.fixture
def programs() -> dict[str, str]:
    return needed("CUPS", found, "cups", "cups-daemon", "cups-client")


@pytest.fixture
def spooler(programs: dict[str, str], server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Spooler]:
    with Spooler(programs, server.port) as running:
        monkeypatch.setenv("CUPS_SERVER", running.environ["CUPS_SERVER"])
        yield running


def test_a_receipt_through_a_raw_queue_comes_out_and_is_called_sent(spooler: Spooler, server: Server) -> None:
    assert told(put(receipt(), ADDRESS, FAST)) == ("sent", "")
    eventually(lambda: spooler.completed() == 1)
    eventually(lambda: server.printer.paper[-1:] == ["-- cut --"])
    assert server.printer.originals() == 1


def test_with_paper_out_the_queue_calls_it_completed_and_is_idle_and_nothing_is_on_the_paper(
    spooler: Spooler, server: Server
) -> None:
    server.set("paper_out")
    assert told(put(receipt(), ADDRESS, FAST)) == ("sent", "")
    eventually(lambda: spooler.completed() == 1, 30)
    assert (spooler.open(), spooler.idle()) == (0, True)
    assert server.printer.paper == []
    health = look(ADDRESS, FAST)
    assert (health.answers, health.in_order) == ({}, None)  # nothing is known, and nothing is said to be known


def test_where_nothing_listens_the_queue_takes_it_all_the_same(
    programs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with Spooler(programs, port) as spooler:
        monkeypatch.setenv("CUPS_SERVER", spooler.environ["CUPS_SERVER"])
        assert told(put(receipt(), ADDRESS, FAST)) == ("sent", "")
        assert (spooler.completed(), spooler.open()) == (0, 1)


def test_a_queue_that_does_not_exist_has_taken_nothing(spooler: Spooler) -> None:
    result = put(receipt(), parse("cups:cellar"), FAST)
    assert told(result) == ("queued", "refused")
    assert "cellar" in " ".join(result.log) or result.log
