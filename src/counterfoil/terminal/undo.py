"""A reversal: owed from the moment a sale has no usable answer, pending until a MAC-valid 0410 closes it.

It goes out before any other sale of the terminal, at start and on a timer; never dropped, never by a 94. One that stays
unanswered goes on under the keys of another sign-on. Only a supervisor can take it out of the terminal's hands.
"""

from __future__ import annotations

from typing import Any

from counterfoil.step import Instant
from counterfoil.terminal import birth, causes, numbers, originals, outcome, printing, sentences, wire
from counterfoil.terminal.lane import Awaited, Exchange, Lane
from counterfoil.terminal.lifecycle import Event, State
from counterfoil.terminal.rows import Attempt
from counterfoil.terminal.work import Work


def owe(work: Work, lane: Lane, event: Event, **facts: Any) -> Attempt:
    """What is in hand will not stand: its reversal is owed, and the till hears that it must wait.

    An inquiry moved nothing, so it lapses instead, and the terminal is free at once.
    """
    attempt = lane.current
    assert attempt is not None
    attempt = work.save(attempt.after(event, work.now, due=work.now, **facts))
    lane.exchange = None
    lane.asks = False
    lane.expiry = ""
    if attempt.state is State.LAPSED:
        work.note(lane, "given up, nothing is owed", attempt)
        lane.current = None
    else:
        work.note(lane, f"reversal owed, reason {attempt.reason}", attempt)
        lane.wake, lane.burst = work.now, 0
    commands, lane.commands = lane.commands, ()
    work.reply(commands, outcome.body(attempt, "", lane.display))
    return attempt


def ask(work: Work, lane: Lane) -> None:
    """Send the 0400: packed and MACed now, with today's key, under the original's STAN and batch."""
    attempt = lane.current
    assert attempt is not None
    assert attempt.state is State.REVERSING
    deadline = work.now + work.settings.timer
    pan = work.hsm.reveal(attempt.pan, work.own.data, attempt.ref) if attempt.pan else ""
    original = originals.named(work, attempt) if attempt.original else wire.NO_ORIGINAL
    message = wire.reversal(attempt, pan, original)
    token = work.send(lane, wire.seal(work.hsm, lane.device, message), deadline)
    lane.exchange = Exchange(Awaited.REVERSAL, message.mti, attempt.stan, deadline, token)
    lane.show(sentences.AUTO_REVERSAL)
    attempt = work.save(attempt.changed(tries=attempt.tries + 1, due=deadline, updated_at=work.now))
    work.note(lane, "reversal sent", attempt, message)


def answered(work: Work, lane: Lane, answer: wire.HostAnswer) -> None:
    """An 0410 that belongs to the pending reversal."""
    attempt, message = lane.current, answer.message
    assert attempt is not None
    lane.dials = lane.unanswered = 0
    code = message.de39 or ""
    if not answer.authentic:
        work.note(lane, "reversal answered with a bad MAC", attempt, message)
        lane.show(sentences.BAD_MAC)
        failed(work, lane, work.now)
        numbers.require_sign_on(lane, lane.wake or work.now)
        return
    work.note(lane, f"reversal answered {code}", attempt, message)
    if code in work.settings.closing_codes and not wire.disagrees(attempt, message, approval=False):
        attempt = work.save(attempt.after(Event.ACKNOWLEDGE, work.now))
        lane.exchange = lane.current = None
        lane.burst = 0
        lane.show(sentences.REVERSAL_DONE)
        printing.tell_returned(work, lane, attempt)
    elif code in wire.MUST_SIGN_ON:
        failed(work, lane, work.now)
        numbers.require_sign_on(lane, lane.wake or work.now)
    else:
        failed(work, lane, work.now + work.settings.pause_after_refusal)


def unanswered(work: Work, lane: Lane, again: Instant) -> None:
    """Nobody answered. A host is silent to a reversal whose MAC it finds wrong, so after some the terminal signs on."""
    failed(work, lane, again)
    lane.unanswered += 1
    if lane.unanswered >= work.settings.tries:
        lane.unanswered = 0
        numbers.require_sign_on(lane, lane.wake or work.now)


def failed(work: Work, lane: Lane, again: Instant) -> None:
    """One try brought nothing: the next is at `again`, or after a longer pause when this trigger's tries are used."""
    attempt = lane.current
    assert attempt is not None
    lane.exchange = None
    lane.burst += 1
    if lane.burst < work.settings.tries:
        lane.wake = again
    else:
        first = attempt.tries <= work.settings.tries
        lane.wake = work.now + work.settings.pause_after_tries
        give_up(work, lane, f"{causes.REVERSAL}:{attempt.ref}")
        if first:
            printing.tell_fault(work, lane, attempt)
    work.save(attempt.changed(due=lane.wake, updated_at=work.now))


def give_up(work: Work, lane: Lane, cause: str) -> None:
    """Enough for this trigger: it stays pending and blocks; the sales that waited for it are not sent."""
    lane.exchange = None
    lane.burst = 0
    lane.show(sentences.REVERSAL_FAILED)
    birth.give_up(work, lane, cause)


def not_sent(work: Work, lane: Lane) -> None:
    """There is no line: more tries now would mean nothing."""
    attempt = lane.current
    assert attempt is not None
    work.note(lane, "reversal not sent", attempt)
    lane.show(sentences.NO_LINE)
    lane.redial(work.now, work.settings.pause_after_refusal, work.settings.pause_after_tries)
    give_up(work, lane, causes.LINE)
    work.save(attempt.changed(tries=attempt.tries - 1, due=lane.wake, updated_at=work.now))


def escalate(work: Work, lane: Lane, operator: str, reason: str) -> Attempt:
    """A supervisor hands the pending reversal to a person, under a case number.

    The terminal goes on in another batch: its next request in this one would prove to the host that it closed the sale.
    """
    attempt = lane.current
    assert attempt is not None
    case = f"T-{attempt.ref.replace('/', '-')}"
    attempt = work.save(attempt.after(Event.ESCALATE, work.now, case=case, operator=operator))
    work.note(lane, f"escalated by {operator}", attempt, {"reason": reason, "case": case})
    lane.exchange = lane.current = None
    lane.burst = 0
    numbers.leave_batch(lane, work.now)
    return attempt
