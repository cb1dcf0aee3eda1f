"""Links under TLS, against Python's own `ssl` sockets: who gets through, what is refused, and what never leaves."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from certified import DAY, Authority
from counterfoil.iso8583.framing import frame
from counterfoil.links.client import ClientLink
from counterfoil.links.clock import Clock
from counterfoil.links.driver import Driver
from counterfoil.links.limits import MESSAGES
from counterfoil.links.tls import Caller, Identity, calling, listening
from counterfoil.step import SECOND, Closed, Connected, Frame, Send
from links.stations import LOCAL, Asker, Echo, run, served, until
from links.test_client import fill, free_port, speak

LATEST = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def identity(authority: Authority, name: str = "host", *hosts: str) -> Identity:
    return Identity(*map(str, authority.signs(name, *hosts)))


def outsider(authority: Authority, *, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """What a vendor's terminal would use."""
    context = ssl.create_default_context(cafile=str(authority.file))
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


async def heard(reader: asyncio.StreamReader) -> bytes:
    return await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))


@pytest.mark.parametrize("version", LATEST)
def test_an_outside_terminal_speaks_and_hears_under_tls(authority: Authority, version: ssl.TLSVersion) -> None:
    async def test() -> None:
        station = Echo()
        async with served(station, tls=listening(identity(authority))) as (_, link):
            reader, writer = await asyncio.open_connection(
                LOCAL, link.port, ssl=outsider(authority, version=version), server_hostname=LOCAL
            )
            words = [b"%d" % number * 700 for number in range(200)]  # more than one record, more than one read
            writer.write(b"".join(map(frame, words)))
            assert [await heard(reader) for _ in words] == words
            writer.close()
            await until(lambda: Closed("peers", 1) in station.seen)
            assert station.seen[0] == Connected("peers", 1)

    run(test)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1], ids=["1.0", "1.1"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_older_tls_is_refused(authority: Authority, version: ssl.TLSVersion) -> None:
    async def test() -> None:
        async with served(Echo(), tls=listening(identity(authority))) as (_, link):
            context = outsider(authority, version=version)
            context.set_ciphers("ALL:@SECLEVEL=0")
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await asyncio.open_connection(LOCAL, link.port, ssl=context, server_hostname=LOCAL)

    run(test)


@pytest.mark.parametrize("said", [frame(b"in the clear"), b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05junk!"])
def test_there_is_no_falling_back_to_plain(authority: Authority, said: bytes) -> None:
    async def test() -> None:
        station = Echo()
        async with served(station, tls=listening(identity(authority))) as (_, link):
            reader, writer = await asyncio.open_connection(LOCAL, link.port)
            writer.write(said)
            answer = b""
            while piece := await reader.read(1000):
                answer += piece
            assert b"in the clear" not in answer
            assert station.seen == []
            writer.close()

    run(test)


def test_who_says_nothing_or_half_a_hello_is_closed_in_time(authority: Authority) -> None:
    async def test() -> None:
        limits = MESSAGES._replace(unspoken=0.3)
        async with served(Echo(), tls=listening(identity(authority)), limits=limits) as (_, link):
            for said in (b"", b"\x16\x03\x01\x02\x00\x01"):
                reader, writer = await asyncio.open_connection(LOCAL, link.port)
                writer.write(said)
                assert await reader.read() == b""
                writer.close()
            await until(lambda: len(link) == 0)

    run(test)


# --- our connecting side ---------------------------------------------------------------------------------------------


@asynccontextmanager
async def asking(port: int, caller: Caller, *, eager: bool) -> AsyncIterator[tuple[Asker, Driver, list[str]]]:
    station, told = Asker(), list[str]()
    driver = Driver(station, Clock(), lambda event, **facts: told.append(f"{event} {facts.get('reason')}"))
    driver.add(ClientLink("host", LOCAL, port, driver, eager=eager, tls=caller))
    await driver.start()
    try:
        yield station, driver, told
    finally:
        await driver.stop()


@pytest.mark.parametrize("eager", [True, False])
def test_both_sides_of_ours_speak_under_tls(authority: Authority, eager: bool) -> None:
    async def test() -> None:
        caller = Caller(calling(str(authority.file)), LOCAL)
        async with (
            served(Echo(), tls=listening(identity(authority))) as (_, link),
            asking(link.port, caller, eager=eager) as (station, driver, _),
        ):
            lane = "" if eager else "T1"
            if eager:
                await until(lambda: Connected("host", "") in station.seen)
            words = [b"%d" % number * 900 for number in range(100)]
            speak(station, driver, *(Send("host", lane, word) for word in words))
            await until(lambda: len(station.frames()) == len(words))
            assert station.frames() == words
            assert station.refused() == []

    run(test)


BROKEN: dict[str, tuple[Callable[[Authority, Path], tuple[Identity, Caller]], str]] = {
    "another authority": (
        lambda own, folder: (identity(own), Caller(calling(str(Authority(folder, "other").file)), LOCAL)),
        "unable to get local issuer certificate",
    ),
    "another name": (
        lambda own, _: (identity(own, "elsewhere", "terminals.example"), Caller(calling(str(own.file)), LOCAL)),
        "IP address mismatch",
    ),
    "expired": (
        lambda own, _: (Identity(*map(str, own.signs("old", ends=-DAY / 2))), Caller(calling(str(own.file)), LOCAL)),
        "certificate has expired",
    ),
}


@pytest.mark.parametrize("wrong", BROKEN)
def test_nothing_is_said_to_one_whose_certificate_is_not_right(
    authority: Authority, tmp_path: Path, wrong: str
) -> None:
    made, reason = BROKEN[wrong]

    async def test() -> None:
        host, caller = made(authority, tmp_path)
        listener = Echo()
        async with (
            served(listener, tls=listening(host)) as (_, link),
            asking(link.port, caller, eager=False) as (station, driver, told),
        ):
            speak(station, driver, Send("host", "T1", b"secret", token=5))
            await until(lambda: station.refused() == [5])
            assert [each for each in told if reason in each]
            assert Connected("host", "T1") not in station.seen
            assert Closed("host", "T1") not in station.seen
            assert listener.seen == []

    run(test)


def test_one_who_cannot_speak_tls_gets_nothing_and_what_waited_is_known_to_be_unsent(authority: Authority) -> None:
    async def test() -> None:
        caller = Caller(calling(str(authority.file)), LOCAL)
        plain = Echo()
        async with served(plain) as (_, link), asking(link.port, caller, eager=False) as (station, driver, _):
            speak(station, driver, Send("host", "T1", b"secret", token=5, before=driver.now() + SECOND))
            await until(lambda: station.refused() == [5])
            assert all(b"secret" not in item.data for item in plain.seen if isinstance(item, Frame))

    run(test)


def test_a_message_past_its_time_is_never_sent_under_tls_either(authority: Authority) -> None:
    """The host agrees and then never reads again."""

    async def test() -> None:
        caller = Caller(calling(str(authority.file)), LOCAL)
        host = socket.create_server((LOCAL, 0))
        context = listening(identity(authority))
        async with asking(host.getsockname()[1], caller, eager=True) as (station, driver, _):
            peer, _ = await asyncio.to_thread(host.accept)
            sealed = await asyncio.to_thread(context.wrap_socket, peer, server_side=True)
            await until(lambda: Connected("host", "") in station.seen)
            link = driver._links["host"]
            assert isinstance(link, ClientLink)
            wire = link._lanes[""].wire
            assert wire is not None
            await fill(station, driver, wire)
            before = driver.now() + SECOND // 10
            speak(station, driver, Send("host", "", b"late", token=7, before=before))
            await until(lambda: station.refused() == [7])
            assert driver.now() >= before
            sealed.close()
            host.close()

    run(test)


async def let_in(port: int, context: ssl.SSLContext) -> bytes:
    """Connect, ask, and be answered."""
    reader, writer = await asyncio.open_connection(LOCAL, port, ssl=context, server_hostname=LOCAL)
    writer.write(frame(b"let me in"))
    return await heard(reader)


# --- both verify -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", LATEST)
def test_where_callers_must_show_a_certificate_only_those_get_through(
    authority: Authority, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    async def test() -> None:
        station, told = Echo(), list[str]()
        stranger = Authority(tmp_path, "stranger")
        host = listening(identity(authority), str(authority.file))
        async with served(station, tls=host, note=lambda event, **facts: told.append(str(facts.get("reason")))) as (
            _,
            link,
        ):
            for shown in (None, identity(stranger, "nobody")):
                context = outsider(authority, version=version)
                if shown is not None:
                    context.load_cert_chain(*shown)
                with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
                    await let_in(link.port, context)
            await until(lambda: len(told) == 2)
            assert station.seen == []
            assert told[0] == "PEER_DID_NOT_RETURN_A_CERTIFICATE"
            caller = Caller(calling(str(authority.file), identity(authority, "ours")), LOCAL)
            async with asking(link.port, caller, eager=True) as (ours, driver, _):
                await until(lambda: Connected("host", "") in ours.seen)
                speak(ours, driver, Send("host", "", b"known"))
                await until(lambda: ours.frames() == [b"known"])

    run(test)


def test_a_port_nobody_listens_on_is_not_sent(authority: Authority) -> None:
    async def test() -> None:
        caller = Caller(calling(str(authority.file)), LOCAL)
        async with asking(free_port(), caller, eager=False) as (station, driver, _):
            speak(station, driver, Send("host", "T1", b"x", token=3))
            await until(lambda: station.refused() == [3])

    run(test)
