"""What can become of the bytes of a message: any bit of it, or one element of it, or its length.

A cheap modem loses and flips bits; what decides whether that does harm is which element they are in. A damaged message
keeps the MAC it was sent with, unless the MAC itself is hit.
"""

from __future__ import annotations

import random
from functools import reduce
from operator import xor
from typing import Final, NamedTuple

from counterfoil.errors import PaymentError
from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Dialect, Message, framing

TPDU: Final = b"\x60"
TPDU_SIZE: Final = 5
HEADER: Final = 6
MAC: Final = 64
# What names a transaction, its money and its parties, and the MAC; where one is missing another is hit.
TERMINAL_FIELDS: Final = (MAC, MAC, 60, 60, 41, 42, 11, 11, 4, 4, 3, 25, 39, 37, 49, 2, 35, 52, 62)
ISSUER_FIELDS: Final = (MAC, 128, 4, 4, 7, 11, 11, 32, 37, 37, 39, 41, 42, 49, 70, 90, 90, 2, 35, 52)
AROUND: Final = ("tpdu", "header", "length")
DIGITS: Final = "0123456789"
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class DamagedPacket(NamedTuple):
    """A message of either kind of link, read: what stands before it, its dialect, its elements."""

    tpdu: bytes
    header: bytes
    dialect: Dialect
    message: Message

    def packed(self) -> bytes:
        """The packet as bytes again."""
        body = self.dialect.encode(self.message)
        return framing.join_cup(self.tpdu, self.header, body) if self.tpdu else body


def opened(data: bytes) -> DamagedPacket | None:
    """A message as whoever listens on a line reads it; None when it is none."""
    try:
        if data[:1] != TPDU:
            return DamagedPacket(b"", b"", ISO87_ASCII, ISO87_ASCII.decode(data))
        packet = framing.split_cup(data, HEADER)
        return DamagedPacket(packet.tpdu, packet.header, CUP_POS, CUP_POS.decode(packet.body))
    except PaymentError:
        return None


def cancels(one: bytes, other: bytes) -> bool:
    """Whether two different requests or answers of a terminal have one MAC: UnionPay's folds a message by XOR, and two
    changes that are alike cancel each other out (SECURITY.md). Whoever knows that needs no key, and is not played here.
    """
    return one[:1] == other[:1] == TPDU and one != other and folded(one) == folded(other)


def folded(data: bytes) -> bytes:
    """All blocks of eight bytes of a packet's body before its MAC, one over the other."""
    body = data[TPDU_SIZE + HEADER : -8]
    blocks = (int.from_bytes(body[at : at + 8].ljust(8, b"\0"), "big") for at in range(0, len(body), 8))
    return reduce(xor, blocks, 0).to_bytes(8, "big")


def anywhere(rng: random.Random, data: bytes) -> tuple[str, bytes]:
    """What happened, and what is left: a bit flipped, the end missing, or noise of the same length."""
    kind = rng.choice(("flip", "flip", "truncate", "noise"))
    where = rng.randrange(len(data))
    if kind == "flip":
        return kind, data[:where] + bytes([data[where] ^ (1 << rng.randrange(8))]) + data[where + 1 :]
    return kind, data[: max(1, where)] if kind == "truncate" else rng.randbytes(len(data))


def aimed(rng: random.Random, data: bytes) -> tuple[str, list[bytes]]:
    """One element hit, which otherwise is what it was; or the length, which makes two messages of it."""
    packet = opened(data)
    if packet is None:
        kind, left = anywhere(rng, data)
        return kind, [left]
    terminals = bool(packet.tpdu)
    if terminals and rng.randrange(8) == 0:
        return _around(rng, data)
    fields = [n for n in (TERMINAL_FIELDS if terminals else ISSUER_FIELDS) if packet.message.get(n)]
    if not fields:
        kind, left = anywhere(rng, data)
        return kind, [left]
    number = rng.choice(fields)
    packet.message.set(number, _hit(rng, packet.message.get(number)))
    try:
        return f"DE{number}", [packet.packed()]
    except PaymentError:
        kind, left = anywhere(rng, data)
        return kind, [left]


def _around(rng: random.Random, data: bytes) -> tuple[str, list[bytes]]:
    where = rng.choice(AROUND)
    if where == "length":
        at = rng.randrange(1, len(data))
        return where, [data[:at], data[at:]]
    at = rng.randrange(TPDU_SIZE) if where == "tpdu" else rng.randrange(TPDU_SIZE, TPDU_SIZE + HEADER)
    return where, [data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]]


def _hit(rng: random.Random, value: str | bytes | None) -> str | bytes:
    """Another value of the same shape: its last place as often as any other."""
    assert value
    at = len(value) - 1 if rng.randrange(2) else rng.randrange(len(value))
    if isinstance(value, bytes):
        return value[:at] + bytes([value[at] ^ (1 << rng.randrange(8))]) + value[at + 1 :]
    others = DIGITS if value[at].isdigit() else LETTERS
    return value[:at] + rng.choice([other for other in others if other != value[at]]) + value[at + 1 :]
