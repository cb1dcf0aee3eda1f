"""Two tills, each with printers of its own: whose slip comes out where, with real processes and real sockets."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from counterfoil.stack.config import TOML
from loop.running import Running, stack
from printers.fake import Habits, Printer
from printers.server import Server

pytestmark = pytest.mark.usefixtures("font")

MODEL = "epson-tm-t20iii"
ONE, TWO, THREE = "T0000001", "T0000002", "T0000003"


def at(server: Server) -> str:
    return f"tcp://127.0.0.1:{server.port}?profile={MODEL}"


def printer() -> Server:
    return Server(Printer(Habits(line_time=200)))


def slips(server: Server, ref: str = "") -> list[str]:
    """What came out of a printer between two cuts, of one sale or of all."""
    with server.lock:
        paper = "\n".join(server.printer.paper)
    terminal, _, stan = ref.replace("/", " ").partition(" ")
    found = [slip for slip in re.split(r"^-- cut --$", paper, flags=re.MULTILINE) if slip.strip()]
    return [slip for slip in found if terminal in slip and stan.rpartition(" ")[2] in slip]


class Tills(NamedTuple):
    """The stack has `usual`; the settings give the second till `own`, and the third is given its printers later."""

    running: Running
    usual: Server
    own: Server
    spare: Server

    def sell(self, terminal: str) -> dict[str, Any]:
        answer = self.running.sell(terminal)
        assert answer.json["outcome"] == "approved", answer
        return dict(answer.json)

    def printed(self, sale: dict[str, Any]) -> dict[str, int]:
        """How many slips of a sale each printer has put out."""
        servers = {"usual": self.usual, "own": self.own, "spare": self.spare}
        return {name: count for name, server in servers.items() if (count := len(slips(server, sale["ref"])))}


@pytest.fixture(scope="module")
def tills(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tills]:
    data = tmp_path_factory.mktemp("tills") / "data"
    data.mkdir()
    with printer() as usual, printer() as own, printer() as spare:
        settings = [f'printer = "{at(usual)}"', 'language = "en"', "[printers]", f'{TWO} = ["{at(own)}", "none"]']
        (data / TOML).write_text("\n".join(settings))
        with stack(data, "1,2,6") as running:
            yield Tills(running, usual, own, spare)


def test_each_slip_comes_out_where_it_belongs(tills: Tills) -> None:
    first, second = tills.sell(ONE), tills.sell(TWO)
    assert (tills.printed(first), tills.printed(second)) == ({"usual": 2}, {"own": 2})
    again = tills.running.ask("receipt", "reprint", "last", "--terminal", TWO)
    assert (again.status, tills.printed(second)) == (0, {"own": 3})
    assert "DUPLICATE 1" in slips(tills.own, second["ref"])[-1]


def test_papers_that_are_no_slips_come_out_at_the_terminal_they_are_about(tills: Tills) -> None:
    ref = tills.sell(TWO)["ref"]
    before = [len(slips(server)) for server in (tills.usual, tills.own)]
    assert tills.running.ask("receipt", "print", ref, "--copy", "explanation").status == 0
    assert tills.running.ask("receipt", "list", "--terminal", TWO, "--print").status == 0
    assert tills.running.ask("printer", "test", "--terminal", TWO).json["state"] == "printed"
    assert [len(slips(server)) for server in (tills.usual, tills.own)] == [before[0], before[1] + 3]
    assert tills.running.ask("printer", "diagnose", ref).json["printer"] == f"tcp://127.0.0.1:{tills.own.port}"


def test_a_terminal_is_given_its_printers_while_everything_runs_and_keeps_them(tills: Tills) -> None:
    told = tills.running.ask("terminal", "printer", THREE, "--printer", at(tills.spare), "--second", at(tills.own))
    assert (told.json["printer"], told.json["printer2"]) == (at(tills.spare), at(tills.own))
    assert tills.printed(tills.sell(THREE)) == {"spare": 2}
    tills.running.kill("terminal")
    tills.running.until(lambda: tills.running.ask("terminal", "status", THREE).status == 0)
    status = tills.running.ask("terminal", "status", THREE).json["terminals"][0]
    assert (status["printer"], status["second"]) == (at(tills.spare), True)
    sale = tills.sell(THREE)
    assert tills.printed(sale) == {"spare": 2}
    assert tills.running.ask("receipt", "reprint", sale["ref"], "--printer", "second").status == 0
    assert tills.printed(sale) == {"spare": 2, "own": 1}
    listed = {one["printer"]: one for one in tills.running.ask("printer", "list").json["printers"]}
    assert set(listed) == {f"tcp://127.0.0.1:{server.port}" for server in (tills.usual, tills.own, tills.spare)}
    own = listed[f"tcp://127.0.0.1:{tills.own.port}"]
    assert (own["first"], own["second"]) == ([TWO], [THREE])
    assert ONE in listed[f"tcp://127.0.0.1:{tills.usual.port}"]["first"]


def test_a_terminal_whose_first_printer_is_off_prints_on_its_second_and_nothing_is_said_twice(tills: Tills) -> None:
    with contextlib.ExitStack() as until:
        off = until.enter_context(printer())
        address = at(off)
        place = ("127.0.0.1", off.port)
        tills.running.ask("terminal", "printer", THREE, "--printer", address, "--second", at(tills.spare))
        until.close()
        sale = tills.sell(THREE)
        assert tills.printed(sale) == {"spare": 2}
        paper = "\n".join(slips(tills.spare, sale["ref"]))
        for once in ("CARDHOLDER COPY", "MERCHANT COPY"):
            assert paper.count(once) == 1
        assert len(re.findall(r"^ *ORIGINAL$", paper, re.MULTILINE)) == 2
        assert "DUPLICATE" not in paper
        status = tills.running.ask("printer", "status", "--terminal", THREE)
        assert (status.status, status.json["trouble"], status.json["holds"]) == (6, "refused", "")
        assert tills.running.ask("printer", "status", "--terminal", THREE, "--printer", "second").status == 0
        with Server(Printer(Habits(line_time=200)), at=place) as on_again:
            assert tills.running.ask("printer", "status", "--terminal", THREE).json["ready"] is True
            tills.running.sell(THREE)
            assert len(slips(on_again)) == 2, "nothing of the earlier sale waited for it"


def test_a_terminal_with_no_second_printer_does_not_borrow_another_tills(tills: Tills) -> None:
    tills.own.set("cover")
    try:
        sale = tills.sell(TWO)
        assert (tills.printed(sale), sale["copies"]["cardholder"]) == ({}, "queued")
        assert tills.running.ask("receipt", "reprint", sale["ref"], "--printer", "second").status == 3
        assert (
            tills.running.ask("printer", "status", "--terminal", TWO, "--printer", "second").json["error"]
            == "no_printer"
        )
    finally:
        tills.own.mend("cover")


def test_a_held_receipt_of_one_till_holds_up_no_other_till(tills: Tills) -> None:
    with tills.own.lock:
        tills.own.printer.plan.append((tills.own.printer.printed + 6, "paper_out"))
    with tills.running.begin(*tills.running.sale_words(TWO)) as sale:
        tills.running.until(lambda: tills.own.printer.blocked, 30)
        assert tills.printed(tills.sell(ONE)) == {"usual": 2}
        held = tills.running.ask("printer", "status", "--terminal", TWO).json
        assert "Do not switch the printer off" in held["advice"]["en"]
        assert tills.running.ask("printer", "status", "--terminal", ONE).json["ready"] is True
        tills.own.mend("paper_out")
        out, _ = sale.communicate(timeout=60)
    assert tills.printed(json.loads(out)) == {"own": 2}


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("terminal", "printer", ONE, "--printer", "lpt1"), "usage"),
        (("terminal", "printer", "T9999999", "--printer", "none"), "unknown_terminal"),
        (("printer", "status", "--terminal", "T9999999"), "unknown_terminal"),
        (("printer", "test", "--terminal", "T9999999"), "unknown_terminal"),
        (("receipt", "print", "T0000001/000001/000001", "--copy", "cardholder", "--printer", "lpt1"), "usage"),
    ],
)
def test_a_printer_or_a_terminal_that_is_none_is_said(tills: Tills, words: tuple[str, ...], error: str) -> None:
    assert tills.running.ask(*words).json["error"] == error


def test_a_terminal_that_is_not_there_has_no_printers_and_the_stack_says_so(tmp_path: Path) -> None:
    (tmp_path / TOML).write_text('[printers]\nT9999999 = "tcp://127.0.0.1:9"\n')
    words = [sys.executable, "-m", "counterfoil", "up", "--data", str(tmp_path), "--timers", "1,2,6"]
    said = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    assert said.returncode != 0
    assert "T9999999" in said.stdout + said.stderr
