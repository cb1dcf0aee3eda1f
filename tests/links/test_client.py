"""A connecting link: NotSent is said when, and only when, no byte reached the kernel."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from counterfoil.iso8583.framing import frame
from counterfoil.links import wire as wire_module
from counterfoil.links.client import ClientLink, Redial
from counterfoil.links.clock import Clock
from counterfoil.links.driver import Driver
from counterfoil.links.wire import LinkConnection
from counterfoil.step import SECOND, Closed, Command, Connected, Hangup, Outbound, Send
from links.stations import LOCAL, Asker, Echo, run, served, until


@asynccontextmanager
async def asking(port: int, *, eager: bool) -> AsyncIterator[tuple[Asker, Driver]]:
    station = Asker()
    driver = Driver(station, Clock())
    driver.add(ClientLink("host", LOCAL, port, driver, eager=eager))
    await driver.start()
    try:
        yield station, driver
    finally:
        await driver.stop()


def speak(station: Asker, driver: Driver, *sends: Outbound) -> None:
    station.say += sends
    driver.arrive(Command(0, "go", {}))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOCAL, 0))
        return int(probe.getsockname()[1])


def test_a_lazy_link_connects_a_lane_for_its_first_message_and_keeps_it() -> None:
    async def test() -> None:
        async with served(Echo()) as (_, link), asking(link.port, eager=False) as (station, driver):
            assert len(link) == 0
            lanes = ["T1", "T2", "T3"]
            for word in (b"first", b"second"):
                speak(station, driver, *(Send("host", lane, word) for lane in lanes))
                await until(lambda word=word: station.frames().count(word) == 3)  # type: ignore[misc]
            assert len(link) == 3
            assert [item.conn for item in station.seen if isinstance(item, Connected)] == lanes

    run(test)


def test_messages_of_one_lane_stay_in_order() -> None:
    async def test() -> None:
        async with served(Echo()) as (_, link), asking(link.port, eager=False) as (station, driver):
            words = [b"%d" % n for n in range(200)]
            speak(station, driver, *(Send("host", "T1", word) for word in words))
            await until(lambda: len(station.frames()) == 200)
            assert station.frames() == words

    run(test)


def test_nobody_listening_is_not_sent_for_every_message_with_a_token() -> None:
    async def test() -> None:
        async with asking(free_port(), eager=False) as (station, driver):
            speak(station, driver, *(Send("host", "T1", b"x", token=token) for token in (0, 5, 6)))
            await until(lambda: station.refused())
            assert station.refused() == [5, 6]

    run(test)


def test_an_eager_link_connects_by_itself_and_comes_back() -> None:
    async def test() -> None:
        port = free_port()
        async with asking(port, eager=True) as (station, driver):
            speak(station, driver, Send("host", "", b"too early", token=1))
            await until(lambda: station.refused() == [1])
            for _ in range(2):
                server = await asyncio.get_running_loop().create_server(asyncio.Protocol, LOCAL, port)
                ups = station.seen.count(Connected("host", ""))
                await until(lambda ups=ups: station.seen.count(Connected("host", "")) == ups + 1)  # type: ignore[misc]
                speak(station, driver, Hangup("host", ""))
                server.close()
                downs = station.seen.count(Closed("host", ""))
                await until(lambda downs=downs: station.seen.count(Closed("host", "")) == downs + 1)  # type: ignore[misc]

    run(test)


GOOD, SOON, NONE = 60.0, 0.001, None


@pytest.mark.parametrize(
    ("connections", "pauses"),
    [
        ([NONE] * 6, [0.05, 0.1, 0.2, 0.25, 0.25, 0.25]),
        ([SOON] * 8, [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0]),
        ([GOOD] * 4, [0.05] * 4),
        ([SOON, SOON, SOON, GOOD, SOON, SOON], [0.05, 0.1, 0.2, 0.05, 0.1, 0.2]),
        ([SOON] * 6 + [NONE, NONE, SOON, GOOD], [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 0.25, 0.25, 0.5, 0.05]),
    ],
    ids=["nobody there", "hangs up at once", "holds", "hangs up, then holds", "restarts while it hangs up"],
)
def test_a_peer_that_keeps_hanging_up_is_dialled_less_and_less_often(
    connections: list[float | None], pauses: list[float]
) -> None:
    redial = Redial()
    assert [redial.after(lasted) for lasted in connections] == pauses


def test_a_link_asks_how_long_to_wait_after_every_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    lasted: list[float | None] = []

    def after(_: Redial, seconds: float | None) -> float:
        lasted.append(seconds)
        return 0.01

    monkeypatch.setattr(Redial, "after", after)

    async def test() -> None:
        server = await asyncio.get_running_loop().create_server(HangsUp, LOCAL, 0)
        async with asking(server.sockets[0].getsockname()[1], eager=True):
            await until(lambda: len(lasted) >= 3)
            assert all(seconds is not None for seconds in lasted)
            server.close()
            await until(lambda: lasted[-1] is None)

    run(test)


class HangsUp(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def test_a_lazy_lane_whose_connection_was_lost_is_made_again() -> None:
    async def test() -> None:
        async with served(Echo()) as (_, link), asking(link.port, eager=False) as (station, driver):
            speak(station, driver, Send("host", "T1", b"one"))
            await until(lambda: station.frames() == [b"one"])
            link.hangup(1)
            await until(lambda: Closed("host", "T1") in station.seen)
            speak(station, driver, Send("host", "T1", b"two"))
            await until(lambda: station.frames() == [b"one", b"two"])

    run(test)


@asynccontextmanager
async def deaf_host() -> AsyncIterator[tuple[Asker, Driver, LinkConnection, socket.socket]]:
    """A connection to a host that never reads, whose buffers are already full."""
    host = socket.socket()
    host.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    host.bind((LOCAL, 0))
    host.listen()
    host.setblocking(False)
    async with asking(host.getsockname()[1], eager=True) as (station, driver):
        peer, _ = await asyncio.get_running_loop().sock_accept(host)
        await until(lambda: Connected("host", "") in station.seen)
        link = driver._links["host"]
        assert isinstance(link, ClientLink)
        wire = link._lanes[""].wire
        assert wire is not None
        try:
            yield station, driver, wire, peer
        finally:
            peer.close()
            host.close()


async def fill(station: Asker, driver: Driver, wire: LinkConnection, last: Send | None = None) -> None:
    """Send until the kernel takes no more."""
    for _ in range(5000):
        if wire._paused:
            return
        speak(station, driver, last or Send("host", "", b"x" * 8000))
        await asyncio.sleep(0)
    raise AssertionError("the kernel takes everything")


def test_a_message_past_its_time_behind_a_peer_that_does_not_read_is_never_sent() -> None:
    async def test() -> None:
        async with deaf_host() as (station, driver, wire, _):
            await fill(station, driver, wire)
            before = driver.now() + SECOND // 10
            speak(station, driver, Send("host", "", b"late", token=7, before=before))
            await until(lambda: station.refused() == [7])
            assert driver.now() >= before
            assert Closed("host", "") not in station.seen

    run(test)


def test_bytes_in_doubt_at_their_deadline_cut_the_connection_and_are_not_called_unsent() -> None:
    async def test() -> None:
        async with deaf_host() as (station, driver, wire, _):
            before = driver.now() + SECOND // 2
            await fill(station, driver, wire, Send("host", "", b"x" * 8000, token=1, before=before))
            written = len(wire._waiting)
            await until(lambda: Closed("host", "") in station.seen)
            assert driver.now() >= before
            assert len(station.refused()) <= written + 1  # what a part of may have reached the kernel is not among them

    run(test)


def test_what_waits_when_a_connection_dies_is_known_not_to_have_left() -> None:
    async def test() -> None:
        async with deaf_host() as (station, driver, wire, peer):
            await fill(station, driver, wire)
            speak(station, driver, Send("host", "", b"behind", token=3))
            await until(lambda: wire._waiting)
            peer.close()
            await until(lambda: Closed("host", "") in station.seen)
            assert station.refused() == [3]

    run(test)


def test_more_than_may_wait_for_a_deaf_peer_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire_module, "MAX_WAITING", 10_000)

    async def test() -> None:
        async with deaf_host() as (station, driver, wire, _):
            await fill(station, driver, wire)
            speak(station, driver, *(Send("host", "", b"y" * 4000, token=token) for token in (1, 2, 3, 4)))
            await until(lambda: station.refused())
            assert station.refused() == [3, 4]

    run(test)


def test_a_link_that_stops_reports_what_it_did_not_send() -> None:
    async def test() -> None:
        host = socket.socket()
        host.bind((LOCAL, 0))
        host.listen(0)
        async with asking(host.getsockname()[1], eager=False) as (station, driver):
            speak(station, driver, Send("host", "T1", frame(b"x"), token=4))
            await driver.stop()
            assert station.refused() in ([4], [])  # either it never left, or the kernel had it: never both
        host.close()

    run(test)
