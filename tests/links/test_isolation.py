"""What made a step fail is kept apart: ignored for a while, bounded in rows and hang-ups, forgotten in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from counterfoil.errors import OurError
from counterfoil.iso8583.framing import frame
from counterfoil.links import isolation as module
from counterfoil.links.clock import Clock
from counterfoil.links.driver import Driver
from counterfoil.links.isolation import CLOSED_A_MINUTE, FORGOTTEN, KEPT_A_MINUTE, KNOWN, MINUTE, Isolation, Sentence
from counterfoil.links.server import ServerLink
from counterfoil.step import SECOND, Command, Frame, Inbound, Instant, Outbound
from links.stations import LOCAL, Echo, run, served, until

POISON = Frame("peers", 1, b"bug")


def named(number: int, link: str = "peers") -> Frame:
    return Frame(link, 1, b"bug %d" % number)


def test_the_same_message_is_ignored_for_longer_and_longer_and_decided_alone_in_between() -> None:
    made, now = Isolation(), 10 * MINUTE
    assert made.failed(POISON, now) == Sentence(kept=True, closed=True)
    for pause in (1, 2, 4, 8, 16, 32, 60, 60):
        again: list[Inbound] = [Frame("peers", 7, b"bug"), Frame("peers", 7, b"good"), Frame("other", 7, b"bug")]
        assert made.sift(again, now + pause * SECOND - 1) == (again[1:], [])
        now += pause * SECOND
        assert made.sift([again[0], again[0], again[1]], now) == ([again[1]], [again[0]])
        assert made.failed(again[0], now) == Sentence(kept=False)
    assert made.ignored == 16


def test_what_passes_at_last_is_like_any_other() -> None:
    made = Isolation()
    made.failed(POISON, MINUTE)
    made.passed(POISON)
    assert len(made) == 0
    assert made.failed(POISON, MINUTE + 1).kept


def test_rows_and_hang_ups_in_a_minute_are_bounded() -> None:
    made = Isolation()
    told = [made.failed(named(number), MINUTE + number) for number in range(KEPT_A_MINUTE + 5)]
    assert [one.kept for one in told] == [True] * KEPT_A_MINUTE + [False] * 5
    assert [one.closed for one in told] == [True] * CLOSED_A_MINUTE + [False] * (len(told) - CLOSED_A_MINUTE)
    assert sum(made.noted(MINUTE) for _ in range(KEPT_A_MINUTE + 5)) == KEPT_A_MINUTE
    assert made.failed(named(1, "another link"), MINUTE + 99).closed
    assert made.failed(named(1000), 2 * MINUTE + 99) == Sentence(kept=True, closed=True)


def test_commands_are_kept_within_the_same_bound() -> None:
    made = Isolation()
    told = [made.failed(Command(number, "bug", {}), MINUTE) for number in range(KEPT_A_MINUTE + 2)]
    assert sum(one.kept for one in told) == KEPT_A_MINUTE
    assert len(made) == 0


def test_what_failed_long_ago_and_what_is_too_much_is_forgotten() -> None:
    made = Isolation()
    for number in range(KNOWN + 10):
        made.failed(named(number), MINUTE + number)
    assert len(made) == KNOWN
    assert made.sift([named(0), named(KNOWN)], MINUTE + KNOWN + 1) == ([named(0)], [])
    assert made.sift([named(KNOWN)], MINUTE + FORGOTTEN + KNOWN + 10) == ([], [named(KNOWN)])
    assert len(made) == 0


def test_a_peer_that_comes_back_with_its_poison_gets_silence_and_the_others_are_served() -> None:
    async def test() -> None:
        station = Echo()
        async with served(station) as (_, link):
            reader, writer = await asyncio.open_connection(LOCAL, link.port)
            writer.write(frame(b"bug"))
            assert await reader.read() == b""
            writer.close()
            steps = len(station.batches)
            again = [await asyncio.open_connection(LOCAL, link.port) for _ in range(5)]
            for number, (_, line) in enumerate(again):
                line.write(frame(b"bug") + frame(b"%d" % number))
            for number, (heard, _) in enumerate(again):
                assert await heard.readexactly(3) == frame(b"%d" % number)
            assert len(station.quarantined) == 1
            assert len(station.batches) - steps <= 15  # no message was replayed alone
            for _, line in again:
                line.close()

    run(test)


def test_many_different_ones_neither_fill_the_store_nor_close_connection_after_connection() -> None:
    class Broken(Echo):
        def step(self, now: Instant, arrived: Sequence[Inbound]) -> Sequence[Outbound]:
            if any(isinstance(item, Frame) and item.data.startswith(b"bug") for item in arrived):
                raise OurError("a kind of message")
            return super().step(now, arrived)

    async def test() -> None:
        station = Broken()
        async with served(station) as (_, link):
            ended = 0
            for number in range(CLOSED_A_MINUTE):
                reader, writer = await asyncio.open_connection(LOCAL, link.port)
                writer.write(frame(b"bug %d" % number))
                ended += await reader.read() == b""
                writer.close()
            assert ended == CLOSED_A_MINUTE
            reader, writer = await asyncio.open_connection(LOCAL, link.port)
            writer.write(b"".join(frame(b"bug %d" % number) for number in range(10, 210)) + frame(b"fine"))
            assert await reader.readexactly(6) == frame(b"fine")
            writer.close()
            assert len(station.quarantined) == KEPT_A_MINUTE

    run(test)


def test_a_failure_of_the_moment_is_decided_when_it_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_FIRST", 1)

    class Once(Echo):
        failures = 2  # in the batch, and alone

        def step(self, now: Instant, arrived: Sequence[Inbound]) -> Sequence[Outbound]:
            if self.failures and any(isinstance(item, Frame) for item in arrived):
                self.failures -= 1
                raise OurError("not now")
            return super().step(now, arrived)

    async def test() -> None:
        station = Once()
        async with served(station) as (_, link):
            reader, writer = await asyncio.open_connection(LOCAL, link.port)
            writer.write(frame(b"a message"))
            assert await reader.read() == b""
            writer.close()
            reader, writer = await asyncio.open_connection(LOCAL, link.port)
            writer.write(frame(b"a message"))
            assert await reader.readexactly(11) == frame(b"a message")
            writer.close()

    run(test)


def test_what_was_decided_before_a_commit_fails_is_said() -> None:
    """One by one, because of another: those before the one that ends the process have their answers."""

    async def test() -> None:
        driver = Driver(Echo(), Clock())
        link = ServerLink("peers", LOCAL, 0, driver)
        driver.add(link)
        await driver.start()
        living = asyncio.ensure_future(driver.run())
        reader, writer = await asyncio.open_connection(LOCAL, link.port)
        writer.write(b"".join(map(frame, (b"one", b"two", b"bug", b"disk", b"three"))))
        await asyncio.wait({living})
        assert living.exception() is not None
        await driver.stop()
        assert (await reader.read()).startswith(frame(b"one") + frame(b"two"))
        writer.close()
        await until(lambda: len(link) == 0)

    run(test)
