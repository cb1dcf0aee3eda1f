"""Reading a picture of a slip: every cell is compared with the letters the font has, and the closest one is read.

The letters that are known are those of all slips, some that look like them, and ASCII.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PIL import Image

from counterfoil.receipts.render.clusters import columns
from counterfoil.receipts.render.lines import Line, lay
from receipts.printed import CELL, HIGH, SPACE, glyph
from receipts.slips import DOCUMENTS

ASCII = "".join(map(chr, range(0x20, 0x7F)))
ALIKE = "末尸己已巳士土千干曰囗贝见"


class Eye:
    """Reads lines of one font."""

    def __init__(self, font: Path) -> None:
        self._font = font
        self._letters = {wide: self._drawn(wide) for wide in (1, 2)}

    def _drawn(self, wide: int) -> list[tuple[int, str]]:
        known = ASCII + ALIKE + known_letters()
        return [(self._dots(letter, wide), letter) for letter in dict.fromkeys(known) if columns(letter) == wide]

    def _dots(self, letter: str, wide: int) -> int:
        image = Image.new("1", (wide * CELL, HIGH), 0)
        glyph(image, letter, 0, wide * CELL, self._font)
        return bits(image)

    def line(self, image: Image.Image, top: int, wide: int = 1, tall: int = 1) -> str:
        """What is written in the line whose free rows begin at `top`: the letters that leave the fewest dots over."""
        row = image.crop((0, top + SPACE, image.width, top + SPACE + HIGH * tall))
        row = row.resize((image.width // wide, HIGH))
        count = row.width // CELL
        best: list[tuple[int, str]] = [(0, "")]
        for column in range(1, count + 1):
            ends = [self._after(best[column - size], row, column - size, size) for size in (1, 2) if size <= column]
            best.append(min(ends, key=lambda found: found[0]))
        return best[count][1].rstrip()

    def _after(self, before: tuple[int, str], row: Image.Image, column: int, size: int) -> tuple[int, str]:
        cell = bits(row.crop((column * CELL, 0, (column + size) * CELL, HIGH)))
        off, letter = self._closest(cell, size)
        return before[0] + off, before[1] + letter

    @cache  # noqa: B019 - one eye per session
    def _closest(self, cell: int, size: int) -> tuple[int, str]:
        return min(((cell ^ dots).bit_count(), letter) for dots, letter in self._letters[size])


def bits(image: Image.Image) -> int:
    """The dots of a picture as one number."""
    return int.from_bytes(image.tobytes(), "big")


@cache
def known_letters() -> str:
    """Every letter of every slip in both languages."""
    lines = [
        block.text
        for document in DOCUMENTS.values()
        for language in ("en", "zh")
        for block in lay(document, language, 32)
        if isinstance(block, Line)
    ]
    return "".join(sorted(set("".join(lines)) - {" "}))
