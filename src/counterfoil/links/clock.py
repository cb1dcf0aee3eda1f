"""The one clock of a process: wall time when it started, monotonic time from there on.

Wall time only labels. A jump of the system clock while a process runs therefore moves no deadline; a jump backwards
between two runs is bridged by `not_before`, up to a day (a bigger gap means that the earlier clock was wrong).
"""

from __future__ import annotations

import time

from counterfoil.step import SECOND, Instant

BRIDGED: Instant = 24 * 3600 * SECOND


class Clock:
    """Non-decreasing UTC microseconds. `not_before` is an instant this process is known to have lived through."""

    def __init__(self, not_before: Instant = 0) -> None:
        wall = time.time_ns() // 1000
        self.stepped_back: Instant = max(0, not_before - wall)
        """How far the system clock stands behind `not_before`; 0 when it does not."""
        start = not_before if 0 < self.stepped_back <= BRIDGED else wall
        self._offset_ns = start * 1000 - time.monotonic_ns()

    def now(self) -> Instant:
        """The present instant; never less than an earlier answer."""
        return (time.monotonic_ns() + self._offset_ns) // 1000
