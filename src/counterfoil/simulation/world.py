"""The world: a clock that jumps, chance drawn from one seed, and the journal that says whether two runs were the same.

Nothing here knows what a station is: `node` does, and `network`.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import deque
from collections.abc import Callable
from typing import Final

from counterfoil.drawing import drawing
from counterfoil.simulation.mixes import Faults
from counterfoil.step import SECOND, Instant

START: Final[Instant] = 1_767_225_600 * SECOND  # 2026-01-01T00:00:00Z; only labels depend on it
LAST_EVENTS: Final = 40


class Broken(Exception):  # noqa: N818 - says what the promise is
    """Something that must hold does not. The text names no card data."""


def must(holds: bool, what: str) -> None:
    """The promise, or Broken."""
    if not holds:
        raise Broken(what)


class World:
    """Time, chance and faults. `now` is the true time; what a station believes is its node's business."""

    def __init__(self, seed: str, faults: Faults) -> None:
        self.random = drawing(f"{seed}/world")
        self.faults = faults
        self.begin = START + faults.begin
        self.now: Instant = self.begin
        self.healed = False
        self.events = 0
        self.steps = 0
        self.counts: dict[str, int] = {}
        self.last: deque[str] = deque(maxlen=LAST_EVENTS)
        self.digest = hashlib.blake2b(digest_size=16)
        self._heap: list[tuple[Instant, int, Callable[[], None]]] = []
        self._order = 0
        self._numbers = 0

    def number(self) -> int:
        """A number never given out before: of a connection, of a command."""
        self._numbers += 1
        return self._numbers

    def at(self, when: Instant, action: Callable[[], None]) -> None:
        """Let `action` happen at `when`, or now when that is past."""
        self._order += 1
        heapq.heappush(self._heap, (max(when, self.now), self._order, action))

    def after(self, delay: Instant, action: Callable[[], None]) -> None:
        """Let `action` happen `delay` microseconds from now."""
        self.at(self.now + delay, action)

    def run(self, until: Instant) -> None:
        """Play every event up to and including `until`; the clock then stands there."""
        heap = self._heap
        while heap and heap[0][0] <= until:
            self.now, _, action = heapq.heappop(heap)
            self.events += 1
            action()
        self.now = until

    def elapsed(self) -> float:
        """Seconds since the world began."""
        return (self.now - self.begin) / SECOND

    def note(self, what: str) -> None:
        """One line of the journal."""
        line = f"{self.now - self.begin} {what}"
        self.last.append(line)
        self.digest.update(line.encode())

    def count(self, kind: str, times: int = 1) -> None:
        """One more injected fault of this kind, or several."""
        self.counts[kind] = self.counts.get(kind, 0) + times

    def chance(self, per_mille: int) -> bool:
        """Whether a fault of this rate happens now; never after the world was healed."""
        return per_mille > 0 and not self.healed and self.random.randrange(1000) < per_mille

    def wait(self, mean: float) -> Instant:
        """An exponentially distributed time with this mean in seconds."""
        return int(self.random.expovariate(1 / mean) * SECOND)

    def history(self) -> list[str]:
        """The last events, with seconds."""
        lines = (line.partition(" ") for line in self.last)
        return [f"{int(at) / SECOND:.6f} {what}" for at, _, what in lines]
