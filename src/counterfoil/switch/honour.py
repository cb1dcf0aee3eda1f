"""Whether the switch can honour how a terminal's messages are said to differ: what it registers is tried on messages.

A terminal is known by DE41 of a message that is read in the common dialect, so all before it must lie where it lies
there; and what the switch reads and writes must stay what it is, text or bytes, and as long as it is.
"""

from __future__ import annotations

from typing import Final

from counterfoil.errors import DecodeError, EncodeError
from counterfoil.iso8583 import CUP_POS, Dialect, Message
from counterfoil.iso8583.mti import NETWORK, SETTLEMENT, answer_of
from counterfoil.iso8583.responses import APPROVED
from counterfoil.kinds import TABLE, Kind

TERMINAL: Final = 41
_MAC: Final = b"01234567"
_TO: Final = {"de11": "000042", "de41": "T0000001"}


def _request(kind: Kind) -> Message:
    wire = kind.wire
    return Message(
        wire.mti, de2="6299991000000008", de3=wire.processing, de4="000000001250", de11="000042", de12="120000",
        de13="0131", de14="3012", de15="0131", de22="051", de23="001", de25=wire.condition, de26="12", de32="12345678",
        de35="6299991000000008D3012", de36="9999991000000008D3012", de37="612345678901", de38="123456", de39=APPROVED,
        de41="T0000001", de42="123456789012345", de49="156", de52=_MAC, de53="2600000000000000", de55=bytes(5),
        de60=f"{wire.type}000001", de61="0000010000420131" if kind.original is not None else None, de64=_MAC,
    )  # fmt: skip


def _answer(kind: Kind) -> Message:
    wire = kind.wire
    said = {"de39": APPROVED, "de44": " " * 22, "de54": "0" * 20, "de60": f"{wire.type}000001"}
    return Message(answer_of(wire.mti), **_TO, de3=wire.processing, **said)


TRIED: Final = (
    *map(_request, TABLE),
    *map(_answer, TABLE),
    Message(answer_of(SETTLEMENT), **_TO, de48="0" * 62, de60="00000001201", de61="0" * 16),
    Message(answer_of(NETWORK), **_TO, de39=APPROVED, de60="00000001003", de62=bytes(60)),
)
"""Of every kind a request with all that stands before its sender, and an answer; a settlement and keys."""


def honoured(dialect: Dialect) -> bool:
    """Whether messages in this dialect can be read, their sender known, and their answers written."""
    if any(number < TERMINAL or number > 64 for number in dialect.fields.keys() - CUP_POS.fields.keys()):
        return False
    try:
        return all(_same(dialect, message) for message in TRIED)
    except (DecodeError, EncodeError):
        return False


def _same(dialect: Dialect, message: Message) -> bool:
    body = dialect.encode(message)
    return dialect.flat(dialect.decode(body), reveal=True) == CUP_POS.flat(message, reveal=True) and (
        _common(body).de41 == message.de41
    )


def _common(body: bytes) -> Message:
    """What the common dialect reads of a message, as far as it can."""
    try:
        return CUP_POS.decode(body)
    except DecodeError as error:
        return error.partial if isinstance(error.partial, Message) else Message("")
