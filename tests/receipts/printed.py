"""What the paper would look like, from the bytes a printer is sent and nothing else.

Letters are drawn by the font as the printer's own character generator would, in cells of 12 by 24 dots or twice as wide
for two-byte characters; pictures are burnt dot by dot; a code the printer draws itself is drawn from what was stored.
"""

from __future__ import annotations

import math
from pathlib import Path

import segno
from PIL import Image, ImageDraw

from counterfoil.receipts.profile import Profile
from counterfoil.receipts.render import fonts
from counterfoil.receipts.render.escpos import Paper
from receipts.paper import Dots, Qr, Reader, Text

CELL, HIGH, SPACE = 12, 24, 3
BASELINE, LETTER, SQUARE = 19, 20, 22


def picture(paper: Paper, profile: Profile, font: Path) -> Image.Image:
    """The slip, 255 where the paper is black."""
    items = Reader(profile.codec, chinese=profile.chinese == "gbk").read(paper.head + paper.rest)
    pieces = [_piece(item, profile.dots, font) for item in items]
    whole = Image.new("1", (profile.dots, sum(piece.height for piece in pieces)), 0)
    top = 0
    for piece in pieces:
        whole.paste(piece, (0, top))
        top += piece.height
    return whole


def _piece(item: Text | Dots | Qr, dots: int, font: Path) -> Image.Image:
    if isinstance(item, Dots):
        raw = b"".join(row.to_bytes(item.width // 8, "big") for row in item.rows)
        return Image.frombytes("1", (item.width, len(item.rows)), raw)
    if isinstance(item, Qr):
        return _code(item, dots)
    small = Image.new("1", (dots // item.wide, HIGH), 0)
    left = 0
    for character in item.text:
        wide = len(character.encode("gbk", "replace")) * CELL
        glyph(small, character, left, wide, font)
        left += wide
    large = small.resize((small.width * item.wide, HIGH * item.tall))
    line = Image.new("1", (dots, large.height + 2 * SPACE), 0)
    line.paste(large, (0, SPACE))
    return line


def glyph(image: Image.Image, character: str, left: int, wide: int, font: Path) -> None:
    """One character in its cell; what is wider than that is squeezed."""
    narrow = wide == CELL
    face = fonts.load(font, LETTER if narrow else SQUARE, narrow=narrow)
    across = max(wide, math.ceil(face.getlength(character)))
    cell = Image.new("1", (across, HIGH), 0)
    draw = ImageDraw.Draw(cell)
    draw.fontmode = "1"
    draw.text((across // 2, BASELINE), character, fill=255, font=face, anchor="ms")
    image.paste(cell.resize((wide, HIGH)), (left, 0))


def _code(item: Qr, dots: int) -> Image.Image:
    rows = segno.make_qr(item.payload, error="m").matrix
    side = len(rows) * item.module
    quiet = 4 * item.module
    code = Image.new("1", (len(rows), len(rows)), 0)
    code.putdata([255 * dot for row in rows for dot in row])
    whole = Image.new("1", (dots, side + 2 * quiet), 0)
    whole.paste(code.resize((side, side)), ((dots - side) // 2 if item.centred else 0, quiet))
    return whole
