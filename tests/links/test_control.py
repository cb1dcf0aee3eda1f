"""The control channel: who may speak, what bad lines meet, and what callers learn when nobody answers."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from counterfoil.errors import NothingSentError, OutcomeUnknown
from counterfoil.links.control import MAX_LINE, Answer, ControlClient, ControlServer, ask
from counterfoil.links.limits import BEFORE_TOKEN, CONTROL, PortLimits
from links.stations import LOCAL, run, until

TOKEN = "s3cret"


class Desk:
    """Answers at once, later, or never."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def serve(self, verb: str, args: dict[str, Any], answer: Answer) -> None:
        self.asked.append(verb)
        if verb == "later":
            asyncio.get_running_loop().call_later(0.02, answer, {"verb": verb, **args})
        elif verb != "never":
            answer({"verb": verb, **args})


@asynccontextmanager
async def desk(limits: PortLimits = CONTROL) -> AsyncIterator[tuple[Desk, ControlServer]]:
    serving = Desk()
    server = ControlServer(LOCAL, 0, TOKEN, serving.serve, limits=limits)
    await server.start()
    try:
        yield serving, server
    finally:
        await server.stop()


def line(verb: str, token: str = TOKEN, **args: Any) -> bytes:
    return msgspec.json.encode({"token": token, "verb": verb, "args": args}) + b"\n"


async def exchange(port: int, data: bytes, answers: int) -> list[dict[str, Any]]:
    reader, writer = await asyncio.open_connection(LOCAL, port, limit=4 * MAX_LINE)
    writer.write(data)
    got = [msgspec.json.decode(await reader.readline()) for _ in range(answers)]
    writer.close()
    return got


def test_requests_of_one_connection_are_answered_in_order() -> None:
    async def test() -> None:
        async with desk() as (_, server):
            got = await exchange(server.port, line("later", n=1) + line("now", n=2) + b"\n" + line("later", n=3), 3)
            assert [each["n"] for each in got] == [1, 2, 3]

    run(test)


def test_thousands_of_lines_at_once_are_all_answered() -> None:
    async def test() -> None:
        async with desk() as (_, server):
            got = await exchange(server.port, b"".join(line("now", n=n) for n in range(5000)), 5000)
            assert [each["n"] for each in got] == list(range(5000))

    run(test)


@pytest.mark.parametrize("end", [b"x" * (MAX_LINE + 1), b"x" * (MAX_LINE + 1) + b"\n"], ids=["endless", "too long"])
def test_requests_before_a_line_that_is_too_long_are_answered(end: bytes) -> None:
    async def test() -> None:
        async with desk() as (serving, server):
            got = await exchange(server.port, line("later", n=1) + line("now", n=2) + end, 3)
            assert [each.get("n") for each in got] == [1, 2, None]
            assert got[2]["error"] == "bad_request"
            assert serving.asked == ["later", "now"]

    run(test)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"hello\n", "bad_request"),
        (b"[1,2]\n", "bad_request"),
        (b'{"verb":1}\n', "bad_request"),
        (b"\xff\xfe\x00\n", "bad_request"),
        (b'{"args":{}}\n', "bad_request"),
        (b'{"verb":"x","args":{"a":' + b"[" * 3000 + b"\n", "bad_request"),
        (line("now", token="wrong"), "forbidden"),
        (b'{"verb":"now"}\n', "forbidden"),
        (b"x" * (MAX_LINE + 1), "bad_request"),
        (b"x" * (MAX_LINE + 1) + b"\n", "bad_request"),
    ],
    ids=[
        "no json",
        "no object",
        "no verb",
        "no text",
        "verb missing",
        "too deep",
        "wrong token",
        "no token",
        "endless",
        "too long",
    ],
)
def test_what_is_no_request_gets_an_error_and_reaches_nobody(data: bytes, code: str) -> None:
    async def test() -> None:
        async with desk() as (serving, server):
            (got,) = await exchange(server.port, data, 1)
            assert got["error"] == code
            assert set(got["message"]) == {"en", "zh"}
            assert serving.asked == []
            assert await exchange(server.port, line("now", n=1), 1) == [{"verb": "now", "n": 1}]

    run(test)


