"""The control channel: one JSON object per line, on a loopback port.

A request is {"token", "verb", "args"}; its answer is one JSON object on one line. Requests of one connection are
answered in order, one at a time. The token proves that the caller may read the data directory it lies in; whoever has
not shown it within seconds, or within BEFORE_TOKEN bytes, is closed.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final, cast

import msgspec

from counterfoil.errors import NothingSentError, OutcomeUnknown
from counterfoil.links.door import Door, Guest
from counterfoil.links.limits import BEFORE_TOKEN, CONTROL, PortLimits
from counterfoil.step import UNREADABLE

MAX_LINE: Final = 1 << 20
SHOWN: Final = re.compile(rb'"token"\s*:\s*"([!-~]{1,128}?)"')

Answer = Callable[[dict[str, Any]], None]
Serve = Callable[[str, dict[str, Any], Answer], None]


class ControlRequest(msgspec.Struct):
    """One line from a caller."""

    verb: str
    token: str = ""
    args: dict[str, Any] = {}


_REQUEST = msgspec.json.Decoder(ControlRequest)


def refusal(code: str, en: str, zh: str) -> dict[str, Any]:
    """An error reply."""
    return {"error": code, "message": {"en": en, "zh": zh}}


BAD_LINE: Final = refusal("bad_request", "That was not a request in JSON.", "请求不是有效的 JSON。")
TOO_LONG: Final = refusal("bad_request", "The request is longer than 1 MiB.", "请求超过 1 MiB。")
NO_TOKEN: Final = refusal(
    "bad_request",
    f"The token is not within the first {BEFORE_TOKEN} bytes.",
    f"前 {BEFORE_TOKEN} 个字节中没有令牌。",
)
WRONG_TOKEN: Final = refusal("forbidden", "The token is wrong.", "令牌不正确。")
TOO_MANY: Final = refusal("busy", "Too many control connections are open.", "控制连接过多。")


def _silent(event: str, **facts: str | int) -> None:
    """The log of a server that was given none."""


class ControlServer:
    """Listens for callers and hands their requests to `serve(verb, args, answer)`. `port` 0 takes a free one."""

    def __init__(
        self,
        host: str,
        port: int,
        token: str,
        serve: Serve,
        *,
        limits: PortLimits = CONTROL,
        note: Callable[..., None] = _silent,
    ) -> None:
        self.host = host
        self.port = port
        self.token = token
        self._serve = serve
        self._channels: set[_Channel] = set()
        self._door = Door("control", limits, note, self._enter, farewell=msgspec.json.encode(TOO_MANY) + b"\n")

    async def start(self) -> None:
        """Listen; OSError when the port is taken."""
        self._door.listen(self.host, self.port)
        self.port = self._door.port

    async def stop(self) -> None:
        """Stop listening; connections end after what was written."""
        self._door.close()
        for channel in list(self._channels):
            channel.close()
        await asyncio.sleep(0)

    def _enter(self, guest: Guest) -> asyncio.Protocol:
        return _Channel(self._channels, self.token.encode(), self._serve, guest)


class _Channel(asyncio.Protocol):
    """One caller."""

    def __init__(self, channels: set[_Channel], token: bytes, serve: Serve, guest: Guest) -> None:
        self._channels = channels
        self._token = token
        self._serve = serve
        self._guest = guest
        self._transport: asyncio.Transport | None = None
        self._partial = bytearray()
        self._lines: deque[bytes] = deque()
        self._strange = 0
        self._busy = False
        self._deaf = False
        self._walking = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._guest.seated(transport)
        self._channels.add(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._transport = None
        self._channels.discard(self)
        self._guest.left()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def pause_writing(self) -> None:
        """The caller takes no answers: it is asked nothing more either."""
        self._deaf = True
        self._reread()

    def resume_writing(self) -> None:
        """It takes them again."""
        self._deaf = False
        self._next()

    def data_received(self, data: bytes) -> None:
        self._partial += data
        *lines, self._partial = self._partial.split(b"\n")
        if len(self._partial) > MAX_LINE:  # too long already: it ends the channel in its turn, behind those before it
            lines.append(self._partial)
            self._partial = bytearray()
        self._lines.extend(bytes(line) for line in lines)
        self._next()
        if not self._guest.kept and len(self._partial) > BEFORE_TOKEN and not self._shows(self._partial):
            self._fail(NO_TOKEN)
        self._guest.heard(whole=False, rest=len(self._partial))

    def _shows(self, line: bytes | bytearray) -> bool:
        """Whether the beginning of a line that has not ended holds the token."""
        shown = SHOWN.search(bytes(line[:BEFORE_TOKEN]))
        return shown is not None and hmac.compare_digest(shown[1], self._token)

    def _next(self) -> None:
        if self._walking:  # answered at once, from inside the loop below
            return
        self._walking = True
        while self._lines and not self._busy and not self._deaf and self._transport is not None:
            line = self._lines.popleft()
            if line.strip():
                self._request(line)
        self._walking = False
        self._reread()

    def _reread(self) -> None:
        """A caller that does not wait for its answers, or does not take them, is not read any further."""
        if self._transport is not None and not self._transport.is_closing():
            self._guest.read = not (self._deaf or (self._busy and self._lines))
            if self._guest.read:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def _request(self, line: bytes) -> None:
        if len(line) > MAX_LINE:
            self._fail(TOO_LONG)
            return
        try:
            request = _REQUEST.decode(line)
        except UNREADABLE:
            self._strange += len(line) + 1
            if self._guest.kept or self._strange <= BEFORE_TOKEN:
                self._write(BAD_LINE)
            else:
                self._fail(BAD_LINE)
            return
        if not hmac.compare_digest(request.token.encode(), self._token):
            self._fail(WRONG_TOKEN)
            return
        self._guest.keep()
        self._busy = True
        self._serve(request.verb, request.args, self._answer)

    def _answer(self, body: dict[str, Any]) -> None:
        self._busy = False
        self._write(body)
        self._next()

    def _fail(self, body: dict[str, Any]) -> None:
        self._write(body)
        self._lines.clear()
        self._partial.clear()
        self.close()

    def _write(self, body: dict[str, Any]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(msgspec.json.encode(body) + b"\n")


def _line(token: str, verb: str, args: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"token": token, "verb": verb, "args": args}) + b"\n"


def _body(line: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except UNREADABLE:
        raise OutcomeUnknown("the answer cannot be read") from None


def ask(host: str, port: int, token: str, verb: str, args: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Make one request and wait for its answer.

    NotSent when nobody listens, OutcomeUnknown when the request left and no whole answer came within `seconds`.
    """
    line, ends = _line(token, verb, args), time.monotonic() + seconds
    try:
        channel = socket.create_connection((host, port), timeout=seconds)
    except OSError:
        raise NothingSentError("nobody answers on the control channel") from None
    with channel:
        answer = bytearray()
        try:
            channel.sendall(line)
            while not answer.endswith(b"\n"):
                channel.settimeout(max(0.001, ends - time.monotonic()))
                data = channel.recv(1 << 16)
                if not data:
                    raise OutcomeUnknown("the control channel closed before the answer")
                answer += data
        except OSError:
            raise OutcomeUnknown("no answer on the control channel") from None
    return _body(bytes(answer))


