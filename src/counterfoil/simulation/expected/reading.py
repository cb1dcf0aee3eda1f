"""Reading the messages that go by: decoded once, with the keys of whoever may check their MACs."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from counterfoil.errors import DecodeError, PaymentError
from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Message, framing
from counterfoil.security import KeyUsage, MacAlgorithm, SoftHsm, StoredKey
from counterfoil.simulation.line import HEADER, LMK, clear_key, entropy

CUP: Final = 0x60
REMEMBERED: Final = 512


class Packet(NamedTuple):
    """A message of a terminal's line or of an institution's; `whole` is False where only a part could be read."""

    tpdu: bytes
    header: bytes
    body: bytes
    message: Message
    whole: bool


@lru_cache(maxsize=REMEMBERED)
def read(data: bytes) -> Packet | None:
    """A message as far as it can be read; None when not even its type can be. Nobody may change it."""
    tpdu = header = b""
    body, dialect = data, ISO87_ASCII
    if data[:1] == bytes([CUP]):
        dialect = CUP_POS
        try:
            tpdu, header, body = framing.split_cup(data, HEADER)
        except PaymentError:
            return None
    try:
        return Packet(tpdu, header, body, dialect.decode(body), True)
    except DecodeError as error:
        partial = error.partial
        return Packet(tpdu, header, body, partial, False) if isinstance(partial, Message) else None


def acceptable(packet: Packet | None) -> bool:
    """Whether a terminal can read it to the end, and each of its elements has a value that exists."""
    if packet is None or not packet.whole:
        return False
    try:
        CUP_POS.receive(packet.body)
    except DecodeError:
        return False
    return True


class InstitutionKeys:
    """The keys the switch shares with one institution."""

    def __init__(self, name: str) -> None:
        self._hsm = SoftHsm(LMK, entropy(f"expected/{name}"))
        mac = self._hsm.import_clear(KeyUsage.MAC, clear_key(f"{name}/mac", 16))
        self._pin = self._hsm.import_clear(KeyUsage.PIN, clear_key(f"{name}/pin", 16))
        self.vouches = self._hsm.keyed_mac(mac, MacAlgorithm.AES_CMAC, raw=True).closes
        self._blocks: dict[tuple[str, str], bytes] = {}

    def __deepcopy__(self, _: object) -> InstitutionKeys:
        """They never change."""
        return self

    def block(self, pin: str, pan: str) -> bytes:
        """The PIN block of this PIN and card under the zone key."""
        known = self._blocks.get((pin, pan))
        if known is None:
            known = self._blocks[pin, pan] = self._hsm.encrypt_pin(self._pin, pin, pan)
        return known


class TerminalKeys:
    """What a terminal's master key opens."""

    def __init__(self, terminal: str) -> None:
        self.hsm = SoftHsm(LMK, entropy(f"expected/{terminal}"))
        self.master: StoredKey = self.hsm.import_clear(KeyUsage.TMK, clear_key(terminal, 16))

    def __deepcopy__(self, _: object) -> TerminalKeys:
        """They never change."""
        return self
