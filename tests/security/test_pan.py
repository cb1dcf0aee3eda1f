"""Card numbers: masking fails closed, check digits are right, test ranges are told apart."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.security import is_pan, is_test_range, last4, last4_only, luhn_digit, luhn_ok, mask

SHOWN = re.compile(r"\*{9,15}[0-9]{4}")

anything = st.one_of(
    st.text(),
    st.text("0123456789", max_size=40),
    st.text("0123456789=D^;?F *", max_size=40),
    st.binary(),
    st.integers(),
    st.none(),
    st.lists(st.text(max_size=3)),
)


@pytest.mark.parametrize(
    ("pan", "shown"),
    [
        ("6299990000000009", "************0009"),
        ("6299990000000", "*********0000"),
        ("6299990000000000000", "***************0000"),
        ("629999000000", "****"),  # twelve digits would show ten of them
        ("6" * 20, "****"),
        ("", "****"),
        ("629999000000000３", "****"),
        ("6299990000000009 ", "****"),
        ("6299990000000009=3012", "****"),
    ],
)
def test_what_people_see_of_a_card_number(pan: str, shown: str) -> None:
    assert mask(pan) == shown


@given(anything)
def test_masking_fails_closed_on_whatever_comes(value: object) -> None:
    shown = mask(value)
    assert shown == "****" or SHOWN.fullmatch(shown)
    if shown != "****":
        assert isinstance(value, str)
        assert len(shown) == len(value)
        assert shown[-4:] == value[-4:]
    assert re.fullmatch(r"[0-9]{4}|\*{4}", last4(value))


@pytest.mark.parametrize("value", [None, 6299990000000009, b"6299990000000009", ["6299990000000009"], "12"])
def test_last_four_of_no_card_number_is_nothing(value: object) -> None:
    assert last4(value) == "****"


def test_last_four() -> None:
    assert last4("6299990000000009") == "0009"


@given(st.text("0123456789", min_size=11, max_size=18))
def test_exactly_one_check_digit_is_right(partial: str) -> None:
    assert [d for d in "0123456789" if luhn_ok(partial + d)] == [luhn_digit(partial)]


@pytest.mark.parametrize(("partial", "digit"), [("7992739871", "3"), ("629999000000000", "9"), ("0", "0"), ("1", "8")])
def test_check_digit_of_known_numbers(partial: str, digit: str) -> None:
    assert luhn_digit(partial) == digit


@pytest.mark.parametrize("text", ["", "12a", "１２", "1 2"])
def test_check_digit_of_anything_but_digits_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="digits"):
        luhn_digit(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("6" * 11, False), ("6" * 12, True), ("6" * 19, True), ("6" * 20, False), (7, False)]
)
def test_shape_of_a_card_number(text: object, expected: bool) -> None:
    assert is_pan(text) is expected


@pytest.mark.parametrize(
    ("pan", "expected"),
    [
        ("6299990000000009", True),
        ("4999920000000000", True),
        ("5999900000000000", True),
        ("6299980000000003", False),
        ("4999800000000000", False),
        ("629999", False),
        ("garbage", False),
    ],
)
def test_test_ranges(pan: str, expected: bool) -> None:
    assert is_test_range(pan) is expected


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ('{"2":"629999******0011","37":"607300000900"}', '{"2":"************0011","37":"607300000900"}'),
        ("499990*********0011 and 629999***0011", "***************0011 and *********0011"),
        ("************0011", "************0011"),
        ("607300000900 1250 ***", "607300000900 1250 ***"),
        ("1629999******0011", "1629999******0011"),  # no mask of ours
    ],
)
def test_what_earlier_versions_kept_is_shown_by_its_last_four(kept: str, shown: str) -> None:
    assert last4_only(kept) == shown