def test_a_connection_survives_bad_json_but_not_a_wrong_token() -> None:
    async def test() -> None:
        async with desk() as (_, server):
            got = await exchange(server.port, b"oops\n" + line("now", n=1), 2)
            assert [each.get("error") for each in got] == ["bad_request", None]
            reader, writer = await asyncio.open_connection(LOCAL, server.port)
            writer.write(line("now", token="x") + line("now"))
            assert len((await reader.read()).splitlines()) == 1
            writer.close()

    run(test)


def test_a_caller_that_left_is_not_missed() -> None:
    async def test() -> None:
        async with desk() as (serving, server):
            _, writer = await asyncio.open_connection(LOCAL, server.port)
            writer.write(line("later"))
            await until(lambda: serving.asked)
            writer.close()
            await asyncio.sleep(0.05)
            assert await exchange(server.port, line("now", n=1), 1) == [{"verb": "now", "n": 1}]

    run(test)


def test_too_many_callers_are_told_so() -> None:
    async def test() -> None:
        async with desk(CONTROL._replace(total=1, each=1)) as (_, server):
            reader, writer = await asyncio.open_connection(LOCAL, server.port)
            writer.write(line("now"))
            await reader.readline()
            (got,) = await exchange(server.port, b"", 1)
            assert got["error"] == "busy"
            writer.close()

    run(test)


def test_callers_without_a_token_keep_nobody_out() -> None:
    async def test() -> None:
        async with desk(CONTROL._replace(total=16, each=16)) as (_, server):
            reader, writer = await asyncio.open_connection(LOCAL, server.port)
            writer.write(line("now", n=1))
            await reader.readline()
            strangers = [await asyncio.open_connection(LOCAL, server.port) for _ in range(100)]
            for _, each in strangers[::2]:
                each.write(b'{"verb":"now"')
            for n in range(20):
                assert await exchange(server.port, line("now", n=n), 1) == [{"verb": "now", "n": n}]
            writer.write(line("now", n=2))
            assert msgspec.json.decode(await reader.readline())["n"] == 2
            for each in (writer, *(stranger for _, stranger in strangers)):
                each.close()

    run(test)


@pytest.mark.parametrize("said", [b"", b'{"token":', b"oops\n"])
def test_who_does_not_show_the_token_in_time_is_closed_and_who_did_is_not(said: bytes) -> None:
    async def test() -> None:
        async with desk(CONTROL._replace(unspoken=0.3, half=0.3)) as (_, server):
            known, own = await asyncio.open_connection(LOCAL, server.port)
            own.write(line("now", n=1))
            await known.readline()
            reader, writer = await asyncio.open_connection(LOCAL, server.port)
            writer.write(said)
            while await reader.read(1000):  # a word on the bad line, then the end
                pass
            await asyncio.sleep(0.4)
            own.write(line("now", n=2))
            assert msgspec.json.decode(await known.readline())["n"] == 2
            writer.close()
            own.close()

    run(test)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"x" * (BEFORE_TOKEN + 1), "bad_request"),
        (b"{" * BEFORE_TOKEN + b'"token":"' + TOKEN.encode(), "bad_request"),
        (b'{"token":"wrong","args":{"a":"' + b"x" * BEFORE_TOKEN, "bad_request"),
        (b"oops\n" * (BEFORE_TOKEN // 4), "bad_request"),
        (b'{"token":"' + TOKEN.encode() + b'","args":{"a":"' + b"x" * BEFORE_TOKEN + b'"},"verb":"now"}\n', None),
        (b'{ "token" : "' + TOKEN.encode() + b'","args":{"a":"' + b"x" * BEFORE_TOKEN + b'"},"verb":"now"}\n', None),
    ],
    ids=["no token", "too late", "wrong token", "many lines", "at once", "with blanks"],
)
def test_only_so_many_bytes_are_taken_from_who_has_not_shown_the_token(said: bytes, code: str | None) -> None:
    async def test() -> None:
        async with desk() as (serving, server):
            reader, writer = await asyncio.open_connection(LOCAL, server.port)
            for at in range(0, len(said), 1000):
                writer.write(said[at : at + 1000])
                await asyncio.sleep(0.001)
            got = msgspec.json.decode(await reader.readline())
            assert got.get("error") == code
            if code is None:
                assert serving.asked == ["now"]
            else:
                assert serving.asked == []
                with contextlib.suppress(ConnectionResetError):
                    while await reader.read(1 << 16):  # it ends by itself
                        pass
            writer.close()

    run(test)


