"""How a printer is named in the settings."""

import re

import pytest

from counterfoil.errors import InputError
from counterfoil.links.address import parse


@pytest.mark.parametrize(
    ("text", "way", "place", "port", "model"),
    [
        ("tcp://127.0.0.1:9100?profile=epson-tm-t20iii", "tcp", "127.0.0.1", 9100, "epson-tm-t20iii"),
        ("tcp://printer", "tcp", "printer", 9100, "generic-80"),
        ("usb:/dev/usb/lp0?profile=generic-58", "usb", "/dev/usb/lp0", 0, "generic-58"),
        ("serial:/dev/ttyUSB0?baud=9600&flow=xonxoff", "serial", "/dev/ttyUSB0", 0, "generic-80"),
        ("cups:kitchen", "cups", "kitchen", 0, "generic-80"),
        ("file:/tmp/slips", "file", "/tmp/slips", 0, "generic-80"),
    ],
)
def test_a_printer_has_an_address(text: str, way: str, place: str, port: int, model: str) -> None:
    found = parse(text)
    assert (found.way, found.place, found.port, found.profile.name) == (way, place, port, model)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tcp://",
        "lpt1",
        "tcp://x?profile=none",
        "tcp://x?colour=1",
        "serial:/dev/ttyS0?baud=1",
        "serial:/dev/ttyS0?flow=hope",
        "cups:-oraw",
        "usb:lp0",
        "tcp://x:99999",
        "tcp://[",
        "tcp://a..b",
        f"tcp://{'a' * 64}",
        "tcp://x?profile",
    ],
)
def test_what_is_no_printer_is_said_in_both_languages(text: str) -> None:
    with pytest.raises(InputError, match=r"^(a printer is|a \w+: printer has no|no such|baud is)") as no:
        parse(text)
    assert re.search(r"打印机|应为", no.value.zh)