class ControlClient(asyncio.Protocol):
    """A caller inside an event loop; one request at a time. Made by `connect`."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._transport: asyncio.Transport | None = None
        self._partial = bytearray()
        self._answer: asyncio.Future[bytes] | None = None

    @classmethod
    async def connect(cls, host: str, port: int, token: str) -> ControlClient:
        """Open a channel; NotSent when nobody listens."""
        loop = asyncio.get_running_loop()
        try:
            _, client = await loop.create_connection(lambda: cls(token), host, port)
        except OSError:
            raise NothingSentError("nobody answers on the control channel") from None
        return client

    async def call(self, verb: str, args: dict[str, Any], seconds: float) -> dict[str, Any]:
        """One request; NotSent when the channel is already gone, OutcomeUnknown when no answer comes in time."""
        if self._transport is None or self._transport.is_closing() or self._answer is not None:
            raise NothingSentError("the control channel is closed or busy")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(_line(self._token, verb, args))
        try:
            async with asyncio.timeout(seconds):
                line = await self._answer
        except TimeoutError:
            self.close()  # its answer must not be taken for the next one's
            raise OutcomeUnknown("no answer on the control channel") from None
        finally:
            self._answer = None
        return _body(line)

    def close(self) -> None:
        """Close the channel."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The channel is open."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """A piece of an answer."""
        self._partial += data
        if self._partial.endswith(b"\n") and self._answer is not None and not self._answer.done():
            line, self._partial = bytes(self._partial), bytearray()
            self._answer.set_result(line)

    def connection_lost(self, _exc: Exception | None) -> None:
        """The channel is gone; a request under way has no known outcome."""
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(OutcomeUnknown("the control channel closed before the answer"))
