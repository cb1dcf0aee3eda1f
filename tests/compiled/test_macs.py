"""Compiled and pure MACs and block ciphers are the same, over any key and any length."""

from __future__ import annotations

import hmac

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from compiled.parts import parts
from counterfoil import accelerator
from counterfoil.security import MacAlgorithm, SecurityError
from counterfoil.security import pin as pins
from counterfoil.security.ciphers import AesKey, DesKey
from counterfoil.security.keys import KeyUsage, OpenKey
from counterfoil.security.mac import KeyedMac, cup_ecb, keyed_aes, keyed_des

quick = settings(deadline=None)
DES_KEYS = st.sampled_from((8, 16, 24)).flatmap(lambda size: st.binary(min_size=size, max_size=size))
AES_KEYS = st.sampled_from((16, 24, 32)).flatmap(lambda size: st.binary(min_size=size, max_size=size))
DATA = st.binary(max_size=300)


def des(key: bytes) -> tuple[DesKey, DesKey]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accelerator, "macs", parts().macs)
        fast = DesKey(key)
        assert fast.compiled is not None
        return fast, DesKey(key, accelerated=False)


def aes(key: bytes) -> tuple[AesKey, AesKey]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accelerator, "macs", parts().macs)
        return AesKey(key), AesKey(key, accelerated=False)


@quick
@given(DES_KEYS, st.lists(DATA, min_size=1, max_size=3))
def test_unionpays_mac_is_the_same_time_after_time_under_one_key(key: bytes, messages: list[bytes]) -> None:
    fast, pure = des(key)
    for data in messages:
        assert cup_ecb(fast, data) == cup_ecb(pure, data)
        for algorithm in (MacAlgorithm.CUP_ECB, MacAlgorithm.X9_9, MacAlgorithm.X9_19):
            for raw in (False, True):
                same(keyed_des(fast, algorithm, raw=raw), keyed_des(pure, algorithm, raw=raw), data)


def same(fast: KeyedMac, pure: KeyedMac, data: bytes) -> None:
    """Both make the same MAC and take no other, whatever is changed, added or missing."""
    mac = pure.of(data)
    assert fast.of(data) == mac
    assert len(mac) == 8
    wrong = bytes((mac[0] ^ 1,)) + mac[1:]
    for message in (data + mac, data + wrong, data + mac[:-1], data + mac + b"0", mac[1:], b"", data + mac.lower()):
        assert fast.closes(message) is pure.closes(message)
    assert fast.closes(data + mac)
    assert not fast.closes(data + wrong)


@quick
@given(AES_KEYS, st.lists(DATA, min_size=1, max_size=3))
def test_the_cmac_is_the_same_time_after_time_under_one_key(key: bytes, messages: list[bytes]) -> None:
    fast, pure = aes(key)
    for data in messages:
        assert fast.cmac(data) == pure.cmac(data)
        same(keyed_aes(fast), keyed_aes(pure), data)


@quick
@given(DES_KEYS, st.integers(0, 9).flatmap(lambda blocks: st.binary(min_size=8 * blocks, max_size=8 * blocks)))
def test_blocks_are_encrypted_and_decrypted_alike(key: bytes, data: bytes) -> None:
    fast, pure = des(key)
    sealed = pure.encrypt(data)
    assert fast.encrypt(data) == sealed
    assert fast.decrypt(sealed) == pure.decrypt(sealed) == data


@pytest.mark.parametrize("size", [1, 7, 9, 15])
def test_what_is_not_whole_blocks_is_refused_and_spoils_nothing(size: int) -> None:
    fast, pure = des(bytes(range(16)))
    for call in (fast.encrypt, fast.decrypt):
        with pytest.raises(ValueError, match="not whole blocks"):
            call(bytes(size))
    assert fast.encrypt(bytes(8)) == pure.encrypt(bytes(8))


@pytest.mark.parametrize("data", [None, "text", 7, bytearray(8)])
def test_what_are_no_bytes_is_refused(data: object) -> None:
    fast, _ = des(bytes(range(16)))
    mac = parts().macs.Cmac(bytes(16))
    for call in (fast.encrypt, fast.decrypt, parts().macs.TripleDes(bytes(24)).cup_ecb, mac.digest):
        with pytest.raises(TypeError):
            call(data)  # type: ignore[arg-type]  # on purpose


def test_a_key_of_another_length_is_refused() -> None:
    for size in (0, 8, 16, 25):
        with pytest.raises(ValueError, match="24 bytes"):
            parts().macs.TripleDes(bytes(size))
    for size in (0, 8, 33):
        with pytest.raises(ValueError, match="16, 24 or 32"):
            parts().macs.Cmac(bytes(size))


PINS = st.sampled_from((4, 4, 4, 5, 12)).flatmap(lambda size: st.text("0123456789", min_size=size, max_size=size))
PANS = st.integers(11, 20).flatmap(lambda size: st.text("0123456789", min_size=size, max_size=size))
DAMAGE = st.sampled_from((0, 0, 0, 1, 1 << 63, 0x0A << 48, 1 << 40, 1 << 20))


