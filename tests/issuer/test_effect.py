"""The movements of a kind on the books: whose accounts they touch, under which ids, and once."""

from __future__ import annotations

import pytest

from counterfoil.errors import Refused
from counterfoil.issuer.effect import book_movements, by_deeds
from counterfoil.issuer.lifecycle import State
from counterfoil.issuer.rows import Txn
from counterfoil.kinds import PURCHASE, Deed, Kind, Movement, Party
from counterfoil.ledger import Account, AccountKind, Book, Entry

CARD, CLEARING = Party.CARD, Party.CLEARING
TXN = Txn(
    key="1/2/3",
    rrn="000000000001",
    token="token",
    account="card:a",
    first6="",
    last4="0011",
    processing="000000",
    amount=700,
    currency="CNY",
    terminal="T0000001",
    merchant="merchant",
    state=State.POSTED,
    code="00",
    started_at=5,
    updated_at=5,
    debited_at=5,
)


def books(balance: int = 1000) -> Book:
    return Book(
        [
            Account("card:a", AccountKind.CARDHOLDER, "CNY", balance, floor=0),
            Account("clearing:77:CNY", AccountKind.CLEARING, "CNY"),
        ]
    )


def moving(*movements: Movement) -> Kind:
    """A kind with these movements."""
    return PURCHASE._replace(movements=movements)


def test_a_purchase_is_one_entry_from_the_card_to_its_acquirer() -> None:
    book = books()
    (entry,) = book_movements(book, PURCHASE, TXN, "77")
    assert isinstance(entry, Entry)
    assert (entry.id, entry.debit, entry.credit, entry.amount) == ("1/2/3", "card:a", "clearing:77:CNY", 700)
    assert (entry.at, entry.ref, entry.forced) == (5, "000000000001", False)
    assert book.account("card:a").balance == 300


def test_what_is_booked_by_one_call_is_what_its_deeds_book() -> None:
    one, other = books(), books()
    assert book_movements(one, PURCHASE, TXN, "77") == by_deeds(other, PURCHASE, TXN, "77")
    assert [one.account(name) for name in ("card:a", "clearing:77:CNY")] == [
        other.account(name) for name in ("card:a", "clearing:77:CNY")
    ]


def test_further_movements_are_numbered_and_the_same_again_changes_nothing() -> None:
    book = books()
    there_and_back = moving(Movement(Deed.MOVE, CARD, CLEARING), Movement(Deed.MOVE, CLEARING, CARD))
    for _ in range(2):
        entries = book_movements(book, there_and_back, TXN, "77")
        assert [entry.id for entry in entries] == ["1/2/3", "1/2/3/1"]
    assert book.account("card:a").balance == 1000


@pytest.mark.parametrize("forced", [True, False])
def test_only_what_was_promised_takes_more_than_there_is(forced: bool) -> None:
    book, moves = books(100), moving(Movement(Deed.MOVE, CARD, CLEARING, forced))
    if forced:
        book_movements(book, moves, TXN, "77")
        assert book.account("card:a").balance == -600
    else:
        with pytest.raises(Refused):
            book_movements(book, moves, TXN, "77")
        assert book.account("card:a").balance == 100
