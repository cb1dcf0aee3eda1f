"""Keys as a station keeps them: bound to one usage, sealed under the station's local master key.

A `StoredKey` is safe to store: its blob is AES-GCM with the usage as associated data, so a blob opens only as what it
was made for. `KeyRing` opens blobs and remembers a bounded number of them with their cipher contexts ready.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from counterfoil import accelerator
from counterfoil.security.ciphers import AesKey, DesKey
from counterfoil.security.failures import KeyUsageError, SealError

LMK_BYTES: Final = 32
KCV_BYTES: Final = 4
_NONCE: Final = 12


class KeyUsage(enum.StrEnum):
    """The one use of a key; every other is refused."""

    TMK = "TMK"  # wraps working keys (terminal or zone master key)
    PIN = "PIN"  # DES PIN blocks, formats 0, 1, 3 (PIK, ZPK)
    PIN_AES = "PIN_AES"  # AES PIN blocks, format 4 only: a block under it is never of a weaker format
    MAC = "MAC"  # message authentication (MAK, ZAK)
    TRACK = "TRACK"  # track data (TDK)
    PVK = "PVK"  # PIN verification values
    CVK = "CVK"  # card verification values
    TOKEN = "TOKEN"  # keyed hash of card numbers  # noqa: S105 - a name
    DATA = "DATA"  # card numbers at rest

    # That of Enum is a Python function, and every use of a key asks for it.
    __hash__ = str.__hash__


_DES_SIZES: Final = frozenset({8, 16, 24})
_AES_SIZES: Final = frozenset({16, 24, 32})
SIZES: Final[dict[KeyUsage, frozenset[int]]] = {
    KeyUsage.TMK: frozenset({16, 24}),
    KeyUsage.PIN: _DES_SIZES,
    KeyUsage.PIN_AES: _AES_SIZES,
    KeyUsage.MAC: _DES_SIZES | _AES_SIZES,
    KeyUsage.TRACK: frozenset({16, 24}),
    KeyUsage.PVK: frozenset({16}),
    KeyUsage.CVK: frozenset({16}),
    KeyUsage.TOKEN: frozenset({32}),
    KeyUsage.DATA: _AES_SIZES,
}
_AES_ONLY: Final = frozenset({KeyUsage.PIN_AES, KeyUsage.TOKEN, KeyUsage.DATA})


class StoredKey(NamedTuple):
    """Key sealed under the station's local master key. `kcv` is its public check value (4 bytes)."""

    usage: KeyUsage
    blob: bytes
    kcv: bytes


