"""The fake printer on a TCP port or a serial line, in a thread: one connection prints, the others wait."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import socket
import struct
import threading
import time
import tty
from types import TracebackType

from printers.fake import SECOND, Printer

TICK = 0.002
HERE = ("127.0.0.1", 0)


class Server:
    """A printer that listens. `lock` guards the printer; faults are set under it. `idle`: seconds after which it hangs
    up on a sender that says nothing; `greeting`: what it says to everybody who connects.
    """

    def __init__(
        self,
        printer: Printer,
        *,
        serial: bool = False,
        idle: float = 0,
        greeting: bytes = b"",
        at: tuple[str, int] = HERE,
    ) -> None:
        self.printer = printer
        self.lock = threading.Lock()
        self.connections = 0
        self._idle = idle
        self._greeting = greeting
        self._stop = threading.Event()
        self._break: str | None = None
        if serial:
            self._master, self._slave = pty.openpty()
            tty.setraw(self._slave)
            self.path = os.ttyname(self._slave)
        else:
            self._listener = socket.create_server(at)
            self._listener.settimeout(0.02)
            self.host, self.port = self._listener.getsockname()
        self._thread = threading.Thread(target=self._serial if serial else self._listen, daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(5)
        assert not self._thread.is_alive()

    def break_it(self, how: str) -> None:
        """`reset` the connection, `half` close it, or `close` it."""
        self._break = how

    def pull(self) -> None:
        """The other end of the line is gone."""
        self._stop.set()

    def set(self, trouble: str) -> None:
        """Something goes wrong at the printer."""
        with self.lock:
            self.printer.set(trouble)

    def mend(self, trouble: str) -> None:
        """Somebody puts it right."""
        with self.lock:
            self.printer.mend(trouble)

    def _listen(self) -> None:
        with self._listener:
            while not self._stop.is_set():
                try:
                    connection, _ = self._listener.accept()
                except TimeoutError:
                    with self.lock:
                        self.printer.advance(now())
                        self.printer.said.clear()
                    continue
                self.connections += 1
                with connection, contextlib.suppress(ConnectionError):  # a sender that leaves is no fault here
                    connection.setblocking(False)
                    self._serve(connection.fileno(), connection)
                with self.lock:
                    self.printer.hang_up()

    def _serial(self) -> None:
        self._serve(self._master, None)
        os.close(self._master)
        os.close(self._slave)

    def _serve(self, descriptor: int, connection: socket.socket | None) -> None:
        pending = b""
        heard = now()
        os.write(descriptor, self._greeting)
        while not self._stop.is_set():
            if connection is not None and self._broken(connection):
                return
            readable, _, _ = select.select([descriptor], [], [], TICK)
            with self.lock:
                if readable and not pending and self.printer.room:
                    pending = os.read(descriptor, 512)
                    if not pending:
                        return
                    heard = now()
                pending = pending[self.printer.receive(pending) :]
                self.printer.advance(now())
                said, self.printer.said = bytes(self.printer.said), bytearray()
            if said:
                os.write(descriptor, said)
            if self._idle and now() - heard > self._idle * SECOND:
                return

    def _broken(self, connection: socket.socket) -> bool:
        how, self._break = self._break, None
        if how == "half":
            connection.shutdown(socket.SHUT_WR)
        elif how == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return how in ("reset", "close")


def now() -> int:
    """The printer's clock."""
    return time.monotonic_ns() // 1000
