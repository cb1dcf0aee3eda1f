"""Mutants of the terminal: what it asks, believes, and owes."""

from __future__ import annotations

import copy
from typing import Any

import msgspec

from counterfoil.iso8583 import Message, responses
from counterfoil.step import Command, Instant, NotSent
from counterfoil.terminal import birth, decide, flow, numbers, outcome, request, till, undo, wire
from counterfoil.terminal import rows as attempts
from counterfoil.terminal.lane import Awaited, Lane, QueuedSale
from counterfoil.terminal.lifecycle import Event, State
from counterfoil.terminal.records import Loaded, Records
from counterfoil.terminal.rows import Attempt
from counterfoil.terminal.work import Work
from mutants.mutant import LESSON, PROTOTYPE, mutant
from mutants.seams import Seams

AGES: Instant = 10**15


@mutant("L3", "leg 1 lost", "leg 4 lost (approval)", origin=PROTOTYPE, mixes=("loss", "swarm"))
def no_timeout_reversal(seams: Seams) -> None:
    """A time-out is taken for a failure: the stored reversal is dropped."""

    def make(original: Any) -> Any:
        def expire(work: Work, lane: Lane) -> None:
            exchange = lane.exchange
            if exchange is not None and exchange.job is Awaited.SALE and exchange.deadline <= work.now:
                seams.hit()
                decide.not_sent(work, lane)
            else:
                original(work, lane)

        return expire

    seams.function(flow, "expire", make)


@mutant("L3", "leg 1 lost", origin=LESSON, mixes=("partition", "crash", "swarm"))
def close_means_failed(seams: Seams) -> None:
    """A closed connection is taken to mean that nothing was written."""

    def make(original: Any) -> Any:
        def closed(work: Work, lane: Lane) -> None:
            if lane.exchange is not None and lane.exchange.job is Awaited.SALE:
                seams.hit()
                decide.not_sent(work, lane)
            else:
                original(work, lane)

        return closed

    seams.function(flow, "closed", make)


@mutant("L2", "leg 4 lost (approval)", origin=LESSON, mixes=("loss", "swarm"))
def timer_after_send(seams: Seams) -> None:
    """The timer starts when sending is over, which may never be."""

    def make(original: Any) -> Any:
        def ask(work: Work, lane: Lane, waiting: QueuedSale) -> None:
            original(work, lane, waiting)
            if lane.exchange is not None and lane.exchange.job is Awaited.SALE:
                seams.hit()
                lane.exchange = msgspec.structs.replace(lane.exchange, deadline=work.now + AGES)

        return ask

    seams.function(decide, "ask", make)


def _forgetting(seams: Seams, *states: State) -> None:
    def make(original: Any) -> Any:
        def load(self: Records) -> Loaded:
            loaded: Loaded = original(self)
            left = [attempt for attempt in loaded.open if attempt.state not in states]
            seams.reached += len(loaded.open) - len(left)
            return loaded._replace(open=left)

        return load

    seams.method(Records, "load", make)


@mutant("L4", "a station is killed at any instant", origin=PROTOTYPE, mixes=("crash", "swarm"))
def terminal_forgets_on_reboot(seams: Seams) -> None:
    """After a start nothing is owed any more."""
    _forgetting(seams, State.SENT, State.REVERSING, State.APPROVED)


@mutant("L4", "a station is killed at any instant", origin=LESSON, mixes=("crash", "swarm"))
def recovery_skips_sender(seams: Seams) -> None:
    """After a start pending reversals are found again, but not the sale that was being asked."""
    _forgetting(seams, State.SENT)


@mutant("L3", "leg 4 late", origin=PROTOTYPE, mixes=("delay", "swarm"))
def late_approval_prints(seams: Seams) -> None:
    """An approval that comes during the reversal is taken after all, and printed."""

    def make(original: Any) -> Any:
        def unexpected(work: Work, lane: Lane, message: Any, *, authentic: bool) -> None:
            attempt = lane.current
            late = authentic and message.mti == "0210" and responses.is_approval(message.de39)
            if late and attempt is not None and attempt.state is State.REVERSING and message.de11 == attempt.stan:
                seams.hit()
                lane.current = msgspec.structs.replace(attempt, state=State.SENT)
                lane.exchange = None
                decide._approved(work, lane, lane.current, message)
            else:
                original(work, lane, message, authentic=authentic)

        return unexpected

    seams.function(flow, "_unexpected", make)


