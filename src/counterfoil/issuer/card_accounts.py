"""Cards and their accounts, to and from the rows of the store. An account's row holds what every purchase changes: its
balance, what of it is set aside, the card's counters, and its last entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final

from counterfoil.issuer import chart
from counterfoil.issuer.card import Card, CardStatus
from counterfoil.issuer.rows import KnownCard
from counterfoil.ledger import Account, Entry
from counterfoil.storage.sql import inserting, selecting, updating

COUNTERS: Final = (
    "pin_failures",
    "day",
    "spent",
    "count",
    "guesses",
)  # of a card, kept beside the balance of its account
CARD_COLUMNS: Final = tuple(column for column in Card.__struct_fields__ if column not in COUNTERS)
CARD_FIELDS: Final = (*CARD_COLUMNS, *COUNTERS)
STATUS: Final = CARD_FIELDS.index("status")

SELECT_CARDS, SELECT_CARDS_ON = (
    selecting(
        (
            "account.balance",
            "account.held",
            "account.last_entry",
            *(f"card.{column}" for column in CARD_COLUMNS),
            *(f"account.{column}" for column in COUNTERS),
        ),
        "card",
        f"JOIN account ON account.id = card.account WHERE card.{column} IN ({{marks}})",
    )
    for column in ("token", "account")
)
INSERT_CARD: Final = inserting("card", CARD_COLUMNS)
INSERT_ACCOUNT: Final = inserting("account", ("id", "kind", "currency", "balance", *COUNTERS, "last_entry"))
UPDATE_ACCOUNT: Final = updating("account", ("balance", "held", *COUNTERS, "last_entry"), ("id",))

counters = attrgetter(*COUNTERS)
card_row = attrgetter(*CARD_COLUMNS)


def held_of(row: Sequence[Any]) -> KnownCard:
    """A row of SELECT_CARDS."""
    balance, held, last_entry, *described = row
    fields = dict(zip(CARD_FIELDS, described, strict=True))
    card = Card(**{**fields, "status": CardStatus(described[STATUS])})
    return KnownCard(card, chart.cardholder(card.account, card.currency, balance, held), last_entry)


def opened(card: Card, account: Account, funding: Entry | None) -> tuple[Any, ...]:
    """A new account as INSERT_ACCOUNT takes it."""
    last_entry = "" if funding is None else funding.id
    return (account.id, account.kind, account.currency, account.balance, *counters(card), last_entry)


def changed(card: Card, account: Account, last_entry: str) -> tuple[Any, ...]:
    """An account whose balance, hold or counters have moved, as UPDATE_ACCOUNT takes it."""
    return (account.balance, account.held, *counters(card), last_entry, account.id)
