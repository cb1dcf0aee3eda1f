"""What was on its way when an issuer hung up: counted in a row, and left to wait for it.

One hang-up says nothing: issuers restart, lines break. What is on its way at each of several is what the issuer cannot
take, or may be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from counterfoil.step import SECOND, Instant
from counterfoil.switch.settings import Settings

SUSPECTS: Final = 4096
"""Cards and terminals remembered for one issuer; the one whose hang-up is longest ago goes first."""
IN_A_ROW: Final[Instant] = 3600 * SECOND
"""A hang-up that comes later than this after the one before begins a new row."""


class Caution:
    """Hang-ups in a row. After each but the first `free` ones follows the `pause` for so many."""

    def __init__(self, pause: Callable[[int], Instant], free: int) -> None:
        self._pause = pause
        self._free = free
        self._last: Instant = 0
        self.count = 0
        self.until: Instant = 0

    def next(self, now: Instant) -> int:
        """How many in a row there will be after a hang-up now."""
        return self.count + 1 if now - self._last < IN_A_ROW else 1

    def hung_up(self, now: Instant) -> None:
        """There was another hang-up with this one on its way."""
        self.count, self._last = self.next(now), now
        if self.count > self._free:
            self.until = now + self._pause(self.count - self._free)

    def over(self) -> None:
        """There was none this time: the count begins anew."""
        self.count, self.until = 0, 0


class Askers:
    """Cards and terminals whose request was on its way when one issuer hung up, by any name.

    A request is sent once, but its sender may ask anew as often as it likes. Whoever was asking at two hang-ups in a
    row, without an answer in between, may be the cause, and asks nothing of this issuer for a while.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[str, Caution] = {}

    def __len__(self) -> int:
        """How many are under suspicion."""
        return len(self._known)

    def begin_to_wait(self, names: Iterable[str], now: Instant) -> bool:
        """Whether a hang-up now is the second in a row for one of these."""
        return any(name in self._known and self._known[name].next(now) == 2 for name in names)

    def hung_up(self, names: Iterable[str], now: Instant) -> None:
        """The issuer hung up on all of these."""
        for name in names:
            caution = self._known.pop(name, None) or Caution(self._settings.pause, 1)
            caution.hung_up(now)
            self._known[name] = caution
        while len(self._known) > SUSPECTS:
            del self._known[next(iter(self._known))]

    def answered(self, names: Iterable[str]) -> None:
        """The issuer answered these."""
        for name in names:
            self._known.pop(name, None)

    def wait(self, names: Iterable[str], now: Instant) -> bool:
        """Whether a request of these must wait."""
        return any(name in self._known and self._known[name].until > now for name in names)
