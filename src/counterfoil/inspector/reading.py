"""A packet as people see it: masked bytes, and a row for each of its parts: place, value and meaning."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any, Final

import msgspec

from counterfoil.inspector import around, emv, mask
from counterfoil.inspector.meaning import meaning
from counterfoil.inspector.names import name_of
from counterfoil.inspector.walk import MessageWalk, Span, walk
from counterfoil.inspector.wire import PacketParts, Wrapping, take_apart
from counterfoil.iso8583 import Dialect
from counterfoil.words import Text

OUTER: Final = {
    "length": Text("length", "长度"),
    "tpdu": Text("TPDU", "TPDU"),
    "header": Text("header", "报文头"),
    "tail": Text("ETX and check byte", "ETX 和校验字节"),
}
NOTHING: Final[AbstractSet[int]] = frozenset()


class FieldPart(msgspec.Struct, frozen=True):
    """A part of a field: an element of chip data, or a numbered piece. `end` is 0 where its place is not known."""

    path: str
    name: Text
    value: str
    means: Text | None = None
    start: int = 0
    end: int = 0


class PacketRow(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a packet: where it lies, counted from the first byte of the dump, and what it says, masked.

    `whole`: nothing of the value is hidden, so that it can be edited as it stands.
    """

    path: str
    name: Text
    start: int
    end: int
    value: str = ""
    means: Text | None = None
    flaw: str = ""
    whole: bool = True
    parts: tuple[FieldPart, ...] = ()


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A whole packet. `cells` has two hex digits for each byte of the dump, or `mask.HIDDEN`."""

    wire: Wrapping
    mti: str
    rows: tuple[PacketRow, ...]
    cells: tuple[str, ...]
    bits: tuple[int, ...]
    sound: bool

    @property
    def hidden(self) -> frozenset[int]:
        """The places of the bytes that are not shown."""
        return frozenset(at for at, cell in enumerate(self.cells) if cell == mask.HIDDEN)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "wire": msgspec.to_builtins(self.wire),
            "mti": self.mti,
            "sound": self.sound,
            "bitmap": list(self.bits),
            "hex": " ".join(self.cells),
            "rows": [_row(row) for row in self.rows],
        }


def _row(row: PacketRow) -> dict[str, Any]:
    told: dict[str, Any] = {"path": row.path, "name": row.name.both(), "start": row.start, "end": row.end}
    told |= {"value": row.value, "flaw": row.flaw, "means": row.means.both() if row.means else None}
    told["parts"] = [
        {"path": part.path, "name": part.name.both(), "value": part.value} for part in row.parts if part.value
    ]
    return told


def read(data: bytes, wire: Wrapping, *, also_hidden: AbstractSet[int] = NOTHING) -> Reading:
    """The packet in `data` as `wire` says it is; FramingError when it is not wrapped like that.

    `also_hidden` are bytes that another reading of the same dump hides: what is a card number there is none here.
    """
    spoken = wire.spoken()
    parts = take_apart(data, wire)
    found = walk(spoken, parts.body)
    inner = mask.cells(spoken, found, parts.body)
    cells = [mask.HIDDEN] * len(data)
    for at in range(parts.at, parts.body_at):
        cells[at] = f"{data[at]:02X}"
    cells[parts.body_at : parts.end - len(parts.tail)] = inner
    for at in range(parts.end - len(parts.tail), parts.end):
        cells[at] = f"{data[at]:02X}"
    for at in also_hidden:
        cells[at] = mask.HIDDEN
    rows = [*_outer(parts), *(_inner(spoken, found, span, parts.body_at, cells, data) for span in found.spans)]
    rows += [_outside("tail", parts.tail, parts.end - len(parts.tail))] if parts.tail else []
    return Reading(
        wire=wire,
        mti=found.message.mti,
        rows=tuple(rows),
        cells=tuple(cells),
        bits=tuple(found.bits),
        sound=not found.flaws and around.explained(data, parts),
    )


def _outer(parts: PacketParts) -> list[PacketRow]:
    rows, at = [], parts.at
    for path, raw in (("length", parts.length), ("tpdu", parts.tpdu), ("header", parts.header)):
        if raw:
            rows.append(_outside(path, raw, at))
            at += len(raw)
    return rows


def _outside(path: str, raw: bytes, at: int) -> PacketRow:
    return PacketRow(path=path, name=OUTER[path], start=at, end=at + len(raw), value=raw.hex().upper())


def _inner(dialect: Dialect, found: MessageWalk, span: Span, at: int, cells: list[str], data: bytes) -> PacketRow:
    name, start, end = name_of(dialect, span.path), at + span.start, at + span.end
    row = PacketRow(path=span.path, name=name, start=start, end=end, flaw=span.flaw, whole=False)
    if span.path in ("MTI", "bitmap"):
        value = found.message.mti if span.path == "MTI" else data[start:end].hex().upper()
        return msgspec.structs.replace(row, value=value, means=meaning(span.path, value, found.message))
    shown = mask.fields(dialect, found).get(span.path)
    if span.flaw or shown is None:
        return row
    # a value is shown only where its bytes are: both ways of looking at it must agree
    bare = mask.HIDDEN not in cells[start:end]
    whole = shown.whole and bare
    value = shown.text if whole or not shown.whole else mask.HIDDEN
    return msgspec.structs.replace(
        row,
        value=value,
        whole=whole,
        means=meaning(span.path, value, found.message) if whole else None,
        parts=_parts(dialect, found, span, at),
    )


def _parts(dialect: Dialect, found: MessageWalk, span: Span, at: int) -> tuple[FieldPart, ...]:
    if span.path == "55":
        raw = found.message.de55 if isinstance(found.message.de55, bytes) else b""
        return tuple(_element(each, found, at + span.value_at) for each in emv.elements(raw))
    nested = dialect.nested(found.message).get(span.path)
    if not isinstance(nested, dict):
        return ()
    texts = {key: value for key, value in nested.items() if isinstance(value, str)}
    return tuple(
        FieldPart(f"{span.path}.{key}", name_of(dialect, f"{span.path}.{key}"), value) for key, value in texts.items()
    )


def _element(element: emv.EmvElement, found: MessageWalk, at: int) -> FieldPart:
    public = element.public(found.message)
    value = element.value.hex().upper() if public else f"[hidden, {len(element.value)} bytes]"
    says = element.says() if public else None
    return FieldPart(element.tag, element.name, value, says, at + element.at, at + element.end)
