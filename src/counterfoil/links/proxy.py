"""A fault proxy: stands in a link, takes the stream apart into messages, and breaks those the plan names.

What it cannot take apart (garbage, impossible lengths) it passes on as it is: judging that is the station's part. It
listens only while its upstream does, so that whoever connects through it learns what a direct connection would tell.
No station knows it is there.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Final, cast

from counterfoil.drawing import drawing
from counterfoil.iso8583.framing import HEADER_SIZE, TPDU_SIZE
from counterfoil.links.door import Door, Guest
from counterfoil.links.faults import FaultPlan, Hit
from counterfoil.links.limits import MESSAGES, PortLimits

POLL_SECONDS: Final = 0.05
CONNECT_SECONDS: Final = 5.0
WRITE_HIGH: Final = 256 * 1024

Note = Callable[..., None]


def iso_offset(packet: bytes) -> int:  # noqa: ARG001 - the same shape as cup_offset
    """Where the message type stands between switch and issuer: at the start."""
    return 0


def cup_offset(packet: bytes) -> int:
    """Where the message type stands on a terminal link: behind the TPDU, and behind the header where there is one."""
    return TPDU_SIZE if packet[TPDU_SIZE : TPDU_SIZE + 1] < b"\x10" else TPDU_SIZE + HEADER_SIZE


def mti_at(packet: bytes, offset: int) -> str:
    """The message type as four digits, packed or not; "" when there is none."""
    plain, packed = packet[offset : offset + 4], packet[offset : offset + 2].hex()
    if len(plain) == 4 and plain.isdigit():
        return plain.decode("ascii")
    return packed if len(packed) == 4 and packed.isdigit() and packed.startswith("0") else ""


def corrupted(packet: bytes, offset: int, draw: random.Random | None) -> bytes:
    """The packet with one byte changed behind the message type: any byte by `draw`, else the last one.

    The last one is the end of the MAC; the change keeps it a digit, so that the message still decodes.
    """
    changed = bytearray(packet)
    first = min(offset + 2, len(packet) - 1)
    if draw is None:
        changed[-1] = 0x30 if packet[-1] != 0x30 else 0x31
    else:
        changed[draw.randrange(first, len(packet))] ^= draw.randrange(1, 256)
    return bytes(changed)


class Proxy:
    """One link's proxy. `legs` are the numbers of what goes up and of what comes back."""

    def __init__(
        self,
        name: str,
        listen: tuple[str, int],
        upstream: tuple[str, int],
        legs: tuple[int, int],
        plan: FaultPlan,
        note: Note,
        limits: PortLimits = MESSAGES,
    ) -> None:
        self.name = name
        self.legs = legs
        self.plan = plan
        self.host, self.port = listen
        self._upstream = upstream
        self._note = note
        self._offset = cup_offset if legs[0] == 1 else iso_offset
        self._draw = drawing(f"{name}/corrupt")
        self._door = Door(name, limits, note, self._accept)
        self._pairs: set[_Pair] = set()
        self._look = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def listening(self) -> bool:
        """Whether somebody can connect now."""
        return self._door.open

    def start(self) -> None:
        """Begin to watch the upstream; listen as soon as it does."""
        self._task = asyncio.get_running_loop().create_task(self._watch())

    async def stop(self) -> None:
        """Close everything."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._shut()
        await asyncio.sleep(0)

    def look(self) -> None:
        """Something changed (a fault was set or cleared, the upstream came or went): look again at once."""
        self._look.set()

    async def _watch(self) -> None:
        while True:
            self._look.clear()
            refused = self.plan.refusing(self.legs, asyncio.get_running_loop().time())
            if refused or not await self._upstream_listens() or not self._listen():
                self._shut()
                wait = POLL_SECONDS
            else:
                wait = None
            try:
                async with asyncio.timeout(wait):
                    await self._look.wait()
            except TimeoutError:
                pass

    async def _upstream_listens(self) -> bool:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, *self._upstream)
        except (OSError, TimeoutError):
            return False
        transport.abort()
        return True

    def _listen(self) -> bool:
        if not self._door.open:
            try:
                self._door.listen(self.host, self.port)
            except OSError as error:
                self._note("proxy_cannot_listen", proxy=self.name, port=self.port, reason=error.strerror or "")
                return False
            self.port = self._door.port
        return True

    def _shut(self) -> None:
        self._door.close()
        for pair in list(self._pairs):
            pair.close()

    def cut(self) -> None:
        """End every connection at once, what is under way lost, and listen anew: what a killed process leaves."""
        self._door.close()
        for pair in list(self._pairs):
            pair.abort()
        self.look()

    def unhang(self) -> None:
        """End the connections that were half open: their peers learn of it now."""
        for pair in [pair for pair in self._pairs if pair.hung]:
            pair.close()

    def _accept(self, guest: Guest) -> asyncio.Protocol:
        pair = _Pair(self, guest)
        self._pairs.add(pair)
        return pair.client

    async def connect(self, pair: _Pair) -> None:
        """Make the upstream half of a pair; without one the pair ends."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await asyncio.get_running_loop().create_connection(lambda: pair.upstream, *self._upstream)
        except (OSError, TimeoutError):
            self.look()
            pair.close()

    def forget(self, pair: _Pair) -> None:
        """A pair is closed."""
        self._pairs.discard(pair)

    def breaks(self, leg: int, packet: bytes) -> Hit | None:
        """What the plan does to this message."""
        if not self.plan.active(leg):
            return None
        now = asyncio.get_running_loop().time()
        return self.plan.choose(leg, lambda: mti_at(packet, self._offset(packet)), now)

    def corrupt(self, packet: bytes, hit: Hit) -> bytes:
        """The packet with a byte changed."""
        return corrupted(packet, self._offset(packet), self._draw if hit.anywhere else None)


