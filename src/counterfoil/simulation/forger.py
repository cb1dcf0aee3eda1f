"""A forger: somebody who reads all lines, has no key, and speaks to every station in everybody's name.

He knows how messages are built, the numbers that go by, the cards in them and the MACs they carried. He guesses STANs
and batches, and repeats MACs that were right for something else. Now and then he signs a terminal on, many times.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from counterfoil.errors import PaymentError
from counterfoil.iso8583 import CUP_POS, Message, nested
from counterfoil.iso8583.mti import (
    AUTHORISATION,
    BATCH_UPLOAD,
    FINANCIAL_ADVICE,
    NETWORK,
    NETWORK_ADVICE,
    REVERSAL,
    REVERSAL_ADVICE,
    SETTLEMENT,
    answer_of,
    repeat_of,
)
from counterfoil.iso8583.responses import ISSUER_TIMEOUT
from counterfoil.kinds import PURCHASE
from counterfoil.security import MAC_BYTES
from counterfoil.simulation.damage import MAC, DamagedPacket, opened
from counterfoil.simulation.network import Connection, Passing, SimulatedLink
from counterfoil.simulation.world import World
from counterfoil.step import SECOND, Instant

STAYS: Final = 30.0  # mean seconds of a connection
FLOOD: Final = 30  # one in so many times he speaks to the switch
FLOOD_SIZE: Final = (20, 60, 150)
FLOOD_PACE: Final[Instant] = SECOND // 10
KIND: Final = PURCHASE.wire
ASKED, ANSWERED = KIND.mti, answer_of(KIND.mti)
REVERSED, ADVISED, MANAGED = (answer_of(mti) for mti in (REVERSAL, REVERSAL_ADVICE, NETWORK))
REPEATED: Final = repeat_of(REVERSAL_ADVICE)
TO_SWITCH: Final = (
    *(ASKED, ASKED, REVERSAL, REVERSAL, NETWORK, NETWORK_ADVICE, SETTLEMENT, BATCH_UPLOAD),
    *(FINANCIAL_ADVICE, REVERSAL_ADVICE, AUTHORISATION),
)
TO_TERMINAL: Final = (ANSWERED, ANSWERED, REVERSED, REVERSED, MANAGED)
TO_ISSUER: Final = (ASKED, ASKED, REVERSAL_ADVICE, REPEATED, NETWORK, AUTHORISATION, FINANCIAL_ADVICE)
TO_SWITCH_BACK: Final = (ANSWERED, ANSWERED, ADVISED, ADVISED, MANAGED, NETWORK)
CODES: Final = ("00", "00", "10", "11", "A2", "A5", "05", "12", "25", "30", "51", "55", "77", "94", "96", "A0")
SAME, NEXT, NEAR, ANY, NONE = "same", "next", "near", "any", "none"
NUMBERS: Final = (SAME, SAME, NEXT, NEXT, NEAR, ANY, NONE)


class Forger:
    """One of them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._macs: dict[int, bytes] = {}

    def attend(self, wire: SimulatedLink) -> None:
        """Sit on one more line."""
        wire.taps.append(self.hears)

    def hears(self, passing: Passing) -> bool:
        """Learn from it; perhaps speak. What passes goes on its way: False."""
        wire, connection, data, up = passing
        world = self.world
        if not world.chance(world.faults.forger):
            return False
        packet = opened(data)
        if packet is None:
            return False
        mac = packet.message.get(MAC) or packet.message.de128
        if mac and world.random.randrange(2):
            self._macs[id(wire)] = mac
        self._speak(wire, connection, packet, up=up)
        return False

    # --- speaking ---------------------------------------------------------------------------------------------------

    def _speak(self, wire: SimulatedLink, connection: Connection, packet: DamagedPacket, *, up: bool) -> None:
        random = self.world.random
        terminals = bool(packet.tpdu)
        if up and terminals and random.randrange(FLOOD) == 0:
            self._flood(wire, packet)
            return
        if up:
            mti = random.choice(TO_SWITCH if terminals else TO_ISSUER)
        else:
            mti = random.choice(TO_TERMINAL if terminals else TO_SWITCH_BACK)
        build = _terminals if terminals else _issuers
        message = build(self, mti, packet.message)
        self.world.count(f"forged {mti}")
        data = self._signed(wire, packet, message)
        if data is None:
            return
        if not up:
            wire.carry(connection, data, up=False)
        elif random.randrange(4):
            self._alone(wire, [data])
        else:
            wire.carry(connection, data, up=True)

    def _alone(self, wire: SimulatedLink, listed: list[bytes], pace: Instant = 0) -> None:
        """Say these on a connection of his own; what is answered goes to nobody."""
        connection = wire.intrude(lambda _: None)
        if connection is None:
            return
        for number, data in enumerate(listed):
            self.world.after(number * pace, partial(self._if_not_healed, wire, connection, data))
        self.world.after(len(listed) * pace + self.world.wait(STAYS), lambda: wire.leave(connection))

    def _if_not_healed(self, wire: SimulatedLink, connection: Connection, data: bytes) -> None:
        if not self.world.healed:
            wire.carry(connection, data, up=True)

    def _flood(self, wire: SimulatedLink, packet: DamagedPacket) -> None:
        """Sign one terminal on, many times."""
        size = self.world.random.choice(FLOOD_SIZE)
        self.world.count("forged sign-on", size)
        self._alone(wire, [self._sign_on(packet) for _ in range(size)], FLOOD_PACE)

    def _sign_on(self, packet: DamagedPacket) -> bytes:
        message = _terminals(self, NETWORK, packet.message)
        return DamagedPacket(packet.tpdu, packet.header, CUP_POS, message).packed()

    def _signed(self, wire: SimulatedLink, packet: DamagedPacket, message: Message) -> bytes | None:
        """With a MAC that is a guess, was right for something else, or is missing. None for what cannot be written."""
        random = self.world.random
        number = 128 if message.de70 is not None or message.de90 is not None else MAC
        managed = packet.tpdu and message.mti[:2] in ("08", "05", "03")
        if not managed and (how := random.randrange(8)):
            captured = self._macs.get(id(wire))
            message.set(number, captured if captured and how > 4 else random.randbytes(MAC_BYTES))
        try:
            return packet._replace(message=message).packed()
        except PaymentError:
            return None

    # --- guessing ---------------------------------------------------------------------------------------------------

    def number(self, seen: str, *, of: tuple[str, ...] = NUMBERS) -> str:
        """A number like the one that was seen, of as many digits."""
        random, width = self.world.random, len(seen)
        how = random.choice(of)
        if how == SAME or not seen.isdigit():
            return seen
        if how == NONE:
            return "0" * width
        if how == ANY:
            return f"{random.randrange(10**width):0{width}d}"
        return f"{(int(seen) + (1 if how == NEXT else random.randint(2, 150))) % 10**width:0{width}d}"

    def code(self) -> str:
        """A response code."""
        return self.world.random.choice(CODES)

    def chance(self, one_in: int) -> bool:
        """Whether he does it this time."""
        return self.world.random.randrange(one_in) == 0