def test_who_takes_no_answers_is_not_asked_for_more_and_costs_bounded_memory() -> None:
    async def test() -> None:
        async with desk() as (serving, server):
            reader, writer = await asyncio.open_connection(LOCAL, server.port)
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            flood = b"".join(line("now", big="x" * 1000) for _ in range(20_000))
            writer.write(flood)  # 20 MB of questions, and as much of answers
            taken = -1
            while taken != len(serving.asked):
                taken = len(serving.asked)
                await asyncio.sleep(0.3)
            assert 0 < taken < 20_000
            writer.transport.resume_reading()  # type: ignore[attr-defined]
            for _ in range(20_000):
                assert await reader.readline()
            writer.close()

    run(test)


def test_a_blocking_caller_gets_its_answer_or_learns_what_is_known() -> None:
    async def test() -> None:
        async with desk() as (_, server):

            async def call(verb: str, seconds: float = 5.0, **args: Any) -> dict[str, Any]:
                return await asyncio.to_thread(ask, LOCAL, server.port, TOKEN, verb, args, seconds)

            assert await call("later", big="x" * 500_000) == {"verb": "later", "big": "x" * 500_000}
            with pytest.raises(OutcomeUnknown):
                await call("never", seconds=0.05)
            port = server.port
        with pytest.raises(NothingSentError):
            await asyncio.to_thread(ask, LOCAL, port, TOKEN, "now", {}, 1.0)

    run(test)


@pytest.mark.parametrize("answer", [b"", b'{"half":', b"nonsense\n", b"[1]\n"])
def test_a_broken_answer_is_an_unknown_outcome(answer: bytes) -> None:
    async def test() -> None:
        listening = socket.create_server((LOCAL, 0))

        def answering() -> None:
            peer, _ = listening.accept()
            with peer:
                peer.recv(1000)
                peer.sendall(answer)

        thread = asyncio.create_task(asyncio.to_thread(answering))
        with pytest.raises(OutcomeUnknown):
            await asyncio.to_thread(ask, LOCAL, listening.getsockname()[1], TOKEN, "x", {}, 2.0)
        await thread
        listening.close()

    run(test)


def test_a_caller_inside_a_loop_asks_many_times_on_one_channel() -> None:
    async def test() -> None:
        async with desk() as (_, server):
            client = await ControlClient.connect(LOCAL, server.port, TOKEN)
            for n in range(20):
                assert (await client.call("later" if n % 5 == 0 else "now", {"n": n}, 5.0))["n"] == n
            with pytest.raises(OutcomeUnknown):
                await client.call("never", {}, 0.05)
            await asyncio.sleep(0)
            with pytest.raises(NothingSentError):
                await client.call("now", {}, 1.0)
            client.close()
            other = await ControlClient.connect(LOCAL, server.port, TOKEN)
            waiting = asyncio.create_task(other.call("never", {}, 5.0))
            await asyncio.sleep(0.02)
            with pytest.raises(NothingSentError):
                await other.call("now", {}, 1.0)
            await server.stop()
            with pytest.raises(OutcomeUnknown):
                await waiting
            with pytest.raises(NothingSentError):
                await ControlClient.connect(LOCAL, server.port, TOKEN)

    run(test)
