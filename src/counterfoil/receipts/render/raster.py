"""Lines and QR codes as black and white dots, for printers that have no letters for them and for pictures.

A column is 12 dots wide and 24 high as in a printer's font A, a Chinese character fills two columns; 3 rows stay free
above and below, which makes the line spacing that of printed text.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterfoil.receipts.render import fonts
from counterfoil.receipts.render.lines import Line
from counterfoil.receipts.render.text import columns

if TYPE_CHECKING:
    from PIL.Image import Image

COLUMN: Final = 12
HEIGHT: Final = 24
SQUARE: Final = 22  # the size of Chinese characters
LETTER: Final = 20  # the size of letters: 0.6 of it is one column
BELOW: Final = 5  # rows under the line that letters stand on
GAP: Final = 3
QUIET: Final = 4  # modules of white around a QR code, as its standard wants
LARGEST_MODULE: Final = 6


def line_image(line: Line, dots: int, font: Path | None) -> Image:
    """One line, `dots` wide, 1 where it is black. NoFont when it has Chinese and there is no font."""
    from PIL import Image

    if not line.text.isascii():
        fonts.require(font)
    small = Image.new("1", (dots // line.wide, HEIGHT), 0)
    column = 0
    for character in line.text:
        width = columns(character)
        if character != " ":
            # what follows a combining mark does not move: it is drawn over its letter
            left = column if width else max(0, column - 1)
            drawn = _letter(character, max(1, width) * COLUMN, font)
            small.paste(255, (left * COLUMN, 0), drawn)
        column += width
    tall = small.resize((small.width * line.wide, HEIGHT * line.tall))
    whole = Image.new("1", (dots, tall.height + 2 * GAP), 0)
    whole.paste(tall, (0, GAP))
    return whole


@lru_cache(maxsize=2048)
def _letter(character: str, room: int, font: Path | None) -> Image:
    """One letter in its columns. One that is too wide for them is squeezed, never made smaller than its neighbours."""
    from PIL import Image, ImageDraw

    narrow = room == COLUMN
    face = fonts.load(font, LETTER if narrow else SQUARE, narrow=narrow)
    across = max(room, -int(-face.getlength(character) // 1))
    image = Image.new("1", (across, HEIGHT), 0)
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"  # a dot is burnt or it is not
    draw.text((across // 2, HEIGHT - BELOW), character, fill=255, font=face, anchor="ms")
    return image if across == room else image.resize((room, HEIGHT))


def module_size(payload: str, dots: int) -> int:
    """How many dots a module of the QR code gets on this paper. ValueError when even one is too many."""
    return _size(len(code_modules(payload)), dots)


def _size(modules: int, dots: int) -> int:
    size = min(LARGEST_MODULE, dots // (modules + 2 * QUIET))
    if size < 1:
        raise ValueError("the code has more modules than the paper has dots")
    return size


def code_modules(payload: str) -> list[bytes]:
    """The QR code: rows of 0 and 1, without the white around it."""
    import segno

    return [bytes(row) for row in segno.make_qr(payload, error="m").matrix]


def code_image(payload: str, dots: int) -> Image:
    """The QR code in the middle of the paper, 1 where it is black."""
    from PIL import Image, ImageDraw

    rows = code_modules(payload)
    size = _size(len(rows), dots)
    side = (len(rows) + 2 * QUIET) * size
    image = Image.new("1", (dots, side), 0)
    draw = ImageDraw.Draw(image)
    left = (dots - side) // 2 + QUIET * size
    for y, row in enumerate(rows):
        for x, black in enumerate(row):
            if black:
                corner = (left + x * size, (y + QUIET) * size)
                draw.rectangle((*corner, corner[0] + size - 1, corner[1] + size - 1), fill=255)
    return image
