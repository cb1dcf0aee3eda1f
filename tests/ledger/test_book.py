"""What a book says has to be written, and what it leaves alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.errors import Refused
from counterfoil.ledger import (
    MAX_INTEGER,
    Account,
    AccountKind,
    Book,
    BookRefusal,
    Entry,
    Hold,
    HoldOutcome,
    Resolution,
)

CARD = Account("card", AccountKind.CARDHOLDER, "CNY", 1000, 0)
OTHER = Account("other", AccountKind.CARDHOLDER, "CNY", 5, 0)
CLEARING = Account("clearing", AccountKind.CLEARING, "CNY")
names = st.sampled_from(["a", "b", "c"])
entries = st.builds(
    Entry,
    id=st.text(min_size=1),
    debit=names,
    credit=names,
    amount=st.integers(1, MAX_INTEGER),
    currency=st.sampled_from(["CNY", "USD"]),
    at=st.integers(0, MAX_INTEGER),
)


@given(entries)
def test_an_entry_and_its_reverse_add_up_to_nothing(entry: Entry) -> None:
    back = entry.reversed("R", entry.at + 1)
    for account in "abc":
        assert sum(e.amount * ((e.credit == account) - (e.debit == account)) for e in (entry, back)) == 0
    assert (back.currency, back.reverses) == (entry.currency, entry.id)
    assert (back.reversed("X", 0).debit, back.reversed("X", 0).credit) == (entry.debit, entry.credit)


def test_only_accounts_with_a_balance_row_are_changed_and_each_is_named_once() -> None:
    book = Book([CARD, OTHER, CLEARING])
    book.transfer("T1", "card", "clearing", 10, "CNY", 1, "r1")
    book.transfer("T2", "card", "clearing", 20, "CNY", 2, "r2")
    assert book.changed_accounts == [Account("card", AccountKind.CARDHOLDER, "CNY", 970, 0)]
    assert [(entry.id, entry.at, entry.ref) for entry in book.new_entries] == [("T1", 1, "r1"), ("T2", 2, "r2")]
    assert CARD.balance == 1000, "what the caller loaded is as it was"


def test_two_purchases_of_one_step_cannot_both_spend_the_last_of_it() -> None:
    book = Book([CARD, CLEARING])
    book.transfer("T1", "card", "clearing", 1000, "CNY", 1)
    with pytest.raises(Refused) as caught:
        book.transfer("T2", "card", "clearing", 1, "CNY", 1)
    assert caught.value.refusal is BookRefusal.LIMIT_EXCEEDED
    assert book.account("card").available == 0
    assert book.account("clearing").available is None


def test_an_earlier_entry_is_given_back_and_nothing_is_new() -> None:
    earlier = Entry("T1", "card", "clearing", 10, "CNY", 1, "r1")
    book = Book([CARD, CLEARING], entries=[earlier])
    assert book.transfer("T1", "card", "clearing", 10, "CNY", 999, "r1") is earlier
    assert (book.new_entries, book.changed_accounts) == ([], [])


def test_a_reversal_loaded_from_the_store_is_found_by_its_original() -> None:
    original = Entry("T1", "card", "clearing", 10, "CNY", 1, "r1")
    book = Book([CARD, CLEARING], entries=[original.reversed("R1", 2)])
    assert book.reverse("R1", original, 3) == original.reversed("R1", 2)
    with pytest.raises(Refused) as caught:
        book.reverse("R2", original, 3)
    assert caught.value.refusal is BookRefusal.ALREADY_REVERSED


def test_a_resolution_loaded_from_the_store_ends_its_hold() -> None:
    hold = Hold("H1", "card", "clearing", 10, "CNY", 1)
    posted = Entry("P1", "card", "clearing", 10, "CNY", 2, hold="H1")
    book = Book(
        [CARD, CLEARING],
        entries=[posted],
        holds=[hold],
        resolutions=[Resolution("P1", "H1", HoldOutcome.POSTED, 10, 2)],
    )
    assert book.post("P1", "H1", 3) is posted
    with pytest.raises(Refused) as caught:
        book.void("V1", "H1", 3)
    assert caught.value.refusal is BookRefusal.ALREADY_POSTED


def test_a_hold_that_its_step_made_and_resolved_leaves_three_records() -> None:
    book = Book([CARD, CLEARING])
    hold = book.hold("H1", "card", "clearing", 10, "CNY", 1, "r", ttl=5)
    assert hold.expires_at == 6
    entry = book.post("P1", "H1", 5, 4)
    assert entry == Entry("P1", "card", "clearing", 4, "CNY", 5, "r", hold="H1")
    assert book.new_resolutions == [Resolution("P1", "H1", HoldOutcome.POSTED, 4, 5)]
    assert book.changed_accounts == [Account("card", AccountKind.CARDHOLDER, "CNY", 996, 0, 0)]


def test_a_hold_that_is_released_says_when_and_that_nothing_was_posted() -> None:
    book = Book([CARD, CLEARING])
    book.hold("H1", "card", "clearing", 10, "CNY", 1)
    book.hold("H2", "card", "clearing", 20, "CNY", 1, ttl=5)
    assert book.void("V1", "H1", 3) == Resolution("V1", "H1", HoldOutcome.VOIDED, 0, 3)
    assert book.expire("H2", 7) == Resolution("expire:H2", "H2", HoldOutcome.EXPIRED, 0, 7)
    assert [(one.amount, one.at) for one in book.new_resolutions] == [(0, 3), (0, 7)]


def test_a_reversal_happens_when_it_is_booked_and_not_when_its_original_was() -> None:
    book = Book([CARD, CLEARING])
    back = book.reverse("R1", book.transfer("T1", "card", "clearing", 10, "CNY", 1, "r1"), 8)
    assert back == Entry("R1", "clearing", "card", 10, "CNY", 8, "r1", reverses="T1", forced=True)
    assert book.new_entries[-1] is back


def test_a_hold_without_time_limit_never_expires() -> None:
    hold = Hold("H1", "card", "clearing", 10, "CNY", 1)
    assert (hold.expires_at, hold.ttl) == (0, 0)
    assert not hold.expired(MAX_INTEGER)


def test_a_time_limit_may_be_as_short_as_time_is_counted_and_as_long_as_it_can_be() -> None:
    shortest = Hold("H1", "card", "clearing", 10, "CNY", 1, expires_at=2)
    assert [shortest.expired(at) for at in (1, 2)] == [False, True]
    longest = Book([CARD, CLEARING]).hold("H2", "card", "clearing", 10, "CNY", 1, ttl=MAX_INTEGER - 1)
    assert longest.expires_at == MAX_INTEGER
    with pytest.raises(Refused) as caught:
        Book([CARD, CLEARING]).hold("H3", "card", "clearing", 10, "CNY", 1, ttl=MAX_INTEGER)
    assert caught.value.refusal is BookRefusal.EXPIRY_TOO_LARGE


@pytest.mark.parametrize(("amount", "fits"), [(10, True), (11, False)])
def test_what_an_account_without_a_floor_owes_and_holds_fits_63_bits(amount: int, fits: bool) -> None:
    deep = Account("deep", AccountKind.CARDHOLDER, "CNY", -5, None, MAX_INTEGER - 15)
    book = Book([deep, CLEARING])
    if fits:
        assert book.transfer("T1", "deep", "clearing", amount, "CNY", 1).amount == amount
    else:
        with pytest.raises(Refused) as caught:
            book.transfer("T1", "deep", "clearing", amount, "CNY", 1)
        assert caught.value.refusal is BookRefusal.DEBIT_BALANCE_OVERFLOWS


def test_a_hold_cannot_be_released_on_an_account_that_was_not_loaded() -> None:
    book = Book([CLEARING], holds=[Hold("H1", "card", "clearing", 10, "CNY", 1, "", 6)])
    for ask in (lambda: book.void("V1", "H1", 2), lambda: book.expire("H1", 6), lambda: book.post("P1", "H1", 2)):
        with pytest.raises(Refused) as caught:
            ask()
        assert caught.value.refusal is BookRefusal.DEBIT_ACCOUNT_UNKNOWN
    assert (book.new_resolutions, book.new_entries) == ([], [])


def test_a_hold_on_an_append_only_account_changes_no_balance_row() -> None:
    book = Book([CARD, CLEARING])
    book.hold("H1", "clearing", "card", 10, "CNY", 1)
    assert book.changed_accounts == []
    book.post("P1", "H1", 2)
    assert [account.id for account in book.changed_accounts] == ["card"]


def test_a_floor_without_a_balance_is_a_bug_of_the_caller() -> None:
    with pytest.raises(AssertionError):
        Account("card", AccountKind.CARDHOLDER, "CNY", None, 0)
