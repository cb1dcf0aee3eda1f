"""How often passwords may be guessed. A try is counted before its hash is begun, so that many at once count as many.

Three buckets, apart from each other: of one name from one address, of one address, and of one name from anywhere. The
first two stop whoever guesses from one place and lock nobody else out. The third slows those who guess from many. A
browser in which this name was let in before (its cookie says so) has a bucket of its own and needs none of the three,
so no crowd of strangers locks the owner out. Who asks for a new password of one's own, in a session, counts there too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from counterfoil.console.limits import RateLimits
from counterfoil.step import SECOND, Instant

PATIENCE: Final = 5  # tries at once for one name from one address, or in one browser that is known
PATIENCE_PLACE: Final = 20  # from one address
PATIENCE_NAME: Final = 100  # for one name from anywhere
PAUSE: Final[Instant] = 60 * SECOND  # for another five tries
QUEUE: Final = 16  # strangers who wait for a hash; more are told to come again
BUSY_SECONDS: Final = 2


class Try(NamedTuple):
    """Somebody who says who they are: the name, the place they come from, and the browser if this name knows it."""

    name: str
    place: str
    known: str = ""


class Guesses:
    """The tries of one console, and the hashes they need: one at a time for strangers, one for known browsers."""

    def __init__(self, now: Callable[[], Instant]) -> None:
        each = PAUSE // PATIENCE
        self._known = RateLimits(PATIENCE, each, now)
        self._pair = RateLimits(PATIENCE, each, now)
        self._place = RateLimits(PATIENCE_PLACE, each, now)
        self._name = RateLimits(PATIENCE_NAME, each, now)
        self._lanes = {True: asyncio.Semaphore(1), False: asyncio.Semaphore(1)}
        self._waiting = 0

    def take(self, one: Try) -> int:
        """Count a try: 0 when its password may be looked at, else the seconds to wait, and nothing is counted."""
        buckets = self._buckets(one)
        seconds = max(limits.wait(key) for limits, key in buckets)
        if not seconds and not one.known and self._waiting >= QUEUE:
            return BUSY_SECONDS
        if not seconds:
            for limits, key in buckets:
                limits.take(key)
        return seconds

    def right(self, one: Try) -> None:
        """It was no guess: the try is forgiven, and those before it in this browser or of this name from here."""
        (mine, key), *others = self._buckets(one)
        mine.clear(key)
        for limits, other in others:
            limits.give_back(other)

    def forgive(self, name: str) -> None:
        """Everybody's tries for this name are forgiven; those of an address, for any names, are not."""
        for limits in (self._known, self._pair):
            limits.clear_all(f"{name}\n")
        self._name.clear(name)

    @asynccontextmanager
    async def turn(self, one: Try) -> AsyncIterator[None]:
        """The turn of a try to be hashed: a hash takes 64 MiB and a core, and the pages must not wait for it."""
        self._waiting += not one.known
        try:
            async with self._lanes[bool(one.known)]:
                yield
        finally:
            self._waiting -= not one.known

    def _buckets(self, one: Try) -> list[tuple[RateLimits, str]]:
        if one.known:
            return [(self._known, f"{one.name}\n{one.known}")]
        return [(self._pair, f"{one.name}\n{one.place}"), (self._place, one.place), (self._name, one.name)]
