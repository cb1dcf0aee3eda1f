"""A receipt that is held up in a printer: what is said about the printer, in every trouble and at every moment.

The printer is the scripted one, over real sockets. Some of them hear nothing once their buffer is full, and all of them
are mute to a second connection. Whoever asks must not be told to switch off what would print by itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from counterfoil.inquiry.printers import PrinterState, advice, find
from counterfoil.links.address import PrinterAddress
from counterfoil.links.printing import put_alone
from counterfoil.links.uses import Use, Uses
from counterfoil.receipts.diagnosis import PersonQuestion, PrinterFacts, diagnose
from counterfoil.receipts.printers.job import JobState, PrintResult
from counterfoil.receipts.printers.round import Timings
from counterfoil.terminal.sentences import TROUBLES
from printers.desk import receipt
from printers.fake import Habits, Printer
from printers.lines import BRIEF, FAST, JOB, SLOW, gs_r
from printers.server import Server

TREE = Path(__file__).parents[1]
NAMES = {
    "cover": "cover_open",
    "paper_out": "paper_out",
    "offline": "offline",
    "cutter": "cutter",
    "jam": "jam",
    "unrecoverable": "unrecoverable",
    "hot": "hot_head",
}
MOMENTS = {"header": 1, "middle": 10, "end": 26}
BUFFERS = {"hears": 4096, "full": 48}


def wait(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + 20
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.01)


class Desk:
    """A printer, what is known of its uses, and somebody who prints on it."""

    def __init__(self, server: Server, uses: Uses) -> None:
        self.server = server
        self.uses = uses
        self.address: PrinterAddress = gs_r(server.port)
        self.results: list[PrintResult] = []

    def print(self, timings: Timings) -> threading.Thread:
        def run() -> None:
            self.results.append(put_alone(receipt(), self.address, timings, self.uses, JOB))

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def held(self, trouble: str) -> None:
        wait(lambda: self.uses.of(self.address) == Use(JOB, trouble, live=True))

    def found(self) -> PrinterState:
        return find(self.address, self.uses, None, FAST)


def desk(tmp_path: Path, *, buffer: int = 4096, line_time: int = 500) -> tuple[Server, Desk]:
    server = Server(Printer(Habits(line_time=line_time, buffer=buffer)))
    return server, Desk(server, Uses(tmp_path / "uses"))


def safe(found: PrinterState, address: PrinterAddress) -> str:
    """The advice, after it is certain that neither it nor any end of the tree takes the power away; the lamp is on."""
    told = advice(found, address)
    assert told is not None
    assert "off and on" not in told.en
    assert "关机重开" not in told.zh
    health = found.health
    trouble = "ours" if found.use is not None and found.use.live and health.trouble == "busy" else health.trouble
    facts = PrinterFacts(trouble=trouble, in_order=health.in_order, holds=found.holds)
    for answers in every({"lamp": "on"}, facts):
        end = diagnose(facts, answers).outcome
        assert end is not None
        assert "off and on" not in end.advice.en, answers
        assert "关机重开" not in end.advice.zh, answers
        assert "self_test" not in answers
    return told.en


def every(answers: dict[str, str], facts: PrinterFacts) -> Iterator[dict[str, str]]:
    question: PersonQuestion | None = diagnose(facts, answers).question
    if question is None:
        yield answers
        return
    for choice in question.choices or ("yes", "no"):
        yield from every({**answers, question.name: choice}, facts)


@pytest.mark.parametrize("buffer", BUFFERS)
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("trouble", NAMES)
def test_held_up_given_up_and_mended(tmp_path: Path, trouble: str, moment: str, buffer: str) -> None:
    server, at = desk(tmp_path, buffer=BUFFERS[buffer])
    server.printer.plan = [(MOMENTS[moment], trouble)]
    with server:
        thread = at.print(BRIEF)
        wait(lambda: bool(at.uses.of(at.address)) and trouble in server.printer.troubles)
        while thread.is_alive():
            found = at.found()
            if found.use is not None and found.use.live and found.use.trouble:
                assert found.health.trouble == NAMES[trouble]
                told = safe(found, at.address)
                assert TROUBLES[NAMES[trouble]].en in told
                assert "Do not switch the printer off" in told
            elif not found.ready:
                safe(found, at.address)
            assert server.connections == 1 or not thread.is_alive(), "whoever prints is left alone"
        given_up = at.found()
        assert at.results[0].state == ("failed" if moment == "header" else "unknown")
        assert given_up.use == Use(JOB, NAMES[trouble], live=False)
        assert TROUBLES[NAMES[trouble]].en in safe(given_up, at.address), "what it said last is not forgotten"
        server.mend(trouble)
        wait(lambda: at.found().ready)
        assert not at.found().holds, "it has worked through everything"


def test_a_receipt_that_is_held_up_and_mended_goes_on_and_leaves_nothing_behind(tmp_path: Path) -> None:
    server, at = desk(tmp_path)
    server.printer.plan = [(10, "cover")]
    with server:
        thread = at.print(SLOW)
        at.held("cover_open")
        server.set("paper_out")
        server.mend("cover")
        at.held("paper_out")
        server.mend("paper_out")
        thread.join(20)
        assert at.results[0].state == "printed"
        assert at.uses.of(at.address) is None
        assert server.printer.originals() == 1


@pytest.mark.parametrize("buffer", BUFFERS)
def test_whoever_printed_is_killed_and_nobody_is_told_to_switch_it_off(tmp_path: Path, buffer: str) -> None:
    server, at = desk(tmp_path, buffer=BUFFERS[buffer])
    server.printer.plan = [(10, "cover")]
    with server:
        words = [sys.executable, "-m", "printers.holder", str(server.port), str(tmp_path / "uses")]
        with subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(TREE)}) as process:
            at.held("cover_open")
            process.kill()
        found = at.found()
        assert found.use == Use(JOB, "cover_open", live=False)
        assert found.health.trouble == {"hears": "cover_open", "full": "mute"}[buffer]
        assert TROUBLES["cover_open"].en in safe(found, at.address)
        server.mend("cover")
        wait(lambda: at.found().ready)
        assert at.uses.of(at.address) is None


@pytest.mark.parametrize("how", ["reset", "close"])
def test_the_line_is_lost_in_the_middle(tmp_path: Path, how: str) -> None:
    server, at = desk(tmp_path, buffer=48)
    server.printer.plan = [(10, "cover")]
    with server:
        thread = at.print(SLOW)
        at.held("cover_open")
        server.break_it(how)
        thread.join(20)
        assert at.results[0].state == "unknown"
        assert "Do not switch it off" in safe(at.found(), at.address)
    gone = at.found()
    assert gone.health.trouble == "refused"
    assert "Do not switch it off" in safe(gone, at.address)


def test_it_turns_mute_in_the_middle_and_stays_so(tmp_path: Path) -> None:
    server, at = desk(tmp_path, line_time=20_000)
    with server:
        thread = at.print(BRIEF)
        wait(lambda: server.printer.printed > 5)
        with server.lock:
            server.printer.habits.mute = True
        thread.join(20)
        assert at.results[0].state == "unknown"
        found = at.found()
        assert (found.health.trouble, found.holds) == ("mute", True)
        assert "Do not switch it off" in safe(found, at.address)


def test_another_paper_on_the_printer_says_so_and_the_next_process_waits_or_is_told_that_it_is_busy(
    tmp_path: Path,
) -> None:
    server, at = desk(tmp_path)
    server.printer.plan = [(10, "cover")]
    with server:
        thread = threading.Thread(target=put_alone, args=(receipt(), at.address, SLOW, at.uses), daemon=True)
        thread.start()
        wait(lambda: at.uses.of(at.address) == Use("", "cover_open", live=True))
        assert "do not switch it off" in safe(at.found(), at.address)
        brief = Timings(others=1)
        assert put_alone(receipt(), at.address, brief, at.uses, JOB) == PrintResult(
            state=JobState.QUEUED, trouble="busy"
        )
        assert server.connections == 1
        server.mend("cover")
        thread.join(20)
        assert at.uses.of(at.address) is None
