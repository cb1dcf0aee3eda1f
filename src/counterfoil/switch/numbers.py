"""The numbers a switch gives out. All of them are made from ticks: instants that are never given out twice.

A tick is the time of the step, pushed on by a microsecond for every further one. DE7 is its second, DE11 its
microsecond within that second, so that DE11 is unique per DE7 as long as a tick is never repeated. Ticks are reserved
on the disk a second ahead; after a restart they go on above what was reserved, whatever the clock says.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from counterfoil.step import DAY, SECOND, Instant

_BASE36: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PAIRS: Final = [first + second for first in _BASE36 for second in _BASE36]  # a day of microseconds has four of them
_TWO: Final = len(_PAIRS)
_RRN: Final = 12


class Ticks:
    """Gives out ticks above `last`."""

    def __init__(self, last: Instant) -> None:
        self.last = last

    def reservation(self, reserved: Instant) -> Instant:
        """Up to where ticks must be reserved on the disk beside those given out here; 0 when they are already."""
        return self.last + SECOND if self.last > reserved else 0

    def next(self, now: Instant) -> Instant:
        """`now`, or the first microsecond after the last tick. Never a whole second: DE11 is not zero."""
        tick = self.last + 1
        if tick < now:
            tick = now
        if tick % SECOND == 0:
            tick += 1
        self.last = tick
        return tick


def transmitted(tick: Instant) -> str:
    """DE7, MMDDhhmmss in UTC."""
    return _second(tick // SECOND)[4:]


def trace(tick: Instant) -> str:
    """DE11 on an issuer link."""
    return f"{tick % SECOND:06d}"


def local(instant: Instant, offset: Instant) -> tuple[str, str]:
    """DE12, hhmmss, and DE13 or DE15, MMDD, on the acquirer's clock."""
    return _clock((instant + offset) // SECOND)


def rrn(tick: Instant, offset: Instant) -> str:
    """DE37: last digit of the year, day of the year, and the microsecond of the day in base 36. Grows with the tick."""
    day, of_day = divmod(tick + offset, DAY)
    return _beginning(day, of_day // _TWO) + _PAIRS[of_day % _TWO]


def made_at(rrn: str, offset: Instant, now: Instant) -> Instant:
    """About when an RRN was given out, to the day, in the ten years up to `now`; 0 for what is none of ours."""
    if len(rrn) != _RRN or not (rrn.isascii() and rrn[:4].isdecimal()):
        return 0
    today = datetime.fromtimestamp((now + offset) // SECOND, UTC)
    year = today.year - (today.year - int(rrn[0])) % 10
    days = timedelta(days=int(rrn[1:4]) - 1)
    begun = datetime(year, 1, 1, tzinfo=UTC) + days
    if begun > today:
        begun = datetime(year - 10, 1, 1, tzinfo=UTC) + days
    return int(begun.timestamp()) * SECOND - offset


@lru_cache(maxsize=64)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y%m%d%H%M%S")


@lru_cache(maxsize=64)
def _clock(second: int) -> tuple[str, str]:
    moment = _second(second)
    return moment[8:], moment[4:8]


@lru_cache(maxsize=8)
def _beginning(day: int, left: int) -> str:
    """All but the last two digits, which many ticks have in common; `left` is what those leave of the microsecond."""
    left, third = divmod(left, _TWO)
    first, second = divmod(left, _TWO)
    return _day(day) + _PAIRS[first] + _PAIRS[second] + _PAIRS[third]


@lru_cache(maxsize=8)
def _day(day: int) -> str:
    return datetime.fromtimestamp(day * 86_400, UTC).strftime("%Y%j")[3:]
