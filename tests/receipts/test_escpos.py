"""What the bytes for a printer put on paper, read back by a printer of our own."""

from __future__ import annotations

from functools import partial
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Final

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from counterfoil.receipts.document import Code, Document, Heading, Note, Row, Rule
from counterfoil.receipts.profile import PROFILES, Profile
from counterfoil.receipts.render import escpos, fonts
from counterfoil.receipts.render.clusters import columns
from counterfoil.receipts.render.escpos import Paper
from counterfoil.receipts.render.legible import legible
from counterfoil.receipts.render.lines import Line, Square, lay
from counterfoil.receipts.render.text import Language
from counterfoil.words import Text as Words
from receipts.paper import Dots, Qr, Reader, Text, joined
from receipts.slips import CODE, DOCUMENTS

LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
COLUMN: Final = 12


def on_paper(paper: Paper, profile: Profile) -> list[Text | Dots | Qr]:
    return Reader(profile.codec, chinese=profile.chinese == "gbk").read(paper.head + paper.rest)


def said(value: str, *, big: bool = False) -> Document:
    return Document((Row(Words("NAME", "名称"), Words(value, value), big=big),))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_line_is_on_the_paper_in_its_size(name: str, profile: Profile, language: Language, font: Path) -> None:
    document = DOCUMENTS[name]
    printed = on_paper(escpos.render(document, language, profile, font), profile)
    for block, item in zip_longest(lay(document, language, profile.columns), merged(printed)):
        if isinstance(item, Text):
            assert isinstance(block, Line)
            assert block[:3] == (item.text, item.wide, item.tall)
            assert item.used * item.wide <= profile.columns
        elif isinstance(item, Qr):
            assert block == Square(item.payload)
            assert item.centred
        else:
            assert isinstance(item, Dots)
            assert item.width == profile.dots
            if isinstance(block, Line):
                assert not block.text.isascii()
                assert len(item.rows) == 24 * block.tall + 6


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_between_two_lines_there_is_room_for_a_command(profile: Profile, font: Path) -> None:
    document = DOCUMENTS["sale-merchant"]
    paper = escpos.render(document, "zh", profile, font)
    assert list(paper.stops) == sorted(set(paper.stops))
    assert 0 < paper.stops[0] <= paper.stops[-1] < len(paper.rest)
    whole = on_paper(paper, profile)
    edges = (0, *paper.stops, len(paper.rest))
    reader = Reader(profile.codec, chinese=profile.chinese == "gbk")
    reader.read(paper.head)
    for start, end in pairwise(edges):
        reader.read(paper.rest[start:end])  # every piece ends its line and its mode
    assert reader.on_paper == whole


def merged(printed: list[Text | Dots | Qr]) -> list[Text | Dots | Qr]:
    """Slices of one code are one picture; only a code is higher than a slice."""
    found: list[Text | Dots | Qr] = []
    for item in printed:
        last = found[-1] if found else None
        if isinstance(item, Dots) and isinstance(last, Dots) and len(last.rows) % 255 == 0:
            found[-1] = joined([last, item])
        else:
            found.append(item)
    return found


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_the_code_is_read_back_from_the_paper(profile: Profile) -> None:
    document = Document((Rule(), Code(Words("CODE", "验证码"), CODE, "AAAA-BBBB")))
    printed = on_paper(escpos.render(document, "en", profile), profile)
    codes = [item for item in printed if isinstance(item, Qr)]
    if codes:
        assert [code.payload for code in codes] == [CODE]
        return
    assert read(joined([item for item in printed if isinstance(item, Dots)])) == [CODE]


