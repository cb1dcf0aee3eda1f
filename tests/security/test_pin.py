"""PIN blocks and PVVs: psec as the independent oracle, and every way a block can be malformed."""

from __future__ import annotations

from collections.abc import Callable

import psec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from counterfoil.security import (
    NO_PAN,
    KeyUsage,
    KeyUsageError,
    SecurityError,
    SoftHsm,
    StoredKey,
)
from counterfoil.security.ciphers import AesKey, DesKey
from counterfoil.security.pin import build, parse, pvv

PAN = "6299990000000009"
OTHER_PAN = "6299990000010002"
KEY = bytes.fromhex("4567C298FB0B045DAB54BF499E10EFCD")
OTHER_KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")

digits = st.text("0123456789", min_size=4, max_size=12)
pans = st.text("0123456789", min_size=12, max_size=19)
long_pans = st.text("0123456789", min_size=13, max_size=19)  # psec wants 13
double_keys = st.binary(min_size=16, max_size=16)


def pin_key(hsm: SoftHsm, clear: bytes = KEY) -> StoredKey:
    return hsm.import_clear(KeyUsage.PIN if len(clear) < 32 else KeyUsage.PIN_AES, clear)


@given(digits, long_pans)
def test_format_0_is_what_psec_builds(pin: str, pan: str) -> None:
    assert build(0, pin, pan, bytes) == psec.pinblock.encode_pinblock_iso_0(pin, pan)


@given(digits, long_pans)
def test_format_0_and_3_blocks_of_psec_are_read(pin: str, pan: str) -> None:
    assert parse(0, psec.pinblock.encode_pinblock_iso_0(pin, pan), pan) == pin
    assert parse(3, psec.pinblock.encode_pinblock_iso_3(pin, pan), pan) == pin


@given(digits, long_pans)
def test_format_3_blocks_are_read_by_psec(entropy: Callable[[int], bytes], pin: str, pan: str) -> None:
    assert psec.pinblock.decode_pinblock_iso_3(build(3, pin, pan, entropy), pan) == pin


@given(pin=digits, pan=pans, key=st.binary(min_size=16, max_size=16))
def test_format_4_agrees_with_psec_both_ways(hsm: SoftHsm, pin: str, pan: str, key: bytes) -> None:
    stored = hsm.import_clear(KeyUsage.PIN_AES, key)
    block = hsm.encrypt_pin(stored, pin, pan, form=4)
    assert psec.pinblock.decipher_pinblock_iso_4(key, block, pan) == pin
    theirs = psec.pinblock.encipher_pinblock_iso_4(key, pin, pan)
    target = hsm.generate(KeyUsage.PIN, 16)
    assert hsm.translate_pin(theirs, pan, stored, target) == hsm.encrypt_pin(target, pin, pan)


@given(st.sampled_from([0, 1, 3]), digits, pans)
def test_every_clear_format_round_trips(entropy: Callable[[int], bytes], form: int, pin: str, pan: str) -> None:
    assert parse(form, build(form, pin, pan, entropy), pan) == pin


def test_format_1_needs_no_card_number(hsm: SoftHsm) -> None:
    source, target = pin_key(hsm), pin_key(hsm, OTHER_KEY)
    block = hsm.encrypt_pin(source, "123456", "", form=1)
    assert block != hsm.encrypt_pin(source, "123456", "", form=1)
    assert hsm.translate_pin(block, PAN, source, target, form=1) == hsm.encrypt_pin(target, "123456", PAN)


def test_a_block_without_a_card_number_is_the_bare_pin_field() -> None:
    assert build(0, "123456", NO_PAN, bytes).hex().upper() == "06123456FFFFFFFF"


@pytest.mark.parametrize("pin", ["", "123", "1234567890123", "12a4", "12 4", "１２３４", "-123", "12.4"])
@pytest.mark.parametrize("form", [0, 1, 3, 4])
def test_what_is_not_a_pin_is_refused_without_showing_it(hsm: SoftHsm, pin: str, form: int) -> None:
    key = pin_key(hsm) if form < 4 else pin_key(hsm, bytes(32))
    with pytest.raises(SecurityError) as caught:
        hsm.encrypt_pin(key, pin, PAN, form)
    assert caught.value.response_code == "99"
    assert str(caught.value) == "a PIN has 4 to 12 digits"


@pytest.mark.parametrize("pan", ["", "1", "6" * 11, "6" * 20, "62999900000000０3", "629999=000000003"])
@pytest.mark.parametrize("form", [0, 3, 4])
def test_what_is_not_a_card_number_is_refused_without_showing_it(hsm: SoftHsm, pan: str, form: int) -> None:
    with pytest.raises(SecurityError) as caught:
        hsm.encrypt_pin(pin_key(hsm, b"k" * 32) if form == 4 else pin_key(hsm), "1234", pan, form)
    assert caught.value.response_code == "99"
    assert str(caught.value) == "the PIN block needs a card number"


