"""The issuer's chart of accounts: how accounts are named, and entries as the store holds them.

    card:<token16>              what a cardholder owns (a liability of the issuer); below zero only by what was promised
    clearing:<acquirer>:<CUR>   what is owed to an acquirer until settlement (R048)
    funding:<CUR>               where cardholders' money came from

Only the first kind has a balance row; the others are the sum of their entries.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from counterfoil.ledger import Account, AccountKind, Entry

ENTRY_COLUMNS: Final = Entry.__struct_fields__
# As the table has them: with the entry before it on the statements of its cards, '' where a side is no card's.
LINKED_COLUMNS: Final = (*ENTRY_COLUMNS[:8], "before_debit", *ENTRY_COLUMNS[8:], "before_credit")
TOKEN_DIGITS: Final = 16


def card_account(token: str) -> str:
    """The account of the card with this token."""
    return f"card:{token[:TOKEN_DIGITS]}"


def is_cardholders(account_id: str) -> bool:
    """Whether it is a cardholder's: then it has a balance row."""
    return account_id.startswith("card:")


@lru_cache(maxsize=1024)
def clearing_account(acquirer: str, currency: str) -> str:
    """What is owed to this acquirer in this currency."""
    return f"clearing:{acquirer}:{currency}"


def funding_account(currency: str) -> str:
    """Where opening balances come from."""
    return f"funding:{currency}"


def cardholder(account_id: str, currency: str, balance: int, held: int = 0) -> Account:
    """A cardholder's account with its balance row."""
    return Account(account_id, AccountKind.CARDHOLDER, currency, balance, 0, held)


def contra(account_id: str) -> Account:
    """An append-only account, all of it told by its name."""
    kind, _, rest = account_id.partition(":")
    return Account(account_id, AccountKind(kind), rest.rpartition(":")[2])


def entry_of(row: tuple[Any, ...]) -> Entry:
    """A row of ENTRY_COLUMNS."""
    return Entry(**{**dict(zip(ENTRY_COLUMNS, row, strict=True)), "forced": bool(row[-1])})


def row_of(entry: Entry, before_debit: str = "", before_credit: str = "") -> tuple[Any, ...]:
    """The entry in the order of LINKED_COLUMNS."""
    return (
        entry.id,
        entry.debit,
        entry.credit,
        entry.amount,
        entry.currency,
        entry.at,
        entry.ref,
        entry.reverses,
        before_debit,
        entry.hold,
        entry.original,
        entry.forced,
        before_credit,
    )
