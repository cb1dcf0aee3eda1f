"""The comparison: passes over all stores, a page a turn.

A whole pass looks at everything; a pass over what is new begins where the last one ended in each store, then looks
again at what was in flight and at what is open. A turn opens the stores, reads one page, closes them, and commits what
it found together with how far it came: killed at any point, the next one goes on there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from counterfoil.inquiry import Candidate, Stores
from counterfoil.issuer import stubs as issuers
from counterfoil.reconciliation import looking
from counterfoil.reconciliation.finding import Turn
from counterfoil.reconciliation.looking import QuickLook, name_of
from counterfoil.reconciliation.records import Records, last_pass, open_count
from counterfoil.reconciliation.rows import Pass
from counterfoil.reconciliation.rules import Looked, breaks, in_flight
from counterfoil.step import Instant
from counterfoil.switch import stubs as switches
from counterfoil.terminal import stubs as terminals
from counterfoil.verdict import Clocks

PAGE: Final = 500
"""Transactions of one store that a turn looks at: some tens of milliseconds, with no reader open for longer."""
SETTLED_AT_ONCE: Final = 100
"""Of those, how many are asked again one by one; the rest wait for their turn."""
TERMINAL, SWITCH, WAITING, OPEN = "terminal", "switch", "waiting", "open"


class Comparison:
    """Goes through the stores of one stack. `open_stores` opens them for reading; whoever gets them closes them."""

    def __init__(
        self,
        records: Records,
        open_stores: Callable[[], Stores],
        now: Callable[[], Instant],
        clocks: Clocks = Clocks(),  # noqa: B008 - immutable
        page: int = PAGE,
    ) -> None:
        self._records = records
        self._open = open_stores
        self._now = now
        self._clocks = clocks
        self._page = page
        with open_stores() as stores:
            self._order = (TERMINAL, SWITCH, *stores.issuers)
        self.last = last_pass(records.store)

    @property
    def running(self) -> Pass | None:
        """The pass that is not at its end."""
        return self.last if self.last is not None and self.last.stage else None

    def begin(self, *, whole: bool) -> Pass:
        """Begin a pass, or go on with the one that is under way; a store that has lost what was seen is read whole."""
        running = self.running
        if running is not None and (running.whole or not whole):
            return running
        number = self.last.number + 1 if self.last is not None else 1
        with self._open() as stores:
            stages = self._stages(stores)
            whole = whole or self._forgotten(stores, stages)
        unread = " ".join(name for name in self._order if name not in stages)
        first, place = self._start(stages, "", whole=whole)
        self.last = Pass(number=number, whole=whole, stage=first, place=place, begun_at=self._now(), unread=unread)
        return self.last

    def news(self) -> bool:
        """Whether a pass over what is new has anything to look at."""
        reached = self._records.reached()
        with self._open() as stores:
            for station in self._stages(stores):
                if placed(stores, station) != reached.get(station, (0, "")):
                    return True
        return bool(open_count(self._records.store) or self._records.waiting(self._now(), 1))

    def turn(self) -> Pass:
        """One page of the pass that is under way (AssertionError when there is none); the pass as it stands then."""
        running = self.running
        assert running is not None, "begin a pass first"
        now_at = msgspec.structs.replace(running)  # what is not on the disk has not happened
        turn = Turn(self._records, self._now(), self._clocks)
        reached: list[tuple[str, int, str]] = []
        with self._open() as stores:
            ones, count, done = self._asked(stores, now_at, turn)
            if now_at.stage in self._order and (done or not now_at.whole):
                reached = [(now_at.stage, *at_place(stores, now_at.stage, now_at.place))]
            self._settle(stores, ones, turn, new=now_at.stage in self._order)
            stages = self._stages(stores)
        now_at.compared += count
        now_at.opened += len(turn.born)
        now_at.ended += turn.ended
        if done:
            now_at.stage, now_at.place = self._start(stages, now_at.stage, whole=now_at.whole, reached=reached)
            now_at.ended_at = 0 if now_at.stage else self._now()
        self._records.write(
            now_at=now_at,
            born=turn.born,
            moved=turn.moved,
            waits=list(turn.waits.values()),
            rests=turn.rests,
            reached=reached,
        )
        self.last = now_at
        return now_at

    # --- a turn -----------------------------------------------------------------------------------------------------

    def _asked(self, stores: Stores, now_at: Pass, turn: Turn) -> tuple[list[Candidate], int, bool]:
        """The transactions of this turn that must be asked one by one, how many it has looked at, and whether the stage
        is over.
        """
        if now_at.stage == WAITING:
            ones = [row.one for row in self._records.waiting(now_at.begun_at, SETTLED_AT_ONCE)]
            return ones, 0, not ones
        if now_at.stage == OPEN:
            rows = self._records.looked_before(now_at.begun_at, SETTLED_AT_ONCE)
            return list({row.name: row.one for row in rows}.values()), 0, not rows
        if stores.of(now_at.stage) is None:
            return [], 0, True
        places, seen = page_of(stores, now_at.stage, now_at.place, self._page)
        now_at.place = places[-1] if places else now_at.place
        ones = []
        for one, looked in seen:
            if breaks(looked, turn.now, self._clocks):
                ones.append(one)
            elif in_flight(looked.evidence, turn.now, self._clocks):
                turn.later(one, turn.now)
        return ones, len(places), len(places) < self._page

    def _settle(self, stores: Stores, ones: Sequence[Candidate], turn: Turn, *, new: bool) -> None:
        """Ask for each until two readings agree, and write down what that comes to. What is `new` has no row here yet:
        an issuer's purchase goes under the name of the sale that a terminal knows, where there is one.
        """
        for one in ones[SETTLED_AT_ONCE:]:
            turn.later(one, 0)
        settled: dict[str, tuple[Candidate, Looked | None]] = {}
        for one in ones[:SETTLED_AT_ONCE]:
            mine, looked = one, looking.settled(stores, one)
            owner = looking.owner_of(stores, one, looked.evidence.issuer) if looked is not None and new else one
            if owner is not one:
                turn.rest(one)
                mine, looked = owner, looking.settled(stores, owner)
            settled[name_of(mine)] = (mine, looked)
        known = self._records.open_of(settled)
        for mine, looked in settled.values():
            turn.found(mine, looked, known)

    # --- stages -----------------------------------------------------------------------------------------------------

    def _stages(self, stores: Stores) -> list[str]:
        """The stations whose stores can be read just now."""
        return [name for name in self._order if stores.of(name) is not None]

    def _start(
        self, stages: Sequence[str], before: str, *, whole: bool, reached: Sequence[tuple[str, int, str]] = ()
    ) -> tuple[str, int]:
        """The stage behind one, and where it begins."""
        order = [*self._order, WAITING, OPEN, ""]
        later = order[order.index(before) + 1 :] if before else order
        stage = next(name for name in later if name in (*stages, WAITING, OPEN, ""))
        known = self._records.reached() | {name: (place, what) for name, place, what in reached}
        return stage, 0 if whole else known.get(stage, (0, ""))[0]

    def _forgotten(self, stores: Stores, stages: Sequence[str]) -> bool:
        """Whether a store does not hold what was seen last in it: it came back from a backup, or lost commits."""
        known = self._records.reached()
        return any(at_place(stores, name, known[name][0]) != known[name] for name in stages if name in known)


def page_of(stores: Stores, station: str, place: int, limit: int) -> tuple[list[int], list[QuickLook]]:
    """The places of a page of a station's store, and what must be looked at in it."""
    store = stores.of(station)
    assert store is not None, "only what can be read is a stage"
    if station == TERMINAL:
        sold = terminals.behind(store, place, limit)
        return [at for at, _ in sold], looking.of_terminal(stores, [stub for _, stub in sold])
    if station == SWITCH:
        sent = switches.behind(store, place, limit)
        return [at for at, _ in sent], looking.of_switch(stores, [stub for _, stub in sent])
    posted = issuers.behind(store, place, limit)
    return [at for at, _ in posted], looking.of_issuer(stores, [stub for _, stub in posted])


def placed(stores: Stores, station: str) -> tuple[int, str]:
    """Where a station's newest transaction lies, and what it is."""
    return at_place(stores, station, None)


def at_place(stores: Stores, station: str, place: int | None) -> tuple[int, str]:
    """What lies at a place of a station's store; (0, "") for nothing, or where nothing was seen yet."""
    store = stores.of(station)
    if store is None or place == 0:
        return 0, ""
    ask = {TERMINAL: terminals.placed, SWITCH: switches.placed}.get(station, issuers.placed)
    return ask(store, place)
