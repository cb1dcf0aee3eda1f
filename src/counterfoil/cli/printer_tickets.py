"""`counterfoil printer tickets`: which printers somebody has to come and look at."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click
import msgspec

from counterfoil.cli.failure import Exit, Failure
from counterfoil.cli.session import Session, verb
from counterfoil.words import Text

if TYPE_CHECKING:
    from counterfoil.inquiry.tickets import Ticket

FOLDER: Final = "tickets"
NONE: Final = Text("no ticket is open", "没有未关闭的工单")
EPILOG: Final = """\b
Examples:
  counterfoil printer tickets list --all
  counterfoil printer tickets close M-000001 --by 01 --note 'head replaced'
"""


@click.group(name="tickets", epilog=EPILOG)
def tickets() -> None:
    """Maintenance tickets: list, close. `printer diagnose --ticket` opens one."""


@tickets.command("list", epilog="Example: counterfoil printer tickets list --all --json")
@click.option("--all", "closed", is_flag=True, help="The closed ones too.")
@verb
def list_command(session: Session, closed: bool) -> int:
    """The open tickets; 7 when there are any."""
    from counterfoil.inquiry.tickets import OPEN
    from counterfoil.inquiry.tickets import tickets as found_in

    found = found_in(session.data / FOLDER, closed=closed)

    def people() -> None:
        for ticket in found:
            print(line(session, ticket))
        if not found:
            print(session.word(NONE))

    session.answer({"tickets": msgspec.to_builtins(found)}, people)
    return Exit.BREAKS if any(ticket.state == OPEN for ticket in found) else Exit.OK


@tickets.command("close", epilog="Example: counterfoil printer tickets close M-000001 --by 01 --note 'head replaced'")
@click.argument("number")
@click.option("--by", required=True, help="Who says that it is done.")
@click.option("--note", default="", help="What was done.")
@verb
def close(session: Session, number: str, by: str, note: str) -> int:
    """Say that it is done."""
    from counterfoil.inquiry.tickets import NoTicket, close_ticket

    at = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        ticket = close_ticket(session.data / FOLDER, number, at, by[:40], note[:200])
    except NoTicket as error:
        raise Failure(Exit.NOT_FOUND, "no_ticket", Text(str(error), error.zh)) from None
    session.answer(msgspec.to_builtins(ticket), lambda: print(line(session, ticket)))
    return Exit.OK


def line(session: Session, ticket: Ticket) -> str:
    """One ticket as people read it."""
    advice = session.pick(ticket.advice) if ticket.advice else ""
    head = f"{ticket.number}  {ticket.state}  {ticket.owner}  {ticket.opened_at}  {ticket.printer}  {ticket.cause}"
    closed = f"  {ticket.closed_by}: {ticket.note}" if ticket.closed_by else ""
    return f"{head}\n    {advice}{closed}".rstrip()
