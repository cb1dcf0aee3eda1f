"""The source of a straight-line decoder: offsets are constants up to the first variable field, additions behind it.

Neighbouring fixed fields of one sort are cut out of one slice and checked at once. Anything that is not plain (a
flaw, text beyond ASCII in a fixed field) makes the decoder return None.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from counterfoil.iso8583.encoding import Style
from counterfoil.iso8583.fields import Align, Characters, Field, Prefix

_TWO_DIGITS: Final = 99


def decoder_source(fields: Sequence[Field], style: Style) -> str:
    """Python source of `run(body) -> Message | None` for messages with exactly these fields, ascending."""
    width = 16 if fields and fields[-1].number > 64 else 8
    maker = _Packed(style, 2 + width) if style.packed else _Characters(style, 4 + width)
    for (fixed, sort), group in groupby(fields, key=lambda field: (field.prefix is Prefix.FIXED, maker.sort(field))):
        run = list(group)
        if fixed and sort != "alone":
            maker.fixed(sort, run)
        else:
            for field in run:
                maker.single(field)
    return maker.source(fields)


class _Maker(ABC):
    """Code generator that walks over the fields and knows where the next one starts."""

    opening: tuple[str, ...]

    def __init__(self, style: Style, at: int) -> None:
        self.style = style
        self.lines: list[str] = []
        self.checks: list[str] = []
        self.digits = ["mti"]  # every part that may hold digits only; checked together, through bytes: much faster
        self.before: list[str] = []  # lines that run once, when the decoder is made
        self._base = ""  # the last variable field: p… is the offset behind it in bytes, q… in packed digits
        self._offset = at

    def sort(self, field: Field) -> str:
        """Group of a field: neighbours of one group may share a slice."""
        if field.kind is Characters.N:
            return "digits"
        if field.kind in (Characters.AN, Characters.ANS):
            return "text"
        return "alone"

    def at(self, more: int = 0) -> str:
        """The current offset as an expression, `more` bytes on."""
        return self._sum("p", self._offset + more)

    def nibble(self, more: int = 0) -> str:
        """The current offset in packed digits, as an expression, `more` bytes on."""
        return self._sum("q", 2 * (self._offset + more))

    def _sum(self, variable: str, offset: int) -> str:
        if not self._base:
            return str(offset)
        return f"{variable}{self._base} + {offset}" if offset else f"{variable}{self._base}"

    def skip(self, size: int) -> None:
        """Walk over a part whose size is a constant."""
        self._offset += size

    def behind(self, number: int) -> None:
        """Walk over a value whose end is only known when it runs; `p…` or, of packed digits, `q…` holds it already."""
        self._base, self._offset = str(number), 0

    def start(self, number: int, place: str) -> str:
        """The name of a place that is asked for twice, worked out once."""
        if " " not in place:
            return place
        self.lines.append(f"s{number} = {place}")
        return f"s{number}"

    def cut(self, run: Sequence[Field], whole: str, size: int, slices: Sequence[tuple[int, int]]) -> None:
        """Code that cuts the values of neighbouring fields out of the slice `r…` of this size."""
        first = run[0].number
        if len(run) == 1 and slices[0] == (0, size):
            self.lines.append(f"r{first} = v{first} = {whole}")
            return
        self.lines.append(f"r{first} = {whole}")
        if len(run) == 1:
            self.lines.append(f"v{first} = r{first}[{slices[0][0]}:{slices[0][1]}]")
            return
        spans = ", ".join(f"slice({start}, {end})" for start, end in slices)
        self.before.append(f"g{first} = itemgetter({spans})")
        self.lines.append(f"{', '.join(f'v{field.number}' for field in run)} = g{first}(r{first})")

    def raw_or_text(self, field: Field) -> None:
        """Code for a value of bytes or of variable text whose prefix is behind it."""
        number = field.number
        fixed = field.prefix is Prefix.FIXED
        start, end = self.at(), self.at(field.size)
        if not fixed:
            start, end = self.start(number, start), f"p{number}"
            self.lines += [f"p{number} = {start} + n{number}", f"q{number} = p{number} + p{number}"]
        if field.kind is Characters.B:
            self.lines.append(f"v{number} = body[{start}:{end}]")
        else:
            charset = (field.charset or self.style.charset) if field.kind is Characters.ANS else "ascii"
            self.lines += [
                f"b{number} = body[{start}:{end}]",
                f'v{number} = b{number}.decode("latin-1")',
                f"if not (b{number}.isalnum() or (b{number}.isascii() and v{number}.isprintable())):",
                f"    v{number} = decoded(b{number}, {charset!r})",
                f"    if v{number} is None:",
                "        return None",
            ]
        if fixed:
            self.skip(field.size)
        else:
            self.behind(number)

    @abstractmethod
    def fixed(self, sort: str, run: Sequence[Field]) -> None:
        """Code for neighbouring fixed fields of one group."""

    @abstractmethod
    def single(self, field: Field) -> None:
        """Code for a variable field, or a fixed one that shares no slice."""

    def source(self, fields: Sequence[Field]) -> str:
        """Source of the whole function."""
        values = [f'"de{field.number}": v{field.number}' for field in fields]
        digits = "".join(f"{{{part}}}" for part in self.digits)
        checks = [f"{self.at()} == len(body)", *self.checks, f'f"{digits}".encode().isdigit()']
        mentioned = " ".join(line.partition(" = ")[2] for line in self.lines)
        body = [
            *self.opening,
            *(line for line in self.lines if not line.startswith("q") or line.split()[0] in mentioned),
            f"if not ({' and '.join(checks)}):",
            "    return None",
            "message = new(Message)",
            # CPython builds a literal of more than 15 pairs in pieces, which is slower than the assignments
            f'message.__dict__ = values = {{"mti": mti, {", ".join(values[:14])}}}',
            *(f'values["de{field.number}"] = v{field.number}' for field in fields[14:]),
            "return message",
        ]
        lines = [
            *self.before,
            "def run(body):",
            "    try:",
            *(f"        {line}" for line in body),
            "    except (IndexError, KeyError, UnicodeDecodeError):",
            "        return None",
        ]
        return "\n".join(lines)


class _Packed(_Maker):
    """Generator for packed links (UnionPay): two digits a byte, read from the hex form of the whole body."""

    opening = ("digits = body.hex()", "mti = digits[:4]")

    def fixed(self, sort: str, run: Sequence[Field]) -> None:
        first = run[0].number
        name = f"r{first}"
        if sort == "text":
            total = sum(field.size for field in run)
            self.lines.append(f"b{first} = body[{self.at()}:{self.at(total)}]")
            self.cut(run, f"b{first}.decode()", total, _spans([field.size for field in run]))
            # letters and digits are plain; so is what is printable, and one byte a character
            self.checks.append(f"(b{first}.isalnum() or (b{first}.isascii() and {name}.isprintable()))")
            self.skip(total)
            return
        spans = []
        at = 0
        for field in run:
            odd = field.size % 2
            lead = odd if field.align is Align.RIGHT else 0
            spans.append((at + lead, at + lead + field.size))
            if odd:
                filler = at if lead else at + field.size
                self.checks.append(f'{name}[{filler}] == "0"')  # an F, which may be behind the digits, is none below
            at += field.size + odd
        self.cut(run, f"digits[{self.nibble()}:{self.nibble(at // 2)}]", at, spans)
        self.digits.append(name)
        self.skip(at // 2)

    def _length(self, field: Field) -> None:
        """How long a value says it is; what is too long is so far that no body reaches there."""
        number, size = field.number, field.size
        least = int(field.kind in (Characters.N, Characters.Z))
        if size > _TWO_DIGITS:
            self.lines.append(f"n{number} = hundreds[body[{self.at()}]] + bcd[body[{self.at(1)}]]")
            self.checks.append(f"{'0 < ' if least else ''}n{number} <= {size}")
            self.skip(2)
            return
        self.before.append(f"c{number} = [count if {least} <= count <= {size} else FAR for count in bcd]")
        if field.prefix is Prefix.LLL:
            self.checks.append(f"not body[{self.at()}]")
            self.skip(1)
        self.lines.append(f"n{number} = c{number}[body[{self.at()}]]")
        self.skip(1)

    def single(self, field: Field) -> None:
        number = field.number
        if field.prefix is not Prefix.FIXED:
            self._length(field)
        if field.kind not in (Characters.N, Characters.Z):
            self.raw_or_text(field)
            return
        start = self.start(number, self.nibble())
        self.lines += [
            f"q{number} = {start} + n{number}",
            f"v{number} = digits[{start}:q{number}]{'.upper()' if field.kind is Characters.Z else ''}",
            f"if n{number} & 1:",
            f'    if digits[q{number}] not in "0f":',
            "        return None",
            f"    q{number} += 1",
            f"p{number} = q{number} >> 1",
        ]
        if field.kind is Characters.N:
            self.digits.append(f"v{number}")
        self.behind(number)


class _Characters(_Maker):
    """Generator for character links: every byte is read through Latin-1, where only 0-9 are decimal."""

    opening = ('text = body.decode("latin-1")', "mti = text[:4]")

    def fixed(self, sort: str, run: Sequence[Field]) -> None:
        total = sum(field.size for field in run)
        self.cut(run, f"text[{self.at()}:{self.at(total)}]", total, _spans([field.size for field in run]))
        name = f"r{run[0].number}"
        if sort == "text":
            self.checks += [f"{name}.isascii()", f"{name}.isprintable()"]
        else:
            self.digits.append(name)
        self.skip(total)

    def single(self, field: Field) -> None:
        number = field.number
        width = field.prefix.value
        if width:
            table = "two" if field.prefix is Prefix.LL else "three"
            self.lines.append(f"n{number} = {table}[text[{self.at()}:{self.at(width)}]]")
            self.checks.append(
                f"{'0 < ' if field.kind in (Characters.N, Characters.Z) else ''}n{number} <= {field.size}"
            )
            self.skip(width)
        else:
            self.lines.append(f"n{number} = {field.size}")
        if field.kind in (Characters.B, Characters.AN, Characters.ANS):
            self.raw_or_text(field)
            return
        value = f"text[{self.at()}:{self.at()} + n{number}]"
        if field.kind is Characters.Z:
            self.lines.append(f'v{number} = {value}.replace("=", "D")')
            self.lines.append(f't{number} = v{number}.replace("D", "0")')
            self.digits.append(f"t{number}")
        else:
            self.lines.append(f"v{number} = {value}")
            if field.kind is Characters.XN:
                self.checks.append(f'v{number}[:1] in ("C", "D")')
            self.digits.append(f"v{number}[1:]" if field.kind is Characters.XN else f"v{number}")
        self.lines += [f"p{number} = {self.at()} + n{number}"]
        self.behind(number)


def _spans(sizes: Sequence[int]) -> list[tuple[int, int]]:
    ends = [sum(sizes[: index + 1]) for index in range(len(sizes))]
    return [(end - size, end) for end, size in zip(ends, sizes, strict=True)]
