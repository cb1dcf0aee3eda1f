"""The card verification value of a magnetic stripe (Visa CVV, UnionPay CVN): three digits only the issuer can make.

They depend on the card number, the expiry and the service code, so whoever knows a number and not its stripe has to
guess them, and whoever changes a digit of a stripe as well.
"""

from __future__ import annotations

import re
from binascii import hexlify
from typing import Final

from counterfoil.security.ciphers import DesKey
from counterfoil.security.failures import CARD_CODE, SecurityError

CVV_DIGITS: Final = 3
EXPIRY_DIGITS: Final = 4
SERVICE_DIGITS: Final = 3
_FIELD: Final = 32
_CARD: Final = re.compile("[0-9]{19,26}").fullmatch  # a number of 12 to 19 digits, expiry and service code

# The decimal digits of the result come first, then the letters as their value minus ten.
_LETTERS: Final = b"abcdef"
_DECIMALS: Final = b"0123456789"
_AS_DECIMALS: Final = bytes.maketrans(_LETTERS, b"012345")


def cvv(pan: str, expiry: str, service: str, key: DesKey) -> str:
    """Card verification value of a card number, an expiry (YYMM) and a service code, under a double-length key.

    SecurityError(14) when one of the three is malformed. The first block is encrypted under the left half of the key;
    the second is XORed to it and encrypted under both.
    """
    field = f"{pan}{expiry}{service}"
    if len(expiry) != EXPIRY_DIGITS or len(service) != SERVICE_DIGITS or not _CARD(field):
        raise SecurityError("a CVV needs a card number, an expiry and a service code", response_code=CARD_CODE)
    field = field.ljust(_FIELD, "0")
    first = int.from_bytes(key.left.encrypt(bytes.fromhex(field[:16])), "big")
    result = hexlify(key.encrypt((first ^ int(field[16:], 16)).to_bytes(8, "big")))
    digits = result.translate(None, _LETTERS)
    if len(digits) < CVV_DIGITS:
        digits += result.translate(_AS_DECIMALS, _DECIMALS)
    return digits[:CVV_DIGITS].decode()
