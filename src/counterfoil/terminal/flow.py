"""What happens next on one terminal: after a start, when something arrived on its line, when a timer ran out."""

from __future__ import annotations

from counterfoil.errors import PeerError
from counterfoil.iso8583 import Message
from counterfoil.iso8583.mti import answer_of
from counterfoil.kinds import BY_NAME, Total
from counterfoil.receipts.copies import CopyState
from counterfoil.step import HOUR, Frame, NotSent
from counterfoil.terminal import causes, decide, numbers, printer, printing, sentences, signon, undo, wire
from counterfoil.terminal.lane import Awaited, Lane, Strays
from counterfoil.terminal.lifecycle import Event, State
from counterfoil.terminal.work import Work


def advance(work: Work, lane: Lane) -> None:
    """Start whatever is due: sign on, then the pending reversal, then the next sale. One thing at a time."""
    while lane.exchange is None and lane.printing is None:
        due = lane.wake is not None and lane.wake <= work.now
        if not lane.signed_on:
            if not due:
                return
            signon.ask(work, lane)
        elif lane.current is not None and not lane.asks:
            if not due:
                return
            undo.ask(work, lane)
        elif lane.queue and not lane.asks and lane.checking is None:
            waiting, lane.queue = lane.queue[0], lane.queue[1:]
            decide.ask(work, lane, waiting)
        else:
            lane.wake = None  # signed on and nothing owed
            return


def trigger(work: Work, lane: Lane) -> None:
    """A sale wants to be sent: what stands before it is tried now, and its tries begin anew."""
    if lane.exchange is None and lane.printing is None and (not lane.signed_on or lane.current is not None):
        lane.wake, lane.burst, lane.dials = work.now, 0, 0


def unheard(work: Work, ref: str) -> None:
    """The process that waited for the printer is gone: what was at the printer may have come out."""
    attempt = work.attempt(ref)
    if attempt is not None and CopyState.SENDING in attempt.each_copy:
        printing.lose(work, attempt)


def restart(work: Work, lane: Lane) -> None:
    """The process came up: every open intent has expired (reason 06); then sign on, at once."""
    attempt = lane.current
    if attempt is not None and attempt.state is State.SENT:
        attempt = work.save(attempt.after(Event.RESTART, work.now, due=work.now))
        work.note(lane, "found without an answer after a restart", attempt)
        if attempt.state is State.LAPSED:
            lane.current = None
    elif attempt is not None and attempt.state is State.APPROVED:
        lane.asks = attempt.described.total is Total.DEBIT  # nobody gives goods for anything else
        lane.current = attempt if lane.asks else None
        work.note(lane, "found approved after a restart, receipt not seen", attempt)
    lane.wake = work.now


def frame(work: Work, lane: Lane, item: Frame) -> None:
    """A packet came on the terminal's line."""
    try:
        answer = wire.read(work.hsm, lane.device, item.data)
    except PeerError as error:
        _unreadable(work, lane, error)
        return
    message, exchange = answer.message, lane.exchange
    if exchange is not None and wire.answers(exchange.mti, exchange.stan, lane.device.terminal, message):
        if exchange.job is Awaited.SIGN_ON:
            signon.answered(work, lane, exchange.stan, message)
        elif exchange.job is Awaited.SALE:
            decide.answered(work, lane, answer)
        else:
            undo.answered(work, lane, answer)
        if answer.authentic and answer.sign_on_wanted:
            # Not before a pause is over that the answer itself brought: a host may want it after every answer.
            numbers.require_sign_on(lane, max(work.now, lane.wake or 0))
        return
    _unexpected(work, lane, message, authentic=answer.authentic)


