"""How long a station holds the sealed card number of a sale: until so many days after its business day ended.

A business day is a day on the acquirer's clock. Its clearing file is written after it has ended, so the days give the
file its time, and the repeats of a file that was lost or refused. PCI DSS 3.2.1 asks for a limit that is written down.
"""

from __future__ import annotations

from typing import Final

from counterfoil.step import Instant
from counterfoil.zone import Zone

KEPT_DAYS: Final = 7
FEWEST_DAYS, MOST_DAYS = 1, 180


def due_before(now: Instant, days: int, clock: Zone) -> Instant:
    """The instant before which sales belong to days that ended at least `days` whole days ago."""
    return clock.midnight(now, days)
