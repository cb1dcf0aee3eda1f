"""BER-TLV as chip data uses it (DE55): one level, tags and lengths of one or more bytes, values left as they are."""

from __future__ import annotations

from collections.abc import Iterable

from counterfoil.errors import DecodeError, EncodeError


def parse(data: bytes, path: str = "55", at: int = 0) -> list[tuple[str, bytes]]:
    """Tag (upper-case hex) and value of every element, in order; constructed ones are not opened.

    DecodeError with path "55.9F26" and the offset (counted from `at`) when the data ends too early or a length has no
    definite form. Filler bytes 00 and FF between elements are not accepted: nothing observed sends them.
    """
    elements = []
    position = 0
    while position < len(data):
        tag, position = _tag(data, position, path, at)
        where = f"{path}.{tag}"
        size, position = _length(data, position, where, at)
        if position + size > len(data):
            raise DecodeError(where, at + position, f"{size} bytes wanted, {len(data) - position} left")
        elements.append((tag, data[position : position + size]))
        position += size
    return elements


def _tag(data: bytes, position: int, path: str, at: int) -> tuple[str, int]:
    start = position
    position += 1
    if data[start] & 0x1F == 0x1F:  # the tag number continues while bit 8 is set
        while True:
            if position >= len(data):
                raise DecodeError(path, at + start, "ends inside a tag")
            position += 1
            if not data[position - 1] & 0x80:
                break
            if position - start > 3:
                raise DecodeError(path, at + start, "a tag longer than four bytes")
    return data[start:position].hex().upper(), position


def _length(data: bytes, position: int, where: str, at: int) -> tuple[int, int]:
    if position >= len(data):
        raise DecodeError(where, at + position, "ends before its length")
    first = data[position]
    if first < 0x80:
        return first, position + 1
    width = first & 0x7F
    if not 1 <= width <= 2:
        raise DecodeError(where, at + position, "a length of this form is not used")
    position += 1
    if position + width > len(data):
        raise DecodeError(where, at + position, "ends inside its length")
    return int.from_bytes(data[position : position + width], "big"), position + width


def build(elements: Iterable[tuple[str, bytes]]) -> bytes:
    """Bytes of these elements; EncodeError for a tag that is no hex or a value above 65,535 bytes."""
    parts = []
    for tag, value in elements:
        if not tag or len(tag) % 2 or tag.strip("0123456789ABCDEFabcdef"):
            raise EncodeError("55", "a tag is hex digits in pairs")
        if len(value) > 0xFFFF:
            raise EncodeError(f"55.{tag}", "longer than 65535 bytes")
        parts += [bytes.fromhex(tag), _length_of(len(value)), value]
    return b"".join(parts)


def _length_of(size: int) -> bytes:
    if size < 0x80:
        return bytes((size,))
    return bytes((0x81, size)) if size < 0x100 else b"\x82" + size.to_bytes(2, "big")
