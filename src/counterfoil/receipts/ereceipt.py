"""Where customers find their receipts: an address that nobody can guess, made from the reference and a secret.

    /r/ TERMINAL-BATCH-STAN-CHECK        CHECK = base32( HMAC-SHA256(secret, reference)[:15] )

Nothing is kept for it: whoever holds the secret can tell the addresses it made from all others, at any time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Final, NamedTuple

from counterfoil.receipts.proof import Seal, sealer
from counterfoil.transaction import AttemptKey, parse_ref

PLACE: Final = "/r/"
DOMAIN: Final = b"counterfoil e-receipt address 1"
CHECK_BYTES: Final = 15  # 120 bits, 24 characters
LONGEST: Final = 80


class Addresses:
    """The e-receipt addresses of one installation; `seed` is what it signs its receipts with, `base` where it is
    reached from outside ("" while nobody knows).
    """

    def __init__(self, seed: bytes, base: str = "") -> None:
        self._secret = hmac.digest(seed, DOMAIN, hashlib.sha256)
        self._base = base.rstrip("/")

    def path(self, ref: str) -> str:
        """The path of the e-receipt of a sale."""
        return f"{PLACE}{ref.replace('/', '-')}-{self._check(ref)}"

    def of(self, ref: str) -> str:
        """The whole address."""
        return self._base + self.path(ref)

    def meant(self, name: str) -> AttemptKey | None:
        """The sale a name behind /r/ leads to; None for one that was not made here."""
        head, _, check = name[:LONGEST].rpartition("-")
        key = parse_ref("/".join(head.rsplit("-", 2)))
        if key is None or not hmac.compare_digest(check.encode("utf-8", "replace"), self._check(str(key)).encode()):
            return None
        return key

    def _check(self, ref: str) -> str:
        made = hmac.digest(self._secret, ref.encode("utf-8", "replace"), hashlib.sha256)[:CHECK_BYTES]
        return base64.b32encode(made).decode("ascii").lower()


class Issue(NamedTuple):
    """What makes the slips of an installation its own: the code that proves them, the address that shows them."""

    seal: Seal
    address: Callable[[str], str]


def issue(seed: bytes, base: str = "") -> Issue:
    """The code and the address of an installation, both made from its seed."""
    return Issue(sealer(seed), Addresses(seed, base).of)