class _Pair:
    """The two connections of one conversation; they end together."""

    def __init__(self, proxy: Proxy, guest: Guest) -> None:
        self.proxy = proxy
        self.guest = guest
        self.closed = False
        self.hung = False
        self.client = _Side(self, proxy.legs[0])
        self.upstream = _Side(self, proxy.legs[1])
        self.client.peer, self.upstream.peer = self.upstream, self.client
        self._task: asyncio.Task[None] | None = None

    def opened(self, side: _Side) -> None:
        """A half is up: the client's half waits for the other one.

        It stops reading in the next turn of the loop: early versions of Python 3.11 begin to read behind
        `connection_made`, whatever was said there. What it reads until then waits in the other half.
        """
        if side is self.client and side.transport is not None:
            self.guest.seated(side.transport)
        if self.closed:
            side.close()
        elif side is self.client:
            asyncio.get_running_loop().call_soon(self._wait)
            self._task = asyncio.get_running_loop().create_task(self.proxy.connect(self))
        else:
            self.client.read(True)

    def _wait(self) -> None:
        if self.upstream.transport is None:
            self.client.read(False)

    def lost(self, side: _Side) -> None:
        """A half is gone; with the second one the pair costs no descriptor any more."""
        if self.client.transport is None and self.upstream.transport is None:
            self.guest.left()
        if not self.closed and side is self.upstream:
            self.proxy.look()
        self.close()

    def abort(self) -> None:
        """End both halves at once; what waits in them is lost."""
        self.close()
        self.client.abort()
        self.upstream.abort()

    def close(self) -> None:
        """End both halves; what was passed on already still arrives."""
        if self.closed:
            return
        self.closed = True
        self.proxy.forget(self)
        if self._task is not None:
            self._task.cancel()  # harmless when it is done
        self.client.close()
        self.upstream.close()


