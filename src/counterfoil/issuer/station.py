"""Station 3: reads what arrived, decides it in order, commits once, speaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from counterfoil.errors import StoreError
from counterfoil.iso8583.mti import NETWORK, NETWORK_ADVICE, REVERSAL_ADVICE
from counterfoil.iso8583.network import ECHO, SIGN_OFF, SIGN_ON
from counterfoil.iso8583.responses import APPROVED
from counterfoil.issuer import archiving, chart, control, forgotten, notices
from counterfoil.issuer.decide import on_request
from counterfoil.issuer.desk import Desk, approval_codes
from counterfoil.issuer.records import Records
from counterfoil.issuer.refusal import CODES, Refusal
from counterfoil.issuer.rows import Quota
from counterfoil.issuer.settings import Settings
from counterfoil.issuer.undo import on_advice
from counterfoil.issuer.wire import (
    CODE,
    NETWORK_NEEDS,
    Answer,
    Request,
    SwitchLink,
    answerable,
    has,
)
from counterfoil.issuer.work import Work
from counterfoil.kinds import REQUESTS
from counterfoil.security import Hsm
from counterfoil.step import (
    Closed,
    Command,
    Conn,
    Frame,
    Hangup,
    Inbound,
    Instant,
    Outbound,
    Performed,
    Reply,
)
from counterfoil.storage.archiving import VERB
from counterfoil.storage.forgotten import BAD_ENDING
from counterfoil.storage.forgotten import VERB as FORGOTTEN

json = msgspec.json.Encoder().encode
AT_ONCE: Final = 256
"""Holds released in one step, at most, because their time is over."""
MESSAGE_TYPES: Final = frozenset({*REQUESTS, REVERSAL_ADVICE, NETWORK, NETWORK_ADVICE})


class Issuer:
    """One issuer. `entropy(n)` gives n unpredictable bytes (approval codes).

    StoreError when the store was never given its keys, or belongs to another issuer.
    """

    def __init__(self, records: Records, hsm: Hsm, settings: Settings, entropy: Callable[[int], bytes]) -> None:
        keys = records.keys()
        if keys is None:
            raise StoreError(f"{records.store.path} holds no keys: the issuer was never set up")
        if records.name() != settings.name:
            raise StoreError(f"{records.store.path} is the store of {records.name()}, not of {settings.name}")
        self.name = settings.name
        self._records = records
        self._hsm = hsm
        self._keys = keys
        self._desk = Desk(settings, SwitchLink(hsm, keys), approval_codes(entropy))
        self._deliveries = notices.Deliveries(settings.name, records.undelivered())
        self._quota = Quota()
        self._signed_on: dict[tuple[str, Conn], Instant] = {}

    # --- the step ---------------------------------------------------------------------------------------------------

    def step(self, now: Instant, arrived: Sequence[Inbound]) -> Sequence[Outbound]:
        """See `step.Station.step`."""
        read = self._desk.wire.read
        tasks = [read(item) for item in arrived if isinstance(item, Frame)]
        commands = [item for item in arrived if isinstance(item, Command)]
        out: list[Outbound] = []
        owed, quota = None, self._quota
        gone = self._deliveries.reported(now, committing=bool(tasks))
        failing = [item for item in arrived if isinstance(item, Performed) and self._deliveries.alarming(item)]
        expired = self._records.expiring(now, AT_ONCE)
        if tasks or gone or failing or expired or any(command.verb == control.ENROL for command in commands):
            with Work(self._records) as step:
                step.quota = self._quota
                out += self._enrolments(now, commands, step)
                out += self._decisions(now, tasks, expired, step)
                step.delivered(gone)
                for item in failing:
                    self._desk.alarm(step, now, "", "notice_undelivered", f"{item.name}: {item.detail}")
                step.commit(now)
                owed, quota = step.owed, step.quota
        # Nothing before this line has touched what the station remembers.
        self._quota = quota
        self._remember(now, arrived, tasks, gone)
        if owed is not None:
            out.append(self._deliveries.tell(owed))
        out += [self._deliveries.tell(one) for one in self._records.notices(self._deliveries.due(now))]
        out += [self._inquiry(now, command) for command in commands if command.verb != control.ENROL]
        return out

    def wakes_at(self) -> Instant | None:
        """See `step.Station.wakes_at`: the next notice to tell again, the next hold whose time is over."""
        tell, expire = self._deliveries.wakes_at(), self._records.expires_next
        return expire if tell is None or (expire is not None and expire < tell) else tell

    def quarantine(self, now: Instant, offender: Inbound, reason: str) -> None:
        """See `step.Station.quarantine`."""
        message = "{}"
        if isinstance(offender, Frame):
            message = self._desk.wire.seen(offender).told
        elif isinstance(offender, Command):
            message = json({"verb": offender.verb}).decode()  # its arguments may hold a card number
        self._records.quarantine(now, getattr(offender, "link", ""), reason, message)

    # --- reading ----------------------------------------------------------------------------------------------------

    def _load(self, tasks: Sequence[Request], expired: Sequence[str], step: Work) -> None:
        requests = [asked.wanted for asked in tasks if asked.wanted is not None]
        advices = [asked.advice for asked in tasks if asked.advice is not None]
        named = [advice.original for advice in advices]
        named += [one.original for one in requests if one.original]
        keys = [asked.key for asked in tasks if asked.mti in REQUESTS and asked.key]
        keys += [key for asked in tasks if asked.question is not None for key in forgotten.keys_of(asked)]
        step.load(
            [*keys, *named],
            [advice.key for advice in advices],
            [*(one.token for one in requests), *(advice.token for advice in advices)],
            [chart.clearing_account(one.acquirer, one.currency) for one in requests if one.currency],
            expired,
            named,
        )

    # --- deciding ---------------------------------------------------------------------------------------------------

    def _decisions(self, now: Instant, tasks: Sequence[Request], expired: Sequence[str], step: Work) -> list[Outbound]:
        if not tasks and not expired:
            return []
        self._load(tasks, expired, step)
        for hold in expired:  # first: what is free again may be spent at once
            step.book.expire(hold, now)
        answers = [self._decide(now, asked, step) for asked in tasks]
        return [answer for answer in answers if answer is not None]

    def _decide(self, now: Instant, asked: Request, step: Work) -> Outbound | None:
        mti = asked.mti
        if mti in REQUESTS and asked.key:
            return on_request(self._desk, step, now, asked, asked.wanted)
        if mti == REVERSAL_ADVICE and asked.key:
            return on_advice(self._desk, step, now, asked, asked.advice)
        if mti == NETWORK_ADVICE and asked.genuine:  # commonly left unanswered
            return None
        if mti == NETWORK and asked.message is not None and has(asked.message, NETWORK_NEEDS):
            return self._network(now, asked, step)
        return self._misfit(now, asked, step)

    def _network(self, now: Instant, asked: Request, step: Work) -> Outbound | None:
        """Sign-on, sign-off and echo. Nothing about them is worth a commit, unless somebody has the wrong key: such a
        one gets no answer.
        """
        if not asked.genuine:
            if self._desk.may_keep(step, now):
                self._desk.received(step, now, asked, "")
                self._desk.alarm(
                    step, now, "", Refusal.MAC_WRONG.value, "network message: do both sides hold the same key?"
                )
            return None
        known = asked.whole and asked.values[CODE] in (SIGN_ON, SIGN_OFF, ECHO)
        question, de48 = asked.question, ""
        if question is not None:
            de48 = forgotten.compared(self._desk, step, self._records.store, now, asked, question)
        return self._desk.wire.answer(asked, Answer(APPROVED if known else CODES[Refusal.NOT_SUPPORTED]), de48)

    def _misfit(self, now: Instant, asked: Request, step: Work) -> Outbound | None:
        """What is no purchase, advice or network message that can be answered as such.

        Only a message the switch vouches for gets an answer here: no key is burnt by it, so another answer could
        contradict it later.
        """
        kept = asked.genuine or self._desk.may_keep(step, now)
        if kept:
            self._desk.received(step, now, asked, "")
        if asked.genuine and answerable(asked):
            refusal = Refusal.FORMAT if asked.mti in MESSAGE_TYPES else Refusal.NOT_SUPPORTED
            return self._desk.answer(asked, Answer(CODES[refusal]))
        if kept:
            self._desk.alarm(step, now, "", "unanswerable", f"{len(asked.frame.data)} bytes")
        if asked.mti in MESSAGE_TYPES and not asked.genuine:
            # One damaged message: its frame was sound, so the others on this connection need not suffer for it. The
            # switch's deadline closes the one.
            return None
        return Hangup(asked.frame.link, asked.frame.conn)

    # --- commands ---------------------------------------------------------------------------------------------------

    def _enrolments(self, now: Instant, commands: Sequence[Command], step: Work) -> list[Outbound]:
        return [
            Reply(command.id, control.enrol(command.args, now, step, self._hsm, self._keys))
            for command in commands
            if command.verb == control.ENROL
        ]

    def _inquiry(self, now: Instant, command: Command) -> Reply:
        if command.verb == control.STATUS:
            live = {"signed_on": bool(self._signed_on), "undelivered": self._deliveries.waiting}
            return Reply(
                command.id,
                {"station": self.name, **live, **control.status(self._records.store, self._records.counts())},
            )
        if command.verb == VERB:
            self._records.recount()
            left = archiving.let_go(self._records.store, command.args)
            return Reply(command.id, control.archived(left))
        if command.verb == FORGOTTEN:
            done = forgotten.ended(self._records, command.args, now)
            return Reply(command.id, done if done is not None else control.refused(BAD_ENDING))
        return Reply(command.id, control.inquiry(command.verb, command.args, self._records.store))

    # --- remembering, after the commit ------------------------------------------------------------------------------

    def _remember(
        self, now: Instant, arrived: Sequence[Inbound], tasks: Sequence[Request], gone: Sequence[int]
    ) -> None:
        self._deliveries.forget(gone)
        for item in arrived:
            if isinstance(item, Closed):
                self._signed_on.pop((item.link, item.conn), None)
            elif isinstance(item, Performed) and item.kind == notices.KIND:
                self._deliveries.report(now, item)
        for asked in [asked for asked in tasks if asked.mti == NETWORK and asked.genuine]:
            code = asked.values[CODE]
            if code == SIGN_ON:
                self._signed_on[asked.frame.link, asked.frame.conn] = now
            elif code == SIGN_OFF:
                self._signed_on.pop((asked.frame.link, asked.frame.conn), None)
