"""The console's door: half a request, a slow one, too many of them, and the browser that is being served meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import io
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from counterfoil.console.serve import Server
from counterfoil.console.visitor import BUSY, MOST_HEAD
from counterfoil.links.door import Door
from counterfoil.links.limits import PAGES, PortLimits
from links.stations import LOCAL, run, until

GET = b"GET /quick HTTP/1.1\r\nHost: here\r\n\r\n"
POST = b"POST /quick HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\n"
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class House:
    """A small application: /quick answers with what it was sent, /slow when it is told to, /big with ten megabytes."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.at_work = 0
        self.told: list[str] = []
        self.door: Door

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        if scope["path"] == "/slow":
            self.at_work += 1
            await self.go.wait()
        if scope["path"] == "/big":
            body = b"x" * 10_000_000
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    def note(self, event: str, **facts: object) -> None:
        self.told.append(event)

    async def asked(self, data: bytes = GET) -> http.client.HTTPResponse:
        """A request on a connection of its own, and its whole answer."""
        reader, writer = await asyncio.open_connection(LOCAL, self.door.port)
        writer.write(data.replace(b"HTTP/1.1\r\n", b"HTTP/1.1\r\nConnection: close\r\n"))
        answer = parsed(await reader.read())
        writer.close()
        return answer


def parsed(data: bytes) -> http.client.HTTPResponse:
    class Wire:
        def makefile(self, _mode: str) -> io.BytesIO:
            return io.BytesIO(data)

    answer = http.client.HTTPResponse(Wire())  # type: ignore[arg-type]
    answer.begin()
    return answer


