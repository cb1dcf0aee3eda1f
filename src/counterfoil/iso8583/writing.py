"""The source of a straight-line encoder: all lengths checked, all digits checked at once, a few joins.

Values that only the generic loop can write (text beyond ASCII, a short value that is filled with spaces, anything
wrong) make the encoder return None.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from counterfoil.iso8583.encoding import Style
from counterfoil.iso8583.fields import Align, Field, Kind, Prefix

_BECOMES: Final = {"digits": "packed", "nibbles": "packed"}


def encoder_source(fields: Sequence[Field], style: Style) -> str:
    """Python source of `run(values) -> bytes | None` for messages with exactly these fields."""
    maker = _Writer(style, fields)
    for field in fields:
        maker.field(field)
    return maker.source(fields)


class _Writer:
    """Collects lines, checks and the pieces of the result."""

    def __init__(self, style: Style, fields: Sequence[Field]) -> None:
        self.style = style
        self.lines: list[str] = []
        self.checks = [f"len(values) == {len(fields) + 1}", "len(mti) == 4"]
        self.digits: list[str] = []
        self.texts: list[str] = []
        self._pieces: list[tuple[str, list[str]]] = []
        bits = _bitmap([field.number for field in fields])
        if style.packed:
            self.piece("digits", "mti")
            self.piece("nibbles", repr(bits.hex()))
        else:
            self.digits.append("mti")
            self.piece("text", "mti")
            self.piece("raw", repr(bits))

    def piece(self, sort: str, *expressions: str) -> None:
        """Append to the result: "text", "raw" bytes, or what is packed, "digits" only or any "nibbles".

        Neighbours of one sort are joined before they become bytes.
        """
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
            if not self.style.packed:
                self.texts.append(name)
            self.piece("text", name)
        elif field.kind is Kind.XN:
            self.checks.append(f'{name}[:1] in ("C", "D")')
            self.digits.append(f"{name}[1:]")
            self.piece("text", name)
        else:
            self._number(field, name)

    def _number(self, field: Field, name: str) -> None:
        track = field.kind is Kind.Z
        if track:
            self.lines.append(f'{name} = {name}.replace("=", "D")')
            self.lines.append(f't{field.number} = {name}.replace("D", "0")')
            self.digits.append(f"t{field.number}")  # an encrypted track takes the generic loop
        elif not self.style.packed:
            self.digits.append(name)
        if not self.style.packed:
            self.piece("text", f'{name}.replace("D", "=")' if track else name)
            return
        odd = field.size % 2
        if field.align is Align.RIGHT and odd:
            self.piece("digits", "'0'")
        self.piece("nibbles" if track else "digits", name)
        filler = "digits" if field.pad.isdecimal() else "nibbles"
        if field.prefix is not Prefix.FIXED:
            self.piece(filler, f"filler{field.pad}[n{field.number} & 1]")
        elif odd and field.align is Align.LEFT:
            self.piece(filler, repr(field.pad))

    def _shared(self) -> None:
        """Join what is packed, and text between it, once: for the check and for the result."""
        for place, (sort, expressions) in enumerate(self._pieces):
            if sort not in ("digits", "text"):
                continue
            if len(expressions) > 1:
                joined = _joined(expressions) if sort == "text" else _spliced(expressions)
                self.lines.append(f"s{place} = {joined}")
                expressions[:] = [f"s{place}"]
            if sort == "digits":
                self.digits.extend(expressions)
            else:
                (joined,) = expressions
                self.lines.append(f'b{place} = {joined}.encode("ascii")')
                self.checks.append(f"(b{place}.isalnum() or {joined}.isprintable())")
                self._pieces[place] = ("raw", [f"b{place}"])

    def source(self, fields: Sequence[Field]) -> str:
        """The whole function."""
        if self.style.packed:
            self._shared()
        names = ["mti", *([f"de{field.number}" for field in fields] or ["mti"])]  # of two or more, a tuple is got
        # Digits are checked through bytes, which is much faster; that text is ASCII, by encoding it below.
        checks = [*self.checks, f"{_spliced(self.digits)}.encode().isdigit()"]
        if self.texts:
            checks.append(f"{_joined(self.texts)}.isprintable()")
        pieces = [
            _bytes(sort, [expression for _, expressions in group for expression in expressions])
            for sort, group in groupby(self._pieces, key=lambda piece: _BECOMES.get(piece[0], piece[0]))
        ]
        lines = [
            f"get = itemgetter({', '.join(map(repr, names))})",
            "def run(values):",
            "    try:",
            f"        {', '.join(names)}, = get(values)",
            *(f"        {line}" for line in self.lines),
            f"        if not ({' and '.join(checks)}):",
            "            return None",
            f'        return b"".join(({", ".join(pieces)},))',
            # what another attribute, a value of the wrong type, a digit of another script or an over-long value runs into
            "    except (KeyError, TypeError, ValueError, IndexError, AttributeError):",
            "        return None",
        ]
        return "\n".join(lines)


def _bytes(sort: str, expressions: Sequence[str]) -> str:
    joined = _spliced(expressions) if sort == "packed" else _joined(expressions)
    return (
        f"fromhex({joined})"
        if sort == "packed"
        else f'{joined}.encode("ascii")'
        if sort == "text"
        else ", ".join(expressions)
    )


def _spliced(expressions):
    if len(expressions) == 1:
        return f"({expressions[0]})"
    return 'f"' + "".join(e[1:-1] if e[0] == "'" else f"{{{e}}}" for e in expressions) + '"'


def _joined(expressions: Sequence[str]) -> str:
    if len(expressions) == 1:
        return f"({expressions[0]})"
    return f'"".join(({", ".join(expressions)}))'


def _bitmap(numbers: Sequence[int]) -> bytes:
    bits = sum(1 << (128 - number) for number in numbers)
    if numbers and numbers[-1] > 64:
        return (bits | 1 << 127).to_bytes(16, "big")
    return (bits >> 64).to_bytes(8, "big")