@mutant("L3", "leg 4 late", origin=LESSON, mixes=("delay", "swarm"))
def late_answer_dropped(seams: Seams) -> None:
    """A late answer leaves no trace."""

    def make(original: Any) -> Any:
        def unexpected(work: Work, lane: Lane, message: Any, *, authentic: bool) -> None:
            if message.mti == "0210":
                seams.hit()
            else:
                original(work, lane, message, authentic=authentic)

        return unexpected

    seams.function(flow, "_unexpected", make)


@mutant("L4", "one reversal pending", mixes=("loss", "swarm"))
def sale_before_reversal(seams: Seams) -> None:
    """The next sale does not wait for the pending reversal."""

    def make(original: Any) -> Any:
        def advance(work: Work, lane: Lane) -> None:
            free = lane.signed_on and lane.exchange is None and lane.printing is None and not lane.asks
            if free and lane.queue and lane.current is not None:
                seams.hit()
                waiting, lane.queue = lane.queue[0], lane.queue[1:]
                decide.ask(work, lane, waiting)
            original(work, lane)

        return advance

    seams.function(flow, "advance", make)


@mutant("L4", "leg 1 lost", mixes=("loss", "swarm"))
def reversal_without_timer(seams: Seams) -> None:
    """A reversal that failed once is tried again with the next sale only."""

    def make(original: Any) -> Any:
        def failed(work: Work, lane: Lane, again: Instant) -> None:
            original(work, lane, again)
            seams.hit()
            lane.wake = None

        return failed

    seams.function(undo, "failed", make)


@mutant("L4", "one reversal pending", origin=LESSON, mixes=("loss", "partition", "swarm"))
def auto_reject_after_3(seams: Seams) -> None:
    """After three tries the pending reversal counts as done."""

    def make(original: Any) -> Any:
        def failed(work: Work, lane: Lane, again: Instant) -> None:
            original(work, lane, again)
            attempt = lane.current
            if attempt is not None and attempt.tries >= 3:
                seams.hit()
                work.save(attempt.after(Event.ACKNOWLEDGE, work.now))
                lane.current = None

        return failed

    seams.function(undo, "failed", make)


@mutant("one reversal pending", "leg 4 with a wrong MAC", mixes=("garbled", "swarm"))
def any_0410_closes(seams: Seams) -> None:
    """Whatever a MAC-valid 0410 says, it ends the reversal."""

    def make(original: Any) -> Any:
        def answered(work: Work, lane: Lane, answer: wire.HostAnswer) -> None:
            if answer.authentic and answer.message.de39 not in work.settings.closing_codes:
                seams.hit()
                message = copy.copy(answer.message)
                message.de39 = "00"
                answer = answer._replace(message=message)
            original(work, lane, answer)

        return answered

    seams.function(undo, "answered", make)


@mutant("keys", "one reversal pending", mixes=("swarm",))
def reversal_under_todays_batch(seams: Seams) -> None:
    """A reversal that outlives its batch goes out under the next one."""
    batch = [""]

    def make_ask(original: Any) -> Any:
        def ask(work: Work, lane: Lane) -> None:
            batch[0] = lane.device.batch
            original(work, lane)

        return ask

    def make_reversal(original: Any) -> Any:
        def reversal(attempt: Attempt, pan: str) -> Any:
            if attempt.batch != batch[0]:
                seams.hit()
            return original(msgspec.structs.replace(attempt, batch=batch[0]), pan)

        return reversal

    seams.function(undo, "ask", make_ask)
    seams.function(wire, "reversal", make_reversal)


@mutant("the terminal never comes back", killed_by="tests/terminal/test_reversal.py")
def escalated_goes_on_in_its_batch(seams: Seams) -> None:
    """After an escalation the terminal's next request proves that the escalated sale was closed."""

    def make(_: Any) -> Any:
        return lambda *_: seams.hit()

    seams.function(numbers, "leave_batch", make)


