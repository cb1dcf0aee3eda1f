"""Keys do what their usage says and nothing else; stored ones open only where and as what they were made."""

from __future__ import annotations

import contextlib
import hmac
import os
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.security import (
    Hsm,
    KeyUsage,
    KeyUsageError,
    MacAlgorithm,
    SealError,
    SecurityError,
    SoftHsm,
    StoredKey,
)
from counterfoil.security.ciphers import DesKey
from counterfoil.security.keys import SIZES, OpenKey, odd_parity

PAN = "6299990000000009"
SIZE = {usage: 32 if 32 in sizes else 16 for usage, sizes in SIZES.items()} | {KeyUsage.MAC: 16}
WORKING = {KeyUsage.PIN, KeyUsage.MAC, KeyUsage.TRACK}
PINS = {KeyUsage.PIN, KeyUsage.PIN_AES}


@pytest.fixture(scope="module")
def keys(hsm: SoftHsm) -> dict[KeyUsage, StoredKey]:
    return {usage: hsm.generate(usage, SIZE[usage]) for usage in KeyUsage}


Keys = dict[KeyUsage, StoredKey]
# verb -> (a call with `key` in one of its key places, the usages that place accepts)
VERBS: dict[str, tuple[Callable[[Hsm, Keys, StoredKey], object], set[KeyUsage]]] = {
    "wrap": (lambda h, k, key: h.wrap(key, k[KeyUsage.TMK]), WORKING),
    "wrap under": (lambda h, k, key: h.wrap(k[KeyUsage.MAC], key), {KeyUsage.TMK}),
    "unwrap under": (lambda h, k, key: h.unwrap(KeyUsage.MAC, bytes(16), bytes(4), key), {KeyUsage.TMK}),
    "mac": (lambda h, k, key: h.mac(key, b"data"), {KeyUsage.MAC}),
    "aes mac": (lambda h, k, key: h.mac(key, b"data", MacAlgorithm.AES_CMAC), {KeyUsage.MAC}),
    "verify_mac": (lambda h, k, key: h.verify_mac(key, b"data", bytes(8)), {KeyUsage.MAC}),
    "encrypt_pin": (lambda h, k, key: h.encrypt_pin(key, "1234", PAN), {KeyUsage.PIN}),
    "encrypt_pin 4": (lambda h, k, key: h.encrypt_pin(key, "1234", PAN, 4), {KeyUsage.PIN_AES}),
    "translate_pin from": (lambda h, k, key: h.translate_pin(bytes(8), PAN, key, k[KeyUsage.PIN]), PINS),
    "translate_pin to": (lambda h, k, key: h.translate_pin(bytes(8), PAN, k[KeyUsage.PIN], key), PINS),
    "verify_pin": (lambda h, k, key: h.verify_pin(bytes(8), PAN, key, k[KeyUsage.PVK], "1234"), PINS),
    "verify_pin pvk": (
        lambda h, k, key: h.verify_pin(bytes(8), PAN, k[KeyUsage.PIN], key, "1234"),
        {KeyUsage.PVK},
    ),
    "make_pvv": (lambda h, k, key: h.make_pvv("1234", PAN, key), {KeyUsage.PVK}),
    "make_cvv": (lambda h, k, key: h.make_cvv(PAN, "3012", "201", key), {KeyUsage.CVK}),
    "verify_cvv": (lambda h, k, key: h.verify_cvv(PAN, "3012", "201", "123", key), {KeyUsage.CVK}),
    "encrypt_track": (lambda h, k, key: h.encrypt_track(key, "1" * 20), {KeyUsage.TRACK}),
    "decrypt_track": (lambda h, k, key: h.decrypt_track(key, "1" * 20), {KeyUsage.TRACK}),
    "token": (lambda h, k, key: h.token(PAN, key), {KeyUsage.TOKEN}),
    "protect": (lambda h, k, key: h.protect(PAN, key), {KeyUsage.DATA}),
    "reveal": (lambda h, k, key: h.reveal(bytes(40), key), {KeyUsage.DATA}),
}


@pytest.mark.parametrize("usage", list(KeyUsage))
@pytest.mark.parametrize("verb", list(VERBS))
def test_a_verb_takes_its_own_usages_only(hsm: SoftHsm, keys: Keys, verb: str, usage: KeyUsage) -> None:
    call, allowed = VERBS[verb]
    if usage in allowed:
        with contextlib.suppress(SecurityError, SealError):  # zero bytes are no block and no blob
            call(hsm, keys, keys[usage])
        return
    with pytest.raises(KeyUsageError):
        call(hsm, keys, keys[usage])


@pytest.mark.parametrize("usage", [u for u in KeyUsage if u is not KeyUsage.MAC])
def test_relabelling_a_stored_key_does_not_change_its_usage(hsm: SoftHsm, keys: Keys, usage: KeyUsage) -> None:
    relabelled = keys[usage]._replace(usage=KeyUsage.MAC)
    with pytest.raises(SealError, match="MAC key does not open"):
        hsm.mac(relabelled, b"data")


