"""Reversals: the terminal's 0400 (leg 1), and the moment a reversal comes to be owed to an issuer.

Whatever a request was, its reversal is the same: it names the request. Of an inquiry nothing is booked, so nothing is
owed and nothing compared; an 0400 of one is acknowledged.

An 0400 is answered as soon as REVERSING and its advice are on the disk, whether or not the issuer can be reached.

An 0400 that names a sale of ours but other money (`differing`) changes nothing and is answered 64: to undo the sale
would give back what nobody asked to give back, to acknowledge would close it for the terminal. A person decides; the
terminal keeps its reversal pending meanwhile. Where nothing was booked there is nothing to mistake, and nothing is
compared.

An 0400 whose reason is that no answer could be used, of a sale that a later request of its terminal has closed, cannot
come from a terminal that knows that request: it asks for nothing else before its reversal is answered. Its store was
put back, and it would give back the money of goods that were handed over. It changes nothing either, and is answered 96
(forgotten.py). Who knows the approval may undo it later for another reason: a cashier who kept the goods is asked after
a restart, and others may have bought meanwhile.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from counterfoil.errors import DecodeError, EncodeError
from counterfoil.iso8583 import Message, nested
from counterfoil.iso8583.responses import (
    AMOUNT_MISMATCH,
    APPROVED,
    ERROR,
    FORMAT_ERROR,
    ISSUER_TIMEOUT,
    MAC_ERROR,
    MALFUNCTION,
    NO_ORIGINAL,
)
from counterfoil.kinds import BY_NAME
from counterfoil.security import is_pan
from counterfoil.switch import archiving, forgotten, keeping, numbers
from counterfoil.switch.desk import Desk
from counterfoil.switch.lifecycle import INQUIRIES, STANDING, Event, State, moved
from counterfoil.switch.rows import Attempt, OwedAdvice
from counterfoil.switch.tell import answer, result
from counterfoil.switch.wire import Request
from counterfoil.switch.work import Work
from counterfoil.transaction import AttemptKey

MANDATORY: Final = frozenset({"de3", "de11", "de39", "de41", "de42", "de49", "de60"})

RESTARTED: Final = ERROR

HONEST: Final = dict.fromkeys(("de12", "de13", "de14", "de15", "de22", "de23", "de26", "de53", "de55", "de61"))

NOTHING_BOOKED: Final = frozenset({State.DECLINED, State.TOMBSTONE})
NO_ANSWER: Final = frozenset({ERROR, ISSUER_TIMEOUT, MAC_ERROR})
"""DE39 of an 0400 whose sender has no answer it could use: its power or the answer was lost, or the MAC was wrong."""


def reversal(desk: Desk, work: Work, ask: Request, key: AttemptKey | None) -> None:
    """Decide an 0400 whose MAC is right."""
    message = ask.message
    if (ask.error and not _readable(ask)) or key is None or not message.__dict__.keys() >= MANDATORY:
        work.saw("asked", "1", ask.dialect.told(message), terminal=message.de41 or "")
        answer(desk, work, ask, FORMAT_ERROR)
        return
    attempt = work.attempts.get(key)
    if message.de4 is None and (attempt is None or books(attempt)):
        work.saw("asked", "1", ask.dialect.told(message), terminal=key.terminal)
        answer(desk, work, ask, FORMAT_ERROR)
        return
    if attempt is None and key in work.archived:
        archiving.reversal(desk, work, ask, key, work.archived[key])
        return
    if attempt is None:
        attempt = _tombstone(desk, work, message, key)
    work.saw("reversal_asked", "1", ask.dialect.told(message), rrn=attempt.rrn, terminal=attempt.terminal)
    others = differing(desk, attempt, message) if books(attempt) else ()
    if others:
        detail = f"an 0400 names another sale: {', '.join(others)}"
        work.open_case(attempt, "reversal_differs", desk.settings.case_owner, detail)
        answer(desk, work, ask, AMOUNT_MISMATCH, de37=attempt.rrn)
        return
    unanswered = books(attempt) and attempt.state in STANDING and message.de39 in NO_ANSWER
    if unanswered and forgotten.closed_since(desk, work, attempt):
        forgotten.by_terminal(desk, work, *key)
        answer(desk, work, ask, MALFUNCTION, de37=attempt.rrn)
        return
    if not attempt.reversal_rrn:
        attempt.reversal_rrn = numbers.rrn(work.tick(), desk.settings.clock.numbering)
        work.put(attempt)
    if work.move(attempt, Event.REVERSE):
        owe_reversal(desk, work, attempt, message.de39 or "", message.de2)
    elif attempt.state is State.REVERSED:
        work.end_case(attempt, "acknowledged")  # another one differed from a sale that is undone, and this one does not
    code = NO_ORIGINAL if attempt.state is State.TOMBSTONE else APPROVED
    answer(desk, work, ask, code, what="reversal_answered", de37=attempt.reversal_rrn, de32=desk.settings.acquirer)


def books(attempt: Attempt) -> bool:
    """Whether something may have been booked of an attempt."""
    return attempt.state not in NOTHING_BOOKED and attempt.kind not in INQUIRIES


def expire(desk: Desk, work: Work, rrn: str) -> None:
    """The deadline of an open intent passed, or a restart found it open: reverse what may be booked, then say 98."""
    attempt, waiting = work.by_rrn.get(rrn), work.waiting_for(rrn)
    if attempt is None or waiting is None or attempt.state is not State.ASKED or waiting.deadline > work.now:
        return
    work.move(attempt, Event.EXPIRE)
    attempt.response_code = ISSUER_TIMEOUT
    attempt.answered_at = work.now
    work.saw("expired" if waiting.ask else "restarted", "2", "", rrn=rrn, terminal=attempt.terminal)
    if books(attempt):
        owe_reversal(desk, work, attempt, ISSUER_TIMEOUT if waiting.ask else RESTARTED)
    if waiting.ask is not None:
        result(desk, work, waiting.ask, attempt)


def owe_reversal(desk: Desk, work: Work, attempt: Attempt, reason: str, pan: str | None = None) -> None:
    """Put the 0420 of an attempt that has just become REVERSING into the outbox; this step's commit makes it owed.

    `pan` is DE2 of whoever asks for it.
    """
    keeping.held_again(desk, work, attempt, pan)
    tick = work.tick()
    attempt.reversal_reason = reason
    work.put(attempt)
    advice = OwedAdvice(
        rrn=attempt.rrn,
        issuer=attempt.issuer,
        transmitted=numbers.transmitted(tick),
        trace=numbers.trace(tick),
        message="",
        next_at=work.now,
        family=attempt.original or str(attempt.key),
        owed_at=tick,
    )
    advice.message = msgspec.json.encode(_advice_fields(desk, attempt, advice)).decode()
    work.saw("reversal_owed", "2", "", rrn=attempt.rrn, terminal=attempt.terminal)
    work.owe(advice)


def _advice_fields(desk: Desk, attempt: Attempt, advice: OwedAdvice) -> dict[str, str]:
    """The advice as data: everything but DE2, which is only kept encrypted, and the MAC."""
    acquirer = desk.settings.acquirer
    fields = {
        "de3": attempt.processing,
        "de4": f"{attempt.amount:012d}",
        "de7": advice.transmitted,
        "de11": advice.trace,
        "de32": acquirer,
        "de37": attempt.rrn,
        "de38": attempt.auth_code,
        "de39": attempt.reversal_reason,
        "de41": attempt.terminal,
        "de42": attempt.merchant,
        "de49": attempt.currency,
        "de90": nested.build_de90(BY_NAME[attempt.kind].wire.mti, attempt.trace, attempt.transmitted, acquirer),
    }
    return {name: value for name, value in fields.items() if value}


def differing(desk: Desk, attempt: Attempt, message: Message) -> tuple[str, ...]:
    """The elements that name the money in which a reversal and a request of the same key disagree ("DE4", …).

    DE11, DE41 and the batch are the key. DE14, 22, 23, 39, 55 and 61 differ honestly, as does an element that one of
    them leaves out (docs/loop.md; of DE2 and DE38 either may have none).
    """
    pan: Any = message.de2
    token = desk.hsm.token(pan, desk.token) if is_pan(pan) else pan
    pairs = (
        ("DE2", attempt.token if attempt.token else token, token),
        ("DE3", attempt.processing, message.de3),
        ("DE4", f"{attempt.amount:012d}", message.de4),
        ("DE25", attempt.condition, message.de25),
        ("DE38", attempt.auth_code.strip() or None, (message.de38 or "").strip() or None),
        ("DE42", attempt.merchant, message.de42),
        ("DE49", attempt.currency, message.de49),
        ("DE60.1", BY_NAME[attempt.kind].wire.type, (message.de60 or "")[:2]),
    )
    return tuple(name for name, known, told in pairs if None not in (known, told) and known != told)


def _readable(ask: Request) -> bool:
    """Whether a reversal with values that do not exist has them only where it may differ honestly from its original."""
    try:
        message = ask.dialect.decode(ask.packet.body)
        ask.dialect.receive(ask.dialect.encode(message.copy(**HONEST)))
    except (DecodeError, EncodeError):
        return False
    return True


def _tombstone(desk: Desk, work: Work, message: Message, key: AttemptKey) -> Attempt:
    """A reversal came first, or its original never will: whatever comes late under this key is refused."""
    pan: Any = message.de2
    card = is_pan(pan)
    attempt = Attempt(
        key,
        rrn=numbers.rrn(work.tick(), desk.settings.clock.numbering),
        state=moved(None, Event.REVERSE, ""),
        merchant=message.de42 or "",
        processing=message.de3 or "",
        amount=int(message.de4 or "0"),
        currency=message.de49 or "",
        entry_mode=message.de22 or "",
        condition=message.de25 or "",
        token=desk.hsm.token(pan, desk.token) if card else "",
        first6=pan[:6] if card else "",
        last4=pan[-4:] if card else "",
        started_at=work.now,
        reversal_reason=message.de39 or "",
    )
    work.put(attempt)
    return attempt
