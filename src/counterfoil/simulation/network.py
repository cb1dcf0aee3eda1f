"""The network between two processes: connections, and everything that can happen to a message on one.

A connection has two ends that can disagree about it: after a silent crash the surviving end believes in it until it
says something and hears that nobody is there (RST). A message that was handed to a connection is never reported as
not sent. Without reordering the messages of one direction arrive in order, as over TCP.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Final

from counterfoil.simulation.node import Node
from counterfoil.simulation.world import World
from counterfoil.step import SECOND, Closed, Conn, Connected, Frame, Instant, NotSent, Send

REDIAL: Final[Instant] = SECOND
CONNECT: Final[Instant] = 5 * SECOND  # how long a connecting side waits for an answer
LEAST_DELAY: Final[Instant] = 100
GRACEFUL: Final = 0.5  # the share of deaths after which the kernel still delivers what the process had said


class Connection:
    """One connection: which ends still believe in it, and when the last message of each direction arrives."""

    def __init__(self, lane: Conn, number: int) -> None:
        self.lane = lane
        self.number = number
        self.client_open = True
        self.server_open = True
        self.latest = {True: 0, False: 0}


class Wire:
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

    def came_up(self, _node: Node) -> None:
        """An end started: an eager link connects."""
        if self.eager:
            self._dial("")

    def went_down(self, node: Node, *, silent: bool) -> None:
        """An end died. Unless it did so silently, the other one is told: at once (RST), or after what had been sent."""
        for connection in [*self._lanes.values(), *self._accepted.values()]:
            up = node is self.client
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
            self._close_client(connection)
            self._close_server(connection)
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
        world, faults = self.world, self.world.faults
        if self._cut(up=up):
            world.count("partition")
            return
        if world.chance(faults.drop):
            world.count("drop")
            world.note(f"{self._label(up=up)} loses {len(data)}")
            return
        if world.chance(faults.corrupt):
            data = self._corrupted(data)
        copies = 1
        if world.chance(faults.duplicate):
            world.count("duplicate")
            copies = 2
        for _ in range(copies):
            when = world.now + self._delay()
            if world.chance(faults.slow):
                world.count("delay")
                when += world.random.randrange(5, 90) * SECOND
            elif world.healed or not faults.reorder:
                when = connection.latest[up] = max(when, connection.latest[up])
            self.flying += 1
            world.at(when, lambda: self._arrive(connection, data, up=up))

    def _corrupted(self, data: bytes) -> bytes:
        """A bit flipped, the end missing, or noise of the same length."""
        rng = self.world.random
        kind = rng.choice(("flip", "flip", "truncate", "noise"))
        self.world.count(f"corrupt {kind}")
        where = rng.randrange(len(data))
        if kind == "flip":
            return data[:where] + bytes([data[where] ^ (1 << rng.randrange(8))]) + data[where + 1 :]
        return data[: max(1, where)] if kind == "truncate" else rng.randbytes(len(data))

    def _arrive(self, connection: Connection, data: bytes, *, up: bool) -> None:
        self.flying -= 1
        world = self.world
        there = connection.server_open if up else connection.client_open
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
