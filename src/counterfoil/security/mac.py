"""Message authentication as the links of the field do it.

`CUP_ECB` is UnionPay's own: fold the message to 8 bytes by XOR, write them as 16 hex characters, encrypt the left
half, XOR the right half in, encrypt again, and send the first 8 hex characters of the result. It exists in no library.

A DE64 holds 8 bytes. The DES algorithms fill it with the first 8 hex characters of the result (`raw=False`, what
UnionPay does) or with the 8 bytes themselves (`raw=True`); AES-CMAC always gives its leftmost 8 bytes.
"""

from __future__ import annotations

import enum
import hmac
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from counterfoil.security.ciphers import BLOCK, AesKey, DesKey

MAC_BYTES: Final = 8
NO_MAC: Final = bytes(MAC_BYTES)
"""What stands in DE64 or DE128 until the MAC is known."""


class MacAlgorithm(enum.StrEnum):
    """MAC algorithm of a link; a setting."""

    CUP_ECB = "cup_ecb"
    X9_19 = "x9_19"
    X9_9 = "x9_9"
    AES_CMAC = "aes_cmac"


# A message of n blocks is folded in log2(n) steps on big integers, which costs a third of n steps on small ones.
# 2**13 blocks are 64 KiB, the longest a two-byte length prefix can announce.
_LEVELS: Final = 13
LONGEST: Final = BLOCK << _LEVELS
_FOLDS: Final = [(64 << level, (1 << (64 << level)) - 1) for level in reversed(range(_LEVELS))]
_STEPS: Final = [_FOLDS[_LEVELS - level :] for level in range(_LEVELS + 1)]


def fold(data: bytes) -> int:
    """XOR of all 8-byte blocks of `data` (zero-padded on the right), as an integer of 64 bits."""
    size = len(data)
    if size > LONGEST:
        raise ValueError("longer than any message")
    value = int.from_bytes(data, "big") << (-size % BLOCK * 8)
    for width, low in _STEPS[(max(size - 1, 0) // BLOCK).bit_length()]:
        value = (value >> width) ^ (value & low)
    return value


def cup_ecb(key: DesKey, data: bytes) -> bytes:
    """All 8 bytes of UnionPay's ECB MAC (cup-pos rules: E2, before it is written as hex)."""
    if key.compiled is not None:
        return key.compiled.cup_ecb(data)
    encrypt = key.encrypt
    text = b"%016X" % fold(data)
    first = int.from_bytes(encrypt(text[:8]), "big")
    return encrypt((first ^ int.from_bytes(text[8:], "big")).to_bytes(8, "big"))


def x9_9(key: DesKey, data: bytes) -> bytes:
    """ANSI X9.9: the last block of CBC under a single-length key (under a longer one, triple DES CBC-MAC)."""
    return key.cbc_last(data)


def x9_19(key: DesKey, data: bytes) -> bytes:
    """ANSI X9.19 (retail MAC, ISO 9797-1 algorithm 3): CBC with the left half, decrypt right, encrypt left."""
    left, right = key.halves
    return left.encrypt(right.decrypt(left.cbc_last(data)))


_CUP_ECB: Final = MacAlgorithm.CUP_ECB
_DES: Final = {MacAlgorithm.CUP_ECB: cup_ecb, MacAlgorithm.X9_9: x9_9, MacAlgorithm.X9_19: x9_19}


class KeyedMac(NamedTuple):
    """MAC with a key made ready for the messages of one link.

    `of` gives the 8 bytes that go behind `data`; `closes` says, in constant time, whether the last 8 bytes of a message
    are the MAC of everything before them.
    """

    of: Callable[[bytes], bytes]
    closes: Callable[[bytes], bool]


def keyed_des(key: DesKey, algorithm: MacAlgorithm, *, raw: bool = False) -> KeyedMac:
    """`KeyedMac` of a link that uses one of the DES algorithms."""
    if algorithm is _CUP_ECB and not raw and key.compiled is not None:
        return KeyedMac(key.compiled.cup_ecb_text, key.compiled.cup_ecb_closes)
    full = partial(_DES[algorithm], key)
    return _keyed(full if raw else lambda data: full(data)[:4].hex().upper().encode())


def keyed_aes(key: AesKey) -> KeyedMac:
    """`KeyedMac` of the leftmost 8 bytes of the AES-CMAC."""
    if key.compiled is not None:
        return KeyedMac(key.compiled.mac, key.compiled.closes)
    cmac = key.cmac
    return _keyed(lambda data: cmac(data)[:MAC_BYTES])


def _keyed(of: Callable[[bytes], bytes]) -> KeyedMac:
    def closes(message: bytes) -> bool:
        mac = message[-MAC_BYTES:]
        return hmac.compare_digest(of(message[:-MAC_BYTES]), mac)

    return KeyedMac(of, closes)
