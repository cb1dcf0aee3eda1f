"""Track 2: taken apart strictly, shown masked, and its encrypted form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.security import KeyUsage, SecurityError, SoftHsm, StoredKey, parse_track2
from counterfoil.security.ciphers import DesKey

TDK = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
PAN = "6299990000000009"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{PAN}=30122010000000000000", (PAN, "3012", "201", "0000000000000")),
        (f"{PAN}D30122010000000000000", (PAN, "3012", "201", "0000000000000")),
        (f"{PAN}=3001201", (PAN, "3001", "201", "")),
        (f"{PAN}=3012", (PAN, "3012", "", "")),
        (f"{PAN}==2019", (PAN, "", "201", "9")),
        (f"{PAN}=3012=9", (PAN, "3012", "", "9")),
        (f"{PAN}DD", (PAN, "", "", "")),
        ("629999000000=3012201", ("629999000000", "3012", "201", "")),
        ("6299990000000000000=30122011234567890", ("6299990000000000000", "3012", "201", "1234567890")),
    ],
)
def test_a_track_taken_apart(text: str, expected: tuple[str, str, str, str]) -> None:
    track = parse_track2(text)
    assert (track.pan, track.expiry, track.service, track.discretionary) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "=",
        PAN,
        f"{PAN}=",
        f"{PAN}=30",
        f"{PAN}=3000201",  # month 00
        f"{PAN}=3013201",  # month 13
        f";{PAN}=3012201?",  # sentinels
        f"{PAN}=3012201F",  # filler
        f"{PAN}=3012201=1",  # a second separator in the discretionary data
        f"{PAN}^3012201",
        f"{PAN}d3012201",
        "62999900000=3012201",  # eleven digits
        "62999900000000000000=3012201",  # twenty
        f"{PAN}=3012201{'0' * 14}",  # 38 characters
        f"{PAN}=30１2201",
        f"{PAN}=3012201\n",
    ],
)
def test_what_is_no_track_answers_30_without_showing_it(text: str) -> None:
    with pytest.raises(SecurityError) as caught:
        parse_track2(text)
    assert caught.value.response_code == "30"
    assert str(caught.value) == "not a track 2"


def test_the_check_digit_counts_only_when_asked() -> None:
    wrong = PAN[:-1] + "0"
    assert parse_track2(f"{wrong}=3012201").pan == wrong
    assert parse_track2(f"{PAN}=3012201", luhn=True).pan == PAN
    with pytest.raises(SecurityError):
        parse_track2(f"{wrong}=3012201", luhn=True)


def test_a_track_shows_the_masked_number_only() -> None:
    assert repr(parse_track2(f"{PAN}=3012201123456")) == "Track2(************0009)"


@given(st.text(max_size=45))
def test_any_text_is_a_track_or_a_30(text: str) -> None:
    try:
        assert parse_track2(text).pan.isdigit()
    except SecurityError as error:
        assert error.response_code == "30"  # noqa: PT017 - both ends are right


@pytest.fixture(scope="module")
def tdk(hsm: SoftHsm) -> StoredKey:
    return hsm.import_clear(KeyUsage.TRACK, TDK)


@pytest.mark.parametrize(
    ("track", "start", "end"),
    [
        (f"{PAN}D30122010000000000000", 20, 36),  # 37: all but the last
        (f"{PAN}D3012201000000000000", 18, 34),  # 36: all but the last two
        (f"{PAN}D3012201", 6, 22),  # 24: all but the last two
        (f"{PAN}D", 0, 16),  # 17
        (f"{PAN}D3", 0, 16),  # 18
    ],
)
def test_sixteen_digits_are_encrypted_in_place(hsm: SoftHsm, tdk: StoredKey, track: str, start: int, end: int) -> None:
    sent = hsm.encrypt_track(tdk, track)
    unit = DesKey(TDK).encrypt(bytes.fromhex(track[start:end])).hex().upper()
    assert sent == track[:start] + unit + track[end:]
    assert hsm.decrypt_track(tdk, sent) == track


def test_a_short_track_grows_to_seventeen(hsm: SoftHsm, tdk: StoredKey) -> None:
    sent = hsm.encrypt_track(tdk, "629999000000=3")
    assert len(sent) == 17
    assert sent == DesKey(TDK).encrypt(bytes.fromhex("FFF629999000000D")).hex().upper() + "3"
    assert hsm.decrypt_track(tdk, sent) == "629999000000D3"


@given(st.text("0123456789D=", min_size=1, max_size=37).filter(lambda t: t[0] in "0123456789"))
def test_decryption_undoes_encryption(hsm: SoftHsm, tdk: StoredKey, track: str) -> None:
    assert hsm.decrypt_track(tdk, hsm.encrypt_track(tdk, track)) == track.replace("=", "D")


@pytest.mark.parametrize("track", ["", "D1", "12345F", "1" * 38, "1234é"])
def test_what_is_no_track_is_not_encrypted(hsm: SoftHsm, tdk: StoredKey, track: str) -> None:
    with pytest.raises(SecurityError) as caught:
        hsm.encrypt_track(tdk, track)
    assert caught.value.response_code == "30"


@pytest.mark.parametrize("track", ["", "1" * 16, "1" * 38, "g" * 20, f"{PAN}=3012201", f"{PAN}D3012201"])
def test_what_decrypts_to_no_track_answers_30(hsm: SoftHsm, tdk: StoredKey, track: str) -> None:
    with pytest.raises(SecurityError) as caught:
        hsm.decrypt_track(tdk, track)
    assert caught.value.response_code == "30"
