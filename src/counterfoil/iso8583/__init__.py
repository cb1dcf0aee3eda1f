"""ISO 8583: messages, their fields, the dialects of the links, and how packets are framed.

    from counterfoil.iso8583 import CUP_POS, Message, framing

    packet = framing.split_cup(data)
    message = CUP_POS.decode(packet.body)
    answer = CUP_POS.encode(Message("0210", de11=message.de11, de39="00"))

`decode` raises DecodeError (the peer's fault), `encode` EncodeError (ours); neither text holds card data. No I/O here.
"""

from __future__ import annotations

from counterfoil.errors import DecodeError, EncodeError, FramingError
from counterfoil.iso8583 import framing, nested, responses
from counterfoil.iso8583.codec import Dialect
from counterfoil.iso8583.dialects.cup_pos import CUP_POS
from counterfoil.iso8583.dialects.iso87_ascii import ISO87_ASCII
from counterfoil.iso8583.message import Message

DIALECTS = {dialect.name: dialect for dialect in (CUP_POS, ISO87_ASCII)}

__all__ = [
    "CUP_POS",
    "DIALECTS",
    "ISO87_ASCII",
    "DecodeError",
    "Dialect",
    "EncodeError",
    "FramingError",
    "Message",
    "framing",
    "nested",
    "responses",
]
