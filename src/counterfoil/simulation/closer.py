"""A peer that closes the connection upon one particular message, each time it comes.

A parser somewhere cannot take it, or takes it for an attack. Which exchanges are meant is drawn from the seed, not from
the order of things: the repeat of a message, and the answer to it, is met as the message was.
"""

from __future__ import annotations

import hashlib
from typing import Final

from counterfoil.iso8583.mti import NETWORK, NETWORK_ADVICE, answer_of
from counterfoil.simulation.damage import opened
from counterfoil.simulation.network import SimulatedLink
from counterfoil.simulation.world import World

SPARED: Final = frozenset({NETWORK, answer_of(NETWORK), NETWORK_ADVICE})
"""A line on which nobody signs on proves nothing else."""


class Closer:
    """All peers that do it; `seed` draws upon which messages."""

    def __init__(self, world: World, seed: str) -> None:
        self.world = world
        self._salt = f"{seed}/closer".encode()

    def attend(self, wire: SimulatedLink) -> None:
        """Read at both ends of one more line."""
        wire.hangs_up = self.hangs_up

    def hangs_up(self, wire: SimulatedLink, data: bytes) -> bool:
        """Whether the reader of this message closes the connection upon it."""
        packet = opened(data)
        if packet is None or packet.message.mti in SPARED:
            return False
        message = packet.message
        kind = message.mti[:3]  # without the repeat mark
        name = "/".join(filter(None, (wire.server.name, kind, message.de41, message.de60, message.de7, message.de11)))
        drawn = int.from_bytes(hashlib.blake2b(self._salt + name.encode(), digest_size=4).digest(), "big") % 1000
        if drawn >= self.world.faults.closer:
            return False
        self.world.count(f"hangs up on {message.mti}")
        return True