def verdict(keys: tuple[DesKey, DesKey], block: bytes, pan: str) -> bytes | None:
    """What the Python code makes of a block: the PVV of its PIN, None when there is none."""
    pin_key, verifier = keys
    try:
        if len(block) != 8:
            raise SecurityError("malformed PIN block")
        return pins.pvv(pins.parse(0, pin_key.decrypt(block), pan), pan, verifier).encode()
    except SecurityError:
        return None


@quick
@given(DES_KEYS, DES_KEYS, PINS, PANS, DAMAGE)
def test_the_value_of_a_pin_in_a_block_is_the_same_and_what_is_odd_is_left_to_python(
    key: bytes, other: bytes, pin: str, pan: str, damage: int
) -> None:
    fast, pure = des(key)
    fast_verifier, verifier = des(other)
    assert fast.compiled is not None
    head = int(f"0{len(pin):X}{pin}".ljust(16, "F"), 16) ^ int(pan[-13:-1], 16)
    block = pure.encrypt((head ^ damage).to_bytes(8, "big"))
    found = fast.compiled.pin_value(fast_verifier.compiled, block, pan)
    assert found == verdict((pure, verifier), block, pan)
    if len(pin) == 4 and 12 <= len(pan) <= 19 and not damage:
        assert found is not None
    for odd in (block[:-1], block + b"\0"):
        assert fast.compiled.pin_value(fast_verifier.compiled, odd, pan) is None
    assert fast.compiled.pin_value(fast_verifier.compiled, block, pan[:-1] + "\u0661") is None


@quick
@given(DES_KEYS, DES_KEYS, PINS, PANS, DAMAGE)
def test_a_block_moved_to_another_key_is_the_same_and_what_is_odd_is_left_to_python(
    source: bytes, target: bytes, pin: str, pan: str, damage: int
) -> None:
    (come, _), (go, pure) = des(source), des(target)
    clear = int(f"0{len(pin):X}{pin}".ljust(16, "F"), 16) ^ int(pan[-13:-1] or "0", 16) ^ damage
    block = come.encrypt(clear.to_bytes(8, "big"))
    assert come.compiled is not None
    moved = come.compiled.pin_moved(go.compiled, block, pan)
    try:
        pins.parse(0, come.decrypt(block), pan)
    except SecurityError:
        assert moved is None
    else:
        assert moved == pure.encrypt(clear.to_bytes(8, "big"))
    assert come.compiled.pin_moved(go.compiled, block[:-1], pan) is None


@quick
@given(st.binary(min_size=1, max_size=100), st.lists(PANS, min_size=1, max_size=3))
def test_the_token_of_a_card_number_is_the_same_time_after_time_under_one_key(key: bytes, pans: list[str]) -> None:
    fast, pure = parts().macs.Hmac(key), OpenKey(KeyUsage.TOKEN, key)
    for pan in pans:
        shaped = 12 <= len(pan) <= 19
        assert fast.of_digits(pan) == (hmac.digest(key, pan.encode(), "sha256").hex() if shaped else None)
        if len(key) <= 64:
            assert fast.of_digits(pan) == (pure.keyed_hash(pan.encode()).hex() if shaped else None)


@pytest.mark.parametrize(
    "text", ["", "12345678901", "12345678901234567890", "123456789012A", "１２３４５６７８９０１２３", "123456789012\0"]
)
def test_what_is_no_card_number_has_no_token(text: str) -> None:
    assert parts().macs.Hmac(bytes(32)).of_digits(text) is None


@quick
@given(AES_KEYS, st.lists(st.tuples(st.binary(min_size=12, max_size=12), st.binary(min_size=1, max_size=60), DATA)))
def test_what_is_sealed_opens_elsewhere_and_is_the_same_byte_by_byte(
    key: bytes, items: list[tuple[bytes, bytes, bytes]]
) -> None:
    fast, other = parts().macs.Gcm(key), AESGCM(key)
    for nonce, data, context in items:
        sealed = fast.seal(nonce, data, context)
        assert sealed == nonce + other.encrypt(nonce, data, context)
        assert other.decrypt(nonce, sealed[12:], context) == data


@pytest.mark.parametrize(("nonce", "data"), [(bytes(11), b"x"), (bytes(13), b"x"), (bytes(12), b"")])
def test_another_nonce_or_nothing_to_seal_is_refused_and_spoils_nothing(nonce: bytes, data: bytes) -> None:
    fast = parts().macs.Gcm(bytes(32))
    with pytest.raises(ValueError, match="12 bytes"):
        fast.seal(nonce, data, b"")
    assert fast.seal(bytes(12), b"x", b"") == bytes(12) + AESGCM(bytes(32)).encrypt(bytes(12), b"x", b"")