def _terminals(forger: Forger, mti: str, seen: Message) -> Message:
    """A message of a terminal's line, in the name of the one that was heard."""
    field = seen.de60 or f"{KIND.type}000001000"
    batch = forger.number(field[2:8])
    message = Message(mti, de11=forger.number(seen.de11 or "000001"), de41=seen.de41, de42=seen.de42)
    if mti in (NETWORK, MANAGED):
        message.de60 = nested.build_de60("00", batch, "003")
        if mti == NETWORK:
            message.de62, message.de63 = nested.build_de62_sequence((seen.de41 or "").rjust(12, "0")), "01 "
        else:
            message.de39, message.de62 = "00", forger.world.random.randbytes(40)
        return message
    if mti == NETWORK_ADVICE:
        message.de60 = nested.build_de60("00", batch, "002" if forger.chance(2) else "301")
        return message
    if mti in (SETTLEMENT, BATCH_UPLOAD):
        nothing = nested.Totals(0, 0, 0, 0)
        message.de48 = nested.build_de48_totals(nothing, nothing)
        message.de49, message.de60 = "156", nested.build_de60("00", batch, "201")
        if mti == SETTLEMENT:
            message.de63 = "01 "
        return message
    message.de60 = nested.build_de60(KIND.type, batch, "000")
    message.de3, message.de25, message.de49 = KIND.processing, KIND.condition, seen.de49 or "156"
    message.de4 = seen.de4 if seen.de4 and forger.chance(2) else f"{forger.world.random.randint(1, 30_000):012d}"
    if int(mti[2]) % 2:
        message.de39, message.de37, message.de38 = forger.code(), seen.de37 or "FORGED000000", "000000"
        return message
    track = seen.de35 or ""
    if mti == REVERSAL and not forger.chance(8):
        message.de39, message.de22 = ISSUER_TIMEOUT, "021"
        message.de2 = track.replace("=", "D").partition("D")[0] if track else seen.de2
    elif track:
        message.de35, message.de22 = track, "022"
    else:
        message.de2, message.de22, message.de14 = seen.de2, "012", "3112"
    return message


def _issuers(forger: Forger, mti: str, seen: Message) -> Message:
    """A message of an institution's line, with the numbers of the one that was heard, or numbers like them."""
    message = Message(mti)
    for number in (2, 3, 4, 7, 12, 13, 22, 25, 32, 37, 41, 42, 49):
        message.set(number, seen.get(number))
    message.de11 = forger.number(seen.de11 or "000001")
    if mti in (NETWORK, MANAGED):
        bare = Message(mti, de7=seen.de7, de11=message.de11, de70=seen.de70 or "301")
        bare.de39 = forger.code() if mti == MANAGED else None
        return bare
    if int(mti[2]) % 2:
        message.de39 = forger.code()
        message.de38 = "000000" if forger.chance(2) else None
    if mti in (REVERSAL_ADVICE, REPEATED, ADVISED):
        message.de39 = message.de39 or ISSUER_TIMEOUT
        original = forger.number(seen.de11 or "000001", of=(SAME, SAME, NEXT, ANY))
        when, acquirer = seen.de7 or "0101000000", seen.de32 or "00010344"
        message.de90 = seen.de90 or nested.build_de90(ASKED, original, when, acquirer)
    elif mti == ASKED:
        message.de35 = seen.de35
    if forger.chance(2):
        message.de4 = f"{forger.world.random.randint(1, 30_000):012d}"
    return message
