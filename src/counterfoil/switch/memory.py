"""What the switch knows between two steps and need not have on its disk.

Where the answer to an open intent goes, which timers run, how each issuer link is doing. A step changes this only
after its commit returned; everything that matters can be rebuilt from the store, and is after a restart.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from counterfoil.iso8583.recollection import NEWEST, RecollectionQuery
from counterfoil.step import Instant
from counterfoil.switch.caution import Askers
from counterfoil.switch.outbox import Outbox
from counterfoil.switch.recall import Answered
from counterfoil.switch.settings import Settings
from counterfoil.switch.wire import Request


class OpenIntent(msgspec.Struct, frozen=True):
    """An open intent: who asked last, until when, and the token of the request on the issuer link.

    `ask` is None when a restart lost it: the intent has expired.
    """

    ask: Request | None
    deadline: Instant
    token: int


class Quota(NamedTuple):
    """What was kept and burnt within an hour of what nobody vouches for, and how much more came (strangers.py)."""

    hour: int = 0
    lines: int = 0
    burnt: int = 0
    more: int = 0


class RecollectionWalk(msgspec.Struct, frozen=True):
    """How far a comparison with an issuer has come: which attempts were named last, what the issuer is told and asked,
    and how many rows of what each of the two has forgotten were opened on the way. `found`: some are to be closed off.
    """

    heard: tuple[Answered, ...] = ()
    unknown: tuple[str, ...] = ()
    older: str = NEWEST
    theirs: int = 0
    ours: int = 0
    found: bool = False

    @property
    def question(self) -> RecollectionQuery:
        """What the next sign-on says."""
        return RecollectionQuery(tuple(one.request for one in self.heard), self.unknown, self.older)


class IssuerSession(msgspec.Struct, frozen=True):
    """One issuer link. `asked` is the DE70 of the network request without an answer so far, "" for none.

    `since` is the tick at which it came up, `unanswered` how many connections in a row ended without an answer to their
    sign-on. `walk` is what the two are comparing (forgotten.py); `open`: money may go over it. `again_at` is when a
    sign-on that was not answered is said again, 0 for never.
    """

    up: bool = False
    signed_on: bool = False
    heard_at: Instant = 0
    asked: str = ""
    tick: Instant = 0
    answer_by: Instant = 0
    since: Instant = 0
    unanswered: int = 0
    open: bool = False
    again_at: Instant = 0
    walk: RecollectionWalk = RecollectionWalk()


class Memory:
    """Open intents with their timers; what is owed to each issuer, its link, and whose requests it may hang up on."""

    def __init__(self, issuers: Iterable[str], settings: Settings) -> None:
        names = list(issuers)
        self.waiting: dict[str, OpenIntent] = {}
        self.tokens: dict[int, str] = {}
        self.outboxes = {name: Outbox(settings) for name in names}
        self.askers = {name: Askers(settings) for name in names}
        self.sessions: dict[str, IssuerSession] = {name: IssuerSession() for name in names}
        self.quotas: dict[str, Quota] = {}  # by terminal: never more than are registered, and one
        self.ignored = 0  # messages nobody vouches for of which no line was kept, since the start
        self.withheld_cards: set[str] = set()  # by token: something of them is forgotten, and nobody has ended that
        self.withheld_terminals: set[str] = set()
        self._deadlines: list[tuple[Instant, str]] = []

    @property
    def owes(self) -> bool:
        """Whether any advice is owed to anybody."""
        return any(box.owed for box in self.outboxes.values())

    # --- open intents -----------------------------------------------------------------------------------------------

    def wait(self, rrn: str, waiting: OpenIntent) -> None:
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

    # --- timers -----------------------------------------------------------------------------------------------------

    def first_deadline(self) -> Instant | None:
        """When the first open intent expires."""
        while self._deadlines and not self._is_open(self._deadlines[0]):
            heapq.heappop(self._deadlines)
        return self._deadlines[0][0] if self._deadlines else None
