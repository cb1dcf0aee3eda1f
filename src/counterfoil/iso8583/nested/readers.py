"""Which fields of which dialect have parts, and how those are written out for people: names or numbers to text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from counterfoil.iso8583 import tlv
from counterfoil.iso8583.message import Message
from counterfoil.iso8583.nested.de48 import de48_details, de48_totals
from counterfoil.iso8583.nested.de54 import de54
from counterfoil.iso8583.nested.de60 import de60
from counterfoil.iso8583.nested.de61 import de61
from counterfoil.iso8583.nested.de62 import de62_keys, de62_sequence
from counterfoil.iso8583.nested.de63 import de63
from counterfoil.iso8583.nested.de90 import de90
from counterfoil.iso8583.nested.parts import octets, text


def _numbered(values: tuple[str, ...]) -> dict[str, str]:
    return {str(number): value for number, value in enumerate(values, 1) if value}


def _de48(message: Message) -> Any:
    if message.mti in ("0500", "0510"):
        names = ("debit", "debit_count", "credit", "credit_count", "answer")
        return {
            half: {name: str(part) for name, part in zip(names, totals, strict=True)}
            for half, totals in zip(("domestic", "foreign"), de48_totals(message.de48), strict=True)
        }
    if message.mti == "0320" and _network(message) == "201":
        return [
            {"class": item.card_class, "stan": item.stan, "pan": item.pan, "amount": str(item.minor)}
            for item in de48_details(message.de48)
        ]
    return None


def _de54(message: Message) -> Any:
    return [
        {"account": item.account, "type": item.type, "currency": item.currency, "amount": str(item.minor)}
        for item in de54(message.de54)
    ]


def _de55(message: Message) -> Any:
    return {tag: value.hex().upper() for tag, value in tlv.parse(octets("55", message.de55))}


def _de62(message: Message) -> Any:
    if message.mti == "0800":
        return {"sequence": de62_sequence(message.de62)}
    if message.mti == "0810" and _network(message) in ("001", "003", "004"):
        keys = de62_keys(message.de62)
        return {name: part.hex().upper() for name, part in zip(keys._fields, keys, strict=True) if part}
    return None


def _de63(message: Message) -> Any:
    head, issuer, network, acquirer, terminal = de63(message.de63)
    texts = _numbered((issuer, network, acquirer, terminal))
    return {"1": head, **({"2": texts} if texts else {})}


def _network(message: Message) -> str:
    return text("60", message.de60)[8:11]


CUP_PARTS: Final[Mapping[int, Callable[[Message], Any]]] = {
    48: _de48,
    54: _de54,
    55: _de55,
    60: lambda message: _numbered(de60(message.de60)),
    61: lambda message: _numbered(de61(message.de61)),
    62: _de62,
    63: _de63,
}

ISO87_PARTS: Final[Mapping[int, Callable[[Message], Any]]] = {
    54: _de54,
    55: _de55,
    90: lambda message: dict(zip(("mti", "11", "7", "32", "33"), de90(message.de90), strict=True)),
}
