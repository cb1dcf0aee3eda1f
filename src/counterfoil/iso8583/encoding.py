"""What the parts of a field look like on the wire: packed digits, characters, bytes, and the length before them.

Values have one canonical form, whatever the wire: n and z are text without filler, the separator of a track is "D",
an/ans are text, b is bytes. A `Flaw` says what is wrong without saying what was there.
"""

from __future__ import annotations

import dataclasses
import unicodedata
from typing import Final, Protocol, TypeAlias

from counterfoil.iso8583.fields import Align, Characters, Field, Prefix

Value: TypeAlias = str | bytes

TRACK_NIBBLES: Final = "0123456789ABCDEF"  # an encrypted track holds any nibble
TRACK_CHARACTERS: Final = "0123456789D"
# Control and format characters steer printers and terminals; line and paragraph separators break log lines.
_UNPRINTABLE: Final = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


class Flaw(Exception):  # noqa: N818 - not an error by itself: the codec turns it into one
    """Reason why a value cannot be read or written. `shift` counts bytes from the start of the part concerned.

    `resume` is the offset of the next field when it is known in spite of the flaw, else None.
    """

    def __init__(self, reason: str, shift: int = 0, resume: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.shift = shift
        self.resume = resume


class Encoding(Protocol):
    """Wire form of `count` digits, characters or bytes of a value."""

    def size(self, count: int) -> int:
        """Number of bytes on the wire for a value of length `count`."""

    def read(self, raw: bytes, count: int) -> Value:
        """The value of exactly `size(count)` bytes; Flaw when they are not valid."""

    def write(self, value: Value) -> tuple[int, bytes]:
        """Length for the prefix, and the bytes of the value; Flaw when the value cannot be written."""


def all_digits(text: str) -> bool:
    """Whether a text is one or more of 0-9 (str.isdecimal alone accepts digits of other scripts)."""
    return text.isascii() and text.isdecimal()


def printable(text: str) -> bool:
    """Whether a text is printable: ASCII from space to tilde, and what is printable of other scripts."""
    if text.isascii():
        return text.isprintable()
    return all(unicodedata.category(character) not in _UNPRINTABLE for character in text)


def _digits_checked(kind: Characters, text: str, track: str) -> str:
    """`text` when all its characters are of `kind`; Flaw(shift = index of the first wrong one) otherwise."""
    if kind is Characters.N:
        allowed = "0123456789"
    elif kind is Characters.Z:
        allowed = track
    else:
        if text[:1] not in ("C", "D"):
            raise Flaw("neither C nor D before the digits")
        allowed = "0123456789"
        if not text[1:].strip(allowed):
            return text
        raise Flaw("not a digit", 1 + _first_outside(text[1:], allowed))
    if not text.strip(allowed):
        return text
    raise Flaw("not a digit" if kind is Characters.N else "not track data", _first_outside(text, allowed))


def _first_outside(text: str, allowed: str) -> int:
    return next(index for index, character in enumerate(text) if character not in allowed)


def _text_of(value: Value) -> str:
    if not isinstance(value, str):
        raise Flaw("text is wanted here")
    return value


@dataclasses.dataclass(frozen=True)
class Packed:
    """Packed digits, two a byte. An odd count leaves one filler nibble: behind the digits (left) or before them
    (right).
    """

    kind: Characters
    align: Align
    pad: str

    def size(self, count: int) -> int:
        """Half the number of digits, rounded up."""
        return (count + 1) // 2

    def read(self, raw: bytes, count: int) -> str:
        """Digits without their filler; a trailing filler may be 0 or F, a leading one is 0."""
        nibbles = raw.hex().upper()
        if count % 2 == 0:
            digits, first = nibbles, 0
        elif self.align is Align.RIGHT:
            if nibbles[0] != "0":
                raise Flaw("the filler nibble is not 0")
            digits, first = nibbles[1:], 1
        else:
            if nibbles[-1] not in "0F":
                raise Flaw("the filler nibble is neither 0 nor F", len(raw) - 1)
            digits, first = nibbles[:-1], 0
        try:
            return _digits_checked(self.kind, digits, TRACK_NIBBLES)
        except Flaw as flaw:
            flaw.shift = (flaw.shift + first) // 2
            raise

    def write(self, value: Value) -> tuple[int, bytes]:
        """Digits in packed form."""
        digits = _text_of(value)
        if self.kind is Characters.Z:
            digits = digits.replace("=", "D")
        _digits_checked(self.kind, digits, TRACK_NIBBLES)
        count = len(digits)
        if count % 2:
            digits = "0" + digits if self.align is Align.RIGHT else digits + self.pad
        return count, bytes.fromhex(digits)


@dataclasses.dataclass(frozen=True)
class Digits:
    """Digits as ASCII characters; the separator of a track is written "=", and read as "=" or "D"."""

    kind: Characters

    def size(self, count: int) -> int:
        """One byte per digit."""
        return count

    def read(self, raw: bytes, count: int) -> str:  # noqa: ARG002 - the protocol's signature
        """Digits as text."""
        text = raw.decode("latin-1")
        if self.kind is Characters.Z:
            text = text.replace("=", "D")
        return _digits_checked(self.kind, text, TRACK_CHARACTERS)

    def write(self, value: Value) -> tuple[int, bytes]:
        """Digits as ASCII bytes."""
        text = _text_of(value)
        if self.kind is Characters.Z:
            text = text.replace("=", "D")
        _digits_checked(self.kind, text, TRACK_CHARACTERS)
        if self.kind is Characters.Z:
            text = text.replace("D", "=")
        return len(text), text.encode("ascii")


@dataclasses.dataclass(frozen=True)
class TextElement:
    """Characters in `charset`; lengths count bytes. `an` stays within ASCII."""

    charset: str

    def size(self, count: int) -> int:
        """`count` itself: it counts bytes."""
        return count

    def read(self, raw: bytes, count: int) -> str:  # noqa: ARG002 - the protocol's signature
        """Text with its filler spaces."""
        text = decoded(raw, self.charset)
        if text is None:
            raise Flaw("not printable text")
        return text

    def write(self, value: Value) -> tuple[int, bytes]:
        """Text in `charset`; the caller fills a fixed field with spaces."""
        text = _text_of(value)
        raw = encoded(text, self.charset)
        if raw is None:
            raise Flaw("not printable text")
        return len(raw), raw


def decoded(raw: bytes, charset: str) -> str | None:
    """Printable text of these bytes, or None when they are not printable text in `charset`."""
    try:
        text = raw.decode(charset)
    except UnicodeDecodeError:
        return None
    return text if printable(text) else None


def encoded(text: str, charset: str) -> bytes | None:
    """Bytes of a printable text, or None when it is not printable or not in `charset`."""
    try:
        return text.encode(charset) if printable(text) else None
    except UnicodeEncodeError:
        return None


@dataclasses.dataclass(frozen=True)
class Raw:
    """Bytes, unchanged."""

    def size(self, count: int) -> int:
        """`count` itself: it counts bytes."""
        return count

    def read(self, raw: bytes, count: int) -> bytes:  # noqa: ARG002 - the protocol's signature
        """Bytes of the value."""
        return raw

    def write(self, value: Value) -> tuple[int, bytes]:
        """Bytes of the value."""
        if not isinstance(value, bytes):
            raise Flaw("bytes are wanted here")
        return len(value), value


@dataclasses.dataclass(frozen=True)
class HexText:
    """Bytes written as upper-case hex characters; the length prefix counts the bytes."""

    def size(self, count: int) -> int:
        """Two characters per byte."""
        return count * 2

    def read(self, raw: bytes, count: int) -> bytes:  # noqa: ARG002 - the protocol's signature
        """Bytes of the value; hex characters of either case are accepted."""
        text = raw.decode("latin-1").upper()
        if text.strip(TRACK_NIBBLES):
            raise Flaw("not a hex character", _first_outside(text, TRACK_NIBBLES))
        return bytes.fromhex(text)

    def write(self, value: Value) -> tuple[int, bytes]:
        """Upper-case hex characters of the value."""
        if not isinstance(value, bytes):
            raise Flaw("bytes are wanted here")
        return len(value), value.hex().upper().encode("ascii")


@dataclasses.dataclass(frozen=True)
class Style:
    """Conventions of a whole link: how digits, text, bitmaps, bytes and lengths are written."""

    packed: bool
    charset: str
    secondary: bool
    hex_bitmap: bool = False
    hex_binary: bool = False

    def encoding(self, field: Field) -> Encoding:
        """Encoding of one field on a link of this style."""
        if field.kind is Characters.B:
            return HexText() if self.hex_binary else Raw()
        if field.kind is Characters.AN:
            return TextElement("ascii")
        if field.kind is Characters.ANS:
            return TextElement(field.charset or self.charset)
        return Packed(field.kind, field.align, field.pad) if self.packed else Digits(field.kind)


class Element:
    """Data element of a link: prefix × encoding × padding, able to read and write itself."""

    __slots__ = ("_packed", "encoding", "field", "lead")

    def __init__(self, field: Field, style: Style) -> None:
        self.field = field
        self.encoding = style.encoding(field)
        self._packed = style.packed
        digits = field.prefix.value
        self.lead = (digits + 1) // 2 if style.packed else digits  # bytes of the length before the value

    def read(self, body: bytes, at: int) -> tuple[Value, int]:
        """Value at offset `at`, and the offset behind it; Flaw (shift relative to `at`) when there is no valid one."""
        field = self.field
        start = at + self.lead
        count = self._count(body, at, start) if self.lead else field.size
        end = start + self.encoding.size(count)
        if end > len(body):
            raise Flaw(f"{end - start} bytes wanted, {max(len(body) - start, 0)} left", self.lead)
        if count > field.size:
            raise Flaw(f"longer than {field.size}", resume=end)
        if count == 0 and field.kind in (Characters.N, Characters.Z):
            raise Flaw("present but empty", resume=end)
        try:
            return self.encoding.read(body[start:end], count), end
        except Flaw as flaw:
            flaw.shift += self.lead
            flaw.resume = end
            raise

    def _count(self, body: bytes, at: int, start: int) -> int:
        if start > len(body):
            raise Flaw("cut off inside the length")
        prefix = body[at:start]
        digits = prefix.hex() if self._packed else prefix.decode("latin-1")
        if not all_digits(digits):
            raise Flaw("the length is not a number")
        return int(digits)

    def write(self, value: Value) -> bytes:
        """Prefix and value; Flaw when the value does not fit."""
        field = self.field
        count, raw = self.encoding.write(value)
        if field.prefix is Prefix.FIXED:
            if count < field.size and field.kind is Characters.ANS:
                return raw + b" " * (field.size - count)
            if count != field.size:
                raise Flaw(f"length is not {field.size}")
            return raw
        if count > field.size:
            raise Flaw(f"longer than {field.size}")
        if count == 0 and field.kind in (Characters.N, Characters.Z):
            raise Flaw("present but empty")
        if self._packed:
            return bytes.fromhex(str(count).rjust(self.lead * 2, "0")) + raw
        return str(count).rjust(self.lead, "0").encode("ascii") + raw
