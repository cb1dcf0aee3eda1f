"""`counterfoil printer list`: which printers there are, and which terminals print on each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.on_paper import NO_PRINTER
from counterfoil.cli.session import Session, verb
from counterfoil.words import Text

if TYPE_CHECKING:
    from counterfoil.inquiry.printers import Served

FIRST: Final = Text("first", "第一台")
SECOND: Final = Text("second", "第二台")
FEW: Final = 6
"""Terminals named in one line; the rest are counted."""


@click.command("list", epilog="\b\nExample: counterfoil printer list --json")
@verb
def list_command(session: Session) -> int:
    """Which printers there are, and which terminals print on each, first and second; nobody is asked."""
    from counterfoil.cli.stack import layout_of, stores
    from counterfoil.errors import OurError
    from counterfoil.inquiry.printers import served
    from counterfoil.stack.config import load
    from counterfoil.terminal.stubs import devices

    try:
        config = load(session.data)
    except OurError as error:
        raise Failure(Exit.USAGE, "usage", Text(str(error), error.zh)) from None
    if not layout_of(session).demo_key.exists():
        found = served([], config.printers_of, config.usual)
    else:
        with stores(session) as opened:
            known = devices(opened.terminal) if opened.terminal is not None else []
        found = served(known, config.printers_of, config.usual)
    if not found:
        raise Failure(Exit.NOT_FOUND, "no_printer", NO_PRINTER)
    session.answer({"printers": [told(one) for one in found]}, lambda: [print(line(session, one)) for one in found])
    return Exit.OK


def told(one: Served) -> dict[str, Any]:
    """A printer for programs."""
    return {
        "printer": str(one.address),
        "profile": one.address.profile.name,
        "first": list(one.first),
        "second": list(one.second),
    }


def line(session: Session, one: Served) -> str:
    """A printer for people."""
    parts = [f"{one.address}  ({one.address.profile.title})"]
    for word, names in ((FIRST, one.first), (SECOND, one.second)):
        if names:
            more = f" … ({len(names)})" if len(names) > FEW else ""
            parts.append(f"{session.word(word)}: {' '.join(names[:FEW])}{more}")
    return "  ".join(parts)
