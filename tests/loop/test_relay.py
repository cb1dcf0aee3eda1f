"""A stranger sits on the terminals' line, with no key: copies, damages and replays what goes by, on a real stack.

Judged from outside only: what the till was told, what `why` says, what the cardholder's account holds, and that the
comparison of all stubs finds nothing open.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from loop.running import Running, stack

pytestmark = pytest.mark.loop

MTI = slice(13, 15)  # behind the length, the TPDU and the header
REQUEST, SIGN_ON = b"\x02\x00", b"\x08\x00"
MINOR = 1250

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

    def _passed(self, frame: bytes) -> list[bytes]:
        name = next((frame[at : at + 8] for at in [frame.find(b"T00000")] if at >= 0), b"")
        old = self.old.setdefault(name, {})
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


class Relayed(NamedTuple):
    running: Running
    relay: Relay


@pytest.fixture(scope="module")
def relayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relayed]:
    """A stack whose terminals were restarted with the relay's port for the switch's."""
    with stack(tmp_path_factory.mktemp("relay") / "data", lab=False) as running:
        kept = running.data / "ports.json"
        ports = json.loads(kept.read_text())
        relay = Relay(ports["terminals"])
        try:
            kept.write_text(json.dumps({**ports, "terminals": relay.port}))
            killed = running.pid("terminal")
            os.kill(killed, signal.SIGKILL)
            at = running.data / "run" / "terminal.json"
            running.until(lambda: at.exists() and running.pid("terminal") != killed, 60)
            yield Relayed(running, relay)
        finally:
            relay.close()


def seal_damaged(frame: bytes) -> bytes:
    """Another last byte of DE64."""
    return frame[:-1] + bytes([frame[-1] ^ 1])


def de60_damaged(at: int, by: int) -> Callable[[bytes], bytes]:
    """Another byte of DE60, which stands before DE64: length (2), kind (1), batch (3), and three digits (2)."""

    def damaged(frame: bytes) -> bytes:
        start = len(frame) - 8 - 8
        assert frame[start : start + 3] == b"\x00\x11\x22", frame[start:].hex()
        place = start + 2 + at
        return frame[:place] + bytes([frame[place] ^ by]) + frame[place + 1 :]

    return damaged


DAMAGES = {
    "DE64": seal_damaged,
    "DE60 kind": de60_damaged(0, 0x01),
    "DE60 batch": de60_damaged(3, 0x01),
    "DE60 no digit": de60_damaged(3, 0xF0),
}


class Case(NamedTuple):
    """What the relay makes of a request, what the till hears of it, and the verdict at rest."""

    spoil: Spoil
    heard: str
    rests: str


def after(damage: Callable[[bytes], bytes]) -> Spoil:
    return lambda frame, _old: [frame, damage(frame)]


def before(damage: Callable[[bytes], bytes]) -> Spoil:
    return lambda frame, _old: [damage(frame), frame]


BURNT = ("unknown", "NOT_CHARGED")  # the key that the damaged copy carries is that of the intact one
SOLD = ("approved", "PAID")
CASES = {
    **{f"{name} damaged after the intact one": Case(after(damage), *SOLD) for name, damage in DAMAGES.items()},
    "DE64 damaged before the intact one": Case(before(DAMAGES["DE64"]), *BURNT),
    "DE60 kind damaged before the intact one": Case(before(DAMAGES["DE60 kind"]), *BURNT),
    "DE60 batch damaged before the intact one": Case(before(DAMAGES["DE60 batch"]), *SOLD),
    "DE60 no digit before the intact one": Case(before(DAMAGES["DE60 no digit"]), *SOLD),
    "DE64 damaged, the intact one lost": Case(lambda frame, _old: [seal_damaged(frame)], *BURNT),
    "an old 0200 and 0800 before": Case(lambda frame, old: [old[REQUEST], old[SIGN_ON], frame], *SOLD),
    "an old 0200 and 0800 after": Case(lambda frame, old: [frame, old[SIGN_ON], old[REQUEST]], *SOLD),
}


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES, 1)), ids=list(CASES))
def test_whatever_a_stranger_does_on_the_line_no_charge_is_one_sided(relayed: Relayed, number: int, case: str) -> None:
    running, relay = relayed
    terminal = f"T{number:07d}"
    first = running.sell(terminal, "1.00")
    assert first.json["outcome"] == "approved", first
    held, done = running.balance("alice"), relay.spoilt

    relay.spoil = (terminal.encode(), CASES[case].spoil)
    sale = running.sell(terminal)
    told = running.why(sale.json["ref"])["verdict"]
    assert (relay.spoilt, sale.json["outcome"]) == (done + 1, CASES[case].heard), sale
    found = running.at_rest(sale.json["ref"])
    assert found["verdict"] == CASES[case].rests, found
    charged = held - running.balance("alice")
    assert charged == (MINOR if CASES[case].rests == "PAID" else 0)
    if sale.json["outcome"] == "unknown":
        assert told in ("UNKNOWN", found["verdict"])  # nobody hears a no before it is one
    else:
        assert told == found["verdict"]

    assert running.at_rest(first.json["ref"])["verdict"] == "PAID"  # a replay touches no earlier sale
    again = running.sell(terminal, "1.00")
    assert again.json["outcome"] == "approved", again  # and the terminal works on


def test_the_comparison_of_all_stubs_finds_nothing_and_the_ledger_adds_up(relayed: Relayed) -> None:
    found = relayed.running.ask("reconcile", "--full")
    assert (found.status, found.json["open"]) == (0, 0), found
    assert relayed.running.ledger_is_sound()
