"""Frames for the load client, made before the clock starts: sign-ons, purchases, reversals, each MACed; and what the
client brought back, with the MACs of the answers verified.

A connection carries `window` terminals that take turns, so that every terminal has one request outstanding; the STAN
counts per connection. Messages to the issuer are those a switch sends.
"""

from __future__ import annotations

import random
import struct
from array import array
from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Final, NamedTuple

from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Message, framing, nested
from counterfoil.security import MacAlgorithm, luhn_digit, write_track2
from counterfoil.security import pin as pins
from counterfoil.security.ciphers import AesKey, DesKey
from counterfoil.security.mac import keyed_des

MAGIC: Final = b"CFLOAD01"
NO_OWN_ANSWER: Final = 1
CLOSE_BEHIND: Final = 2
RESULT: Final = struct.Struct("<B2sxI")
KEPT: Final = struct.Struct("<IIH")
PREFIX: Final = "62999910"
FIRST_CARD: Final = 3_000_000  # the demo has the low numbers
EXPIRY: Final = "3112"
SERVICE: Final = "201"
PIN: Final = "1234"
MERCHANT: Final = "103441054110001"
TPDU: Final = bytes.fromhex("6000030000")
HEADER: Final = bytes.fromhex("603100311300")
FRONT: Final = len(TPDU) + len(HEADER)
MAC_BYTES: Final = 8
NO_MAC: Final = bytes(MAC_BYTES)
CANCELLED, TIMED_OUT = "17", "98"
REVERSED_SHARE: Final = 0.10
FAULT_SHARE: Final = 0.01


class Kind(IntEnum):
    """What a frame is."""

    PURCHASE = 0
    REVERSAL = 1
    REPEAT = 2  # the purchase before it once more
    WRONG_MAC = 3
    CUT_OFF = 4  # a purchase behind which the client drops the connection
    SIGN_ON = 5


class Card(NamedTuple):
    """A card of the bench; every one has the same PIN, or none."""

    pan: str
    track2: str
    pin_block: bytes  # format 0, clear


def entropy(size: int) -> bytes:
    """Nothing here is a secret."""
    return bytes(size)


def cards(count: int, verification_key: bytes) -> list[Card]:
    """`count` cards of a test range, of an issuer with this card verification key."""
    made, cvk = [], DesKey(verification_key)
    for serial in range(FIRST_CARD, FIRST_CARD + count):
        partial = f"{PREFIX}{serial:07d}"
        pan = partial + luhn_digit(partial)
        track2 = write_track2(pan, EXPIRY, SERVICE, cvk, "00000").replace("=", "D")
        made.append(Card(pan, track2, pins.build(0, PIN, pan, entropy)))
    return made


class Terminal:
    """A terminal as its maker knows it: a name, a master key, and after its sign-on working keys and a batch."""

    def __init__(self, number: int, tmk: bytes) -> None:
        self.name = f"B{number:07d}"
        self.master = DesKey(tmk)
        self.batch = "000000"
        self.pik = self.mak = self.master

    def sign_on(self, stan: int) -> bytes:
        """0800 for double-length keys."""
        message = Message(
            "0800",
            de11=f"{stan:06d}",
            de41=self.name,
            de42=MERCHANT,
            de60=nested.build_de60("00", self.batch, "003"),
            de62=nested.build_de62_sequence(self.name.rjust(12, "0")),
            de63="01 ",
        )
        return TPDU + HEADER + CUP_POS.encode(message)

    def take(self, packet: bytes) -> None:
        """The 0810: unwrap the keys and see that their check values agree."""
        message = CUP_POS.decode(packet[FRONT:])
        if message.de39 != "00":
            raise SystemExit(f"{self.name} is not signed on: {message.de39}")
        keys = nested.de62_keys(message.de62)
        self.pik, self.mak = DesKey(self.master.decrypt(keys.pik)), DesKey(self.master.decrypt(keys.mak))
        if (self.pik.encrypt(bytes(8))[:4], self.mak.encrypt(bytes(8))[:4]) != (keys.pik_kcv, keys.mak_kcv):
            raise SystemExit(f"the keys of {self.name} do not prove themselves")
        self.batch = nested.de60(message.de60).batch

    def purchase(self, stan: int, amount: int, card: Card, *, pin: bool) -> bytes:
        """0200 by stripe, MACed."""
        fields: dict[str, str | bytes] = {
            "de3": "000000",
            "de4": f"{amount:012d}",
            "de11": f"{stan:06d}",
            "de22": "021" if pin else "022",
            "de25": "00",
            "de35": card.track2,
            "de41": self.name,
            "de42": MERCHANT,
            "de49": "156",
            "de53": "2600000000000000" if pin else "0600000000000000",
            "de60": f"22{self.batch}000",
            "de64": NO_MAC,
        }
        if pin:
            fields |= {"de26": "12", "de52": self.pik.encrypt(card.pin_block)}
        return self._sealed(Message.of("0200", fields))

    def reversal(self, stan: int, amount: int, card: Card, *, pin: bool, reason: str) -> bytes:
        """0400 of the purchase with that STAN."""
        fields: dict[str, str | bytes] = {
            "de2": card.pan,
            "de3": "000000",
            "de4": f"{amount:012d}",
            "de11": f"{stan:06d}",
            "de22": "021" if pin else "022",
            "de25": "00",
            "de39": reason,
            "de41": self.name,
            "de42": MERCHANT,
            "de49": "156",
            "de60": f"22{self.batch}000",
            "de64": NO_MAC,
        }
        return self._sealed(Message.of("0400", fields))

    def vouches(self, packet: bytes) -> bool:
        """Whether an answer carries the MAC of this terminal's key."""
        return keyed_des(self.mak, MacAlgorithm.CUP_ECB).closes(packet[FRONT:])

    def _sealed(self, message: Message) -> bytes:
        body = CUP_POS.encode(message)[:-MAC_BYTES]
        return TPDU + HEADER + body + keyed_des(self.mak, MacAlgorithm.CUP_ECB).of(body)


