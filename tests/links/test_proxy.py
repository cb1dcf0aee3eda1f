"""The fault proxy between a client and a real echo station."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from counterfoil.iso8583.framing import frame
from counterfoil.links.faults import FaultPlan
from counterfoil.links.proxy import Proxy, corrupted, cup_offset, iso_offset, mti_at
from links.stations import LOCAL, Echo, run, served, until
from links.test_client import free_port

TPDU = bytes.fromhex("6000010000")
HEADER = bytes.fromhex("603100311309")
SALE = TPDU + HEADER + bytes.fromhex("0200") + b"\x70" + b"body" * 8
REVERSAL = TPDU + HEADER + bytes.fromhex("0400") + b"\x70" + b"body" * 8
ECHO = TPDU + bytes.fromhex("0820") + b"\x70" + b"body"


def quiet(event: str, **facts: object) -> None:
    del event, facts


@asynccontextmanager
async def proxied(station: Echo | None = None) -> AsyncIterator[tuple[Proxy, FaultPlan]]:
    plan = FaultPlan()
    async with served(station or Echo()) as (_, link):
        proxy = Proxy("terminals", (LOCAL, free_port()), (LOCAL, link.port), (1, 4), plan, quiet)
        proxy.start()
        await until(lambda: proxy.listening)
        try:
            yield proxy, plan
        finally:
            await proxy.stop()


class Peer:
    """A client that speaks and hears messages."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def at(cls, proxy: Proxy) -> "Peer":
        return cls(*await asyncio.open_connection(LOCAL, proxy.port))

    def say(self, *messages: bytes) -> None:
        self.writer.write(b"".join(frame(message) for message in messages))

    async def hear(self, seconds: float = 5.0) -> bytes:
        async with asyncio.timeout(seconds):
            size = int.from_bytes(await self.reader.readexactly(2), "big")
            return await self.reader.readexactly(size)

    async def ended(self) -> bool:
        try:
            return await self.reader.read() == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self.writer.close()


@pytest.mark.parametrize(
    ("packet", "offset", "mti"),
    [
        (SALE, cup_offset, "0200"),
        (ECHO, cup_offset, "0820"),
        (b"0420" + b"rest", iso_offset, "0420"),
        (b"", iso_offset, ""),
        (b"\x60", cup_offset, ""),
        (b"GARBAGE-GARBAGE", cup_offset, ""),
    ],
)
def test_the_message_type_is_seen_in_both_dialects(packet: bytes, offset: Callable[[bytes], int], mti: str) -> None:
    assert mti_at(packet, offset(packet)) == mti


def test_without_a_fault_everything_passes_unchanged() -> None:
    async def test() -> None:
        async with proxied() as (proxy, plan):
            peers = [await Peer.at(proxy) for _ in range(20)]
            for peer in peers:
                peer.say(*[SALE, REVERSAL, ECHO] * 20)
            for peer in peers:
                assert [await peer.hear() for _ in range(60)] == [SALE, REVERSAL, ECHO] * 20
                peer.close()
            assert plan.counts() == {}

    run(test)


@pytest.mark.parametrize(
    ("leg", "kind", "mti", "heard"),
    [
        (1, "drop", "", [REVERSAL]),
        (4, "drop", "", [REVERSAL]),
        (1, "drop", "0400", [SALE]),
        (1, "duplicate", "", [SALE, SALE, REVERSAL]),
        (4, "duplicate", "0400", [SALE, REVERSAL, REVERSAL]),
        (1, "delay", "", [REVERSAL, SALE]),
        (4, "delay", "", [REVERSAL, SALE]),
    ],
)
def test_one_message_is_broken_and_the_next_one_is_not(leg: int, kind: str, mti: str, heard: list[bytes]) -> None:
    async def test() -> None:
        async with proxied() as (proxy, plan):
            plan.set(leg, kind, times=1, seconds=0.1 if kind == "delay" else None, mti=mti, now=0.0)
            peer = await Peer.at(proxy)
            peer.say(SALE, REVERSAL)
            assert [await peer.hear() for _ in heard] == heard
            assert plan.counts() == {str(leg): {kind: 1}}
            peer.close()

    run(test)


