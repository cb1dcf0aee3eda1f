"""Papers that are no vouchers, straight to a printer: nobody counts them, and the terminal knows nothing of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.labels import value_of
from counterfoil.cli.session import Session
from counterfoil.cli.standing import Standing
from counterfoil.step import SECOND_PRINTER
from counterfoil.words import Text

if TYPE_CHECKING:
    from counterfoil.inquiry.printers import PrinterState
    from counterfoil.links.address import PrinterAddress
    from counterfoil.receipts.document import Document

PATIENCE: Final = 20  # seconds a paper may be held up
OTHERS: Final = 2  # seconds another process that prints there is waited for
NOT_OUT: Final = frozenset({"queued", "failed"})
OUT: Final = frozenset({"printed", "sent"})
PAPER: Final = Text(
    "the paper may have come out at {printer}, or a part of it: look at it",
    "纸可能已在 {printer} 打印出全部或一部分：请查看",
)
NOT_PRINTED: Final = Text("Not printed. {why}", "未打印。{why}")
UNSURE: Final = Text(
    "It is not known whether it came out: look at the printer. {why}", "尚不清楚是否已打印：请查看打印机。{why}"
)
NO_PRINTER: Final = Text(
    "no printer is configured: set printer in counterfoil.toml, or name one with --printer",
    "未配置打印机：请在 counterfoil.toml 中设置 printer，或用 --printer 指定",
)
NO_SECOND: Final = Text("there is no second printer", "没有第二台打印机")


def address_of(session: Session, chosen: str | None, terminal: str | None = None) -> PrinterAddress | None:
    """The printer that is meant: `chosen`, or the first or, with that word, the second one of a terminal.

    None when it has none. Failure for what is no address, and for a terminal that is not here.
    """
    from counterfoil.errors import OurError
    from counterfoil.stack.printers import parse_printer

    try:
        if chosen and chosen != SECOND_PRINTER:
            return parse_printer(chosen)
        printers = printers_of(session, terminal)
    except OurError as error:
        raise Failure(Exit.USAGE, "usage", Text(str(error), error.zh)) from None
    return next(iter(printers[1:] if chosen else printers), None)


def printers_of(session: Session, terminal: str | None) -> tuple[PrinterAddress, ...]:
    """The printers of a terminal, of the first one when none is named; those of the settings where nothing ran yet."""
    from counterfoil.cli.stack import first_terminal, layout_of, stores
    from counterfoil.stack.config import load
    from counterfoil.terminal.sentences import ERRORS
    from counterfoil.terminal.stubs import device

    config = load(session.data)
    if not layout_of(session).demo_key.exists():
        return config.printers_of(terminal or "")
    terminal = terminal or first_terminal(session)
    with stores(session) as opened:
        found = device(opened.terminal, terminal) if opened.terminal is not None else None
        if found is None and opened.terminal is not None:
            raise Failure(Exit.NOT_FOUND, "unknown_terminal", ERRORS["unknown_terminal"])
    return config.printers_of(terminal, (found.printer, found.printer2) if found is not None else ("", ""))


def needed(session: Session, chosen: str | None, terminal: str | None = None) -> PrinterAddress:
    """The printer that is meant; Failure when there is none, and for what is no address."""
    found = address_of(session, chosen, terminal)
    if found is None and chosen:
        raise Failure(Exit.NOT_FOUND, "no_printer", NO_SECOND)
    if found is None:
        raise Failure(Exit.NOT_FOUND, "no_printer", NO_PRINTER)
    return found


def asked(session: Session, address: PrinterAddress) -> PrinterState:
    """How a printer is; one that prints for us just now is not asked."""
    from counterfoil.cli.stack import layout_of, stores
    from counterfoil.inquiry.printers import find
    from counterfoil.receipts.printers.round import Timings

    layout = layout_of(session)
    if not layout.demo_key.exists():
        return find(address, layout.uses, None, Timings())
    with stores(session) as opened:
        return find(address, layout.uses, opened, Timings())


def print_document(session: Session, document: Document, address: PrinterAddress) -> tuple[str, str]:
    """Print it, in the reader's language; the state of the job and the trouble. Failure when it did not come out, and
    when nobody knows.
    """
    from counterfoil.cli.stack import layout_of
    from counterfoil.errors import OurError
    from counterfoil.inquiry.printers import SILENT, advice
    from counterfoil.links.printing import order_of, put_alone
    from counterfoil.receipts.printers.round import Timings
    from counterfoil.receipts.render.escpos import render
    from counterfoil.step import SECOND, SPELLED_OUT
    from counterfoil.terminal.sentences import trouble as sentence

    try:
        paper = render(document, session.lang, address.profile)
    except OurError as error:
        raise Failure(Exit.FAILED, "unprintable", Text(str(error), error.zh)) from None
    session.may_stand(lambda: Standing(PAPER.filled(printer=address), more={"printer": str(address)}))
    timings = Timings(patience=PATIENCE * SECOND, others=OTHERS * SECOND)
    result = put_alone(order_of(paper), address, timings, layout_of(session).uses)
    state, trouble = result.state.value, result.trouble
    if state not in OUT:
        form = NOT_PRINTED if state in NOT_OUT else UNSURE
        silent = asked(session, address) if trouble in SILENT else None
        held = advice(silent, address) if silent is not None and silent.holds else None
        text = form.filled(why=held or (sentence(trouble) if trouble else ""))
        text = Text(text.en.strip(), text.zh.strip())
        raise Failure(Exit.UNKNOWN, trouble or state, text, state=state, trouble=trouble)
    return state, trouble or (SPELLED_OUT if paper.lacking else "")


def hand_out(session: Session, about: dict[str, Any], document: Document, printer: str | None, terminal: str) -> int:
    """Print a paper on a terminal's printer, or on another one, and say so; Failure as for `print_document`."""
    state, trouble = print_document(session, document, needed(session, printer, terminal))
    from counterfoil.step import SPELLED_OUT
    from counterfoil.terminal.sentences import trouble as sentence

    said = [session.word(value_of("receipt_state", state))]
    said += [session.word(sentence(trouble))] if trouble == SPELLED_OUT else []
    session.answer({**about, "state": state, "trouble": trouble}, lambda: print(*said, sep="\n"))
    return Exit.OK
