"""A piece of cable between a till and a network printer that notices how far a receipt has come."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Callable
from types import TracebackType

LISTEN = 0.02  # seconds


class Between:
    """Forwards both ways. When `mark` has gone by, `then` is called before anything that follows it.

    `deaf`: what the printer says does not come back.
    """

    def __init__(
        self, port: int, mark: bytes = b"", then: Callable[[], None] = lambda: None, *, deaf: bool = False
    ) -> None:
        self._printer = port
        self._mark = mark
        self._then = then
        self._deaf = deaf
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(LISTEN)
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Between:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        with self._listener:
            while not self._stop.is_set():
                try:
                    till, _ = self._listener.accept()
                except TimeoutError:
                    continue
                with till, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._printer)) as out:
                    self._pass_on(till, out)

    def _pass_on(self, till: socket.socket, printer: socket.socket) -> None:
        seen = b""
        while not self._stop.is_set():
            ready, _, _ = select.select([till, printer], [], [], LISTEN)
            if printer in ready:
                data = printer.recv(4096)
                if not data:
                    return
                if not self._deaf:
                    till.sendall(data)
            if till in ready:
                data = till.recv(4096)
                if not data:
                    return
                seen += data
                if self._mark and self._mark in seen:
                    behind = seen.index(self._mark) + len(self._mark) - (len(seen) - len(data))
                    self._mark = b""
                    printer.sendall(data[:behind])
                    self._then()
                    data = data[behind:]
                printer.sendall(data)
