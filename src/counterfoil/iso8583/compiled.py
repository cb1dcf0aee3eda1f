"""Straight-line code, made per bitmap: the fast way through `decode` and `encode`.

A compiled decoder or encoder either gives exactly what the generic loop would give, or None: then the generic loop
decides and words the error. So there is one place that knows what is wrong with a message, and speed is an addition.
Source is made from the dialect's table and the numbers of the fields only, never from a message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

from counterfoil.iso8583.encoding import Style, decoded
from counterfoil.iso8583.fields import Align, Field, Prefix
from counterfoil.iso8583.message import NUMBER_OF, Message
from counterfoil.iso8583.ranges import TABLES, Range
from counterfoil.iso8583.reading import decoder_source
from counterfoil.iso8583.show import Show
from counterfoil.iso8583.writing import encoder_source

Decoder: TypeAlias = Callable[[bytes], Message | None]
Encoder: TypeAlias = Callable[[Mapping[str, Any]], bytes | None]
Finder: TypeAlias = Callable[[Mapping[str, Any]], int]
Keeper: TypeAlias = Callable[[Mapping[str, Any]], dict[str, Any]]
Adder: TypeAlias = Callable[[Mapping[str, Any], Any, int], str | None]

CACHE_MAX: Final = 256
"""How many decoders, and how many encoders, one dialect makes; what comes later takes the generic loop."""

# A length that is no number: added to any offset it lies behind the end of every message.
_FAR: Final = 1 << 24

_TABLES: Final[dict[str, Any]] = {
    "bcd": [int(f"{byte:02x}") if f"{byte:02x}".isdecimal() else _FAR for byte in range(256)],
    "FAR": _FAR,
    "hundreds": [byte * 100 if byte < 10 else _FAR for byte in range(256)],
    "two": {f"{number:02d}": number for number in range(100)},
    "three": {f"{number:03d}": number for number in range(1000)},
    "digits2": [f"{number:02d}" for number in range(100)],
    "digits3": [f"{number:03d}" for number in range(1000)],
    "digits4": [f"{number:04d}" for number in range(1000)],
    "length2": [bytes.fromhex(f"{number:02d}") for number in range(100)],
    "length3": [bytes.fromhex(f"{number:04d}") for number in range(1000)],
    "filler0": ("", "0"),
    "fillerF": ("", "F"),
    "fromhex": bytes.fromhex,
    "decoded": decoded,
    "itemgetter": itemgetter,
    "new": object.__new__,
    "Message": Message,
}


class Compiler:
    """Compiler of one dialect: makes straight-line code and keeps it."""

    def __init__(self, fields: Mapping[int, Field], style: Style) -> None:
        self.decoders: dict[bytes, Decoder] = {}
        self.encoders: dict[frozenset[str], Encoder] = {}
        self._fields = fields
        self._style = style

    def learn_decoder(self, bitmap: bytes, numbers: Iterable[int]) -> None:
        """Make the decoder for this bitmap (its bytes as they travel), while there is room."""
        fields = self._plain(numbers)
        if fields is not None and len(self.decoders) < CACHE_MAX:
            self.decoders[bitmap] = _run(decoder_source(fields, self._style), f"<decoder {bitmap.hex()}>")

    def learn_encoder(self, names: frozenset[str]) -> None:
        """Make the encoder for messages with these attributes, while there is room."""
        fields = self._plain(sorted(NUMBER_OF[name] for name in names if name != "mti"))
        if fields is not None and len(self.encoders) < CACHE_MAX:
            self.encoders[names] = _run(encoder_source(fields, self._style), "<encoder>")

    def _plain(self, numbers: Iterable[int]) -> list[Field] | None:
        """The fields, or None when one of them needs the generic loop."""
        fields = [self._fields[number] for number in numbers]
        if self._style.hex_bitmap or self._style.hex_binary:
            return None
        if any(field.prefix is not Prefix.FIXED and field.align is Align.RIGHT for field in fields):
            return None
        return fields


def keeper(plan: Iterable[tuple[int, Show | None]]) -> Keeper:
    """Straight-line code that shows the fields of a plan from the attributes of a message; a field without a `Show`
    stays as it is.
    """
    tables: dict[str, Any] = {"other": _other}
    parts = []
    for number, show in plan:
        value = f"v['de{number}']"
        if show is not None:
            tables[f"show{number}"] = show
            value = f"show{number}(x) if type(x := {value}) is str else other(show{number}, x)"
        parts.append(f"'{number}': {value}")
    return eval(f"lambda v: {{{', '.join(parts)}}}", tables)  # type: ignore[no-any-return]  # noqa: S307 - numbers only


class Differing(NamedTuple):
    """How messages of one layout differ from one they are read beside (`adder`).

    `names` are all of their attributes, in order. `same` are the elements that are equal there, `other` those that are
    there too and differ. `written` is how the value of an element is shown, as JSON: by a function, as the text that it
    is (None), or by a text that is the same for every value. `before` is written first, with a place for a number,
    `{at}`. What they are read beside has its elements as `attributes`, or is a mapping.
    """

    names: tuple[str, ...]
    same: tuple[int, ...]
    other: tuple[int, ...]
    written: Mapping[int, Callable[[Any], str] | str | None]
    before: str
    attributes: bool = False


def adder(differing: Differing) -> Adder:
    """Straight-line code that writes as JSON what differs, from the fields of a message, what it is read beside and the
    number; it gives None where they are not as this difference says.
    """
    tables: dict[str, Any] = {"names": differing.names}
    there = "h.de{}" if differing.attributes else "h['de{}']"
    tests = ["tuple(v) != names"]
    tests += [f"v['de{number}'] != {there.format(number)}" for number in differing.same]
    tests += [f"v['de{number}'] == {there.format(number)}" for number in differing.other]
    parts = [differing.before]
    for number, show in differing.written.items():
        if isinstance(show, str):
            parts.append(f'"{number}":{show}')
        elif show is None:
            parts.append(f'"{number}":"{{v["de{number}"]}}"')
        else:
            tables[f"show{number}"] = show
            parts.append(f'"{number}":{{show{number}(v["de{number}"])}}')
    text = "{{" + ",".join(parts) + "}}"
    lines = ["def run(v, h, at):", f"    if {' or '.join(tests)}:", "        return None", f"    return f'''{text}'''"]
    made: Adder = _run("\n".join(lines), "<adder>", tables)
    return made


def _other(show: Show, value: object) -> str | None:
    """Flat text of a value that is not text: bytes in upper-case hex; None stays None."""
    if value is None:
        return None
    return show(value.hex().upper() if isinstance(value, bytes) else str(value))


def finder(ranges: Iterable[tuple[int, Range]]) -> Finder:
    """Straight-line code that finds the first of these fields outside its range, in the attributes of a message."""
    lines = ["def run(v):"]
    for number, within in ranges:
        lines += [f"    x = v['de{number}']", f"    if not ({within.test}):", f"        return {number}"]
    find: Finder = _run("\n".join([*lines, "    return 0"]), "<finder>", TABLES)
    return find


def _run(source: str, name: str, tables: Mapping[str, Any] = _TABLES) -> Any:
    namespace = dict(tables)
    exec(compile(source, name, "exec"), namespace)  # noqa: S102 - made from our own tables, see the docstring above
    return namespace["run"]
