"""Bytes as programs write them down: arrays, lists of numbers, escaped strings, hex somewhere in a line, base64."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final

from counterfoil.inspector.listing import FEWEST

_COMMENT: Final = re.compile(r"/\*.*?\*/|//[^\n]*|(?m:^\s*#[^\n]*$)", re.DOTALL)
_CAST: Final = re.compile(
    r"\(\s*(?:byte|char|unsigned char|uint8_t|sbyte|u8)\s*\)|\.toByte\(\)|(?<=[0-9A-Fa-f])_?u8\b", re.I
)
_LIST: Final = re.compile(r"[\[{(]([^\[\]{}()]*)[\]})]")
_NUMBER: Final = re.compile(
    r"(?:0x(?P<hex>[0-9A-F]{1,2})|&H(?P<basic>[0-9A-F]{1,2})&?|\$(?P<pascal>[0-9A-F]{1,2})"
    r"|(?P<intel>[0-9][0-9A-F]{1,2})h|(?P<decimal>-?[0-9]{1,3}))[UB]?",
    re.IGNORECASE,
)
_PAIR: Final = re.compile(r"(?:0x|x|&?H)?(?P<pair>[0-9A-F]{2})h?", re.IGNORECASE)
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u00([0-9A-Fa-f]{2})|([0-3]?[0-7]{1,2})|(.))", re.DOTALL)
_ANY_ESCAPE: Final = re.compile(r"\\x|\\u00|\\0|\bb['\"]")
_ESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b"}
_RUN: Final = re.compile(r"(?<![0-9A-Za-z])(?:0x)?(?:[0-9A-Fa-f]{2}[ :,\-]{0,2}){12,}(?![0-9A-Za-z])")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/\s]{16,}={0,2}")


def arrays(text: str) -> Iterator[tuple[bytes, int]]:
    """The bytes of each list of numbers, and how many characters of the text are none of it."""
    bare = _CAST.sub("", _COMMENT.sub(" ", text))
    for match in _LIST.finditer(bare):
        inside = match.group(1)
        parts = [part.strip() for part in (inside.split(",") if "," in inside else inside.split())]
        numbers = [_NUMBER.fullmatch(part) for part in parts if part]
        if len(numbers) >= FEWEST and "," in inside:
            values = [_value(number) for number in numbers if number is not None]
            if len(values) == len(numbers) and all(-128 <= value < 256 for value in values):
                yield bytes(value % 256 for value in values), 0


def _value(number: re.Match[str]) -> int:
    for name in ("hex", "basic", "pascal", "intel"):
        if number[name] is not None:
            return int(number[name], 16)
    return int(number["decimal"])


def pairs(text: str) -> bytes | None:
    """The bytes of pairs of hex digits with whatever stands between them (a dot, a bar, brackets, "h"); else None."""
    found = [_PAIR.fullmatch(word) for word in re.findall("[0-9A-Za-z]+", text)]
    digits = "".join(one["pair"] for one in found if one is not None)
    return bytes.fromhex(digits) if len(found) >= FEWEST and len(digits) == 2 * len(found) else None


def escaped(text: str) -> bytes | None:
    r"""The bytes of strings with \x escapes, those of several lines put together; None without any."""
    if _ANY_ESCAPE.search(text) is None:
        return None
    parts = [double or single for double, single in _QUOTED.findall(text)] or [re.sub(r"\\?\r?\n", "", text.strip())]
    joined = "".join(_ESCAPE.sub(_unescaped, part) for part in parts)
    try:
        data = joined.encode("latin-1")
    except UnicodeEncodeError:
        return None
    return data if len(data) >= FEWEST else None


def _unescaped(match: re.Match[str]) -> str:
    for digits, base in ((match[1], 16), (match[2], 16), (match[3], 8)):
        if digits:
            return chr(int(digits, base))
    return _ESCAPED.get(match[4], match[4])


def runs(text: str) -> Iterator[tuple[bytes, int]]:
    """Each run of hex digits within other text, and how many characters are not part of it; the longest first."""
    found = sorted(_RUN.finditer(text), key=lambda match: -len(match.group()))
    everything = len("".join(text.split()))
    for match in found:
        digits = re.sub(r"0x|[\s:,\-]", "", match.group())
        if len(digits) % 2 == 0:
            yield bytes.fromhex(digits), everything - len("".join(match.group().split()))


def of_base64(text: str) -> bytes | None:
    """The bytes of base64; None for anything else."""
    if _BASE64.fullmatch(text.strip()) is None:
        return None
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
