"""Card verification values: the published one, an oracle nobody here wrote, and what is no card."""

from __future__ import annotations

import warnings

import pytest
from cryptography.utils import CryptographyDeprecationWarning
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.security import KeyUsage, SecurityError, SoftHsm, parse_track2, write_track2
from counterfoil.security.ciphers import DesKey
from counterfoil.security.cvv import cvv

with warnings.catch_warnings():
    warnings.simplefilter("ignore", CryptographyDeprecationWarning)
    from psec.cvv import generate_cvv

KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
PAN = "6299990000000009"
digits = st.text("0123456789", min_size=13, max_size=19)


def test_the_published_vector() -> None:
    assert cvv("4123456789012345", "8701", "101", DesKey(KEY)) == "561"


@given(st.binary(min_size=16, max_size=16), digits, st.from_regex("[0-9]{4}", fullmatch=True), st.integers(0, 999))
def test_every_value_is_that_of_the_oracle(key: bytes, pan: str, expiry: str, service: int) -> None:
    code = f"{service:03d}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        expected = generate_cvv(key, pan, expiry, code)
    assert cvv(pan, expiry, code, DesKey(key)) == cvv(pan, expiry, code, DesKey(key, accelerated=False)) == expected


def test_a_value_is_of_its_card_its_date_its_service_code_and_its_key_and_of_nothing_else(hsm: SoftHsm) -> None:
    key, other = (hsm.import_clear(KeyUsage.CVK, clear) for clear in (KEY, KEY[::-1]))
    value = hsm.make_cvv(PAN, "3012", "201", key)
    assert hsm.verify_cvv(PAN, "3012", "201", value, key)
    for wrong in (f"{(int(value) + 1) % 1000:03d}", "", value + "0", value[:2]):
        assert not hsm.verify_cvv(PAN, "3012", "201", wrong, key)
    changed = [(PAN[:-1] + "8", "3012", "201"), (PAN, "3011", "201"), (PAN, "3012", "221")]
    assert [hsm.verify_cvv(*card, value, key) for card in changed] == [False] * 3
    assert not hsm.verify_cvv(PAN, "3012", "201", value, other)


@pytest.mark.parametrize(
    ("pan", "expiry", "service"),
    [
        ("", "3012", "201"),
        ("12ab", "3012", "201"),
        ("1" * 20, "3012", "201"),
        (PAN, "", "201"),
        (PAN, "30123", "201"),
        (PAN, " 301", "201"),
        (PAN, "-301", "201"),
        (PAN, "3012", ""),
        (PAN, "3012", "20"),
        (PAN, "3012", "2١1"),
    ],
)
def test_what_is_no_card_has_no_value(pan: str, expiry: str, service: str) -> None:
    with pytest.raises(SecurityError) as no:
        cvv(pan, expiry, service, DesKey(KEY))
    assert no.value.response_code == "14"


@pytest.mark.parametrize(("pan", "rest"), [("6299990000000009", "12345"), ("6299990000000000000", "12")])
def test_a_stripe_is_written_so_that_it_is_read_again(pan: str, rest: str) -> None:
    track = parse_track2(write_track2(pan, "3012", "220", DesKey(KEY), rest))
    assert (track.pan, track.expiry, track.service, track.discretionary[8:]) == (pan, "3012", "220", rest)
    assert track.cvv == cvv(pan, "3012", "220", DesKey(KEY))
    assert parse_track2(f"{pan}=301222000000").cvv == parse_track2(f"{pan}=3012220").cvv == ""


@pytest.mark.parametrize(("expiry", "rest"), [("3013", ""), ("3012", "1" * 6), ("3012", "A")])
def test_no_stripe_is_written_that_could_not_be_read(expiry: str, rest: str) -> None:
    with pytest.raises(SecurityError):
        write_track2(PAN, expiry, "220", DesKey(KEY), rest)
