"""Lines as dots: every letter is there, in its own columns, and as tall as its neighbours."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

from counterfoil.receipts.document import Heading, Row
from counterfoil.receipts.document.slip import same
from counterfoil.receipts.render.clusters import columns
from counterfoil.receipts.render.fonts import Chain, chain
from counterfoil.receipts.render.lines import Line, _laid
from counterfoil.receipts.render.raster import COLUMN, GAP, HEIGHT, line_image
from counterfoil.words import Text

FLAT = "ABDEFHIKLMNPRTXZ"  # capitals that end on the line and have no bow above or below
LETTERS = string.ascii_letters + string.digits + "*#%&@金额签购单交易￥、。"


def box(text: str, font: Chain, column: int = 0) -> tuple[int, int, int, int]:
    """Where a letter has ink, when it stands alone behind so many empty columns."""
    found = line_image(Line(" " * column + text), 32 * COLUMN, font).getbbox()
    assert found is not None, f"{text} is not there"
    left, top, right, bottom = found
    return left - column * COLUMN, top, right - column * COLUMN, bottom


def test_every_letter_has_ink_in_its_own_columns_only(font: Path) -> None:
    for letter in LETTERS:
        left, top, right, bottom = box(letter, chain(font), 3)
        assert left >= 0, letter
        assert right <= columns(letter) * COLUMN, letter
        assert top >= GAP, letter
        assert bottom <= GAP + HEIGHT, letter


@pytest.mark.parametrize("with_file", [True, False])
def test_capitals_are_all_of_one_height_however_wide_they_are(with_file: bool, font: Path) -> None:
    file = Chain((font,)) if with_file else Chain(())
    heights = {box(letter, file)[1::2] for letter in FLAT}
    tops, bottoms = {top for top, _ in heights}, {bottom for _, bottom in heights}
    assert max(tops) - min(tops) <= 1
    assert max(bottoms) - min(bottoms) <= 1


def test_a_line_is_its_letters_side_by_side(font: Path) -> None:
    text = "RMB 12.50 金额 x"
    whole, column = line_image(Line(text), 32 * COLUMN, chain(font)), 0
    for letter in text:
        width = columns(letter)
        alone = line_image(Line(letter), width * COLUMN, chain(font))
        assert whole.crop((column * COLUMN, 0, (column + width) * COLUMN, whole.height)).tobytes() == alone.tobytes()
        column += width


def test_what_is_big_takes_two_lines_before_it_gets_narrow() -> None:
    amount = Row(Text("AMOUNT", "金额"), same("RMB 12.50"), big=True)
    assert _laid(amount, "zh", 32) == [Line("金额:  RMB 12.50", 2, 2)]
    assert _laid(amount, "en", 32) == [Line("AMOUNT:", 2, 2), Line("       RMB 12.50", 2, 2)]
    assert _laid(amount, "en", 48) == [Line("AMOUNT:        RMB 12.50", 2, 2)]
    long = Heading(Text("a heading that is longer than two lines of double size", ""), big=True)
    assert {(line.wide, line.tall) for line in _laid(long, "en", 32) if isinstance(line, Line)} == {(1, 2)}
