"""Chinese on paper, read back from the picture of what the bytes print: in the printer's letters, and as dots."""

from __future__ import annotations

from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageChops

from counterfoil.receipts.profile import PROFILES
from counterfoil.receipts.render import escpos, fonts
from counterfoil.receipts.render.lines import Line, Square, lay
from counterfoil.receipts.render.raster import QUIET, code_modules, line_image, module_size
from receipts.paper import Dots, Reader, Text
from receipts.printed import picture
from receipts.reading import Eye
from receipts.slips import CODE, DOCUMENTS

LINE, DOUBLE = 30, 54


@pytest.fixture(scope="module")
def eye(font: Path) -> Eye:
    return Eye(font)


@pytest.mark.parametrize("profile", ["chinese-58", "generic-58", "chinese-80", "epson-tm-t20iii"])
@pytest.mark.parametrize("name", ["sale-cardholder", "sale-duplicate", "reversal", "details", "declaration"])
def test_every_line_of_a_chinese_slip_is_read_from_its_picture(name: str, profile: str, eye: Eye, font: Path) -> None:
    printer = PROFILES[profile]
    paper = escpos.render(DOCUMENTS[name], "zh", printer, font)
    image = picture(paper, printer, font)
    top = 0
    for block in lay(DOCUMENTS[name], "zh", printer.columns):
        if isinstance(block, Square):
            side = (len(code_modules(CODE)) + 2 * QUIET) * module_size(CODE, printer.dots)
            code = image.crop((0, top, image.width, top + side))
            found = zxingcpp.read_barcodes(ImageChops.invert(code.convert("L")))
            assert [each.text for each in found] == [block.payload]
            top += side
            continue
        assert eye.line(image, top, block.wide, block.tall) == block.text.rstrip()
        top += LINE if block.tall == 1 else DOUBLE
    assert top == image.height


def test_chinese_goes_out_in_letters_where_the_printer_has_them_and_as_dots_where_it_has_not(font: Path) -> None:
    kinds = {}
    for name in ("chinese-58", "generic-58"):
        printer = PROFILES[name]
        paper = escpos.render(DOCUMENTS["reversal"], "zh", printer, font)
        items = Reader(printer.codec, chinese=printer.chinese == "gbk").read(paper.head + paper.rest)
        lines = [block for block in lay(DOCUMENTS["reversal"], "zh", 32) if isinstance(block, Line)]
        kinds[name] = {type(item) for item, block in zip(items, lines, strict=True) if not block.text.isascii()}
    assert kinds == {"chinese-58": {Text}, "generic-58": {Dots}}


@pytest.mark.parametrize("text", ["末扣款", "商尸存根", "己扣款", "未扣款", "  1 千士"])
def test_what_is_read_is_what_is_there_and_not_what_looks_like_it(text: str, eye: Eye, font: Path) -> None:
    assert eye.line(line_image(Line(text), 384, fonts.chain(font)), 0) == text
    assert eye.line(Image.new("1", (384, LINE), 0), 0) == ""
