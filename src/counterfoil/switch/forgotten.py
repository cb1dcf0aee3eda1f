"""What the switch and an issuer have forgotten of what they told each other, found at each sign-on.

The switch names the attempts it has the issuer's answer to, the newest first, and hears which of them the issuer does
not know: those it has forgotten. The issuer names what it has decided, and the switch says which of it it never made:
that it has forgotten itself. A page at a time, until one brings nothing new; until then the link is not used for money.

What an issuer has forgotten is refused here, by the card, and what the switch has forgotten by the terminal (96); the
issuer refuses the cards of that. Others go on. Nothing is booked: a person ends each row (storage/forgotten.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from counterfoil.iso8583.recollection import NOTHING, PAGE, Named, Recollected
from counterfoil.iso8583.responses import MALFUNCTION
from counterfoil.money import BY_NUMBER
from counterfoil.step import Instant
from counterfoil.storage.forgotten import FORGOTTEN, SWITCH, Forgotten, end, ending_of, withheld, withheld_terminals
from counterfoil.switch.desk import Desk
from counterfoil.switch.memory import Memory, RecollectionWalk
from counterfoil.switch.recall import Answered
from counterfoil.switch.records import Records
from counterfoil.switch.rows import Attempt, Case
from counterfoil.switch.work import Work

MOST: Final = 200_000
"""Rows that one comparison opens: no peer fills the disk with what it names."""
RELEASE: Final = "UPDATE attempt SET case_number = '' WHERE rrn = ? AND case_number = ?"


def begin(desk: Desk, issuer: str) -> RecollectionWalk:
    """The first page."""
    return RecollectionWalk(desk.recall.answered(issuer, PAGE))


def go_on(desk: Desk, work: Work, issuer: str, walk: RecollectionWalk, answer: Recollected) -> RecollectionWalk | None:
    """Keep what an answer brought to light; the next page, None when there is nothing more to compare."""
    lost = [one for one, known in zip(walk.heard, answer.known, strict=False) if not known]
    strange = _never_made(desk, work, answer.named) if walk.older != NOTHING else []
    before = desk.recall.walked([number_of(rrn) for rrn in (*(one.rrn for one in lost), *(one.rrn for one in strange))])
    new_lost = [one for one in lost if number_of(one.rrn) not in before]
    new_strange = [one for one in strange if number_of(one.rrn) not in before]
    _lost(desk, work, issuer, new_lost)
    _strange(work, issuer, new_strange)
    _alarm(work, issuer, walk, new_lost, new_strange)
    # What an earlier comparison found and came to its end with brings nothing new.
    more = any(not before.get(number_of(one.rrn), False) for one in lost)
    told = tuple(one.request for one in strange if not before.get(number_of(one.rrn), False))
    found = walk.found or more or bool(told)
    theirs, ours = walk.theirs + len(new_lost), walk.ours + len(new_strange)
    heard = desk.recall.answered(issuer, PAGE, walk.heard[-1].place) if more else ()
    if (heard or told) and theirs + ours < MOST:
        return RecollectionWalk(heard, told, answer.named[-1].request if told else NOTHING, theirs, ours, found)
    if found:
        work.walked.append(issuer)
    return None


def _never_made(desk: Desk, work: Work, named: Iterable[Named]) -> list[Named]:
    """Those of the issuer's requests that this switch does not know of, not even since this step began."""
    asked = [one for one in named if one.rrn not in work.by_rrn]
    unknown = desk.recall.never_made([(one.rrn, one.request) for one in asked], work.now)
    return [one for one in asked if one.rrn in unknown]


def number_of(rrn: str) -> str:
    """What people are told for what was forgotten of an attempt: the number its case has."""
    return f"S-{rrn}"


def _lost(desk: Desk, work: Work, issuer: str, lost: Sequence[Answered]) -> None:
    """The issuer has forgotten that it answered these."""
    for attempt in desk.recall.attempts([one.rrn for one in lost if one.rrn not in work.by_rrn]):
        work.load(attempt)
    for one in lost:
        attempt = work.by_rrn[one.rrn]
        work.forget(row_of(attempt, issuer, issuer, work.now))
        _open_case(desk, work, attempt, issuer)


