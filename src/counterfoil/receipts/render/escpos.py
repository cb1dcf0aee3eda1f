"""A document as ESC/POS bytes for one model of printer.

Rule 1: a line goes out as letters only when the printer has every one of them in the width they were laid out for;
        otherwise it goes out as a picture of that line. Nothing is ever replaced by a question mark or an empty box:
        what no font has is spelled out.
Rule 2: two-byte Chinese is always bracketed by FS & and FS . : many Chinese units start in Chinese mode.
Rule 3: a picture never holds DLE EOT, DLE ENQ or DLE DC4: printers obey those even inside of one.
Rule 4: the cut is not here. It may follow only when the printer has said that all of this was printed.
"""

from __future__ import annotations

import re
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from counterfoil.receipts.document import Document, Rule
from counterfoil.receipts.profile import Profile
from counterfoil.receipts.render import fonts, raster
from counterfoil.receipts.render.clusters import clusters, columns, pieces
from counterfoil.receipts.render.fonts import Chain
from counterfoil.receipts.render.lacking import undrawn
from counterfoil.receipts.render.legible import legible
from counterfoil.receipts.render.lines import Block, Line, Square, lay
from counterfoil.receipts.render.text import Language

if TYPE_CHECKING:
    from PIL.Image import Image

LINE_SPACING: Final = raster.HEIGHT + 2 * raster.GAP  # the default of font A
CHINESE_ON, CHINESE_OFF = b"\x1c&", b"\x1c."
SLICE: Final = 255  # rows of a picture that the smallest buffer holds
_REAL_TIME: Final = re.compile(rb"\x10(?=[\x04\x05\x14])")


class Paper(msgspec.Struct, frozen=True):
    """A slip as bytes. `head`, up to the first rule, is no receipt by itself; the end of `rest` makes it one.

    `millimetres`: how long it gets. `stops`: where in `rest` one line ends and the next begins. `lacking`: the letters
    that could not be printed and are spelled out.
    """

    head: bytes
    rest: bytes
    millimetres: int
    stops: tuple[int, ...] = ()
    lacking: tuple[str, ...] = ()


def render(document: Document, language: Language, profile: Profile, font: Path | None = None) -> Paper:
    """The bytes. `font` is the first to draw what the printer has no letters for, before the known ones installed.

    What neither the printer nor a font has is spelled out (legible.py).
    """
    chain = fonts.chain(font)
    told = legible(document, language, profile.columns, lambda line: lacks(line, profile, chain))
    nodes = told.document.nodes
    split = next((index for index, node in enumerate(nodes) if isinstance(node, Rule)), 0)
    blocks = [lay(Document(part), told.language, profile.columns) for part in (nodes[:split], nodes[split:])]
    head, rest = ([_block(block, profile, chain) for block in part] for part in blocks)
    rows = sum(_rows(block, profile) for part in blocks for block in part)
    stops = tuple(accumulate(map(len, rest[:-1])))
    millimetres = -(-rows * 10 // profile.dots_per_cm)
    return Paper(_begin(profile) + b"".join(head), b"".join(rest), millimetres, stops, told.lacking)


def lacks(line: str, profile: Profile, chain: Chain) -> list[str]:
    """The letters of a line that can be printed neither in the printer's own letters nor as a picture."""
    if _letters(line, profile) is not None:
        return []
    if profile.chinese == "none":
        return [letter for letter in dict.fromkeys(clusters(line)) if _letters(letter, profile) is None]
    return undrawn(line, chain)


def _begin(profile: Profile) -> bytes:
    chinese = CHINESE_OFF if profile.chinese == "gbk" else b""
    return chinese + b"\x1bt" + bytes((profile.codepage,))


def _block(block: Block, profile: Profile, chain: Chain) -> bytes:
    if isinstance(block, Square):
        return _code(block.payload, profile)
    letters = _letters(block.text, profile)
    if letters is None:
        return _picture(raster.line_image(block, profile.dots, chain))
    if block.wide == block.tall == 1:
        return letters + b"\n"
    size = (block.wide - 1) << 4 | (block.tall - 1)
    return b"\x1d!" + bytes((size,)) + letters + b"\n\x1d!\x00"


def _letters(text: str, profile: Profile) -> bytes | None:
    """The line in the printer's own letters; None when it lacks one, or has it in another width."""
    if text.isascii():
        return text.encode("ascii")
    if any(piece.shaped for piece in pieces(text)):
        return None  # a printer sets them one by one, from left to right
    if profile.chinese == "gbk":
        return _gbk(text)
    text = text.replace("\uffe5", "\u00a5 ")  # code pages have the narrow one only
    if columns(text) != len(text):
        return None
    try:
        return text.encode(profile.codec)
    except UnicodeEncodeError:
        return None


def _gbk(text: str) -> bytes | None:
    pieces = []
    for character in text:
        try:
            piece = character.encode("gbk")
        except UnicodeEncodeError:
            return None
        if len(piece) != columns(character):
            return None
        pieces.append(piece)
    return CHINESE_ON + b"".join(pieces) + CHINESE_OFF


def _picture(image: Image) -> bytes:
    """GS v 0, in slices."""
    across = image.width // 8
    rows = image.tobytes()
    said = b""
    for top in range(0, image.height, SLICE):
        height = min(SLICE, image.height - top)
        dots = _REAL_TIME.sub(b"\x18", rows[top * across : (top + height) * across])
        said += b"\x1dv0\x00" + across.to_bytes(2, "little") + height.to_bytes(2, "little") + dots
    return said


def _code(payload: str, profile: Profile) -> bytes:
    if not profile.qr:
        return _picture(raster.code_image(payload, profile.dots))
    size = raster.module_size(payload, profile.dots)
    data = payload.encode("ascii")
    functions = (
        b"\x31\x41\x32\x00",  # model 2
        b"\x31\x43" + bytes((size,)),
        b"\x31\x45\x31",  # error correction M
        b"\x31\x50\x30" + data,
        b"\x31\x51\x30",  # print what was stored
    )
    drawn = b"".join(b"\x1d(k" + len(each).to_bytes(2, "little") + each for each in functions)
    return b"\x1ba\x01" + drawn + b"\n\x1ba\x00"


def _rows(block: Block, profile: Profile) -> int:
    if isinstance(block, Line):
        return LINE_SPACING + raster.HEIGHT * (block.tall - 1)
    modules = len(raster.code_modules(block.payload)) + 2 * raster.QUIET
    return modules * raster.module_size(block.payload, profile.dots) + LINE_SPACING
