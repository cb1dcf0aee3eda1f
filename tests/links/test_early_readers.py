"""Who speaks before the other end is ready, on a Python that begins to read when it was told not to.

Debian 12 has such a Python (3.11.2): a transport that is paused in `connection_made` reads nevertheless.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest

from counterfoil.iso8583.framing import frame
from counterfoil.links.proxy import Proxy
from counterfoil.links.server import ServerLink
from counterfoil.step import Frame, Inbound, Instant
from links.stations import LOCAL, run, until
from links.test_proxy import ECHO, REVERSAL, SALE, proxied


@pytest.fixture(params=["as this Python does", "as Python 3.11.2 does"])
def reading(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How a new transport begins to read."""
    if "3.11.2" in request.param:

        def add(self: Any, fd: int, callback: Callable[..., None], *args: Any) -> None:
            if not self.is_closing():
                self._loop._add_reader(fd, callback, *args)

        monkeypatch.setattr("asyncio.selector_events._SelectorTransport._add_reader", add)


@pytest.mark.usefixtures("reading")
@pytest.mark.parametrize("seconds", [0, 0.05], ids=["at once", "later"])
def test_what_is_said_before_the_other_half_is_there_arrives_whole_and_in_order(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = Proxy.connect

    async def slow(self: Proxy, pair: Any) -> None:
        await asyncio.sleep(seconds)
        await connect(self, pair)

    monkeypatch.setattr(Proxy, "connect", slow)

    async def test() -> None:
        async with proxied() as (proxy, _):
            said = b"".join(frame(message) for message in (SALE, REVERSAL, ECHO))
            with socket.create_connection((LOCAL, proxy.port)) as client:
                client.sendall(said)  # by the kernel: it is there before the loop has heard of the connection
                client.setblocking(False)
                heard = b""
                async with asyncio.timeout(5):
                    while len(heard) < len(said):
                        heard += await asyncio.get_running_loop().sock_recv(client, 4096)
            assert heard == said

    run(test)


class Full:
    """Where a link brings what happened; for now it takes nothing."""

    def __init__(self) -> None:
        self.reading = False
        self.frames: list[bytes] = []

    def now(self) -> Instant:
        return 0

    def arrive(self, item: Inbound) -> None:
        if isinstance(item, Frame):
            self.frames.append(item.data)

    def note(self, event: str, **facts: str | int) -> None:
        raise AssertionError(event, facts)


@pytest.mark.usefixtures("reading")
def test_a_connection_that_comes_while_nothing_is_read_waits_with_what_it_says() -> None:
    async def test() -> None:
        inlet = Full()
        link = ServerLink("peers", LOCAL, 0, inlet)
        await link.start()
        with socket.create_connection((LOCAL, link.port)) as client:
            client.sendall(frame(SALE))
            await until(lambda: len(link) == 1)
            for _ in range(20):
                await asyncio.sleep(0.005)
            assert inlet.frames == []
            inlet.reading = True
            link.reread()
            await until(lambda: inlet.frames == [SALE])
        await link.stop()

    run(test)
