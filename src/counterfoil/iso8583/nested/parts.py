"""What the fields with parts share: cutting digits into named parts and putting them together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from counterfoil.errors import DecodeError, EncodeError
from counterfoil.iso8583.encoding import all_digits

Layout: TypeAlias = Sequence[tuple[str, int]]
"""Names of the parts and how many digits each has."""


def split(path: str, value: str, layout: Layout) -> dict[str, str]:
    """Named parts of a run of digits; the value may end behind any part (truncated from the right)."""
    found: dict[str, str] = {}
    at = 0
    for name, size in layout:
        if at == len(value):
            break
        piece = value[at : at + size]
        if len(piece) != size:
            raise DecodeError(f"{path}.{name}", at, f"{size} digits wanted, {len(piece)} left")
        if not all_digits(piece):
            raise DecodeError(f"{path}.{name}", at, "not a digit")
        found[name] = piece
        at += size
    if at != len(value):
        raise DecodeError(path, at, f"{len(value) - at} digits left over")
    return found


def joined(path: str, layout: Layout, values: Iterable[str], least: int) -> str:
    """Digits of named parts; a part behind the first `least` may be empty when all behind it are."""
    built = ""
    ended = False
    for index, ((name, size), value) in enumerate(zip(layout, values, strict=True)):
        if not value and index >= least:
            ended = True
        elif ended:
            raise EncodeError(f"{path}.{name}", "stands behind an empty part")
        else:
            built += digits(f"{path}.{name}", value, size)
    return built


def digits(path: str, value: str, size: int) -> str:
    """`value`, checked to be exactly `size` digits."""
    if not isinstance(value, str) or len(value) != size or not all_digits(value):
        raise EncodeError(path, f"{size} digits wanted")
    return value


def text(path: str, value: object) -> str:
    """Text of a field that must be present."""
    if not isinstance(value, str):
        raise DecodeError(path, 0, "absent, or not text")
    return value


def octets(path: str, value: object) -> bytes:
    """Bytes of a field that must be present."""
    if not isinstance(value, bytes):
        raise DecodeError(path, 0, "absent, or not bytes")
    return value
