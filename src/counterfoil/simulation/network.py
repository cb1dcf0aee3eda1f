"""The network between two processes: connections, and everything that can happen to a message on one.

A connection has two ends that can disagree about it: after a silent crash the surviving end believes in it until it
says something and hears that nobody is there (RST). A message that was handed to a connection is never reported as
not sent. Without reordering the messages of one direction arrive in order, as over TCP.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from counterfoil.simulation import damage
from counterfoil.simulation.node import Node
from counterfoil.simulation.world import World
from counterfoil.step import SECOND, Closed, Conn, Connected, Frame, Instant, NotSent, Send

REDIAL: Final[Instant] = SECOND
CONNECT: Final[Instant] = 5 * SECOND  # how long a connecting side waits for an answer
LEAST_DELAY: Final[Instant] = 100
GRACEFUL: Final = 0.5  # the share of deaths after which the kernel still delivers what the process had said
MOST_COPIES: Final = 3
LINGER: Final = 20.0  # mean seconds until the far end of a connection hears that it is closed

Heard = Callable[[bytes], None]


class Connection:
    """One connection: which ends still believe in it, and when the last message of each direction arrives.

    `stranger` hears what the server says on a connection of somebody who is no station.
    """

    def __init__(self, lane: Conn, number: int, stranger: Heard | None = None) -> None:
        self.lane = lane
        self.number = number
        self.client_open = stranger is None
        self.server_open = True
        self.latest = {True: 0, False: 0}
        self.stranger = stranger


class Passing(NamedTuple):
    """A message on its way, as somebody on the line hears it."""

    wire: SimulatedLink
    connection: Connection
    data: bytes
    up: bool


Tap = Callable[[Passing], bool]
"""Somebody who is no station hears what passes; True when he keeps it."""
Reader = Callable[["SimulatedLink", bytes], bool]
"""Whether whoever is about to read a message closes the connection upon it instead."""


class SimulatedLink:
    """A link: `client_link` of `client` connects to `server_link` of `server`, one connection per lane."""

    def __init__(self, client: Node, client_link: str, server: Node, server_link: str, *, eager: bool) -> None:
        self.world: World = client.world
        self.client, self.client_link = client, client_link
        self.server, self.server_link = server, server_link
        self.eager = eager
        self.flying = 0
        self.refused: dict[tuple[Conn, int], bytes] = {}  # by lane and token: the last one that was not sent
        self._lanes: dict[Conn, Connection] = {}
        self._accepted: dict[Conn, Connection] = {}
        self._dialling: dict[Conn, list[Send]] = {}
        self.taps: list[Tap] = []
        self.hangs_up: Reader | None = None
        client.wires.append(self)
        server.wires.append(self)

    def is_meant(self, node: Node, link: str, conn: Conn) -> bool:
        """Whether `node` means this wire by a link and a connection; several wires may end in one server link."""
        if node is self.client:
            return link == self.client_link
        return link == self.server_link and conn in self._accepted

    def connected(self, lane: Conn) -> int:
        """The number of the connection the client believes in on this lane, 0 when there is none."""
        connection = self._lanes.get(lane)
        return connection.number if connection is not None else 0

    # --- the processes at the ends ----------------------------------------------------------------------------------

    def came_up(self, node: Node) -> None:
        """An end started: an eager link connects."""
        assert node in {self.client, self.server}
        if self.eager:
            self._dial("")

    def went_down(self, node: Node, *, silent: bool) -> None:
        """An end died. Unless it did so silently, the other one is told: at once (RST), or after what had been sent."""
        up = node is self.client
        for connection in [*self._lanes.values(), *self._accepted.values()]:
            if up and connection.stranger:
                continue
            self._forget(connection, client=up, server=not up)
            if not silent:
                close = partial(self._close_server if up else self._close_client, connection)
                if self.world.random.random() < GRACEFUL:
                    self.world.at(connection.latest[up], close)
                else:
                    close()
        if node is self.client:
            self._dialling.clear()

    # --- connecting -------------------------------------------------------------------------------------------------

    def _dial(self, lane: Conn) -> None:
        """Begin to connect a lane, unless it is connected or on its way."""
        if not self.client.up or lane in self._lanes or lane in self._dialling:
            return
        waiting = self._dialling[lane] = []
        cut = self._cut(up=True) or self._cut(up=False)
        delay = CONNECT if cut else self._delay()
        self.world.after(delay, lambda: self._dialled(lane, waiting, reached=not cut))

    def _dialled(self, lane: Conn, waiting: list[Send], *, reached: bool) -> None:
        if self._dialling.get(lane) is not waiting:
            return  # the process that dialled is gone
        del self._dialling[lane]
        if not reached or not self.server.up:
            for send in waiting:
                self._refuse(send)
            if self.eager:
                self.world.after(REDIAL, lambda: self._dial(lane))
            return
        connection = Connection(lane, self.world.number())
        self._lanes[lane] = self._accepted[connection.number] = connection
        self.client.deliver(Connected(self.client_link, lane))
        self.server.deliver(Connected(self.server_link, connection.number))
        for send in waiting:
            if send.before and send.before < self.client.clock():
                self._refuse(send)
            else:
                self._carry(connection, send.data, up=True)

    def _refuse(self, send: Send) -> None:
        if send.token:
            self.world.count("not sent")
            self.refused[send.conn, send.token] = send.data
            self.client.deliver(NotSent(send.link, send.conn, send.token))

    # --- closing ----------------------------------------------------------------------------------------------------

    def hang_up(self, node: Node, conn: Conn) -> None:
        """One end closes a connection; both hear of it."""
        connection = self._lanes.get(conn) if node is self.client else self._accepted.get(conn)
        if connection is not None:
            self._close_client(connection)
            self._close_server(connection)

    def _forget(self, connection: Connection, *, client: bool = False, server: bool = False) -> None:
        if client and connection.client_open:
            connection.client_open = False
            if self._lanes.get(connection.lane) is connection:
                del self._lanes[connection.lane]
        if server and connection.server_open:
            connection.server_open = False
            del self._accepted[connection.number]

    def _close_client(self, connection: Connection) -> None:
        if connection.client_open:
            self._forget(connection, client=True)
            self.client.deliver(Closed(self.client_link, connection.lane))
            if self.eager:
                self.world.after(REDIAL // 10, lambda: self._dial(connection.lane))

    def _close_server(self, connection: Connection) -> None:
        if connection.server_open:
            self._forget(connection, server=True)
            self.server.deliver(Closed(self.server_link, connection.number))

    def _reset(self, connection: Connection) -> None:
        """A connection turns out to be closed. What was on its way up may still arrive before the server hears of it,
        even behind what a newer connection brought.
        """
        self._close_client(connection)
        if self.world.chance(self.world.faults.stale):
            self.world.count("stale connection")
            self.world.after(self.world.wait(LINGER), lambda: self._close_server(connection))
        else:
            self._close_server(connection)

    # --- somebody on the line ---------------------------------------------------------------------------------------

    def now_on(self, lane: Conn) -> Connection | None:
        """The connection the client believes in on this lane."""
        return self._lanes.get(lane)

    @property
    def lanes(self) -> list[Conn]:
        """The lanes that are connected."""
        return list(self._lanes)

    def intrude(self, heard: Heard) -> Connection | None:
        """A connection to the server of somebody who is no station; None when the server is down."""
        if not self.server.up:
            return None
        connection = Connection("", self.world.number(), heard)
        self._accepted[connection.number] = connection
        self.server.deliver(Connected(self.server_link, connection.number))
        return connection

    def leave(self, connection: Connection) -> None:
        """Whoever is no station hangs up."""
        self._close_server(connection)

    # --- messages ---------------------------------------------------------------------------------------------------

    def send(self, node: Node, item: Send) -> None:
        """Take one message from a process."""
        if node is self.server:
            connection = self._accepted.get(item.conn)
            if connection is not None:
                self._carry(connection, item.data, up=False)
            return
        connection = self._lanes.get(item.conn)
        if connection is not None and self.world.chance(self.world.faults.reset):
            self.world.count("reset")
            self._reset(connection)
            connection = None
        if connection is not None:
            self._carry(connection, item.data, up=True)
        elif self.eager:
            self._refuse(item)
        else:
            self._dial(item.conn)
            self._dialling[item.conn].append(item)

    def _cut(self, *, up: bool) -> bool:
        source, target = (self.client, self.server) if up else (self.server, self.client)
        elapsed = self.world.now - self.world.begin
        return not self.world.healed and any(
            c.start <= elapsed < c.end and c.source == source.name and c.target == target.name
            for c in self.world.faults.cuts
        )

    def _delay(self) -> Instant:
        mean = 20_000 if self.world.healed else self.world.faults.mean_delay
        return int(self.world.random.expovariate(1.0) * mean) + LEAST_DELAY

    def _carry(self, connection: Connection, data: bytes, *, up: bool) -> None:
        """A station, or whoever answers in its place, has said this."""
        if self.taps and not self.world.healed and self._is_kept(connection, data, up=up):
            return
        self.carry(connection, data, up=up)

    def _is_kept(self, connection: Connection, data: bytes, *, up: bool) -> bool:
        passing = Passing(self, connection, data, up)
        kept = [tap(passing) for tap in self.taps]  # all of them hear it
        return any(kept)

    def carry(self, connection: Connection, data: bytes, *, up: bool) -> None:
        """Let the network do with a message what it does."""
        world, faults = self.world, self.world.faults
        if self._cut(up=up):
            world.count("partition")
            return
        if faults.each:
            self._carry_each(connection, data, up=up)
            return
        if world.chance(faults.drop):
            self._lose(data, up=up)
            return
        pieces = self._damaged(data) if world.chance(faults.corrupt) else [data]
        copies = 1
        if world.chance(faults.duplicate):
            world.count("duplicate")
            copies = 2
        for _ in range(copies):
            self._fly(connection, pieces, up=up)

    def _carry_each(self, connection: Connection, data: bytes, *, up: bool) -> None:
        """Several copies, perhaps, and each is lost, damaged and delayed by itself."""
        world, faults = self.world, self.world.faults
        copies = 1
        while copies < MOST_COPIES and world.chance(faults.duplicate):
            world.count("duplicate")
            copies += 1
        for _ in range(copies):
            if world.chance(faults.drop):
                self._lose(data, up=up)
            else:
                self._fly(connection, self._damaged(data) if world.chance(faults.corrupt) else [data], up=up)

    def _lose(self, data: bytes, *, up: bool) -> None:
        self.world.count("drop")
        self.world.note(f"{self._label(up=up)} loses {len(data)}")

    def _fly(self, connection: Connection, pieces: list[bytes], *, up: bool) -> None:
        world, faults = self.world, self.world.faults
        when = world.now + self._delay()
        if world.chance(faults.slow):
            world.count("delay")
            when += world.random.randrange(5, 90) * SECOND
        elif world.healed or not faults.reorder:
            when = connection.latest[up] = max(when, connection.latest[up])
        for piece in pieces:
            self.flying += 1
            world.at(when, partial(self._arrive, connection, piece, up=up))

    def _damaged(self, data: bytes) -> list[bytes]:
        """What is left of a message: one, or two when its length was hit."""
        world = self.world
        if world.chance(world.faults.aimed):
            kind, pieces = damage.aimed(world.random, data)
        else:
            kind, left = damage.anywhere(world.random, data)
            pieces = [left]
        world.count(f"corrupt {kind}")
        return pieces

    def _arrive(self, connection: Connection, data: bytes, *, up: bool) -> None:
        self.flying -= 1
        world = self.world
        if not up and connection.stranger:
            connection.stranger(data)
            return
        there = connection.server_open if up else connection.client_open
        if there and self.hangs_up is not None and not world.healed and self.hangs_up(self, data):
            self._reset(connection)
            return
        if not there:
            world.note(f"{self._label(up=up)} finds nobody")
            # The machine is up again and knows no such connection: it says so.
            if up and self.server.up:
                self._close_client(connection)
            elif not up and self.client.up:
                self._close_server(connection)
            return
        world.note(f"{self._label(up=up)} {len(data)} {hashlib.blake2b(data, digest_size=4).hexdigest()}")
        if up:
            self.server.deliver(Frame(self.server_link, connection.number, data, self.server.clock()))
        else:
            self.client.deliver(Frame(self.client_link, connection.lane, data, self.client.clock()))

    def _label(self, *, up: bool) -> str:
        return f"{self.client.name} {'>' if up else '<'} {self.server.name}"


def links_of(node: Node) -> list[SimulatedLink]:
    """The links that end in a process."""
    return [wire for wire in node.wires if isinstance(wire, SimulatedLink)]
