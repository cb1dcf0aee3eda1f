"""The MAC algorithms against RFC 4493, psec, and slow readable versions of themselves."""

from __future__ import annotations

import psec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.security import KeyUsage, KeyUsageError, MacAlgorithm, SoftHsm
from counterfoil.security.ciphers import AesKey, DesKey
from counterfoil.security.mac import LONGEST, cup_ecb, fold, x9_9, x9_19

KEY_8 = bytes.fromhex("0123456789ABCDEF")
KEY_16 = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")

RFC_4493_KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
RFC_4493_TEXT = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "bb1d6929e95937287fa37d129b756746"),
        (16, "070a16b46b4d4144f79bdd9dd04a287c"),
        (40, "dfa66747de9ae63030ca32611497c827"),
        (64, "51f0bebf7e3b9d92fc49741779363cfe"),
    ],
)
def test_aes_cmac_of_rfc_4493(hsm: SoftHsm, size: int, expected: str) -> None:
    assert AesKey(RFC_4493_KEY).cmac(RFC_4493_TEXT[:size]).hex() == expected
    key = hsm.import_clear(KeyUsage.MAC, RFC_4493_KEY)
    mac = hsm.mac(key, RFC_4493_TEXT[:size], MacAlgorithm.AES_CMAC)
    assert mac.hex() == expected[:16]
    assert hsm.verify_mac(key, RFC_4493_TEXT[:size], mac, MacAlgorithm.AES_CMAC)


@given(st.binary(max_size=2000))
def test_folding_with_big_integers_is_the_xor_of_all_blocks(data: bytes) -> None:
    total = 0
    for start in range(0, len(data), 8):
        total ^= int.from_bytes(data[start : start + 8].ljust(8, b"\0"), "big")
    assert fold(data) == total


@pytest.mark.parametrize("size", [LONGEST, LONGEST - 1, LONGEST // 2 + 1])
def test_folding_reaches_the_longest_frame(size: int) -> None:
    assert fold(bytes(size - 1) + b"\x01") == 1 << (-size % 8 * 8)


def test_folding_refuses_what_no_frame_can_hold() -> None:
    with pytest.raises(ValueError, match="longer"):
        fold(bytes(LONGEST + 1))


@given(st.binary(min_size=1, max_size=300), st.binary(min_size=16, max_size=16))
def test_retail_mac_agrees_with_psec(data: bytes, key: bytes) -> None:
    expected = psec.mac.generate_retail_mac(key[:8], key[8:], data, 1)
    assert x9_19(DesKey(key), data) == expected


@given(st.binary(min_size=1, max_size=300), st.sampled_from([KEY_8, KEY_16]))
def test_cbc_mac_agrees_with_psec(data: bytes, key: bytes) -> None:
    assert x9_9(DesKey(key), data) == psec.mac.generate_cbc_mac(key, data, 1)


def test_an_empty_message_is_macd_as_one_block_of_zeros() -> None:
    for algorithm in (cup_ecb, x9_9, x9_19):
        assert algorithm(DesKey(KEY_16), b"") == algorithm(DesKey(KEY_16), bytes(8))


def test_retail_mac_under_a_single_length_key_is_x9_9() -> None:
    assert x9_19(DesKey(KEY_8), b"message") == x9_9(DesKey(KEY_8), b"message")


def test_a_double_length_key_changes_the_unionpay_mac_unless_its_halves_are_equal() -> None:
    single = cup_ecb(DesKey(KEY_8), b"message")
    assert cup_ecb(DesKey(KEY_8 + KEY_8), b"message") == single
    assert cup_ecb(DesKey(KEY_16), b"message") != single


@pytest.mark.parametrize("algorithm", [MacAlgorithm.CUP_ECB, MacAlgorithm.X9_9, MacAlgorithm.X9_19])
def test_output_forms_of_the_des_algorithms(hsm: SoftHsm, algorithm: MacAlgorithm) -> None:
    key = hsm.import_clear(KeyUsage.MAC, KEY_16)
    raw = hsm.mac(key, b"message", algorithm, raw=True)
    text = hsm.mac(key, b"message", algorithm)
    assert len(raw) == len(text) == 8
    assert text == raw.hex().upper()[:8].encode()
    assert hsm.verify_mac(key, b"message", raw, algorithm, raw=True)
    assert not hsm.verify_mac(key, b"message", raw, algorithm)


@pytest.mark.parametrize("algorithm", list(MacAlgorithm))
@pytest.mark.parametrize("wrong", [b"", b"1234567", b"123456789", b"\xff" * 8, bytes(8)])
def test_a_wrong_or_misshapen_mac_is_false_and_never_an_exception(
    hsm: SoftHsm, algorithm: MacAlgorithm, wrong: bytes
) -> None:
    key = hsm.import_clear(KeyUsage.MAC, KEY_16)
    assert not hsm.verify_mac(key, b"message", wrong, algorithm)


@pytest.mark.parametrize("algorithm", list(MacAlgorithm))
@given(data=st.binary(min_size=1, max_size=64), position=st.integers(min_value=0), bit=st.integers(0, 7))
def test_any_flipped_bit_breaks_the_mac(
    hsm: SoftHsm, algorithm: MacAlgorithm, data: bytes, position: int, bit: int
) -> None:
    key = hsm.import_clear(KeyUsage.MAC, KEY_16)
    mac = hsm.mac(key, data, algorithm)
    changed = bytearray(data)
    changed[position % len(data)] ^= 1 << bit
    assert not hsm.verify_mac(key, bytes(changed), mac, algorithm)


def test_lower_case_hex_is_another_mac(hsm: SoftHsm) -> None:
    key = hsm.import_clear(KeyUsage.MAC, KEY_16)
    mac = hsm.mac(key, b"message 3")
    assert mac != mac.lower()
    assert not hsm.verify_mac(key, b"message 3", mac.lower())


@pytest.mark.parametrize(("size", "algorithm"), [(8, MacAlgorithm.AES_CMAC), (32, MacAlgorithm.CUP_ECB)])
def test_an_algorithm_refuses_a_key_of_the_other_cipher(hsm: SoftHsm, size: int, algorithm: MacAlgorithm) -> None:
    key = hsm.generate(KeyUsage.MAC, size)
    with pytest.raises(KeyUsageError, match="MAC key of this size"):
        hsm.mac(key, b"message", algorithm)
