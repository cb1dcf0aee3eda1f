"""How long a station holds the sealed card number of a sale: until so many days after its business day ended.

A business day is a day on the acquirer's clock. Its clearing file is written after it has ended, so the days give the
file its time, and the repeats of a file that was lost or refused. PCI DSS 3.2.1 asks for a limit that is written down.
"""

from __future__ import annotations

from typing import Final

from counterfoil.step import SECOND, Instant

DAY: Final[Instant] = 86_400 * SECOND
KEPT_DAYS: Final = 7
FEWEST_DAYS, MOST_DAYS = 1, 180


def due_before(now: Instant, days: int, utc_offset: Instant) -> Instant:
    """Sales that began before this instant are of days that ended `days` whole days ago, or earlier."""
    return _midnight(now, utc_offset) - days * DAY


def next_day(now: Instant, utc_offset: Instant) -> Instant:
    """When the business day after that of `now` begins."""
    return _midnight(now, utc_offset) + DAY


def _midnight(now: Instant, utc_offset: Instant) -> Instant:
    return (now + utc_offset) // DAY * DAY - utc_offset
