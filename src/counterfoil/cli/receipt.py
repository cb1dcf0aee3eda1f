"""`counterfoil receipt`: a receipt again, on the screen or on paper."""

from __future__ import annotations

from typing import Any, Final

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.sale import turned_down
from counterfoil.cli.session import Session, verb
from counterfoil.transaction import parse_ref
from counterfoil.words import Text

SECONDS: Final = 20.0
NONE: Final = frozenset({"unknown_sale", "no_receipt"})
COPY = click.option(
    "--copy", type=click.Choice(["cardholder", "merchant"]), default="cardholder", show_default=True, help="Whose."
)


@click.group(name="receipt", epilog="Example: counterfoil receipt show T0000001/000001/000001")
def command() -> None:
    """Show a receipt, or print it again."""


@command.command(epilog="Example: counterfoil receipt show T0000001/000001/000001 --copy merchant --lang zh")
@click.argument("ref")
@COPY
@verb
def show(session: Session, ref: str, copy: str) -> int:
    """The receipt of a sale in your language; of a stopped stack, as it was printed."""
    check(ref)
    try:
        text = asked(session, {"ref": ref, "copy": copy, "lang": session.lang, "print": False})["receipt"]
    except Failure as failure:
        if failure.status is not Exit.UNREACHABLE:
            raise
        text = kept(session, ref, copy)
    session.answer({"ref": ref, "copy": copy, "text": text}, lambda: print(text, end=""))
    return Exit.OK


@command.command("print", epilog="Example: counterfoil receipt print T0000001/000001/000001")
@click.argument("ref")
@COPY
@verb
def print_command(session: Session, ref: str, copy: str) -> int:
    """Print a copy again; marked DUPLICATE when it may have come out before."""
    check(ref)
    reply = asked(session, {"ref": ref, "copy": copy})
    session.answer(reply, lambda: print(f"{ref}: {reply['receipt_state']}"))
    return Exit.OK


def check(ref: str) -> None:
    """Failure for what is no reference of a sale."""
    if parse_ref(ref) is None:
        raise Failure(Exit.USAGE, "usage", Text("REF is TERMINAL/BATCH/STAN", "REF 应为 终端号/批次号/流水号"))


def asked(session: Session, args: dict[str, Any]) -> dict[str, Any]:
    """The terminal's answer; Failure when it has no such receipt."""
    from counterfoil.cli.stack import ask

    reply = ask(session, "terminal", "receipt", args, SECONDS)
    if reply.get("error") in NONE:
        raise Failure(Exit.NOT_FOUND, reply["error"], Text(reply["message"]["en"], reply["message"]["zh"]))
    if "error" in reply:
        raise turned_down(reply)
    return reply


def kept(session: Session, ref: str, copy: str) -> str:
    """The latest print of one copy, from the folder of the printer."""
    from counterfoil.cli.stack import receipts

    prints = receipts(session, ref, copy)
    if not prints:
        text = Text("no receipt was printed for this sale", "该交易没有打印过凭条")
        raise Failure(Exit.NOT_FOUND, "not_found", text)
    return prints[-1].read_text("utf-8")
