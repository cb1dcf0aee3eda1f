"""The loop that calls `step`: collect what arrived, let the station decide, commit and speak, sleep until a timer.

The only broad `except` of the project is here. When a step fails, nothing of it was committed: its messages are then
taken one by one, each says what it has to say, and the one that fails again is quarantined and its link closed; when it
comes again it does not get that far (isolation.py). A step that fails with nothing to take is a broken timer, and a
failed commit means that only the disk is right: both end the process, which restarts from the disk.
"""

from __future__ import annotations

import asyncio
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, ParamSpec, Protocol, TypeVar

from counterfoil.links.clock import Clock
from counterfoil.links.isolation import Isolation
from counterfoil.links.limits import INBOX_FULL, INBOX_LOW, MAX_STEP
from counterfoil.links.wire import Link
from counterfoil.step import (
    SECOND,
    Command,
    CommitFailed,
    Frame,
    Hangup,
    Inbound,
    Instant,
    NotSent,
    Outbound,
    Perform,
    Performed,
    Reply,
    Send,
    Station,
)

Answer = Callable[[dict[str, Any]], None]

LAST_STEPS: Final = 100
FAULTY: Final = {
    "error": "internal",
    "message": {"en": "The station could not process this.", "zh": "终端系统无法处理此请求。"},
}


_P = ParamSpec("_P")
_R = TypeVar("_R")


class StationFault(Exception):  # noqa: N818 - names the event
    """The station raised what nobody expected; the cause hangs on `__cause__`."""


class Performer(Protocol):
    """Carries out side effects and reports each as Performed."""

    def perform(self, item: Perform) -> None:
        """Take one; its end arrives in the driver's inbox."""
        ...

    async def stop(self) -> None:
        """Finish what was taken."""
        ...


def _silent(event: str, **facts: str | int) -> None:
    """The log of a driver that was given none."""


