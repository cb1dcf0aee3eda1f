"""What the security room raises, split by whose fault it is. No text here ever holds key, PIN or card data.

SecurityError  the peer's fault; `.response_code` is the DE39 to answer with (99 PIN, A0 MAC or keys, 14 card number)
KeyUsageError      our fault: a key was asked to do what its usage forbids
SealError     our fault: a stored value does not open under this station's local master key
"""

from __future__ import annotations

from counterfoil.errors import OurError, PeerError

PIN_CODE = "99"
MAC_CODE = "A0"
CARD_CODE = "14"
FORMAT_CODE = "30"


class SecurityError(PeerError):
    """Fault of a peer; `response_code` is the DE39 to answer with."""

    def __init__(self, reason: str, *, response_code: str = PIN_CODE) -> None:
        super().__init__(reason, response_code=response_code)


class KeyUsageError(OurError):
    """Fault of ours: a key outside its usage, or a key of an impossible size."""


class SealError(OurError):
    """Stored key or card number that does not open: wrong local master key, wrong context, or altered bytes."""