class Acquirer:
    """A switch as an issuer sees it. DE7 and DE11 count up over all connections, as a switch's do."""

    def __init__(self, zone_mac: bytes, zone_pin: bytes) -> None:
        self._mac = AesKey(zone_mac)
        self._pin = DesKey(zone_pin)
        self.tick = 0

    def purchase(self, amount: int, card: Card, *, pin: bool) -> bytes:
        """0200 as a switch forwards it."""
        self.tick += 1
        second, micro = divmod(self.tick, 999_999)
        fields: dict[str, str | bytes] = {
            "de2": card.pan,
            "de3": "000000",
            "de4": f"{amount:012d}",
            "de7": f"{1123000000 + second:010d}",
            "de11": f"{micro + 1:06d}",
            "de12": "101500",
            "de13": "1123",
            "de14": EXPIRY,
            "de18": "5411",
            "de22": "021" if pin else "022",
            "de25": "00",
            "de32": "00010344",
            "de35": card.track2,
            "de37": f"6{self.tick:011d}",
            "de41": "B0000001",
            "de42": MERCHANT,
            "de49": "156",
            "de64": NO_MAC,
        }
        if pin:
            fields["de52"] = self._pin.encrypt(card.pin_block)
        body = ISO87_ASCII.encode(Message.of("0200", fields))[:-MAC_BYTES]
        return body + self._mac.cmac(body)[:MAC_BYTES]

    def vouches(self, packet: bytes) -> bool:
        """Whether an answer carries the MAC of the zone key."""
        return self._mac.cmac(packet[:-MAC_BYTES])[:MAC_BYTES] == packet[-MAC_BYTES:]


class Stream:
    """The frames of one connection, and what each of them is."""

    def __init__(self) -> None:
        self.wire = bytearray()
        self.flags = bytearray()
        self.kinds = bytearray()
        self.slots = array("H")
        self.stans = array("I")
        self.amounts = array("I")

    def add(self, packet: bytes, kind: Kind, slot: int, stan: int, amount: int = 0) -> None:
        """Put a frame at the end."""
        self.wire += framing.frame(packet)
        self.flags.append({Kind.REPEAT: NO_OWN_ANSWER, Kind.CUT_OFF: CLOSE_BEHIND}.get(kind, 0))
        self.kinds.append(kind)
        self.slots.append(slot)
        self.stans.append(stan)
        self.amounts.append(amount)


def write(streams: Sequence[Stream], path: Path) -> None:
    """The file the client replays; its format is told in load/load.c."""
    with path.open("wb") as file:
        file.write(MAGIC + struct.pack("<II", len(streams), 0))
        at = 16 + 24 * len(streams)
        for stream in streams:
            file.write(struct.pack("<QQII", at, at + len(stream.wire), len(stream.flags), 0))
            at += len(stream.wire) + len(stream.flags)
        for stream in streams:
            file.write(stream.wire)
            file.write(stream.flags)


class Outcome(NamedTuple):
    """What became of one frame: `state` 0 not sent, 1 without an answer, 2 answered with `code`."""

    connection: int
    kind: int
    slot: int
    stan: int
    amount: int
    state: int
    code: bytes


def outcomes(streams: Sequence[Stream], path: Path) -> Iterator[Outcome]:
    """The client's results, frame by frame."""
    results = RESULT.iter_unpack(path.read_bytes())
    for number, stream in enumerate(streams):
        told = zip(stream.kinds, stream.slots, stream.stans, stream.amounts, strict=True)
        for (kind, slot, stan, amount), (state, code, _) in zip(told, results, strict=False):
            yield Outcome(number, kind, slot, stan, amount, state, code)