def _unreadable(work: Work, lane: Lane, error: PeerError) -> None:
    """Garbage where an answer was awaited is an answer that cannot be believed: the reversal is owed now."""
    exchange = lane.exchange
    if exchange is not None or _may_keep(work, lane, authentic=False):
        work.note(lane, "unreadable message", lane.current, wire.unreadable(error))
    if exchange is None:
        return
    if exchange.job is Awaited.SALE:
        lane.show(sentences.BAD_MAC)
        undo.owe(work, lane, Event.BAD_MAC, cause=causes.UNREADABLE)
    elif exchange.job is Awaited.REVERSAL:
        undo.unanswered(work, lane, work.now)
    else:
        signon.failed(work, lane)


def _unexpected(work: Work, lane: Lane, message: Message, *, authentic: bool) -> None:
    """Late, repeated or foreign: evidence, and nothing else. A late yes is never printed (L3)."""
    attempt = lane.current or work.attempt(lane.last)
    kept = _may_keep(work, lane, authentic=authentic)
    if attempt is None or message.de11 != attempt.stan:
        if kept:
            work.note(lane, "unexpected message", None, message)
        return
    late = message.mti == answer_of(BY_NAME[attempt.kind].wire.mti)
    if kept:
        work.note(lane, "late answer" if late else "repeated answer", attempt, message)
    if authentic and late and attempt.state is State.REVERSING and attempt is lane.current:
        facts = {"rrn": (message.de37 or "").strip(), "auth_code": (message.de38 or "").strip()}
        work.save(attempt.after(Event.LATE_ANSWER, work.now, **{name: value for name, value in facts.items() if value}))


def _may_keep(work: Work, lane: Lane, *, authentic: bool) -> bool:
    """Whether another line may be kept this hour of what no exchange waited for: nobody on the line fills the disk."""
    strays, hour = lane.strays, work.now // HOUR
    if strays.hour != hour:
        if strays.more:
            work.note(lane, f"{strays.more} more messages that nothing waited for")
        strays = Strays(hour)
    kept = (strays.vouched if authentic else strays.others) < work.settings.stray_lines
    lane.strays = Strays(
        hour, strays.vouched + (kept and authentic), strays.others + (kept and not authentic), strays.more + (not kept)
    )
    return kept


def not_sent(work: Work, lane: Lane, item: NotSent) -> None:
    """No byte of a request reached the kernel."""
    exchange = lane.exchange
    if lane.current is not None and item.token == lane.sale_token and not lane.asks:
        if lane.current.state in {State.SENT, State.REVERSING}:
            decide.not_sent(work, lane)
    elif exchange is not None and item.token == exchange.token:
        if exchange.job is Awaited.REVERSAL:
            undo.not_sent(work, lane)
        else:
            signon.failed(work, lane, causes.LINE)


def closed(work: Work, lane: Lane) -> None:
    """The line went away: answers follow the connection of their request, so none can come any more."""
    exchange = lane.exchange
    if exchange is None:
        return
    work.note(lane, "line closed", lane.current)
    if exchange.job is Awaited.SALE:
        lane.show(sentences.NO_ANSWER)
        undo.owe(work, lane, Event.TIME_OUT, cause=causes.LINE_CLOSED)
    elif exchange.job is Awaited.REVERSAL:
        undo.unanswered(work, lane, work.now + work.settings.pause_after_refusal)
    else:
        signon.failed(work, lane)


def expire(work: Work, lane: Lane) -> None:
    """Deadlines, after everything that arrived was looked at."""
    if lane.printing is not None and lane.printing.deadline <= work.now:
        printing.finish(work, lane)
    if lane.checking is not None and lane.checking.deadline <= work.now:
        printer.checked(work, lane, lane.checking.name, ready=False, trouble="mute")
    exchange = lane.exchange
    if exchange is None or exchange.deadline > work.now:
        return
    lane.show(sentences.NO_ANSWER)
    if exchange.job is Awaited.SALE:
        undo.owe(work, lane, Event.TIME_OUT)
    elif exchange.job is Awaited.REVERSAL:
        work.note(lane, "reversal unanswered", lane.current)
        undo.unanswered(work, lane, work.now)
    else:
        signon.failed(work, lane)
