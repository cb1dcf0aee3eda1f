"""A link that listens: every accepted connection gets the next number."""

from __future__ import annotations

import asyncio

from counterfoil.links.limits import MAX_CONNECTIONS
from counterfoil.links.wire import Inlet, Wire
from counterfoil.step import Conn, NotSent, Send


class _Refused(asyncio.Protocol):
    """What a connection beyond the limit meets."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


class ServerLink:
    """A listening link. `port` 0 takes a free one; after `start` it holds the one in use."""

    def __init__(
        self, name: str, host: str, port: int, inlet: Inlet, *, max_connections: int = MAX_CONNECTIONS
    ) -> None:
        self.name = name
        self.host = host
        self.port = port
        self._inlet = inlet
        self._max = max_connections
        self._wires: dict[Conn, Wire] = {}
        self._dirty: dict[Conn, Wire] = {}
        self._last = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, self.host, self.port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and close every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.flush()
        for wire in list(self._wires.values()):
            wire.hangup()
        await asyncio.sleep(0)

    def send(self, send: Send) -> None:
        """Queue an answer for one connection; it is dropped when the connection is gone."""
        wire = self._wires.get(send.conn)
        if wire is None:
            if send.token:
                self._inlet.arrive(NotSent(send.link, send.conn, send.token))
            return
        wire.say(send)
        self._dirty[send.conn] = wire

    def flush(self) -> None:
        """Write all that was queued, one write per connection."""
        for wire in self._dirty.values():
            wire.flush()
        self._dirty.clear()

    def hangup(self, conn: Conn) -> None:
        """Close one connection after what was queued for it."""
        wire = self._wires.get(conn)
        if wire is not None:
            wire.flush()
            wire.hangup()

    def reread(self) -> None:
        """Stop or resume reading everywhere; the wires ask the inlet."""
        for wire in self._wires.values():
            wire.reread()

    def __len__(self) -> int:
        """How many connections are open."""
        return len(self._wires)

    def _accept(self) -> asyncio.Protocol:
        if len(self._wires) >= self._max:
            self._inlet.note("too_many_connections", link=self.name)
            return _Refused()
        self._last += 1
        return Wire(self.name, self._last, self._inlet, polite=True, opened=self._enter, lost=self._leave)

    def _enter(self, wire: Wire) -> None:
        self._wires[wire.conn] = wire

    def _leave(self, wire: Wire) -> None:
        self._wires.pop(wire.conn, None)
        self._dirty.pop(wire.conn, None)
