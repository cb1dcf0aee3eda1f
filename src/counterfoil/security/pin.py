"""PIN blocks in the clear (ISO 9564-1 formats 0, 1, 3 and 4) and Visa's PVV; the HSM back end encrypts them.

Everything wrong with a block or a PIN is a `SecurityError` with response code 99: after a decryption under the wrong
key, or with the wrong card number, a block is garbage, and the answer to garbage is "PIN format error".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from counterfoil.security.ciphers import DesKey
from counterfoil.security.failures import SecurityError
from counterfoil.security.pan import is_pan

MIN_PIN: Final = 4
MAX_PIN: Final = 12
PVV_DIGITS: Final = 4
NO_PAN: Final = "0000000000000"
"""Stands for the card number in a format 0 block that is not bound to one (DE53.1 = 1)."""

# A PVV takes the decimal digits of the result first, then the letters as their value minus ten.
_DIGITS: Final = str.maketrans("", "", "abcdef")
_LETTERS: Final = str.maketrans("abcdef", "012345", "0123456789")

Entropy = Callable[[int], bytes]
BOUND_FORMS: Final = frozenset({0, 3, 4})
"""Formats that bind the PIN to a card number; a block must not be translated from one of these to one that does not."""


def build(form: int, pin: str, pan: str, entropy: Entropy) -> bytes:
    """Clear 8-byte block of format 0, 1 or 3. `entropy` gives the random part of the formats that have one."""
    _check_pin(pin)
    head = f"{form:X}{len(pin):X}{pin}"
    if form == 0:
        return (int(head.ljust(16, "F"), 16) ^ _pan_field(pan)).to_bytes(8, "big")
    if form == 1:
        return bytes.fromhex((head + entropy(8).hex())[:16])
    if form == 3:
        fill = "".join("ABCDEF"[byte % 6] for byte in entropy(16 - len(head)))
        return (int(head + fill, 16) ^ _pan_field(pan)).to_bytes(8, "big")
    raise SecurityError("unknown PIN block format")


def parse(form: int, block: bytes, pan: str) -> str:
    """PIN of a clear block of format 0, 1 or 3; SecurityError(99) for anything else."""
    if form not in (0, 1, 3) or len(block) != 8:
        raise SecurityError("unknown PIN block format")
    value = int.from_bytes(block, "big")
    pin, fill = _split(f"{value if form == 1 else value ^ _pan_field(pan):016X}", form)
    if (form == 0 and fill.strip("F")) or (form == 3 and fill.strip("ABCDEF")):
        raise SecurityError("malformed PIN block")
    return pin


def build_4(pin: str, pan: str, entropy: Entropy, encrypt: Callable[[bytes], bytes]) -> bytes:
    """Encrypted block of format 4 (AES): PIN field encrypted, PAN field XORed in, the result encrypted again."""
    _check_pin(pin)
    field = bytes.fromhex(f"4{len(pin):X}{pin}".ljust(16, "A")) + entropy(8)
    return encrypt(_xor(encrypt(field), _pan_field_4(pan)))


def parse_4(block: bytes, pan: str, decrypt: Callable[[bytes], bytes]) -> str:
    """PIN of an encrypted format 4 block; SecurityError(99) when it is not one for this card number."""
    if len(block) != 16:
        raise SecurityError("malformed PIN block")
    text = decrypt(_xor(decrypt(block), _pan_field_4(pan)))[:8].hex().upper()
    pin, fill = _split(text, 4)
    if fill.strip("A"):
        raise SecurityError("malformed PIN block")
    return pin


def pvv(pin: str, pan: str, key: DesKey, index: int = 1) -> str:
    """Visa PIN verification value: 11 card digits, the key index and the PIN, encrypted and decimalised.

    A PVV covers exactly four PIN digits; a longer PIN would be accepted on its first four, so it is refused here.
    """
    _check_pin(pin)
    if len(pin) != PVV_DIGITS:
        raise SecurityError("a PVV covers a PIN of four digits")
    if not is_pan(pan) or not 0 <= index <= 9:
        raise SecurityError("a PVV needs a card number and a one-digit key index")
    text = key.encrypt(bytes.fromhex(f"{pan[-12:-1]}{index}{pin}")).hex()
    return (text.translate(_DIGITS) + text.translate(_LETTERS))[:PVV_DIGITS]


def _check_pin(pin: str) -> None:
    if not (MIN_PIN <= len(pin) <= MAX_PIN and pin.isascii() and pin.isdigit()):
        raise SecurityError("a PIN has 4 to 12 digits")


def _pan_field(pan: str) -> int:
    if not is_pan(pan):
        raise SecurityError("the PIN block needs a card number")
    return int(pan[-13:-1], 16)


def _pan_field_4(pan: str) -> bytes:
    if not is_pan(pan):
        raise SecurityError("the PIN block needs a card number")
    return bytes.fromhex(f"{len(pan) - 12:X}{pan}".ljust(32, "0"))


def _split(text: str, form: int) -> tuple[str, str]:
    """PIN and fill of a 16-nibble field, after the checks that all formats share."""
    size = int(text[1], 16)
    pin = text[2 : 2 + size]
    if text[0] != f"{form:X}" or not MIN_PIN <= size <= MAX_PIN or not pin.isdigit():
        raise SecurityError("malformed PIN block")
    return pin, text[2 + size :]


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")
