"""The issuer's chart of accounts: how accounts are named, and entries as the store holds them.

    card:<token16>              what a cardholder owns (a liability of the issuer); never below zero
    clearing:<acquirer>:<CUR>   what is owed to an acquirer until settlement (R048)
    funding:<CUR>               where cardholders' money came from

Only the first kind has a balance row; the others are the sum of their entries.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from counterfoil.ledger import Account, AccountKind, Entry

ENTRY_COLUMNS: Final = ("id", "debit", "credit", "amount", "currency", "at", "ref", "reverses")
TOKEN_DIGITS: Final = 16


def card_account(token: str) -> str:
    """The account of the card with this token."""
    return f"card:{token[:TOKEN_DIGITS]}"


def is_cardholders(account_id: str) -> bool:
    """Whether it is a cardholder's: then it has a balance row."""
    return account_id.startswith("card:")


def card_of(entry: Entry) -> str:
    """The cardholder's account an entry changes. AssertionError for one between two of them, or none."""
    debited = entry.debit.startswith("card:")
    assert debited is not entry.credit.startswith("card:"), "an entry is on one card's account"
    return entry.debit if debited else entry.credit


@lru_cache(maxsize=1024)
def clearing_account(acquirer: str, currency: str) -> str:
    """What is owed to this acquirer in this currency."""
    return f"clearing:{acquirer}:{currency}"


def funding_account(currency: str) -> str:
    """Where opening balances come from."""
    return f"funding:{currency}"


def cardholder(account_id: str, currency: str, balance: int) -> Account:
    """A cardholder's account with its balance row."""
    return Account(account_id, AccountKind.CARDHOLDER, currency, balance, floor=0)


def contra(account_id: str) -> Account:
    """An append-only account, all of it told by its name."""
    kind, _, rest = account_id.partition(":")
    return Account(account_id, AccountKind(kind), rest.rpartition(":")[2])


def entry_of(row: tuple[Any, ...]) -> Entry:
    """A row of ENTRY_COLUMNS."""
    return Entry(*row)


def row_of(entry: Entry) -> tuple[Any, ...]:
    """The entry in the order of ENTRY_COLUMNS. An issuer posts no holds yet, so there is no column for them."""
    assert not entry.hold, "the entry table has no column for a hold"
    return (entry.id, entry.debit, entry.credit, entry.amount, entry.currency, entry.at, entry.ref, entry.reverses)
