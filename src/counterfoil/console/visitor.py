"""One connection to the console as its door sees it: what a browser owes at each moment, and when it is at work.

uvicorn waits for ever for the rest of a head or a body; half a request would hold a connection until its end. Here a
head, and then a body, must be whole in time, and an answer must be taken in time.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from counterfoil.links.door import Guest

MOST_HEAD: Final = 16_384
"""Bytes of a request's head."""

KEEP_ALIVE_SECONDS: Final = 5
"""How long a connection stays for a next request."""

BUSY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Type: text/plain\r\n"
    b"Content-Length: 38\r\n\r\nThe console has too many connections.\n"
)
"""What one hears who cannot be let in."""

BETWEEN: Final = "between"
HEAD: Final = "head"
BODY: Final = "body"
ANSWER: Final = "answer"
OVER: Final = "over"
PHASES: Final[dict[Any, str]] = {h11.SEND_BODY: BODY, h11.DONE: ANSWER, h11.MUST_CLOSE: ANSWER}
"""By what the other side has sent of its request; BETWEEN and HEAD are both h11's IDLE."""


class Visitor(H11Protocol):
    """uvicorn's connection, telling the door how far its request is."""

    def __init__(self, guest: Guest, config: Config, state: ServerState) -> None:
        super().__init__(config=config, server_state=state, app_state={})
        self._guest = guest
        self._phase = BETWEEN

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is up."""
        self._guest.seated(transport)
        super().connection_made(cast(asyncio.Transport, transport))

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._guest.left()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A part of a request."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """An answer is written; the next request may be here already."""
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        """The browser takes nothing: the rest of the answer is owed a taker."""
        super().pause_writing()
        self._guest.owes()

    def resume_writing(self) -> None:
        """It takes it again."""
        super().resume_writing()
        if self._phase not in (HEAD, BODY):
            self._guest.paid()

    def _look(self) -> None:
        phase = PHASES.get(self.conn.their_state, OVER)
        if self.conn.their_state is h11.IDLE:
            phase = HEAD if self.conn.trailing_data[0] else BETWEEN
        if phase == self._phase or self.transport.is_closing():
            return
        self._phase = phase
        if phase in (HEAD, BODY):
            self._guest.owes()
        elif not self.flow.write_paused:
            self._guest.paid()
        if phase == ANSWER:
            self._guest.keep()
        elif phase == BETWEEN and self._guest.kept:
            self._guest.rest()
