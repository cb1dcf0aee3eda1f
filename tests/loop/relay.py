"""A relay without any key on the terminals' line of a running stack."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator

from loop.running import Running

MTI = slice(13, 15)  # behind the length, the TPDU and the header
REQUEST, SIGN_ON = b"\x02\x00", b"\x08\x00"

REQUESTS = ("twice", "a damaged copy first", "a damaged copy behind", "damaged", "an old request", "an old sign-on")
"""What `Mischief` does to one."""

Spoil = Callable[[bytes, dict[bytes, bytes]], list[bytes]]


def whole(line: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = line.recv(count - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return data


class Relay:
    """Listens for terminals and passes on what they say to the switch, as `spoil` makes it; answers go back untouched.

    `old` holds the first 0800 and 0200 of each terminal.
    """

    def __init__(self, to: int) -> None:
        self._to = ("127.0.0.1", to)
        self._door = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._door.getsockname()[1]
        self.old: dict[bytes, dict[bytes, bytes]] = {}
        self.spoil: tuple[bytes, Spoil] | None = None
        self.spoilt = 0
        self._lines: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._begin(self._listen)

    def _begin(self, what: Callable[..., None], *args: socket.socket) -> None:
        thread = threading.Thread(target=what, args=args)
        self._threads.append(thread)
        thread.start()

    def _listen(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:  # closed: the tests are over
                return
            try:
                far = socket.create_connection(self._to, timeout=30)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            self._lines += [near, far]
            self._begin(self._up, near, far)
            self._begin(self._down, far, near)

    def _up(self, near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                head = whole(near, 2)
                for frame in self._passed(head + whole(near, struct.unpack(">H", head)[0])):
                    far.sendall(frame)
        self._hang_up(near, far)

    def _down(self, far: socket.socket, near: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := far.recv(65536):
                near.sendall(piece)
        self._hang_up(near, far)

    def _known(self, frame: bytes) -> tuple[bytes, dict[bytes, bytes]]:
        """Whose message it is, and the first ones of that terminal."""
        at = frame.find(b"T00000")
        name = frame[at : at + 8] if at >= 0 else b""
        return name, self.old.setdefault(name, {})

    def _passed(self, frame: bytes) -> list[bytes]:
        name, old = self._known(frame)
        spoil = self.spoil
        if spoil is not None and spoil[0] == name and frame[MTI] == REQUEST:
            self.spoil = None
            self.spoilt += 1
            return spoil[1](frame, old)
        old.setdefault(frame[MTI], frame)
        return [frame]

    @staticmethod
    def _hang_up(*lines: socket.socket) -> None:
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._hang_up(*self._lines)
        for thread in self._threads:
            thread.join(30)
        for line in self._lines:
            line.close()


class Mischief(Relay):
    """Does to one request in `one_in` what a seed draws: copies, damage, an old message again; and to answers alike."""

    def __init__(self, to: int, seed: int, one_in: int) -> None:
        self._drawn = random.Random(seed)
        self._one_in = one_in
        self._drawing = threading.Lock()
        self.done: Counter[str] = Counter()
        super().__init__(to)

    def _deed(self, *deeds: str) -> str:
        with self._drawing:
            deed = self._drawn.choice(deeds) if not self._drawn.randrange(self._one_in) else ""
            if deed:
                self.done[deed] += 1
        return deed

    def _damaged(self, frame: bytes) -> bytes:
        with self._drawing:
            at = self._drawn.randrange(MTI.stop, len(frame))
            return frame[:at] + bytes([frame[at] ^ self._drawn.randrange(1, 256)]) + frame[at + 1 :]

    def _passed(self, frame: bytes) -> list[bytes]:
        _, old = self._known(frame)
        deed = self._deed(*REQUESTS)
        again = {"an old request": REQUEST, "an old sign-on": SIGN_ON}.get(deed)
        said = {
            "twice": [frame, frame],
            "a damaged copy first": [self._damaged(frame), frame],
            "a damaged copy behind": [frame, self._damaged(frame)],
            "damaged": [self._damaged(frame)],
        }.get(deed, [frame] if again not in old else [old[again], frame])
        old.setdefault(frame[MTI], frame)
        return said

    def _down(self, far: socket.socket, near: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                head = whole(far, 2)
                frame = head + whole(far, struct.unpack(">H", head)[0])
                deed = self._deed("an answer twice", "an answer and a damaged copy", "a damaged answer")
                damaged = self._damaged(frame)
                near.sendall(
                    {
                        "an answer twice": frame + frame,
                        "an answer and a damaged copy": frame + damaged,
                        "a damaged answer": damaged,
                    }.get(deed, frame)
                )
        self._hang_up(near, far)


@contextlib.contextmanager
def between(running: Running, made: Callable[[int], Relay]) -> Iterator[Relay]:
    """The terminals of a running stack are restarted with the port of a relay for the switch's."""
    kept = running.data / "ports.json"
    ports = json.loads(kept.read_text())
    relay = made(ports["terminals"])
    try:
        kept.write_text(json.dumps({**ports, "terminals": relay.port}))
        killed = running.pid("terminal")
        os.kill(killed, signal.SIGKILL)
        at = running.data / "run" / "terminal.json"
        running.until(lambda: at.exists() and running.pid("terminal") != killed, 60)
        yield relay
    finally:
        relay.close()
