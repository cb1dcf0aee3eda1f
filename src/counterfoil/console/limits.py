"""How often somebody may ask: a bucket of tries that fills up again with time, one per key, in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from counterfoil.step import SECOND, Instant

MOST_KEYS: Final = 10_000


class RateLimits:
    """`burst` tries at once, then one every `each` microseconds. Keys whose bucket is full again are forgotten."""

    def __init__(self, burst: int, each: Instant, now: Callable[[], Instant]) -> None:
        self._burst = burst
        self._each = each
        self._now = now
        self._free_at: dict[str, Instant] = {}

    def wait(self, key: str) -> int:
        """Seconds until this key may try again, rounded up; 0 when it may now. Nothing is counted."""
        over = self._free_at.get(key, 0) - self._now() - (self._burst - 1) * self._each
        return -(-over // SECOND) if over > 0 else 0

    def take(self, key: str) -> int:
        """Count one try: 0 when it may be made, else the seconds to wait, and it is not counted."""
        seconds = self.wait(key)
        if not seconds:
            if len(self._free_at) >= MOST_KEYS:
                self._forget()
            now = self._now()
            self._free_at[key] = max(self._free_at.get(key, 0), now) + self._each
        return seconds

    def give_back(self, key: str) -> None:
        """The try counted last was none after all."""
        if key in self._free_at:
            self._free_at[key] -= self._each

    def clear(self, key: str) -> None:
        """The tries of this key are forgiven."""
        self._free_at.pop(key, None)

    def clear_all(self, beginning: str) -> None:
        """The tries of all keys that begin so are forgiven."""
        self._free_at = {key: free for key, free in self._free_at.items() if not key.startswith(beginning)}

    def _forget(self) -> None:
        """Whose bucket is full again; and where that is not enough, those who have tried least."""
        now = self._now()
        kept = [(free, key) for key, free in self._free_at.items() if free > now]
        self._free_at = {key: free for free, key in sorted(kept)[-MOST_KEYS // 2 :]}
