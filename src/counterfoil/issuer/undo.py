"""A reversal advice: always answered, booked once, whatever order things arrive in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from counterfoil.issuer import archiving, notices
from counterfoil.issuer.desk import Desk, case_number
from counterfoil.issuer.effect import record_ids
from counterfoil.issuer.lifecycle import Event, State, moved
from counterfoil.issuer.refusal import CODES as REFUSAL_CODES
from counterfoil.issuer.refusal import Refusal
from counterfoil.issuer.reversal_rules import CODES, ReversalAdvice, ReversalOutcome, differing, judge, same_advice
from counterfoil.issuer.rows import AdviceRow, Case, Txn
from counterfoil.issuer.wire import PAN, Answer, Request
from counterfoil.issuer.work import Work
from counterfoil.ledger import Book, Hold, HoldOutcome, Record, Resolution, undo
from counterfoil.money import CURRENCIES, plain
from counterfoil.security import is_pan, last4
from counterfoil.step import Instant, Send

FOR_A_PERSON: Final = frozenset({ReversalOutcome.DIFFERS, ReversalOutcome.ARCHIVED})


def on_advice(desk: Desk, step: Work, now: Instant, asked: Request, wanted: ReversalAdvice | None) -> Send | None:
    """Decide an 0420 or 0421 whose key can be read; `wanted` is None when the rest of it cannot.

    One without a valid MAC is not answered (None): another copy of it may be booked at this moment, and the switch
    sends it again. Nothing but 00 and 25 ends its retries, so every other answer only costs a repeat.
    """
    about = wanted.original if wanted is not None else ""
    if not asked.genuine:
        if desk.may_keep(step, now):
            desk.received(step, now, asked, about)
            desk.alarm(step, now, about, Refusal.MAC_WRONG.value)
        return None
    desk.received(step, now, asked, about)
    if wanted is None:
        desk.alarm(step, now, about, Refusal.FORMAT.value)
        return desk.answer(asked, Answer(REFUSAL_CODES[Refusal.FORMAT]))
    earlier = step.advices.get(wanted.key)
    if earlier is not None and not same_advice(earlier, wanted):
        desk.alarm(step, now, about, Refusal.OTHER_CONTENT.value)
        return desk.answer(asked, Answer(REFUSAL_CODES[Refusal.OTHER_CONTENT]))
    code = earlier.code if earlier is not None else applied(desk, step, now, asked, wanted)
    return desk.answer(asked, Answer(code))


def applied(desk: Desk, step: Work, now: Instant, asked: Request, wanted: ReversalAdvice) -> str:
    """Do what a new advice comes to; the code to answer."""
    archived = step.archived.get(wanted.original, "")
    outcome = (
        archiving.judged(desk, step, now, wanted, archived)
        if archived
        else judge(wanted, step.txns.get(wanted.original))
    )
    if outcome not in FOR_A_PERSON:
        end_case(desk, step, now, wanted.original)
    original = step.txns.get(wanted.original)
    if archived:
        pass  # there is no row of it here to move
    elif original is None:
        step.put(tombstone(asked, now, wanted))
    elif outcome is ReversalOutcome.BOOK:
        give_back(desk, step, now, original)
    elif outcome is ReversalOutcome.DIFFERS:
        keep_for_a_person(desk, step, now, wanted, original)
    row = AdviceRow(
        key=wanted.key,
        original=wanted.original,
        rrn=wanted.rrn,
        amount=wanted.amount,
        terminal=wanted.terminal,
        merchant=wanted.merchant,
        reason=wanted.reason,
        outcome=outcome.value,
        code=CODES[outcome],
        at=now,
    )
    step.put_advice(row)
    return row.code


def end_case(desk: Desk, step: Work, now: Instant, key: str) -> None:
    """An advice that fits settles what another one, that did not, had left to a person; never what an undoing has."""
    txn = step.txns.get(key)
    if txn is None or not txn.case_number:
        return
    stays = case_number(desk.settings.name, txn.return_id)
    if txn.case_number != stays:
        step.put(msgspec.structs.replace(txn, case_number=""))
        step.end_cases(key, now, "acknowledged", but=stays)


def give_back(desk: Desk, step: Work, now: Instant, original: Txn) -> None:
    """Undo what still stands of what a transaction has booked, beside it; both stay visible. Counters stay as they are,
    and so do PIN tries.

    Where nothing stands any more, nothing is booked and nobody told: it went back before. What was set aside and was
    completed since, and an account that is below its floor now, are for a person.
    """
    book, name = step.book, desk.settings.name
    made = [book.record(record_id) for record_id in record_ids(original)]
    fell = has_fallen(step, original.original)
    if fell:  # nothing is set aside again for what does not stand itself
        made = [record for record in made if not isinstance(record, Resolution)]
    booked = undo(book, original.return_id, made, now, holds_again=not fell)
    state = moved(original.state, Event.REVERSE)
    txn = msgspec.structs.replace(original, state=state, updated_at=now, returned_at=now if booked else 0)
    step.put(txn)
    if booked and txn.kind in notices.UNDONE:
        step.tell(notices.undone(name, txn))
    if completed(book, made):
        leave_to_a_person(desk, step, now, txn, "hold_completed", "nothing was undone")
        desk.alarm(step, now, txn.key, "hold_completed", f"case {case_number(name, txn.return_id)}")
    below = overdrawn(book, booked)
    for detail in below:
        desk.alarm(step, now, original.key, "overdrawn", detail)
    if below:
        leave_to_a_person(desk, step, now, txn, "overdrawn", "; ".join(below))


def has_fallen(step: Work, key: str) -> bool:
    """Whether a transaction that another one refers to was reversed itself; "" refers to none."""
    txn = step.txns.get(key)
    return (txn.state if txn is not None else step.archived.get(key)) == State.REVERSED


def completed(book: Book, made: Sequence[Record]) -> bool:
    """Whether a hold among the records was posted since."""
    ends = [book.end_of(book.stands_as(record.id)) for record in made if isinstance(record, Hold)]
    return any(end is not None and end.outcome is HoldOutcome.POSTED for end in ends)


def overdrawn(book: Book, booked: Sequence[Record]) -> list[str]:
    """Each account that what had been promised took below its floor, and how far."""
    sides = dict.fromkeys(one.debit for one in booked if not isinstance(one, Resolution))
    accounts = [account for account in map(book.account, sides) if account.overdrawn]
    return [f"{one.id} by {plain(one.overdrawn, one.currency)} {one.currency}" for one in accounts]


def leave_to_a_person(desk: Desk, step: Work, now: Instant, txn: Txn, what: str, detail: str) -> None:
    """What the undoing of a transaction leaves to a person."""
    number = case_number(desk.settings.name, txn.return_id)
    step.open_case(Case(number, txn.key, txn.rrn, now, what, detail))
    step.put(msgspec.structs.replace(txn, case_number=number))


def keep_for_a_person(desk: Desk, step: Work, now: Instant, wanted: ReversalAdvice, original: Txn) -> None:
    """Another sale under a known key: nothing is booked, a case is opened."""
    number = case_number(desk.settings.name, wanted.key)
    detail = ", ".join(differing(wanted, original))
    step.open_case(Case(number, original.key, original.rrn, now, "reversal_differs", detail))
    desk.alarm(step, now, original.key, "reversal_differs", f"{detail}; case {number}")
    step.put(msgspec.structs.replace(original, updated_at=now, case_number=number))


def tombstone(asked: Request, now: Instant, wanted: ReversalAdvice) -> Txn:
    """The row that refuses the original if it comes later (L5)."""
    pan = asked.values[PAN] if is_pan(asked.values[PAN]) else ""
    return Txn(
        key=wanted.original,
        rrn=wanted.rrn,
        token=wanted.token,
        account="",
        first6="",
        last4=last4(pan) if pan else "",
        processing="",
        amount=wanted.amount,
        currency=wanted.currency if wanted.currency in CURRENCIES else "",
        terminal=wanted.terminal,
        merchant=wanted.merchant,
        state=moved(None, Event.REVERSE),
        code="",
        started_at=now,
        updated_at=now,
    )
