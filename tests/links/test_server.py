"""Whatever a peer does to a listening link, the station stays up and the others are served."""

import asyncio
import contextlib
import random
from collections.abc import Sequence

import pytest

from counterfoil.iso8583.framing import frame
from counterfoil.links import wire
from counterfoil.links.limits import MESSAGES, raise_open_files
from counterfoil.step import Closed, Connected, Frame, Hangup, Inbound, Instant, Outbound, Send
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


class Line:
    """One connection of a peer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def say(self, message: bytes) -> None:
        self.writer.write(frame(message))

    async def hear(self) -> bytes:
        return await self.reader.readexactly(int.from_bytes(await self.reader.readexactly(2), "big"))

    async def asked(self, message: bytes) -> bytes:
        self.say(message)
        return await self.hear()

    async def ended(self) -> bool:
        """Wait until the other side closes it."""
        with contextlib.suppress(ConnectionResetError):
            while await self.reader.read(1 << 16):
                pass
        return True

    def close(self) -> None:
        self.writer.close()


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


class Proving(Echo):
    """Answers every message, and says of those that begin with "genuine" that they were."""

    def step(self, now: Instant, arrived: Sequence[Inbound]) -> Sequence[Outbound]:
        said = super().step(now, arrived)
        return [
            Send(item.link, item.conn, item.data, proven=item.data.startswith(b"genuine"))
            if isinstance(item, Send)
            else item
            for item in said
        ]


def test_a_full_port_lets_newcomers_in_and_closes_none_whose_messages_were_genuine() -> None:
    async def test() -> None:
        limits = MESSAGES._replace(total=20, each=20)
        async with served(Proving(), limits=limits) as (_, link):
            at_work = [Line(*await asyncio.open_connection(LOCAL, link.port)) for _ in range(8)]
            for line in at_work:
                assert await line.asked(b"genuine") == b"genuine"
            strangers = [Line(*await asyncio.open_connection(LOCAL, link.port)) for _ in range(100)]
            for line in strangers[50:]:
                line.say(b"anything")
            await until(lambda: len(link) == 20)
            for _ in range(3):
                for line in at_work:
                    assert await line.asked(b"genuine again") == b"genuine again"
                assert await ask(link.port, b"newcomer") == [b"newcomer"]
            for line in (*at_work, *strangers):
                line.close()
            await until(lambda: len(link) == 0)

    run(test)


def test_a_port_full_of_genuine_peers_closes_newcomers_at_once() -> None:
    async def test() -> None:
        async with served(Proving(), limits=MESSAGES._replace(total=2, each=2)) as (_, link):
            kept = [Line(*await asyncio.open_connection(LOCAL, link.port)) for _ in range(2)]
            for line in kept:
                assert await line.asked(b"genuine") == b"genuine"
            refused = Line(*await asyncio.open_connection(LOCAL, link.port))
            assert await refused.ended()
            assert [await line.asked(b"still") for line in kept] == [b"still"] * 2
            for line in (*kept, refused):
                line.close()
            await until(lambda: len(link) == 0)
            assert await ask(link.port, b"again") == [b"again"]

    run(test)


@pytest.mark.parametrize(
    ("sent", "then"),
    [(b"", "unspoken"), (frame(b"whole")[:-1], "half"), (frame(b"one") + b"\0", "half"), (frame(b"one"), "stays")],
)
def test_who_says_nothing_or_half_a_message_is_closed_in_time_and_nobody_else(sent: bytes, then: str) -> None:
    seconds = {"unspoken": 0.5, "half": 0.1, "stays": 0.2}
    limits = MESSAGES._replace(unspoken=seconds["unspoken"], half=seconds["half"])

    async def test() -> None:
        async with served(Echo(), limits=limits) as (_, link):
            began = asyncio.get_running_loop().time()
            line = Line(*await asyncio.open_connection(LOCAL, link.port))
            line.writer.write(sent)
            if then == "stays":
                assert await line.hear() == b"one"
                await asyncio.sleep(1.0)
                assert await line.asked(b"two") == b"two"
            else:
                assert await line.ended()
                assert asyncio.get_running_loop().time() - began >= seconds[then]
            line.close()

    run(test)


def test_bytes_that_trickle_in_do_not_put_the_end_of_a_message_off() -> None:
    async def test() -> None:
        async with served(Echo(), limits=MESSAGES._replace(half=0.3)) as (_, link):
            line = Line(*await asyncio.open_connection(LOCAL, link.port))
            ended = asyncio.ensure_future(line.ended())
            for byte in frame(b"x" * 4000):
                if ended.done():
                    break
                line.writer.write(bytes((byte,)))
                await asyncio.sleep(0.01)
            assert await ended
            line.close()

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
