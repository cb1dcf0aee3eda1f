"""How a printer is, and what to do about it: what it says, who has it in use, and what it may still hold.

A receipt that is held up in a printer prints by itself once the printer is mended, and is lost when the printer is
switched off. So nobody is told to switch off a printer that may hold one, however long ago it was heard.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from counterfoil.errors import InputError
from counterfoil.inquiry.stores import Stores
from counterfoil.links.address import PrinterAddress
from counterfoil.links.printing import ask
from counterfoil.links.uses import Use, Uses
from counterfoil.receipts.copies import CLOSED
from counterfoil.receipts.document import Copy
from counterfoil.receipts.printers.probe import Health
from counterfoil.receipts.printers.round import Timings
from counterfoil.terminal.printing import COPIES, of_job
from counterfoil.terminal.rows import Device
from counterfoil.terminal.sentences import trouble
from counterfoil.terminal.stubs import sale
from counterfoil.transaction import parse_ref
from counterfoil.words import Text

SILENT: Final = frozenset({"mute", "busy", "refused", "unreachable", "lost"})
"""Troubles of the line: what is wrong at the printer itself is not known."""
WAITING: Final = Text(
    "Our own terminal has it in use for the receipt of {ref} and waits. {what}. Do not switch the printer off: the "
    "receipt prints on by itself.",
    "本机终端正用它打印 {ref} 的签购单，等待处理：{what}。请勿关机：处理后签购单自动续打。",
)
PRINTING: Final = Text(
    "Our own terminal is printing the receipt of {ref} on it: ask again in a moment, and do not switch it off.",
    "本机终端正用它打印 {ref} 的签购单：请稍候再试，请勿关机。",
)
OTHER_PAPER: Final = Text(
    "Another paper of this machine is being printed on it: ask again in a moment, and do not switch it off.",
    "本机正用它打印其他单据：请稍候再试，请勿关机。",
)
HOLDS: Final = Text(
    "It may still hold a part of the receipt of {ref}. {what}. Do not switch it off: the receipt prints on by itself. "
    "If nothing comes out, print it on another printer or hand over the e-receipt, and have service look at this one.",
    "打印机内可能还有 {ref} 的签购单未打完。{what}。请勿关机：签购单会自动续打。"
    "如仍未打出，请用其他打印机重打印或交付电子签购单，并报修本机。",
)
LOOK_AT_IT: Final = Text("Look at its lid and its paper", "请检查机盖和纸卷")
DOUBT: Final = Text(
    "It does not say that it has worked through what it is sent: the profile {profile} may be another model's: name "
    "the right one, or ?profile=generic-80.",
    "打印机不回报是否已处理完收到的数据：型号设置 {profile} 可能不符，请改为正确型号或 ?profile=generic-80。",
)


class Served(NamedTuple):
    """A printer, and the terminals that try it first and second."""

    address: PrinterAddress
    first: tuple[str, ...]
    second: tuple[str, ...]


def served(
    devices: Sequence[Device],
    printers_of: Callable[[str, tuple[str, str]], Sequence[PrinterAddress]],
    usual: Sequence[PrinterAddress],
) -> list[Served]:
    """Every printer there is, the stack's first: each once, whatever profile it is named with. A terminal whose own is
    no address has none.
    """
    found: dict[str, tuple[PrinterAddress, tuple[list[str], list[str]]]] = {str(one): (one, ([], [])) for one in usual}
    for device in devices:
        try:
            printers = printers_of(device.terminal, (device.printer, device.printer2))
        except InputError:
            continue
        for place, address in enumerate(printers):
            _, tried = found.setdefault(str(address), (address, ([], [])))
            tried[place].append(device.terminal)
    return [Served(address, tuple(first), tuple(second)) for address, (first, second) in found.values()]


class PrinterState(NamedTuple):
    """What a printer says, and whose slip it has or may hold; None for nobody's."""

    health: Health
    use: Use | None

    @property
    def ready(self) -> bool:
        """Whether the next receipt can come out of it now."""
        return not self.health.trouble and self.health.in_order is not False

    @property
    def holds(self) -> bool:
        """Whether something would be lost if it were switched off."""
        return self.use is not None


def find(address: PrinterAddress, uses: Uses, stores: Stores | None, timings: Timings) -> PrinterState:
    """Ask a printer how it is, unless it prints for us now. Without `stores` whatever it holds is worth keeping."""
    health, use = ask(address, uses, timings)
    return PrinterState(health, worth_keeping(stores, use))


def worth_keeping(stores: Stores | None, use: Use | None) -> Use | None:
    """A job that a process waits for, or a copy that is in nobody's hand yet. Other papers can be printed again."""
    if use is None or use.live or stores is None or stores.terminal is None:
        return use
    key, copy = _sale(use.job)
    known = parse_ref(key)
    found = sale(stores.terminal, known) if known is not None and copy in COPIES else None
    return use if found is not None and found.copies(Copy(copy)).state not in CLOSED else None


def advice(found: PrinterState, address: PrinterAddress) -> Text | None:
    """What a cashier does about it, in one sentence; None when it is ready."""
    health, use = found
    if found.ready:
        return None
    if use is not None and (use.live or health.trouble in {*SILENT, ""}):
        what = trouble(use.trouble) if use.trouble and use.trouble not in SILENT else LOOK_AT_IT
        ref, _ = _sale(use.job)
        if not ref:
            return OTHER_PAPER
        form = HOLDS if not use.live else WAITING if use.trouble else PRINTING
        return form.filled(ref=ref, what=what)
    return trouble(health.trouble) if health.trouble else DOUBT.filled(profile=address.profile.name)


def _sale(job: str) -> tuple[str, str]:
    """Reference and copy of a print job; "" for a paper of no sale."""
    return of_job(job) if job.count(".") == 2 else ("", "")
