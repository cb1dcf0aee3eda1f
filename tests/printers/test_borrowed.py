"""Printing through python-escpos and pyusb as they are, over a USB bus of ours below them."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Iterator

import pytest
import usb.backend.libusb1

from counterfoil.links import address, borrowed
from counterfoil.links.borrowed import Borrowed
from counterfoil.links.printing import look, put
from counterfoil.receipts.printers.status import Trouble
from printers.desk import receipt
from printers.emupos import eventually
from printers.fake import Habits, Printer
from printers.lines import BRIEF, FAST, later, told
from printers.usb_bus import PRODUCT, VENDOR, Bus

ADDRESS = f"escpos-usb:{VENDOR:04x}:{PRODUCT:04x}?profile=epson-tm-t20iii"


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    found = Bus(Printer(Habits(line_time=1000)))
    monkeypatch.setattr(usb.backend.libusb1, "get_backend", lambda *_args, **_names: found)
    before = threading.active_count()
    yield found
    eventually(lambda: (threading.active_count(), found.opened, found.claimed) == (before, 0, False))


def at() -> address.PrinterAddress:
    return address.parse(ADDRESS)


def test_a_receipt_is_printed_and_cut_and_the_unit_let_go(bus: Bus) -> None:
    for count in (1, 2):
        assert told(put(receipt(), at(), FAST)) == ("printed", "")
        eventually(lambda: bus.printer.paper[-1] == "-- cut --")
        assert (bus.printer.originals(), bus.opened) == (count, 0)


def test_paper_out_before_and_in_the_middle(bus: Bus) -> None:
    bus.printer.set("paper_out")
    assert told(put(receipt(), at(), FAST)) == ("queued", "paper_out")
    assert look(at(), FAST).trouble == "paper_out"
    bus.printer.mend("paper_out")
    bus.printer.plan = [(10, "paper_out")]
    later(1.2, lambda: bus.printer.mend("paper_out"))
    result = put(receipt(), at(), FAST)
    assert (told(result), result.parts, bus.printer.originals()) == (("printed", ""), True, 1)


def test_a_unit_that_stands_still_keeps_what_it_was_given_and_is_let_go_when_it_has_it(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(borrowed, "DRAIN", 0.2)
    bus.printer.habits.buffer = 256
    bus.printer.plan = [(10, "paper_out")]
    assert told(put(receipt(), at(), BRIEF)) == ("unknown", "paper_out")
    assert bus.opened == 1
    bus.printer.mend("paper_out")
    eventually(lambda: bus.opened == 0)


def test_a_cable_pulled_in_the_middle_is_unknown(bus: Bus) -> None:
    bus.printer.habits.line_time = 50_000
    later(0.5, lambda: setattr(bus, "plugged", False))
    assert put(receipt(), at(), FAST).state.value == "unknown"
    assert bus.printer.originals() == 0
    assert told(put(receipt(), at(), FAST)) == ("queued", "unreachable")


def test_a_unit_that_is_not_there_cannot_be_reached(bus: Bus) -> None:
    bus.plugged = False
    assert told(put(receipt(), at(), FAST)) == ("queued", "unreachable")


def test_without_a_bus_nothing_can_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usb.backend.libusb1, "get_backend", lambda *_args, **_names: None)
    assert borrowed.find_usb(VENDOR, PRODUCT) is Trouble.UNREACHABLE


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
