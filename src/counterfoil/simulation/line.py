"""The line to an issuer's institution, and what an institution can do wrong with a valid MAC on it.

A front end that thinks its issuer too slow answers 91, and the issuer's own answer comes after all. A system that has
mixed up two sales sends a reversal advice with the key of one and the amount of another.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from typing import Final

from counterfoil.iso8583 import ISO87_ASCII, Message, nested
from counterfoil.security import KeyUsage, MacAlgorithm, SoftHsm
from counterfoil.simulation.network import Wire
from counterfoil.simulation.node import Node
from counterfoil.step import Send

LMK: Final = bytes(range(32))
ECHOED: Final = (2, 3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49)
NOT_REACHED: Final = "91"
OTHER_TIME: Final = "1231235959"  # DE7 of a stray advice: no key of the switch's own
MORE: Final = 100  # minor units a stray advice names too many
STRAYS_AFTER: Final = 10.0  # mean seconds
MAC_BYTES: Final = 8


def entropy(seed: str) -> Callable[[int], bytes]:
    """Bytes that repeat with the seed and, within a run, never."""
    return random.Random(seed).randbytes  # noqa: S311 - a simulation, not a secret


def clear_key(name: str, size: int) -> bytes:
    """A key both ends of a link know."""
    return hashlib.shake_256(f"simulation {name}".encode()).digest(size)


class Line(Wire):
    """The wire between the switch and one institution. Only purchases are tampered with, and only while faults last."""

    def __init__(self, client: Node, client_link: str, server: Node, server_link: str, *, eager: bool) -> None:
        super().__init__(client, client_link, server, server_link, eager=eager)
        self._hsm = SoftHsm(LMK, entropy(f"line/{server.name}"))
        self._mac = self._hsm.import_clear(KeyUsage.MAC, clear_key(f"{server.name}/mac", 16))

    def send(self, node: Node, item: Send) -> None:
        """Take one message from a process, as any wire does; a purchase may set something off."""
        super().send(node, item)
        faults = self.world.faults
        if node is not self.client or not (faults.hasty or faults.stray) or item.data[:4] != b"0200":
            return
        if self.world.chance(faults.hasty):
            self._answer(item)
        if self.world.chance(faults.stray):
            self.world.after(self.world.wait(STRAYS_AFTER), lambda: self._stray(item))

    def _answer(self, item: Send) -> None:
        """The front end's own no."""
        connection = self._lanes.get(item.conn)
        if connection is not None:
            self.world.count("hasty no")
            request = ISO87_ASCII.decode(item.data)
            answer = Message("0210", de39=NOT_REACHED, de64=bytes(MAC_BYTES))
            for number in ECHOED:
                answer.set(number, request.get(number))
            self._carry(connection, self._sealed(answer), up=False)

    def _stray(self, item: Send) -> None:
        """An advice of which only the key is right."""
        connection = self._lanes.get(item.conn)
        if connection is not None and not self.world.healed:
            self.world.count("stray advice")
            sale = ISO87_ASCII.decode(item.data)
            advice = Message("0420", de4=f"{int(sale.de4 or '0') + MORE:012d}", de7=OTHER_TIME, de39="98")
            advice.de11 = f"{self.world.number() % 1_000_000:06d}"
            advice.de90 = nested.build_de90("0200", sale.de11 or "", sale.de7 or "", sale.de32 or "")
            advice.de128 = bytes(MAC_BYTES)
            for number in (2, 3, 32, 37, 41, 42, 49):
                advice.set(number, sale.get(number))
            self._carry(connection, self._sealed(advice), up=True)

    def _sealed(self, message: Message) -> bytes:
        body = ISO87_ASCII.encode(message)[:-MAC_BYTES]
        return body + self._hsm.mac(self._mac, body, MacAlgorithm.AES_CMAC, raw=True)
