"""The one zone in which people read times, and in which days begin and end. Programs read UTC.

Names and rules are those of the tz database, which comes with Python or the package `tzdata`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from counterfoil.errors import InputError
from counterfoil.step import DAY, SECOND, Instant

DEFAULT: Final = "Asia/Shanghai"
"""Where the demo's shops are, and their acquirer."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
QUARTER: Final[Instant] = 900 * SECOND
"""Clocks are put forward and back at whole quarters of an hour only."""

NUMBERED: Final[Instant] = 1_735_689_600 * SECOND
"""2025-01-01 00:00 UTC: the offset of this instant counts reference numbers, which must not come again when clocks are
put back."""

MINUTES, SECONDS = "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"


class Zone:
    """One zone of the tz database."""

    def __init__(self, name: str) -> None:
        try:
            self._rules = ZoneInfo(name)
        except (KeyError, OSError, ValueError):  # not there, a folder, no name at all
            raise InputError(
                "zone is a name of the tz database, as in Asia/Shanghai or Europe/Berlin",
                "zone 应为 tz 数据库中的时区名，例如 Asia/Shanghai 或 Europe/Berlin",
            ) from None
        self.name = name
        self._offsets: dict[int, Instant] = {}
        self.numbering = self.offset(NUMBERED)

    def offset(self, at: Instant) -> Instant:
        """How far the clocks are ahead of UTC at an instant, in microseconds; east is positive."""
        quarter = at // QUARTER
        known = self._offsets.get(quarter)
        if known is None:
            moved = self._rules.utcoffset(self.local(at))
            assert moved is not None
            if len(self._offsets) >= 256:
                self._offsets.clear()
            known = self._offsets[quarter] = moved // timedelta(microseconds=1)
        return known

    def local(self, at: Instant) -> datetime:
        """An instant on the clocks of this zone."""
        return (EPOCH + timedelta(microseconds=at)).astimezone(self._rules)

    def text(self, at: Instant, shape: str = SECONDS) -> str:
        """An instant as people read it where the zone is told beside it: 2026-11-23 07:30:00."""
        return self.local(at).strftime(shape)

    def spoken(self, at: Instant, shape: str = SECONDS) -> str:
        """An instant as people read it: 2026-11-23 07:30:00 UTC+08:00."""
        return f"{self.text(at, shape)} {self.told(at)}"

    def said(self, iso: str, shape: str = SECONDS) -> str:
        """What JSON says, 2026-11-22T23:30:00.000000Z, as people read it."""
        return self.spoken(instant(iso), shape)

    def told(self, at: Instant) -> str:
        """The zone as it is at an instant: UTC+08:00."""
        minutes = self.offset(at) // (60 * SECOND)
        hours, rest = divmod(abs(minutes), 60)
        return f"UTC{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"

    def date(self, at: Instant) -> str:
        """The day of an instant, YYYY-MM-DD."""
        return self.text(at, "%Y-%m-%d")

    def starts(self, date: str) -> Instant:
        """When a day, YYYY-MM-DD, begins; ValueError when it is none.

        A day whose midnight is left out begins when the clocks go on; one that has two begins with the first.
        """
        wall = (datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
        first = wall - max(self.offset(wall - DAY), self.offset(wall + DAY))
        while self.date(first) < date:
            first += QUARTER
        return first

    def midnight(self, at: Instant, days: int = 0) -> Instant:
        """When the day of an instant began, or the day so many before it."""
        return self.starts(f"{self.local(at).date() - timedelta(days=days):%Y-%m-%d}")

    def next_day(self, at: Instant) -> Instant:
        """When the day after that of an instant begins."""
        return self.midnight(at, -1)


def instant(iso: str) -> Instant:
    """An instant from its ISO 8601 form."""
    return (datetime.fromisoformat(iso) - EPOCH) // timedelta(microseconds=1)


@lru_cache(maxsize=32)
def zone(name: str = DEFAULT) -> Zone:
    """The zone of this name; InputError when there is none."""
    return Zone(name)