def kept(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """(connection, frame, packet) of the answers the client kept."""
    data = path.read_bytes()
    at = 0
    while at < len(data):
        connection, frame, size = KEPT.unpack_from(data, at)
        at += KEPT.size
        yield connection, frame, data[at : at + size]
        at += size


class Fleet:
    """The terminals of every connection, their cards, and the STAN each connection has come to."""

    def __init__(self, terminals: Sequence[Terminal], connections: int, window: int, wallet: Sequence[Card]) -> None:
        self.lanes = [terminals[n * window : (n + 1) * window] for n in range(connections)]
        self.stans = [0] * connections
        self._wallet = wallet

    def card(self, connection: int, stan: int) -> Card:
        """The card that pays under this STAN."""
        return self._wallet[(stan * len(self.lanes) + connection) % len(self._wallet)]

    def stan(self, connection: int) -> int:
        """The next STAN of a connection."""
        self.stans[connection] += 1
        return self.stans[connection]

    def sign_ons(self) -> list[Stream]:
        """A sign-on of every terminal."""
        streams = []
        for number, lane in enumerate(self.lanes):
            stream = Stream()
            for slot, terminal in enumerate(lane):
                stan = self.stan(number)
                stream.add(terminal.sign_on(stan), Kind.SIGN_ON, slot, stan)
            streams.append(stream)
        return streams

    def sales(self, each: int, *, pin: bool, mixed: int | None = None) -> list[Stream]:
        """`each` frames a connection: purchases; with a seed for `mixed`, reversals and faults among them."""
        draw = random.Random(mixed).random if mixed is not None else None
        return [self._lane(number, each, pin, draw) for number in range(len(self.lanes))]

    def _lane(self, number: int, each: int, pin: bool, draw: Callable[[], float] | None) -> Stream:
        stream, lane = Stream(), self.lanes[number]
        owed: dict[int, tuple[int, int, str]] = {}  # slot → STAN, amount and reason of what it reverses next
        for turn in range(each):
            slot = turn % len(lane)
            terminal = lane[slot]
            if slot in owed:
                stan, amount, reason = owed.pop(slot)
                packet = terminal.reversal(stan, amount, self.card(number, stan), pin=pin, reason=reason)
                stream.add(packet, Kind.REVERSAL, slot, stan, amount)
                continue
            stan = self.stan(number)
            amount = 100 + stan % 900
            packet = terminal.purchase(stan, amount, self.card(number, stan), pin=pin)
            share = draw() if draw is not None else 1.0
            if share < FAULT_SHARE:
                owed |= self._broken(stream, share, packet, (slot, stan, amount))
                continue
            stream.add(packet, Kind.PURCHASE, slot, stan, amount)
            if share < FAULT_SHARE + REVERSED_SHARE:
                owed[slot] = (stan, amount, CANCELLED)
        return stream

    def _broken(
        self, stream: Stream, share: float, packet: bytes, what: tuple[int, int, int]
    ) -> dict[int, tuple[int, int, str]]:
        """A purchase that goes wrong in one of three ways; what its terminal must reverse next."""
        slot, stan, amount = what
        if share < FAULT_SHARE / 3:
            stream.add(packet, Kind.CUT_OFF, *what)
            return {slot: (stan, amount, TIMED_OUT)}
        if share < FAULT_SHARE * 2 / 3:
            stream.add(packet, Kind.PURCHASE, *what)
            stream.add(packet, Kind.REPEAT, *what)
        else:
            stream.add(packet[:-1] + bytes((packet[-1] ^ 1,)), Kind.WRONG_MAC, *what)
        return {}

    def closing(self, unknown: Sequence[Outcome], *, pin: bool) -> list[Stream]:
        """A reversal of every purchase whose outcome the client does not know."""
        streams = [Stream() for _ in self.lanes]
        for one in unknown:
            terminal, card = self.lanes[one.connection][one.slot], self.card(one.connection, one.stan)
            packet = terminal.reversal(one.stan, one.amount, card, pin=pin, reason=TIMED_OUT)
            streams[one.connection].add(packet, Kind.REVERSAL, one.slot, one.stan, one.amount)
        return streams


def forwarded(acquirer: Acquirer, wallet: Sequence[Card], connections: int, each: int, *, pin: bool) -> list[Stream]:
    """`each` purchases a connection as a switch sends them; numbered in the order they are likely to arrive in."""
    streams = [Stream() for _ in range(connections)]
    for _ in range(each):
        for stream in streams:
            amount = 100 + acquirer.tick % 900
            packet = acquirer.purchase(amount, wallet[acquirer.tick % len(wallet)], pin=pin)
            stream.add(packet, Kind.PURCHASE, 0, acquirer.tick, amount)
    return streams
