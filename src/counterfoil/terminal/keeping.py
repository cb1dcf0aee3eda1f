"""Card numbers leave this store when their sale is at an end, and on a date where its receipt stays open.

Once a business day, and until nothing is due, a step looks at AT_ONCE sales that are approved or in a supervisor's
hands, and its commit lets their numbers go. What owes a reversal keeps its number until that is answered. A reversal
after the date is asked for without DE2: the switch knows the sale by its key.
"""

from __future__ import annotations

from typing import Final

from counterfoil.security.keeping import due_before
from counterfoil.step import SECOND, Instant
from counterfoil.terminal.records import Records
from counterfoil.terminal.settings import Settings
from counterfoil.terminal.work import Work

AT_ONCE: Final = 100
PAUSE: Final[Instant] = SECOND // 5


class Keeping:
    """When to look next. `holds`: there may be a number in the store."""

    def __init__(self, records: Records, settings: Settings) -> None:
        self._records = records
        self._settings = settings
        self._next: Instant = 0
        self.holds = records.holds_numbers()

    def look(self, work: Work) -> Instant:
        """Let go of what is due with this step's commit; when to look next, 0 when it is not the time."""
        if work.now < self._next or not self.holds:
            return 0
        before = due_before(work.now, self._settings.numbers_kept_days, self._settings.clock)
        found = self._records.old_numbers(before, AT_ONCE)
        going = [attempt for attempt in found if not work.has_saved(attempt.ref)]  # not what this step has in its hands
        for attempt in going:
            work.save(attempt.changed(pan=b""))
        more = len(found) == AT_ONCE or len(going) < len(found)
        return work.now + PAUSE if more else self._settings.clock.next_day(work.now)

    def took(self, at: Instant) -> None:
        """The step that looked is on the disk."""
        if at:
            self._next = at
            self.holds = self._records.holds_numbers()

    def began(self, now: Instant) -> None:
        """A commit brought a number into the store: the first one is not due before the next business day."""
        if not self.holds:
            self.holds = True
            self._next = self._settings.clock.next_day(now)

    def wakes_at(self) -> Instant | None:
        """When the next look is; None while no number is held."""
        return self._next if self.holds else None
