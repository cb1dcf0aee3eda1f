"""Station 2: reads what arrived, decides it in order, commits once, speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from counterfoil.iso8583 import CUP_POS
from counterfoil.kinds import SPELLINGS, Spellings
from counterfoil.security import Hsm
from counterfoil.step import (
    Closed,
    Command,
    Connected,
    Frame,
    Inbound,
    Instant,
    NotSent,
    Outbound,
    Performed,
    Reply,
)
from counterfoil.storage.archiving import VERB
from counterfoil.storage.forgotten import VERB as FORGOTTEN
from counterfoil.switch import control, forgotten, forward, hear, keeping, saf, session, strangers, wire
from counterfoil.switch.desk import Desk
from counterfoil.switch.memory import Memory, OpenIntent
from counterfoil.switch.needs import Item, Loading
from counterfoil.switch.numbers import Ticks
from counterfoil.switch.recall import Recall
from counterfoil.switch.records import Changes, Records
from counterfoil.switch.rows import Alarm, Attempt, OwedAdvice, Quarantined
from counterfoil.switch.settings import TERMINALS, Settings
from counterfoil.switch.undo import expire
from counterfoil.switch.upstream import IssuerMessage, read
from counterfoil.switch.wire import Request
from counterfoil.switch.work import Work


class Switch:
    """The switch. Its store was given its issuers and terminals; what a restart left open expires in the first step."""

    name = "switch"

    def __init__(self, records: Records, hsm: Hsm, settings: Settings, spellings: Spellings = SPELLINGS) -> None:
        own = records.keys(hsm)
        issuers = records.issuers()
        self._records = records
        self._settings = settings
        routes = records.routes()
        sizes = sorted({len(prefix) for prefix in routes}, reverse=True)
        recall = Recall(records, settings.clock.numbering)
        highest, clock = records.highest_sealed, settings.clock
        self._desk = Desk(settings, hsm, own.token, own.data, issuers, routes, sizes, recall, highest, clock, spellings)
        self._memory = Memory(issuers, settings)
        forgotten.load(records, self._memory)
        self._keeping = keeping.Keeping(records, settings)
        self._reserved = self._last_tick = records.reserved()
        for rrn in records.asked():
            self._memory.wait(rrn, OpenIntent(None, 0, 0))
        for rrn, owed in records.owed():
            self._memory.outboxes[owed.issuer].owe(rrn, owed)
        self._began = False

    def step(self, now: Instant, arrived: Sequence[Inbound]) -> Sequence[Outbound]:
        """See `step.Station.step`."""
        if not self._began:
            self._began = True
            for outbox in self._memory.outboxes.values():
                outbox.began(now)
        work = Work(now, self._memory, self._last_tick)
        due = self._memory.expired(now, self._settings.timers_per_step)
        needs = Loading(self._memory, due, self._desk.spellings.requests)
        items = [needs.read(item) for item in arrived]
        needs.load(self._records, work, items)
        for item in items:
            self._decide(work, item)
        for rrn in due:
            expire(self._desk, work, rrn)
        session.timers(self._desk, work)
        saf.forward_all(self._desk, work, self._fetch)
        look = self._keeping.look(work)
        changes = work.changes(self._reserved)
        if changes is not None:
            self._write(changes)
            if any(attempt.pan for attempt in changes.born):
                self._keeping.began(now)
        self._keeping.took(look)
        work.committed()
        self._last_tick = work.ticks.last
        return work.out

    def wakes_at(self) -> Instant | None:
        """See `step.Station.wakes_at`."""
        memory, settings = self._memory, self._settings
        timers = [memory.first_deadline(), self._keeping.wakes_at()]
        for issuer, link in memory.sessions.items():
            if link.up:
                timers += [session.wakes_at(link, settings), memory.outboxes[issuer].wakes_at() if link.open else None]
        return min((timer for timer in timers if timer is not None), default=None)

    def quarantine(self, now: Instant, offender: Inbound, reason: str) -> None:
        """See `step.Station.quarantine`."""
        ticks = Ticks(self._last_tick)
        link = "" if isinstance(offender, Command) else getattr(offender, "link", "")
        row = Quarantined(ticks.next(now), link, reason, _kept(offender))
        alarm = Alarm(ticks.next(now), "", link, "quarantine", reason)
        self._write(Changes(alarms=[alarm], quarantined=[row], reserved=ticks.reservation(self._reserved)))
        self._last_tick = ticks.last

    # --- inside -----------------------------------------------------------------------------------------------------

    def _decide(self, work: Work, item: Item) -> None:
        desk = self._desk
        if isinstance(item, Request):
            # A sign-on or registration earlier in this step may have changed the terminal.
            item.terminal = work.terminals.get(item.message.de41 or "")
            hear.from_terminal(desk, work, item)
        elif isinstance(item, IssuerMessage):
            hear.from_issuer(desk, work, item)
        elif isinstance(item, Frame):
            strangers.not_a_request(desk, work, item.link, item.conn, "not a message")
        elif isinstance(item, Command) and item.verb == VERB:
            # Once the step is on the disk: an attempt it has in its hands may not go before.
            out = work.out
            work.later(lambda _memory: out.append(Reply(item.id, control.archived(self._records, item.args))))
        elif isinstance(item, Command) and item.verb == FORGOTTEN:
            out, now = work.out, work.now
            work.later(lambda memory: out.append(Reply(item.id, control.ended(self._records, memory, item.args, now))))
        elif isinstance(item, Command):
            body = control.answer_to(item.verb, item.args, work, self._records.store, desk.hsm)
            work.out.append(Reply(item.id, body))
        elif not isinstance(item, Performed) and item.link in desk.issuers:
            self._link_event(work, item)

    def _link_event(self, work: Work, item: Connected | Closed | NotSent) -> None:
        if isinstance(item, Connected):
            session.connected(self._desk, work, item.link)
        elif isinstance(item, Closed):
            session.closed(work, item.link)
        elif item.token in self._memory.tokens:
            forward.not_sent(self._desk, work, item.token)
        else:
            saf.not_sent(work, item.link, item.token)

    def _write(self, changes: Changes) -> None:
        self._records.write(changes)
        self._reserved = max(self._reserved, changes.reserved)

    def _fetch(self, rrns: Sequence[str]) -> tuple[Mapping[str, OwedAdvice], Sequence[Attempt]]:
        return self._records.advices(rrns), self._records.attempts([], rrns)


def _kept(offender: Inbound) -> str:
    """What may be kept of an item nobody could process; of a command only its verb, its arguments may be keys."""
    if isinstance(offender, Command):
        return offender.verb
    if not isinstance(offender, Frame):
        return type(offender).__name__
    if offender.link == TERMINALS:
        ask = wire.read(offender)
        return CUP_POS.told(ask.message) if ask is not None else f"{len(offender.data)} bytes"
    heard = read(offender)
    return heard.answer.told if heard.mti else f"{len(offender.data)} bytes"
