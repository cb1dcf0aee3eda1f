"""Small stations, real ones: they implement the step and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from counterfoil.links.clock import Clock
from counterfoil.links.driver import Driver
from counterfoil.links.server import ServerLink
from counterfoil.step import (
    Command,
    CommitFailed,
    Frame,
    Inbound,
    Instant,
    NotSent,
    Outbound,
    Reply,
    Send,
)

LOCAL = "127.0.0.1"


class Echo:
    """Answers every frame with itself; some words make it misbehave, as a bug would."""

    def __init__(self) -> None:
        self.name = "echo"
        self.seen: list[Inbound] = []
        self.batches: list[int] = []
        self.quarantined: list[tuple[Inbound, str]] = []
        self.wake: Instant | None = None
        self.woken: list[Instant] = []
        self.say: list[Outbound] = []
        self.timer_bug = False

    def step(self, now: Instant, arrived: Sequence[Inbound]) -> Sequence[Outbound]:
        if self.timer_bug:
            raise KeyError("a timer")
        for item in arrived:
            if isinstance(item, Frame) and item.data == b"bug":
                raise ZeroDivisionError("4999 would be quoted here")
            if isinstance(item, Command) and item.verb == "bug":
                raise ZeroDivisionError
            if isinstance(item, Frame) and item.data == b"disk":
                raise CommitFailed("disk I/O error")
        if self.wake is not None and self.wake <= now:
            self.wake = None
            self.woken.append(now)
        self.batches.append(len(arrived))
        self.seen += arrived
        said, self.say = list(self.say), []
        for item in arrived:
            if isinstance(item, Frame):
                said.append(Send(item.link, item.conn, item.data))
            elif isinstance(item, Command):
                said.append(Reply(item.id, {"verb": item.verb, **item.args}))
        return said

    def wakes_at(self) -> Instant | None:
        return self.wake

    def quarantine(self, now: Instant, offender: Inbound, reason: str) -> None:
        self.quarantined.append((offender, reason))


class Asker(Echo):
    """A station that speaks first: `ask` is put on its wire by the next step; answers are only kept."""

    def step(self, now: Instant, arrived: Sequence[Inbound]) -> Sequence[Outbound]:
        self.seen += arrived
        said, self.say = list(self.say), []
        return said

    def frames(self) -> list[bytes]:
        return [item.data for item in self.seen if isinstance(item, Frame)]

    def refused(self) -> list[int]:
        return [item.token for item in self.seen if isinstance(item, NotSent)]


@asynccontextmanager
async def served(
    station: Echo, *, note: Callable[..., None] = lambda _event, **_facts: None, **options: Any
) -> AsyncIterator[tuple[Driver, ServerLink]]:
    """The station behind a server link on a free port."""
    driver = Driver(station, Clock(), note)
    link = ServerLink("peers", LOCAL, 0, driver, **options)
    driver.add(link)
    await driver.start()
    try:
        yield driver, link
    finally:
        await driver.stop()


async def until(condition: Callable[[], Any], seconds: float = 20.0) -> None:
    """Wait for something to become true; the test fails when it does not."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - conditions are anything a test can look at
            await asyncio.sleep(0.005)


def run(test: Callable[[], Awaitable[None]]) -> None:
    """Run an async test with a bound on its time."""

    async def bounded() -> None:
        async with asyncio.timeout(60):
            await test()

    asyncio.run(bounded())
