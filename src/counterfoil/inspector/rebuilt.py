"""A message made again from what a station kept of it, so that it can be looked at byte by byte.

What was never kept (tracks, PIN block, MAC) is not in it. What was kept masked has its length and a filler in its
place; `veiled` names those fields, whose bytes nobody is to be shown as if they were the message's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from counterfoil.errors import EncodeError
from counterfoil.iso8583 import Dialect
from counterfoil.iso8583.fields import Characters

HIDDEN: Final = re.compile(r"\[hidden, (\d+) (?:characters|bytes)\]")
FILLER: Final = "9"
"""A digit that makes no card number which stands in another field."""


class Rebuilt(NamedTuple):
    """The bytes from the message type on, and the numbers of the fields that hold a filler."""

    data: bytes
    veiled: frozenset[str]


def rebuilt(dialect: Dialect, mti: str, kept: Mapping[str, str]) -> Rebuilt:
    """The message, without what its dialect does not know or cannot write. EncodeError when `mti` is none."""
    fields: dict[str, str] = {}
    veiled = set()
    for number, text in kept.items():
        field = dialect.fields.get(int(number)) if number.isascii() and number.isdecimal() else None
        if field is None:
            continue
        found = HIDDEN.fullmatch(text)
        if found is not None:
            veiled.add(number)
            text = ("0" if field.kind is Characters.B else FILLER) * int(found[1])
        elif field.kind is Characters.N and "*" in text:
            text = text.replace("*", FILLER)
        fields[number] = text
    while True:
        try:
            return Rebuilt(dialect.encode(dialect.from_flat(mti, fields)), frozenset(veiled & set(fields)))
        except EncodeError as error:
            if fields.pop(error.path, None) is None:
                raise
