"""DE62 of the terminal link: the working keys of a sign-on answer, the device number of a sign-on request."""

from __future__ import annotations

from typing import NamedTuple

from counterfoil.errors import DecodeError, EncodeError
from counterfoil.iso8583.nested.parts import octets


class WorkingKeys(NamedTuple):
    """Keys of a sign-on answer, each wrapped under the terminal's master key, with 4 bytes of check value.

    `mak` is 8 bytes where the terminal has a single-length MAC key. `tdk` is b"" when no track key was asked for.
    """

    pik: bytes
    pik_kcv: bytes
    mak: bytes
    mak_kcv: bytes
    tdk: bytes = b""
    tdk_kcv: bytes = b""

    def __repr__(self) -> str:
        return f"<WorkingKeys pik {len(self.pik)}, mak {len(self.mak)}, tdk {len(self.tdk)} bytes>"


def de62_keys(value: bytes | None) -> WorkingKeys:
    """Working keys of a DE62 of 24, 40 or 60 bytes (56 and 84: triple length, inferred). Other lengths are an
    acquirer's own.

    In a 40- or 60-byte block eight zero bytes in the second half of the MAC key mean a single-length one.
    """
    raw = octets("62", value)
    layouts = {24: (8, 0), 40: (16, 0), 60: (16, 16), 56: (24, 0), 84: (24, 24)}
    if len(raw) not in layouts:
        raise DecodeError("62", 0, f"working keys of {len(raw)} bytes have no known layout")
    size, track = layouts[len(raw)]
    pieces = []
    at = 0
    for width in (size, 4, size, 4, track, 4 if track else 0):
        pieces.append(raw[at : at + width])
        at += width
    if size == 16 and pieces[2][8:] == bytes(8):
        pieces[2] = pieces[2][:8]
    return WorkingKeys(*pieces)


def build_de62_keys(
    pik: bytes, pik_kcv: bytes, mak: bytes, mak_kcv: bytes, tdk: bytes = b"", tdk_kcv: bytes = b""
) -> bytes:
    """DE62 of a sign-on answer; a single-length MAC key beside a double-length PIN key is filled with zero bytes."""
    if len(pik) not in (8, 16, 24) or len(mak) > len(pik) or len(mak) not in (8, 16, 24):
        raise EncodeError("62", "key lengths that have no layout")
    if tdk and (len(tdk) != len(pik) or len(pik) == 8):
        raise EncodeError("62", "a track key is as long as the PIN key")
    if len(mak) < len(pik) and (len(mak), len(pik)) != (8, 16):
        raise EncodeError("62", "key lengths that have no layout")
    if {len(pik_kcv), len(mak_kcv), len(tdk_kcv) if tdk else 4} != {4}:
        raise EncodeError("62", "a check value is 4 bytes")
    return pik + pik_kcv + mak.ljust(len(pik), b"\x00") + mak_kcv + tdk + (tdk_kcv if tdk else b"")


def de62_sequence(value: bytes | None) -> str:
    """Licence and device number of a sign-on request: "Sequence No", two digits of length, the value."""
    raw = octets("62", value)
    label = b"Sequence No"
    if not raw.startswith(label):
        raise DecodeError("62", 0, "not a sequence number")
    digits = raw[len(label) : len(label) + 2]
    text = raw[len(label) + 2 :]
    if len(digits) != 2 or not digits.isdigit() or int(digits) != len(text):
        raise DecodeError("62", len(label), "the length does not count what follows")
    if any(not 0x20 <= byte < 0x7F for byte in text):
        raise DecodeError("62", len(label) + 2, "not printable text")
    return text.decode("ascii")


def build_de62_sequence(number: str) -> bytes:
    """DE62 of a sign-on request from its licence and device number."""
    if not number.isascii() or not number.isprintable() or len(number) > 99:
        raise EncodeError("62", "at most 99 printable ASCII characters")
    return f"Sequence No{len(number):02d}{number}".encode("ascii")