class _Side(asyncio.Protocol):
    """One half of a pair; what it receives travels `leg` and leaves through its peer."""

    peer: _Side

    def __init__(self, pair: _Pair, leg: int) -> None:
        self._pair = pair
        self._leg = leg
        self.transport: asyncio.Transport | None = None
        self._early = bytearray()  # what is for this end and came before it was there
        self._partial = bytearray()
        self._opaque = False
        self._whole = False
        self._held: set[asyncio.TimerHandle] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=WRITE_HIGH)
        self._pair.opened(self)
        early, self._early = self._early, bytearray()
        if early:
            self.write(early)

    def connection_lost(self, _exc: Exception | None) -> None:
        self.transport = None
        for handle in self._held:
            handle.cancel()
        self._pair.lost(self)

    def pause_writing(self) -> None:
        self.peer.read(False)

    def resume_writing(self) -> None:
        self.peer.read(True)

    def data_received(self, data: bytes) -> None:
        if self._pair.hung:
            return
        if self._opaque:
            self.peer.write(data)
            return
        self._partial += data
        passed, ends = self._sorted()
        if self is self._pair.client:
            self._pair.guest.heard(whole=self._whole, rest=len(self._partial))
        if passed:
            self.peer.write(passed)
        if ends:
            self._pair.close()

    def write(self, data: bytes | bytearray) -> None:
        """Pass bytes on to this half's end, as soon as it is there."""
        if self.transport is None:
            if not self._pair.closed:
                self._early += data
        elif not self.transport.is_closing():
            self.transport.write(data)

    def abort(self) -> None:
        """Drop this half."""
        if self.transport is not None:
            self.transport.abort()

    def read(self, on: bool) -> None:
        """Stop or resume reading from this half's end."""
        if self is self._pair.client:
            self._pair.guest.read = on
        if self.transport is not None and not self.transport.is_closing():
            if on:
                self.transport.resume_reading()
            else:
                self.transport.pause_reading()

    def close(self) -> None:
        """Close this half after what was written to it, for as long as its end takes any of it."""
        if self.transport is not None:
            self.transport.close()
            if self.transport.get_write_buffer_size():
                asyncio.get_running_loop().call_later(CONNECT_SECONDS, self.transport.abort)

    def _sorted(self) -> tuple[bytearray, bool]:
        """Take whole messages off the stream: what passes now, and whether a message closes the connection."""
        waiting, at, passed, proxy = self._partial, 0, bytearray(), self._pair.proxy
        self._whole = False
        while len(waiting) - at >= 2:
            size = int.from_bytes(waiting[at : at + 2], "big")
            end = at + 2 + size
            if size > 8192:  # no station takes this: let it see the rest as it comes
                self._opaque = True
                end = len(waiting)
            elif end > len(waiting):
                break
            whole = bytes(waiting[at:end])
            at = end
            # an empty frame is a keep-alive: it is no message that could be broken
            message = size > 0 and not self._opaque
            self._whole = self._whole or message
            hit = proxy.breaks(self._leg, whole[2:]) if message else None
            if hit is None:
                passed += whole
            elif hit.kind == "close":
                del waiting[:at]
                return passed, True
            elif hit.kind == "hang":  # half open: it stays, and nothing comes through any more, either way
                self._pair.hung = True
                waiting.clear()
                return passed, False
            else:
                self._break(hit, whole, passed)
        del waiting[:at]
        return passed, False

    def _break(self, hit: Hit, whole: bytes, passed: bytearray) -> None:
        if hit.kind == "duplicate":
            passed += whole + whole
        elif hit.kind == "corrupt":
            passed += whole[:2] + self._pair.proxy.corrupt(whole[2:], hit)
        elif hit.kind == "delay":
            self._hold(hit.seconds, whole)

    def _hold(self, seconds: float, whole: bytes) -> None:
        """Hold one message back; those behind it overtake."""
        handles: list[asyncio.TimerHandle] = []

        def release() -> None:
            self._held.discard(handles[0])
            if not self._pair.hung:
                self.peer.write(whole)

        handles.append(asyncio.get_running_loop().call_later(seconds, release))
        self._held.add(handles[0])
