"""One connection that carries length-prefixed messages, and what every link shares.

A message is handed to the kernel or it is known not to have been: what waits for a slow peer waits here, not in the
transport, so that its `before` can still be kept. What already went into the transport's buffer cannot be taken back;
when its `before` passes there, the connection is cut, which throws the rest of that buffer away.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Protocol, cast

from counterfoil.iso8583.framing import FrameBuffer, frame
from counterfoil.links.door import Guest, Note
from counterfoil.links.limits import MAX_WAITING
from counterfoil.links.tls import TlsSession, told
from counterfoil.step import SECOND, Closed, Conn, Connected, Frame, Inbound, Instant, NotSent, Send

CHUNK = 64 * 1024  # bytes handed to the transport at once: at most this much is ever in doubt


class Inlet(Protocol):
    """Where a link brings what happened; the driver is one."""

    reading: bool
    """False while the inbox is full: links must not read."""

    def now(self) -> Instant:
        """The clock of the process."""
        ...

    def arrive(self, item: Inbound) -> None:
        """Take one event for the next step."""
        ...

    def note(self, event: str, **facts: str | int) -> None:
        """Write a line to the log; never a byte of a message."""
        ...


class Link(Protocol):
    """What the driver knows of a server or client link."""

    name: str

    async def start(self) -> None:
        """Listen, or begin to connect."""
        ...

    async def stop(self) -> None:
        """Close everything; what was written is still handed to the kernel."""
        ...

    def send(self, send: Send) -> None:
        """Put a message behind the earlier ones of its connection; `flush` lets it go."""
        ...

    def flush(self) -> None:
        """Write all that was said since the last flush, one write per connection."""
        ...

    def hangup(self, conn: Conn) -> None:
        """Close one connection, if it is still there."""
        ...

    def reread(self) -> None:
        """Stop or resume reading on every connection."""
        ...


class LinkConnection(asyncio.Protocol):
    """One connection of a link; its link hears when it is `opened` and when it is `lost`.

    With `polite` set (server side) a peer that does not read its answers is not read from either.
    """

    def __init__(
        self,
        link: str,
        conn: Conn,
        inlet: Inlet,
        *,
        polite: bool,
        opened: Callable[[LinkConnection], None],
        lost: Callable[[LinkConnection], None],
        guest: Guest | None = None,
        note: Note | None = None,
        tls: TlsSession | None = None,
    ) -> None:
        self.link = link
        self.conn = conn
        self.inlet = inlet
        self.polite = polite
        self._opened = opened
        self._lost = lost
        self._guest = guest
        self._note = note or inlet.note
        self._tls = tls
        self._up = False
        self.settled = asyncio.Event()
        """Set once the connection can carry messages, or never will."""
        self.transport: asyncio.Transport | None = None
        self.closed = False
        self._frames = FrameBuffer()
        self._waiting: list[Send] = []
        self._waiting_bytes = 0
        self._paused = False
        self._doubt: Instant = 0
        self._timer: asyncio.TimerHandle | None = None

    # --- asyncio ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is up."""
        self.transport = cast(asyncio.Transport, transport)
        if self._guest is not None:
            self._guest.seated(transport)
        self.transport.set_write_buffer_limits(high=0)
        sock = self.transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        # In the next turn: early versions of Python 3.11 begin to read behind this method, whatever was said in it.
        asyncio.get_running_loop().call_soon(self.reread)
        if self._tls is None:
            self._open()
        else:
            self._tls.begin()
            self.transport.write(self._tls.outgoing())

    def data_received(self, data: bytes) -> None:
        """Bytes came: hand over every whole message among them, then close if what follows makes no sense."""
        inlet, frames = self.inlet, self._frames
        messages = frames.feed(data if self._tls is None else self._unsealed(self._tls, data))
        if messages:
            at = inlet.now()
            for message in messages:
                inlet.arrive(Frame(self.link, self.conn, message, at))
        if self._guest is not None:
            self._guest.heard(whole=bool(messages), rest=frames.pending)
        if frames.broken:
            self._note("framing_error", link=self.link, conn=self.conn, reason=frames.broken)
            self.hangup()

    def pause_writing(self) -> None:
        """The kernel takes no more for now."""
        self._paused = True
        self.reread()

    def resume_writing(self) -> None:
        """The kernel took all that was written."""
        self._paused = False
        self._doubt = 0
        self.reread()
        self.flush()

    def connection_lost(self, _exc: Exception | None) -> None:
        """The connection is gone; what still waited here certainly never left."""
        self.closed = True
        self.settled.set()
        if self._guest is not None:
            self._guest.left()
        if self._timer is not None:
            self._timer.cancel()
        self._lost(self)
        waiting, self._waiting = self._waiting, []
        for send in waiting:
            self._not_sent(send)
        if self._up:
            self.inlet.arrive(Closed(self.link, self.conn))

    # --- the link's side ---

    def say(self, send: Send) -> None:
        """Put a message at the end of the queue."""
        if self.transport is None or self.closed or self.transport.is_closing():
            self._not_sent(send)
        elif self._waiting_bytes + len(send.data) > MAX_WAITING:
            self._not_sent(send)
            if not send.token:  # an answer nobody would miss: the peer stopped reading long ago
                self._note("peer_does_not_read", link=self.link, conn=self.conn)
                self.transport.abort()
        else:
            self._waiting.append(send)
            self._waiting_bytes += len(send.data)

    def flush(self) -> None:
        """Write what waits, as far as the kernel takes it."""
        transport = self.transport
        if transport is not None and not self.closed:
            while self._waiting and not self._paused:
                if transport.is_closing():
                    break
                chunk = b"".join(self._chunk())
                transport.write(chunk if self._tls is None else self._tls.sealed(chunk))
        if self._paused:
            self._arm()

    def keep(self) -> None:
        """Its peer proved who it is."""
        if self._guest is not None:
            self._guest.keep()

    def hangup(self) -> None:
        """Close; what was written is still handed to the kernel, unless the peer takes nothing any more."""
        if self.transport is not None:
            if self._paused:
                self.transport.abort()
            else:
                if self._tls is not None and not self.transport.is_closing():
                    self.transport.write(self._tls.farewell())
                self.transport.close()

    def abort(self) -> None:
        """Close at once; what waits is thrown away."""
        if self.transport is not None:
            self.transport.abort()

    def reread(self) -> None:
        """Read, unless the inbox is full or a polite wire waits for its peer."""
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        read = self.inlet.reading and not (self.polite and self._paused)
        if self._guest is not None:
            self._guest.read = read
        if read:
            transport.resume_reading()
        else:
            transport.pause_reading()

    # --- inside ---

    def _open(self) -> None:
        self._up = True
        self.settled.set()
        self.inlet.arrive(Connected(self.link, self.conn))
        self._opened(self)

    def _unsealed(self, tls: TlsSession, data: bytes) -> bytes:
        """What the peer said under TLS; the connection ends when it is none, or nobody who may connect."""
        try:
            said = tls.opened(data)
        except ssl.SSLError as error:
            self._note("tls_failed", link=self.link, conn=self.conn, reason=told(error))
            said, over = b"", True
        else:
            over = tls.over
        assert self.transport is not None
        answer = tls.outgoing()
        if answer:
            self.transport.write(answer)
        if tls.up and not self._up:
            self._open()
        if over:
            self.hangup()
        return said

    def _chunk(self) -> list[bytes]:
        """Take messages off the queue for one write; those whose time has passed are reported instead."""
        now, size, taken, chunk = self.inlet.now(), 0, 0, []
        for send in self._waiting:
            if size and size + len(send.data) > CHUNK:
                break
            taken += 1
            self._waiting_bytes -= len(send.data)
            if send.before and send.before <= now:
                self._not_sent(send)
                continue
            if send.before:
                self._doubt = min(self._doubt or send.before, send.before)
            size += len(send.data)
            chunk.append(frame(send.data))
        del self._waiting[:taken]
        if not self._waiting:
            self._waiting_bytes = 0
        return chunk

    def _arm(self) -> None:
        """While the peer takes nothing, wake at the first deadline of what is held back."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadlines = [send.before for send in self._waiting if send.before]
        if self._doubt:
            deadlines.append(self._doubt)
        if deadlines and not self.closed:
            delay = max(0, min(deadlines) - self.inlet.now()) / SECOND
            self._timer = asyncio.get_running_loop().call_later(delay, self._expire)

    def _expire(self) -> None:
        self._timer = None
        if not self._paused or self.closed or self.transport is None:
            return
        now = self.inlet.now()
        if self._doubt and self._doubt <= now:
            self._note("cut_at_deadline", link=self.link, conn=self.conn)
            self.transport.abort()
            return
        kept: list[Send] = []
        for send in self._waiting:
            if send.before and send.before <= now:
                self._waiting_bytes -= len(send.data)
                self._not_sent(send)
            else:
                kept.append(send)
        self._waiting = kept
        self._arm()

    def _not_sent(self, send: Send) -> None:
        if send.token:
            self.inlet.arrive(NotSent(send.link, send.conn, send.token))