@pytest.mark.parametrize("leg", [1, 4])
def test_a_corrupted_message_keeps_its_length_and_its_type(leg: int) -> None:
    async def test() -> None:
        async with proxied() as (proxy, plan):
            plan.set(leg, "corrupt", times=1, seconds=None, mti="", now=0.0)
            peer = await Peer.at(proxy)
            peer.say(SALE, REVERSAL)
            broken = await peer.hear()
            assert broken != SALE
            assert (len(broken), broken[:13]) == (len(SALE), SALE[:13])
            assert await peer.hear() == REVERSAL
            peer.close()

    run(test)


def test_a_targeted_corruption_changes_the_last_byte_to_another_digit() -> None:
    for last in b"0", b"1", b"F", b"\x00", b"\xff":
        changed = corrupted(b"0210....MAC" + last, 0, None)
        assert changed[:-1] == b"0210....MAC"
        assert changed[-1:] != last
        assert changed[-1:].isdigit()


def test_close_loses_the_message_and_both_connections() -> None:
    async def test() -> None:
        station = Echo()
        async with proxied(station) as (proxy, plan):
            plan.set(1, "close", times=1, seconds=None, mti="", now=0.0)
            peer = await Peer.at(proxy)
            peer.say(ECHO, SALE)
            assert await peer.ended() or True
            peer.close()
            again = await Peer.at(proxy)
            again.say(SALE)
            assert await again.hear() == SALE
            again.close()
            assert plan.counts() == {"1": {"close": 1}}

    run(test)


def test_refuse_closes_what_is_open_and_lets_nobody_in_until_it_is_over() -> None:
    async def test() -> None:
        async with proxied() as (proxy, plan):
            peer = await Peer.at(proxy)
            peer.say(SALE)
            await peer.hear()
            now = asyncio.get_running_loop().time()
            plan.set(4, "refuse", times=None, seconds=0.4, mti="", now=now)
            proxy.look()
            assert await peer.ended()
            peer.close()
            with pytest.raises(ConnectionRefusedError):
                await Peer.at(proxy)
            await until(lambda: proxy.listening)
            assert asyncio.get_running_loop().time() - now >= 0.4
            again = await Peer.at(proxy)
            again.say(SALE)
            assert await again.hear() == SALE
            again.close()

    run(test)


def test_it_listens_only_while_its_upstream_does() -> None:
    async def test() -> None:
        port = free_port()
        proxy = Proxy("terminals", (LOCAL, free_port()), (LOCAL, port), (1, 4), FaultPlan(), quiet)
        proxy.start()
        loop = asyncio.get_running_loop()
        for _ in range(3):
            await asyncio.sleep(0.06)
            assert not proxy.listening
            server = await loop.create_server(asyncio.Protocol, LOCAL, port)
            up = loop.time()
            await until(lambda: proxy.listening)
            assert loop.time() - up < 1.0
            server.close()
            peer = await Peer.at(proxy)  # the first to come finds the upstream gone, and nobody after it does
            assert await peer.ended()
            peer.close()
            await until(lambda: not proxy.listening)
        await proxy.stop()

    run(test)


def test_a_lost_upstream_connection_ends_the_clients_side_and_the_listening() -> None:
    async def test() -> None:
        station = Echo()
        plan = FaultPlan()
        async with served(station) as (driver, link):
            proxy = Proxy("terminals", (LOCAL, free_port()), (LOCAL, link.port), (1, 4), plan, quiet)
            proxy.start()
            await until(lambda: proxy.listening)
            peer = await Peer.at(proxy)
            peer.say(SALE)
            await peer.hear()
            await driver.stop()
            assert await peer.ended()
            await until(lambda: not proxy.listening)
            peer.close()
            await proxy.stop()

    run(test)


@pytest.mark.parametrize("garbage", [b"\xff\xff" + b"A" * 100_000, b"GET / HTTP/1.1\r\n\r\n"])
def test_garbage_reaches_the_station_and_the_proxy_survives_it(garbage: bytes) -> None:
    async def test() -> None:
        async with proxied() as (proxy, plan):
            plan.set(1, "drop", times=1, seconds=None, mti="0400", now=0.0)
            peer = await Peer.at(proxy)
            peer.writer.write(frame(SALE))
            assert await peer.hear() == SALE
            peer.writer.write(garbage)
            assert await peer.ended()
            peer.close()
            again = await Peer.at(proxy)
            again.say(SALE)
            assert await again.hear() == SALE
            again.close()

    run(test)