def read(dots: Dots) -> list[str]:
    """What a scanner sees in a picture of black dots."""
    raw = b"".join(row.to_bytes(dots.width // 8, "big") for row in dots.rows)
    black = Image.frombytes("1", (dots.width, len(dots.rows)), raw)
    return [found.text for found in zxingcpp.read_barcodes(black.convert("L").point(lambda dot: 255 - dot))]


@given(value=st.text(max_size=60), big=st.booleans(), language=st.sampled_from(LANGUAGES))
@settings(max_examples=150, deadline=None)
def test_whatever_a_value_holds_the_bytes_are_a_slip(font: Path, value: str, big: bool, language: Language) -> None:
    for profile in (PROFILES["chinese-58"], PROFILES["generic-58"], PROFILES["epson-tm-t20iii"]):
        document = said(value, big=big)
        lacks = partial(escpos.lacks, profile=profile, chain=fonts.chain(font))
        told = legible(document, language, profile.columns, lacks)
        printed = on_paper(escpos.render(document, language, profile, font), profile)
        blocks = lay(told.document, told.language, profile.columns)
        assert len(printed) == len(blocks)
        for block, item in zip(blocks, printed, strict=True):
            assert isinstance(block, Line)
            if isinstance(item, Text):
                assert item.text.replace("\u00a5 ", "\uffe5") == block.text
                assert item.used == columns(block.text)
                assert item.used * item.wide <= profile.columns


@given(st.binary(max_size=400))
def test_a_picture_never_says_a_real_time_command(data: bytes) -> None:
    image = Image.frombytes("1", (8, len(data)), data) if data else Image.new("1", (8, 1), 0)
    drawn = b"".join(
        row.to_bytes(1, "big")
        for item in Reader("cp437", chinese=False).read(escpos._picture(image))
        if isinstance(item, Dots)
        for row in item.rows
    )
    raw = data or b"\0"
    assert all(new in (old, old | 0x08) for old, new in zip(raw, drawn, strict=True))  # nothing on it is lost


def test_chinese_in_letters_is_bracketed_on_every_line() -> None:
    paper = escpos.render(DOCUMENTS["sale-cardholder"], "zh", PROFILES["chinese-80"])
    for line in (paper.head + paper.rest).split(b"\n"):
        assert line.count(b"\x1c&") == (any(byte >= 0x80 for byte in line.removeprefix(b"\x1c.")))
        assert line.count(b"\x1c&") == line.removeprefix(b"\x1c.\x1bt\x00").count(b"\x1c.")


@pytest.mark.parametrize(
    ("value", "profile", "kind"),
    [
        ("茶馆，。：￥", "chinese-58", Text),
        ("12 ¥", "chinese-58", Text),
        ("café", "generic-58", Text),
        ("12 ¥", "generic-58", Text),
        ("䶵茶", "chinese-58", Dots),  # four bytes in GB18030: no such letter in a two-byte printer
        ("Ω", "chinese-58", Dots),  # in GBK, but twice as wide there as it was laid out
        ("café", "chinese-58", Dots),
        ("茶馆", "generic-58", Dots),
    ],
)
def test_a_line_the_printer_has_no_letters_for_is_drawn(value: str, profile: str, kind: type, font: Path) -> None:
    printer = PROFILES[profile]
    assert [type(item) for item in on_paper(escpos.render(said(value), "en", printer, font), printer)] == [kind]


def test_the_head_is_no_receipt_and_the_end_makes_it_one(font: Path) -> None:
    paper = escpos.render(DOCUMENTS["sale-cardholder"], "en", PROFILES["epson-tm-t20iii"], font)
    assert b"NOT VALID WITHOUT THE CODE BELOW" in paper.head
    assert b"12.50" not in paper.head
    assert paper.rest.index(b"12.50") < paper.rest.index(b"ORIGINAL") < paper.rest.index(CODE.encode())
    assert paper.rest.endswith(b"\x1ba\x00")


def test_the_length_of_the_paper_is_known() -> None:
    document = Document((Heading(Words("A", "A"), big=True), *(Note(Words("B", "B")) for _ in range(10))))
    assert escpos.render(document, "en", PROFILES["generic-58"]).millimetres == -(-(54 + 10 * 30) * 10 // 80)
