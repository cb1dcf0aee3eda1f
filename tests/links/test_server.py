"""Whatever a peer does to a listening link, the station stays up and the others are served."""

import asyncio
import contextlib
import random

import pytest

from counterfoil.iso8583.framing import frame
from counterfoil.links import wire
from counterfoil.links.limits import raise_open_files
from counterfoil.step import Closed, Connected, Frame, Hangup, Send
from links.stations import LOCAL, Echo, run, served, until


async def ask(port: int, *messages: bytes) -> list[bytes]:
    """Send messages in one go and read as many answers."""
    reader, writer = await asyncio.open_connection(LOCAL, port)
    writer.write(b"".join(frame(message) for message in messages))
    answers = []
    for _ in messages:
        size = int.from_bytes(await reader.readexactly(2), "big")
        answers.append(await reader.readexactly(size))
    writer.close()
    return answers


def test_answers_come_back_in_order_on_the_connection_that_asked() -> None:
    async def test() -> None:
        async with served(Echo()) as (_, link):
            words = [[b"%d-%d" % (peer, n) for n in range(50)] for peer in range(20)]
            assert await asyncio.gather(*(ask(link.port, *mine) for mine in words)) == words

    run(test)


def test_a_step_takes_at_most_256_messages_and_loses_none() -> None:
    async def test() -> None:
        station = Echo()
        async with served(station) as (_, link):
            words = [b"%d" % n for n in range(3000)]
            assert await ask(link.port, *words) == words
            assert max(station.batches) <= 256
            assert sum(isinstance(item, Frame) for item in station.seen) == 3000

    run(test)


def test_connections_are_reported_and_numbered() -> None:
    async def test() -> None:
        station = Echo()
        async with served(station) as (_, link):
            await ask(link.port, b"one")
            await ask(link.port, b"two")
            await until(lambda: station.seen.count(Closed("peers", 2)))
            assert station.seen[0] == Connected("peers", 1)
            assert Connected("peers", 2) in station.seen
            frames = [item for item in station.seen if isinstance(item, Frame)]
            assert all(item.at > 0 for item in frames)

    run(test)


@pytest.mark.parametrize("garbage", [b"\xff\xff" + b"A" * 70000, b"GET / HTTP/1.1\r\n\r\n"])
def test_a_stream_that_is_no_stream_of_messages_ends_only_its_own_connection(garbage: bytes) -> None:
    async def test() -> None:
        async with served(Echo()) as (_, link):
            reader, writer = await asyncio.open_connection(LOCAL, link.port)
            writer.write(garbage)
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
            writer.close()
            assert await ask(link.port, b"still here") == [b"still here"]

    run(test)


def test_what_came_whole_before_the_garbage_is_decided() -> None:
    async def test() -> None:
        station = Echo()
        async with served(station) as (_, link):
            reader, writer = await asyncio.open_connection(LOCAL, link.port)
            writer.write(frame(b"one") + frame(b"two") + b"\xff\xff" + frame(b"behind"))
            with contextlib.suppress(ConnectionResetError):
                await reader.read()  # until it is closed
            writer.close()
            await until(lambda: station.seen.count(Closed("peers", 1)))
            assert [item.data for item in station.seen if isinstance(item, Frame)] == [b"one", b"two"]

    run(test)


def test_a_keep_alive_is_ignored_and_the_connection_stays() -> None:
    async def test() -> None:
        station = Echo()
        async with served(station) as (_, link):
            reader, writer = await asyncio.open_connection(LOCAL, link.port)
            for stream in (frame(b"one") + b"\0\0", b"\0", b"\0\0\0" + frame(b"two")):
                writer.write(stream)
                await asyncio.sleep(0.01)
            assert await reader.readexactly(10) == frame(b"one") + frame(b"two")
            writer.close()

    run(test)


def test_random_bytes_never_stop_the_station() -> None:
    async def test() -> None:
        draw = random.Random(7)
        async with served(Echo()) as (_, link):
            for _ in range(100):
                _, writer = await asyncio.open_connection(LOCAL, link.port)
                writer.write(draw.randbytes(draw.randrange(1, 400)))
                writer.close()
            assert await ask(link.port, b"still here") == [b"still here"]

    run(test)


def test_a_disconnect_at_any_byte_is_harmless() -> None:
    async def test() -> None:
        station = Echo()
        whole = frame(b"a message of some length")
        async with served(station) as (_, link):
            for cut in range(len(whole) + 1):
                _, writer = await asyncio.open_connection(LOCAL, link.port)
                writer.write(whole[:cut])
                writer.close()
            assert await ask(link.port, b"still here") == [b"still here"]
            await until(lambda: len(link) == 0)
            assert sum(isinstance(item, Frame) for item in station.seen) == 2  # the only whole one, and the last

    run(test)


def test_a_message_that_comes_byte_by_byte_is_one_message() -> None:
    async def test() -> None:
        async with served(Echo()) as (_, link):
            reader, writer = await asyncio.open_connection(LOCAL, link.port)
            for byte in frame(b"slowly"):
                writer.write(bytes((byte,)))
                await asyncio.sleep(0.002)
            assert await reader.readexactly(8) == frame(b"slowly")
            writer.close()

    run(test)


def test_a_thousand_idle_connections_leave_room_for_one_more() -> None:
    async def test() -> None:
        assert raise_open_files() > 2100
        async with served(Echo()) as (_, link):
            idle = await asyncio.gather(*(asyncio.open_connection(LOCAL, link.port) for _ in range(1000)))
            await until(lambda: len(link) == 1000)
            assert await ask(link.port, b"me too") == [b"me too"]
            for _, writer in idle:
                writer.close()
            await until(lambda: len(link) == 0)

    run(test)


def test_connections_beyond_the_limit_are_closed_at_once() -> None:
    async def test() -> None:
        async with served(Echo(), max_connections=2) as (_, link):
            kept = [await asyncio.open_connection(LOCAL, link.port) for _ in range(2)]
            await until(lambda: len(link) == 2)
            reader, writer = await asyncio.open_connection(LOCAL, link.port)
            assert await reader.read() == b""
            writer.close()
            for _, each in kept:
                each.close()
            await until(lambda: len(link) == 0)
            assert await ask(link.port, b"again") == [b"again"]

    run(test)


def test_a_peer_that_never_reads_is_not_read_from_and_costs_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_WAITING", 200_000)

    async def test() -> None:
        station = Echo()
        async with served(station) as (driver, link):
            reader, writer = await asyncio.open_connection(LOCAL, link.port)
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            writer.write(frame(b"x" * 8000))
            await until(lambda: len(link) == 1)
            for _ in range(3000):  # answers nobody takes: 24 MB
                station.say.append(Send("peers", 1, b"y" * 8000))
            writer.write(frame(b"go"))
            await until(lambda: len(link) == 0)
            assert await ask(link.port, b"still here") == [b"still here"]
            writer.close()
            del reader, driver

    run(test)


def test_a_hangup_closes_after_what_was_said_before_it() -> None:
    async def test() -> None:
        station = Echo()
        async with served(station) as (_, link):
            reader, writer = await asyncio.open_connection(LOCAL, link.port)
            station.say = [Send("peers", 1, b"goodbye"), Hangup("peers", 1), Send("peers", 99, b"to nobody")]
            writer.write(frame(b"hello"))
            assert (await reader.read()).startswith(frame(b"goodbye"))
            writer.close()

    run(test)
