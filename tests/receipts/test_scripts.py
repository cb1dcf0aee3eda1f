"""Every script a merchant's name may have is drawn: no box, no hole, no mark left out, in the order it is read in."""

from __future__ import annotations

import shutil
import unicodedata
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageDraw, ImageFont

from counterfoil.receipts.document import Document, Heading, Row
from counterfoil.receipts.document.slip import same
from counterfoil.receipts.profile import PROFILES
from counterfoil.receipts.render import escpos, fonts, png, raster
from counterfoil.receipts.render.clusters import clusters, columns, pieces
from counterfoil.receipts.render.fonts import Chain
from counterfoil.receipts.render.lacking import package_of, undrawn
from counterfoil.receipts.render.legible import drawn_with, legible
from counterfoil.receipts.render.lines import Line
from counterfoil.receipts.render.shown import shown
from counterfoil.words import Text
from receipts.conftest import FILES
from receipts.scripts import NAMES

BOX = "\U0010ffff"
UNSEEN = frozenset("\u200c\u200d\u180e\ufe0f \u3000")


class Stroke(NamedTuple):
    text: str
    font: ImageFont.FreeTypeFont
    backwards: bool


@pytest.fixture
def strokes(monkeypatch: pytest.MonkeyPatch) -> list[Stroke]:
    """What is really drawn, and with which font."""
    made: list[Stroke] = []
    real = ImageDraw.ImageDraw.text

    def spy(self: Any, xy: Any, text: str, **how: Any) -> None:
        made.append(Stroke(text, how["font"], how.get("direction") == "rtl"))
        real(self, xy, text, **how)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", spy)
    raster._letter.cache_clear()
    raster._shaped.cache_clear()
    return made


def dots(font: ImageFont.FreeTypeFont, text: str, **how: Any) -> tuple[Any, bytes]:
    mask = font.getmask(text, **how)
    return mask.size, bytes(mask)


def seen(text: str) -> list[str]:
    return [one for one in text if one not in UNSEEN]


@pytest.mark.parametrize("script", NAMES)
def test_no_letter_of_a_name_is_a_box_or_missing(script: str, scripts: Chain, strokes: list[Stroke]) -> None:
    name = shown(NAMES[script])
    assert undrawn(name, scripts) == []
    image = raster.line_image(Line(name), (columns(name) + 1) * raster.COLUMN, scripts)
    assert image.getbbox() is not None
    drawn = unicodedata.normalize("NFD", "".join(stroke.text for stroke in strokes))
    assert set(seen(drawn)) == set(seen(unicodedata.normalize("NFD", name)))
    for text, font, _ in strokes:
        box = dots(font, BOX)
        for one in seen(text):
            if not unicodedata.category(one).startswith("M"):
                assert any(dots(font, one)[1]), f"U+{ord(one):04X} is a hole in {font.path!r}"
                assert dots(font, one) != box, f"U+{ord(one):04X} is a box in {font.path!r}"
        for at, one in enumerate(text):
            if unicodedata.category(one) in ("Mn", "Mc") and one not in UNSEEN:
                assert dots(font, text) != dots(font, text[:at] + text[at + 1 :]), f"U+{ord(one):04X} is not drawn"


@pytest.mark.parametrize("script", NAMES)
def test_every_letter_stays_in_its_columns_and_is_there_in_every_size(script: str, scripts: Chain) -> None:
    name = shown(NAMES[script])
    for wide, tall in ((1, 1), (1, 2), (2, 2)):
        room = (columns(name) + 4) * raster.COLUMN * wide
        image = raster.line_image(Line(f"  {name}  ", wide, tall), room, scripts)
        found = image.getbbox()
        assert found is not None
        left, _, right, _ = found
        edge = 2 * raster.COLUMN * wide
        assert edge <= left < right <= room - edge


@pytest.mark.parametrize("script", NAMES)
@pytest.mark.parametrize("profile", PROFILES)
def test_a_name_is_printed_whole_by_every_printer(profile: str, script: str, scripts: Chain) -> None:
    name = Document((Heading(same(NAMES[script]), big=True), Row(Text("NAME", "名称"), same(NAMES[script]))))
    for language in ("en", "zh"):
        assert escpos.render(name, language, PROFILES[profile]).lacking == ()
    assert png.render(name, "zh").startswith(b"\x89PNG")


@pytest.mark.parametrize("script", ["arabic", "arabic with vowels", "uyghur", "persian"])
def test_arabic_letters_are_joined_and_run_from_right_to_left(
    script: str, scripts: Chain, strokes: list[Stroke]
) -> None:
    name = NAMES[script]
    raster.line_image(Line(name), 48 * raster.COLUMN, scripts)
    assert {stroke.backwards for stroke in strokes} == {True}
    apart = sum(strokes[0].font.getlength(letter) for letter in clusters(name))
    assert sum(stroke.font.getlength(stroke.text, direction="rtl") for stroke in strokes) < 0.95 * apart