# The field is what stands before the card number is XORed in.
@pytest.mark.parametrize(
    ("form", "field"),
    [
        (0, "141234FFFFFFFFFF"),  # control nibble of format 1
        (0, "03123FFFFFFFFFFF"),  # three digits
        (0, "0D1234567890123F"),  # thirteen digits
        (0, "0012345FFFFFFFFF"),  # none
        (0, "04123AFFFFFFFFFF"),  # a letter in the PIN
        (0, "061234FFFFFFFFFF"),  # length longer than the PIN
        (0, "0412345FFFFFFFFF"),  # length shorter than the PIN
        (0, "041234FFFFFFFFF0"),  # fill is not all F
        (3, "341234FFFFFFFFF9"),  # a digit in the fill of format 3
        (3, "041234FFFFFFFFFF"),  # format 0 where 3 is due
        (1, "1412F4AAAAAAAAAA"),  # a letter in the PIN
        (1, "1D1234567890123F"),  # thirteen digits
    ],
)
def test_a_malformed_block_answers_99(hsm: SoftHsm, form: int, field: str) -> None:
    mask = 0 if form == 1 else int(PAN[-13:-1], 16)
    clear = (int(field, 16) ^ mask).to_bytes(8, "big")
    key, target = pin_key(hsm), pin_key(hsm, OTHER_KEY)
    with pytest.raises(SecurityError) as caught:
        hsm.translate_pin(DesKey(KEY).encrypt(clear), PAN, key, target, form=form)
    assert caught.value.response_code == "99"
    assert not any(c.isdigit() for c in str(caught.value))


@pytest.mark.parametrize(
    "field",
    ["041234AAAAAAAAAA", "431234AAAAAAAAAA", "441234AAAAAAAAA0", "441234AAAAAAAAFF", "44123AAAAAAAAAAA"],
)
def test_a_malformed_format_4_block_answers_99(hsm: SoftHsm, field: str) -> None:
    clear = b"k" * 32
    encrypt = AesKey(clear).encrypt
    pan_field = bytes.fromhex(f"4{PAN}".ljust(32, "0"))
    middle = bytes(a ^ b for a, b in zip(encrypt(bytes.fromhex(field) + bytes(8)), pan_field, strict=True))
    with pytest.raises(SecurityError) as caught:
        hsm.translate_pin(encrypt(middle), PAN, pin_key(hsm, clear), pin_key(hsm))
    assert caught.value.response_code == "99"


@pytest.mark.parametrize("size", [0, 1, 7, 9, 15, 16, 17, 24])
@pytest.mark.parametrize("aes", [False, True])
def test_a_block_of_the_wrong_length_answers_99(hsm: SoftHsm, size: int, aes: bool) -> None:
    key = pin_key(hsm, bytes(32)) if aes else pin_key(hsm)
    pvk = hsm.generate(KeyUsage.PVK, 16)
    with pytest.raises(SecurityError) as caught:
        hsm.verify_pin(bytes(size), PAN, key, pvk, "0000")
    assert caught.value.response_code == "99"


@given(st.binary(min_size=8, max_size=8))
def test_any_eight_bytes_are_a_pin_or_a_99(hsm: SoftHsm, block: bytes) -> None:
    pvk = hsm.import_clear(KeyUsage.PVK, OTHER_KEY)
    try:
        assert hsm.verify_pin(block, PAN, pin_key(hsm), pvk, "0000") in (True, False)
    except SecurityError as error:
        assert error.response_code == "99"  # noqa: PT017 - both ends are right


@pytest.mark.parametrize(("pan", "key"), [(OTHER_PAN, KEY), (PAN, OTHER_KEY)])
def test_another_card_or_another_key_never_verifies(hsm: SoftHsm, pan: str, key: bytes) -> None:
    pvk = hsm.import_clear(KeyUsage.PVK, OTHER_KEY)
    block = hsm.encrypt_pin(pin_key(hsm), "1234", PAN)
    with pytest.raises(SecurityError):
        hsm.verify_pin(block, pan, pin_key(hsm, key), pvk, hsm.make_pvv("1234", pan, pvk))


@pytest.mark.parametrize(("pan", "key"), [(OTHER_PAN, b"k" * 32), (PAN, b"x" * 32)])
def test_a_format_4_block_is_bound_to_card_and_key(hsm: SoftHsm, pan: str, key: bytes) -> None:
    block = hsm.encrypt_pin(pin_key(hsm, b"k" * 32), "1234", PAN, form=4)
    with pytest.raises(SecurityError):
        hsm.translate_pin(block, pan, pin_key(hsm, key), pin_key(hsm))


