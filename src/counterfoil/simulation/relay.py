"""A relay: somebody on all lines who holds what passes, sends it again after hours, swaps two, mixes two up.

He has no key. What he sends was once said by a station, in whole or in parts, so its MAC may be right. What a station
answers to him on a connection of his own he hands to whom it names. While he acts the message that passes goes on its
way, unless he holds it.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from counterfoil.errors import PaymentError
from counterfoil.simulation import damage
from counterfoil.simulation.damage import DamagedPacket, opened
from counterfoil.simulation.network import Connection, Passing, SimulatedLink
from counterfoil.simulation.world import World
from counterfoil.step import SECOND

REMEMBERED: Final = 300  # messages of each direction of each line
ACTS: Final = ("again", "again", "hold", "hold", "swap", "splice", "splice", "across", "own line", "own line")
SOON, LATER = 2.0, 60.0  # mean seconds
HOURS: Final = 2 * 3600.0
SWAPPED: Final = 30 * SECOND  # the first of two goes on after this, when no second comes
STAYS: Final = 60.0  # mean seconds of a connection of his own


class Relay:
    """One of them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.wires: list[SimulatedLink] = []
        self._heard: dict[tuple[int, bool], deque[bytes]] = {}
        self._swapping: dict[tuple[int, bool], list[tuple[Connection, bytes]]] = {}

    def attend(self, wire: SimulatedLink) -> None:
        """Sit on one more line."""
        wire.taps.append(self.hears)
        for up in (True, False):
            self._heard[len(self.wires), up] = deque(maxlen=REMEMBERED)
            self._swapping[len(self.wires), up] = []
        self.wires.append(wire)

    def hears(self, passing: Passing) -> bool:
        """Remember it; perhaps do something. True when it is held."""
        wire, connection, data, up = passing
        place = self.wires.index(wire), up
        heard, waiting = self._heard[place], self._swapping[place]
        heard.append(data)
        if waiting:
            self._let_go(place, behind=(connection, data))
            return True
        world = self.world
        if not world.chance(world.faults.relay):
            return False
        act = world.random.choice(ACTS)
        world.count(f"relay: {act}")
        if act == "swap":
            waiting.append((connection, data))
            world.after(SWAPPED, lambda: self._let_go(place))
            return True
        if act == "hold":
            self._later(place, data, connection.lane)
            return True
        if act == "again":
            self._later(place, world.random.choice(heard), connection.lane)
        elif act == "splice":
            self._say(place, self._spliced(data, world.random.choice(heard)), connection.lane)
        elif act == "across":
            self._across(place, data)
        elif up:
            self._on_his_own_line(wire, data)
        return False

    # --- acts -------------------------------------------------------------------------------------------------------

    def _let_go(self, place: tuple[int, bool], behind: tuple[Connection, bytes] | None = None) -> None:
        """What was kept to be swapped goes on, the later one first."""
        waiting = self._swapping[place]
        first, waiting[:] = list(waiting), []
        for connection, data in ([behind] if behind else []) + first:
            self.wires[place[0]].carry(connection, data, up=place[1])

    def _later(self, place: tuple[int, bool], data: bytes, lane: int | str) -> None:
        """Send it after a while, which may be hours: in another batch, to a station that was started anew since."""
        world = self.world
        mean = world.random.choice((SOON, LATER, HOURS if world.faults.night else LATER))
        world.after(world.wait(mean), lambda: self._say(place, data, lane))

    def _say(self, place: tuple[int, bool], data: bytes, lane: int | str) -> None:
        """Send it where it belongs, on whatever connection there is now."""
        wire, up = self.wires[place[0]], place[1]
        if self.world.healed:
            return
        connection = wire.now_on(lane)
        if connection is not None:
            wire.carry(connection, data, up=up)
        elif up:
            self._on_his_own_line(wire, data)

    def _across(self, place: tuple[int, bool], data: bytes) -> None:
        """Send it to another terminal, or for another one, or to the other issuer."""
        wire, up = self.wires[place[0]], place[1]
        alike = [other for other in self.wires if other.server_link == wire.server_link]
        other = self.world.random.choice(alike)
        if other.lanes and (connection := other.now_on(self.world.random.choice(other.lanes))) is not None:
            other.carry(connection, data, up=up)

    def _on_his_own_line(self, wire: SimulatedLink, data: bytes) -> None:
        """Send it, perhaps with one element hit, on a connection of his own, and hand on what is answered."""
        connection = wire.intrude(lambda answer: self._hand_on(wire, answer))
        if connection is None:
            return
        pieces = [data]
        if self.world.random.randrange(2):
            pieces = damage.aimed(self.world.random, data)[1]
        for piece in pieces:
            wire.carry(connection, piece, up=True)
        self.world.after(self.world.wait(STAYS), lambda: wire.leave(connection))

    def _hand_on(self, wire: SimulatedLink, answer: bytes) -> None:
        """Give an answer to whom it is for, as if it had come on his line."""
        if self.world.healed:
            return
        packet = opened(answer)
        lane = packet.message.de41 if packet is not None and packet.tpdu else ""
        connection = wire.now_on(lane or "")
        if connection is not None:
            wire.carry(connection, answer, up=False)

    def _spliced(self, one: bytes, other: bytes) -> bytes:
        """The header or some elements of one on the body of the other."""
        first, second = opened(one), opened(other)
        if first is None or second is None or first.dialect is not second.dialect:
            return one
        random = self.world.random
        if first.tpdu and random.randrange(4) == 0:
            return DamagedPacket(first.tpdu, first.header, second.dialect, second.message).packed()
        numbers = [n for n, value in second.message.items() if value != first.message.get(n)]
        for number in random.sample(numbers, random.randint(min(1, len(numbers)), min(3, len(numbers)))):
            first.message.set(number, second.message.get(number))
        if random.randrange(8) == 0:
            first.message.mti = second.message.mti
        try:
            mixed = first.packed()
        except PaymentError:
            return one
        return one if any(damage.cancels(whole, mixed) for whole in (one, other)) else mixed