def closed_since(desk: Desk, work: Work, attempt: Attempt) -> bool:
    """Whether a later request of its terminal in its batch has proved that it closed this one."""
    terminal, batch, stan = attempt.key
    here = (one for key, one in work.attempts.items() if key[:2] == (terminal, batch) and key.stan > stan)
    return any(not one.unsealed for one in here) or desk.recall.is_followed(terminal, batch, stan)


def by_terminal(desk: Desk, work: Work, terminal: str, batch: str, stan: str) -> None:
    """A terminal proves that it stands at this STAN of a batch in which it has come further: it was put back.

    It sells nothing until a person says so; the cards have nothing to do with it.
    """
    for attempt in desk.recall.since(terminal, batch, stan):
        work.load(attempt)
    known = [one for key, one in work.attempts.items() if key[:2] == (terminal, batch) and key.stan >= stan]
    lost = [attempt for attempt in known if not attempt.unsealed]
    before = desk.recall.walked([number_of(attempt.rrn) for attempt in lost])
    numbered = ((number_of(attempt.rrn), attempt) for attempt in lost)
    fresh = [attempt for number, attempt in numbered if number not in before and not work.forgets(number)]
    for attempt in fresh:
        work.forget(row_of(attempt, terminal, terminal, work.now)._replace(token="", walked=1))
        _open_case(desk, work, attempt, terminal)
    if fresh:
        work.alarm(FORGOTTEN, terminal, f"it was put back, requests forgotten: {len(fresh)}; it is refused")


def _open_case(desk: Desk, work: Work, attempt: Attempt, station: str) -> None:
    if not attempt.case_number:
        attempt.case_number = number_of(attempt.rrn)
        work.put(attempt)
        told = (desk.settings.case_owner, FORGOTTEN, f"{station} does not know it any more")
        work.case(Case(attempt.case_number, attempt.rrn, work.now, *told))


def row_of(attempt: Attempt, station: str, peer: str, now: Instant) -> Forgotten:
    """An attempt that a station does not know any more."""
    currency = BY_NUMBER.get(attempt.currency, attempt.currency)
    request = attempt.transmitted + attempt.trace
    told = (attempt.rrn, attempt.terminal, attempt.token, attempt.amount, currency, attempt.last4)
    return Forgotten(number_of(attempt.rrn), station, peer, attempt.rrn, request, *told, now)


def _strange(work: Work, issuer: str, strange: Sequence[Named]) -> None:
    """The switch has forgotten that it made these."""
    for one in strange:
        told = (one.request, one.rrn, one.terminal, "", 0, "", "")
        work.forget(Forgotten(number_of(one.rrn), SWITCH, issuer, "", *told, work.now))


def _alarm(work: Work, issuer: str, walk: RecollectionWalk, lost: Sequence[Answered], strange: Sequence[Named]) -> None:
    """An operator is told when something is found, not of each page."""
    if lost and not walk.theirs:
        work.alarm(FORGOTTEN, issuer, "it does not know what it has answered: the cards of that are refused")
    if strange and not walk.ours:
        detail = f"{issuer} has decided what this store does not know: the cards and terminals of that are refused"
        work.alarm(FORGOTTEN, SWITCH, detail)


# --- while rows are open ----------------------------------------------------------------------------------------------


def objection(work: Work, attempt: Attempt) -> str:
    """96 while something of the card or the terminal of a new attempt is forgotten, "" otherwise."""
    memory = work.memory
    if attempt.token in memory.withheld_cards or attempt.terminal in memory.withheld_terminals:
        return MALFUNCTION
    return MALFUNCTION if attempt.terminal in work.withheld else ""


def load(records: Records, memory: Memory) -> None:
    """What is refused, from the store."""
    memory.withheld_cards = withheld(records.store, "token")
    memory.withheld_terminals = withheld_terminals(records.store)


def ended(records: Records, memory: Memory, args: Mapping[str, Any], now: Instant) -> dict[str, Any] | None:
    """The verb of the control channel: a person ends rows; None when the arguments make no sense."""
    ending = ending_of(args)
    if ending is None:
        return None
    rows = end(records.store, ending, now, RELEASE)
    records.forget(one.rrn for one in rows)
    load(records, memory)
    return {"ended": [one.number for one in rows]}
