"""The door of a listening port: how many come in, who makes room, and how long somebody may stand there silent.

Whoever connects costs a descriptor before anything is known of him, so a port that lets everybody in is shut by whoever
connects most often. A door therefore lets newcomers in even when it is full, and closes in their place a connection
that has proved nothing: the oldest that never spoke, else the one that spoke and was silent longest since. A connection
that proved who it is (a valid MAC, a right token, a request that is being answered) is never closed for another one.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import ssl
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from itertools import takewhile
from typing import Any, Final

from counterfoil.links.limits import PortLimits

Note = Callable[..., None]
Make = Callable[["Guest"], asyncio.Protocol]

BURST: Final = 64
"""Connections taken from the kernel in one turn of the loop, at most; the others wait there."""

HOLD_SECONDS: Final = 0.1
"""How long nobody is let in after the system had no descriptor left."""

TOLD: Final = 10
TOLD_SECONDS: Final = 60.0
"""Lines of the log that strangers cause: so many of one kind in a minute; the rest is counted in the next one."""

BACKLOG: Final = 1024
IPV6_SITE: Final = 64
"""Bits of an IPv6 address that count as one place: whoever has one address has the network."""


def place_of(host: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 an IPv6 address lies in."""
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(found, ipaddress.IPv4Address):
        return host
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, IPV6_SITE), strict=False).network_address)


class Guest:
    """One connection that was let in, as its protocol tells of it. Every method may be called at any time."""

    __slots__ = ("_door", "halfway", "kept", "place", "read", "spoken", "task", "transport")

    def __init__(self, door: Door, place: str) -> None:
        self._door = door
        self.place = place
        self.transport: asyncio.BaseTransport | None = None
        self.task: asyncio.Task[Any] | None = None
        self.spoken = False
        self.kept = False
        self.halfway = False
        self.read = True
        """Whether its protocol reads from it; while it does not, no end of a message is owed."""

    def seated(self, transport: asyncio.BaseTransport) -> None:
        """Its connection is up (`connection_made`)."""
        self.transport = transport

    def heard(self, *, whole: bool, rest: int) -> None:
        """Bytes came: whether a whole message was among them, and how many bytes of one that has not ended."""
        if whole and not self.kept:
            self._door.spoke(self)
        if rest and (whole or not self.halfway):
            self.owes()
        elif self.halfway and not rest:
            self.paid()

    def owes(self) -> None:
        """From now on it owes something: the end of a message, or to take an answer."""
        self._door.begins(self)

    def paid(self) -> None:
        """It owes nothing."""
        self._door.ends(self)

    def keep(self) -> None:
        """It proved who it is, or its request is being answered: it is closed for nobody."""
        if not self.kept:
            self._door.keeps(self)

    def rest(self) -> None:
        """Nothing of it is under way any more; it may make room again."""
        self.kept = False
        self._door.spoke(self)

    def left(self) -> None:
        """Its connection is gone (`connection_lost`)."""
        self._door.leaves(self)


class _Room:
    """Connections that may have to make room, of one address or of all."""

    __slots__ = ("count", "idle", "unspoken")

    def __init__(self) -> None:
        self.count = 0
        self.unspoken: OrderedDict[Guest, None] = OrderedDict()
        self.idle: OrderedDict[Guest, None] = OrderedDict()

    def least(self) -> Guest | None:
        """Who makes room first; None when all proved who they are."""
        return next(iter(self.unspoken), None) or next(iter(self.idle), None)

    def forget(self, guest: Guest) -> None:
        self.unspoken.pop(guest, None)
        self.idle.pop(guest, None)