def test_relabelling_does_not_help_a_key_that_is_already_open(hsm: SoftHsm, keys: Keys) -> None:
    hsm.mac(keys[KeyUsage.MAC], b"data")
    with pytest.raises(SealError):
        hsm.token(PAN, keys[KeyUsage.MAC]._replace(usage=KeyUsage.TOKEN))


@pytest.mark.parametrize("usage", sorted(set(KeyUsage) - WORKING))
def test_only_working_keys_arrive_wrapped(hsm: SoftHsm, keys: Keys, usage: KeyUsage) -> None:
    with pytest.raises(KeyUsageError):
        hsm.unwrap(usage, bytes(16), bytes(4), keys[KeyUsage.TMK])


@pytest.mark.parametrize("usage", list(KeyUsage))
@pytest.mark.parametrize("size", [0, 1, 7, 8, 15, 16, 17, 24, 32, 33, 64])
def test_a_usage_has_its_sizes_only(hsm: SoftHsm, usage: KeyUsage, size: int) -> None:
    if size in SIZES[usage]:
        assert len(hsm.generate(usage, size).kcv) == 4
        return
    with pytest.raises(KeyUsageError, match=f"cannot have {size} bytes"):
        hsm.generate(usage, size)
    with pytest.raises(KeyUsageError, match=f"cannot have {size} bytes"):
        hsm.import_clear(usage, bytes(size))


@given(position=st.integers(min_value=0), bit=st.integers(0, 7))
def test_an_altered_blob_does_not_open(hsm: SoftHsm, keys: Keys, position: int, bit: int) -> None:
    key = keys[KeyUsage.MAC]
    blob = bytearray(key.blob)
    blob[position % len(blob)] ^= 1 << bit
    with pytest.raises(SealError):
        hsm.mac(key._replace(blob=bytes(blob)), b"data")


@pytest.mark.parametrize("blob", [b"", b"short", bytes(12), bytes(100)])
def test_a_foreign_blob_does_not_open(hsm: SoftHsm, blob: bytes) -> None:
    with pytest.raises(SealError):
        hsm.mac(StoredKey(KeyUsage.MAC, blob, bytes(4)), b"data")


def test_a_key_opens_in_a_restarted_station_and_not_in_another(entropy: Callable[[int], bytes]) -> None:
    lmk = os.urandom(32)
    key = SoftHsm(lmk, entropy).import_clear(KeyUsage.MAC, bytes(range(16)))
    again = SoftHsm(lmk, entropy)
    assert again.mac(key, b"data") == SoftHsm(lmk, entropy).mac(key, b"data")
    with pytest.raises(SealError):
        SoftHsm(os.urandom(32), entropy).mac(key, b"data")


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_local_master_key_has_32_bytes(entropy: Callable[[int], bytes], size: int) -> None:
    with pytest.raises(KeyUsageError, match="32 bytes"):
        SoftHsm(bytes(size), entropy)


def test_nothing_about_a_stored_key_shows_the_key(hsm: SoftHsm) -> None:
    clear = b"0123456789abcdef"
    key = hsm.import_clear(KeyUsage.MAC, clear)
    assert clear not in key.blob
    assert clear.decode() not in repr(key)
    assert key.blob != hsm.import_clear(KeyUsage.MAC, clear).blob


def test_the_memory_of_open_keys_is_bounded(entropy: Callable[[int], bytes]) -> None:
    small = SoftHsm(bytes(32), entropy, remembered=4)
    made = [small.generate(KeyUsage.MAC, 16) for _ in range(20)]
    macs = [small.mac(key, b"data") for key in made]
    assert [small.mac(key, b"data") for key in made] == macs
    assert small._ring._opened.cache_info().currsize == 4


def test_a_remembered_key_is_not_opened_again(hsm: SoftHsm, keys: Keys) -> None:
    hsm.mac(keys[KeyUsage.MAC], b"data")
    before = hsm._ring._opened.cache_info().misses
    for _ in range(5):
        hsm.mac(keys[KeyUsage.MAC], b"data")
    assert hsm._ring._opened.cache_info().misses == before


# --- wrapping and check values -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("usage", "size"), [(usage, size) for usage in sorted(WORKING) for size in (8, 16, 24) if size in SIZES[usage]]
)
def test_a_wrapped_working_key_comes_back_the_same(hsm: SoftHsm, keys: Keys, usage: KeyUsage, size: int) -> None:
    key, tmk = hsm.generate(usage, size), keys[KeyUsage.TMK]
    cryptogram, kcv = hsm.wrap(key, tmk)
    assert (len(cryptogram), kcv) == (size, key.kcv)
    back = hsm.unwrap(usage, cryptogram, kcv, tmk)
    assert back.kcv == key.kcv
    assert hsm.wrap(back, tmk) == (cryptogram, kcv)


