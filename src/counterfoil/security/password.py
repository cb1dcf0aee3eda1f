"""A password that a process has to recognise and never to say: a salted digest of it, in memory only.

One of a few digits can be guessed from any digest; whoever asks for it bounds the guesses.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

import msgspec

SALT_BYTES: Final = 16


class Password(msgspec.Struct, frozen=True):
    """The salt, and the digest of the password under it."""

    salt: bytes
    digest: bytes

    def matches(self, typed: str) -> bool:
        """Whether this is it, in the same time for every wrong one."""
        return hmac.compare_digest(_digest(self.salt, typed), self.digest)


def password(clear: str, salt: bytes) -> Password:
    """A password as it is kept; `salt` is SALT_BYTES nobody knows."""
    return Password(salt, _digest(salt, clear))


def _digest(salt: bytes, clear: str) -> bytes:
    return hashlib.blake2b(clear.encode("utf-8", "surrogatepass"), digest_size=32, salt=salt).digest()
