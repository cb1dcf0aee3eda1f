"""DE90 of the issuer link: the original a reversal names."""

from __future__ import annotations

from typing import Final, NamedTuple

from counterfoil.errors import DecodeError
from counterfoil.iso8583.nested.parts import joined, split, text


class De90(NamedTuple):
    """Original data elements: message type, DE11, DE7, DE32 and DE33 of the original; institutions without their
    leading zeros.
    """

    mti: str
    stan: str
    transmitted: str
    acquirer: str
    forwarder: str = ""


_LAYOUT: Final = (("1", 4), ("2", 6), ("3", 10), ("4", 11), ("5", 11))


def de90(value: str | None) -> De90:
    """Parts of a DE90. An institution of zeros is "": absent, or its sender wrote it that way.

    DE32 `00010344` and `10344` read the same: compare with `same_institution`.
    """
    found = split("90", text("90", value), _LAYOUT)
    if len(found) != len(_LAYOUT):
        raise DecodeError("90", 0, "42 digits wanted")
    mti, stan, transmitted, acquirer, forwarder = found.values()
    return De90(mti, stan, transmitted, acquirer.lstrip("0"), forwarder.lstrip("0"))


def build_de90(mti: str, stan: str, transmitted: str, acquirer: str, forwarder: str = "") -> str:
    """DE90 from its parts; institutions are right justified and filled with zeros."""
    parts = (mti, stan, transmitted, acquirer.rjust(11, "0"), forwarder.rjust(11, "0"))
    return joined("90", _LAYOUT, parts, least=5)


def same_institution(one: str, other: str) -> bool:
    """Whether two institution identifications (DE32, DE33, parts of DE90) are equal but for leading zeros."""
    return one.lstrip("0") == other.lstrip("0")
