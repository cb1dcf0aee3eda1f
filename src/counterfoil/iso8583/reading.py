"""The source of a straight-line decoder: offsets are constants up to the first variable field, additions behind it.

Neighbouring fixed fields of one sort are cut out of one slice and checked at once. Anything that is not plain (a
flaw, text beyond ASCII in a fixed field) makes the decoder return None.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import groupby

from counterfoil.iso8583.encoding import Style
from counterfoil.iso8583.fields import Align, Field, Kind, Prefix


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
    """Collects lines and checks while walking over the fields; knows where the next field starts."""

    source_of_digits: str
    opening: tuple[str, ...]

    def __init__(self, style: Style, at: int) -> None:
        self.style = style
        self.lines: list[str] = []
        self.checks: list[str] = []
        self.digits = ["mti"]  # every part that may hold digits only; checked together, through bytes: much faster
        self.getters: list[str] = []
        self._base = ""  # the last variable field: p… is the offset behind it in bytes, q… in packed digits
        self._offset = at

    def sort(self, field: Field) -> str:
        """Which neighbours may share a slice."""
        if field.kind is Kind.N:
            return "digits"
        if field.kind in (Kind.AN, Kind.ANS):
            return "text"
        return "alone"

    def at(self, more: int = 0) -> str:
        """The current offset as an expression, `more` bytes on."""
        return self._sum("p", self._offset + more)

    def nibble(self, more: int = 0) -> str:
        """The same in packed digits."""
        return self._sum("q", 2 * (self._offset + more))

    def _sum(self, variable: str, offset: int) -> str:
        if not self._base:
            return str(offset)
        return f"{variable}{self._base} + {offset}" if offset else f"{variable}{self._base}"

    def skip(self, size: int) -> None:
        """Walk over a part whose size is a constant."""
        self._offset += size

    def behind(self, number: int, size: str) -> None:
        """Walk over a value whose size is only known when it runs."""
        self.lines.append(f"p{number} = {self.at()} + {size}")
        self.lines.append(f"q{number} = p{number} + p{number}")
        self._base, self._offset = str(number), 0

    def cut(self, run: Sequence[Field], whole: str, size: int, slices: Sequence[tuple[int, int]]) -> None:
        """The values of neighbouring fields out of the slice `r…` of this size that holds them all."""
        first = run[0].number
        if len(run) == 1 and slices[0] == (0, size):
            self.lines.append(f"r{first} = v{first} = {whole}")
            return
        self.lines.append(f"r{first} = {whole}")
        if len(run) == 1:
            self.lines.append(f"v{first} = r{first}[{slices[0][0]}:{slices[0][1]}]")
            return
        spans = ", ".join(f"slice({start}, {end})" for start, end in slices)
        self.getters.append(f"g{first} = itemgetter({spans})")
        self.lines.append(f"{', '.join(f'v{field.number}' for field in run)} = g{first}(r{first})")

    def text(self, run: Sequence[Field]) -> None:
        """Fixed text: plain ASCII here, anything else takes the generic loop."""
        total = sum(field.size for field in run)
        self.cut(run, f"text[{self.at()}:{self.at(total)}]", total, _spans([field.size for field in run]))
        name = f"r{run[0].number}"
        self.checks += [f"{name}.isascii()", f"{name}.isprintable()"]
        self.skip(total)

    def raw_or_text(self, field: Field) -> None:
        """A value of bytes or of variable text; its prefix was walked over already."""
        number = field.number
        fixed = field.prefix is Prefix.FIXED
        end = self.at(field.size) if fixed else f"{self.at()} + n{number}"
        if not fixed:
            self.checks.append(f"n{number} <= {field.size}")
        if field.kind is Kind.B:
            self.lines.append(f"v{number} = body[{self.at()}:{end}]")
        else:
            charset = self.style.charset if field.kind is Kind.ANS else "ascii"
            self.lines += [
                f"v{number} = text[{self.at()}:{end}]",
                f"if not (v{number}.isascii() and v{number}.isprintable()):",
                f"    v{number} = decoded(body[{self.at()}:{end}], {charset!r})",
                f"    if v{number} is None:",
                "        return None",
            ]
        if fixed:
            self.skip(field.size)
        else:
            self.behind(number, f"n{number}")

    @abstractmethod
    def fixed(self, sort: str, run: Sequence[Field]) -> None:
        """Neighbouring fixed fields of one sort."""

    @abstractmethod
    def single(self, field: Field) -> None:
        """A variable field, or a fixed one that shares no slice."""

    def source(self, fields: Sequence[Field]) -> str:
        """The whole function."""
        values = [f'"de{field.number}": v{field.number}' for field in fields]
        checks = [f"{self.at()} == len(body)", *self.checks, f'"".join(({", ".join(self.digits)},)).encode().isdigit()']
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
            *self.getters,
            "def run(body):",
            "    try:",
            *(f"        {line}" for line in body),
            "    except (IndexError, KeyError):",
            "        return None",
        ]
        return "\n".join(lines)


class _Packed(_Maker):
    """UnionPay's way: two digits a byte, read from the hex form of the whole body."""

    opening = ("digits = body.hex()", 'text = body.decode("latin-1")', "mti = digits[:4]")

    def fixed(self, sort: str, run: Sequence[Field]) -> None:
        if sort == "text":
            self.text(run)
            return
        name = f"r{run[0].number}"
        spans = []
        at = 0
        for field in run:
            odd = field.size % 2
            lead = odd if field.align is Align.RIGHT else 0
            spans.append((at + lead, at + lead + field.size))
            if odd:
                filler = at if lead else at + field.size
                self.checks.append(f"{name}[{filler}] in {'0' if lead else '0f'!r}")
            at += field.size + odd
        self.cut(run, f"digits[{self.nibble()}:{self.nibble(at // 2)}]", at, spans)
        self.digits.append(name)
        self.skip(at // 2)

    def single(self, field: Field) -> None:
        number = field.number
        if field.prefix is Prefix.LL:
            self.lines.append(f"n{number} = bcd[body[{self.at()}]]")
            self.skip(1)
        elif field.prefix is Prefix.LLL:
            self.lines.append(f"n{number} = hundreds[body[{self.at()}]] + bcd[body[{self.at(1)}]]")
            self.skip(2)
        else:
            self.lines.append(f"n{number} = {field.size}")
        if field.kind not in (Kind.N, Kind.Z):
            self.raw_or_text(field)
            return
        self.lines += [
            f"e{number} = {self.nibble()} + n{number}",
            f"v{number} = digits[{self.nibble()}:e{number}]{'.upper()' if field.kind is Kind.Z else ''}",
            f'if n{number} & 1 and digits[e{number}] not in "0f":',
            "    return None",
        ]
        self.checks.append(f"0 < n{number} <= {field.size}")
        if field.kind is Kind.N:
            self.digits.append(f"v{number}")
        self.behind(number, f"(n{number} + 1 >> 1)")


class _Characters(_Maker):
    """One character a digit; every byte is read through Latin-1, where only 0-9 are decimal."""

    opening = ('text = body.decode("latin-1")', "mti = text[:4]")

    def fixed(self, sort: str, run: Sequence[Field]) -> None:
        if sort == "text":
            self.text(run)
            return
        total = sum(field.size for field in run)
        self.cut(run, f"text[{self.at()}:{self.at(total)}]", total, _spans([field.size for field in run]))
        self.digits.append(f"r{run[0].number}")
        self.skip(total)

    def single(self, field: Field) -> None:
        number = field.number
        width = field.prefix.value
        if width:
            table = "two" if field.prefix is Prefix.LL else "three"
            self.lines.append(f"n{number} = {table}[text[{self.at()}:{self.at(width)}]]")
            self.skip(width)
        else:
            self.lines.append(f"n{number} = {field.size}")
        if field.kind in (Kind.B, Kind.AN, Kind.ANS):
            self.raw_or_text(field)
            return
        value = f"text[{self.at()}:{self.at()} + n{number}]"
        if field.kind is Kind.Z:
            self.lines.append(f'v{number} = {value}.replace("=", "D")')
            self.digits.append(f'v{number}.replace("D", "0")')
        else:
            self.lines.append(f"v{number} = {value}")
            if field.kind is Kind.XN:
                self.checks.append(f'v{number}[:1] in ("C", "D")')
            self.digits.append(f"v{number}[1:]" if field.kind is Kind.XN else f"v{number}")
        if width:
            self.checks.append(f"0 < n{number} <= {field.size}")
        self.behind(number, f"n{number}")


def _spans(sizes: Sequence[int]) -> list[tuple[int, int]]:
    ends = [sum(sizes[: index + 1]) for index in range(len(sizes))]
    return [(end - size, end) for end, size in zip(ends, sizes, strict=True)]
