"""Papers that are no vouchers, straight to a printer: nobody counts them, and the terminal knows nothing of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session
from counterfoil.words import Text

if TYPE_CHECKING:
    from counterfoil.links.address import Address
    from counterfoil.receipts.document import Document

PATIENCE: Final = 20  # seconds a paper may be held up
NOT_OUT: Final = frozenset({"queued", "failed"})
NO_PRINTER: Final = Text(
    "no printer is configured: set printer in counterfoil.toml, or name one with --printer",
    "未配置打印机：请在 counterfoil.toml 中设置 printer，或用 --printer 指定",
)


def address_of(session: Session, chosen: str | None) -> Address | None:
    """The printer that is meant; None when none is configured. Failure for what is no address."""
    from counterfoil.errors import OurError
    from counterfoil.stack.config import load, parse_printer

    try:
        return parse_printer(chosen) if chosen else load(session.data).printer
    except OurError as error:
        raise Failure(Exit.USAGE, "usage", Text(str(error), error.zh)) from None


def needed(session: Session, chosen: str | None) -> Address:
    """The same; Failure when there is none."""
    found = address_of(session, chosen)
    if found is None:
        raise Failure(Exit.NOT_FOUND, "no_printer", NO_PRINTER)
    return found


def print_document(session: Session, document: Document, address: Address) -> tuple[str, str]:
    """Print it, in the reader's language; the state of the job and the trouble. Failure when nothing came out."""
    from counterfoil.errors import OurError
    from counterfoil.links.printing import order_of, put
    from counterfoil.receipts.printers.round import Timings
    from counterfoil.receipts.render.escpos import render
    from counterfoil.step import SECOND
    from counterfoil.terminal.sentences import trouble as sentence

    try:
        paper = render(document, session.lang, address.profile)
    except OurError as error:
        raise Failure(Exit.FAILED, "unprintable", Text(str(error), error.zh)) from None
    result = put(order_of(paper), address, Timings(patience=PATIENCE * SECOND))
    state, trouble = result.state.value, result.trouble
    if state in NOT_OUT:
        raise Failure(Exit.UNREACHABLE, trouble or state, sentence(trouble), state=state)
    return state, trouble


def hand_out(session: Session, about: dict[str, Any], document: Document, printer: str | None) -> int:
    """Print a paper and say so; 3 when nobody knows whether it came out."""
    state, trouble = print_document(session, document, needed(session, printer))
    session.answer({**about, "state": state, "trouble": trouble}, lambda: print(state))
    return Exit.UNKNOWN if state == "unknown" else Exit.OK