@pytest.mark.parametrize(
    ("cryptogram", "kcv"),
    [
        (bytes(range(16)), bytes(4)),
        (bytes(range(16)), b""),
        (bytes(range(16)), bytes(8)),
        (b"", bytes(4)),
        (bytes(7), bytes(4)),
        (bytes(32), bytes(4)),
        (bytes(16), bytes(4)),
    ],
)
def test_a_wrong_check_value_or_length_answers_a0(hsm: SoftHsm, keys: Keys, cryptogram: bytes, kcv: bytes) -> None:
    with pytest.raises(SecurityError) as caught:
        hsm.unwrap(KeyUsage.MAC, cryptogram, kcv, keys[KeyUsage.TMK])
    assert caught.value.response_code == "A0"


def test_a_working_key_does_not_open_under_another_master_key(hsm: SoftHsm, keys: Keys) -> None:
    cryptogram, kcv = hsm.wrap(keys[KeyUsage.PIN], keys[KeyUsage.TMK])
    with pytest.raises(SecurityError):
        hsm.unwrap(KeyUsage.PIN, cryptogram, kcv, hsm.generate(KeyUsage.TMK, 16))


def test_a_32_byte_key_is_not_wrapped_under_a_des_key(hsm: SoftHsm, keys: Keys) -> None:
    with pytest.raises(KeyUsageError):
        hsm.wrap(hsm.generate(KeyUsage.MAC, 32), keys[KeyUsage.TMK])


@given(st.binary(max_size=40))
def test_parity_is_odd_and_changes_the_lowest_bit_only(key: bytes) -> None:
    fixed = odd_parity(key)
    assert all(byte.bit_count() % 2 == 1 for byte in fixed)
    assert [a & 0xFE for a in key] == [b & 0xFE for b in fixed]


def test_generated_des_keys_have_odd_parity(hsm: SoftHsm, keys: Keys) -> None:
    tmk = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    cryptogram, _ = hsm.wrap(keys[KeyUsage.PIN], hsm.import_clear(KeyUsage.TMK, tmk))
    clear = DesKey(tmk).decrypt(cryptogram)
    assert clear == odd_parity(clear)


def test_des_keys_of_an_impossible_length_are_refused() -> None:
    with pytest.raises(ValueError, match="8, 16 or 24"):
        DesKey(bytes(12))


# --- card numbers at rest ----------------------------------------------------------------------------------------


@given(pan=st.text("0123456789", min_size=12, max_size=19), context=st.text(max_size=20))
def test_a_protected_card_number_comes_back(hsm: SoftHsm, keys: Keys, pan: str, context: str) -> None:
    blob = hsm.protect(pan, keys[KeyUsage.DATA], context)
    assert pan.encode() not in blob
    assert hsm.reveal(blob, keys[KeyUsage.DATA], context) == pan


def test_a_protected_card_number_is_bound_to_key_and_context(hsm: SoftHsm, keys: Keys) -> None:
    blob = hsm.protect(PAN, keys[KeyUsage.DATA], "T1/000001/000001")
    assert blob != hsm.protect(PAN, keys[KeyUsage.DATA], "T1/000001/000001")
    other = hsm.generate(KeyUsage.DATA, 32)
    for key, context in ((keys[KeyUsage.DATA], ""), (keys[KeyUsage.DATA], "T1/000001/000002"), (other, "")):
        with pytest.raises(SealError, match="a stored card number does not open"):
            hsm.reveal(blob, key, context)


@pytest.mark.parametrize("blob", [b"", b"x", bytes(12), bytes(28), bytes(60)])
def test_garbage_is_no_protected_card_number(hsm: SoftHsm, keys: Keys, blob: bytes) -> None:
    with pytest.raises(SealError):
        hsm.reveal(blob, keys[KeyUsage.DATA])


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_a_keyed_hash_is_that_of_the_library(key: bytes, data: bytes) -> None:
    opened = OpenKey(KeyUsage.TOKEN, key)
    for _ in range(2):
        assert opened.keyed_hash(data) == hmac.digest(key, data, "sha256")


def test_tokens_depend_on_number_and_key_and_on_nothing_else(hsm: SoftHsm, keys: Keys) -> None:
    token = hsm.token(PAN, keys[KeyUsage.TOKEN])
    assert len(bytes.fromhex(token)) == 32
    assert token == hsm.token(PAN, keys[KeyUsage.TOKEN])
    assert token != hsm.token(PAN[:-1] + "0", keys[KeyUsage.TOKEN])
    assert token != hsm.token(PAN, hsm.generate(KeyUsage.TOKEN, 32))


@pytest.mark.parametrize("pan", ["", "123", "6" * 20, "6299990000000009=3012", "６" * 16])
def test_what_is_no_card_number_is_neither_hashed_nor_kept(hsm: SoftHsm, keys: Keys, pan: str) -> None:
    for call in (lambda: hsm.token(pan, keys[KeyUsage.TOKEN]), lambda: hsm.protect(pan, keys[KeyUsage.DATA])):
        with pytest.raises(SecurityError) as caught:
            call()
        assert caught.value.response_code == "14"
        assert str(caught.value) == "not a card number"
