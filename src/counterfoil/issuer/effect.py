"""What a kind's movements are on this issuer's books.

The movements of a kind name parties; whose accounts these are depends on the transaction. A record's id is that of the
transaction, and of every further movement with its number, so that booking twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from counterfoil.issuer import chart
from counterfoil.issuer.rows import Txn
from counterfoil.kinds import Deed, Movement, Party
from counterfoil.ledger import Book, Entry


def _card(txn: Txn, _acquirer: str) -> str:
    return txn.account


def _clearing(txn: Txn, acquirer: str) -> str:
    return chart.clearing_account(acquirer, txn.currency)


PARTIES: Final[dict[Party, Callable[[Txn, str], str]]] = {
    Party.CARD: _card,
    Party.CLEARING: _clearing,
}
"""The account of a party: of a transaction, and the institution that acquired it (DE32)."""


def book_movements(book: Book, movements: Sequence[Movement], txn: Txn, acquirer: str) -> list[Entry]:
    """Book what an approved transaction moves, in order; the entries that were made.

    Refused (a `ledger.Refused`) when the rules let pass what an account cannot pay.
    """
    entries = []
    for number, (deed, debit, credit, forced) in enumerate(movements):
        name = f"{txn.debit_id}/{number}" if number else txn.debit_id
        source, target = PARTIES[debit](txn, acquirer), PARTIES[credit](txn, acquirer)
        assert deed is Deed.MOVE, "holds are booked by the kinds that have them"
        entries.append(
            book.transfer(name, source, target, txn.amount, txn.currency, txn.debited_at, txn.rrn, forced=forced)
        )
    return entries
