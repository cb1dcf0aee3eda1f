"""The request to the issuer (leg 2), and what the link says when it could not send it or went down behind it."""

from __future__ import annotations

from typing import Final

from counterfoil.iso8583 import CUP_POS, ISO87_ASCII, Message, nested
from counterfoil.iso8583.responses import ISSUER_UNAVAILABLE
from counterfoil.kinds import BY_NAME
from counterfoil.step import Instant
from counterfoil.switch import additions
from counterfoil.switch.card import PresentedCard
from counterfoil.switch.desk import Desk
from counterfoil.switch.lifecycle import Event, State
from counterfoil.switch.numbers import local
from counterfoil.switch.originals import original_of
from counterfoil.switch.rows import Attempt
from counterfoil.switch.tell import result
from counterfoil.switch.upstream import sending
from counterfoil.switch.wire import Request
from counterfoil.switch.work import Work

MERCHANT_TYPE: Final = slice(7, 11)  # DE42: acquirer 3, area 4, merchant category 4, serial 4


def forward(
    desk: Desk, work: Work, ask: Request, attempt: Attempt, tick: Instant, card: PresentedCard, pin_block: bytes
) -> None:
    """Send the request of an intent that this step commits. It leaves before the deadline, or never."""
    rrn, terminal, merchant = attempt.rrn, attempt.key.terminal, attempt.merchant
    time, date = local(attempt.started_at, desk.clock.offset(attempt.started_at))
    category = merchant[MERCHANT_TYPE]
    fields: dict[str, str | bytes] = {
        "de2": card.pan,
        "de3": attempt.processing,
        "de7": attempt.transmitted,
        "de11": attempt.trace,
        "de12": time,
        "de13": date,
        "de22": attempt.entry_mode,
        "de25": attempt.condition,
        "de32": desk.settings.acquirer,
        "de37": rrn,
        "de41": terminal,
        "de42": merchant,
        "de49": attempt.currency,
    }
    amount = ask.message.de4
    if amount is not None:
        fields["de4"] = amount
    if attempt.original:
        fields |= _original(desk, work, attempt)
    if len(category) == 4 and category.isdecimal():
        fields["de18"] = category
    if card.expiry:
        fields["de14"] = card.expiry
    if card.track:
        fields["de35"] = card.track
    if pin_block:
        fields["de52"] = pin_block
    message = Message.of(BY_NAME[attempt.kind].wire.mti, fields)
    work.out.append(sending(desk, desk.issuers[attempt.issuer], message, token=tick, before=attempt.deadline))
    asked = work.joins(rrn, terminal) if ask.dialect is CUP_POS else None
    if asked is not None:
        work.said_to(asked, "forwarded", "2", additions.of_request(attempt.kind, fields, ask))
    else:
        work.said("forwarded", "2", ISO87_ASCII.told(message), rrn, terminal)


def _original(desk: Desk, work: Work, attempt: Attempt) -> dict[str, str | bytes]:
    """What names the original of a request to its issuer: its own request, and the approval code it was given."""
    original = original_of(work, attempt)
    assert original is not None, "whoever refers to nothing known is refused"
    mti, acquirer = BY_NAME[original.kind].wire.mti, desk.settings.acquirer
    named = nested.build_de90(mti, original.trace, original.transmitted, acquirer)
    return {"de90": named, "de38": original.auth_code} if original.auth_code else {"de90": named}


def not_sent(desk: Desk, work: Work, token: int) -> None:
    """No byte of a request left: a definite no, and no reversal is owed. Too late when it is being reversed already."""
    attempt = work.by_rrn.get(work.memory.tokens.get(token, ""))
    if attempt is None:
        return
    waiting = work.waiting_for(attempt.rrn)
    work.saw("not_sent", "2", "", rrn=attempt.rrn, terminal=attempt.terminal)
    if not work.move(attempt, Event.NOT_SENT):
        return
    attempt.forwarded = False
    attempt.response_code = ISSUER_UNAVAILABLE
    attempt.answered_at = work.now
    if waiting is not None and waiting.ask is not None:
        result(desk, work, waiting.ask, attempt)


def askers(attempt: Attempt) -> tuple[str, str]:
    """Who asks with an attempt, as hang-ups are counted: its terminal and its card."""
    return f"terminal {attempt.terminal}", f"card {attempt.token}"


def hung_up(work: Work, issuer: str, since: Instant) -> None:
    """A link that came up at the tick `since` went down: one of those who were asking may be the cause (caution.py)."""
    memory, now = work.memory, work.now
    known, names = memory.askers[issuer], dict[str, None]()
    for rrn, waiting in memory.waiting.items():
        attempt = work.by_rrn.get(rrn)
        if attempt is None or attempt.issuer != issuer or attempt.state is not State.ASKED or waiting.token <= since:
            continue
        mine = askers(attempt)
        names |= dict.fromkeys(mine)
        work.saw("hung_up", "2", "", rrn=rrn, terminal=attempt.terminal)
        if known.begin_to_wait(mine, now):
            detail = f"again while {attempt.terminal} asked with a card ending {attempt.last4}: answered 91 for now"
            work.alarm("hangs_up", issuer, detail, rrn=rrn)
    if names:
        work.later(lambda memory: memory.askers[issuer].hung_up(names, now))
