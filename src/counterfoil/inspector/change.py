"""From fields to bytes and back: one field set anew, or the shown bytes edited while the hidden ones stay."""

from __future__ import annotations

import re
from typing import Final

from counterfoil.errors import DecodeError, EncodeError, FramingError, OurError
from counterfoil.inspector.mask import HIDDEN
from counterfoil.inspector.wire import Wrapping, put_together, take_apart
from counterfoil.iso8583.chinese import told
from counterfoil.iso8583.fields import Characters
from counterfoil.words import Text

_CELL: Final = re.compile(rf"{HIDDEN}|[0-9A-Fa-f]{{2}}")

NOT_READ: Final = Text(
    "a message that cannot be read to its end cannot be edited by fields; edit its bytes",
    "报文未能完整解析，无法按域修改；请修改字节",
)
NO_FIELD: Final = Text("there is no field {path} in this dialect", "此格式没有 {path} 域")
DOES_NOT_FIT: Final = Text("that value does not fit: {reason}", "该值不符合要求：{reason}")
NO_CELLS: Final = Text(
    "bytes are pairs of hex digits, or ·· for one that is hidden", "字节为成对的十六进制数字，隐藏的字节为 ··"
)
HIDDEN_LOST: Final = Text(
    "the hidden bytes must all stay: there are {wanted} of them, and {got} ·· in what was sent",
    "隐藏的字节须全部保留：应有 {wanted} 个 ··，收到 {got} 个",
)


class EditError(OurError):
    """An edit that cannot be; the sentence is for the person and holds nothing of the value."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en, text.zh)
        self.text = text


def set_field(data: bytes, wire: Wrapping, path: str, value: str) -> bytes:
    """The packet with one field ("39", or "MTI") set to the text of its flat form; "" takes it out. Unfit says why not.

    The MAC is not made anew: whoever edits a message has no key, and a wrong MAC is what the next station would see.
    """
    dialect = wire.spoken()
    number = int(path) if path.isascii() and path.isdecimal() and len(path) <= 3 else 0
    field = dialect.fields.get(number)
    try:
        parts = take_apart(data, wire)
        message = dialect.decode(parts.body)
    except (DecodeError, FramingError):
        raise EditError(NOT_READ) from None
    if field is None and path != "MTI":
        raise EditError(NO_FIELD.filled(path=path[:8]))
    try:
        if field is None:
            message.mti = value
        elif not value:
            message.set(number, None)
        else:
            flat = dialect.from_flat(message.mti, {path: value}).get(number)
            message.set(number, flat if field.kind is Characters.B else value)
        return data[: parts.at] + put_together(parts, wire, dialect.encode(message)) + data[parts.end :]
    except EncodeError as error:
        raise EditError(DOES_NOT_FIT.filled(reason=told(error))) from None


def with_cells(data: bytes, hidden: frozenset[int], text: str) -> bytes:
    """The dump made of edited cells: every `··` is the next hidden byte of the old one. Unfit, in a sentence."""
    squeezed = "".join(text.split())
    found = _CELL.findall(squeezed)
    if not found or "".join(found) != squeezed:
        raise EditError(NO_CELLS)
    kept = [data[at] for at in sorted(hidden)]
    got = found.count(HIDDEN)
    if got != len(kept):
        raise EditError(HIDDEN_LOST.filled(wanted=len(kept), got=got))
    rest = iter(kept)
    return bytes(next(rest) if cell == HIDDEN else int(cell, 16) for cell in found)
