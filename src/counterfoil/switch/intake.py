"""Reading what terminals send: packet, dialect, sender. A request that cannot be read in full still says who asks."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from counterfoil.errors import DecodeError, FramingError
from counterfoil.iso8583 import CUP_POS, Dialect, Message, framing, nested
from counterfoil.step import Conn, Frame, Instant
from counterfoil.switch.card import Card, Missing
from counterfoil.switch.rows import Terminal
from counterfoil.transaction import AttemptKey

REQUEST_DIGITS: Final = "02468"


class Ask(NamedTuple):
    """A request from a terminal connection: where its answer goes, and what could be read of it.

    `body` starts at the MTI. `error` says why the rest could not be read, "" when all was. `card` is None until
    somebody looked for it.
    """

    link: str
    conn: Conn
    at: Instant
    tpdu: bytes
    header: bytes
    body: bytes
    message: Message
    error: str
    terminal: Terminal | None = None
    dialect: Dialect = CUP_POS
    card: Card | Missing | None = None

    @property
    def key(self) -> AttemptKey | None:
        """Terminal, batch and STAN, when the message has them."""
        return key_of(self.message)


def key_of(message: Message) -> AttemptKey | None:
    """The key of the attempt a financial message or its reversal is about; None when a part is missing."""
    terminal, stan, field = message.de41, message.de11, message.de60
    if terminal is None or stan is None or field is None or len(field) < 8:
        return None
    return AttemptKey(terminal, field[2:8], stan)


def kind_of(message: Message) -> str:
    """DE60.1, "" when it is missing."""
    return (message.de60 or "")[:2]


def network_code(message: Message) -> str:
    """DE60.3, "" when it is missing."""
    try:
        return nested.de60(message.de60).network
    except DecodeError:
        return ""


@lru_cache(maxsize=256)
def dialect_of(overrides: str) -> Dialect:
    """The terminal dialect with the changes a registration names (JSON; "" for none)."""
    if not overrides:
        return CUP_POS
    return CUP_POS.override(msgspec.json.decode(overrides, type=dict[str, dict[str, str | int]]))


def read(frame: Frame) -> Ask | None:
    """A packet as a request; None when there is no message in it."""
    try:
        packet = framing.split_cup(frame.data, None)
    except FramingError:
        return None
    message, error = _decode(CUP_POS, packet.body)
    if message is None:
        return None
    return Ask(frame.link, frame.conn, frame.at, packet.tpdu, packet.header, packet.body, message, error)


def settle(ask: Ask, terminals: dict[str, Terminal]) -> Ask:
    """The request with its sender, read in the sender's own dialect."""
    terminal = terminals.get(ask.message.de41 or "")
    if terminal is None:
        return ask
    if not terminal.overrides:
        return ask._replace(terminal=terminal)
    dialect = dialect_of(terminal.overrides)
    message, error = _decode(dialect, ask.body)
    if message is None or message.de41 != terminal.terminal:
        return ask._replace(terminal=terminal, error=error or "the terminal's own dialect names another terminal")
    return ask._replace(terminal=terminal, dialect=dialect, message=message, error=error)


def answer_mti(mti: str) -> str | None:
    """The type of the answer to a request; None for what is no request."""
    if mti[2] not in REQUEST_DIGITS:
        return None
    return f"{mti[:2]}{int(mti[2]) + 1}0"


def _decode(dialect: Dialect, body: bytes) -> tuple[Message | None, str]:
    try:
        return dialect.decode(body), ""
    except DecodeError as error:
        partial = error.partial
        return (partial if isinstance(partial, Message) else None), str(error)
