"""An issuer's answer to a request (leg 3). It counts under a valid MAC, in full, for an intent that is open.

Anything less is no answer: the deadline closes the intent. Anything later is evidence.
"""

from __future__ import annotations

from typing import Final

from counterfoil.errors import DecodeError
from counterfoil.iso8583 import CUP_POS, nested, responses
from counterfoil.iso8583.mti import answer_of
from counterfoil.kinds import TABLE
from counterfoil.switch.desk import Desk
from counterfoil.switch.forward import askers
from counterfoil.switch.lifecycle import Event, State
from counterfoil.switch.rows import Attempt
from counterfoil.switch.tell import result
from counterfoil.switch.undo import owe_reversal
from counterfoil.switch.upstream import IssuerAnswer
from counterfoil.switch.work import Work

ASKED: Final = State.ASKED  # looking a member up on its enum each time takes longer
YES: Final = Event.ISSUER_YES
NO: Final = Event.ISSUER_NO
CONTRADICTED: Final = responses.MALFUNCTION
UNUSABLE_YES: Final = frozenset(
    {
        responses.HONOUR_WITH_IDENTIFICATION,
        responses.PARTIALLY_APPROVED,
        responses.APPROVED_UPDATE_TRACK_3,
        responses.COMPLETED_IN_PART,
    }
)
"""Approvals of this link that a terminal cannot take: another amount, or a condition it knows nothing of."""

TELLING: Final = frozenset(kind.name for kind in TABLE if kind.balances)
"""Kinds whose yes is worth nothing without the balances."""
LONGEST: Final = CUP_POS.fields[54].size
ANSWER: Final = {kind.name: answer_of(kind.wire.mti) for kind in TABLE}


def answered(desk: Desk, work: Work, issuer: str, mti: str, message: IssuerAnswer) -> None:
    """Take an answer of this type whose MAC is right."""
    rrn = message.de37 or ""
    attempt = work.by_rrn.get(rrn)
    if attempt is None or not matches(desk, issuer, attempt, mti, message):
        mine = work.heard_of(rrn)
        work.saw("answer_unmatched", "3", message.told, **mine)
        work.alarm("answer_unmatched", issuer, "an answer that fits no request of ours", rrn=mine.get("rrn", ""))
        return
    if work.memory.askers[issuer]:
        names = askers(attempt)
        work.later(lambda memory: memory.askers[issuer].answered(names))
    yes = responses.is_approval(message.de39)
    balances = _balances(message) if yes and attempt.kind in TELLING else None
    if message.de39 in UNUSABLE_YES or balances == "":
        work.saw("answer_unusable", "3", message.told, rrn=rrn, terminal=attempt.terminal)
        work.alarm("answer_unusable", issuer, f"a yes with {message.de39}: it counts as no answer", rrn=rrn)
        return
    waiting = work.waiting_for(rrn)
    late = attempt.state is not ASKED
    kept = message.told
    work.saw("answer_late" if late else "issuer_answered", "3", kept, rrn=rrn, terminal=attempt.key.terminal)
    if not work.move(attempt, YES if yes else NO):
        return
    if late:
        # The terminal was told no and the issuer says yes after all: what it booked goes back.
        work.alarm("late_approval", issuer, "an approval of what was declined is being undone", rrn=rrn)
        owe_reversal(desk, work, attempt, CONTRADICTED)
        return
    attempt.response_code = message.de39 or ""
    attempt.auth_code = message.de38 or "" if yes else ""
    if balances is not None:
        work.put_balances(attempt, balances)
    attempt.answered_at = work.now
    if waiting is not None and waiting.ask is not None:
        result(desk, work, waiting.ask, attempt, message)


def _balances(message: IssuerAnswer) -> str:
    """DE54 of an answer as a terminal can take it, "" when it has none."""
    told = message.de54 or ""
    try:
        return told if len(told) <= LONGEST and nested.de54(told) else ""
    except DecodeError:
        return ""


def matches(desk: Desk, issuer: str, attempt: Attempt, mti: str, message: IssuerAnswer) -> bool:
    """Whether an answer is the answer to this attempt's request, in every element both carry."""
    acquirer = desk.settings.acquirer
    return (
        issuer == attempt.issuer
        and mti == ANSWER[attempt.kind]
        and message.de3 == attempt.processing
        and message.de4 == (f"{attempt.amount:012d}" if attempt.amount else None)
        and message.de7 == attempt.transmitted
        and message.de11 == attempt.trace
        and message.de41 == attempt.key.terminal
        and message.de42 == attempt.merchant
        and message.de39 is not None
        and (message.de32 == acquirer or nested.same_institution(message.de32 or "", acquirer))
    )
