"""A link that connects: one connection per lane.

An eager link has one lane, "", which is kept connected and says so (Connected, Closed). A lazy link makes a lane's
connection when something is to be sent on it. Either way a message that could not be handed to the kernel is reported
as NotSent, and only then.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

from counterfoil.links.door import Seldom
from counterfoil.links.tls import Caller, TlsSession
from counterfoil.links.wire import Inlet, LinkConnection
from counterfoil.step import SECOND, Conn, NotSent, Send

CONNECT_SECONDS: Final = 5.0
RETRY_FIRST: Final = 0.05
RETRY_LAST: Final = 0.25
HUNG_UP_LAST: Final = 1.0
"""The longest pause before a peer is dialled again that keeps hanging up: to reach it costs it more than a refusal."""
HEALTHY_SECONDS: Final = 5.0
"""A connection that lasted so long was a good one: after it the pauses begin anew."""
MAX_QUEUED: Final = 256
"""Messages that may wait for one lane's connection."""


class Redial:
    """When a peer is dialled again. One that hangs up soon, again and again, is dialled less and less often."""

    def __init__(self) -> None:
        self._next = RETRY_FIRST

    def after(self, lasted: float | None) -> float:
        """Seconds to wait after a connection that lasted so many seconds, or after none came about (None)."""
        if lasted is None:
            pause = min(self._next, RETRY_LAST)
        else:
            pause = RETRY_FIRST if lasted >= HEALTHY_SECONDS else self._next
        self._next = min(pause * 2, HUNG_UP_LAST)
        return pause


class _Lane:
    """One connection, or the attempt to get one, and what waits for it."""

    def __init__(self) -> None:
        self.wire: LinkConnection | None = None
        self.task: asyncio.Task[None] | None = None
        self.queue: list[Send] = []
        self.down = asyncio.Event()


class ClientLink:
    """A connecting link, under TLS where it is told how. A connection is there when both sides have agreed."""

    def __init__(
        self, name: str, host: str, port: int, inlet: Inlet, *, eager: bool, tls: Caller | None = None
    ) -> None:
        self.name = name
        self.host = host
        self.port = port
        self.eager = eager
        self._inlet = inlet
        self._tls = tls
        self._note = Seldom(inlet.note)
        self._lanes: dict[Conn, _Lane] = {}
        self._dirty: dict[Conn, LinkConnection] = {}
        self._stopped = False

    async def start(self) -> None:
        """Begin to connect when eager."""
        if self.eager:
            lane = self._lanes.setdefault("", _Lane())
            lane.task = asyncio.get_running_loop().create_task(self._keep("", lane))

    async def stop(self) -> None:
        """Close every lane; what still waited is reported as NotSent."""
        self._stopped = True
        self.flush()
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for lane in self._lanes.values():
            if lane.wire is not None:
                lane.wire.hangup()
            self._give_up(lane)
        await asyncio.sleep(0)

    def send(self, send: Send) -> None:
        """Queue a message on its lane; a lazy lane connects for it, an eager one that is down refuses it."""
        lane = self._lanes.get(send.conn)
        if lane is None:
            if self.eager:
                self._refuse(send)
                return
            lane = self._lanes[send.conn] = _Lane()
        if lane.wire is not None:
            lane.wire.say(send)
            self._dirty[send.conn] = lane.wire
        elif self.eager or self._stopped or len(lane.queue) >= MAX_QUEUED:
            self._refuse(send)
        else:
            lane.queue.append(send)
            if lane.task is None:
                lane.task = asyncio.get_running_loop().create_task(self._once(send.conn, lane))

    def flush(self) -> None:
        """Write all that was queued, one write per connection."""
        for wire in self._dirty.values():
            wire.flush()
        self._dirty.clear()

    def hangup(self, conn: Conn) -> None:
        """Close one lane's connection, if there is one."""
        lane = self._lanes.get(conn)
        if lane is not None and lane.wire is not None:
            lane.wire.flush()
            lane.wire.hangup()

    def reread(self) -> None:
        """Stop or resume reading everywhere; the wires ask the inlet."""
        for lane in self._lanes.values():
            if lane.wire is not None:
                lane.wire.reread()

    # --- inside ---

    def _open(self, lane: _Lane, wire: LinkConnection) -> None:
        lane.wire = wire
        lane.down.clear()
        queue, lane.queue = lane.queue, []
        for send in queue:
            wire.say(send)
        wire.flush()

    def _lose(self, lane: _Lane, wire: LinkConnection) -> None:
        if lane.wire is wire:
            lane.wire = None
            lane.down.set()
        self._dirty.pop(wire.conn, None)

    async def _connect(self, conn: Conn, lane: _Lane, seconds: float) -> bool:
        """One attempt; True when the lane has its wire."""
        tls = None if self._tls is None else TlsSession.of(self._tls)
        wire = LinkConnection(
            self.name, conn, self._inlet, polite=False, opened=partial(self._open, lane),
            lost=partial(self._lose, lane), note=self._note, tls=tls,
        )  # fmt: skip
        try:
            async with asyncio.timeout(seconds):
                await asyncio.get_running_loop().create_connection(lambda: wire, self.host, self.port)
                await wire.settled.wait()
        except (OSError, TimeoutError):
            wire.abort()
            return False
        return lane.wire is not None

    async def _once(self, conn: Conn, lane: _Lane) -> None:
        """Connect a lazy lane for what waits on it, within the first deadline among that."""
        try:
            deadlines = [send.before for send in lane.queue if send.before]
            left = (min(deadlines) - self._inlet.now()) / SECOND if deadlines else CONNECT_SECONDS
            if not await self._connect(conn, lane, max(0.0, min(left, CONNECT_SECONDS))):
                self._give_up(lane)
        finally:
            lane.task = None

    async def _keep(self, conn: Conn, lane: _Lane) -> None:
        """Keep an eager lane connected for as long as the link lives."""
        redial, loop = Redial(), asyncio.get_running_loop()
        while True:
            lasted = None
            if await self._connect(conn, lane, CONNECT_SECONDS):
                begun = loop.time()
                await lane.down.wait()
                lasted = loop.time() - begun
            await asyncio.sleep(redial.after(lasted))

    def _give_up(self, lane: _Lane) -> None:
        queue, lane.queue = lane.queue, []
        for send in queue:
            self._refuse(send)

    def _refuse(self, send: Send) -> None:
        if send.token:
            self._inlet.arrive(NotSent(send.link, send.conn, send.token))
