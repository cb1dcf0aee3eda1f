"""The step: the one mechanism every station is built on.

    arrived ──▶ decide ──▶ commit ──▶ speak

A station is a synchronous, deterministic object without sockets, clocks or randomness of its own. `step` takes all
that has arrived, decides it in order inside one open transaction, commits once, and returns what the committed step
says. Nothing leaves before the commit returns. The driver (links/driver.py) and the simulator call the same `step`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, Protocol, TypeAlias

import msgspec

UNREADABLE: Final = (msgspec.MsgspecError, UnicodeError, RecursionError)
"""Whatever msgspec raises for bytes or text from outside that are not what was asked for: another shape, letters that
are none, brackets that are nested too deep. Everybody who reads such bytes catches all of it.
"""

_FIELD: Final = re.compile(r"(?:\$\.|required field `)(\w+)")

Instant: TypeAlias = int
"""UTC microseconds since 1970, made non-decreasing by the driver."""

SECOND: Final[Instant] = 1_000_000
HOUR: Final[Instant] = 3600 * SECOND
DAY: Final[Instant] = 24 * HOUR


def wrong_field(error: msgspec.ValidationError, shape: type[msgspec.Struct]) -> str:
    """Name of the field of `shape` that is missing or malformed; "" for any other field, or when no object came at all.

    A name that is not in the shape is never repeated: it may be anything, a card number included.
    """
    what, _, where = str(error).rpartition(" - at ")
    found = _FIELD.search(where) or _FIELD.search(what)
    return found[1] if found is not None and found[1] in shape.__struct_fields__ else ""


Conn: TypeAlias = int | str
"""Which connection of a link: a number the server made, or the lane a client link was asked to use."""


# --- what comes in ---------------------------------------------------------------------------------------------------


class Frame(msgspec.Struct, frozen=True):
    """Message from a peer, without its length prefix. `at` is when its last byte arrived."""

    link: str
    conn: Conn
    data: bytes
    at: Instant = 0


class Connected(msgspec.Struct, frozen=True):
    """Connection that came up."""

    link: str
    conn: Conn


class Closed(msgspec.Struct, frozen=True):
    """Connection that went away; nothing is known about messages in flight."""

    link: str
    conn: Conn


class NotSent(msgspec.Struct, frozen=True):
    """Definite report that no byte of the `Send` with this token reached the kernel."""

    link: str
    conn: Conn
    token: int


class Command(msgspec.Struct, frozen=True):
    """Request on the control channel, from a person or the till; answered by the `Reply` with the same id."""

    id: int
    verb: str
    args: dict[str, Any]


class Performed(msgspec.Struct, frozen=True):
    """Result of a `Perform`. `ok` False with no `state` means it definitely did not happen.

    A printer reports more than yes and no: `state` is then a state of receipts/copies.py, or HELD: `detail` holds it up
    and it goes on by itself, or ELSEWHERE: because of `detail` another printer has it now. After these two another
    result follows.
    """

    kind: str
    name: str
    ok: bool
    detail: str = ""
    state: str = ""


HELD = "held"
ELSEWHERE = "elsewhere"
SPELLED_OUT = "spelled_out"
"""The `detail` of a receipt that is complete, but for letters no font here has: their numbers are in their place."""


Inbound: TypeAlias = Frame | Connected | Closed | NotSent | Command | Performed


# --- what goes out ---------------------------------------------------------------------------------------------------


class Send(msgspec.Struct, frozen=True):
    """Order to write one message (the link adds the length prefix).

    When `token` is not 0 and the message could not be handed to the kernel before `before` (0: no limit), the link
    answers `NotSent(token)` and never sends it. `proven` marks an answer to a request that was genuine by its MAC: the
    link never closes its connection in favour of a stranger's.
    """

    link: str
    conn: Conn
    data: bytes
    token: int = 0
    before: Instant = 0
    proven: bool = False


class Hangup(msgspec.Struct, frozen=True):
    """Order to close one connection (its peer broke the protocol)."""

    link: str
    conn: Conn


class Reply(msgspec.Struct, frozen=True):
    """Answer to the `Command` with this id: a JSON object."""

    id: int
    body: dict[str, Any]


class Perform(msgspec.Struct, frozen=True):
    """Order for a side effect outside the station: kind "receipt", "printer" (is it ready?) or "sms".

    `name` is unique and makes a repeat harmless. `document` is the source of `text` for a real printer, in msgpack.
    `own` are the first and the second printer of its terminal: an address, NO_PRINTER, or "" for the stack's. `to`
    overrides them once: SECOND_PRINTER, or an address. `texts` are done together and reported once, each with a name of
    its own; `text` is empty then.
    """

    kind: str
    name: str
    text: str
    document: bytes = b""
    to: str = ""
    texts: tuple[tuple[str, str], ...] = ()
    own: tuple[str, str] = ("", "")

    @property
    def named(self) -> tuple[tuple[str, str], ...]:
        """Names and texts in it."""
        return self.texts or ((self.name, self.text),)


SECOND_PRINTER = "second"
NO_PRINTER = "none"


Outbound: TypeAlias = Send | Hangup | Reply | Perform


class Station(Protocol):
    """Interface of a station to the driver and the simulator."""

    name: str

    def step(self, now: Instant, arrived: Sequence[Inbound]) -> Sequence[Outbound]:
        """Decide all that arrived and every timer due at `now`; commit once; return what may now leave.

        An exception means that nothing was committed and the station is unchanged, except after a failed commit
        (`CommitFailed`): memory has then moved on, only the disk is right, and the process must end.
        """
        ...

    def wakes_at(self) -> Instant | None:
        """Instant of the next timer, at which `step` must be called even if nothing arrives; None for none."""
        ...

    def quarantine(self, now: Instant, offender: Inbound, reason: str) -> None:
        """Store the item that made `step` fail, masked, in one commit of its own, and raise an alarm."""
        ...


class CommitFailed(Exception):  # noqa: N818 - names the event
    """Failure of a step's durable commit: end the process, restart from the disk."""
