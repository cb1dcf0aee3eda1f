"""DES and AES contexts that are keyed once and used many times.

`cryptography` keeps DES only as TripleDES and will drop its 8 and 16-byte forms, so every key is widened to 24 bytes:
K|K|K is single DES, K1|K2|K1 two-key triple DES. ECB without padding has no state between calls, so one context per
key and direction serves every message. Where the accelerator is in use its contexts do the same work.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.cmac import CMAC

from counterfoil import accelerator

BLOCK: Final = 8
Transform = Callable[[bytes], bytes]


def widen(key: bytes) -> bytes:
    """DES key of 8, 16 or 24 bytes in the 24 bytes that TripleDES takes; ValueError for other lengths."""
    if len(key) == 8:
        return key * 3
    if len(key) == 16:
        return key + key[:8]
    if len(key) == 24:
        return key
    raise ValueError("a DES key has 8, 16 or 24 bytes")


class DesKey:
    """DES or triple DES key; `encrypt` and `decrypt` take whole 8-byte blocks (ECB).

    `compiled` is the accelerator's context for the key, None in pure Python.
    """

    def __init__(self, key: bytes, *, accelerated: bool = True) -> None:
        self.clear = key
        self._wide = widen(key)
        macs = accelerator.macs if accelerated else None
        self.compiled = macs.TripleDes(self._wide) if macs is not None else None

    @cached_property
    def encrypt(self) -> Transform:
        """ECB encryption of whole blocks."""
        if self.compiled is not None:
            return self.compiled.encrypt
        return Cipher(TripleDES(self._wide), ECB()).encryptor().update  # noqa: S305 - the norm says ECB

    @cached_property
    def decrypt(self) -> Transform:
        """ECB decryption of whole blocks."""
        if self.compiled is not None:
            return self.compiled.decrypt
        return Cipher(TripleDES(self._wide), ECB()).decryptor().update  # noqa: S305 - the norm says ECB

    @cached_property
    def halves(self) -> tuple[DesKey, DesKey]:
        """Left and right single-length keys, for X9.19; the same key twice for a single-length one."""
        left = self.clear[:8]
        return DesKey(left), DesKey(self.clear[8:16] or left)

    @cached_property
    def left(self) -> DesKey:
        """Left single-length key."""
        return self.halves[0]

    @cached_property
    def _cbc(self) -> Cipher[CBC]:
        return Cipher(TripleDES(self._wide), CBC(bytes(BLOCK)))

    def cbc_last(self, data: bytes) -> bytes:
        """Last block of `data` (zero-padded to whole blocks) under CBC with a zero IV."""
        if not data:
            data = bytes(BLOCK)
        return self._cbc.encryptor().update(data + bytes(-len(data) % BLOCK))[-BLOCK:]


class AesKey:
    """AES key of 16, 24 or 32 bytes. `compiled` is the accelerator's CMAC under it, None in pure Python."""

    def __init__(self, key: bytes, *, accelerated: bool = True) -> None:
        self._key = key
        macs = accelerator.macs if accelerated else None
        self.compiled = macs.Cmac(key) if macs is not None else None

    @cached_property
    def encrypt(self) -> Transform:
        """ECB encryption of whole 16-byte blocks."""
        return Cipher(AES(self._key), ECB()).encryptor().update  # noqa: S305 - ISO 9564 format 4 says ECB

    @cached_property
    def decrypt(self) -> Transform:
        """ECB decryption of whole 16-byte blocks."""
        return Cipher(AES(self._key), ECB()).decryptor().update  # noqa: S305 - ISO 9564 format 4 says ECB

    @cached_property
    def _cmac(self) -> CMAC:
        return CMAC(AES(self._key))

    def cmac(self, data: bytes) -> bytes:
        """All 16 bytes of the CMAC (RFC 4493); a copy of the keyed context saves the key schedule."""
        if self.compiled is not None:
            return self.compiled.digest(data)
        context = self._cmac.copy()
        context.update(data)
        return context.finalize()
