"""What one data element is: kind of characters × length and prefix × alignment and padding × how it is shown.

A `Field` is a line of a dialect's table, plain data. `encoding.py` says what it looks like on the wire.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any, Final

from counterfoil.errors import OurError
from counterfoil.iso8583.ranges import Range
from counterfoil.iso8583.show import Show, hidden, words


class Characters(enum.StrEnum):
    """Kind of characters a value may hold. The values are the names of ISO 8583."""

    N = "n"  # digits
    Z = "z"  # track data: digits and the separator, kept as "D"
    AN = "an"  # printable ASCII, exactly as long as the field when that is fixed
    ANS = "ans"  # printable text, filled with spaces when the field is fixed
    XN = "x+n"  # "C" or "D", then digits
    B = "b"  # bytes


class Prefix(enum.Enum):
    """Length prefix: none (fixed), or 2 or 3 digits before the value."""

    FIXED = 0
    LL = 2
    LLL = 3


class Align(enum.Enum):
    """Side on which a value stands in a longer fixed field (one filler nibble, or spaces)."""

    LEFT = "left"
    RIGHT = "right"


_PREFIXES: Final = {"": Prefix.FIXED, "LL": Prefix.LL, "LLL": Prefix.LLL}
_ALIGNS: Final = {"left": Align.LEFT, "right": Align.RIGHT}
_KINDS: Final = {kind.value: kind for kind in Characters if kind is not Characters.XN}
CHARSETS: Final = ("ascii", "gbk", "gb18030", "big5", "utf-8")
"""What the text of a field may be written in where it is not written as the rest of its link."""
_CHARSETS: Final = {name: name for name in CHARSETS}


@dataclasses.dataclass(frozen=True)
class Field:
    """Data element of a dialect.

    `size` counts digits, characters or bytes of the value: exactly that many in a fixed field, at most that many in a
    variable one. `pad` is the filler nibble written after an odd number of packed digits ("0" or "F"). `within` is the
    range of values that exist, None for all that can be written; `Dialect.receive` checks it, `Dialect.decode` does
    not. `charset` is for text (ans) in another charset than that of its link, "" otherwise.
    """

    number: int
    name: str
    kind: Characters
    size: int
    prefix: Prefix
    show: Show
    align: Align = Align.LEFT
    pad: str = "0"
    within: Range | None = None
    charset: str = ""

    def __post_init__(self) -> None:
        limit = {Prefix.FIXED: 999, Prefix.LL: 99, Prefix.LLL: 999}[self.prefix]
        if not 2 <= self.number <= 128 or self.number == 65:
            raise OurError("a data element has a number from 2 to 128, without 65")
        if not 1 <= self.size <= limit:
            raise OurError(f"DE{self.number}: a maximum from 1 to {limit} fits this length prefix")
        if self.pad not in ("0", "F"):
            raise OurError(f"DE{self.number}: the filler nibble is 0 or F")
        if self.charset and self.kind is not Characters.ANS:
            raise OurError(f"DE{self.number}: only text (ans) has a charset")

    def changed(self, change: Mapping[str, Any]) -> Field:
        """A copy of this field with some of `type`, `max`, `prefix`, `align`, `pad`, `charset` replaced: an override.

        OurError names a key or value that means nothing. A field that becomes binary is shown hidden, one that becomes
        text loses its long digit runs: its future content is not known. A field of another kind or length has no range.
        """
        unknown = set(change) - {"type", "max", "prefix", "align", "pad", "charset"}
        if unknown:
            raise OurError(f"DE{self.number}: an override has type, max, prefix, align, pad and charset, nothing else")
        kind = _choice(self, "type", _KINDS, change, self.kind)
        size = change.get("max", self.size)
        if type(size) is not int:
            raise OurError(f"DE{self.number}: max is a whole number")
        pad = change.get("pad", self.pad)
        if not isinstance(pad, str):
            raise OurError(f"DE{self.number}: the filler nibble is 0 or F")
        show = self.show
        if kind is not self.kind and show is not hidden:
            show = words if kind in (Characters.AN, Characters.ANS) else hidden
        return dataclasses.replace(
            self,
            kind=kind,
            size=size,
            prefix=_choice(self, "prefix", _PREFIXES, change, self.prefix),
            align=_choice(self, "align", _ALIGNS, change, self.align),
            pad=pad.upper(),
            show=show,
            charset=_choice(self, "charset", _CHARSETS, change, self.charset if kind is Characters.ANS else ""),
            within=self.within if kind is self.kind and size == self.size else None,
        )


def _choice(field: Field, key: str, choices: Mapping[str, Any], change: Mapping[str, Any], otherwise: Any) -> Any:
    if key not in change:
        return otherwise
    value = change[key]
    if not isinstance(value, str) or value not in choices:
        names = ", ".join(repr(name) for name in choices)
        raise OurError(f"DE{field.number}: {key} is one of {names}")
    return choices[value]
