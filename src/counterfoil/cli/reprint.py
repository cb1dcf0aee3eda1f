"""`counterfoil receipt reprint` and `receipt close`: a copy again, and what a person says became of one."""

from __future__ import annotations

from typing import Any, Final

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.sale import turned_down
from counterfoil.cli.session import Session, verb
from counterfoil.errors import InputError
from counterfoil.transaction import parse_ref
from counterfoil.words import Text

SECONDS: Final = 60.0
MISSING: Final = frozenset({"unknown_sale", "no_receipt", "not_printing"})
NOT_OUT: Final = frozenset({"queued", "failed"})
OPEN: Final = NOT_OUT | {"unknown", "sending"}
SECOND: Final = "second"
COPY = click.option(
    "--copy",
    type=click.Choice(["cardholder", "merchant", "bank"]),
    default="cardholder",
    show_default=True,
    help="Whose; the bank's is optional.",
)
EPILOG: Final = """\b
Examples:
  counterfoil receipt reprint last
  counterfoil receipt reprint T0000001/000001/000002 --copy merchant --printer second
  counterfoil receipt reprint last --printer tcp://192.0.2.8?profile=epson-tm-t20iii
Exit codes: 0 printed, or sent where nothing can prove more · 3 not out, or nobody knows
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
            Exit.USAGE, "usage", Text("REF is last or TERMINAL/BATCH/STAN", "REF 应为 last 或 终端号/批次号/流水号")
        )
    return ref


def printed(session: Session, ref: str, copy: str, printer: str) -> int:
    """Print a copy again and say what became of it; 3 when that is open."""
    from counterfoil.console import happened
    from counterfoil.receipts.document import amount_text
    from counterfoil.terminal.sentences import RECEIPT_FAILED, RECEIPT_UNSURE, trouble

    reply = told(session, "receipt", {"ref": ref, "copy": copy, "printer": printer})
    state = reply["copies"][copy]

    def people() -> None:
        stands = session.word(Text(state, happened.copy(state).zh))
        print(f"{reply['ref']}  {amount_text(reply['amount'], reply['currency'])}  {copy}: {stands}")
        if state in OPEN:
            if reply["receipt_trouble"]:
                print(session.word(trouble(reply["receipt_trouble"])))
            print(session.word(RECEIPT_FAILED if state in NOT_OUT else RECEIPT_UNSURE))

    session.answer(reply, people)
    return Exit.UNKNOWN if state in OPEN else Exit.OK


@click.command(epilog=EPILOG)
@click.argument("ref", metavar="last|REF")
@COPY
@click.option("--terminal", metavar="ID", help="Whose last sale [default: the first terminal's].")
@click.option("--printer", metavar="second|ADDRESS", default="", help="Another printer than the usual one.")
@verb
def reprint(session: Session, ref: str, copy: str, terminal: str | None, printer: str) -> int:
    """Print a copy again: the ORIGINAL when it is proven that none came out, else a DUPLICATE."""
    from counterfoil.links.address import parse

    if printer not in ("", SECOND):
        try:
            parse(printer)
        except InputError as error:
            raise Failure(Exit.USAGE, "usage", Text(f"--printer: {error}", f"--printer 无效：{error.zh}")) from None
    return printed(session, sale_of(session, ref, terminal), copy, printer)


@click.command(epilog="Example: counterfoil receipt close last --as attested")
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
    session.answer(reply, lambda: print(f"{reply['ref']}: {reply['receipt_state']}"))
    return Exit.OK
