"""Which printers the settings name: the stack's first and second one, and those of single terminals."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from counterfoil.errors import InputError
from counterfoil.links.address import PrinterAddress, parse
from counterfoil.step import NO_PRINTER

TERMINAL: Final = re.compile("[A-Za-z0-9]{8}")


class Printers(NamedTuple):
    """The stack's printers, and the terminals' own: an address, NO_PRINTER, or "" for the stack's."""

    first: PrinterAddress | None
    second: PrinterAddress | None
    own: Mapping[str, tuple[str, str]]


def parse_printer(text: str) -> PrinterAddress | None:
    """A printer's address, None for the folder of the demo; InputError for what is none."""
    try:
        address = parse(text)
    except InputError as error:
        raise InputError(f"printer: {error}", f"printer 设置无效：{error.zh}") from None
    return None if address.way == "file" else address


def parse_printers(text: str) -> dict[str, tuple[str, str]]:
    """ "T0000002=tcp://192.0.2.8 T0000003=usb:/dev/usb/lp0,none" as the printers of these terminals.

    InputError for what is none.
    """
    found = {}
    for word in text.split():
        terminal, _, named = word.partition("=")
        first, _, second = named.partition(",")
        if not TERMINAL.fullmatch(terminal) or terminal in found or not named or "," in second:
            raise InputError(
                'printers is a table of terminals, as in T0000002 = ["tcp://192.0.2.8", "none"]',
                'printers 应为终端表，例如 T0000002 = ["tcp://192.0.2.8", "none"]',
            )
        found[terminal] = (parse_own(first), parse_own(second))
    return found


def parse_own(text: str) -> str:
    """A terminal's own printer: an address, NO_PRINTER (so is a folder), "" for the stack's; else InputError."""
    if text in ("", NO_PRINTER):
        return text
    return text if parse_printer(text) is not None else NO_PRINTER


def read_printers(said: Callable[[str], str], *, needed: bool) -> Printers:
    """The settings of printers; InputError for what makes no sense. `needed`: no sale without a printer."""
    first, second = (parse_printer(said(name)) if said(name) else None for name in ("printer", "printer2"))
    if second is not None and first is None:
        raise InputError("printer2 needs a printer before it", "设置 printer2 前须先设置 printer")
    if needed and first is None:
        raise InputError('paper = "required" needs a printer', 'paper = "required" 须先设置 printer')
    own = parse_printers(said("printers"))
    for terminal, (its_first, its_second) in own.items():
        none = its_first == NO_PRINTER or not (its_first or first)
        if none and (needed or its_second not in ("", NO_PRINTER)):
            raise InputError(
                f'{terminal} needs a first printer, for its second or for paper = "required"',
                f'终端 {terminal} 设有第二台打印机或 paper = "required"，须先有第一台打印机',
            )
    return Printers(first, second, own)


def in_a_line(table: dict[str, Any]) -> object:
    """The table of the terminals' printers as one line; as it is when it holds something else, which is refused."""
    lists = {name: one if isinstance(one, list) else [one] for name, one in table.items()}
    words = [word for named in lists.values() for word in named]
    if not all(isinstance(word, str) and not re.search(r"[\s,]", word) for word in words):
        return table
    return " ".join(f"{name}={','.join(named)}" for name, named in lists.items())
