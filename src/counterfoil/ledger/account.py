"""Accounts. Only some carry a balance row; it is a cache of their entries, never a second truth."""

from __future__ import annotations

import enum

import msgspec


class AccountKind(enum.StrEnum):
    """Whose money an account counts."""

    CARDHOLDER = "cardholder"
    FUNDING = "funding"
    CLEARING = "clearing"
    MERCHANT = "merchant"
    FEE = "fee"
    SUSPENSE = "suspense"


class Account(msgspec.Struct, frozen=True):
    """Account in one currency (or unit).

    `balance` is credits minus debits in minor units, or None for an append-only account, which has no row that every
    transaction would have to update: its balance is the sum of its entries. `held` is the sum of its open holds.
    `floor` is the lowest available amount (a cardholder's is 0); only forced entries go below it. None means no limit,
    and an account without a balance has none.
    """

    id: str
    kind: AccountKind
    currency: str
    balance: int | None = None
    floor: int | None = None
    held: int = 0

    def __post_init__(self) -> None:
        assert self.floor is None or self.balance is not None, "a floor needs a balance to stand on"

    @property
    def available(self) -> int | None:
        """Available amount: balance minus held, in minor units; None when there is no balance row."""
        return None if self.balance is None else self.balance - self.held

    @property
    def overdrawn(self) -> int:
        """Minor units by which forced entries took the available amount below the floor; 0 when it is not below."""
        if self.balance is None or self.floor is None:
            return 0
        return max(0, self.floor - self.balance + self.held)
