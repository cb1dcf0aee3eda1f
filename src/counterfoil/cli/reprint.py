"""`counterfoil receipt reprint` and `receipt close`: a copy again, and what a person says became of one."""

from __future__ import annotations

from typing import Any, Final

import click

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.sale import turned_down
from counterfoil.cli.session import Session, verb
from counterfoil.transaction import parse_ref
from counterfoil.words import Text

SECONDS: Final = 60.0
MISSING: Final = frozenset({"unknown_sale", "no_receipt", "not_printing"})
OPEN: Final = frozenset({"queued", "failed", "unknown", "sending"})


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
    """The reference that is meant: `last` is the last approved sale of a terminal; Failure when there is none."""
    from counterfoil.cli.stack import first_terminal

    if ref == "last":
        return str(told(session, "last", {"terminal": terminal or first_terminal(session)})["ref"])
    if parse_ref(ref) is None:
        raise Failure(
            Exit.USAGE, "usage", Text("REF is last or TERMINAL/BATCH/STAN", "REF 应为 last 或 终端号/批次号/流水号")
        )
    return ref


@click.command(epilog="Example: counterfoil receipt reprint last")
@click.argument("ref", metavar="last|REF")
@click.option("--copy", type=click.Choice(["cardholder", "merchant"]), default="cardholder", show_default=True)
@click.option("--terminal", metavar="ID", help="Whose last sale [default: the first terminal's].")
@verb
def reprint(session: Session, ref: str, copy: str, terminal: str | None) -> int:
    """Print a copy again: the ORIGINAL when it is proven that none came out, else a DUPLICATE."""
    reply = told(session, "receipt", {"ref": sale_of(session, ref, terminal), "copy": copy})

    def people() -> None:
        print(f"{reply['ref']}: {reply['receipt_state']}")
        print(session.pick(reply["sentence"]))

    session.answer(reply, people)
    return Exit.UNKNOWN if reply["receipt_state"] in OPEN else Exit.OK


@click.command(epilog="Example: counterfoil receipt close last --as attested")
@click.argument("ref", metavar="last|REF")
@click.option(
    "--as",
    "how",
    type=click.Choice(["attested", "e-delivered", "declined"]),
    required=True,
    help="Seen with own eyes, sent as e-receipt, not wanted.",
)
@click.option("--copy", type=click.Choice(["cardholder", "merchant"]), help="Whose [default: both].")
@click.option("--terminal", metavar="ID", help="Whose last sale [default: the first terminal's].")
@click.option("--operator", default="", help="Who says so.")
@verb
def close(session: Session, ref: str, how: str, copy: str | None, terminal: str | None, operator: str) -> int:
    """Say what became of a receipt that no printer can vouch for."""
    args = {"ref": sale_of(session, ref, terminal), "how": how.replace("-", "_"), "operator": operator}
    reply = told(session, "close_receipt", {**args, **({"copy": copy} if copy else {})})
    session.answer(reply, lambda: print(f"{reply['ref']}: {reply['receipt_state']}"))
    return Exit.OK