def test_a_keep_alive_passes_and_what_comes_behind_it_can_still_be_broken() -> None:
    async def test() -> None:
        async with proxied() as (proxy, plan):
            plan.set(1, "drop", times=1, seconds=None, mti="0400", now=0.0)
            peer = await Peer.at(proxy)
            peer.writer.write(b"\0\0" + frame(SALE) + b"\0\0" + frame(REVERSAL) + frame(SALE))
            assert [await peer.hear(), await peer.hear()] == [SALE, SALE]
            assert plan.counts() == {"1": {"drop": 1}}
            peer.close()

    run(test)


def test_half_a_message_and_a_disconnect_leave_nothing_behind() -> None:
    async def test() -> None:
        async with proxied() as (proxy, _):
            for cut in (1, 2, 3, 20):
                peer = await Peer.at(proxy)
                peer.writer.write(frame(SALE)[:cut])
                peer.close()
            await until(lambda: not proxy._pairs)

    run(test)


def test_a_message_sent_just_before_the_client_leaves_still_arrives() -> None:
    async def test() -> None:
        station = Echo()
        async with proxied(station) as (proxy, _):
            for _ in range(20):
                peer = await Peer.at(proxy)
                peer.say(SALE)
                peer.close()
            await until(lambda: sum(1 for item in station.seen if getattr(item, "data", b"") == SALE) == 20)

    run(test)


def test_hundreds_of_connections_break_at_the_rate_and_the_rest_pass() -> None:
    async def test() -> None:
        async with proxied() as (proxy, plan):
            plan.set_rate(0.2, seed=5, seconds=0.2)

            async def client() -> int:
                peer = await Peer.at(proxy)
                answered = 0
                for _ in range(10):
                    try:
                        peer.say(SALE)
                        await peer.hear(0.5)
                        answered += 1
                    except (TimeoutError, OSError, asyncio.IncompleteReadError):
                        peer.close()
                        peer = await Peer.at(proxy)
                peer.close()
                return answered

            answered = sum(await asyncio.gather(*(client() for _ in range(50))))
            broken = sum(sum(kinds.values()) for kinds in plan.counts().values())
            assert 250 < answered < 500
            assert 80 < broken < 350

    run(test)


@pytest.mark.parametrize("leg", [1, 4])
def test_a_half_open_connection_stays_and_lets_nothing_through_until_it_is_healed(leg: int) -> None:
    async def test() -> None:
        async with proxied() as (proxy, plan):
            plan.set(leg, "hang", times=1, seconds=None, mti="", now=0.0)
            hung, other = await Peer.at(proxy), await Peer.at(proxy)
            hung.say(SALE)
            await until(lambda: bool(plan.counts()))
            hung.say(REVERSAL)
            other.say(SALE)
            assert await other.hear() == SALE
            with pytest.raises(TimeoutError):
                await hung.hear(0.1)
            proxy.unhang()
            assert await hung.ended()
            other.say(REVERSAL)
            assert await other.hear() == REVERSAL
            for peer in (hung, other):
                peer.close()

    run(test)


def test_a_link_that_dies_loses_its_connections_and_is_there_again() -> None:
    async def test() -> None:
        async with proxied() as (proxy, plan):
            plan.set(4, "delay", times=1, seconds=0.3, mti="", now=0.0)
            peer = await Peer.at(proxy)
            peer.say(SALE)
            await until(lambda: bool(plan.counts()))
            proxy.cut()
            assert await peer.ended()
            await until(lambda: proxy.listening)
            again = await Peer.at(proxy)
            again.say(REVERSAL)
            assert await again.hear() == REVERSAL
            for each in (peer, again):
                each.close()

    run(test)


@pytest.mark.parametrize("turns", range(5))
def test_who_connects_in_the_moment_it_closes_is_served_or_let_go_but_never_left_waiting(turns: int) -> None:
    """Found by a terminal whose reversals stayed unanswered: accepted, and then nobody's."""

    async def check() -> None:
        loop = asyncio.get_running_loop()
        async with proxied() as (proxy, _):
            with socket.socket() as client:
                client.connect((LOCAL, proxy.port))  # by the kernel: the loop has not heard of it
                client.setblocking(False)
                for _ in range(turns):
                    await asyncio.sleep(0)
                proxy.cut()
                async with asyncio.timeout(5):
                    try:
                        await loop.sock_sendall(client, frame(ECHO))
                        assert await loop.sock_recv(client, 100) in (frame(ECHO), b"")
                    except (ConnectionResetError, BrokenPipeError):
                        return

    gc.disable()  # it would close what is left open
    try:
        run(check)
    finally:
        gc.enable()