class _Owed:
    """Connections that owe something, in the order in which they began to; `over` hears of each that owes too long."""

    def __init__(self, seconds: float, over: Callable[[Guest], None]) -> None:
        self._seconds = seconds
        self._over = over
        self._since: OrderedDict[Guest, float] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, guest: Guest) -> None:
        self._since.pop(guest, None)
        self._since[guest] = asyncio.get_running_loop().time()
        if self._timer is None:
            self._arm()

    def end(self, guest: Guest) -> None:
        self._since.pop(guest, None)

    def stop(self) -> None:
        self._since.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        first = next(iter(self._since.values()), None)
        if first is not None:
            self._timer = asyncio.get_running_loop().call_at(first + self._seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        until = asyncio.get_running_loop().time() - self._seconds
        late = [guest for guest, _ in takewhile(lambda each: each[1] <= until, self._since.items())]
        for guest in late:
            self._since.pop(guest, None)
            self._over(guest)
        if self._timer is None:
            self._arm()


class Seldom:
    """A log that strangers can make us write to: TOLD lines of a kind a minute, then one that counts the rest."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._told: dict[str, tuple[float, int]] = {}

    def __call__(self, event: str, **facts: str | int) -> None:
        """Write a line, or count it."""
        now = asyncio.get_running_loop().time()
        since, count = self._told.get(event, (now, 0))
        more = {}
        if now - since >= TOLD_SECONDS:
            more = {"unsaid": count - TOLD} if count > TOLD else {}
            since, count = now, 0
        self._told[event] = since, count + 1
        if count < TOLD:
            self._note(event, **facts, **more)


class Door:
    """One listening port. `make` gives the protocol of a guest; `farewell` is what one hears who cannot be let in."""

    def __init__(self, name: str, limits: PortLimits, note: Note, make: Make, *, farewell: bytes = b"") -> None:
        self.name = name
        self.limits = limits
        self.port = 0
        self.note: Note = Seldom(note)
        self._make = make
        self._farewell = farewell
        self._burst = max(1, min(BURST, limits.each // 8))
        self._tls: ssl.SSLContext | None = None
        self._listening: socket.socket | None = None
        self._held: asyncio.TimerHandle | None = None
        self._all = _Room()
        self._places: dict[str, _Room] = {}
        self._unspoken = _Owed(limits.unspoken, self._mute)
        self._halfway = _Owed(limits.half, self._late)
        self._seating: set[Guest] = set()

    def __len__(self) -> int:
        """How many connections are in."""
        return self._all.count

    @property
    def open(self) -> bool:
        """Whether somebody can connect."""
        return self._listening is not None

    def listen(self, host: str, port: int) -> None:
        """Take a port and begin to let in; `port` 0 takes a free one. OSError when the port is taken."""
        self.bind(host, port)
        self.begin()

    def bind(self, host: str, port: int) -> None:
        """Take a port: whoever connects waits until `begin`. OSError when it is taken."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
        self._listening.setblocking(False)
        self.port = self._listening.getsockname()[1]

    def begin(self, tls: ssl.SSLContext | None = None) -> None:
        """Let in whoever connects, under TLS where there is a context for it."""
        assert self._listening is not None, "bind comes first"
        self._tls = tls
        asyncio.get_running_loop().add_reader(self._listening, self._accept)

    def close(self) -> None:
        """Let nobody in any more. Whoever is in and has spoken stays; the others are let go."""
        if self._held is not None:
            self._held.cancel()
            self._held = None
        if self._listening is not None:
            asyncio.get_running_loop().remove_reader(self._listening)
            self._listening.close()
            self._listening = None
        for guest in [*self._seating, *self._all.unspoken]:
            self._dismiss(guest)
        if not self._all.count:
            self._unspoken.stop()
            self._halfway.stop()

    # --- what guests tell ---

    def spoke(self, guest: Guest) -> None:
        """A whole message came, or its answer is out: of those who spoke it is the one that was silent shortest."""
        room = self._places.get(guest.place)
        if room is None or guest.transport is None:
            return
        if not guest.spoken:
            guest.spoken = True
            self._unspoken.end(guest)
        for each in (room, self._all):
            each.forget(guest)
            each.idle[guest] = None

    def keeps(self, guest: Guest) -> None:
        """It makes room for nobody."""
        guest.kept = guest.spoken = True
        self._unspoken.end(guest)
        for each in (self._places.get(guest.place), self._all):
            if each is not None:
                each.forget(guest)

    def begins(self, guest: Guest) -> None:
        """A part of a message came, and not its end."""
        if guest.place:
            guest.halfway = True
            self._halfway.begin(guest)

    def ends(self, guest: Guest) -> None:
        """No part of a message waits for its end."""
        guest.halfway = False
        self._halfway.end(guest)

    def leaves(self, guest: Guest) -> None:
        """Forget it; harmless when that was done."""
        self._seating.discard(guest)
        room = self._places.get(guest.place)
        if guest.place and room is not None:
            room.forget(guest)
            room.count -= 1
            if not room.count:
                del self._places[guest.place]
            self._all.forget(guest)
            self._all.count -= 1
            self._unspoken.end(guest)
            self._halfway.end(guest)
            guest.place = ""

    # --- letting in ---

    def _accept(self) -> None:
        listening = self._listening
        for turn in range(self._burst):
            if listening is None or listening is not self._listening:
                return
            try:
                sock, peer = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if not turn:  # later ones may wait for nobody: the kernel looks for a descriptor first
                    self._exhausted(error)
                return
            sock.setblocking(False)
            self._admit(sock, place_of(str(peer[0])))

    def _admit(self, sock: socket.socket, place: str) -> None:
        room = self._places.get(place) or _Room()
        crowded = room if room.count >= self.limits.each else self._all if len(self) >= self.limits.total else None
        if crowded is not None:
            least = crowded.least()
            self.note("too_many_connections", door=self.name, place=place, open=len(self))
            if least is None:
                self._refuse(sock)
                return
            self._dismiss(least)
        room = self._places.setdefault(place, room)  # the one that made room may have been its last
        guest = Guest(self, place)
        for each in (room, self._all):
            each.count += 1
            each.unspoken[guest] = None
        self._unspoken.begin(guest)
        self._seating.add(guest)
        guest.task = asyncio.get_running_loop().create_task(self._seat(guest, sock))
        guest.task.add_done_callback(partial(self._seated, guest, sock))

    async def _seat(self, guest: Guest, sock: socket.socket) -> None:
        seconds = self.limits.unspoken if self._tls is not None else None
        await asyncio.get_running_loop().connect_accepted_socket(
            partial(self._make, guest), sock, ssl=self._tls, ssl_handshake_timeout=seconds
        )

    def _seated(self, guest: Guest, sock: socket.socket, task: asyncio.Task[None]) -> None:
        """Its connection is up, or will never be."""
        guest.task = None
        self._seating.discard(guest)
        if guest.transport is None:
            sock.close()
            self.leaves(guest)
        if not task.cancelled():
            error = task.exception()
            if error is not None:
                self.note("not_seated", door=self.name, error=type(error).__name__)

    def _refuse(self, sock: socket.socket) -> None:
        try:
            if self._farewell and self._tls is None:
                sock.send(self._farewell)
        except OSError:
            pass  # whoever left already need not hear it
        finally:
            sock.close()

    def _exhausted(self, error: OSError) -> None:
        """No descriptor, or no memory for a socket: make room, and let nobody in for a moment instead of spinning."""
        self.note("accept_failed", door=self.name, reason=errno.errorcode.get(error.errno or 0, "?"), open=len(self))
        least = self._all.least()
        if least is not None:
            self._dismiss(least)
        loop = asyncio.get_running_loop()
        assert self._listening is not None
        loop.remove_reader(self._listening)
        self._held = loop.call_later(HOLD_SECONDS, self._go_on)

    def _go_on(self) -> None:
        self._held = None
        if self._listening is not None:
            asyncio.get_running_loop().add_reader(self._listening, self._accept)

    # --- showing out ---

    def _mute(self, guest: Guest) -> None:
        self.note("unspoken_closed", door=self.name, place=guest.place)
        self._dismiss(guest)

    def _late(self, guest: Guest) -> None:
        if not guest.read:
            self._halfway.begin(guest)
            return
        self.note("half_sent_closed", door=self.name, place=guest.place)
        self._dismiss(guest)

    def _dismiss(self, guest: Guest) -> None:
        """End a connection at once."""
        self.leaves(guest)
        if guest.task is not None:
            guest.task.cancel()
        if isinstance(guest.transport, asyncio.WriteTransport):
            guest.transport.abort()
