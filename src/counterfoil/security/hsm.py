"""The verb-level port: what a station may ask of whatever holds its keys.

A station never sees a clear key, and no verb gives one out. Keys are `StoredKey`s; each verb names the usages it
accepts and refuses every other with `KeyUsageError`. What a peer got wrong is a `SecurityError`: the DE39 to answer.
The back end now is software (`SoftHsm`): it is not an HSM, and a clear PIN passes through the memory of this process.
"""

from __future__ import annotations

from typing import Protocol

from counterfoil.security.keys import KeyUsage, StoredKey
from counterfoil.security.mac import KeyedMac, MacAlgorithm


class Hsm(Protocol):
    """Port to whatever holds the keys of a station. Sizes are bytes."""

    def generate(self, usage: KeyUsage, size: int) -> StoredKey:
        """Make a random key. KeyUsageError when no key of that usage has that size."""
        ...

    def import_clear(self, usage: KeyUsage, key: bytes) -> StoredKey:
        """Take in a clear key from a key ceremony or the demo seed."""
        ...

    def wrap(self, key: StoredKey, under: StoredKey, *, width: int = 0) -> tuple[bytes, bytes]:
        """Encrypt a working key (PIN, MAC, TRACK) under a TMK, 3DES-ECB; the cryptogram and its 4-byte check value.

        `width` pads a shorter cryptogram with zero bytes, as the 40-byte DE62 does with a single-length MAK.
        """
        ...

    def unwrap(self, usage: KeyUsage, cryptogram: bytes, kcv: bytes, under: StoredKey) -> StoredKey:
        """Decrypt a wrapped working key, zero padding removed. SecurityError(A0) when its check value disagrees."""
        ...

    def mac(
        self, key: StoredKey, data: bytes, algorithm: MacAlgorithm = MacAlgorithm.CUP_ECB, raw: bool = False
    ) -> bytes:
        """MAC of 8 bytes for DE64 or DE128."""
        ...

    def verify_mac(
        self,
        key: StoredKey,
        data: bytes,
        mac: bytes,
        algorithm: MacAlgorithm = MacAlgorithm.CUP_ECB,
        raw: bool = False,
    ) -> bool:
        """Whether `mac` is right, in constant time; False for a MAC of any other length."""
        ...

    def keyed_mac(self, key: StoredKey, algorithm: MacAlgorithm = MacAlgorithm.CUP_ECB, raw: bool = False) -> KeyedMac:
        """Maker and verifier of a link's MACs, whose key is looked up and checked once."""
        ...

    def encrypt_pin(self, key: StoredKey, pin: str, pan: str, form: int = 0) -> bytes:
        """Encrypted PIN block: formats 0, 1, 3 under a PIN key, 4 under a PIN_AES key."""
        ...

    def translate_pin(
        self,
        block: bytes,
        pan: str,
        source: StoredKey,
        target: StoredKey,
        *,
        form: int | None = None,
        to: int | None = None,
    ) -> bytes:
        """PIN block re-encrypted under another key, checked on the way; SecurityError(99) for a malformed block.

        Without `form` and `to`, a PIN key means format 0 and a PIN_AES key format 4. A block bound to a card number is
        never turned into one that is not (KeyUsageError).
        """
        ...

    def verify_pin(self, block: bytes, pan: str, key: StoredKey, pvk: StoredKey, pvv: str) -> bool:
        """Whether the PIN in the block is the card's; SecurityError(99) for a malformed block.

        A PVV covers four digits: a longer PIN is wrong, never right on its first four.
        """
        ...

    def make_pvv(self, pin: str, pan: str, pvk: StoredKey) -> str:
        """PVV that an issuer stores for a card instead of its four-digit PIN."""
        ...

    def make_cvv(self, pan: str, expiry: str, service: str, cvk: StoredKey) -> str:
        """Card verification value of a new stripe, three digits; `expiry` is YYMM. For makers of cards: no station asks
        for it.
        """
        ...

    def verify_cvv(self, pan: str, expiry: str, service: str, cvv: str, cvk: StoredKey) -> bool:
        """Whether `cvv` belongs to this card number, expiry (YYMM) and service code, in constant time.

        SecurityError(14) when one of the three is malformed.
        """
        ...

    def encrypt_track(self, key: StoredKey, track: str) -> str:
        """Track 2 with 16 of its digits encrypted, as a terminal with track encryption sends DE35."""
        ...

    def decrypt_track(self, key: StoredKey, track: str) -> str:
        """Track 2 with its 16 encrypted digits decrypted; parse no track that did not pass here."""
        ...

    def token(self, pan: str, key: StoredKey) -> str:
        """Keyed hash of a card number for indexes: 64 lower-case hex digits. SecurityError(14) for no card number."""
        ...

    def protect(self, pan: str, key: StoredKey, context: str = "") -> bytes:
        """Card number encrypted for storage, bound to `context` (for example the reference of its row)."""
        ...

    def reveal(self, blob: bytes, key: StoredKey, context: str = "") -> str:
        """Card number of a `protect`ed value; SealError under another key or context."""
        ...
