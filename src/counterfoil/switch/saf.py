"""Store and forward: reversal advices go out until the issuer acknowledges them, and are never dropped.

The first try is an 0420, every further one the same stored advice as 0421. An advice counts as on its way for one
switch timer. Every send is a try, however it ended, and a pause follows that doubles up to a cap. Tries and pause are
in the store: neither a link that comes and goes nor a restart makes them fewer or shorter. Each issuer has its own
outbox, where one advice that never gets its answer, or on which the issuer hangs up, lets the others pass (outbox.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from counterfoil.iso8583 import ISO87_ASCII, Message
from counterfoil.iso8583.mti import REVERSAL_ADVICE, repeat_of
from counterfoil.iso8583.responses import REVERSAL_CLOSED
from counterfoil.switch.desk import Desk
from counterfoil.switch.lifecycle import Event
from counterfoil.switch.outbox import Flight
from counterfoil.switch.rows import Attempt, OwedAdvice
from counterfoil.switch.upstream import sending
from counterfoil.switch.work import Work

ACKNOWLEDGED: Final = REVERSAL_CLOSED
FIRST, REPEAT = REVERSAL_ADVICE, repeat_of(REVERSAL_ADVICE)
SURE: Final = 2
"""Hang-ups on one advice after which an operator is told: the first may be any cut of the line."""

Fetch = Callable[[Sequence[str]], tuple[Mapping[str, OwedAdvice], Sequence[Attempt]]]
"""Advices and their attempts from the store, by RRN."""


def acknowledged(desk: Desk, work: Work, issuer: str, message: Message) -> None:
    """Take an 0430 whose MAC is right."""
    rrn, code = message.de37 or "", message.de39 or ""
    work.saw("reversal_acknowledged", "3", ISO87_ASCII.told(message), **work.heard_of(rrn))
    advice, attempt = work.advices.get(rrn), work.by_rrn.get(rrn)
    if advice is None or attempt is None:
        return  # acknowledged before, or never ours: evidence
    if (issuer, message.de7, message.de11) != (advice.issuer, advice.transmitted, advice.trace):
        work.alarm("answer_unmatched", issuer, "an 0430 that fits no advice of ours", rrn=rrn)
        return
    attempt.reversal_code = code
    attempt.reversal_tries = advice.tries
    work.put(attempt)
    if code in ACKNOWLEDGED:
        attempt.pan = b""
        work.hold(rrn, b"")
        work.move(attempt, Event.ACKNOWLEDGE)
        work.end_case(attempt, "acknowledged")
        work.acknowledge(rrn)
        return
    work.alarm("reversal_refused", issuer, f"an 0430 with {code}: it is tried again", rrn=rrn)
    work.landed.add(rrn)
    work.later(lambda memory: memory.outboxes[issuer].answered(rrn))
    if advice.tries >= desk.settings.case_after:
        work.open_case(attempt, "reversal_unacknowledged", desk.settings.case_owner, f"the issuer answers {code}")


def forward_all(desk: Desk, work: Work, fetch: Fetch) -> None:
    """Send what is due to every issuer whose link is up."""
    if not (work.owed or work.memory.owes):
        return
    chosen = {issuer: _choose(work, issuer) for issuer, session in work.sessions.items() if session.open}
    wanted = [rrn for rrns in chosen.values() for rrn in rrns if rrn not in work.advices or rrn not in work.by_rrn]
    if wanted:
        advices, attempts = fetch(wanted)
        for attempt in attempts:
            work.load(attempt)
        for rrn, advice in advices.items():
            work.advices.setdefault(rrn, advice)
    for rrns in chosen.values():
        for rrn in rrns:
            _send(desk, work, work.advices[rrn], work.by_rrn[rrn])


def _choose(work: Work, issuer: str) -> list[str]:
    """RRNs of advices that may go: what this step owes and the longest due, as far as there is room, or one suspect."""
    if issuer in work.lost:  # what became of its advices is known to the next step
        return []
    box, now = work.memory.outboxes[issuer], work.now
    gone = work.landed | work.acknowledged.keys()
    flying = sum(not flight.suspect for rrn, flight in box.flights(now).items() if rrn not in gone)
    room = box.room(now, flying)
    known = box.due(now, room + len(work.acknowledged)) if room else []
    new: dict[str, str] = {}
    for rrn, owed in work.owed.items():
        if owed.issuer == issuer and box.is_first(rrn, owed):
            new.setdefault(owed.family, rrn)
    due = dict.fromkeys([*known, *new.values()])
    chosen = [rrn for rrn in due if rrn not in gone][:room]
    suspects = box.suspect(now, others=bool(flying or chosen))
    return chosen + [rrn for rrn in suspects if rrn not in gone]


def hung_up(work: Work, issuer: str) -> None:
    """A link went down. What was on its way has been sent in vain, and is suspected of being the cause."""
    box, now = work.memory.outboxes[issuer], work.now
    for rrn in box.flights(now):
        if rrn in work.landed or rrn in work.acknowledged:
            continue
        advice, attempt = work.advices[rrn], work.by_rrn[rrn]
        advice.hangups += 1
        work.owe(advice)
        work.saw("hung_up", "2", "", rrn=rrn, terminal=attempt.terminal)
        if advice.hangups == SURE:
            work.alarm("hangs_up", issuer, f"it has hung up on this advice {SURE} times", rrn=rrn)
    work.lost.add(issuer)
    work.later(lambda memory: memory.outboxes[issuer].hung_up(now))


def not_sent(work: Work, issuer: str, token: int) -> None:
    """An advice did not leave; it stays owed and goes again at its time."""
    rrn = work.memory.outboxes[issuer].by_token(token)
    attempt = work.by_rrn.get(rrn)
    if attempt is None:
        return  # acknowledged since: an answer overtook the news
    work.saw("reversal_not_sent", "2", "", rrn=rrn, terminal=attempt.terminal)
    work.landed.add(rrn)
    work.later(lambda memory: memory.outboxes[issuer].land(rrn))


def _send(desk: Desk, work: Work, advice: OwedAdvice, attempt: Attempt) -> None:
    settings = desk.settings
    mti = FIRST if advice.tries == 0 else REPEAT
    advice.tries += 1
    advice.sent_at = work.now
    advice.next_at = work.now + settings.pause(advice.tries)
    until = work.now + settings.switch_timer
    token = work.tick()
    fields = msgspec.json.decode(advice.message, type=dict[str, str])
    if attempt.pan:  # one that has left is missed by nobody who knows the sale by DE90 (keeping.py)
        fields["de2"] = desk.hsm.reveal(attempt.pan, desk.data, attempt.rrn)
    message = Message(mti, **fields)
    work.out.append(sending(desk, desk.issuers[advice.issuer], message, token=token, before=until))
    work.saw("reversal_sent", "2", ISO87_ASCII.told(message), rrn=advice.rrn, terminal=attempt.terminal)
    work.owe(advice)
    flight = Flight(token, until, advice.hangups > 0)
    work.later(lambda memory: memory.outboxes[advice.issuer].fly(advice.rrn, flight))
    if advice.tries > settings.case_after:
        detail = f"{advice.tries - 1} tries without an acknowledgement, {advice.hangups} hang-ups"
        work.open_case(attempt, "reversal_unacknowledged", settings.case_owner, detail)