class Driver:
    """Runs one station. Links are added before `run`; `note` writes the log."""

    def __init__(self, station: Station, clock: Clock, note: Callable[..., None] = _silent) -> None:
        self.station = station
        self.reading = True
        self.steps = 0
        self._clock = clock
        self._note = note
        self._links: dict[str, Link] = {}
        self._unopened: list[Link] = []
        self._performer: Performer | None = None
        self._inbox: deque[Inbound] = deque()
        self._answers: dict[int, Answer] = {}
        self._last_command = 0
        self._scheduled = False
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Future[None] | None = None
        self._isolation = Isolation()

    # --- wiring ---

    def add(self, link: Link) -> None:
        """Give the station one more link."""
        self._links[link.name] = link

    def use(self, performer: Performer) -> None:
        """Who carries out `Perform`."""
        self._performer = performer

    async def start(self) -> None:
        """Take a first step for timers that fell due while nobody ran, then open the links.

        OSError when a link cannot be opened; `start` may then be called again.
        """
        if self._ended is None:
            self._loop = asyncio.get_running_loop()
            self._ended = self._loop.create_future()
            self._unopened = list(self._links.values())
            self._step()
        while self._unopened:
            await self._unopened[0].start()
            del self._unopened[0]

    async def run(self) -> None:
        """Wait until `stop`; raises what ended the driver otherwise (CommitFailed or StationFault)."""
        if self._ended is None:
            await self.start()
        assert self._ended is not None
        await self._ended

    async def stop(self) -> None:
        """Close the links, take last steps for what has arrived and the side effects of those, end `run`."""
        for link in self._links.values():
            await link.stop()
        for _ in range(LAST_STEPS):
            if self._performer is not None:
                await self._performer.stop()
            if self._dead() or not self._inbox:
                break
            self._step()
        if self._timer is not None:
            self._timer.cancel()
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)

    # --- what the links see (Inlet) ---

    def now(self) -> Instant:
        """The clock of the process."""
        return self._clock.now()

    def note(self, event: str, **facts: str | int) -> None:
        """A line in the log."""
        self._note(event, station=self.station.name, **facts)

    def arrive(self, item: Inbound) -> None:
        """Take one event; it is decided in the next step."""
        self._inbox.append(item)
        if not self._scheduled and self._loop is not None:
            self._scheduled = True
            self._loop.call_soon(self._step)
        if self.reading and len(self._inbox) >= INBOX_FULL:
            self._set_reading(False)

    def command(self, verb: str, args: dict[str, Any], answer: Answer) -> None:
        """A request from the control channel; `answer` is called once, when the station replied."""
        self._last_command += 1
        self._answers[self._last_command] = answer
        self.arrive(Command(self._last_command, verb, args))

    # --- the loop ---

    def _step(self) -> None:
        self._scheduled = False
        if self._dead():
            return
        inbox = self._inbox
        batch = [inbox.popleft() for _ in range(min(len(inbox), MAX_STEP))]
        try:
            for said in self._decide(batch):
                _guarded(self._speak, said)
        except (CommitFailed, StationFault) as error:
            self._end(error)
            return
        if not self.reading and len(inbox) <= INBOX_LOW:
            self._set_reading(True)
        self._again()

    def _decide(self, batch: Sequence[Inbound]) -> Iterator[Sequence[Outbound]]:
        """One step for the whole batch, or, when that fails, one for each item of it; what each says, once it may."""
        self.steps += 1
        alone: list[Inbound] = []
        if self._isolation:
            batch, alone = self._isolation.sift(batch, self.now())
        said = self._together(batch)
        if said is None:
            said = _guarded(self.station.step, self.now(), ())  # when this fails it is not the messages
            alone = [*batch, *alone]
        yield said
        for item in alone:
            yield self._alone(item)

    def _together(self, batch: Sequence[Inbound]) -> Sequence[Outbound] | None:
        """What the step says that takes all of a batch; None when it fails."""
        try:
            return _guarded(self.station.step, self.now(), batch)
        except StationFault as fault:
            if self._isolation.noted(self.now()):
                self._trace("step_replayed", fault)
            return None

    def _alone(self, item: Inbound) -> Sequence[Outbound]:
        """What the step says that takes one item; when it fails, what becomes of the item."""
        try:
            said = _guarded(self.station.step, self.now(), (item,))
        except StationFault as fault:
            return self._isolate(item, fault)
        self._isolation.passed(item)
        return said

    def _isolate(self, item: Inbound, fault: StationFault) -> Sequence[Outbound]:
        sentence = self._isolation.failed(item, self.now())
        if sentence.kept:
            self._trace("quarantined", fault)
            _guarded(self.station.quarantine, self.now(), item, type(fault.__cause__).__name__)
        elif self._isolation.noted(self.now()):
            self.note("quarantine_full", ignored=self._isolation.ignored)
        if isinstance(item, Command):
            return [Reply(item.id, FAULTY)]
        return [Hangup(item.link, item.conn)] if sentence.closed and isinstance(item, Frame) else []

    def _speak(self, said: Sequence[Outbound]) -> None:
        """Hand over, in order, what the committed step says; then let every link write once."""
        links, touched = self._links, {}
        for item in said:
            if isinstance(item, Send):
                link = links.get(item.link)
                if link is not None:
                    link.send(item)
                    touched[item.link] = link
                elif item.token:
                    self.arrive(NotSent(item.link, item.conn, item.token))
            elif isinstance(item, Reply):
                answer = self._answers.pop(item.id, None)
                if answer is not None:
                    answer(item.body)
            elif isinstance(item, Perform):
                if self._performer is not None:
                    self._performer.perform(item)
                else:
                    self.arrive(Performed(item.kind, item.name, False, "nobody"))
            elif item.link in links:
                links[item.link].hangup(item.conn)
        for link in touched.values():
            link.flush()

    def _again(self) -> None:
        """Come back for what is left, or for the next timer."""
        assert self._loop is not None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._inbox:
            if not self._scheduled:
                self._scheduled = True
                self._loop.call_soon(self._step)
            return
        wakes_at = self.station.wakes_at()
        if wakes_at is not None:
            # never at once: a timer that stays due must not starve the sockets
            delay = max(1000, wakes_at - self.now()) / SECOND
            self._timer = self._loop.call_later(delay, self._step)

    def _set_reading(self, on: bool) -> None:
        self.reading = on
        for link in self._links.values():
            link.reread()

    # --- the end ---

    def _dead(self) -> bool:
        return self._ended is None or self._ended.done()

    def _end(self, error: Exception) -> None:
        self._trace("commit_failed" if isinstance(error, CommitFailed) else "station_failed", error)
        if self._ended is not None and not self._ended.done():
            self._ended.set_exception(error)

    def _trace(self, event: str, error: Exception) -> None:
        """Type and place of an error, not its text: an unexpected one may quote what must not be logged."""
        cause = error.__cause__ or error
        frames = traceback.extract_tb(cause.__traceback__)
        where = " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
        self.note(event, error=type(cause).__name__, where=where)


def _guarded(act: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Call into the station; whatever it raises on an unexpected day becomes one type."""
    try:
        return act(*args, **kwargs)
    except CommitFailed:
        raise
    except Exception as error:  # the one broad except of the project
        raise StationFault from error
