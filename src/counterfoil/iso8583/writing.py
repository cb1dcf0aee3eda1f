"""The source of a straight-line encoder: all lengths checked, all digits checked at once, a few joins.

Values that only the generic loop can write (text beyond ASCII, a short value that is filled with spaces, anything
wrong) make the encoder return None.
"""

from __future__ import annotations

from collections.abc import Sequence

from counterfoil.iso8583.encoding import Style
from counterfoil.iso8583.fields import Align, Field, Kind, Prefix


def encoder_source(fields: Sequence[Field], style: Style, names: Sequence[str]) -> str:
    """Python source of `run(values) -> bytes | None` for messages with these fields, attributes in this order."""
    maker = _Writer(style, fields)
    for field in fields:
        maker.field(field)
    return maker.source(names)


class _Writer:
    """Collects lines, checks and the pieces of the result."""

    def __init__(self, style: Style, fields: Sequence[Field]) -> None:
        self.style = style
        self.lines: list[str] = []
        self.checks = ["len(mti) == 4"]
        self.digits = ["mti"]
        self.texts: list[str] = []
        self._pieces: list[tuple[str, list[str]]] = []
        bits = _bitmap([field.number for field in fields])
        if style.packed:
            self.piece("digits", "mti", repr(bits.hex()))
        else:
            self.piece("text", "mti")
            self.piece("raw", repr(bits))

    def piece(self, sort: str, *expressions: str) -> None:
        """Append to the result; neighbours of one sort are joined as text before they become bytes."""
        if self._pieces and self._pieces[-1][0] == sort != "raw":
            self._pieces[-1][1].extend(expressions)
        else:
            self._pieces.append((sort, list(expressions)))

    def field(self, field: Field) -> None:
        """One field: its checks, its length prefix, its value."""
        name = f"de{field.number}"
        fixed = field.prefix is Prefix.FIXED
        number_like = field.kind in (Kind.N, Kind.Z)
        if fixed:
            self.checks.append(f"len({name}) == {field.size}")
        else:
            self.lines.append(f"n{field.number} = len({name})")
            least = "0 < " if number_like else ""
            self.checks.append(f"{least}n{field.number} <= {field.size}")
            width = field.prefix.value
            if self.style.packed and number_like:
                self.piece("digits", f"digits{width + width % 2}[n{field.number}]")
            elif self.style.packed:
                self.piece("raw", f"length{width}[n{field.number}]")
            else:
                self.piece("text", f"digits{width}[n{field.number}]")
        if field.kind is Kind.B:
            self.checks.append(f"type({name}) is bytes")
            self.piece("raw", name)
        elif field.kind in (Kind.AN, Kind.ANS):
            self.texts.append(name)
            self.piece("text", name)
        elif field.kind is Kind.XN:
            self.checks.append(f'{name}[:1] in ("C", "D")')
            self.digits.append(f"{name}[1:]")
            self.piece("text", name)
        else:
            self._number(field, name)

    def _number(self, field: Field, name: str) -> None:
        if field.kind is Kind.N:
            self.digits.append(name)
        else:
            self.lines.append(f'{name} = {name}.replace("=", "D")')
            self.digits.append(f'{name}.replace("D", "0")')  # an encrypted track takes the generic loop
        if not self.style.packed:
            self.piece("text", f'{name}.replace("D", "=")' if field.kind is Kind.Z else name)
        elif field.prefix is not Prefix.FIXED:
            self.piece("digits", name, f'{field.pad!r} if n{field.number} & 1 else ""')
        elif field.size % 2 == 0:
            self.piece("digits", name)
        elif field.align is Align.RIGHT:
            self.piece("digits", "'0'", name)
        else:
            self.piece("digits", name, repr(field.pad))

    def source(self, names: Sequence[str]) -> str:
        """The whole function."""
        # Digits are checked through bytes, which is much faster; that text is ASCII, by encoding it below.
        checks = [*self.checks, f"{_joined(self.digits)}.encode().isdigit()"]
        if self.texts:
            checks.append(f"{_joined(self.texts)}.isprintable()")
        pieces = [self._bytes(sort, expressions) for sort, expressions in self._pieces]
        lines = [
            "def run(values):",
            "    try:",
            f"        {', '.join(names)}, = values.values()",
            *(f"        {line}" for line in self.lines),
            f"        if not ({' and '.join(checks)}):",
            "            return None",
            f'        return b"".join(({", ".join(pieces)},))',
            # what a value of the wrong type, a digit of another script or an over-long value runs into
            "    except (TypeError, ValueError, IndexError, AttributeError):",
            "        return None",
        ]
        return "\n".join(lines)

    def _bytes(self, sort: str, expressions: list[str]) -> str:
        if sort == "raw":
            return expressions[0]
        joined = _joined(expressions)
        return f"fromhex({joined})" if sort == "digits" else f'{joined}.encode("ascii")'


def _joined(expressions: Sequence[str]) -> str:
    if len(expressions) == 1:
        return f"({expressions[0]})"
    return f'"".join(({", ".join(expressions)}))'


def _bitmap(numbers: Sequence[int]) -> bytes:
    bits = sum(1 << (128 - number) for number in numbers)
    if numbers and numbers[-1] > 64:
        return (bits | 1 << 127).to_bytes(16, "big")
    return (bits >> 64).to_bytes(8, "big")
