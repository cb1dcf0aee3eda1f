"""The driver: replay, quarantine, timers, side effects, and how it ends."""

import asyncio

import pytest

from counterfoil.iso8583.framing import frame
from counterfoil.links import driver as driver_module
from counterfoil.links.clock import Clock
from counterfoil.links.driver import Driver, StationFault
from counterfoil.step import SECOND, Command, CommitFailed, Frame, NotSent, Perform, Performed, Send
from links.stations import LOCAL, Echo, run, served, until


def test_the_message_that_breaks_a_step_is_quarantined_and_its_neighbours_are_served() -> None:
    async def test() -> None:
        station = Echo()
        async with served(station) as (driver, _):
            for conn, data in enumerate((b"good", b"bug", b"better")):
                driver.arrive(Frame("peers", conn, data))
            await until(lambda: station.quarantined)
            assert [(item, reason) for item, reason in station.quarantined] == [
                (Frame("peers", 1, b"bug"), "ZeroDivisionError")
            ]
            assert [item.data for item in station.seen if isinstance(item, Frame)] == [b"good", b"better"]

    run(test)


def test_the_offender_loses_its_connection_and_nobody_else_does() -> None:
    async def test() -> None:
        station = Echo()
        async with served(station) as (_, link):
            reader, writer = await asyncio.open_connection(LOCAL, link.port)
            other_reader, other = await asyncio.open_connection(LOCAL, link.port)
            writer.write(frame(b"fine") + frame(b"bug"))
            assert await reader.read() == frame(b"fine")
            other.write(frame(b"me"))
            assert await other_reader.readexactly(4) == frame(b"me")
            writer.close()
            other.close()

    run(test)


def test_a_command_that_breaks_the_step_gets_an_error_for_an_answer() -> None:
    async def test() -> None:
        async with served(Echo()) as (driver, _):
            answers: list[dict[str, object]] = []
            driver.command("bug", {}, answers.append)
            driver.command("fine", {"x": 1}, answers.append)
            await until(lambda: len(answers) == 2)
            assert answers == [driver_module.FAULTY, {"verb": "fine", "x": 1}]

    run(test)


def test_the_log_names_the_error_and_the_place_and_quotes_nothing() -> None:
    async def test() -> None:
        lines: list[str] = []
        station = Echo()
        driver = Driver(station, Clock(), lambda event, **facts: lines.append(f"{event} {facts}"))
        await driver.start()
        driver.arrive(Frame("peers", 1, b"bug"))
        await until(lambda: station.quarantined)
        assert "quarantined" in "".join(lines)
        assert "ZeroDivisionError" in "".join(lines)
        assert "4999" not in "".join(lines)
        await driver.stop()

    run(test)


@pytest.mark.parametrize("kind", ["disk", "timer"])
def test_what_only_the_disk_can_repair_ends_the_process(kind: str) -> None:
    async def test() -> None:
        station = Echo()
        driver = Driver(station, Clock())
        await driver.start()
        if kind == "disk":
            driver.arrive(Frame("peers", 1, b"disk"))
            with pytest.raises(CommitFailed):
                await driver.run()
        else:
            station.timer_bug = True
            driver.arrive(Frame("peers", 1, b"innocent"))
            with pytest.raises(StationFault):
                await driver.run()
        assert station.quarantined == []
        seen = len(station.seen)
        driver.arrive(Frame("peers", 1, b"too late"))
        await asyncio.sleep(0.02)
        assert len(station.seen) == seen
        await driver.stop()

    run(test)


def test_a_station_is_woken_at_its_timer_though_nothing_arrives() -> None:
    async def test() -> None:
        station = Echo()
        driver = Driver(station, Clock())
        due = station.wake = driver.now() + SECOND // 20
        await driver.start()
        await until(lambda: station.woken)
        assert station.woken[0] >= due
        assert driver.steps < 10  # it slept in between
        await driver.stop()

    run(test)


def test_a_timer_that_stays_due_does_not_starve_the_sockets() -> None:
    class Restless(Echo):
        def wakes_at(self) -> int:
            return 1

    async def test() -> None:
        async with served(Restless()) as (_, link):
            reader, writer = await asyncio.open_connection(LOCAL, link.port)
            writer.write(frame(b"hi"))
            assert await reader.readexactly(4) == frame(b"hi")
            writer.close()

    run(test)


def test_a_full_inbox_stops_the_reading_and_an_empty_one_resumes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver_module, "INBOX_FULL", 64)
    monkeypatch.setattr(driver_module, "INBOX_LOW", 16)
    monkeypatch.setattr(driver_module, "MAX_STEP", 8)

    async def test() -> None:
        station = Echo()
        states = set()
        async with served(station) as (driver, link):
            reader, writer = await asyncio.open_connection(LOCAL, link.port)
            count = 20_000
            writer.write(frame(b"0123456789") * count)
            taken = 0
            while taken < count * 12:
                taken += len(await reader.read(1 << 16))
                states.add(driver.reading)
            assert states == {True, False}
            await until(lambda: driver.reading)
            writer.close()

    run(test)


def test_what_nobody_can_carry_out_is_reported_as_not_done() -> None:
    async def test() -> None:
        station = Echo()
        driver = Driver(station, Clock())
        station.say = [Perform("receipt", "r1", "text"), Send("no-such-link", "", b"x", token=9)]
        await driver.start()
        driver.arrive(Command(1, "nothing", {}))
        await until(lambda: any(isinstance(item, NotSent) for item in station.seen))
        assert NotSent("no-such-link", "", 9) in station.seen
        assert any(isinstance(item, Performed) and not item.ok for item in station.seen)
        await driver.stop()

    run(test)


def test_stop_takes_a_last_step_for_what_has_arrived() -> None:
    async def test() -> None:
        station = Echo()
        driver = Driver(station, Clock())
        await driver.start()
        waiting = asyncio.ensure_future(driver.run())
        driver.arrive(Frame("peers", 1, b"last"))
        await driver.stop()
        await waiting
        assert Frame("peers", 1, b"last") in station.seen

    run(test)
