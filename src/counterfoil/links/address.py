"""Where a printer is, as a setting says it.

tcp://HOST[:9100]?profile=MODEL      serial:/dev/ttyUSB0?profile=MODEL&baud=19200&flow=rtscts
usb:/dev/usb/lp0?profile=MODEL       cups:QUEUE?profile=MODEL        file:DIR
escpos-usb:VENDOR:PRODUCT?profile=MODEL, two numbers in hex as lsusb shows them, through python-escpos
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec

from counterfoil.errors import InputError
from counterfoil.links import borrowed
from counterfoil.receipts.profile import GENERIC_80, PROFILES, Profile
from counterfoil.step import NO_PRINTER as NONE
from counterfoil.words import Text

Way = Literal["tcp", "serial", "usb", "escpos-usb", "cups", "file"]
PORT: Final = 9100
BAUDS: Final = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
FLOWS: Final = ("none", "rtscts", "xonxoff")
_MODEL: Final = {"profile"}
OPTIONS: Final = {
    **dict.fromkeys(("tcp", "usb", "escpos-usb", "cups"), _MODEL),
    "serial": _MODEL | {"baud", "flow"},
}
NUMBERS: Final = re.compile(r"([0-9a-fA-F]{4}):([0-9a-fA-F]{4})")
WAYS: Final = "tcp://HOST:9100, serial:/dev/…, usb:/dev/usb/lp0, escpos-usb:04b8:0e15, cups:QUEUE or file:DIR"
NO_PRINTER: Final = Text(f"a printer is {WAYS}", f"打印机地址应为 {WAYS.replace(' or ', ' 或 ')}")
NO_OPTION: Final = Text("a {way}: printer has no option {option}", "{way}: 打印机没有选项 {option}")
NO_PROFILE: Final = Text(
    "no such printer profile: {model} (there are {known})", "没有打印机型号 {model}（可用的有 {known}）"
)
_SPEEDS, _FLOWS = ", ".join(map(str, BAUDS)), ", ".join(FLOWS)
NO_SPEED: Final = Text(f"baud is one of {_SPEEDS}, flow one of {_FLOWS}", f"baud 应为 {_SPEEDS}；flow 应为 {_FLOWS}")
QUEUE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,126}")


class PrinterAddress(msgspec.Struct, frozen=True, kw_only=True):
    """One printer. `place` is a host, a device, a queue, a directory, or vendor and product of a USB unit."""

    way: Way
    place: str
    port: int = 0
    profile: Profile = GENERIC_80
    baud: int = 19200
    flow: str = "none"

    def __str__(self) -> str:
        return f"tcp://{self.place}:{self.port}" if self.way == "tcp" else f"{self.way}:{self.place}"


def resolved(own: tuple[str, str], usual: Sequence[PrinterAddress]) -> tuple[PrinterAddress, ...]:
    """The printers of one terminal in the order they are tried: its own, where it has none of its own the stack's, and
    none at all without a first one. InputError when one of its own is no address.
    """
    found: list[PrinterAddress] = []
    for name, stacks in zip(own, (usual[:1], usual[1:2]), strict=True):
        meant = tuple(stacks) if not name else () if name == NONE else (parse(name),)
        found += [one for one in meant if one.way != "file" and str(one) not in map(str, found)]
        if not found:
            return ()
    return tuple(found)


def parse(text: str) -> PrinterAddress:
    """The printer a setting names; InputError when it names none."""
    try:
        url = urlsplit(text)
        options = dict(parse_qsl(url.query, strict_parsing=True)) if url.query else {}
        port = url.port
        (url.hostname or "").encode("idna")  # as whoever connects does
    except ValueError:
        raise InputError(*NO_PRINTER) from None
    unknown = sorted(set(options) - OPTIONS.get(url.scheme, set()))
    if unknown:
        raise InputError(*NO_OPTION.filled(way=url.scheme, option=unknown[0]))
    model = options.get("profile", GENERIC_80.name)
    if model not in PROFILES:
        raise InputError(*NO_PROFILE.filled(model=model, known=", ".join(PROFILES)))
    profile = PROFILES[model]
    if url.scheme == "tcp" and url.hostname:
        return PrinterAddress(way="tcp", place=url.hostname, port=port or PORT, profile=profile)
    if url.scheme == "file" and url.path:
        return PrinterAddress(way="file", place=url.path)
    if url.scheme == "cups" and QUEUE.fullmatch(url.path):
        return PrinterAddress(way="cups", place=url.path, profile=profile)
    if url.scheme == "usb" and url.path.startswith("/"):
        return PrinterAddress(way="usb", place=url.path, profile=profile)
    if url.scheme == "escpos-usb" and NUMBERS.fullmatch(url.path):
        if borrowed.missing():
            raise InputError(*borrowed.MISSING)
        return PrinterAddress(way="escpos-usb", place=url.path, profile=profile)
    if url.scheme == "serial" and url.path.startswith("/"):
        baud, flow = options.get("baud", "19200"), options.get("flow", "none")
        if baud not in map(str, BAUDS) or flow not in FLOWS:
            raise InputError(*NO_SPEED)
        return PrinterAddress(way="serial", place=url.path, profile=profile, baud=int(baud), flow=flow)
    raise InputError(*NO_PRINTER)
