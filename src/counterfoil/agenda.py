"""Timers of many things at once: what is due at which time, at a cost that does not grow with their number."""

from __future__ import annotations

import heapq
from typing import Generic, TypeVar

from counterfoil.step import Instant

K = TypeVar("K", bound=str)


class Agenda(Generic[K]):
    """At most one time for each key. Keys due together come in the order in which they were entered first."""

    def __init__(self) -> None:
        self._times: dict[K, tuple[Instant, int]] = {}
        self._queue: list[tuple[Instant, int, K]] = []  # with times that count no more: looked over when they come up
        self._entered = 0

    def __len__(self) -> int:
        return len(self._times)

    def enter(self, key: K, at: Instant) -> None:
        """The key is due at this time, and at no other any more."""
        known = self._times.get(key)
        if known is None:
            self._entered += 1
            number = self._entered
        elif known[0] == at:
            return
        else:
            number = known[1]
        self._times[key] = at, number
        heapq.heappush(self._queue, (at, number, key))
        if len(self._queue) > 2 * len(self._times) + 64:
            self._queue = [(at, number, key) for key, (at, number) in self._times.items()]
            heapq.heapify(self._queue)

    def strike(self, key: K) -> None:
        """The key is due no more. Harmless when it was not."""
        self._times.pop(key, None)

    def due(self, now: Instant, most: int = 0) -> list[K]:
        """The keys due by `now`, at most so many (0: all), the earliest first chosen; nothing is struck off."""
        found: list[tuple[Instant, int, K]] = []
        while self._queue and self._queue[0][0] <= now and not (most and len(found) >= most):
            entry = heapq.heappop(self._queue)
            if self._counts(entry) and (not found or found[-1] != entry):
                found.append(entry)
        for entry in found:
            heapq.heappush(self._queue, entry)
        return [key for _, _, key in sorted(found, key=lambda entry: entry[1])]

    def first(self) -> Instant | None:
        """The earliest time entered; None when nothing is."""
        while self._queue and not self._counts(self._queue[0]):
            heapq.heappop(self._queue)
        return self._queue[0][0] if self._queue else None

    def _counts(self, entry: tuple[Instant, int, K]) -> bool:
        return self._times.get(entry[2]) == entry[:2]
