"""What goes wrong on a day beside single messages: processes killed and paused, links that die, legs that are out.

The same seed draws the same plan. What comes of it differs from run to run: processes and sockets run in real time.
"""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from counterfoil.day.town import Town
from counterfoil.drawing import drawing
from counterfoil.errors import NothingSentError, OutcomeUnknown

OUTAGES: Final = ("drop", "hang", "refuse")
LEGS: Final = (1, 2, 3, 4)
LINK: Final = "link"


class Rates(NamedTuple):
    """How often per minute, on average, each kind strikes."""

    kill: float = 0.0
    pause: float = 0.0
    outage: float = 0.0


class Sabotage(NamedTuple):
    """One thing that goes wrong: when (seconds into the day), what, to whom, for how long (0: at once)."""

    at: float
    what: str
    target: str
    seconds: float = 0.0
    kind: str = ""

    def request(self) -> tuple[str, dict[str, Any]]:
        """The supervisor's verb for it, with its arguments."""
        if self.what == "kill":
            return "fault.kill", {"station": self.target}
        if self.what == "pause":
            return "fault.pause", {"station": self.target, "seconds": self.seconds}
        args: dict[str, Any] = {"leg": int(self.target), "kind": self.kind}
        return "fault.set", {**args, "times": 1} if self.kind == "hang" else {**args, "seconds": self.seconds}

    def __str__(self) -> str:
        what = f"{self.what} {self.kind}".strip()
        return f"{self.at:8.2f} s  {what} {self.target}" + (f" for {self.seconds:.2f} s" if self.seconds else "")


def plan(rates: Rates, seed: int, stations: Sequence[str], links: Sequence[str], timer: float) -> Iterator[Sabotage]:
    """What goes wrong, in its order, without end. A third of the pauses and outages outlasts the terminals' `timer`."""
    victims = [*stations, *links]

    def kills() -> Iterator[Sabotage]:
        for at, draw in strikes(rates.kill, seed, "kill"):
            yield Sabotage(at, "kill", draw.choice(victims))

    def pauses() -> Iterator[Sabotage]:
        for at, draw in strikes(rates.pause, seed, "pause"):
            yield Sabotage(at, "pause", draw.choice(stations), length(draw, timer))

    def outages() -> Iterator[Sabotage]:
        for at, draw in strikes(rates.outage, seed, "outage"):
            leg, kind, seconds = draw.choice(LEGS), draw.choice(OUTAGES), length(draw, timer)
            yield Sabotage(at, "outage", str(leg), 0.0 if kind == "hang" else seconds, kind)

    return heapq.merge(kills(), pauses(), outages())


def strikes(rate: float, seed: int, what: str) -> Iterator[tuple[float, random.Random]]:
    """The instants of one kind, independent of each other and of the other kinds, each with what to draw from."""
    draw = drawing(f"{seed}/{what}")
    at = 0.0
    while rate:
        at += draw.expovariate(rate / 60)
        yield at, draw


def length(draw: random.Random, timer: float) -> float:
    """Seconds: two times in three within the terminals' timer, else beyond it."""
    return draw.uniform(0.02, 0.9) * timer if draw.random() < 2 / 3 else draw.uniform(1.1, 1.6) * timer


class Saboteur:
    """Carries the plan out through the supervisor, which touches nothing but its own stack, until it is told to end."""

    def __init__(self, town: Town, acts: Iterator[Sabotage], seconds: float | None) -> None:
        self.done: list[Sabotage] = []
        self.missed = 0
        """Acts that met nobody: what they were meant for was not up."""
        self._town = town
        self._acts = acts
        self._seconds = seconds
        self._end = asyncio.Event()
        self._task = asyncio.ensure_future(self._carry_out())

    async def end(self) -> None:
        """Nothing is begun any more when this returns."""
        self._end.set()
        await self._task

    async def _carry_out(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for act in self._acts:
            if self._seconds is not None and act.at >= self._seconds:
                return
            if await self._ended_before(began + act.at - loop.time()):
                return
            verb, args = act.request()
            try:
                reply = await asyncio.to_thread(self._town.faults, verb, args)
            except (NothingSentError, OutcomeUnknown):
                reply = {}
            if any(reply.get(name) for name in ("killed", "cut", "paused", "leg")):
                self.done.append(act)
            else:
                self.missed += 1

    async def _ended_before(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._end.wait()
        except TimeoutError:
            return self._end.is_set()
        return True

    def counts(self, what: str) -> dict[str, int]:
        """How often this happened, by whom it hit."""
        return dict(sorted(Counter(act.target for act in self.done if act.what == what).items()))
