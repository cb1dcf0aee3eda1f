"""The source of a straight-line encoder: all lengths checked, all digits checked at once, a few joins.

Values that only the generic loop can write (text beyond ASCII, a short value that is filled with spaces, anything
wrong) make the encoder return None.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from counterfoil.iso8583.encoding import Style
from counterfoil.iso8583.fields import Align, Characters, Field, Prefix

_PACKED: Final = ("digits", "nibbles")


def encoder_source(fields: Sequence[Field], style: Style) -> str:
    """Python source of `run(values) -> bytes | None` for messages with exactly these fields."""
    maker = _Writer(style, fields)
    for field in fields:
        maker.field(field)
    return maker.source(fields)


class _Writer:
    """Code generator that collects lines, checks and the pieces of the result."""

    def __init__(self, style: Style, fields: Sequence[Field]) -> None:
        self.style = style
        self.before: list[str] = []  # lines that run once, when the encoder is made
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
        """Code for one field: its checks, its length prefix, its value."""
        name = f"de{field.number}"
        fixed = field.prefix is Prefix.FIXED
        number_like = field.kind in (Characters.N, Characters.Z)
        if fixed:
            self.checks.append(f"len({name}) == {field.size}")
        else:
            self._length(field, number_like)
        if field.kind is Characters.B:
            self.checks.append(f"type({name}) is bytes")
            self.piece("raw", name)
        elif field.kind in (Characters.AN, Characters.ANS):
            if not self.style.packed:
                self.texts.append(name)
            self.piece("text", name)
        elif field.kind is Characters.XN:
            self.checks.append(f'{name}[:1] in ("C", "D")')
            self.digits.append(f"{name}[1:]")
            self.piece("text", name)
        else:
            self._number(field, name)

    def _length(self, field: Field, number_like: bool) -> None:
        """Code for the length of a variable field; a length too long runs past the end of a table."""
        number, width = field.number, field.prefix.value
        self.lines.append(f"n{number} = len(de{number})")
        if not self.style.packed:
            self.checks.append(f"{'0 < ' if number_like else ''}n{number} <= {field.size}")
            self.piece("text", f"digits{width}[n{number}]")
        elif number_like:
            self.before.append(f'd{number} = ["-", *digits{width + width % 2}[1:{field.size + 1}]]')  # 0 is no digits
            self.piece("digits", f"d{number}[n{number}]")
        else:
            self.before.append(f"d{number} = length{width}[:{field.size + 1}]")
            self.piece("raw", f"d{number}[n{number}]")

    def _number(self, field: Field, name: str) -> None:
        track = field.kind is Characters.Z
        if track:
            self.lines.append(f'if "=" in {name}: {name} = {name}.replace("=", "D")')
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
        filler = "digits" if field.pad.isdecimal() and not track else "nibbles"
        if field.prefix is not Prefix.FIXED:
            self.piece(filler, f"filler{field.pad}[n{field.number} & 1]")
        elif odd and field.align is Align.LEFT:
            self.piece(filler, repr(field.pad))

    def _shared(self) -> None:
        """Join neighbours of a packed message once, for the check and for the result."""
        for place, (sort, expressions) in enumerate(self._pieces):
            if sort == "digits":
                if len(expressions) > 1:
                    self.lines.append(f"s{place} = {_spliced(expressions)}")
                    expressions[:] = [f"s{place}"]
                self.digits += expressions
            elif sort == "text":
                self.lines += [f"s{place} = {_joined(expressions)}", f'b{place} = s{place}.encode("ascii")']
                self.checks.append(f"(b{place}.isalnum() or s{place}.isprintable())")
                self._pieces[place] = ("raw", [f"b{place}"])

    def source(self, fields: Sequence[Field]) -> str:
        """Source of the whole function."""
        if self.style.packed:
            self._shared()
        names = ["mti", *([f"de{field.number}" for field in fields] or ["mti"])]  # of two or more, a tuple is got
        # Digits are checked through bytes, which is much faster; that text is ASCII, by encoding it below.
        checks = [*self.checks, f"{_spliced(self.digits)}.encode().isdigit()"]
        if self.texts:
            checks.append(f"{_joined(self.texts)}.isprintable()")
        pieces = [
            _bytes(sort, [expression for _, expressions in group for expression in expressions])
            for sort, group in groupby(self._pieces, key=lambda piece: "packed" if piece[0] in _PACKED else piece[0])
        ]
        lines = [
            *self.before,
            f"get = itemgetter({', '.join(map(repr, names))})",
            "def run(values):",
            "    try:",
            f"        {', '.join(names)} = get(values)",
            *(f"        {line}" for line in self.lines),
            f"        if not ({' and '.join(checks)}):",
            "            return None",
            f'        return b"".join(({", ".join(pieces)},))',
            # what another attribute, a value of the wrong type, a digit of another script or a long value runs into
            "    except (KeyError, TypeError, ValueError, IndexError, AttributeError):",
            "        return None",
        ]
        return "\n".join(lines)


def _bytes(sort: str, expressions: Sequence[str]) -> str:
    if sort == "packed":
        return f"fromhex({_spliced(expressions)})"
    return f'{_joined(expressions)}.encode("ascii")' if sort == "text" else ", ".join(expressions)


def _spliced(expressions: Sequence[str]) -> str:
    """`_joined`, but faster, for what must be digits: what Python writes of a value that is no text are none."""
    if len(expressions) == 1:
        return expressions[0]
    parts = (expression[1:-1] if expression[0] == "'" else f"{{{expression}}}" for expression in expressions)
    return f'f"{"".join(parts)}"'


def _joined(expressions: Sequence[str]) -> str:
    if len(expressions) == 1:
        return expressions[0]
    return f'"".join(({", ".join(expressions)}))'


def _bitmap(numbers: Sequence[int]) -> bytes:
    bits = sum(1 << (128 - number) for number in numbers)
    if numbers and numbers[-1] > 64:
        return (bits | 1 << 127).to_bytes(16, "big")
    return (bits >> 64).to_bytes(8, "big")
