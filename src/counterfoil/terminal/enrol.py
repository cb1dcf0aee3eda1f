"""Registering a terminal: the key ceremony of the demo, and of any test."""

from __future__ import annotations

import re
from typing import Any, Final

from msgspec.structs import replace

from counterfoil.receipts.naming import Naming
from counterfoil.security import KeyUsage, KeyUsageError
from counterfoil.step import Command
from counterfoil.terminal import numbers, printer
from counterfoil.terminal.lane import Lane
from counterfoil.terminal.rows import Device
from counterfoil.terminal.work import Work

TERMINAL: Final = re.compile(r"[A-Za-z0-9]{8}")
MERCHANT: Final = re.compile(r"[A-Za-z0-9]{15}")
OPERATOR: Final = re.compile(r"[A-Za-z0-9]{1,3}")
LONGEST_NAME: Final = 60  # characters
TPDU: Final = "6000030000"
HEADER: Final = "603100311300"


def enrol(work: Work, command: Command, naming: Naming) -> Lane | None:
    """Register a terminal with its master key (`tmk`, hex) and, if it has its own, its printers, or change one that is
    idle. A repeat changes nothing, and printers that are not named stay.

    A new name is refused when `naming` says that it cannot be on a receipt.
    """
    try:
        device = _read(work, command.args)
        lane = work.lane(device.terminal)
        own = printer.given(work, lane.device if lane is not None else device, command.args)
    except ValueError as error:
        work.refuse((command.id,), "bad_request", detail=str(error))
        return None
    wrong = naming(device.name) if lane is None or lane.device.name != device.name else None
    if wrong is not None:
        work.refuse((command.id,), "name_not_printable", detail=wrong)
        return None
    device = replace(device, printer=own.printer, printer2=own.printer2)
    if lane is None:
        lane = work.lanes[device.terminal] = Lane(device=device, wake=work.now)
        work.note(lane, "enrolled")
    elif _identity(lane.device) != _identity(device):
        if lane.exchange is not None or lane.printing is not None or lane.current is not None or lane.queue:
            work.refuse((command.id,), "busy")
            return None
        old = lane.device
        lane.device = Device(**{**_fields(device), "batch": old.batch, "stan": old.stan})
        numbers.require_sign_on(lane, work.now)
        work.note(lane, "enrolled again")
    else:
        printer.put(work, lane, own)
    work.reply((command.id,), {"terminal": device.terminal, "merchant": device.merchant, "enrolled": True})
    return lane


def _read(work: Work, args: dict[str, Any]) -> Device:
    terminal, merchant = str(args.get("terminal", "")), str(args.get("merchant", ""))
    if not TERMINAL.fullmatch(terminal):
        raise ValueError("terminal")
    if not MERCHANT.fullmatch(merchant):
        raise ValueError("merchant")
    tpdu, header = _bytes(args, "tpdu", TPDU), _bytes(args, "header", HEADER)
    if len(tpdu) != 5 or len(header) not in (0, 6):
        raise ValueError("tpdu, header")
    try:
        key = work.hsm.import_clear(KeyUsage.TMK, _bytes(args, "tmk"))
    except KeyUsageError:
        raise ValueError("tmk") from None
    name, operator = args.get("name") or merchant, str(args.get("operator", "01"))
    if not isinstance(name, str) or len(name) > LONGEST_NAME or not name.strip():
        raise ValueError("name")
    if not OPERATOR.fullmatch(operator):
        raise ValueError("operator")
    return Device(terminal, merchant, name, operator, tpdu, header, key.blob, key.kcv)


def _bytes(args: dict[str, Any], name: str, default: str = "") -> bytes:
    """The bytes an argument gives in hex; ValueError, with its name, when it does not."""
    try:
        return bytes.fromhex(str(args.get(name, default)))
    except ValueError:
        raise ValueError(name) from None


def _fields(device: Device) -> dict[str, Any]:
    return {name: getattr(device, name) for name in device.__struct_fields__}


def _identity(device: Device) -> tuple[object, ...]:
    """What makes two registrations the same; a sealed key looks different every time, its check value does not."""
    return device.terminal, device.merchant, device.name, device.operator, device.tpdu, device.header, device.tmk_kcv
