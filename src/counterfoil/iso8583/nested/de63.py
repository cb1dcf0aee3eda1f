"""DE63 of the terminal link: the operator in a request, the card organisation and texts in an answer."""

from __future__ import annotations

from typing import Final, NamedTuple

from counterfoil.errors import DecodeError, EncodeError
from counterfoil.iso8583.encoding import decoded
from counterfoil.iso8583.nested.parts import text

CHARSET: Final = "gb18030"
_SIZES: Final = (("1", 3), ("2.1", 20), ("2.2", 20), ("2.3", 20), ("2.4", 60))


class De63(NamedTuple):
    """DE63 without its filler spaces. In a request `head` is the operator number or the card organisation (refund).

    In an answer `head` is the card organisation (CUP, VIS, …, 000); the others are texts to print in the remarks: the
    issuer's, UnionPay's, the acquirer's and the terminal's.
    """

    head: str
    issuer: str = ""
    network: str = ""
    acquirer: str = ""
    terminal: str = ""


def de63(value: str | None) -> De63:
    """Parts of a DE63. Lengths count bytes of GB18030; DecodeError when a part ends inside a character."""
    raw = text("63", value).encode(CHARSET, "replace")
    parts = []
    at = 0
    for name, size in _SIZES:
        part = decoded(raw[at : at + size], CHARSET)
        if part is None:
            raise DecodeError(f"63.{name}", at, "a part ends inside a character")
        parts.append(part.rstrip(" "))
        at += size
    if len(raw) > at:
        raise DecodeError("63", at, f"{len(raw) - at} bytes left over")
    return De63(*parts)


def build_de63(head: str, issuer: str = "", network: str = "", acquirer: str = "", terminal: str = "") -> str:
    """DE63 from its parts, each filled with spaces except the last one that is not empty."""
    values = (head, issuer, network, acquirer, terminal)
    count = max(index for index, value in enumerate(values, 1) if value or index == 1)
    built = ""
    for (name, size), value in zip(_SIZES[:count], values, strict=False):
        width = len(value.encode(CHARSET, "replace"))
        if width > size:
            raise EncodeError(f"63.{name}", f"longer than {size} bytes")
        built += value + " " * (size - width)
    return built