@asynccontextmanager
async def house(limits: PortLimits = PAGES, keep_alive: int = 5) -> AsyncIterator[House]:
    found = House()
    config = uvicorn.Config(
        found, log_config=None, lifespan="off", ws="none", h11_max_incomplete_event_size=MOST_HEAD,
        timeout_keep_alive=keep_alive, timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = Server(config, found_door(found, limits, lambda: server), lambda: None)
    found.door.bind(LOCAL, 0)
    task = asyncio.create_task(server.serve([]))
    await until(lambda: server.started)
    try:
        yield found
    finally:
        found.go.set()
        server.should_exit = True
        await task


def found_door(found: House, limits: PortLimits, server: Callable[[], Server]) -> Door:
    found.door = Door("console", limits, found.note, lambda guest: server().visit(guest), farewell=BUSY)
    return found.door


async def over(reader: asyncio.StreamReader) -> bool:
    """Wait until the other side ends it."""
    with contextlib.suppress(ConnectionResetError):
        while await reader.read(1 << 16):
            pass
    return True


@pytest.mark.parametrize(
    ("sent", "event"),
    [
        (b"", "unspoken_closed"),
        (GET[:-2], "half_sent_closed"),
        (POST, "half_sent_closed"),
        (POST + b"x" * 9, "half_sent_closed"),
        (POST.replace(b"Content-Length: 10", b"Transfer-Encoding: chunked") + b"5\r\nabcde\r\n", "half_sent_closed"),
    ],
    ids=["nothing", "half a head", "no body", "half a body", "half the chunks"],
)
def test_half_a_request_ends_in_time(sent: bytes, event: str) -> None:
    async def test() -> None:
        async with house(PAGES._replace(unspoken=0.6, half=0.3)) as here:
            reader, writer = await asyncio.open_connection(LOCAL, here.door.port)
            writer.write(sent)
            assert await over(reader)
            assert here.told == [event]
            writer.close()

    run(test)


@pytest.mark.parametrize("request_line", [GET, POST + b"x" * 10], ids=["head", "body"])
def test_bytes_that_trickle_in_do_not_put_the_end_off(request_line: bytes) -> None:
    async def test() -> None:
        async with house(PAGES._replace(half=0.2)) as here:
            reader, writer = await asyncio.open_connection(LOCAL, here.door.port)
            ended = asyncio.ensure_future(over(reader))
            slow = len(request_line) - 8
            writer.write(request_line[:slow])
            for byte in request_line[slow:]:
                if ended.done():
                    break
                await asyncio.sleep(0.1)
                writer.write(bytes((byte,)))
            assert await ended
            writer.close()

    run(test)


def test_a_head_that_does_not_end_is_refused_when_it_is_too_long() -> None:
    async def test() -> None:
        async with house() as here:
            reader, writer = await asyncio.open_connection(LOCAL, here.door.port)
            writer.write(GET[:-2] + b"X-Long: " + b"x" * MOST_HEAD)
            assert (await reader.read(100)).startswith(b"HTTP/1.1 4")
            assert await over(reader)
            writer.close()

    run(test)


def test_among_many_who_send_half_a_request_everybody_else_is_served() -> None:
    async def test() -> None:
        async with house(PAGES._replace(total=20, each=20)) as here:
            at_work = asyncio.create_task(here.asked(GET.replace(b"quick", b"slow")))
            await until(lambda: here.at_work == 1)
            strangers = []
            for sent in (b"", GET[:-2], POST, GET) * 40:
                reader, writer = await asyncio.open_connection(LOCAL, here.door.port)
                writer.write(sent)
                strangers.append((reader, writer))
            for _ in range(10):
                assert (await here.asked(POST + b"0123456789")).read() == b"0123456789"
            assert len(here.door) <= 20
            here.go.set()
            assert (await at_work).status == 200
            for _, writer in strangers:
                writer.close()

    run(test)


def test_when_all_are_at_work_the_next_one_is_told_so() -> None:
    async def test() -> None:
        async with house(PAGES._replace(total=3, each=3)) as here:
            slow = [asyncio.create_task(here.asked(GET.replace(b"quick", b"slow"))) for _ in range(3)]
            await until(lambda: here.at_work == 3)
            refused = parsed(BUSY)
            answer = await here.asked(b"")
            assert (answer.status, answer.read()) == (503, refused.read())
            here.go.set()
            assert [(await each).status for each in slow] == [200] * 3
            assert (await here.asked()).status == 200

    run(test)


def test_a_connection_without_a_request_makes_room_though_it_had_one() -> None:
    async def test() -> None:
        async with house(PAGES._replace(total=2, each=2), keep_alive=60) as here:
            first, writer = await asyncio.open_connection(LOCAL, here.door.port)
            writer.write(GET)
            await first.readuntil(b"\r\n\r\n")
            slow = asyncio.create_task(here.asked(GET.replace(b"quick", b"slow")))
            await until(lambda: here.at_work == 1)
            assert (await here.asked()).status == 200
            assert await over(first)
            writer.close()
            here.go.set()
            assert (await slow).status == 200

    run(test)


def test_requests_of_one_connection_are_served_one_after_another_until_it_is_silent() -> None:
    async def test() -> None:
        async with house(keep_alive=1) as here:
            reader, writer = await asyncio.open_connection(LOCAL, here.door.port)
            for number in range(3):
                writer.write((POST + b"%010d" % number) * 2)
                for _ in range(2):
                    await reader.readuntil(b"\r\n\r\n")
                    assert int(await reader.readexactly(10)) == number
            assert await over(reader)
            writer.close()
            assert here.told == []

    run(test)


def test_an_answer_that_nobody_takes_ends_in_time() -> None:
    async def test() -> None:
        async with house(PAGES._replace(half=0.3)) as here:
            reader, writer = await asyncio.open_connection(LOCAL, here.door.port, limit=1 << 10)
            writer.write(GET.replace(b"quick", b"big"))
            await until(lambda: here.told == ["half_sent_closed"])
            await until(lambda: len(here.door) == 0)
            assert (await here.asked(GET.replace(b"quick", b"big"))).length == 10_000_000
            writer.close()
            del reader

    run(test)
