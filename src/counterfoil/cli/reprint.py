"""`counterfoil receipt reprint` and `receipt close`: a copy again, and what a person says became of one."""

from __future__ import annotations

from typing import Any, Final

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.labels import copy_text
from counterfoil.cli.sale import turned_down
from counterfoil.cli.session import Session, verb
from counterfoil.errors import InputError
from counterfoil.step import SECOND_PRINTER
from counterfoil.transaction import parse_ref
from counterfoil.words import Text

SECONDS: Final = 60.0
MISSING: Final = frozenset({"unknown_sale", "no_receipt", "not_printing"})
COPY = click.option(
    "--copy",
    type=click.Choice(["cardholder", "merchant", "bank", "missing"]),
    default="cardholder",
    show_default=True,
    help="Whose; the bank's is optional. missing: each of the first two that is in nobody's hand.",
)
EPILOG: Final = """\b
Examples:
  counterfoil receipt reprint last
  counterfoil receipt reprint T0000001/000001/000002 --copy merchant --printer second
  counterfoil receipt reprint last --printer tcp://192.0.2.8?profile=epson-tm-t20iii
Exit codes are about this print, whatever became of earlier ones:
0 printed, or sent where nothing can prove more · 3 not out, or nobody knows
"""


def told(session: Session, what: str, args: dict[str, Any]) -> dict[str, Any]:
    """The terminal's answer; Failure when it has no such receipt."""
    from counterfoil.cli.stack import ask

    reply = ask(session, "terminal", what, args, SECONDS)
    if reply.get("error") in MISSING:
        raise Failure(Exit.NOT_FOUND, reply["error"], Text(reply["message"]["en"], reply["message"]["zh"]))
    if "error" in reply:
        raise turned_down(reply)
    return reply


def sale_of(session: Session, ref: str, terminal: str | None) -> str:
    """The reference that is meant: `last` is a terminal's last sale that stands; Failure when there is none."""
    from counterfoil.cli.stack import first_terminal

    if ref == "last":
        return str(told(session, "last", {"terminal": terminal or first_terminal(session), "paid": True})["ref"])
    if parse_ref(ref) is None:
        raise Failure(
            Exit.USAGE, "usage", Text("REF is last or TERMINAL/BATCH/STAN", "REF 应为 last 或 终端编号/批次号/凭证号")
        )
    return ref


def came_of(reply: dict[str, Any]) -> Exit:
    """The exit code an action at a terminal deserves, by what came of it."""
    return Exit.OK if reply.get("result", "done") == "done" else Exit.UNKNOWN


def printed(session: Session, ref: str, copy: str, printer: str) -> int:
    """Print a copy again and say what became of this print; 3 when it is not out, or nobody knows."""
    from counterfoil.receipts.document import amount_text

    reply = told(session, "receipt", {"ref": ref, "copy": copy, "printer": printer})

    def people() -> None:
        for name, one in reply["prints"].items():
            amount = amount_text(reply["amount"], reply["currency"])
            print(f"{reply['ref']}  {amount}  {copy_text(session, name, one['state'])}")
        if any(one["state"] != "printed" for one in reply["prints"].values()):
            print(session.pick(reply["sentence"]))

    session.answer(reply, people)
    return came_of(reply)


@click.command(epilog=EPILOG)
@click.argument("ref", metavar="last|REF")
@COPY
@click.option("--terminal", metavar="ID", help="Whose last sale [default: the first terminal's].")
@click.option("--printer", metavar="second|ADDRESS", default="", help="Another printer than the usual one.")
@verb
def reprint(session: Session, ref: str, copy: str, terminal: str | None, printer: str) -> int:
    """Print a copy again: the ORIGINAL when it is proven that none came out, else a DUPLICATE."""
    return printed(session, sale_of(session, ref, terminal), copy, chosen(printer))


def chosen(printer: str) -> str:
    """The printer somebody named, as the terminal is told; Failure for what is no address."""
    from counterfoil.links.address import parse

    if printer not in ("", SECOND_PRINTER):
        try:
            parse(printer)
        except InputError as error:
            raise Failure(Exit.USAGE, "usage", Text(f"--printer: {error}", f"--printer 无效：{error.zh}")) from None
    return printer


@click.command(
    epilog="""\b
Example: counterfoil receipt close last --as attested
Exit codes: 0 noted of every copy that was meant · 3 a copy that was meant is still open
"""
)
@click.argument("ref", metavar="last|REF")
@click.option(
    "--as",
    "how",
    type=click.Choice(["attested", "e-delivered", "declined"]),
    required=True,
    help="Seen with own eyes, sent as e-receipt, not wanted.",
)
@click.option("--copy", type=click.Choice(["cardholder", "merchant", "bank"]), help="Whose [default: the first two].")
@click.option("--terminal", metavar="ID", help="Whose last sale [default: the first terminal's].")
@click.option("--operator", default="", help="Who says so.")
@verb
def close(session: Session, ref: str, how: str, copy: str | None, terminal: str | None, operator: str) -> int:
    """Say what became of a receipt that no printer can vouch for."""
    args = {"ref": sale_of(session, ref, terminal), "how": how.replace("-", "_"), "operator": operator}
    reply = told(session, "close_receipt", {**args, **({"copy": copy} if copy else {})})
    session.answer(reply, lambda: print(f"{reply['ref']}: {session.pick(reply['sentence'])}"))
    return came_of(reply)
