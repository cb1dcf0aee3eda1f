"""How much of a card number a page keeps of what was typed."""

from __future__ import annotations

import pytest

from counterfoil.console.masks import repeated, shortened
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


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("12.50", "12.50"),
        ("T0000001/000001/000042", "T0000001/000001/000042"),
        ("/payments/T0000001/000001/000042?said=done", "/payments/T0000001/000001/000042?said=done"),
        (PAN, ""),
        (f"/search?q={PAN[:4]}%2F{PAN[4:8]}%2F{PAN[8:12]}%2F{PAN[12:]}", ""),
        ("/".join((PAN[:4], PAN[4:8], PAN[8:12], PAN[12:])), ""),
        (PAN[:13] + " ", ""),
        ("x" * 60, "x" * 60),
        ("x" * 61, ""),
    ],
)
def test_what_may_hold_a_card_number_is_not_repeated(typed: str, kept: str) -> None:
    assert repeated(typed, 60) == kept
