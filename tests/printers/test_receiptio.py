"""receiptio, a print program nobody of this project wrote, as a client of our fake printer: does it see what is so?

Its port is 9100 and nothing else, so the fake listens there, on a loopback address of its own where the system has one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from printers.emupos import HOME
from printers.fake import Habits, Printer
from printers.server import Server
from system import needed_of_npm, runs

VERSION = "2.1.2"
FOLDER = HOME / f"receiptio-{VERSION}"
PROGRAM = FOLDER / "node_modules" / "receiptio" / "bin" / "cli.js"
PORT = 9100
CODES = {0: "success", 100: "online", 101: "coveropen", 102: "paperempty", 103: "error", 104: "offline"}
SLIP = "^^^RECEIPT\n\nAsparagus | 1| 1.00\nBroccoli  | 2| 2.00\n---\n^TOTAL | ^3.00\n"


def found() -> Path | None:
    return PROGRAM if PROGRAM.exists() and runs("node", "--version") else None


@pytest.fixture(scope="module")
def program() -> Path:
    HOME.mkdir(mode=0o700, exist_ok=True)
    return needed_of_npm("receiptio", found, FOLDER, f"receiptio@{VERSION}")


@pytest.fixture
def server() -> Iterator[Server]:
    ours = os.getpid() % 60_000
    host = f"127.91.{ours // 250}.{1 + ours % 250}" if sys.platform == "linux" else "127.0.0.1"
    with Server(Printer(Habits(line_time=1000)), at=(host, PORT)) as running:
        yield running


def say(program: Path, server: Server, *options: str, slip: str = "") -> str:
    """Its answer: an exit code of its own, as its manual names it."""
    command = ["node", str(program), "-d", server.host, *options]
    done = subprocess.run(command, input=slip, capture_output=True, text=True, timeout=60, check=False)
    return CODES.get(done.returncode, done.stderr)


@pytest.mark.parametrize(
    ("fault", "word"),
    [("", "online"), ("near_end", "online"), ("cover", "coveropen"), ("paper_out", "paperempty"), ("jam", "error")],
)
def test_what_it_asks_the_fake_it_is_told(program: Path, server: Server, fault: str, word: str) -> None:
    if fault:
        server.set(fault)
    assert say(program, server, "-q") == word


def test_it_finds_out_the_model_prints_and_hears_that_it_printed(program: Path, server: Server) -> None:
    assert say(program, server, "-c", "48", slip=SLIP) == "success"
    lines = [" ".join(line.split()) for line in server.printer.paper]
    assert [line for line in lines if line.startswith(("RECEIPT", "Aspar", "TOTAL", "--"))]
    assert server.printer.paper[-1] == "-- cut --"


@pytest.mark.parametrize(("fault", "word"), [("paper_out", "paperempty"), ("cover", "coveropen"), ("cutter", "error")])
def test_a_fault_in_the_middle_is_told_it_by_the_automatic_status(
    program: Path, server: Server, fault: str, word: str
) -> None:
    server.printer.plan = [(2, fault)]
    assert say(program, server, "-p", "escpos", slip=SLIP) == word
