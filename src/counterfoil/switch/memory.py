"""What the switch knows between two steps and need not have on its disk.

Where the answer to an open intent goes, which timers run, how each issuer link is doing. A step changes this only
after its commit returned; everything that matters can be rebuilt from the store, and is after a restart.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from counterfoil.step import Instant
from counterfoil.switch.intake import Ask


class Waiting(msgspec.Struct, frozen=True):
    """An open intent: who asked last, until when, and the token of the request on the issuer link.

    `ask` is None when a restart lost it: the intent has expired.
    """

    ask: Ask | None
    deadline: Instant
    token: int


class Owed(NamedTuple):
    """An advice in the outbox: to whom, and when it is sent next."""

    issuer: str
    next_at: Instant


class Flight(NamedTuple):
    """An advice on its way: its token, and until when it counts as on its way."""

    token: int
    until: Instant


class Session(msgspec.Struct, frozen=True):
    """One issuer link. `asked` is the DE70 of the network request without an answer so far, "" for none."""

    up: bool = False
    signed_on: bool = False
    heard_at: Instant = 0
    asked: str = ""
    tick: Instant = 0
    answer_by: Instant = 0


class Memory:
    """Open intents, owed advices and link sessions, with their timers."""

    def __init__(self, issuers: Iterable[str]) -> None:
        self.waiting: dict[str, Waiting] = {}
        self.tokens: dict[int, str] = {}
        self.owed: dict[str, Owed] = {}
        self.flying: dict[str, dict[str, Flight]] = {name: {} for name in issuers}
        self.sessions: dict[str, Session] = {name: Session() for name in issuers}
        self._deadlines: list[tuple[Instant, str]] = []
        self._queues: dict[str, list[tuple[Instant, str]]] = {name: [] for name in issuers}

    # --- open intents -----------------------------------------------------------------------------------------------

    def wait(self, rrn: str, waiting: Waiting) -> None:
        """An intent is open, or the same request came again on a newer connection."""
        known = self.waiting.get(rrn)
        self.waiting[rrn] = waiting
        deadline = waiting.deadline
        self.tokens[waiting.token] = rrn
        if known is None or known.deadline != deadline:
            heapq.heappush(self._deadlines, (deadline, rrn))

    def resolve(self, rrn: str) -> None:
        """An intent is not open any more. Harmless when repeated."""
        waiting = self.waiting.pop(rrn, None)
        if waiting is not None:
            self.tokens.pop(waiting.token, None)

    def expired(self, now: Instant, most: int) -> list[str]:
        """The open intents whose deadline has passed, earliest first; nothing is taken off."""
        due: list[tuple[Instant, str]] = []
        while self._deadlines and self._deadlines[0][0] <= now and len(due) < most:
            entry = heapq.heappop(self._deadlines)
            if self._is_open(entry):
                due.append(entry)
        for entry in due:
            heapq.heappush(self._deadlines, entry)
        return [rrn for _, rrn in due]

    def _is_open(self, entry: tuple[Instant, str]) -> bool:
        waiting = self.waiting.get(entry[1])
        return waiting is not None and waiting.deadline == entry[0]

    # --- owed advices -----------------------------------------------------------------------------------------------

    def owe(self, rrn: str, owed: Owed) -> None:
        """An advice is in the outbox, or will be tried at another time."""
        self.owed[rrn] = owed
        heapq.heappush(self._queues[owed.issuer], (owed.next_at, rrn))

    def settle(self, rrn: str) -> None:
        """An advice was acknowledged."""
        owed = self.owed.pop(rrn, None)
        if owed is not None:
            self.flying[owed.issuer].pop(rrn, None)

    def due(self, issuer: str, now: Instant, most: int) -> list[str]:
        """Advices to be tried now, the longest due first; nothing is taken off."""
        queue = self._queues[issuer]
        found: list[tuple[Instant, str]] = []
        while queue and queue[0][0] <= now and len(found) < most:
            entry = heapq.heappop(queue)
            if self._is_owed(entry):
                found.append(entry)
        for entry in found:
            heapq.heappush(queue, entry)
        return list(dict.fromkeys(rrn for _, rrn in found))

    def owed_to(self, issuer: str) -> list[str]:
        """Every advice owed to an issuer, oldest first."""
        return [rrn for rrn, owed in self.owed.items() if owed.issuer == issuer]

    def rush(self, issuer: str, now: Instant) -> None:
        """Nothing is on its way to an issuer any more; everything owed to it is due."""
        self.flying[issuer].clear()
        for rrn in self.owed_to(issuer):
            self.owe(rrn, Owed(issuer, now))

    def fly(self, issuer: str, rrn: str, flight: Flight) -> None:
        """An advice was sent."""
        self.flying[issuer][rrn] = flight

    def land(self, issuer: str, rrn: str) -> None:
        """An advice is not on its way any more."""
        self.flying[issuer].pop(rrn, None)

    def land_token(self, issuer: str, token: int) -> None:
        """The same, known by the token it was sent with."""
        for rrn, flight in self.flying[issuer].items():
            if flight.token == token:
                self.land(issuer, rrn)
                return

    def flights(self, issuer: str, now: Instant) -> set[str]:
        """The advices on their way to an issuer; those sent too long ago are forgotten."""
        flying = self.flying[issuer]
        for rrn in [rrn for rrn, flight in flying.items() if flight.until <= now]:
            del flying[rrn]
        return set(flying)

    def _is_owed(self, entry: tuple[Instant, str]) -> bool:
        owed = self.owed.get(entry[1])
        return owed is not None and owed.next_at == entry[0]

    # --- timers -----------------------------------------------------------------------------------------------------

    def first_deadline(self) -> Instant | None:
        """When the first open intent expires."""
        while self._deadlines and not self._is_open(self._deadlines[0]):
            heapq.heappop(self._deadlines)
        return self._deadlines[0][0] if self._deadlines else None

    def next_send(self, issuer: str, window: int) -> Instant | None:
        """When the next advice may go to an issuer that can be reached, with at most `window` on their way."""
        queue, flying = self._queues[issuer], self.flying[issuer]
        while queue and not self._is_owed(queue[0]):
            heapq.heappop(queue)
        if not queue:
            return None
        if len(flying) < window:
            return queue[0][0]
        return max(queue[0][0], min(flight.until for flight in flying.values()))