def _believing(seams: Seams, module: Any) -> None:
    def make(original: Any) -> Any:
        def answered(work: Work, lane: Lane, answer: wire.HostAnswer) -> None:
            if not answer.authentic:
                seams.hit()
                answer = answer._replace(authentic=True)
            original(work, lane, answer)

        return answered

    seams.function(module, "answered", make)


@mutant("leg 4 with a wrong MAC", mixes=("forged", "garbled"))
def wrong_mac_believed(seams: Seams) -> None:
    """An 0210 is believed whatever its MAC."""
    _believing(seams, decide)


@mutant("leg 4 with a wrong MAC", "one reversal pending", mixes=("forged", "garbled"))
def wrong_mac_closes_reversal(seams: Seams) -> None:
    """An 0410 is believed whatever its MAC."""
    _believing(seams, undo)


@mutant("keys", "leg 4 late", origin=LESSON, mixes=("delay", "swarm"))
def class_not_in_key(seams: Seams) -> None:
    """An answer is matched by STAN and terminal alone: a late 0210 answers the 0400 that shares its STAN."""

    def make(original: Any) -> Any:
        def answers(request_mti: str, stan: str, terminal: str, message: Any) -> bool:
            told: bool = original(request_mti, stan, terminal, message)
            same = message.de11 == stan and (message.de41 or "").rstrip() == terminal
            if same and not told:
                seams.hit()
            return same

        return answers

    seams.function(wire, "answers", make)


@mutant("the cashier cancels", mixes=("calm", "swarm"))
def cancel_means_failed(seams: Seams) -> None:
    """A cancelled sale is forgotten although its request is out."""

    def make(original: Any) -> Any:
        def cancel(work: Work, command: Command) -> Lane | None:
            lane = work.lane(command.args.get("terminal"))
            if lane is None or lane.exchange is None or lane.exchange.job is not Awaited.SALE or lane.current is None:
                forwarded: Lane | None = original(work, command)
                return forwarded
            seams.hit()
            ref = lane.current.ref
            decide.not_sent(work, lane)
            attempt = work.attempt(ref)
            assert attempt is not None
            work.reply((command.id,), {"cancelled": 1, **outcome.brief(attempt)})
            return lane

        return cancel

    seams.function(till, "cancel", make)


@mutant("cannot connect, nothing left", mixes=("partition", "swarm"))
def not_sent_means_unknown(seams: Seams) -> None:
    """What never left is owed a reversal like what may have arrived."""

    def make(original: Any) -> Any:
        def not_sent(work: Work, lane: Lane, item: NotSent) -> None:
            attempt = lane.current
            mine = item.token == lane.sale_token and not lane.asks
            if attempt is not None and mine and attempt.state is State.SENT:
                seams.hit()
                undo.owe(work, lane, Event.TIME_OUT)
            else:
                original(work, lane, item)

        return not_sent

    seams.function(flow, "not_sent", make)


@mutant("retries", origin=LESSON, mixes=("delay", "loss", "swarm"))
def retry_not_linked(seams: Seams) -> None:
    """A retry says what it replaces, and nobody looks (P4)."""

    def make(original: Any) -> Any:
        def born(work: Work, lane: Lane, waiting: QueuedSale) -> Attempt:
            attempt: Attempt = original(work, lane, waiting)
            if attempt.linked:
                seams.hit()
                attempt = attempt.changed(linked=False, root="")
            return attempt

        return born

    seams.function(birth, "born", make)


@mutant("retries", mixes=("delay", "loss", "swarm"))
def retry_forgotten(seams: Seams) -> None:
    """What a sale replaces is not kept at all."""

    def make(original: Any) -> Any:
        def read(work: Work, command: Command) -> QueuedSale:
            waiting: QueuedSale = original(work, command)
            if waiting.retry_of:
                seams.hit()
                waiting = msgspec.structs.replace(waiting, retry_of="")
            return waiting

        return read

    seams.function(request, "read", make)


@mutant("duplicate request", mixes=("calm", "swarm"))
def till_key_forgotten(seams: Seams) -> None:
    """The till's own key is not looked up: the same question is another sale."""

    def make(original: Any) -> Any:
        def asked_before(work: Work, asking: Lane, waiting: QueuedSale) -> Lane | None:
            attempt = work.keyed(waiting.key)
            if attempt is not None and not attempt.frees_key:
                seams.hit()
                return None
            found: Lane | None = original(work, asking, waiting)
            return found

        return asked_before

    seams.function(request, "_asked_before", make)


