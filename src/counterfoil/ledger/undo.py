"""The undoing of what a transaction has booked: the one algebra for every kind of transaction.

Moved → moved back, forced. Held → released. Released → held again. Posted → moved back, and the hold that it was taken
from stands again. In the reverse order, and only what still stands.
"""

from __future__ import annotations

from collections.abc import Sequence

from counterfoil.ledger.book import Book
from counterfoil.ledger.checks import Record
from counterfoil.ledger.hold import Hold, HoldOutcome, Resolution
from counterfoil.step import Instant


def undo(book: Book, undo_id: str, made: Sequence[Record], at: Instant, *, holds_again: bool = True) -> list[Record]:
    """Undo the records of one transaction; the records that this booked, [] when nothing of them stands.

    Nothing is undone, not even what stands, when a hold among them was posted since: the money of that posting is
    another transaction's. `holds_again` False leaves a posted hold released. Never refused for lack of funds. A repeat
    (same id, same records) books nothing.
    """
    if any(isinstance(record, Hold) and _posted(book, record) for record in made):
        return []
    booked: list[Record] = []
    for number, record in enumerate(reversed(made)):
        record_id = f"{undo_id}/{number}" if number else undo_id
        if isinstance(record, Hold):
            booked += _released(book, record_id, record, at)
        elif isinstance(record, Resolution):
            booked += _again(book, record_id, record.id, at) if record.outcome is HoldOutcome.VOIDED else []
        elif book.reversal_of(record.id) in ("", record_id):
            back = book.reverse(record_id, record, at)
            if back is not None:
                booked.append(back)
                booked += _again(book, record_id, record.id, at) if record.hold and holds_again else []
    return booked


def _posted(book: Book, hold: Hold) -> bool:
    end = book.end_of(book.stands_as(hold.id))
    return end is not None and end.outcome is HoldOutcome.POSTED


def _released(book: Book, void_id: str, hold: Hold, at: Instant) -> list[Record]:
    now = book.stands_as(hold.id)
    end = book.end_of(now)
    if end is not None:
        return [end] if end.id == void_id else []
    return [book.expire(now, at) if hold.expired(at) else book.void(void_id, now, at)]


def _again(book: Book, undo_id: str, ended_by: str, at: Instant) -> list[Record]:
    ended = [hold.id for hold in book.ended_by(ended_by) if book.stands_as(hold.id) == hold.id]
    return [book.again(f"{undo_id}/again/{hold_id}", hold_id, at) for hold_id in ended]
