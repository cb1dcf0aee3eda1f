"""The advices owed to one issuer, in memory: which of them may go now, and how careful hang-ups have made the switch.

Rule 1: an advice goes when its own time has come. A link that comes up makes nothing due that was not due before.
Rule 2: of one family (a transaction, what completes it, and their reversals) only the one owed longest goes; the next
        follows when that one is acknowledged. Families do not wait for each other.
Rule 3: an advice on its way when the issuer hung up is a suspect from then on. Suspects go behind all others, one at a
        time, and after a hang-up the next of them waits, longer each time in a row.
Rule 4: the others pass. After a hang-up they too go one at a time until one had its answer, or its time without a
        hang-up; from the second hang-up in a row on one switch timer lies between them: it may be any advice that the
        issuer cannot take.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

from counterfoil.step import Instant
from counterfoil.switch.caution import Caution
from counterfoil.switch.settings import Settings


class OutboxEntry(NamedTuple):
    """An advice: to whom, when it is sent next, whose family it is of and when it came to be owed, and whether the
    issuer ever hung up on it.
    """

    issuer: str
    next_at: Instant
    family: str
    owed_at: Instant
    suspect: bool = False


class Flight(NamedTuple):
    """An advice on its way: its token, until when it counts as on its way, and whether it was a suspect."""

    token: int
    until: Instant
    suspect: bool = False


class Outbox:
    """What is owed to one issuer, what of it is on its way, and when the next may go."""

    def __init__(self, settings: Settings) -> None:
        self.owed: dict[str, OutboxEntry] = {}
        self.flying: dict[str, Flight] = {}
        self._settings = settings
        self._queues: dict[bool, list[tuple[Instant, str]]] = {False: [], True: []}  # by whether it is of suspects
        self._families: dict[str, list[tuple[Instant, str]]] = {}
        self._caution = {False: Caution(lambda _: settings.switch_timer, 1), True: Caution(settings.pause, 0)}
        self._held_since: Instant = 0  # a suspect whose turn it is waits for others on their way

    # --- what happens -----------------------------------------------------------------------------------------------

    def began(self, now: Instant) -> None:
        """The process came up: nothing waits for longer than a pause can be. A clock that was ahead in an earlier life
        would make an advice wait for as long as it was.
        """
        latest = now + self._settings.longest_pause
        for rrn, owed in self.owed.items():
            if owed.next_at > latest:
                self.owe(rrn, owed._replace(next_at=latest))

    def owe(self, rrn: str, owed: OutboxEntry) -> None:
        """An advice is owed, or will be tried at another time."""
        if rrn not in self.owed:
            heapq.heappush(self._families.setdefault(owed.family, []), (owed.owed_at, rrn))
        self.owed[rrn] = owed
        if self.is_first(rrn, owed):
            heapq.heappush(self._queues[owed.suspect], (owed.next_at, rrn))

    def settle(self, rrn: str) -> None:
        """An advice was acknowledged: the next of its family may go."""
        if rrn not in self.owed:
            return
        self.answered(rrn)
        owed = self.owed.pop(rrn)
        family = self._families[owed.family]
        family.remove((owed.owed_at, rrn))
        heapq.heapify(family)
        if family:
            self.owe(family[0][1], self.owed[family[0][1]])
        else:
            del self._families[owed.family]

    def fly(self, rrn: str, flight: Flight) -> None:
        """An advice was sent."""
        self.flying[rrn] = flight
        if flight.suspect:
            self._held_since = 0

    def land(self, rrn: str) -> None:
        """An advice is not on its way any more, and nothing is known of it. Harmless when it was not."""
        self.flying.pop(rrn, None)

    def answered(self, rrn: str) -> None:
        """An advice had its answer, late or not and whatever that says: the issuer takes it."""
        self.flying.pop(rrn, None)
        self._taken(suspect=self.owed[rrn].suspect)

    def hung_up(self, now: Instant) -> None:
        """The connection is gone and the issuer ended it; nothing is on its way any more."""
        suspects = [flight.suspect for flight in self.flights(now).values()]
        for kind in (False, True):
            if kind in suspects:
                self._caution[kind].hung_up(now)
        self.flying.clear()
        self._held_since = 0

    # --- what may go ------------------------------------------------------------------------------------------------

    def is_first(self, rrn: str, owed: OutboxEntry) -> bool:
        """Whether nothing of its family has been owed for longer."""
        family = self._families.get(owed.family)
        return not family or family[0] >= (owed.owed_at, rrn)

    def by_token(self, token: int) -> str:
        """The advice that was sent with a token; "" for none that is on its way."""
        return next((rrn for rrn, flight in self.flying.items() if flight.token == token), "")

    def flights(self, now: Instant) -> dict[str, Flight]:
        """The advices on their way; those that had their time without a hang-up are forgotten."""
        for rrn, flight in [one for one in self.flying.items() if one[1].until <= now]:
            del self.flying[rrn]
            self._taken(suspect=flight.suspect)
        return self.flying

    def room(self, now: Instant, flying: int) -> int:
        """How many that are no suspects may go now, when so many of them are on their way."""
        caution = self._caution[False]
        return max(0, self._window - flying) if caution.until <= now else 0

    def due(self, now: Instant, most: int, *, suspect: bool = False) -> list[str]:
        """Advices whose time has come, the longest due first; nothing is taken off."""
        queue, found = self._queues[suspect], list[tuple[Instant, str]]()
        while queue and queue[0][0] <= now and len(found) < most:
            entry = heapq.heappop(queue)
            if self._counts(entry, suspect) and entry not in found[-1:]:
                found.append(entry)
        for entry in found:
            heapq.heappush(queue, entry)
        return [rrn for _, rrn in found]

    def suspect(self, now: Instant, *, others: bool) -> list[str]:
        """The suspect that may go now, if there is one.

        While `others` are on their way it waits, so that a hang-up on it says nothing of them; but no longer than one
        switch timer, because new ones may come all the time.
        """
        at = self._suspect_at()
        if at is None or at > now:
            return []
        if others:
            self._held_since = self._held_since or now
            if now < self._held_since + self._settings.switch_timer:
                return []
        return self.due(now, 1, suspect=True)

    def wakes_at(self) -> Instant | None:
        """When the next advice may go, as far as the clock decides it."""
        others = [flight.until for flight in self.flying.values() if not flight.suspect]
        at, suspect_at = self._first(False), self._suspect_at()
        if at is not None:
            at = max(at, self._caution[False].until)
            if len(others) >= self._window:
                at = max(at, min(others))
        if suspect_at is not None and others and self._held_since:
            suspect_at = max(suspect_at, min(max(others), self._held_since + self._settings.switch_timer))
        return min((one for one in (at, suspect_at) if one is not None), default=None)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _taken(self, *, suspect: bool) -> None:
        self._caution[suspect].over()
        self._caution[False].over()

    def _counts(self, entry: tuple[Instant, str], suspect: bool) -> bool:
        """Whether an entry of a queue is of an advice whose time and turn it is."""
        at, rrn = entry
        owed = self.owed.get(rrn)
        return owed is not None and (owed.next_at, owed.suspect) == (at, suspect) and self.is_first(rrn, owed)

    def _first(self, suspect: bool) -> Instant | None:
        queue = self._queues[suspect]
        while queue and not self._counts(queue[0], suspect):
            heapq.heappop(queue)
        return queue[0][0] if queue else None

    def _suspect_at(self) -> Instant | None:
        """When it is the turn of the next suspect: one at a time."""
        at = self._first(True)
        if at is None:
            return None
        return max([at, self._caution[True].until, *(one.until for one in self.flying.values() if one.suspect)])

    @property
    def _window(self) -> int:
        """How many that are no suspects may be on their way at once."""
        return 1 if self._caution[False].count else self._settings.window
