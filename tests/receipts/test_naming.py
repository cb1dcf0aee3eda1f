"""Names that cannot be on a receipt are refused by the character, in both languages, with what would help."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from msgspec.structs import replace
from PIL import features

from counterfoil.receipts.document import Copy, Document, Note, Row, sale_slip
from counterfoil.receipts.document.slip import same
from counterfoil.receipts.naming import as_text, on_paper
from counterfoil.receipts.profile import PROFILES, Profile
from counterfoil.receipts.render import escpos, fonts, png, svg
from counterfoil.receipts.render.coverage import coverage
from counterfoil.receipts.render.fonts import Chain
from counterfoil.receipts.render.legible import drawn_with, legible
from counterfoil.receipts.render.shown import shown, unshown
from counterfoil.receipts.render.text import render
from counterfoil.words import Text
from receipts.paper import Dots, Qr, Reader
from receipts.paper import Text as Letters
from receipts.scripts import NAMES, REFUSED
from receipts.slips import SLIP

NONE = Chain(())
GENERIC = PROFILES["generic-80"]
GBK = PROFILES["chinese-80"]
LETTERS_ONLY = replace(PROFILES["generic-58"], chinese="none")


def on_page(name: str, profile: Profile) -> list[Letters | Dots | Qr]:
    paper = escpos.render(Document((Row(Text("NAME", "名称"), same(name)),)), "en", profile)
    return Reader(profile.codec, chinese=profile.chinese == "gbk").read(paper.head + paper.rest)


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_paper_can_show_is_refused_by_name(case: str) -> None:
    name, character = REFUSED[case]
    for naming in (as_text, on_paper([]), on_paper([GBK], NONE), on_paper([LETTERS_ONLY], NONE)):
        wrong = naming(name)
        assert wrong is not None
        assert character in wrong.en
        assert character in wrong.zh
        assert wrong.zh.isprintable()


@pytest.mark.parametrize("case", REFUSED)
def test_where_it_turns_up_all_the_same_it_is_left_out_or_spelled_out(case: str) -> None:
    name, character = REFUSED[case]
    said = shown(name)
    assert unshown(said) == []
    number = character.split()[0]
    assert (number in said) == (said.count("[") == 1)
    assert on_page(name, GENERIC)
    assert svg.render(Document((Note(same(name)),)), "en")


@pytest.mark.parametrize("name", [*NAMES.values(), "Old\u00a0Street", "老街\u3000茶馆", "12 ¥", "\U00031350"])
def test_a_name_that_people_write_is_none_of_these(name: str) -> None:
    assert as_text(name) is None


@pytest.mark.parametrize("script", NAMES)
def test_a_name_of_any_script_is_taken_where_its_fonts_are(script: str, scripts: Chain) -> None:
    for profiles in ([], [GBK], [GENERIC], [GBK, GENERIC]):
        assert on_paper(profiles)(NAMES[script]) is None


@pytest.mark.parametrize(
    ("name", "characters", "packages"),
    [
        ("𠮷野家", "U+20BB7 CJK UNIFIED IDEOGRAPH-20BB7, U+91CE", "fonts-hanazono"),
        ("ไทย", "U+0E44 THAI CHARACTER SARA AI MAIMALAI, U+0E17", "fonts-noto-core"),
        ("☕", "U+2615 HOT BEVERAGE", "fonts-symbola"),
        ("\U00030edd", "U+30EDD", "fonts-babelstone-han"),
        ("ᄒᆞᆫ", "U+1112 HANGUL CHOSEONG HIEUH, U+119E", "fonts-noto-cjk"),
    ],
)
def test_what_a_font_would_draw_is_refused_with_the_package_that_has_it(
    name: str, characters: str, packages: str
) -> None:
    wrong = on_paper([GENERIC], NONE)(name)
    assert wrong is not None
    for said in wrong:
        assert characters in said
        assert packages in said[said.index("apt-get install") :]


def test_a_chinese_printer_needs_no_font_for_what_it_has(font: Path) -> None:
    assert on_paper([GBK], NONE)("老街茶馆") is None
    assert "U+3402" in str(on_paper([GBK], NONE)("㐂茶"))
    wrong = on_paper([GBK, GENERIC], NONE)("老街茶馆")  # it must come out of both
    assert wrong is not None
    assert fonts.PACKAGE in wrong.en


def test_a_printer_without_pictures_is_refused_what_its_code_page_lacks() -> None:
    naming = on_paper([LETTERS_ONLY], NONE)
    assert naming("Café") is None
    assert naming("Cafe\u0301") is None
    wrong = naming("Łódź café")
    assert wrong is not None
    assert "U+0141 LATIN CAPITAL LETTER L WITH STROKE, U+017A" in wrong.en
    assert "U+00E9" not in wrong.en


@pytest.mark.parametrize("script", ["arabic", "hebrew", "devanagari", "thai", "tibetan", "mongolian", "uyghur"])
def test_without_what_shapes_letters_they_are_refused_and_not_drawn_wrong(
    script: str, scripts: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = fonts.chain()
    monkeypatch.setattr(features, "check", lambda name: name != "raqm")
    fonts.shapes.cache_clear()
    try:
        wrong = on_paper([GENERIC], chain)(NAMES[script])
        assert wrong is not None
        assert wrong.en.endswith("apt-get install libfribidi0")
        assert wrong.zh.endswith("apt-get install libfribidi0")
        for fine in ("latin", "simplified", "plane 2", "kana in parts", "korean in parts", "vietnamese in parts"):
            assert on_paper([GENERIC], Chain(fonts.installed()))(NAMES[fine]) is None
        assert png.render(Document((Row(Text("NAME", "名称"), same(NAMES[script])),)), "en")
    finally:
        fonts.shapes.cache_clear()


def test_a_letter_that_lacks_is_spelled_out_and_told(font: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "installed", list)
    monkeypatch.setattr(fonts, "KNOWN", (str(font),))
    fonts._chain.cache_clear()
    name = "㐂茶"
    paper = escpos.render(Document((Row(Text("NAME", "名称"), same(name)),)), "en", GENERIC)
    fonts._chain.cache_clear()
    assert paper.lacking == ("㐂",)
    told = legible(Document((Row(Text("NAME", "名称"), same(name)),)), "zh", 32, drawn_with(Chain((font,))))
    assert told.document.nodes == (Row(Text("NAME", "名称"), same("[U+3402]茶")),)
    assert (told.language, told.lacking) == ("zh", ("㐂",))


def test_without_a_chinese_font_a_slip_comes_out_in_english_and_says_what_lacks() -> None:
    slip = sale_slip(replace(SLIP, merchant_name="老街 Tea"), Copy.CARDHOLDER)
    told = legible(slip, "zh", GENERIC.columns, lambda line: escpos.lacks(line, GENERIC, NONE))
    assert told.language == "en"
    assert {"老", "街", "商", "户"} <= set(told.lacking)
    assert "[U+8001][U+8857] Tea" in render(told.document, "en", 48)
    plain = legible(slip, "en", GENERIC.columns, lambda line: escpos.lacks(line, GENERIC, NONE))
    assert plain.lacking == ("老", "街")


def test_a_printer_with_letters_only_prints_a_chinese_slip_in_english() -> None:
    paper = escpos.render(sale_slip(SLIP, Copy.CARDHOLDER), "zh", LETTERS_ONLY)
    printed = Reader("cp437", chinese=False).read(paper.head + paper.rest)
    lines = [item.text for item in printed if isinstance(item, Letters)]
    assert len(lines) == len(printed)
    assert any("POS SALES SLIP" in line for line in lines)
    assert paper.lacking


@pytest.mark.parametrize(("name", "codec"), [("שלום", "cp862"), ("سلام", "cp1256"), ("ไทย", "cp874")])
def test_letters_that_need_shaping_never_leave_as_letters(name: str, codec: str, scripts: Chain) -> None:
    """A printer sets them one by one and from left to right."""
    printed = on_page(name, replace(GENERIC, codec=codec))
    assert [type(item) for item in printed] == [Dots]


def test_a_letter_in_parts_is_composed_for_a_code_page() -> None:
    (printed,) = on_page("Cafe\u0301", GENERIC)
    assert isinstance(printed, Letters)
    assert printed.text.endswith("Café")


@pytest.mark.parametrize("name", ["arabic", "hebrew", "uyghur"])
def test_on_a_screen_what_runs_from_right_to_left_is_one_text(name: str) -> None:
    drawn = svg.render(Document((Row(Text("NAME", "名称"), same(NAMES[name])),)), "en")
    (line,) = [line for line in drawn.splitlines() if NAMES[name] in line]
    assert 'lengthAdjust="spacingAndGlyphs"' in line


# --- what a font has -------------------------------------------------------------------------------------------------


def test_a_face_of_a_collection_that_is_not_there_has_nothing(font: Path) -> None:
    assert coverage(font).names("茶")
    assert coverage(font, 1).names("茶")
    assert not coverage(font).names("𠮷")
    assert not coverage(font, 99).firsts


@pytest.mark.parametrize("size", [0, 3, 12, 40, 300, 5_000])
def test_a_file_that_breaks_off_has_nothing(size: int, font: Path, tmp_path: Path) -> None:
    broken = tmp_path / f"{size}.ttc"
    broken.write_bytes(font.read_bytes()[:size])
    assert not coverage(broken).firsts
    assert Chain((broken,)).find("茶", narrow=False) is None


def test_a_file_that_is_no_font_is_refused_when_it_was_chosen(tmp_path: Path) -> None:
    text = tmp_path / "font.ttf"
    text.write_bytes(struct.pack(">4sH", b"true", 9) + bytes(400))
    assert not coverage(text).firsts
    with pytest.raises(fonts.NoFont, match="cannot be read as a font"):
        fonts.find(str(text))
    with pytest.raises(fonts.NoFont, match="there is no font file"):
        fonts.find(str(tmp_path / "none.ttf"))


def test_without_a_printer_no_font_is_needed_and_what_no_screen_shows_is_refused_all_the_same() -> None:
    """A stack starts on a machine that has no font at all: its demo has Chinese names."""
    naming = on_paper([], Chain(()))
    assert [naming(NAMES[script]) for script in NAMES] == [None] * len(NAMES)
    assert naming("茶\u0007") is not None
