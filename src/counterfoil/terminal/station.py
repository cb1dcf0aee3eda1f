"""Station 1: `step` and `wakes_at`, which tie the rules, the lanes and the records together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from counterfoil.agenda import Agenda
from counterfoil.errors import PeerError
from counterfoil.receipts.copies import CLOSED, PROOFS, CopyState
from counterfoil.receipts.ereceipt import Issue
from counterfoil.receipts.naming import Naming, as_text
from counterfoil.security import Hsm, KeyUsage
from counterfoil.step import Closed, Command, Frame, Inbound, Instant, NotSent, Outbound, Performed
from counterfoil.storage.archiving import VERB
from counterfoil.terminal import (
    archiving,
    enrol,
    flow,
    keeping,
    printer,
    printing,
    receipts,
    request,
    sms,
    till,
    wire,
)
from counterfoil.terminal.lane import Lane
from counterfoil.terminal.lifecycle import State
from counterfoil.terminal.records import Records
from counterfoil.terminal.settings import Settings
from counterfoil.terminal.work import LINK, OwnKeys, Work

TOLD: Final = PROOFS | CLOSED | {CopyState.SENT}
"""What is known of a copy and was told to the till: a restart has nothing to ask."""
VERBS: Final = {**till.VERBS, **receipts.VERBS, **printer.VERBS}
LOOKS: Final = {**till.LOOKS, **receipts.LOOKS}
_OWN: Final = (KeyUsage.TOKEN, KeyUsage.DATA)


class TerminalStation:
    """All terminals of one store. `hsm` holds their keys; the store is this station's alone. `issue` signs its slips
    and says where customers find them; without it they carry no code. `naming` says which names cannot be on them.
    """

    name = "terminal"

    def __init__(
        self,
        records: Records,
        hsm: Hsm,
        settings: Settings | None = None,
        issue: Issue | None = None,
        naming: Naming = as_text,
    ) -> None:
        self._records = records
        self._hsm = hsm
        self._settings = settings or Settings()
        self._issue = issue
        self._naming = naming
        self._started = False
        self._faults = records.quarantined()
        loaded = records.load()
        missing = [usage for usage in _OWN if usage.value not in loaded.keys]
        if missing:
            made = {usage.value: hsm.generate(usage, 32) for usage in missing}
            records.put_own_keys(made.values())
            loaded.keys.update(made)
        self._own = OwnKeys(*(loaded.keys[usage.value] for usage in _OWN))
        self._line = loaded.line
        self._lanes = {device.terminal: Lane(device=device) for device in loaded.devices}
        # Oldest first: of several open receipts the newest is asked about. But what is owed comes before any receipt,
        # however old it seems: the clock may have gone back between two lives.
        for attempt in sorted(loaded.open, key=lambda one: one.state is not State.APPROVED):
            if attempt.state is not State.APPROVED or not {attempt.merchant_copy, attempt.cardholder_copy} <= TOLD:
                self._lanes[attempt.terminal].current = attempt
        self._unheard = [attempt.ref for attempt in loaded.open if attempt.state is State.APPROVED]
        self._due: Agenda[str] = Agenda()
        self._queued: dict[str, str] = {}
        self._keeping = keeping.Keeping(records, self._settings)

    # --- the step -----------------------------------------------------------------------------------------------------

    def step(self, now: Instant, arrived: Sequence[Inbound]) -> Sequence[Outbound]:
        """Decide what arrived, then what is due; commit once; return what may be said."""
        told = (self._lanes, self._queued, self._line)
        work = Work(now, self._records, self._hsm, self._own, self._settings, *told, self._issue)
        work.read_keys(_keys(arrived))
        if not self._started:
            for ref in self._unheard:
                flow.unheard(work, ref)
            for terminal in self._lanes:
                flow.restart(work, _known(work, terminal))
        for item in arrived:
            self._take(work, item)
        for terminal in self._due.due(now):
            work.lane(terminal)
        for lane in list(work.lanes.values()):
            flow.expire(work, lane)
            flow.advance(work, lane)
        looked = self._keeping.look(work)
        written = work.written()
        if written is not None:
            self._records.write(written)
            if any(attempt.pan for attempt in written.born):
                self._keeping.began(now)
        self._take_over(work)
        self._keeping.took(looked)
        for item in arrived:
            if isinstance(item, Command) and item.verb == VERB:
                self._let_go(work, item)
        return work.said

    def _let_go(self, work: Work, command: Command) -> None:
        """Once the step is on the disk: a sale it has in its hands may not go before."""
        left = archiving.let_go(self._records, self._lanes.values(), command.args)
        if left is None:
            work.refuse((command.id,), "bad_keys")
        else:
            work.reply((command.id,), left.to_json())

    def _take(self, work: Work, item: Inbound) -> None:
        if isinstance(item, Command):
            self._command(work, item)
        elif isinstance(item, Performed):
            if item.kind == "receipt" and (lane := work.lane(printing.of_job(item.name)[0].split("/")[0])):
                printing.performed(work, lane, item)
            elif item.kind == printer.KIND and (lane := work.lane(item.name.split(".")[0])):
                printer.checked(work, lane, item.name, ready=item.ok, trouble=item.detail)
                flow.advance(work, lane)
            elif item.kind == sms.KIND and (lane := work.lane(item.name.partition("-")[0])):
                sms.performed(work, lane, item)
        elif isinstance(item, Frame | NotSent | Closed) and item.link == LINK and (lane := work.lane(item.conn)):
            if isinstance(item, Frame):
                flow.frame(work, lane, item)
            elif isinstance(item, NotSent):
                flow.not_sent(work, lane, item)
            else:
                flow.closed(work, lane)
            flow.advance(work, lane)

    def _command(self, work: Work, command: Command) -> None:
        lane = None
        if command.verb == "sale":
            lane = request.sell(work, command)
        elif command.verb == "enrol":
            lane = enrol.enrol(work, command, self._naming)
        elif command.verb in VERBS:
            lane = VERBS[command.verb](work, command)
        elif command.verb in LOOKS:
            LOOKS[command.verb](work, command)
        elif command.verb != VERB:
            work.refuse((command.id,), "unknown_verb")
        if lane is not None:
            flow.advance(work, lane)

    def _take_over(self, work: Work) -> None:
        """The commit returned: memory follows."""
        self._started = True
        self._line = work.line
        for terminal, lane in work.lanes.items():
            self._lanes[terminal] = lane
            due = lane.due()
            if due is None:
                self._due.strike(terminal)
            else:
                self._due.enter(terminal, due)
        self._queued = {key: terminal for key, terminal in work.queued.items() if work.queued_under(key)}

    def wakes_at(self) -> Instant | None:
        """The nearest deadline or try; 0 before the first step, which finds what a restart left behind."""
        if not self._started:
            return 0
        timers = [self._due.first(), self._keeping.wakes_at()]
        return min((timer for timer in timers if timer is not None), default=None)

    # --- what must not be lost ----------------------------------------------------------------------------------------

    def quarantine(self, now: Instant, offender: Inbound, reason: str) -> None:
        """Keep what made a step fail: its shape and what may be shown of it, never a command's arguments."""
        self._faults += 1
        source = f"{getattr(offender, 'link', '')}/{getattr(offender, 'conn', '')}"
        detail = self._masked(offender)
        self._records.quarantine(now, self._faults, type(offender).__name__, source, reason, detail)

    def _masked(self, offender: Inbound) -> dict[str, Any]:
        if isinstance(offender, Command):
            return {"verb": offender.verb[:40], "arguments": sorted(str(name)[:40] for name in offender.args)}
        if isinstance(offender, Performed):
            return {"kind": offender.kind, "name": offender.name, "ok": offender.ok}
        if not isinstance(offender, Frame):
            return {}
        lane = self._lanes.get(str(offender.conn))
        if lane is None:
            return {"bytes": len(offender.data)}
        try:
            answer = wire.read(self._hsm, lane.device, offender.data)
        except PeerError as error:
            return {"bytes": len(offender.data), **wire.unreadable(error)}
        except (LookupError, TypeError, ValueError, AssertionError):  # it may be the reader itself that fails on this
            return {"bytes": len(offender.data)}
        return {"bytes": len(offender.data), **wire.kept(answer.message)}


def _keys(arrived: Sequence[Inbound]) -> list[str]:
    """The till's keys in what arrived."""
    keys = (item.args.get("key") for item in arrived if isinstance(item, Command) and item.verb == "sale")
    return [key for key in keys if isinstance(key, str) and key]


def _known(work: Work, terminal: str) -> Lane:
    lane = work.lane(terminal)
    assert lane is not None
    return lane
