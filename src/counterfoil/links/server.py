"""A link that listens: every accepted connection gets the next number."""

from __future__ import annotations

import asyncio
import ssl

from counterfoil.links.door import Door, Guest
from counterfoil.links.limits import MESSAGES, PortLimits
from counterfoil.links.tls import TlsSession
from counterfoil.links.wire import Inlet, LinkConnection
from counterfoil.step import Conn, NotSent, Send


class ServerLink:
    """A listening link, under TLS where there is a context for it. `port` 0 takes a free one; `start` says which."""

    def __init__(
        self,
        name: str,
        host: str,
        port: int,
        inlet: Inlet,
        *,
        limits: PortLimits = MESSAGES,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.name = name
        self.host = host
        self.port = port
        self._inlet = inlet
        self._tls = tls
        self._door = Door(name, limits, inlet.note, self._enter)
        self._wires: dict[Conn, LinkConnection] = {}
        self._dirty: dict[Conn, LinkConnection] = {}
        self._last = 0

    async def start(self) -> None:
        """Listen; OSError when the port is taken."""
        self._door.listen(self.host, self.port)
        self.port = self._door.port

    async def stop(self) -> None:
        """Stop listening and close every connection."""
        self._door.close()
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
        if send.proven:
            wire.keep()
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

    def _enter(self, guest: Guest) -> LinkConnection:
        self._last += 1
        return LinkConnection(
            self.name, self._last, self._inlet, polite=True, opened=self._opened, lost=self._leave,
            guest=guest, note=self._door.note, tls=None if self._tls is None else TlsSession(self._tls),
        )  # fmt: skip

    def _opened(self, wire: LinkConnection) -> None:
        self._wires[wire.conn] = wire

    def _leave(self, wire: LinkConnection) -> None:
        self._wires.pop(wire.conn, None)
        self._dirty.pop(wire.conn, None)
