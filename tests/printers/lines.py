"""Addresses and short times for tests over real lines."""

from __future__ import annotations

import threading
from collections.abc import Callable

from msgspec.structs import replace

from counterfoil.links.address import PrinterAddress, parse
from counterfoil.receipts.printers.job import PrintResult
from counterfoil.receipts.printers.round import Timings
from counterfoil.receipts.profile import profile_of
from counterfoil.step import SECOND

FAST = Timings(
    settle=SECOND // 100,
    answer=SECOND // 5,
    start=SECOND,
    barrier=SECOND // 2,
    per_10cm=0,
    poll=SECOND // 10,
    patience=2 * SECOND,
    clear=SECOND // 2,
)
BRIEF = replace(FAST, patience=6 * SECOND // 10, settle=SECOND // 50)
MODEL = "epson-tm-t20iii"


def tcp(port: int, model: str = MODEL) -> PrinterAddress:
    return parse(f"tcp://127.0.0.1:{port}?profile={model}")


def gs_r(port: int) -> PrinterAddress:
    """The model, but without barriers that have a name and without a buffer that can be cleared."""
    return replace(tcp(port), profile=profile_of(MODEL, barrier="gs-r", clear=False))


def later(seconds: float, happens: Callable[[], None]) -> None:
    threading.Timer(seconds, happens).start()


def told(result: PrintResult) -> tuple[str, str]:
    return result.state.value, result.trouble


JOB = "T0000001-000001-000002.cardholder.1"
SLOW = replace(FAST, patience=60 * SECOND)
