"""Slips on their way to paper. A receipt is stored before it is printed, and a printer never moves money (P1).

At most one ORIGINAL of each copy can ever come out (receipts/copies.py): which print may be it is on the disk before
its first byte leaves.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import lru_cache
from typing import Final

import msgspec

from counterfoil.iso8583 import Message
from counterfoil.kinds import TABLE
from counterfoil.receipts.copies import CLOSED, PROOFS, CopyState
from counterfoil.receipts.document import Copy, Document, FurtherCopy, Slip, fault_slip, reversal_slip, sale_slip
from counterfoil.receipts.render.text import Language, render
from counterfoil.step import ELSEWHERE, HELD, SECOND, SPELLED_OUT, Instant, Performed
from counterfoil.terminal import printed, sayings, sentences, wire
from counterfoil.terminal.lane import Lane, Print, Printing
from counterfoil.terminal.lifecycle import Event, State
from counterfoil.terminal.outcome import body, paid_with
from counterfoil.terminal.rows import Attempt, balances_of, copied
from counterfoil.terminal.stubs import noted_at
from counterfoil.terminal.work import Work
from counterfoil.zone import EPOCH

BOTH: Final = (Copy.MERCHANT, Copy.CARDHOLDER)
COPIES: Final = frozenset(copy.value for copy in Copy)
WORDS: Final = {kind.name: kind.paper.word if kind.paper is not None else kind.name for kind in TABLE}
"""What slips call each kind, by its name."""
DAY_SECONDS: Final = 86_400


def slip_of(work: Work, lane: Lane, attempt: Attempt, message: Message | None = None) -> Slip:
    """The facts of a slip: the attempt's, and what the host's answer adds; without one its date is the request's."""
    at = work.now if message is not None else attempt.started_at
    date, time = _when(at + work.settings.clock.offset(at), message)
    parts = message.de44 or "" if message else ""
    small = attempt.amount <= work.settings.no_signature_limit and attempt.kind in wire.WITH_PIN
    return Slip(
        merchant_name=lane.device.name,
        merchant=attempt.merchant,
        terminal=attempt.terminal,
        operator=lane.device.operator,
        card=attempt.card,
        entry=attempt.entry_letter,
        batch=attempt.batch,
        voucher=attempt.stan,
        amount=attempt.amount,
        currency=attempt.currency,
        date=date,
        time=time,
        expiry=lane.expiry,
        issuer=parts[:11].strip(),
        acquirer=(parts[11:22].strip() or message.de32 or "") if message else "",
        auth_code=attempt.auth_code,
        rrn=attempt.rrn,
        signature=attempt.entry[2:] == "1" or not small,
        remarks=(message.de63.strip(),) if message and message.de63 and message.de63.strip() else (),
        kind=WORDS[attempt.kind],
        original=_original(work, attempt) if attempt.original else "",
        balances=balances_of(attempt.balances) if attempt.balances else (),
    )


def _original(work: Work, attempt: Attempt) -> str:
    """What a slip says of the transaction it refers to: its approval code or its voucher number."""
    paper, original = attempt.described.paper, work.attempt(attempt.original)
    if paper is None or paper.refers is None or original is None:
        return ""
    return original.auth_code if paper.refers.approval else original.stan