class OpenKey:
    """Key in the clear, inside the software back end only, with the contexts its usage allows."""

    def __init__(self, usage: KeyUsage, clear: bytes) -> None:
        self.usage = usage
        self.clear = clear

    @cached_property
    def des(self) -> DesKey:
        """DES form of the key; KeyUsageError when its size or usage says AES."""
        if self.usage in _AES_ONLY or len(self.clear) not in _DES_SIZES:
            raise KeyUsageError(f"a {self.usage} key of this size is not a DES key")
        return DesKey(self.clear)

    @cached_property
    def aes(self) -> AesKey:
        """AES form of the key; KeyUsageError when its size says DES."""
        if len(self.clear) not in _AES_SIZES:
            raise KeyUsageError(f"a {self.usage} key of this size is not an AES key")
        return AesKey(self.clear)

    @cached_property
    def blocks(self) -> accelerator.TripleDes | None:
        """Accelerator's context for format 0 blocks under a PIN key; None in pure Python, and for other keys."""
        return self.des.compiled if self.usage is KeyUsage.PIN else None

    @cached_property
    def gcm(self) -> AESGCM:
        """AES-GCM context for sealing data at rest."""
        return AESGCM(self.clear)

    def sealed(self, nonce: bytes, data: bytes, context: bytes) -> bytes:
        """`nonce` (12 bytes, never again under this key), then `data` under AES-GCM, bound to `context`."""
        if self._compiled_gcm is not None:
            return self._compiled_gcm.seal(nonce, data, context)
        return nonce + self.gcm.encrypt(nonce, data, context)

    @cached_property
    def _compiled_gcm(self) -> accelerator.KeyedGcm | None:
        return accelerator.macs.Gcm(self.clear) if accelerator.macs is not None else None

    def keyed_hash(self, data: bytes) -> bytes:
        """HMAC-SHA-256 (RFC 2104) of `data`: copies of its two hashes with the key in them save the set-up."""
        inner, outer = self._hashes
        inner, outer = inner.copy(), outer.copy()
        inner.update(data)
        outer.update(inner.digest())
        return outer.digest()

    @cached_property
    def hmac(self) -> accelerator.KeyedHmac | None:
        """Accelerator's context for `keyed_hash`, None in pure Python."""
        return accelerator.macs.Hmac(self.clear) if accelerator.macs is not None else None

    @cached_property
    def _hashes(self) -> tuple[hashlib._Hash, hashlib._Hash]:
        key = self.clear.ljust(hashlib.sha256().block_size, b"\0")
        inner, outer = (bytes(byte ^ pad for byte in key) for pad in (0x36, 0x5C))
        return hashlib.sha256(inner), hashlib.sha256(outer)

    @cached_property
    def kcv(self) -> bytes:
        """Check value: first 4 bytes of eight encrypted zeros (DES), of the CMAC of sixteen (AES), or of a hash
        (TOKEN).
        """
        if self.usage is KeyUsage.TOKEN:
            return hmac.digest(self.clear, b"counterfoil key check value", hashlib.sha256)[:KCV_BYTES]
        if self.usage in _AES_ONLY or len(self.clear) not in _DES_SIZES:
            return self.aes.cmac(bytes(16))[:KCV_BYTES]
        return self.des.encrypt(bytes(8))[:KCV_BYTES]


class KeyRing:
    """Sealer and opener of keys under a local master key of 32 bytes.

    `entropy(n)` gives n unpredictable bytes. At most `remembered` open keys are kept; others are opened again.
    """

    def __init__(self, lmk: bytes, entropy: Callable[[int], bytes], *, remembered: int = 4096) -> None:
        if len(lmk) != LMK_BYTES:
            raise KeyUsageError(f"a local master key has {LMK_BYTES} bytes")
        self._lmk = AESGCM(lmk)
        self._entropy = entropy
        self._opened = lru_cache(maxsize=remembered)(self._unseal)

    def seal(self, usage: KeyUsage, clear: bytes) -> StoredKey:
        """Seal a clear key for storage; KeyUsageError when no key of that usage has that size."""
        if len(clear) not in SIZES[usage]:
            raise KeyUsageError(f"a {usage} key cannot have {len(clear)} bytes")
        nonce = self._entropy(_NONCE)
        blob = nonce + self._lmk.encrypt(nonce, clear, _context(usage))
        return StoredKey(usage, blob, OpenKey(usage, clear).kcv)

    def open(self, key: StoredKey, *allowed: KeyUsage) -> OpenKey:
        """Open a key whose usage is one of `allowed` (else KeyUsageError) and whose seal is intact (else SealError)."""
        if key.usage not in allowed:
            raise KeyUsageError(f"a {key.usage} key was asked to do the work of {' or '.join(allowed)}")
        return self._opened(key.usage, key.blob)

    def _unseal(self, usage: KeyUsage, blob: bytes) -> OpenKey:
        try:
            clear = self._lmk.decrypt(blob[:_NONCE], blob[_NONCE:], _context(usage))
        except (InvalidTag, ValueError):
            raise SealError(f"a stored {usage} key does not open under this station's master key") from None
        return OpenKey(usage, clear)


def _context(usage: KeyUsage) -> bytes:
    return b"counterfoil key 1 " + usage.encode()


def odd_parity(key: bytes) -> bytes:
    """Key with the lowest bit of each byte set so that its number of ones is odd, as DES devices expect."""
    return bytes(byte & 0xFE | (byte & 0xFE).bit_count() & 1 ^ 1 for byte in key)