@given(digits, pans)
def test_translation_keeps_the_pin(hsm: SoftHsm, pin: str, pan: str) -> None:
    terminal, zone, strong = pin_key(hsm), pin_key(hsm, OTHER_KEY), pin_key(hsm, b"k" * 32)
    block = hsm.encrypt_pin(terminal, pin, pan)
    assert hsm.translate_pin(block, pan, terminal, zone) == hsm.encrypt_pin(zone, pin, pan)
    there = hsm.translate_pin(block, pan, terminal, strong)
    assert hsm.translate_pin(there, pan, strong, terminal) == block
    form_3 = hsm.translate_pin(block, pan, terminal, zone, to=3)
    assert hsm.translate_pin(form_3, pan, zone, terminal, form=3) == block


def test_a_block_is_never_unbound_from_its_card(hsm: SoftHsm) -> None:
    key = pin_key(hsm)
    block = hsm.encrypt_pin(key, "1234", PAN)
    with pytest.raises(KeyUsageError, match="bound"):
        hsm.translate_pin(block, PAN, key, key, to=1)


@pytest.mark.parametrize(("clear", "form"), [(bytes(32), 0), (bytes(32), 1), (bytes(32), 3), (KEY, 4)])
def test_a_key_refuses_the_format_of_the_other_cipher(hsm: SoftHsm, clear: bytes, form: int) -> None:
    with pytest.raises(KeyUsageError, match=f"format {form}"):
        hsm.encrypt_pin(pin_key(hsm, clear), "1234", PAN, form)


@pytest.mark.parametrize("form", [2, 5, 15])
def test_an_unknown_format_answers_99(hsm: SoftHsm, form: int) -> None:
    with pytest.raises(SecurityError):
        hsm.encrypt_pin(pin_key(hsm), "1234", PAN, form)
    with pytest.raises(SecurityError):
        hsm.translate_pin(bytes(8), PAN, pin_key(hsm), pin_key(hsm), form=form, to=0)


@given(st.text("0123456789", min_size=4, max_size=4), long_pans, double_keys, st.integers(0, 9))
def test_pvv_agrees_with_psec(pin: str, pan: str, key: bytes, index: int) -> None:
    assert pvv(pin, pan, DesKey(key), index) == psec.pin.generate_visa_pvv(key, str(index), pin, pan)


@given(st.text("0123456789", min_size=4, max_size=4), st.text("0123456789", min_size=4, max_size=4))
def test_the_right_pin_verifies_and_a_wrong_one_does_not(hsm: SoftHsm, pin: str, other: str) -> None:
    assume(pin != other)
    pvk, zone = hsm.import_clear(KeyUsage.PVK, OTHER_KEY), pin_key(hsm)
    value = hsm.make_pvv(pin, PAN, pvk)
    assert hsm.verify_pin(hsm.encrypt_pin(zone, pin, PAN), PAN, zone, pvk, value)
    # Two PINs may share a PVV by chance; then both are right, so the other is only asked for when they do not.
    if hsm.make_pvv(other, PAN, pvk) != value:
        assert not hsm.verify_pin(hsm.encrypt_pin(zone, other, PAN), PAN, zone, pvk, value)


def test_a_longer_pin_is_wrong_rather_than_right_on_its_first_four(hsm: SoftHsm) -> None:
    pvk, zone = hsm.import_clear(KeyUsage.PVK, OTHER_KEY), pin_key(hsm)
    value = hsm.make_pvv("1234", PAN, pvk)
    assert not hsm.verify_pin(hsm.encrypt_pin(zone, "12345", PAN), PAN, zone, pvk, value)
    with pytest.raises(SecurityError, match="four digits"):
        hsm.make_pvv("123456", PAN, pvk)


@pytest.mark.parametrize("value", ["", "12", "é123", "12345"])
def test_a_misshapen_pvv_never_verifies(hsm: SoftHsm, value: str) -> None:
    zone = pin_key(hsm)
    block = hsm.encrypt_pin(zone, "1234", PAN)
    assert not hsm.verify_pin(block, PAN, zone, hsm.generate(KeyUsage.PVK, 16), value)


@pytest.mark.parametrize(("pan", "index"), [("123", 1), (PAN, 10), (PAN, -1)])
def test_a_pvv_needs_a_card_number_and_a_one_digit_index(pan: str, index: int) -> None:
    with pytest.raises(SecurityError):
        pvv("1234", pan, DesKey(KEY), index)