@mutant("duplicate request", mixes=("calm", "swarm"))
def other_content_under_the_tills_key(seams: Seams) -> None:
    """A key of the till that comes with another amount gets the answer of the first."""

    def make(original: Any) -> Any:
        def asked_before(work: Work, asking: Lane, waiting: QueuedSale) -> Lane | None:
            attempt = work.keyed(waiting.key)
            if attempt is not None and attempt.asked != waiting.content:
                seams.hit()
                waiting = msgspec.structs.replace(waiting, content=attempt.asked)
            found: Lane | None = original(work, asking, waiting)
            return found

        return asked_before

    seams.function(request, "_asked_before", make)


@mutant("cannot connect, nothing left", mixes=("partition", "swarm"))
def key_kept_by_what_was_not_sent(seams: Seams) -> None:
    """An attempt that was never sent keeps the till's key when the same key is asked for again."""

    def make(original: Any) -> Any:
        def free_key(self: Work, attempt: Attempt) -> None:
            seams.hit()

        return free_key

    seams.method(Work, "free_key", make)


@mutant("the cashier cancels", killed_by="tests/terminal/test_keys_and_retries.py")
def cancelled_key_is_free(seams: Seams) -> None:
    """What the cashier has cancelled before it was sent is sold after all when the till asks again."""
    seams.constant(attempts, "CANCELLED", lambda _: "")
    seams.hit()


@mutant("a station is killed at any instant", mixes=("crash", "swarm"))
def restart_approved_reversed(seams: Seams) -> None:
    """A sale that is found approved after a start is given back without asking about the goods."""

    def make(original: Any) -> Any:
        def restart(work: Work, lane: Lane) -> None:
            attempt = lane.current
            if attempt is not None and attempt.state is State.APPROVED:
                seams.hit()
                work.save(attempt.after(Event.GOODS_KEPT, work.now, due=work.now))
                lane.wake = work.now
            else:
                original(work, lane)

        return restart

    seams.function(flow, "restart", make)


@mutant("at rest", mixes=("calm", "swarm"))
def sale_reply_lost(seams: Seams) -> None:
    """A sale that ends without an approval is not told to the till."""

    def make(original: Any) -> Any:
        def rest(work: Work, lane: Lane, attempt: Attempt) -> None:
            seams.hit()
            lane.commands = ()
            original(work, lane, attempt)

        return rest

    seams.function(decide, "_rest", make)


@mutant("card data", mixes=("calm",))
def card_number_in_the_trail(seams: Seams) -> None:
    """The evidence keeps card numbers as they were sent."""

    def make(original: Any) -> Any:
        def note(self: Work, lane: Lane, what: str, attempt: Any = None, message: Any = None) -> None:
            original(self, lane, what, attempt, message)
            if isinstance(message, Message) and message.de2:
                seams.hit()
                line = self._lines[-1]
                told = {**msgspec.json.decode(line.message), "2": message.de2}
                self._lines[-1] = line._replace(message=msgspec.json.encode(told).decode())

        return note

    seams.method(Work, "note", make)


@mutant("card data", mixes=("calm",))
def pin_block_in_the_trail(seams: Seams) -> None:
    """The evidence keeps PIN blocks."""

    def make(original: Any) -> Any:
        def note(self: Work, lane: Lane, what: str, attempt: Any = None, message: Any = None) -> None:
            original(self, lane, what, attempt, message)
            if isinstance(message, Message) and message.de52:
                seams.hit()
                line = self._lines[-1]
                told = {**msgspec.json.decode(line.message), "52": message.de52.hex()}
                self._lines[-1] = line._replace(message=msgspec.json.encode(told).decode())

        return note

    seams.method(Work, "note", make)


@mutant(
    "duplicate request",
    killed_by="tests/terminal/test_sale.py",
)
def a_94_decides(seams: Seams) -> None:
    """A 94 is taken for a decline."""
    seams.constant(decide, "NEVER_DECIDES", lambda codes: codes - {"94"})
    seams.hit()
