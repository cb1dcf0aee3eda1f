"""Keys, PINs, MACs and card numbers, behind one port with a verb for each use.

A station gets an `Hsm` and asks it for verbs; clear keys never leave this room. Card numbers are shown through `mask`
only and stored as a keyed token plus, where a reversal needs it, an encrypted value.
"""

from counterfoil.security.failures import KeyUsageError, SealError, SecurityError
from counterfoil.security.hsm import Hsm
from counterfoil.security.keys import KCV_BYTES, LMK_BYTES, KeyUsage, StoredKey
from counterfoil.security.mac import MAC_BYTES, NO_MAC, KeyedMac, MacAlgorithm
from counterfoil.security.pan import is_pan, is_test_range, last4, last4_only, luhn_digit, luhn_ok, mask
from counterfoil.security.password import SALT_BYTES, Password, password
from counterfoil.security.pin import NO_PAN
from counterfoil.security.sensitive import Sensitive
from counterfoil.security.soft import SoftHsm
from counterfoil.security.track import EXPIRY, Track2, number_and_expiry, parse_track2, write_track2

__all__ = [
    "EXPIRY",
    "KCV_BYTES",
    "LMK_BYTES",
    "MAC_BYTES",
    "NO_MAC",
    "NO_PAN",
    "SALT_BYTES",
    "Hsm",
    "KeyUsage",
    "KeyUsageError",
    "KeyedMac",
    "MacAlgorithm",
    "Password",
    "SealError",
    "SecurityError",
    "Sensitive",
    "SoftHsm",
    "StoredKey",
    "Track2",
    "is_pan",
    "is_test_range",
    "last4",
    "last4_only",
    "luhn_digit",
    "luhn_ok",
    "mask",
    "number_and_expiry",
    "parse_track2",
    "password",
    "write_track2",
]
