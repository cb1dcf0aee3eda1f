"""Card numbers in what people and hosts write: none comes out, and what only looks like one stays."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.console.masks import shortened
from counterfoil.freetext import KNOWN, plain, starred
from counterfoil.iso8583.show import words as host_words
from counterfoil.security import luhn_digit

PAN = "629999100000001" + luhn_digit("629999100000001")
UNSEEN = ("\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u202e", "\ufe0f", "\u3164", "\U000e0020")
SEEN = (
    " ",
    "-",
    ".",
    "/",
    "_",
    "\u00a0",
    "\u3000",
    "\u2009",
    "\n",
    "\r\n",
    "\t",
    "\u2013",
    "|",
    ":",
    "\\",
    "·",
    "#",
    "+",
)
GAPS = ("", *SEEN, *UNSEEN, " - ", " / ", "_\u200b_", "\u200b" * 9, "-\u2060\u2060\u2060-")
SCRIPTS = ("0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "๐๑๒๓๔๕๖๗๘๙", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗")
MASKS = {"host": host_words, "search box": shortened, "all": starred}


def written(number: str, gaps: list[str], digits: str) -> str:
    """A number in a script, with gaps between its digits."""
    shown = [digits[int(one)] for one in number]
    return shown[0] + "".join(gap + digit for gap, digit in zip(gaps, shown[1:], strict=False))


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("gap", GAPS, ids=[gap.encode("unicode_escape").decode() or "none" for gap in GAPS])
def test_no_gap_and_no_script_carries_a_number_past_a_mask(mask: Callable[[str], str], gap: str) -> None:
    for digits in SCRIPTS:
        for by in (1, 4):
            gaps = [gap if place % by == 0 else "" for place in range(1, len(PAN))]
            shown = plain(mask(f"the card {written(PAN, gaps, digits)} was swallowed"))
            assert re.sub(r"\D", "", shown) in ("", PAN[-4:]), (digits, by)


@given(
    st.text(max_size=30),
    st.sampled_from(("62999910", "39999", "49999", "59999")),
    st.integers(13, 19),
    st.sampled_from(SCRIPTS),
    st.lists(st.sampled_from(GAPS), min_size=18, max_size=18),
    st.text(max_size=30),
    st.randoms(use_true_random=False),
)
def test_a_number_never_comes_out_whatever_stands_between_and_around(
    before: str, prefix: str, size: int, digits: str, gaps: list[str], after: str, chance: Random
) -> None:
    partial = prefix + "".join(str(chance.randrange(10)) for _ in range(size - 1 - len(prefix)))
    number = partial + luhn_digit(partial)
    text = f"{before} x {written(number, gaps, digits)} x {after}"
    if KNOWN.search(plain(text)):
        return
    for mask in (starred, host_words):
        shown = mask(text)
        assert len(shown) == len(text)
        assert number not in re.sub(r"\D", "", plain(shown))


@pytest.mark.parametrize(
    "text",
    [
        *("607300000900", "RRN 607300000900", "RRN 607300000900, 12.50", "607300000900 1250.00 CNY", "327012345678"),
        *("T0000001/000001/000042", "62999910/000001/000042", "10344/0314120000/000900", "000001 004217"),
        *("2026-11-30", "2026/03/14 12:01:02", "2026-03-14T12:01:02.123456", "23:59:59", "14.03.2026 12:01"),
        *("192.0.2.1", "192.0.2.1:65535", "till-7-0042", "12.50 CNY", "1,250,000.00", "1 234 567.89"),
        *("0571-8888 6666", "+86 571 8888", "the bank asks", "批次 000001 凭证 000042", "90310000   03025840   "),
    ],
)
def test_references_amounts_and_times_stay(text: str) -> None:
    for name, mask in MASKS.items():
        assert mask(text) == text, name


@pytest.mark.parametrize(
    "wrong", ["6299991000000014", "6299 9910 0000 0014", "6299-9910-0000-0014", "6299.9910.0000.0014"]
)
def test_a_slip_of_the_pen_is_hidden_too(wrong: str) -> None:
    assert not re.search(r"\d", starred(wrong))


USUAL = ("", " ", "-", ".", "\u00a0", "\u2009", "\u2013", " - ", "\u3000", *UNSEEN)


@given(
    st.text(max_size=20),
    st.text("0123456789", min_size=13, max_size=19),
    st.sampled_from(SCRIPTS),
    st.lists(st.sampled_from(USUAL), min_size=18, max_size=18),
    st.text(max_size=20),
)
def test_so_many_digits_as_a_card_number_is_written_are_hidden_right_or_wrong(
    before: str, number: str, digits: str, gaps: list[str], after: str
) -> None:
    inside = written(number, gaps, digits)
    shown = starred(f"{before}{inside}{after}")
    assert len(shown) == len(before + inside + after)
    assert not any(character.isdecimal() for character in shown[len(before) : len(before) + len(inside)])


def seconds(text: str) -> float:
    """How long the processor works on it, the quickest of three."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        assert len(starred(text)) == len(text)
        taken.append(time.process_time() - began)
    return min(taken)


@pytest.mark.parametrize("unit", ["1", "1 ", "1/", "1\u200b", "1 - ", "12345678901/", "\u200b", "1   ", "6/"])
def test_ten_times_the_text_takes_ten_times_as_long(unit: str) -> None:
    """Each place is looked at a bounded number of times; were it each pair of places, it would be a hundred times."""
    few = 4_000 // len(unit)
    assert seconds(unit * few * 10) < 40 * seconds(unit * few)
