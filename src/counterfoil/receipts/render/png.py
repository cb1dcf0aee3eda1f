"""A document as a picture, dot for dot as a printer without letters of its own would print it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from counterfoil.receipts.document import Document
from counterfoil.receipts.render import fonts, raster
from counterfoil.receipts.render.legible import drawn_with, legible
from counterfoil.receipts.render.lines import Square, lay
from counterfoil.receipts.render.text import Language

MARGIN: Final = 12


def render(document: Document, language: Language, width: int = 32, font: Path | None = None) -> bytes:
    """The slip as a PNG of black and white dots. `font` is tried first, before the known ones that are installed.

    What no font has is spelled out (legible.py).
    """
    from PIL import Image

    chain = fonts.chain(font)
    told = legible(document, language, width, drawn_with(chain))
    across = width * raster.COLUMN
    pieces = [
        raster.code_image(block.payload, across)
        if isinstance(block, Square)
        else raster.line_image(block, across, chain)
        for block in lay(told.document, told.language, width)
    ]
    down = sum(piece.height for piece in pieces)
    whole = Image.new("1", (across + 2 * MARGIN, down + 2 * MARGIN), 0)
    top = MARGIN
    for piece in pieces:
        whole.paste(piece, (MARGIN, top))
        top += piece.height
    file = io.BytesIO()
    whole.point(lambda dot: 255 - dot, mode="1").save(file, "PNG", optimize=True)
    return file.getvalue()
