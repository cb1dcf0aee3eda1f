"""The slips as text, compared with the golden files; and lines that fit the paper whatever is in them.

After a wanted change write the golden files anew: COUNTERFOIL_GOLDEN=1 make test TEST=tests/receipts
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.receipts.document import Copy, Document, Row, fault_slip, reversal_slip, sale_slip
from counterfoil.receipts.render import shown
from counterfoil.receipts.render.clusters import columns
from counterfoil.receipts.render.text import WIDTHS, Language, render, wrapped
from counterfoil.words import Text
from receipts.slips import SLIP

GOLDEN: Final = Path(__file__).parent / "golden"
SLIPS: Final[dict[str, Callable[[], Document]]] = {
    "merchant": lambda: sale_slip(SLIP, Copy.MERCHANT),
    "cardholder": lambda: sale_slip(SLIP, Copy.CARDHOLDER),
    "duplicate": lambda: sale_slip(SLIP, Copy.CARDHOLDER, 2),
    "unsigned": lambda: sale_slip(msgspec.structs.replace(SLIP, signature=False), Copy.MERCHANT),
    "reversal": lambda: reversal_slip(SLIP),
    "fault": lambda: fault_slip(SLIP),
}
UNSEEN: Final = frozenset("\u200c\u200d\u180e") | set(map(chr, (*range(0xE0020, 0xE0080), *shown._SEEN)))
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_its_golden_file(slip: str, language: Language, width: int) -> None:
    file = GOLDEN / f"{slip}.{language}.{width}.txt"
    text = render(SLIPS[slip](), language, width)
    if os.environ.get("COUNTERFOIL_GOLDEN"):
        file.write_text(text, "utf-8")
    assert text == file.read_text("utf-8")
    assert max(columns(line) for line in text.splitlines()) <= width


def test_paper_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="32, 42 or 48"):
        render(SLIPS["fault"](), "en", 40)


@given(st.text(max_size=80), st.sampled_from(WIDTHS), st.sampled_from(LANGUAGES))
def test_no_value_breaks_the_paper(value: str, width: int, language: Language) -> None:
    text = render(Document((Row(Text("NAME", "名称"), Text(value, value)),)), language, width)
    for line in text.splitlines():
        assert columns(line) <= width
        assert all(one.isprintable() or one in UNSEEN or ord(one) >= 0x20000 for one in line)


@given(st.text(alphabet=st.characters(exclude_categories=("C", "Z", "M")), max_size=60), st.sampled_from((2, 8, 32)))
def test_wrapping_loses_nothing_but_space(text: str, width: int) -> None:
    assert "".join("".join(wrapped(text, width)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 8, [""]),
        ("one two three", 8, ["one two", "three"]),
        ("unbreakable", 4, ["unbr", "eaka", "ble"]),
        ("款项正在退回。", 12, ["款项正在退", "回。"]),
        ("商户Shop名", 6, ["商户", "Shop名"]),
    ],
)
def test_lines_break_where_people_break_them(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width) == lines


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("金额", 4), ("￥12", 4), ("é", 1), ("e\u0301", 1)])
def test_wide_characters_take_two_columns(text: str, width: int) -> None:
    assert columns(text) == width
