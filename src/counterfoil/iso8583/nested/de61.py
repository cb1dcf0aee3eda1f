"""DE61 of the terminal link: the original of a void, a completion or a refund."""

from __future__ import annotations

from typing import Final, NamedTuple

from counterfoil.errors import DecodeError
from counterfoil.iso8583.nested.parts import joined, split, text


class De61(NamedTuple):
    """DE61 of the terminal link: the original's batch n6, STAN n6, date MMDD n4, then authorisation mode n2 and
    authorising institution n11. Parts that were cut off at the right are "".
    """

    batch: str
    stan: str
    date: str = ""
    mode: str = ""
    institution: str = ""


_LAYOUT: Final = (("1", 6), ("2", 6), ("3", 4), ("4", 2), ("5", 11))


def de61(value: str | None) -> De61:
    """Parts of a DE61; batch and STAN must be present."""
    found = split("61", text("61", value), _LAYOUT)
    if len(found) < 2:
        raise DecodeError("61.2", 6, "the original's STAN is missing")
    return De61(*found.values())


def build_de61(batch: str, stan: str, date: str = "", mode: str = "", institution: str = "") -> str:
    """DE61 from its parts; the first empty one ends it."""
    return joined("61", _LAYOUT, (batch, stan, date, mode, institution), least=2)
