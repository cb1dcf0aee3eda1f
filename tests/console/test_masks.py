"""How much of a card number a page keeps of what was typed."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.console.masks import shortened
from counterfoil.freetext import starred
from counterfoil.security import luhn_digit

PARTIAL = "629999100000001"
PAN = PARTIAL + luhn_digit(PARTIAL)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (PAN, PAN[-4:]),
        (f"{PAN} 12.50", f"{PAN[-4:]} 12.50"),
        (f"{PAN[:4]} {PAN[4:8]} {PAN[8:12]} {PAN[12:]}", PAN[-4:]),
        ("-".join((PAN[:4], PAN[4:8], PAN[8:12], PAN[12:])), PAN[-4:]),
        ("T0000001/000001/000042", "T0000001/000001/000042"),
        ("327012345678", "327012345678"),  # a retrieval reference number
        ("1234 12.50", "1234 12.50"),
        (f"{PAN[:-1]}{(int(PAN[-1]) + 1) % 10}", f"{PAN[:-1]}{(int(PAN[-1]) + 1) % 10}"),  # no card number
    ],
)
def test_a_card_number_is_shortened_to_its_last_four_digits(typed: str, kept: str) -> None:
    assert shortened(typed) == kept


SEPARATORS = (
    *("", " ", "-", ".", "\u00a0", "\u200b", "\u2060", "\u200d"),
    *("\ufeff", "\u2009", "\u2013", " - ", "\u00ad", "\u3000"),
)
DIGITS = ("0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९")


@given(
    st.text(max_size=20),
    st.integers(13, 19),
    st.sampled_from(DIGITS),
    st.lists(st.sampled_from(SEPARATORS), min_size=18, max_size=18),
    st.text(max_size=20),
    st.randoms(use_true_random=False),
)
def test_no_card_number_passes_the_mask_however_it_is_written(
    before: str, size: int, digits: str, between: list[str], after: str, chance: Random
) -> None:
    number = [digits[chance.randrange(10)] for _ in range(size)]
    written = number[0] + "".join(gap + digit for gap, digit in zip(between, number[1:], strict=False))
    kept = starred(f"{before}{written}{after}")
    assert kept.count("*") >= size
    assert len(kept) == len(before + written + after)
    run = "".join(character for character in kept[len(before) : len(before) + len(written)] if character.isdecimal())
    assert run == ""


@pytest.mark.parametrize(
    "text", ["T0000001/000001/000042", "192.0.2.1", "till-7-0042", "2026-11-30", "the bank asks", "12.50 CNY"]
)
def test_what_is_no_card_number_stays(text: str) -> None:
    assert starred(text) == text
