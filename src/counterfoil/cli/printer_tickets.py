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
BY: Final = Text("--close needs --by: who says that it is done", "--close 需要 --by：由谁确认完成")
WORDS: Final = {
    "open": Text("open", "未关闭"),
    "closed": Text("closed", "已关闭"),
    "service": Text("service", "维修"),
}
EPILOG: Final = """\b
Examples:
  counterfoil printer tickets --all
  counterfoil printer tickets --close M-000001 --by 01 --note 'head replaced'
"""


@click.command(epilog=EPILOG)
@click.option("--all", "closed", is_flag=True, help="The closed ones too.")
@click.option("--close", "number", metavar="NUMBER", help="Say that this one is done.")
@click.option("--by", default="", help="Who says so.")
@click.option("--note", default="", help="What was done.")
@verb
def tickets(session: Session, closed: bool, number: str | None, by: str, note: str) -> int:
    """Maintenance tickets, 7 when any is open; `printer diagnose --ticket` opens one."""
    from counterfoil.inquiry.tickets import OPEN
    from counterfoil.inquiry.tickets import tickets as found_in

    if number is not None:
        return close(session, number, by, note)
    found = found_in(session.data / FOLDER, closed=closed)

    def people() -> None:
        for ticket in found:
            print(line(session, ticket))
        if not found:
            print(session.word(NONE))

    session.answer({"tickets": msgspec.to_builtins(found)}, people)
    return Exit.BREAKS if any(ticket.state == OPEN for ticket in found) else Exit.OK


def close(session: Session, number: str, by: str, note: str) -> int:
    """Say that a ticket is done."""
    from counterfoil.inquiry.tickets import NoTicket, close_ticket

    if not by.strip():
        raise Failure(Exit.USAGE, "usage", BY)
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
    opened = session.clock.said(ticket.opened_at) if ticket.opened_at else ""
    state, owner = (session.word(WORDS.get(word, Text(word, word))) for word in (ticket.state, ticket.owner))
    cause = "" if advice else f"  {ticket.cause}"
    head = f"{ticket.number}  {state}  {owner}  {opened}  {ticket.printer}{cause}"
    closed = f"  {ticket.closed_by}: {ticket.note}" if ticket.closed_by else ""
    return f"{head}\n    {advice}{closed}".rstrip()