def test_a_syllable_whose_vowel_stands_before_it_is_drawn_so(scripts: Chain, strokes: list[Stroke]) -> None:
    raster.line_image(Line("क्षि"), 20 * raster.COLUMN, scripts)
    (stroke,) = strokes
    assert dots(stroke.font, stroke.text) != dots(stroke.font, stroke.text, features=["-half", "-akhn", "-rphf"])


@pytest.mark.parametrize("script", NAMES)
def test_what_would_draw_a_letter_is_named(script: str, scripts: Chain, font: Path) -> None:
    """The package that a refusal names has the letter."""
    for letter in clusters(shown(NAMES[script])):
        for one in letter:
            package = package_of(one)
            if one.isascii() or one in UNSEEN or package not in FILES:
                continue
            folder = Path("/usr/share/fonts", FILES[package]).parent
            files = Chain([path for path in sorted(folder.rglob("*")) if path.suffix in fonts.KINDS])
            there = files.find(one, narrow=False)
            # what Micro Hei lacks of the common blocks is in the font of rare characters
            assert there or package == fonts.PACKAGE, f"{package} has no U+{ord(one):04X}"


def test_a_font_that_names_a_letter_but_has_no_picture_of_it_is_passed_over(font: Path, scripts: Chain) -> None:
    only = Chain((font,))
    assert [only.find(letter, narrow=True) for letter in "ǎǐ"] == [None, None]
    assert only.find("á", narrow=True) is not None
    assert undrawn("ǎǐ℃", scripts) == []


def test_a_letter_in_parts_is_drawn_composed_where_a_font_has_it_so(font: Path) -> None:
    (found,) = {(Chain((font,)).find(letter, narrow=True)) for letter in ("é", "e\u0301")}
    assert found is not None
    assert found[1] == "é"


def test_a_korean_syllable_that_a_font_cannot_put_together_is_not_drawn_as_its_parts(scripts: Chain) -> None:
    hana = Path("/usr/share/fonts", FILES["fonts-hanazono"]).with_name("HanaMinA.ttf")
    assert Chain((hana,)).find("\u1112", narrow=False) is not None
    assert Chain((hana,)).find("\u1112\u119e\u11ab", narrow=False) is None


def test_when_a_font_is_taken_away_the_next_one_draws(font: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone.ttc"
    shutil.copy(font, gone)
    pair = Chain((gone, font))
    for left in (gone, font):
        found = pair.find("茶", narrow=False)
        assert found is not None
        assert found[0].path == left
        gone.unlink(missing_ok=True)
    alone = Chain((gone,))
    assert alone.find("茶", narrow=False) is None


def test_a_font_that_is_put_there_is_found_without_a_restart(font: Path, tmp_path: Path) -> None:
    later: list[Path] = []
    grows = Chain((), lambda: later)
    assert undrawn("茶", grows) == ["茶"]
    later.append(font)
    assert undrawn("茶", grows) == []


@given(st.text(max_size=40), st.sampled_from(("en", "zh")))
@settings(deadline=None, max_examples=150)
def test_whatever_a_name_holds_and_whatever_lacks_a_slip_comes_out(font: Path, name: str, language: Any) -> None:
    document = Document((Row(Text("NAME", "名称"), same(name)),))
    for chain in (Chain(()), Chain((font,))):
        told = legible(document, language, 32, drawn_with(chain))
        for node in told.document.nodes:
            assert isinstance(node, Row)
            for text in (*node.label, *node.value) if told.language == "zh" else (node.label.en, node.value.en):
                assert undrawn(shown(text), chain) == []


@pytest.mark.parametrize(
    ("line", "cut"),
    [
        ("Café 12", [("Café", False), ("12", False)]),
        ("NAME: مقهى السلام", [("NAME:", False), ("مقهى السلام", True)]),
        ("مقهى 24 (شاي) Café", [("مقهى 24 (شاي)", True), ("Café", False)]),
        ("مقهى, Café", [("مقهى", True), (",", False), ("Café", False)]),
        ("(مقهى) Café", [("(", False), ("مقهى", True), (")", False), ("Café", False)]),
        ("הנחה 50% Tea", [("הנחה 50%", True), ("Tea", False)]),
        ("مقهى 50% Tea", [("مقهى 50", True), ("%", False), ("Tea", False)]),
        ("24 שלום", [("24", False), ("שלום", True)]),
        ("٢٤ مقهى", [("٢٤ مقهى", True)]),
        ("नमस्ते Tea", [("नमस्ते", False), ("Tea", False)]),
        ("שלום Tea עולם", [("שלום", True), ("Tea", False), ("עולם", True)]),
    ],
)
def test_what_runs_from_right_to_left_is_what_unicode_says(line: str, cut: list[tuple[str, bool]]) -> None:
    joined: list[tuple[str, bool]] = []
    end = -1
    for piece in pieces(line):
        if joined and not piece.shaped and not joined[-1][1] and piece.start == end and joined[-1][0].isprintable():
            joined[-1] = (joined[-1][0] + piece.text, False)
        else:
            joined.append((piece.text, piece.backwards))
        end = piece.start + piece.columns if not piece.shaped else -1
    assert joined == cut
