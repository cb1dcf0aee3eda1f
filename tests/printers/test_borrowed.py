"""Printing through python-escpos; its network class stands for its USB one: the same two calls, a line we can serve."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from escpos import printer as printers

from counterfoil.links import address, borrowed, devices
from counterfoil.links.borrowed import Borrowed, Lent
from counterfoil.links.printing import look, put
from counterfoil.receipts.printers.status import Trouble
from printers.desk import receipt
from printers.fake import Habits, Printer
from printers.lines import FAST, later, told
from printers.server import Server

ADDRESS = "escpos-usb:04b8:0e15?profile=epson-tm-t20iii"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server(Printer(Habits(line_time=1000))) as running:

        def find(vendor: int, product: int) -> Lent:
            assert (vendor, product) == (0x04B8, 0x0E15)
            found: Any = printers.Network("127.0.0.1", running.port, timeout=0.1)
            found.open()
            lent: Lent = found
            return lent

        monkeypatch.setattr(devices, "find_usb", find)
        monkeypatch.setattr(borrowed, "missing", lambda: False)
        yield running


def at() -> address.Address:
    return address.parse(ADDRESS)


def test_a_receipt_is_printed_and_cut_and_the_line_let_go(server: Server) -> None:
    before = threading.active_count()
    assert [told(put(receipt(), at(), FAST)) for _ in range(2)] == [("printed", "")] * 2
    assert server.printer.originals() == 2
    assert server.printer.paper[-1] == "-- cut --"
    assert threading.active_count() == before


def test_paper_out_before_and_in_the_middle(server: Server) -> None:
    server.set("paper_out")
    assert told(put(receipt(), at(), FAST)) == ("queued", "paper_out")
    assert look(at(), FAST).trouble == "paper_out"
    server.mend("paper_out")
    server.printer.plan = [(10, "paper_out")]
    later(1.2, lambda: server.mend("paper_out"))
    result = put(receipt(), at(), FAST)
    assert (told(result), result.parts, server.printer.originals()) == (("printed", ""), True, 1)


def test_a_cable_pulled_in_the_middle_is_unknown(server: Server) -> None:
    server.printer.habits.line_time = 50_000
    later(0.5, lambda: server.break_it("reset"))
    assert put(receipt(), at(), FAST).state.value == "unknown"
    assert server.printer.originals() == 0


def test_a_unit_that_takes_nothing_any_more_does_not_keep_us_and_is_let_go_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(borrowed, "DRAIN", 0.2)
    let_go, taken = threading.Event(), threading.Event()

    class Stuck:
        def _raw(self, msg: bytes) -> None:
            assert taken.wait(10)

        def _read(self) -> bytes:
            raise TimeoutError

        def close(self) -> None:
            let_go.set()

    line = Borrowed(Stuck())
    assert line.write(b"receipt") == 7
    line.close()
    assert not let_go.is_set()
    taken.set()
    assert let_go.wait(10)


def test_without_the_extra_the_setting_is_refused_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "usb" else there(name))
    with pytest.raises(ValueError, match=r"pip install 'counterfoil\[escpos\]'"):
        address.parse(ADDRESS)


@pytest.mark.parametrize("numbers", ["", "04b8", "4b8:e15", "04b8:0e15:01", "/dev/usb/lp0"])
def test_a_unit_is_named_by_its_two_numbers(numbers: str) -> None:
    with pytest.raises(ValueError, match="escpos-usb:04b8:0e15"):
        address.parse(f"escpos-usb:{numbers}")


def test_a_library_that_went_missing_after_the_start_is_a_printer_that_cannot_be_reached() -> None:
    if importlib.util.find_spec("usb") is None:
        assert borrowed.find_usb(0x04B8, 0x0E15) is Trouble.UNREACHABLE
    else:
        assert isinstance(borrowed.find_usb(0x1234, 0x5678), Trouble)
