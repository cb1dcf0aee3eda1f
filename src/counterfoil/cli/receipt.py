"""`counterfoil receipt show`: a receipt as it was printed to its file."""

from __future__ import annotations

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session, verb
from counterfoil.transaction import parse_ref
from counterfoil.words import Text


@click.group(name="receipt", epilog="Example: counterfoil receipt show T0000001/000001/000001")
def command() -> None:
    """Show a receipt."""


@command.command(epilog="Example: counterfoil receipt show T0000001/000001/000001 --copy merchant")
@click.argument("ref")
@click.option("--copy", type=click.Choice(["cardholder", "merchant"]), default="cardholder", show_default=True)
@verb
def show(session: Session, ref: str, copy: str) -> int:
    """The latest print of one copy of a sale's receipt."""
    from counterfoil.cli.stack import receipts

    if parse_ref(ref) is None:
        raise Failure(Exit.USAGE, "usage", Text("REF is TERMINAL/BATCH/STAN", "REF 应为 终端号/批次号/流水号"))
    prints = receipts(session, ref, copy)
    if not prints:
        raise Failure(Exit.NOT_FOUND, "not_found", Text("no receipt was printed for this sale", "该交易没有打印过凭条"))
    text = prints[-1].read_text("utf-8")
    value = {"ref": ref, "copy": copy, "prints": len(prints), "file": str(prints[-1]), "text": text}
    session.answer(value, lambda: print(text, end=""))
    return Exit.OK
