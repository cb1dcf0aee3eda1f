"""Reading what terminals send: packet, dialect, sender. A request that cannot be read in full still says who asks."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import msgspec

from counterfoil.errors import DecodeError, FramingError
from counterfoil.iso8583 import CUP_POS, Dialect, Message, framing, nested
from counterfoil.iso8583.excerpt import Source
from counterfoil.iso8583.mti import BATCH_UPLOAD, NETWORK, NETWORK_ADVICE, SETTLEMENT
from counterfoil.security import KeyedMac
from counterfoil.step import Frame, Instant
from counterfoil.switch.card import Missing, PresentedCard
from counterfoil.switch.rows import TerminalRow
from counterfoil.transaction import NO_BATCH, AttemptKey

CLAIMS: Final = frozenset({NETWORK, NETWORK_ADVICE, BATCH_UPLOAD, SETTLEMENT})
"""Types whose tables of elements have no DE64, nor have their answers."""

BITMAP: Final = slice(2, 10)
ORIGINAL_KEY: Final = 12
"""Digits of DE61 that are a key: the original's batch and its STAN."""


class Request:
    """A request from a terminal connection: where its answer goes, and what could be read of it.

    The body of its packet starts at the MTI. `error` says why the rest could not be read, "" when all was. `key` is
    terminal, batch and STAN, None when the message has not all of them. `card` is None until somebody looked for it,
    `heard_at` the tick of its line of evidence, 0 until there is one, `mac` what its MAC was found valid under.
    `layout` is its bitmap, which says what it has.
    """

    __slots__ = (
        "at",
        "card",
        "conn",
        "dialect",
        "error",
        "heard_at",
        "key",
        "layout",
        "link",
        "mac",
        "message",
        "packet",
        "terminal",
    )

    def __init__(self, frame: Frame, packet: framing.CupPacket, message: Message, error: str) -> None:
        self.link = frame.link
        self.conn = frame.conn
        self.at = frame.at
        self.packet = packet
        self.layout = packet.body[BITMAP]
        self.message = message
        self.error = error
        self.key = key_of(message)
        self.mac: KeyedMac | None = None
        self.dialect = CUP_POS
        self.terminal: TerminalRow | None = None
        self.card: PresentedCard | Missing | None = None
        self.heard_at: Instant = 0

    @property
    def source(self) -> Source:
        """What an answer to a request that was read in full repeats from."""
        return self.packet.body if self.dialect.compiled is not None else self.message


def key_of(message: Message) -> AttemptKey | None:
    """The key of the attempt a financial message or its reversal is about; None when a part is missing.

    Batch 000000 is that of a terminal which was not given one yet: no attempt is in it.
    """
    terminal, stan, field = message.de41, message.de11, message.de60
    if terminal is None or stan is None or field is None or len(field) < 8 or field[2:8] == NO_BATCH:
        return None
    return AttemptKey(terminal, field[2:8], stan)


def original_of(message: Message) -> AttemptKey | None:
    """The key of the transaction that a request refers to: DE61 names its batch and its STAN, and it is of the same
    terminal. None when the message names none.
    """
    terminal, field = message.de41, message.de61
    if terminal is None or field is None or len(field) < ORIGINAL_KEY:
        return None
    return AttemptKey(terminal, field[:6], field[6:ORIGINAL_KEY])


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


def read(frame: Frame) -> Request | None:
    """A packet as a request; None when there is no message in it."""
    try:
        packet = framing.split_cup(frame.data, None)
    except FramingError:
        return None
    message, error = _decode(CUP_POS, packet.body)
    return Request(frame, packet, message, error) if message is not None else None


def settle(ask: Request, terminals: dict[str, TerminalRow]) -> None:
    """Give a request its sender, and read it in the sender's own dialect."""
    terminal = terminals.get(ask.message.de41 or "")
    if terminal is None:
        return
    ask.terminal = terminal
    if not terminal.overrides:
        return
    dialect = dialect_of(terminal.overrides)
    message, error = _decode(dialect, ask.packet.body)
    if message is None or message.de41 != terminal.terminal:
        ask.error = error or "the terminal's own dialect names another terminal"
        return
    ask.dialect, ask.message, ask.error, ask.key = dialect, message, error, key_of(message)


def _decode(dialect: Dialect, body: bytes) -> tuple[Message | None, str]:
    try:
        return dialect.receive(body), ""
    except DecodeError as error:
        partial = error.partial
        return (partial if isinstance(partial, Message) else None), str(error)
