"""What a kind's movements are on this issuer's books.

The movements of a kind name parties; whose accounts these are depends on the transaction. A record's id is that of the
transaction, and of every further movement with its number, so that booking twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from counterfoil.issuer import chart
from counterfoil.issuer.rows import Txn
from counterfoil.kinds import BY_NAME, Deed, Kind, Movement, Party
from counterfoil.ledger import Book, Entry, Hold, Record
from counterfoil.step import SECOND


def _card(txn: Txn, _acquirer: str) -> str:
    return txn.account


def _clearing(txn: Txn, acquirer: str) -> str:
    return chart.clearing_account(acquirer, txn.currency)


PARTIES: Final[dict[Party, Callable[[Txn, str], str]]] = {
    Party.CARD: _card,
    Party.CLEARING: _clearing,
}
"""The account of a party: of a transaction, and the institution that acquired it (DE32)."""


SPENDING: Final = (Movement(Deed.MOVE, Party.CARD, Party.CLEARING),)
"""What most of all transactions move; booked by one call, which does what `DEEDS` do."""


def book_movements(book: Book, kind: Kind, txn: Txn, acquirer: str, of: Record | None = None) -> list[Record]:
    """Book what an approved transaction of a kind moves, in order; the records that were made.

    `of` is the record of its original, None for a kind without one. Refused (a `ledger.Refused`) when the rules let
    pass what an account cannot pay.
    """
    if kind.movements == SPENDING and of is None:
        clearing, moment = chart.clearing_account(acquirer, txn.currency), txn.debited_at
        return [book.transfer(txn.record_id, txn.account, clearing, txn.amount, txn.currency, moment, txn.rrn)]
    return by_deeds(book, kind, txn, acquirer, of)


def by_deeds(book: Book, kind: Kind, txn: Txn, acquirer: str, of: Record | None = None) -> list[Record]:
    """Book any kind's movements one by one, as `book_movements` does."""
    made: list[Record] = []
    for number, movement in enumerate(kind.movements):
        name = f"{txn.record_id}/{number}" if number else txn.record_id
        made.append(DEEDS[movement.deed](book, name, kind, movement, txn, acquirer, of))
    return made


def _move(book: Book, name: str, _kind: Kind, movement: Movement, txn: Txn, acquirer: str, of: Record | None) -> Record:
    _, debit, credit, forced = movement
    source, target = PARTIES[debit](txn, acquirer), PARTIES[credit](txn, acquirer)
    original = of.id if isinstance(of, Entry) else ""
    return book.transfer(
        name,
        source,
        target,
        txn.amount,
        txn.currency,
        txn.debited_at,
        txn.rrn,
        original=original,
        forced=forced,
    )


def _hold(book: Book, name: str, kind: Kind, movement: Movement, txn: Txn, acquirer: str, _of: Record | None) -> Record:
    source, target = PARTIES[movement.debit](txn, acquirer), PARTIES[movement.credit](txn, acquirer)
    ttl = kind.keeps_for * SECOND
    return book.hold(name, source, target, txn.amount, txn.currency, txn.debited_at, txn.rrn, ttl=ttl)


def _post(book: Book, name: str, kind: Kind, movement: Movement, txn: Txn, _: str, of: Record | None) -> Record:
    assert isinstance(of, Hold), f"the original of a {kind.name} holds nothing"
    return book.post(name, of.id, txn.debited_at, txn.amount, txn.rrn, forced=movement.forced)


def _release(book: Book, name: str, kind: Kind, _movement: Movement, txn: Txn, _: str, of: Record | None) -> Record:
    assert isinstance(of, Hold), f"the original of a {kind.name} holds nothing"
    return book.void(name, of.id, txn.debited_at)


Booking: TypeAlias = Callable[[Book, str, Kind, Movement, Txn, str, Record | None], Record]
DEEDS: Final[dict[Deed, Booking]] = {
    Deed.MOVE: _move,
    Deed.HOLD: _hold,
    Deed.POST: _post,
    Deed.RELEASE: _release,
}


def record_ids(txn: Txn) -> list[str]:
    """The ids of what an approved transaction has booked, in the order of its movements."""
    first = txn.record_id
    return [f"{first}/{number}" if number else first for number in range(len(BY_NAME[txn.kind].movements))]


def key_of_record(record_id: str) -> str:
    """The key of the transaction that has booked a record."""
    return "/".join(record_id.split("/", 3)[:3])
