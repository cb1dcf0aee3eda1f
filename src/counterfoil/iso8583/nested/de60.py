"""DE60 of the terminal link: what kind of transaction, in which batch."""

from __future__ import annotations

from typing import Final, NamedTuple

from counterfoil.errors import DecodeError
from counterfoil.iso8583.encoding import all_digits
from counterfoil.iso8583.nested.parts import joined, split, text


class De60(NamedTuple):
    """DE60 of the terminal link. Parts that were cut off at the right are "".

    type 60.1 n2 · batch 60.2 n6 · network 60.3 n3 · capability 60.4 n1 · chip 60.5 n1 · partial 60.6 n1 · account 60.7
    n3.
    """

    type: str
    batch: str
    network: str = ""
    capability: str = ""
    chip: str = ""
    partial: str = ""
    account: str = ""


_LAYOUT: Final = (("1", 2), ("2", 6), ("3", 3), ("4", 1), ("5", 1), ("6", 1), ("7", 3))


def de60(value: str | None) -> De60:
    """Parts of a DE60. Type and batch must be present (every observed length, 8 to 17 and 19 digits, has them).

    60.7 may have fewer digits, and what an acquirer adds behind it is ignored.
    """
    whole = text("60", value)
    found = split("60", whole[:14], _LAYOUT)
    if len(whole) < 8:
        raise DecodeError("60.2", 2, "the batch number is missing")
    if len(whole) > 14 and not all_digits(whole[14:]):
        raise DecodeError("60.7", 14, "not a digit")
    return De60(*found.values(), *([whole[14:17]] if len(whole) > 14 else []))


def build_de60(
    type: str,  # noqa: A002 - the field's word
    batch: str,
    network: str = "",
    capability: str = "",
    chip: str = "",
    partial: str = "",
    account: str = "",
) -> str:
    """DE60 from its parts; the first empty one ends it."""
    return joined("60", _LAYOUT, (type, batch, network, capability, chip, partial, account), least=2)
