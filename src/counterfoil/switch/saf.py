"""Store and forward: reversal advices go out until the issuer acknowledges them, and are never dropped.

The first try is an 0420, every further one the same stored advice as 0421. An advice counts as on its way for one
switch timer; then it is due again after a pause that doubles up to a cap, and at once when the link comes up. Each
issuer has its own queue and several advices on their way, so neither a dead issuer nor one advice that never gets its
answer holds up the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from counterfoil.errors import OurError
from counterfoil.iso8583 import ISO87_ASCII, Message
from counterfoil.step import Instant
from counterfoil.switch.desk import Desk
from counterfoil.switch.lifecycle import Event
from counterfoil.switch.memory import Flight, Owed
from counterfoil.switch.rows import Advice, Attempt
from counterfoil.switch.settings import Settings
from counterfoil.switch.upstream import sending
from counterfoil.switch.work import Work

ACKNOWLEDGED: Final = frozenset({"00", "25"})
FIRST, REPEAT = "0420", "0421"

Fetch = Callable[[Sequence[str]], tuple[Mapping[str, Advice], Sequence[Attempt]]]
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
        work.move(attempt, Event.ACKNOWLEDGE)
        work.end_case(attempt, "acknowledged")
        work.acknowledge(rrn)
        return
    work.alarm("reversal_refused", issuer, f"an 0430 with {code}: it is tried again", rrn=rrn)
    work.later(lambda memory: memory.land(issuer, rrn))
    if advice.tries >= desk.settings.case_after:
        work.open_case(attempt, "reversal_unacknowledged", desk.settings.case_owner, f"the issuer answers {code}")


def forward_all(desk: Desk, work: Work, fetch: Fetch) -> None:
    """Send what is due to every issuer whose link is up."""
    if not (work.memory.owed or work.owed):
        return
    chosen = {issuer: _choose(desk, work, issuer) for issuer, session in work.sessions.items() if session.up}
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


def _choose(desk: Desk, work: Work, issuer: str) -> list[str]:
    """As many advices as may still be on their way: those this step owes, then the longest due."""
    memory, now, rushed = work.memory, work.now, issuer in work.rushed
    flying = set() if rushed else memory.flights(issuer, now) - work.acknowledged.keys()
    room = desk.settings.window - len(flying)
    if room <= 0:
        return []
    known = memory.owed_to(issuer) if rushed else memory.due(issuer, now, room + len(work.acknowledged))
    fresh = [rrn for rrn, owed in work.owed.items() if owed.issuer == issuer]
    due = dict.fromkeys([*known, *fresh])
    return [rrn for rrn in due if rrn not in work.acknowledged][:room]


def connected(work: Work, issuer: str) -> None:
    """A link came up: nothing is on its way any more, and everything owed is due."""
    work.rushed.add(issuer)
    now = work.now
    work.later(lambda memory: memory.rush(issuer, now))


def not_sent(work: Work, issuer: str, token: int) -> None:
    """An advice did not leave; it stays owed and goes again at its time, or when the link comes up."""
    work.later(lambda memory: memory.land_token(issuer, token))


def _send(desk: Desk, work: Work, advice: Advice, attempt: Attempt) -> None:
    settings = desk.settings
    mti = FIRST if advice.tries == 0 else REPEAT
    # A link that comes up again and again sends at once each time; only what had its time to be answered is a try.
    if advice.tries == 0 or work.now - advice.sent_at >= settings.switch_timer:
        advice.tries += 1
    advice.sent_at = work.now
    advice.next_at = work.now + pause(settings, advice.tries)
    until = work.now + settings.switch_timer
    token = work.tick()
    fields = msgspec.json.decode(advice.message, type=dict[str, str])
    message = Message(mti, de2=desk.hsm.reveal(attempt.pan, desk.data, attempt.rrn), **fields)
    work.out.append(sending(desk, desk.issuers[advice.issuer], message, token=token, before=until))
    work.saw("reversal_sent", "2", ISO87_ASCII.told(message), rrn=advice.rrn, terminal=attempt.terminal)
    work.put_advice(advice)
    work.owe(advice.rrn, Owed(advice.issuer, advice.next_at))
    work.later(lambda memory: memory.fly(advice.issuer, advice.rrn, Flight(token, until)))
    if advice.tries > settings.case_after:
        detail = f"{advice.tries - 1} tries without an acknowledgement"
        work.open_case(attempt, "reversal_unacknowledged", settings.case_owner, detail)


def pause(settings: Settings, tries: int) -> Instant:
    """How long after the given try the next one follows: the switch timer, doubled each time, up to the cap."""
    if tries < 1:
        raise OurError("a pause follows a try")
    longest = settings.retry_cap or 5 * settings.switch_timer
    return min(settings.switch_timer << min(tries - 1, 20), longest)
