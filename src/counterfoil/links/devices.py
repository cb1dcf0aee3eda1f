"""Opening what a printer hangs on: a TCP port, a serial line, a USB device file, a USB unit. Never blocking."""

from __future__ import annotations

import errno
import os
import socket
import termios
from typing import Final, Protocol

from counterfoil.links.address import PrinterAddress
from counterfoil.links.borrowed import Borrowed, find_usb
from counterfoil.receipts.printers.status import Trouble

READ: Final = 1 << 12
_REFUSED: Final = {errno.ECONNREFUSED, errno.EACCES, errno.EPERM}


class CannotOpen(Exception):  # noqa: N818 - says what happened
    """There is no way to the printer; `trouble` says which."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


class DeviceHandle(Protocol):
    """An open way to a printer. `read` returns None when there is nothing now, b"" at the end."""

    def fileno(self) -> int:
        """For a selector."""
        ...

    def read(self) -> bytes | None:
        """What came; OSError when the line broke."""
        ...

    def write(self, data: bytes) -> int:
        """How much the kernel took, 0 for nothing now; OSError when the line broke."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Socket:
    """A TCP connection."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        connected.setblocking(False)

    def fileno(self) -> int:
        """For a selector."""
        return self._socket.fileno()

    def read(self) -> bytes | None:
        """What came."""
        try:
            return self._socket.recv(READ)
        except BlockingIOError:
            return None

    def write(self, data: bytes) -> int:
        """How much the kernel took."""
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0

    def close(self) -> None:
        """Let go of it; what the kernel has still goes out."""
        self._socket.close()


class DeviceFile:
    """A character device."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """For a selector."""
        return self._descriptor

    def read(self) -> bytes | None:
        """What came. A device file has no end: nothing now is nothing now."""
        try:
            return os.read(self._descriptor, READ) or None
        except BlockingIOError:
            return None

    def write(self, data: bytes) -> int:
        """How much the kernel took."""
        try:
            return os.write(self._descriptor, data)
        except BlockingIOError:
            return 0

    def close(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)


def open_device(address: PrinterAddress, seconds: float) -> DeviceHandle:
    """Connect, for at most so long. CannotOpen when there is no way."""
    if address.way == "escpos-usb":
        vendor, product = (int(number, 16) for number in address.place.split(":"))
        lent = find_usb(vendor, product)
        if isinstance(lent, Trouble):
            raise CannotOpen(lent)
        return Borrowed(lent)
    try:
        if address.way == "tcp":
            return Socket(socket.create_connection((address.place, address.port), timeout=seconds))
        descriptor = os.open(address.place, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise CannotOpen(_trouble(error)) from None
    if address.way == "serial":
        try:
            _set_line(descriptor, address)
        except (termios.error, OSError):
            os.close(descriptor)
            raise CannotOpen(Trouble.UNREACHABLE) from None
    return DeviceFile(descriptor)


def _trouble(error: OSError) -> Trouble:
    if error.errno == errno.EBUSY:
        return Trouble.BUSY
    return Trouble.REFUSED if error.errno in _REFUSED else Trouble.UNREACHABLE


def _set_line(descriptor: int, address: PrinterAddress) -> None:
    """Eight bits, no parity, one stop bit, every byte as it is; what came before we opened it is thrown away."""
    speed = getattr(termios, f"B{address.baud}")
    control = termios.CS8 | termios.CREAD | termios.CLOCAL
    if address.flow == "rtscts":
        control |= termios.CRTSCTS
    inputs = termios.IXON | termios.IXOFF if address.flow == "xonxoff" else 0
    *_, characters = termios.tcgetattr(descriptor)
    characters[termios.VMIN], characters[termios.VTIME] = 0, 0
    termios.tcsetattr(descriptor, termios.TCSANOW, [inputs, 0, control, 0, speed, speed, characters])
    termios.tcflush(descriptor, termios.TCIFLUSH)
