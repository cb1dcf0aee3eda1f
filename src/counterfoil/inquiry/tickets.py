"""Maintenance tickets: somebody has to come and look at a printer. One file each, with number, owner and state."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from counterfoil.errors import OurError, StoreError
from counterfoil.links.performers import make_file, sync_directory, write_file
from counterfoil.reasons import UNWRITTEN, reason
from counterfoil.step import UNREADABLE as NOT_READ
from counterfoil.words import Text

SERVICE: Final = "service"
OPEN, CLOSED = "open", "closed"
UNREADABLE: Final = "unreadable"
NONE: Final = Text("there is no ticket {number}", "没有工单 {number}")
CLOSED_BEFORE: Final = Text("ticket {number} is closed already", "工单 {number} 已关闭")


class NoTicket(OurError):  # noqa: N818 - says what there is not
    """No such ticket, or none that is open."""


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """One ticket. `owner`: who has to act; `contact`: whom to call back; times ISO 8601, UTC; `record`: the steps of
    the diagnosis it came from.
    """

    number: str
    opened_at: str
    state: str = OPEN
    owner: str = SERVICE
    contact: str = ""
    printer: str = ""
    ref: str = ""
    cause: str = ""
    advice: dict[str, str] = {}
    closed_at: str = ""
    closed_by: str = ""
    note: str = ""
    record: dict[str, Any] = {}


def open_ticket(folder: Path, **facts: Any) -> Ticket:
    """Open one under the next free number, whoever else is opening one; a printer whose ticket for the same cause is
    open keeps that one, with the newest contact. StoreError when the disk refuses.
    """
    printer, cause, contact = (facts.get(name, "") for name in ("printer", "cause", "contact"))
    same = [ticket for ticket in tickets(folder) if printer and (ticket.printer, ticket.cause) == (printer, cause)]
    if same:
        return _keep(folder, msgspec.structs.replace(same[0], contact=contact)) if contact else same[0]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = max((int(path.stem[2:]) for path in folder.glob("M-[0-9]*.json")), default=0)
        while True:
            number += 1
            ticket = Ticket(number=f"M-{number:06d}", **facts)
            path = folder / f"{ticket.number}.json"
            if make_file(path, _json(ticket)):
                sync_directory(folder)
                return ticket
    except OSError as error:
        raise _refused(folder, error) from None


def tickets(folder: Path, *, closed: bool = False) -> list[Ticket]:
    """The open ones, or all, in the order of their numbers. One that cannot be read is open and says so."""
    found = []
    for path in sorted(folder.glob("M-*.json")):
        try:
            found.append(_read(path))
        except StoreError:
            found.append(Ticket(number=path.stem, opened_at="", cause=UNREADABLE))
    return [ticket for ticket in found if closed or ticket.state == OPEN]


def close_ticket(folder: Path, number: str, at: str, by: str, note: str) -> Ticket:
    """Close one; NoTicket when there is none, or it is closed."""
    path = folder / f"{number}.json"
    if number not in {each.stem for each in folder.glob("M-*.json")}:
        text = NONE.filled(number=number)
        raise NoTicket(text.en, text.zh)
    ticket = _read(path)
    if ticket.state != OPEN:
        text = CLOSED_BEFORE.filled(number=number)
        raise NoTicket(text.en, text.zh)
    return _keep(folder, msgspec.structs.replace(ticket, state=CLOSED, closed_at=at, closed_by=by, note=note))


def _keep(folder: Path, ticket: Ticket) -> Ticket:
    try:
        write_file(folder / f"{ticket.number}.json", _json(ticket))
        sync_directory(folder)
    except OSError as error:
        raise _refused(folder, error) from None
    return ticket


def _json(ticket: Ticket) -> str:
    return msgspec.json.format(msgspec.json.encode(ticket)).decode() + "\n"


def _read(path: Path) -> Ticket:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Ticket)
    except (OSError, *NOT_READ):
        raise StoreError(f"{path} cannot be read as a ticket", f"{path} 不是有效的工单") from None


def _refused(folder: Path, error: OSError) -> StoreError:
    return StoreError(*UNWRITTEN.filled(path=folder, reason=reason(error)))
