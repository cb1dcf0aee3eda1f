"""Serial lines and USB device files, on pseudo-terminals: how they are opened, and how they break."""

from __future__ import annotations

import errno
import os
import pty
import termios
import threading
import time

import pytest

from counterfoil.links.address import PrinterAddress
from counterfoil.links.devices import CannotOpen, open_device
from counterfoil.links.printing import put
from counterfoil.receipts.printers.status import Trouble
from counterfoil.receipts.profile import profile_of
from printers.desk import receipt
from printers.fake import Habits, Printer
from printers.lines import FAST, MODEL, told
from printers.server import Server


def serial(path: str, baud: int = 115200, flow: str = "none") -> PrinterAddress:
    return PrinterAddress(way="serial", place=path, profile=profile_of(MODEL), baud=baud, flow=flow)


@pytest.mark.parametrize(
    ("flow", "inputs", "control"),
    [("none", 0, 0), ("rtscts", 0, termios.CRTSCTS), ("xonxoff", termios.IXON | termios.IXOFF, 0)],
)
@pytest.mark.parametrize("baud", [9600, 115200])
def test_a_serial_line_is_set_as_its_address_says(flow: str, inputs: int, control: int, baud: int) -> None:
    master, slave = pty.openpty()
    device = open_device(serial(os.ttyname(slave), baud=baud, flow=flow), 1)
    found_inputs, outputs, found_control, local, *speeds, _ = termios.tcgetattr(slave)
    device.close()
    os.close(master)
    os.close(slave)
    assert (found_inputs, outputs, local) == (inputs, 0, 0)
    assert found_control & (termios.CRTSCTS | termios.CSIZE | termios.PARENB) == control | termios.CS8
    assert speeds == [getattr(termios, f"B{baud}")] * 2


def test_a_receipt_over_a_usb_device_file() -> None:
    with Server(Printer(Habits(line_time=1000)), serial=True) as line:
        address = PrinterAddress(way="usb", place=line.path, profile=profile_of(MODEL))
        assert told(put(receipt(), address, FAST)) == ("printed", "")
        assert line.printer.originals() == 1


def test_a_usb_cable_pulled_in_the_middle_is_unknown() -> None:
    line = Server(Printer(Habits(line_time=50_000)), serial=True)
    with line:
        address = PrinterAddress(way="usb", place=line.path, profile=profile_of(MODEL))
        threading.Timer(0.5, line.pull).start()
        assert told(put(receipt(), address, FAST)) == ("unknown", "lost")
    assert line.printer.originals() == 0


def test_a_power_cycle_on_a_real_serial_line_goes_unnoticed_and_is_found_out() -> None:
    printer = Printer(Habits(line_time=20_000, buffer=128))
    with Server(printer, serial=True) as line:

        def cycle() -> None:
            while printer.printed < 10:
                time.sleep(0.005)
            with line.lock:
                printer.power_cycle()

        threading.Thread(target=cycle, daemon=True).start()
        assert put(receipt(), serial(line.path), FAST).state.value == "unknown"


@pytest.mark.parametrize(
    ("number", "trouble"),
    [
        (errno.EBUSY, Trouble.BUSY),
        (errno.EACCES, Trouble.REFUSED),
        (errno.ENOENT, Trouble.UNREACHABLE),
        (errno.ENODEV, Trouble.UNREACHABLE),
    ],
)
def test_why_a_device_cannot_be_opened(monkeypatch: pytest.MonkeyPatch, number: int, trouble: Trouble) -> None:
    def refused(*_args: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(CannotOpen) as caught:
        open_device(PrinterAddress(way="usb", place="/dev/usb/lp0"), 1)
    assert caught.value.trouble is trouble


def test_a_file_that_is_no_serial_line_is_not_one() -> None:
    with pytest.raises(CannotOpen):
        open_device(serial("/dev/null"), 1)
