"""Card numbers leave this store on a date: when neither what is open nor the clearing file of their day needs them.

Once a business day, and until nothing is due, a step looks at AT_ONCE sales whose number is held; its commit lets those
numbers go that nothing open needs. The rest are looked at again on the next day. What stays of a sale, for ever, is its
key, the keyed token of its card and the last four digits: repeats are known by them, and nothing is charged again.

A reversal that comes later is sent without DE2 unless it brings the number itself: the issuer knows the sale by DE90.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from counterfoil.security import is_pan
from counterfoil.security.keeping import due_before
from counterfoil.step import SECOND, Instant
from counterfoil.switch.desk import Desk
from counterfoil.switch.records import Records, SealedNumber
from counterfoil.switch.rows import Attempt
from counterfoil.switch.settings import Settings
from counterfoil.switch.work import Work

AT_ONCE: Final = 500
"""Sales looked at in one step: a few milliseconds, so that no sale waits."""
PAUSE: Final[Instant] = SECOND // 5


class KeepingLook(NamedTuple):
    """How far a step looked, and when the next one is."""

    behind: SealedNumber
    at: Instant


class Keeping:
    """When to look next, and how far this day's look has come. `holds`: there may be a number in the store."""

    def __init__(self, records: Records, settings: Settings) -> None:
        self._records = records
        self._settings = settings
        self._next = KeepingLook(SealedNumber(), 0)
        self.holds = records.holds_numbers()

    def look(self, work: Work) -> KeepingLook | None:
        """Let go of what is due with this step's commit; None when it is not the time."""
        if work.now < self._next.at or not self.holds:
            return None
        clock = self._settings.clock
        before = due_before(work.now, self._settings.numbers_kept_days, clock)
        found = self._records.old_numbers(before, self._next.behind, AT_ONCE)
        ended = [held.rrn for held, ended in found if ended]
        going = [rrn for rrn in ended if rrn not in work.by_rrn]  # not what this step has in its hands
        for rrn in going:
            work.hold(rrn, b"")
        if len(found) == AT_ONCE:
            return KeepingLook(found[-1][0], work.now + PAUSE)
        return KeepingLook(SealedNumber(), clock.next_day(work.now) if going == ended else work.now + PAUSE)

    def took(self, look: KeepingLook | None) -> None:
        """The step of this look is on the disk."""
        if look is not None:
            self._next = look
            self.holds = self._records.holds_numbers()

    def began(self, now: Instant) -> None:
        """A commit brought a number into the store: the first one is not due before the next business day."""
        if not self.holds:
            self.holds = True
            self._next = KeepingLook(SealedNumber(), self._settings.clock.next_day(now))

    def wakes_at(self) -> Instant | None:
        """When the next look is; None while no number is held."""
        return self._next.at if self.holds else None


def held_again(desk: Desk, work: Work, attempt: Attempt, pan: str | None) -> None:
    """A reversal is about to be owed. Where the number has left, the one it brings is held, if it is that card's."""
    if attempt.pan or not attempt.token:
        return
    if is_pan(pan) and pan is not None and desk.hsm.token(pan, desk.token) == attempt.token:
        attempt.pan = desk.hsm.protect(pan, desk.data, attempt.rrn)
        work.hold(attempt.rrn, attempt.pan)
    else:
        work.alarm("number_gone", attempt.issuer, "a reversal goes without DE2: its date has passed", rrn=attempt.rrn)
