"""A listening port that anybody can reach: who is let in, who makes room, and what happens without descriptors."""

import asyncio
import errno
import os
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from counterfoil.links.door import TOLD, Door, Guest, place_of
from counterfoil.links.limits import PortLimits
from links.stations import LOCAL, run, until

OTHER = "127.0.0.2"
PATIENT = PortLimits(total=6, each=4, unspoken=60.0, half=60.0)


class Visitor(asyncio.Protocol):
    """Echoes; "spoke" is a whole message, "keep" proves who it is, "half" begins one."""

    def __init__(self, guest: Guest, seen: "list[Visitor]") -> None:
        self.guest = guest
        self.seen = seen
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.guest.seated(transport)
        self.seen.append(self)

    def data_received(self, data: bytes) -> None:
        if data == b"keep":
            self.guest.keep()
        elif data == b"rest":
            self.guest.rest()
        else:
            self.guest.heard(whole=data == b"spoke", rest=4 if data == b"half" else 0)
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        self.closed = True
        self.guest.left()


class Post:
    """A door with its visitors, and what it told the log."""

    def __init__(self, limits: PortLimits) -> None:
        self.visitors: list[Visitor] = []
        self.told: list[tuple[str, dict[str, object]]] = []
        self.door = Door("post", limits, self._note, lambda guest: Visitor(guest, self.visitors), farewell=b"full")
        self._clients: list[socket.socket] = []

    def _note(self, event: str, **facts: object) -> None:
        self.told.append((event, facts))

    async def come(self, said: str = "", place: str = LOCAL) -> socket.socket:
        """Somebody connects, and says something that is answered before this returns."""
        client = socket.socket()
        client.bind((place, 0))
        client.setblocking(False)
        self._clients.append(client)
        await asyncio.get_running_loop().sock_connect(client, (LOCAL, self.door.port))
        if said:
            assert await self.says(client, said) == said.encode()
        else:
            await until(lambda: any(v.guest.transport is not None and self._is(v, client) for v in self.visitors))
        return client

    def _is(self, visitor: Visitor, client: socket.socket) -> bool:
        return bool(visitor.transport.get_extra_info("peername") == client.getsockname())

    async def says(self, client: socket.socket, said: str) -> bytes:
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(client, said.encode())
        return await loop.sock_recv(client, 100)

    async def closed(self, client: socket.socket) -> bool:
        """Whether the door closed it: nobody else writes or closes here."""
        await asyncio.sleep(0.02)
        try:
            return client.recv(100, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except ConnectionResetError:
            return True

    def leave(self) -> None:
        for client in self._clients:
            client.close()


@asynccontextmanager
async def post(limits: PortLimits = PATIENT) -> AsyncIterator[Post]:
    found = Post(limits)
    found.door.listen(LOCAL, 0)
    try:
        yield found
    finally:
        found.door.close()
        found.leave()
        await until(lambda: len(found.door) == 0)


@pytest.mark.parametrize(
    ("there", "newcomer", "goes"),
    [
        # what each did, oldest first, and from where; where the newcomer is from; who makes room (None: nobody)
        ([("", LOCAL)] * 4, LOCAL, 0),
        ([("spoke", LOCAL), ("", LOCAL), ("", LOCAL), ("spoke", LOCAL)], LOCAL, 1),
        ([("keep", LOCAL), ("spoke", LOCAL), ("keep", LOCAL), ("spoke", LOCAL)], LOCAL, 1),
        ([("keep", LOCAL)] * 4, LOCAL, None),
        ([("", OTHER), ("keep", LOCAL), ("", LOCAL), ("", LOCAL), ("spoke", LOCAL)], LOCAL, 2),
        ([("", LOCAL)] * 3 + [("", OTHER)] * 3, LOCAL, 0),
        ([("keep", LOCAL)] * 3 + [("spoke", OTHER)] * 3, LOCAL, 3),
        ([("keep", LOCAL)] * 3 + [("keep", OTHER)] * 3, LOCAL, None),
        ([("half", LOCAL), ("", LOCAL), ("spoke", LOCAL), ("", LOCAL)], LOCAL, 0),
    ],
    ids=[
        "oldest unspoken", "unspoken before spoken", "longest silent", "an address of known ones",
        "of its own address", "of all", "of another address", "known ones only", "half is unspoken",
    ],
)  # fmt: skip
def test_who_makes_room_for_a_newcomer(there: list[tuple[str, str]], newcomer: str, goes: int | None) -> None:
    async def test() -> None:
        async with post() as here:
            clients = [await here.come(said, place) for said, place in there]
            new = socket.socket()
            new.bind((newcomer, 0))
            new.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(new, (LOCAL, here.door.port))
            if goes is None:
                assert await loop.sock_recv(new, 100) == b"full"
                assert await loop.sock_recv(new, 100) == b""
            else:
                assert await here.says(new, "spoke") == b"spoke"
            assert [await here.closed(client) for client in clients] == [at == goes for at in range(len(clients))]
            assert len(here.door) == len(there)
            new.close()

    run(test)


def test_who_speaks_again_is_the_last_to_make_room_and_who_is_through_makes_room_again() -> None:
    async def test() -> None:
        async with post() as here:
            first, second = await here.come("spoke"), await here.come("spoke")
            busy = await here.come("keep")
            await here.says(first, "spoke")
            await here.says(busy, "rest")
            await here.come("keep")
            for gone in (second, first, busy):
                await here.come("keep")
                assert await here.closed(gone)

    run(test)


@pytest.mark.parametrize(
    ("said", "stays"), [("", False), ("half", False), ("spoke", True), ("keep", True)], ids=str
)  # fmt: skip
def test_silence_is_borne_for_so_long(said: str, stays: bool) -> None:
    async def test() -> None:
        limits = PATIENT._replace(unspoken=0.3, half=0.3)
        async with post(limits) as here:
            client = await here.come(said)
            await asyncio.sleep(0.8)
            assert await here.closed(client) is not stays
            if not stays:
                assert here.told[0][0] in {"unspoken_closed", "half_sent_closed"}

    run(test)


def test_a_known_one_that_sends_half_a_message_is_closed_too() -> None:
    async def test() -> None:
        async with post(PATIENT._replace(half=0.2)) as here:
            client = await here.come("keep")
            await here.says(client, "half")
            await until(lambda: here.visitors[0].closed)
            assert await here.closed(client)

    run(test)


def test_in_a_flood_of_connections_who_speaks_is_heard() -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        async with post(PortLimits(total=16, each=16, unspoken=60.0, half=60.0)) as here:
            at_work = await here.come("keep")
            for _ in range(5):
                flood = []
                for n in range(300):
                    client = socket.socket()
                    client.setblocking(False)
                    client.connect_ex((LOCAL, here.door.port))
                    flood.append(client)
                    if n == 150:
                        speaker = client
                await loop.sock_sendall(speaker, b"spoke")
                assert await loop.sock_recv(speaker, 100) == b"spoke"
                assert await here.says(at_work, "keep") == b"keep"
                assert len(here.door) <= 16
                for client in flood:
                    client.close()

    run(test)


@contextmanager
def no_more_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir("/dev/fd"))
    fillers = [os.dup(0)]
    while fillers[-1] < highest:
        fillers.append(os.dup(0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (fillers[-1] + 1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for filler in fillers:
            os.close(filler)


ROOMY = PATIENT._replace(total=100, each=100)


def test_without_a_descriptor_one_that_proved_nothing_makes_room() -> None:
    async def test() -> None:
        loop = asyncio.get_running_loop()
        async with post(ROOMY) as here:
            at_work, silent = await here.come("keep"), await here.come()
            with socket.socket() as new:
                new.setblocking(False)
                with no_more_descriptors():
                    new.connect_ex((LOCAL, here.door.port))
                    assert await loop.sock_recv(silent, 100) == b""
                    assert await here.says(new, "spoke") == b"spoke"
                    assert await here.says(at_work, "keep") == b"keep"
            reason = errno.errorcode[errno.EMFILE]
            assert ("accept_failed", {"door": "post", "reason": reason, "open": 2}) in here.told

    run(test)


def test_without_a_descriptor_nothing_spins_and_who_waits_gets_in_later(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        calls = 0
        accept = Door._accept

        def counted(door: Door) -> None:
            nonlocal calls
            calls += 1
            accept(door)

        monkeypatch.setattr(Door, "_accept", counted)
        async with post(ROOMY) as here:
            at_work = await here.come("keep")
            with socket.socket() as new:
                new.setblocking(False)
                with no_more_descriptors():
                    new.connect_ex((LOCAL, here.door.port))
                    before = calls
                    await asyncio.sleep(0.5)
                    assert 0 < calls - before < 20  # every tenth of a second, not in every turn of the loop
                    assert await here.says(at_work, "keep") == b"keep"
                assert await here.says(new, "spoke") == b"spoke"

    run(test)


def test_what_strangers_cause_fills_no_log() -> None:
    async def test() -> None:
        async with post(PATIENT._replace(total=1, each=1)) as here:
            for _ in range(100):
                await here.come()
            assert 0 < len(here.told) <= TOLD

    run(test)


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("no address", "no address"),
    ],
)
def test_an_ipv6_network_is_one_place(host: str, place: str) -> None:
    assert place_of(host) == place


def test_a_closed_door_lets_go_of_who_was_about_to_be_seated() -> None:
    async def test() -> None:
        async with post() as here:
            client = socket.socket()
            client.connect((LOCAL, here.door.port))
            here.door._accept()
            here.door.close()
            client.settimeout(5)
            assert await asyncio.to_thread(client.recv, 10) == b""
            client.close()
            assert not here.door.open

    run(test)
