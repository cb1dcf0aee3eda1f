"""Papers that are no vouchers, straight to a printer: nobody counts them, and the terminal knows nothing of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session
from counterfoil.cli.standing import Standing
from counterfoil.words import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterfoil.links.address import Address
    from counterfoil.receipts.document import Document

PATIENCE: Final = 20  # seconds a paper may be held up
NOT_OUT: Final = frozenset({"queued", "failed"})
OUT: Final = frozenset({"printed", "sent"})
IN_USE: Final = frozenset({"mute", "busy", "refused"})  # what a printer seems to be while another connection prints
WAITING: Final = Text(
    "Our own terminal has it in use for the receipt of {ref} and waits. {what}. Do not switch the printer off: the "
    "receipt prints on by itself.",
    "本机终端正用它打印 {ref} 的小票，等待处理：{what}。请勿关机：处理后小票自动续打。",
)
PRINTING: Final = Text(
    "Our own terminal is printing the receipt of {ref} on it: ask again in a moment.",
    "本机终端正用它打印 {ref} 的小票：请稍候再试。",
)
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


class User(NamedTuple):
    """The sale whose receipt our own terminal is printing, and what the printer told it; "" when nothing is wrong."""

    ref: str
    trouble: str


def address_of(session: Session, chosen: str | None) -> Address | None:
    """The printer that is meant; None when none is configured. Failure for what is no address."""
    from counterfoil.errors import OurError
    from counterfoil.stack.config import load, parse_printer

    try:
        return parse_printer(chosen) if chosen else load(session.data).printer
    except OurError as error:
        raise Failure(Exit.USAGE, "usage", Text(str(error), error.zh)) from None


def needed(session: Session, chosen: str | None) -> Address:
    """The printer that is meant; Failure when none is configured, and for what is no address."""
    found = address_of(session, chosen)
    if found is None:
        raise Failure(Exit.NOT_FOUND, "no_printer", NO_PRINTER)
    return found


def user_of(session: Session, address: Address, trouble: str) -> User | None:
    """Who uses this printer, when that is why it gives no answer: then it must not be switched off. None when it is not
    our own running terminal.
    """
    from counterfoil.cli.stack import layout_of, stores
    from counterfoil.terminal.records import stub, unsettled

    configured = address_of(session, None)
    if trouble not in IN_USE or str(address) != str(configured) or layout_of(session).find("terminal") is None:
        return None
    with stores(session) as opened:
        for one in unsettled(opened.terminal) if opened.terminal is not None else []:
            sending = "sending" in one.each_copy
            known = stub(opened.terminal, one.number) if opened.terminal is not None and sending else None
            if known is not None:
                return User(one.ref, held_up([line.what for line in known.history]))
    return None


def held_up(trail: Sequence[str]) -> str:
    """What holds up the usual printer in the latest print of a sale; "" when nothing does."""
    begun = max((number for number, what in enumerate(trail) if what.startswith("print ")), default=0)
    told = [what.partition(" copy ") for what in trail[begun:]]
    elsewhere = {copy for copy, _, what in told if what.startswith("goes to the second printer")}
    held = [what for copy, _, what in told if what.startswith("held up: ") and copy not in elsewhere]
    return held[-1].removeprefix("held up: ") if held else ""


def advice(session: Session, address: Address, trouble: str) -> Text:
    """What to do about a trouble at this printer."""
    from counterfoil.terminal.sentences import trouble as sentence

    user = user_of(session, address, trouble)
    if user is None:
        return sentence(trouble)
    if not user.trouble:
        return PRINTING.filled(ref=user.ref)
    what = sentence(user.trouble)
    return Text(WAITING.en.format(ref=user.ref, what=what.en), WAITING.zh.format(ref=user.ref, what=what.zh))


def print_document(session: Session, document: Document, address: Address) -> tuple[str, str]:
    """Print it, in the reader's language; the state of the job and the trouble. Failure when it did not come out, and
    when nobody knows.
    """
    from counterfoil.errors import OurError
    from counterfoil.links.printing import order_of, put
    from counterfoil.receipts.printers.round import Timings
    from counterfoil.receipts.render.escpos import render
    from counterfoil.step import SECOND, SPELLED_OUT

    try:
        paper = render(document, session.lang, address.profile)
    except OurError as error:
        raise Failure(Exit.FAILED, "unprintable", Text(str(error), error.zh)) from None
    session.may_stand(lambda: Standing(PAPER.filled(printer=address), more={"printer": str(address)}))
    result = put(order_of(paper), address, Timings(patience=PATIENCE * SECOND))
    state, trouble = result.state.value, result.trouble
    if state not in OUT:
        form = NOT_PRINTED if state in NOT_OUT else UNSURE
        why = advice(session, address, trouble) if trouble else Text("", "")
        text = Text(form.en.format(why=why.en).strip(), form.zh.format(why=why.zh).strip())
        raise Failure(Exit.UNKNOWN, trouble or state, text, state=state, trouble=trouble)
    return state, trouble or (SPELLED_OUT if paper.lacking else "")


def hand_out(session: Session, about: dict[str, Any], document: Document, printer: str | None) -> int:
    """Print a paper and say so; Failure as for `print_document`."""
    state, trouble = print_document(session, document, needed(session, printer))
    from counterfoil.step import SPELLED_OUT
    from counterfoil.terminal.sentences import trouble as sentence

    said = [state, session.word(sentence(trouble))] if trouble == SPELLED_OUT else [state]
    session.answer({**about, "state": state, "trouble": trouble}, lambda: print(*said, sep="\n"))
    return Exit.OK