def _when(local: Instant, message: Message | None) -> tuple[str, str]:
    """Date and time as printed: the host's DE13 and DE12 with the nearest year, else the terminal's own."""
    days, of_day = divmod(local // SECOND, DAY_SECONDS)
    month_day, clock = (message.de13, message.de12) if message else (None, None)
    date = _day(days)
    today = date[5:7] + date[8:]
    if month_day and month_day != today:
        years = {"0101": {"1231": -1}, "1231": {"0101": 1}}
        shift = years.get(today, {}).get(month_day, 0)
        date = f"{int(date[:4]) + shift}/{month_day[:2]}/{month_day[2:]}"
    if clock:
        return date, f"{clock[:2]}:{clock[2:4]}:{clock[4:]}"
    minutes, seconds = divmod(of_day, 60)
    return date, f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


@lru_cache(maxsize=8)
def _day(days: int) -> str:
    return f"{EPOCH + timedelta(days=days):%Y/%m/%d}"


def job_name(attempt: Attempt, what: str, number: int) -> str:
    """The name of a print job: a repeat under the same name is harmless."""
    return f"{attempt.ref.replace('/', '-')}.{what}.{number}"


def of_job(name: str) -> tuple[str, str]:
    """Reference and copy of a print job, from its name."""
    head, what, _ = name.rsplit(".", 2)
    return "/".join(head.rsplit("-", 2)), what


def text_of(work: Work, attempt: Attempt, copy: Copy, language: Language | None = None, duplicate: int = 0) -> str:
    """One copy of a sale's slip as text, "" when it has none."""
    slip = work.slip(attempt)
    return _text(work, sale_slip(slip, copy, duplicate), language) if slip else ""


def _voucher(work: Work, attempt: Attempt, slip: Slip, copy: Copy, duplicate: int, code: str) -> Document:
    """A copy for paper: its code at the end makes it one."""
    again = None
    if duplicate:
        first = noted_at(work.records.store, attempt.number, f"{copy.value} copy {CopyState.PRINTED}")
        again = FurtherCopy(_local(work, work.now), _local(work, first) if first else "")
    return sale_slip(slip, copy, duplicate, again=again, code=code)


def _local(work: Work, at: Instant) -> str:
    """An instant in the local time of the slips."""
    return work.settings.clock.text(at, "%Y/%m/%d %H:%M")


def _text(work: Work, document: Document, language: Language | None = None) -> str:
    return render(document, language or work.settings.language, work.settings.width)


def _print(work: Work, lane: Lane, name: str, document: Document, to: str = "") -> str:
    """Hand a slip to the printer; its text."""
    text = _text(work, document)
    work.print(lane.device, name, text, document, to)
    return text


def start(
    work: Work,
    lane: Lane,
    attempt: Attempt,
    commands: tuple[int, ...],
    purpose: str,
    copies: tuple[Copy, ...] = BOTH,
    to: str = "",
) -> Attempt:
    """Send copies to the printer, or `to` another: counted and stored before their first byte leaves (L7)."""
    assert lane.printing is None
    number = attempt.copies_sent + 1
    changes: dict[str, object] = {}
    roles: dict[str, str] = {}
    prints: dict[Copy, Print] = {}
    text = ""
    slip = work.slip(attempt)
    assert slip is not None
    code = work.issue.seal(slip) if work.issue and slip.amount else ""  # what moves nothing has nothing to prove
    for copy in copies:
        known = attempt.copies(copy)
        duplicate = duplicate_number(work, attempt, copy)
        name = job_name(attempt, copy.value, number)
        text = _print(work, lane, name, _voucher(work, attempt, slip, copy, duplicate, code), to)
        changes |= copied(copy, known.started(number))
        role = f"DUPLICATE {duplicate}" if duplicate else "ORIGINAL"
        roles[copy.value] = f"{role} sha256 {_digest(text)}"
        prints[copy] = Print(role)
    work.note(lane, f"print {number}", attempt, {**roles, "printer": to} if to else roles)
    lane.printing = Printing(attempt.ref, number, prints, text, work.now + work.settings.timer, commands, purpose)
    return work.save(attempt.changed(copies_sent=number, trouble="", updated_at=work.now, **changes))


# A copy of it, because OpenSSL looks an algorithm up by name for each new one, which takes longer than a receipt.
_SHA256: Final = hashlib.sha256()


def _digest(text: str) -> str:
    made = _SHA256.copy()
    made.update(text.encode())
    return made.hexdigest()


def duplicate_number(work: Work, attempt: Attempt, copy: Copy) -> int:
    """What the next print of a copy calls itself: 0 the ORIGINAL, else the number of the DUPLICATE."""
    return printed.duplicates(work.trail(attempt)) + 1 if attempt.copies(copy).original else 0


def performed(work: Work, lane: Lane, item: Performed) -> None:
    """The printer said how a job ended, or what holds it up. A job nobody waits for any more is still noted."""
    ref, copy_name = of_job(item.name)
    attempt = work.attempt(ref)
    if attempt is None or copy_name not in COPIES:
        return
    copy, number = Copy(copy_name), int(item.name.rpartition(".")[2])
    if item.state == HELD:
        _learn(lane, ref, number, copy, CopyState.SENDING, item.detail)
        work.note(lane, f"{copy_name} copy held up: {item.detail}", attempt)
        lane.show(sayings.OF[attempt.kind].held)
        lane.show(sentences.trouble(item.detail))
        work.save(attempt.changed(trouble=item.detail))
        return
    if item.state == ELSEWHERE:
        work.note(lane, f"{copy_name} copy goes to the second printer: {item.detail}", attempt)
        lane.show(sentences.trouble(item.detail))
        lane.show(sentences.ELSEWHERE)
        return
    news = CopyState(item.state or ("printed" if item.ok else "failed"))
    said = f"{copy_name} copy {news}{f': {item.detail}' if item.detail else ''}"
    work.note(lane, said, attempt, {"print": str(number)} if news in PROOFS else None)
    heard = attempt.copies(copy).heard(number, news)
    if item.detail == SPELLED_OUT:
        lane.show(sentences.trouble(item.detail))
    wrong = sentences.trouble_word(item.detail) if item.detail and item.detail != SPELLED_OUT else ""
    printing = _learn(lane, ref, number, copy, news, wrong)
    trouble = wrong if news is not CopyState.PRINTED else _wrong_still(printing)
    attempt = _settled(work, attempt.changed(**copied(copy, heard), trouble=trouble))
    if printing is None:
        _show_late(lane, attempt, news)
    elif all(one.state is not CopyState.SENDING for one in printing.prints.values()):
        finish(work, lane)


def _learn(lane: Lane, ref: str, number: int, copy: Copy, state: CopyState, wrong: str) -> Printing | None:
    """Keep what became of a copy of the print in hand; None when its news is not awaited, or not any more."""
    printing = lane.printing
    if printing is None or printing.ref != ref or printing.number != number:
        return None
    known = printing.prints.get(copy)
    if known is None or known.state is not CopyState.SENDING:
        return None
    prints = {**printing.prints, copy: Print(known.mark, state, wrong)}
    lane.printing = msgspec.structs.replace(printing, prints=prints)
    return lane.printing


def _wrong_still(printing: Printing | None) -> str:
    """What is wrong with the copies of a print that are not printed, "" for nothing."""
    prints = printing.prints.values() if printing is not None else ()
    return next((one.trouble for one in prints if one.trouble and one.state is not CopyState.PRINTED), "")


def _show_late(lane: Lane, attempt: Attempt, news: CopyState) -> None:
    """What the display promised of a copy that nobody waits for any more has come true, or has not."""
    if attempt.state is State.CLOSED and news is CopyState.PRINTED:
        lane.show(sentences.RECEIPT_NOW)
    elif attempt.state is State.APPROVED and news is not CopyState.PRINTED:
        lane.show(sayings.OF[attempt.kind].pending)
        if attempt.trouble:
            lane.show(sentences.trouble(attempt.trouble))


def _settled(work: Work, attempt: Attempt) -> Attempt:
    """Both copies are in a hand, or are not wanted: the sale is closed. The bank's can wait."""
    if attempt.state is State.APPROVED and {attempt.merchant_copy, attempt.cardholder_copy} <= CLOSED:
        attempt = attempt.after(Event.RECEIPT_OUT, work.now)
    return work.save(attempt)


def told(work: Work, lane: Lane, attempt: Attempt, copies: tuple[Copy, ...], word: CopyState, by: str) -> Attempt:
    """A person said what became of copies: seen, sent electronically, not wanted."""
    work.note(lane, f"receipt {word}", attempt, {"copies": " ".join(copies), "by": by})
    for copy in copies:
        attempt = attempt.changed(**copied(copy, attempt.copies(copy).told(word)))
    return _settled(work, attempt)


def missing(attempt: Attempt) -> tuple[Copy, ...]:
    """The copies a sale waits for: the merchant's and the cardholder's, as far as they are in nobody's hand."""
    return tuple(copy for copy in BOTH if attempt.copies(copy).state not in CLOSED)


def lose(work: Work, attempt: Attempt) -> Attempt:
    """Nobody waits for the printer's news any more: what was at the printer may have come out."""
    if CopyState.SENDING not in attempt.each_copy:
        return attempt
    changes: dict[str, object] = {}
    for copy in Copy:
        changes |= copied(copy, attempt.copies(copy).lost())
    return work.save(attempt.changed(**changes))


def finish(work: Work, lane: Lane) -> None:
    """Every copy came out, failed, or kept silent until the deadline: tell the till and free the terminal."""
    printing = lane.printing
    assert printing is not None
    attempt = work.attempt(printing.ref)
    assert attempt is not None
    lane.printing = None
    attempt = lose(work, attempt)
    came = printed.result(printing.prints.values())
    if attempt.state is State.APPROVED or came != printed.DONE:
        pending = sayings.OF[attempt.kind].pending
        lane.show(pending if attempt.state is State.APPROVED else sentences.COPY_PENDING[came])
        if attempt.trouble:
            lane.show(sentences.trouble(attempt.trouble))
    if lane.current is not None and lane.current.ref == attempt.ref:
        lane.current = None
        lane.expiry = ""
    commands, fared = printing.commands, {}
    if printing.purpose == "sale":
        commands, lane.commands = (*commands, *lane.commands), ()
    else:
        fared = printed.told(printing, first=(sentences.GOODS_NOTED,) if printing.purpose == "goods" else ())
    work.reply(commands, {**body(attempt, printing.text, lane.display), **fared})


def tell_returned(work: Work, lane: Lane, attempt: Attempt) -> None:
    """The slip that says that the sale did not stand."""
    _print(work, lane, job_name(attempt, "notice", 1), reversal_slip(slip_of(work, lane, attempt), paid_with(attempt)))


def tell_fault(work: Work, lane: Lane, attempt: Attempt) -> None:
    """The slip that says that the reversal was not answered."""
    _print(work, lane, job_name(attempt, "fault", 1), fault_slip(slip_of(work, lane, attempt)))
