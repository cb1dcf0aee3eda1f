"""The lines of terminals and institutions, and who else can be heard on them.

Somebody on a line answers a request himself: he knows how messages are built and has no key. An institution can do
wrong with a valid MAC.

A front end that thinks its issuer too slow answers 91, and the issuer's own answer comes after all. A system that has
mixed up two sales sends a reversal advice with the key of one and the amount of another. A host in trouble swallows
reversal advices, or refuses them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

from counterfoil.drawing import drawing
from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Message, framing, nested
from counterfoil.iso8583.mti import REVERSAL_ADVICE, answer_of, first_try
from counterfoil.iso8583.responses import APPROVED, INSUFFICIENT_FUNDS, ISSUER_TIMEOUT, ISSUER_UNAVAILABLE, MALFUNCTION
from counterfoil.kinds import REQUESTS
from counterfoil.security import MAC_BYTES, NO_MAC, KeyUsage, MacAlgorithm, SoftHsm
from counterfoil.simulation.network import SimulatedLink
from counterfoil.simulation.node import Node
from counterfoil.step import Send

LMK: Final = bytes(range(32))
ECHOED: Final = (2, 3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49)
MEDDLED_WITH: Final = frozenset({*REQUESTS, REVERSAL_ADVICE})
OTHER_TIME: Final = "1231235959"  # DE7 of a stray advice: no key of the switch's own
MORE: Final = 100  # minor units a stray advice names too many
STRAYS_AFTER: Final = 10.0  # mean seconds
HEADER: Final = 6


def entropy(seed: str) -> Callable[[int], bytes]:
    """Bytes that repeat with the seed and, within a run, never."""
    return drawing(seed).randbytes


def clear_key(name: str, size: int) -> bytes:
    """A key both ends of a link know."""
    return hashlib.shake_256(f"simulation {name}".encode()).digest(size)


class TappedLine(SimulatedLink):
    """A wire on which a request may be answered by somebody who has no business there."""

    def send(self, node: Node, item: Send) -> None:
        """Take one message from a process, as any wire does."""
        super().send(node, item)
        connection = self._lanes.get(item.conn)
        if node is self.client and connection is not None and self.world.chance(self.world.faults.forged):
            self.world.count("forged answer")
            self._carry(connection, self._forgery(item.data), up=False)

    def _forgery(self, data: bytes) -> bytes:
        """A yes to the terminal's request, with a MAC that is a guess."""
        packet = framing.split_cup(data, HEADER)
        request = CUP_POS.decode(packet.body)
        answer = Message(answer_of(request.mti), de39=APPROVED, de37="FORGED000000", de38="000000")
        for number in (3, 4, 11, 25, 41, 42, 49, 60):
            answer.set(number, request.get(number))
        answer.de64 = self.world.random.randbytes(MAC_BYTES)
        return framing.join_cup(framing.swap_tpdu(packet.tpdu), packet.header or b"", CUP_POS.encode(answer))


class InstitutionLine(TappedLine):
    """The line between the switch and one institution. Only purchases are tampered with, and only while faults last."""

    def __init__(self, client: Node, client_link: str, server: Node, server_link: str, *, eager: bool) -> None:
        super().__init__(client, client_link, server, server_link, eager=eager)
        self._hsm = SoftHsm(LMK, entropy(f"line/{server.name}"))
        self._mac = self._hsm.import_clear(KeyUsage.MAC, clear_key(f"{server.name}/mac", 16))

    def send(self, node: Node, item: Send) -> None:
        """Take one message from a process, as any wire does; a purchase or an advice may set something off."""
        world, mti = self.world, first_try(item.data[:4].decode())
        if node is not self.client or mti not in MEDDLED_WITH:
            super().send(node, item)
            return
        if mti == REVERSAL_ADVICE:
            if item.conn in self._lanes and world.chance(world.faults.stubborn):
                self._answer(item, world.random.choice(("", MALFUNCTION)))
            else:
                super().send(node, item)
            return
        super().send(node, item)
        if world.chance(world.faults.hasty):
            self._answer(item, ISSUER_UNAVAILABLE)
        if world.chance(world.faults.stray):
            world.after(world.wait(STRAYS_AFTER), lambda: self._stray(item))

    def _forgery(self, data: bytes) -> bytes:
        """A no to the switch's request: it would leave money one-sided."""
        request = ISO87_ASCII.decode(data)
        answer = Message(
            answer_of(request.mti),
            de39=INSUFFICIENT_FUNDS if request.mti in REQUESTS else APPROVED,
        )
        for number in (*ECHOED, 70, 90):
            answer.set(number, request.get(number))
        body = self._sealed(answer)
        return body[:-MAC_BYTES] + self.world.random.randbytes(MAC_BYTES)

    def _answer(self, item: Send, code: str) -> None:
        """What the institution says in its issuer's place; nothing for ""."""
        connection = self._lanes.get(item.conn)
        self.world.count(f"institution: {code or 'silence'} to {item.data[:4].decode()}")
        if connection is not None and code:
            request = ISO87_ASCII.decode(item.data)
            answer = Message(answer_of(request.mti), de39=code)
            for number in (*ECHOED, 90):
                answer.set(number, request.get(number))
            self._carry(connection, self._sealed(answer), up=False)

    def _stray(self, item: Send) -> None:
        """An advice of which only the key is right."""
        connection = self._lanes.get(item.conn)
        if connection is not None and not self.world.healed:
            self.world.count("stray advice")
            sale = ISO87_ASCII.decode(item.data)
            advice = Message(
                REVERSAL_ADVICE, de4=f"{int(sale.de4 or '0') + MORE:012d}", de7=OTHER_TIME, de39=ISSUER_TIMEOUT
            )
            advice.de11 = f"{self.world.number() % 1_000_000:06d}"
            advice.de90 = nested.build_de90(sale.mti, sale.de11 or "", sale.de7 or "", sale.de32 or "")
            for number in (2, 3, 32, 37, 41, 42, 49):
                advice.set(number, sale.get(number))
            self._carry(connection, self._sealed(advice), up=True)

    def _sealed(self, message: Message) -> bytes:
        plain = message.de90 is None and message.de70 is None
        message.set(64 if plain else 128, NO_MAC)
        body = ISO87_ASCII.encode(message)[:-MAC_BYTES]
        return body + self._hsm.mac(self._mac, body, MacAlgorithm.AES_CMAC, raw=True)
