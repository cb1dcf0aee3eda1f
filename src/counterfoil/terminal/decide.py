"""A transaction from the question to its outcome, whatever its kind.

The attempt, and everything its reversal needs, is stored in the step whose commit precedes the request. Only a
MAC-valid answer decides, and of those no code that a stranger could provoke; whatever else happens owes a reversal, or
of an inquiry nothing (lifecycle.py).
"""

from __future__ import annotations

from typing import Final

from counterfoil.iso8583 import Message, responses
from counterfoil.kinds import Mode
from counterfoil.receipts.document import Copy, amount_text
from counterfoil.terminal import (
    birth,
    causes,
    numbers,
    originals,
    outcome,
    printing,
    sayings,
    sentences,
    undo,
    wire,
)
from counterfoil.terminal.lane import Awaited, Exchange, Lane, QueuedSale
from counterfoil.terminal.lifecycle import PAID, Event, State
from counterfoil.terminal.rows import Attempt, balances_of
from counterfoil.terminal.work import Work

NEVER_DECIDES: Final = frozenset({responses.DUPLICATE}) | wire.PROVOKED
"""A no that decides nothing under a valid MAC either: another copy may stand. The reversal closes both cases."""


def ask(work: Work, lane: Lane, waiting: QueuedSale) -> None:
    """Send the request that waited longest. The terminal is signed on and owes nothing."""
    if paid := paid_before(work, waiting):
        work.refuse(waiting.commands, sayings.OF[waiting.kind].already, **outcome.named(paid, lane))
        return
    if waiting.original and (why := originals.unfit(work, lane, waiting)).code:
        work.refuse(waiting.commands, why.code, detail=why.detail)  # it fell, or was closed, while this one waited
        return
    if numbers.run_out(lane):
        numbers.start_over(lane, work.now)
        lane.queue = (waiting, *lane.queue)
        return
    deadline = work.now + work.settings.timer
    attempt = birth.born(work, lane, waiting).after(Event.ASK, work.now, due=deadline)
    pin_block = None
    if waiting.pin is not None:
        pin_block = work.hsm.encrypt_pin(lane.device.pin_key, waiting.pin.reveal(), waiting.pan.reveal())
    original = originals.named(work, attempt) if attempt.original else wire.NO_ORIGINAL
    message = wire.request(attempt, waiting.pan, waiting.expiry, waiting.track, pin_block, original)
    token = work.send(lane, wire.seal(work.hsm, lane.device, message), deadline)
    lane.exchange = Exchange(Awaited.SALE, message.mti, attempt.stan, deadline, token)
    lane.current, lane.commands, lane.expiry = attempt, waiting.commands, waiting.expiry
    lane.on_paper = waiting.on_paper
    lane.sale_token, lane.last = token, attempt.ref
    lane.show(sentences.ASKING)
    work.save(attempt, born=True)
    work.note(lane, "request sent", attempt, message)


def paid_before(work: Work, waiting: QueuedSale) -> Attempt | None:
    """The approved transaction a retry would make a second time (P4); None where a second one moves nothing."""
    earlier = work.attempt(waiting.retry_of)
    if earlier is None or earlier.described.mode is Mode.INQUIRY:
        return None
    return work.paid_in_family(earlier.root or earlier.ref) or (earlier if earlier.state in PAID else None)


def answered(work: Work, lane: Lane, answer: wire.HostAnswer) -> None:
    """An answer that belongs to the request in hand."""
    attempt, message = lane.current, answer.message
    assert attempt is not None
    code = message.de39 or ""
    if not answer.authentic:
        work.note(lane, "answer with a bad MAC", attempt, message)
        lane.show(sentences.BAD_MAC)
        undo.owe(work, lane, Event.BAD_MAC)
        if code in wire.MUST_SIGN_ON:
            numbers.require_sign_on(lane, work.now)
        return
    approval = responses.is_approval(code)
    other = wire.disagrees(attempt, message, approval=approval)
    if other or code in NEVER_DECIDES:
        work.note(lane, "answer that decides nothing", attempt, message)
        cause = f"{causes.DIFFERS}:{other}" if other else causes.UNDECIDED
        undo.owe(work, lane, Event.UNUSABLE, response_code=code, cause=cause)
        if code in wire.MUST_SIGN_ON:
            numbers.require_sign_on(lane, work.now)
    elif approval:
        _approved(work, lane, attempt, message)
    else:
        _declined(work, lane, attempt, message)


def _approved(work: Work, lane: Lane, attempt: Attempt, message: Message) -> None:
    facts = {
        "response_code": message.de39 or "",
        "rrn": (message.de37 or "").strip(),
        "auth_code": (message.de38 or "").strip(),
    }
    work.note(lane, "approved", attempt, message)
    if attempt.kind in wire.TELLING:
        facts["balances"] = wire.told_balances(message)
    owes = attempt.linked and attempt.described.mode is Mode.REQUEST
    other = work.paid_in_family(attempt.root, but=attempt.ref) if owes else None
    if other is not None:
        cause = f"{causes.PAID}:{other.ref}"
        undo.owe(work, lane, Event.PAID_ELSEWHERE, cause=cause, **facts)
        return
    lane.exchange = None
    attempt = work.save(attempt.after(Event.APPROVE, work.now, **facts))
    if attempt.state is State.CLOSED:
        _told(work, lane, attempt, message)
        return
    work.keep_slip(attempt, printing.slip_of(work, lane, attempt, message))
    lane.show(responses.text(attempt.response_code))
    lane.show(sentences.PRINTING)
    commands, lane.commands = lane.commands, ()
    printing.start(work, lane, attempt, commands, "sale")


def _told(work: Work, lane: Lane, attempt: Attempt, message: Message) -> None:
    """An inquiry was answered: it is shown, and on paper only when that was asked for."""
    lane.show(responses.text(attempt.response_code))
    for balance in balances_of(attempt.balances):
        lane.show(sentences.BALANCES[balance.type].filled(amount=amount_text(balance.amount, balance.currency)))
    if not lane.on_paper:
        _rest(work, lane, attempt)
        return
    work.keep_slip(attempt, printing.slip_of(work, lane, attempt, message))
    lane.show(sentences.PRINTING)
    commands, lane.commands = lane.commands, ()
    printing.start(work, lane, attempt, commands, "sale", (Copy.CARDHOLDER,))


def _declined(work: Work, lane: Lane, attempt: Attempt, message: Message) -> None:
    code = message.de39 or ""
    work.note(lane, "declined", attempt, message)
    attempt = work.save(attempt.after(Event.DECLINE, work.now, response_code=code, rrn=(message.de37 or "").strip()))
    lane.show(responses.shown(code))
    _rest(work, lane, attempt)
    if code in wire.MUST_SIGN_ON:
        numbers.require_sign_on(lane, work.now)


def not_sent(work: Work, lane: Lane) -> None:
    """Definite: the request never left, so the stored reversal is dropped. What a person gave up stays given up."""
    attempt = lane.current
    assert attempt is not None
    cause = attempt.cause if attempt.cause == causes.CANCELLED else causes.LINE
    attempt = work.save(attempt.after(Event.STAY, work.now, cause=cause))
    work.note(lane, "request not sent", attempt)
    lane.show(sentences.NO_LINE)
    lane.burst = 0
    _rest(work, lane, attempt)


def _rest(work: Work, lane: Lane, attempt: Attempt) -> None:
    """The sale is at rest without an approval: tell the till, free the terminal."""
    lane.exchange = lane.current = None
    lane.expiry = ""
    commands, lane.commands = lane.commands, ()
    work.reply(commands, outcome.body(attempt, "", lane.display))
