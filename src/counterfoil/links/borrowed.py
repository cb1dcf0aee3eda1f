"""A printer that is reached through python-escpos (the extra `escpos`): a USB unit no driver of the kernel has taken.

Only its way of moving bytes is used; what is sent and what is believed stays ours. Its calls block, so each direction
has a thread of its own, and between them and us is a socket pair that can be waited for like any other line.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import importlib.util
import socket
import threading
import time
from typing import Any, Final, Protocol

from counterfoil.receipts.printers.status import Trouble
from counterfoil.words import Text

CHUNK: Final = 512
BUFFER: Final = 4096  # what we call written should not run far ahead of what the printer took
PAUSE: Final = 0.02  # seconds before asking again a printer that had nothing to say
READ_MILLISECONDS: Final = 200  # how long one question to the unit may wait for bytes; nothing is lost by asking again
DRAIN: Final = 5.0  # seconds the last bytes get to leave before the printer is let go
MISSING: Final = Text(
    "escpos-usb: needs python-escpos with USB: pip install 'counterfoil[escpos]'",
    "escpos-usb: 需要带 USB 支持的 python-escpos：pip install 'counterfoil[escpos]'",
)


class Lent(Protocol):
    """What is used of a printer of python-escpos."""

    def _raw(self, msg: bytes) -> None: ...
    def _read(self) -> bytes: ...
    def close(self) -> None:
        """Let go of it."""
        ...


def missing() -> bool:
    """Whether the extra is not installed."""
    return any(importlib.util.find_spec(name) is None for name in ("escpos", "usb"))


def find_usb(vendor: int, product: int) -> Lent | Trouble:
    """Open the USB printer with these numbers, or why not."""
    try:
        printers: Any = importlib.import_module("escpos.printer")
        failures: Any = importlib.import_module("escpos.exceptions")
        core: Any = importlib.import_module("usb.core")
    except ImportError:
        return Trouble.UNREACHABLE
    printer = printers.Usb(vendor, product)
    try:
        printer.open()
    except (failures.DeviceNotFoundError, failures.USBNotFoundError, core.NoBackendError):
        return Trouble.UNREACHABLE
    except OSError as error:
        return Trouble.BUSY if error.errno == errno.EBUSY else Trouble.REFUSED
    printer.device.default_timeout = READ_MILLISECONDS
    lent: Lent = printer
    return lent


class Borrowed:
    """An open printer of python-escpos as a device that never blocks. What it cannot take any more breaks the line."""

    def __init__(self, printer: Lent) -> None:
        self._printer = printer
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        for end in (self._ours, self._theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        self._stop = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True, name="python-escpos hears")
        self._speaker = threading.Thread(target=self._serve, daemon=True, name="python-escpos speaks")
        self._listener.start()
        self._speaker.start()

    def fileno(self) -> int:
        """For a selector."""
        return self._ours.fileno()

    def read(self) -> bytes | None:
        """What came; b"" when the line broke."""
        try:
            return self._ours.recv(CHUNK)
        except BlockingIOError:
            return None

    def write(self, data: bytes) -> int:
        """How much was taken for the printer."""
        try:
            return self._ours.send(data)
        except BlockingIOError:
            return 0

    def close(self) -> None:
        """Let the last bytes leave. A unit that stands still keeps what it was given, and is let go when it has it."""
        with contextlib.suppress(OSError):  # the line broke already
            self._ours.shutdown(socket.SHUT_WR)
        self._speaker.join(DRAIN)
        self._ours.close()

    # --- in threads of their own ---

    def _serve(self) -> None:
        self._speak()
        self._stop.set()
        self._listener.join()
        self._printer.close()
        self._theirs.close()

    def _speak(self) -> None:
        try:
            while data := self._theirs.recv(CHUNK):
                self._printer._raw(data)  # noqa: SLF001 - the only way it has
        except OSError:
            self._broken()

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                data = bytes(self._printer._read())  # noqa: SLF001 - the only way it has
            except OSError as error:
                if isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT:
                    continue
                self._broken()
                return
            if not data:
                time.sleep(PAUSE)
                continue
            try:
                self._theirs.sendall(data)
            except OSError:
                return

    def _broken(self) -> None:
        with contextlib.suppress(OSError):
            self._theirs.shutdown(socket.SHUT_RDWR)
