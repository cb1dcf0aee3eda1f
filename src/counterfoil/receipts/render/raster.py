"""Lines and QR codes as black and white dots, for printers that have no letters for them and for pictures.

A column is 12 dots wide and 24 high as in a printer's font A, a Chinese character fills two columns; 3 rows stay free
above and below, which makes the line spacing that of printed text.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from counterfoil.receipts.render import fonts
from counterfoil.receipts.render.clusters import Piece, clusters, columns, pieces
from counterfoil.receipts.render.fonts import Chain, Face, NoFont
from counterfoil.receipts.render.lacking import drawn_by, why
from counterfoil.receipts.render.lines import Line

if TYPE_CHECKING:
    from PIL.Image import Image

COLUMN: Final = 12
HEIGHT: Final = 24
SQUARE: Final = 22  # the size of Chinese characters
LETTER: Final = 20  # the size of letters: 0.6 of it is one column
BELOW: Final = 5  # rows under the line that letters stand on
GAP: Final = 3
CELL: Final = HEIGHT + 2 * GAP  # the rows a letter may use: marks on marks stand in the free ones
BASE: Final = GAP + HEIGHT - BELOW  # the rows above the line that letters stand on
SMALLEST: Final = 9  # the size to which tall letters may shrink before they are squeezed
QUIET: Final = 4  # modules of white around a QR code, as its standard wants
LARGEST_MODULE: Final = 6


def line_image(line: Line, dots: int, chain: Chain) -> Image:
    """One line, `dots` wide, 1 where it is black. NoFont for a letter that no font of the chain has."""
    from PIL import Image

    small = Image.new("1", (dots // line.wide, CELL), 0)
    for piece in pieces(line.text):
        for drawn, column in _drawn(piece, chain):
            small.paste(255, (column * COLUMN, 0), drawn)
    tall = small.resize((small.width * line.wide, CELL * line.tall))
    whole = Image.new("1", (dots, HEIGHT * line.tall + 2 * GAP), 0)
    whole.paste(tall, (0, GAP - GAP * line.tall))
    return whole


def _drawn(piece: Piece, chain: Chain) -> Iterator[tuple[Image, int]]:
    """The pictures of a piece, each with the column it begins at: a run for every font that is needed."""
    column = piece.start + (piece.columns if piece.backwards else 0)
    for run, face in _runs(piece, chain):
        width = columns(run)
        column -= width if piece.backwards else 0
        if run.strip():
            if piece.shaped:
                yield _shaped(run, width * COLUMN, face, backwards=piece.backwards), column
            else:
                yield _letter(run, width * COLUMN, face), column
        column += 0 if piece.backwards else width


def _runs(piece: Piece, chain: Chain) -> Iterator[tuple[str, Face | None]]:
    """The text of a piece, cut where another font is needed; a blank is of the font before it."""
    run, drawn_with = "", None
    for letter in clusters(piece.text):
        form, face = letter, drawn_with
        if letter != " ":
            form, face = _form(letter, piece, chain, drawn_with)
        if run and face != drawn_with:
            yield run, drawn_with
            run = ""
        run, drawn_with = run + form, face
    yield run, drawn_with


def _form(letter: str, piece: Piece, chain: Chain, before: Face | None) -> tuple[str, Face | None]:
    """What a letter is drawn of, and the face: that of the letter `before` it, when it has both; None for what the font
    draws that comes with Pillow.
    """
    found = drawn_by(letter, piece, chain, before)
    if found is not None:
        return found[1], found[0]
    if letter.isascii():
        return letter, None
    lacks = [lack.text for lack in why([letter], chain)]
    raise NoFont("; ".join(lack.en for lack in lacks), "；".join(lack.zh for lack in lacks))


@lru_cache(maxsize=2048)
def _letter(letter: str, room: int, face: Face | None) -> Image:
    """One letter in its columns. One that is too wide for them is squeezed, never made smaller than its neighbours."""
    from PIL import Image, ImageDraw

    font = _font(face, LETTER if room == COLUMN else SQUARE)
    across = max(room, -int(-font.getlength(letter) // 1))
    _, top, _, bottom = font.getbbox(letter, anchor="ms")
    above, below = max(BASE, -int(top)), max(CELL - BASE, int(bottom))
    image = Image.new("1", (across, above + below), 0)
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"  # a dot is burnt or it is not
    draw.text((across // 2, above), letter, fill=255, font=font, anchor="ms")
    return image if image.size == (room, CELL) else image.resize((room, CELL))


@lru_cache(maxsize=512)
def _shaped(run: str, room: int, face: Face | None, *, backwards: bool) -> Image:
    """A run of letters that depend on each other, in its columns and at the edge where it begins: smaller where it is
    too tall, squeezed where it is too wide.
    """
    from PIL import Image, ImageDraw

    direction = "rtl" if backwards else "ltr"
    for size in range(LETTER, SMALLEST - 1, -1):
        font = _font(face, size)
        left, top, right, bottom = map(int, font.getbbox(run, anchor="ls", direction=direction))
        if bottom - top <= CELL:
            break
    across = max(room, right - min(0, left), -int(-font.getlength(run, direction=direction) // 1))
    base = min(max(BASE, -top), CELL - bottom) if bottom - top <= CELL else -top
    image = Image.new("1", (across, max(CELL, bottom - top)), 0)
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"
    at = across - max(right, font.getlength(run, direction=direction)) if backwards else max(0, -left)
    draw.text((at, base), run, fill=255, font=font, anchor="ls", direction=direction)
    return image if image.size == (room, CELL) else image.resize((room, CELL))


def _font(face: Face | None, size: int) -> Any:
    return fonts.load(face.path, size, index=face.number) if face else fonts.load(None, size)


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
