"""One step's working set: what it loaded, what it will write, what it will say.

Whoever is decided later in the step sees what was decided before. Nothing here outlives a step that fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from counterfoil.step import HOUR, Hangup, Instant, Outbound
from counterfoil.storage.forgotten import SWITCH, Forgotten
from counterfoil.switch.lifecycle import Event, State, moved
from counterfoil.switch.memory import IssuerSession, Memory, OpenIntent, Quota
from counterfoil.switch.numbers import Ticks
from counterfoil.switch.outbox import OutboxEntry
from counterfoil.switch.records import Changes
from counterfoil.switch.rows import Alarm, Attempt, Case, OwedAdvice, Quarantined, TerminalRow, Trail
from counterfoil.transaction import AttemptKey

ASKED: Final = State.ASKED  # looking a member up on its enum each time takes longer


class Work:
    """The working set of the step at `now`."""

    def __init__(self, now: Instant, memory: Memory, last_tick: Instant) -> None:
        self.now = now
        self.memory = memory
        self.ticks = Ticks(last_tick)
        self.resolved: list[str] = []
        self.terminals: dict[str, TerminalRow]  # of this step, by name: needs.py reads them before anything is decided
        self.attempts: dict[AttemptKey, Attempt] = {}
        self.by_rrn: dict[str, Attempt] = {}
        self.children: dict[str, list[Attempt]] = {}  # by the key of their original (TERMINAL/BATCH/STAN)
        self.archived: dict[AttemptKey, State] = {}
        self.advices: dict[str, OwedAdvice] = {}
        self.waiting: dict[str, OpenIntent] = {}
        self.owed: dict[str, OutboxEntry] = {}
        self.sessions: dict[str, IssuerSession] = dict(memory.sessions)
        self.landed: set[str] = set()  # advices that are not on their way any more
        self.lost: set[str] = set()  # issuers whose link went down
        self.quotas: dict[str, Quota] = {}
        self.ignored = 0
        self.acknowledged: dict[str, None] = {}
        self.out: list[Outbound] = []
        self._later: list[Callable[[Memory], None]] = []
        self._changed_terminals: dict[str, TerminalRow] = {}
        self._born: dict[AttemptKey, Attempt] = {}
        self._moved: dict[AttemptKey, Attempt] = {}
        self._changed_advices: dict[str, OwedAdvice] = {}
        self._trail: list[Trail] = []
        self._alarms: list[Alarm] = []
        self._cases: list[Case] = []
        self._forgotten: list[Forgotten] = []
        self.withheld: set[str] = set()  # terminals refused since this step began
        self.walked: list[str] = []  # the issuers with whom a comparison came to its end
        self._ended: dict[str, tuple[Instant, str, str]] = {}
        self._quarantined: list[Quarantined] = []
        self._numbers: dict[str, bytes] = {}
        self._balances: dict[str, str] = {}

    def tick(self) -> Instant:
        """An instant never given out before or again."""
        return self.ticks.next(self.now)

    # --- what was loaded --------------------------------------------------------------------------------------------

    def load(self, attempt: Attempt) -> None:
        """A row from the store; the second copy of one that is here already is dropped."""
        key = attempt.key
        if key not in self.attempts:
            self.attempts[key] = attempt
            self.by_rrn[attempt.rrn] = attempt
            if attempt.original:
                self.children.setdefault(attempt.original, []).append(attempt)

    def waiting_for(self, rrn: str) -> OpenIntent | None:
        """Who waits for an open intent."""
        return self.waiting.get(rrn) or self.memory.waiting.get(rrn)

    # --- what changes -----------------------------------------------------------------------------------------------

    def move(self, attempt: Attempt, event: Event) -> bool:
        """Take an attempt through its lifecycle; whether its state changed."""
        before, attempt.state = attempt.state, moved(attempt.state, event, attempt.kind)
        if before is attempt.state:
            return False
        if before is ASKED:
            self.resolved.append(attempt.rrn)
        self.put(attempt)
        return True

    def put(self, attempt: Attempt) -> None:
        """An attempt, new or changed."""
        attempt.updated_at = self.now
        key = attempt.key
        if key not in self.attempts:
            self.attempts[key] = self.by_rrn[attempt.rrn] = self._born[key] = attempt
            if attempt.original:
                self.children.setdefault(attempt.original, []).append(attempt)
        elif key not in self._born:
            self._moved[key] = attempt

    def hold(self, rrn: str, sealed: bytes) -> None:
        """The sealed card number of an attempt that is in the store, from now on; b"": it leaves."""
        self._numbers[rrn] = sealed

    def put_balances(self, attempt: Attempt, balances: str) -> None:
        """What the issuer told of the account (DE54), for an attempt that is in the store."""
        attempt.balances = self._balances[attempt.rrn] = balances

    def put_terminal(self, terminal: TerminalRow) -> None:
        """A terminal, new or changed."""
        self.terminals[terminal.terminal] = terminal
        self._changed_terminals[terminal.terminal] = terminal

    def acknowledge(self, rrn: str) -> None:
        """An advice was answered for good: it leaves the outbox."""
        advice = self.advices.pop(rrn)
        issuer = advice.issuer
        self._changed_advices.pop(rrn, None)
        self.acknowledged[rrn] = None
        self.later(lambda memory: memory.outboxes[issuer].settle(rrn))

    def wait(self, rrn: str, waiting: OpenIntent) -> None:
        """Somebody waits for an open intent; the newest one gets the answer."""
        self.waiting[rrn] = waiting

    def owe(self, advice: OwedAdvice) -> None:
        """An advice is in the outbox, new or changed, to be sent at its `next_at`."""
        rrn, suspect = advice.rrn, advice.hangups > 0
        self.advices[rrn] = self._changed_advices[rrn] = advice
        owed = self.owed[rrn] = OutboxEntry(advice.issuer, advice.next_at, advice.family, advice.owed_at, suspect)
        self.later(lambda memory: memory.outboxes[owed.issuer].owe(rrn, owed))

    def put_session(self, issuer: str, session: IssuerSession) -> None:
        """The state of an issuer link."""
        self.sessions[issuer] = session

    def quota(self, name: str) -> Quota:
        """What was kept this hour of what nobody vouches for, of a terminal; `more` may be of the hours before."""
        quota = self.quotas.get(name) or self.memory.quotas.get(name) or Quota()
        hour = self.now // HOUR
        return quota if quota.hour == hour else Quota(hour, more=quota.more)

    def put_quota(self, name: str, quota: Quota) -> None:
        """Another message nobody vouches for was counted."""
        self.quotas[name] = quota

    def later(self, change: Callable[[Memory], None]) -> None:
        """A change of memory that not every sale brings, made once the step is on the disk. It may not hold on to this:
        a step that keeps itself alive is left to the garbage collector, and the longest steps would be the collector's.
        """
        self._later.append(change)

    # --- evidence ---------------------------------------------------------------------------------------------------

    def saw(self, what: str, leg: str, message: str, *, rrn: str = "", terminal: str = "") -> Instant:
        """A line of evidence, and when it was; `message` comes from `Dialect.told`."""
        tick = self.ticks.next(self.now)
        self._trail.append(Trail(tick, rrn, terminal, what, leg, message))
        return tick

    def joins(self, rrn: str, terminal: str) -> Trail | None:
        """The line of evidence that what is `said` next joins: the one before it, when it is about the same."""
        last = self._trail[-1] if self._trail else None
        fits = last is not None and last.rrn == rrn and last.terminal == terminal and not last.then_what
        return last if fits else None

    def said(self, what: str, leg: str, message: str, rrn: str, terminal: str) -> None:
        """A line of evidence of what goes out."""
        last = self.joins(rrn, terminal)
        if last is None:
            self.saw(what, leg, message, rrn=rrn, terminal=terminal)
        else:
            self.said_to(last, what, leg, message)

    def said_to(self, last: Trail, what: str, leg: str, message: str) -> None:
        """What goes out joins a line of evidence; `message` may be an addition to that of the line (evidence.py)."""
        tick = self.ticks.next(self.now)
        last.tick, last.then_after = tick, tick - last.tick
        last.then_what, last.then_leg, last.then_message = what, leg, message

    def heard_of(self, rrn: str | None) -> dict[str, str]:
        """Whose evidence an issuer's message is. A number that is none of ours may be anything, card data included: a
        flipped bit in a bitmap moves every field behind it.
        """
        attempt = self.by_rrn.get(rrn or "")
        return {"rrn": attempt.rrn, "terminal": attempt.terminal} if attempt is not None else {}

    def alarm(self, what: str, subject: str, detail: str, *, rrn: str = "") -> None:
        """Something for an operator."""
        self._alarms.append(Alarm(self.tick(), rrn, subject, what, detail))

    def open_case(self, attempt: Attempt, what: str, owner: str, detail: str) -> None:
        """Something for a person; an attempt has one case at most, and one number for it."""
        if attempt.case_number:
            return
        attempt.case_number = f"S-{attempt.rrn}"
        self._ended.pop(attempt.case_number, None)
        self.put(attempt)
        self._cases.append(Case(attempt.case_number, attempt.rrn, self.now, owner, what, detail))
        self.alarm(what, attempt.issuer or attempt.terminal, f"case {attempt.case_number}", rrn=attempt.rrn)

    def end_case(self, attempt: Attempt, how: str) -> None:
        """What a person was to decide has settled itself; its row stays. Harmless where no case is open."""
        if attempt.case_number:
            self._ended[attempt.case_number] = (self.now, how, attempt.case_number)
            attempt.case_number = ""
            self.put(attempt)

    def forgets(self, number: str) -> bool:
        """Whether a row of this number was opened in this step."""
        return any(row.number == number for row in self._forgotten)

    def forget(self, row: Forgotten) -> None:
        """Something that this store, or a peer's, does not know any more: what it is about is refused from now on."""
        self._forgotten.append(row)
        cards = [row.token] if row.token else []
        terminals = [row.terminal] if row.station in (SWITCH, row.terminal) and row.terminal else []
        self.withheld.update(terminals)

        def refuse(memory: Memory) -> None:
            memory.withheld_cards.update(cards)
            memory.withheld_terminals.update(terminals)

        self.later(refuse)

    def case(self, case: Case) -> None:
        """Something for a person that has no attempt here."""
        self._cases.append(case)

    def refuse(self, link: str, conn: int | str, reason: str, message: str = "") -> None:
        """Something that cannot be answered: keep what may be kept of it, close its connection."""
        self._quarantined.append(Quarantined(self.tick(), link, reason, message))
        self.hang_up(link, conn)

    def hang_up(self, link: str, conn: int | str) -> None:
        """Close a connection."""
        self.out.append(Hangup(link, conn))

    # --- the end ----------------------------------------------------------------------------------------------------

    def changes(self, reserved: Instant) -> Changes | None:
        """What must be written when ticks are reserved up to `reserved`; None when the step has nothing to write."""
        changes = Changes(
            list(self._changed_terminals.values()),
            list(self._born.values()),
            list(self._moved.values()),
            list(self._changed_advices.values()),
            list(self.acknowledged),
            self._trail,
            self._alarms,
            self._cases,
            self._forgotten,
            self.walked,
            list(self._ended.values()),
            self._quarantined,
            self._numbers,
            self._balances,
            self.ticks.reservation(reserved),
        )
        return changes if any(changes[:-1]) else None

    def committed(self) -> None:
        """The step is on the disk: memory follows."""
        memory = self.memory
        for rrn, waiting in self.waiting.items():
            memory.wait(rrn, waiting)
        for rrn in self.resolved:  # perhaps one of those
            memory.resolve(rrn)
        for change in self._later:
            change(memory)
        memory.sessions = self.sessions
        memory.quotas.update(self.quotas)
        memory.ignored += self.ignored
