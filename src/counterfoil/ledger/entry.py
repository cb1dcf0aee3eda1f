"""The entry: money that moved from one account to another. Never changed, never deleted."""

from __future__ import annotations

from typing import Final

import msgspec

from counterfoil.step import Instant

MAX_INTEGER: Final = 2**63 - 1  # what every engine's bigint holds; SQLite would turn more into a float


class Entry(msgspec.Struct, frozen=True):
    """Ledger entry: `amount` minor units left `debit` and reached `credit` at `at`.

    `id` was made by the caller before the request. `ref` is the reference of its transaction. `reverses` is the id of
    the entry it undoes, `hold` the id of the (first) hold it posts, `original` the id of the entry it is a child of, as
    a refund is of its sale; "" when it does none of these. `forced` was booked whatever the floor is, because it had
    been promised.
    """

    id: str
    debit: str
    credit: str
    amount: int
    currency: str
    at: Instant
    ref: str = ""
    reverses: str = ""
    hold: str = ""
    original: str = ""
    forced: bool = False

    def reversed(self, entry_id: str, at: Instant, amount: int | None = None) -> Entry:
        """Entry that undoes this one: the amount (None: all of it) back along the same way, forced."""
        back = self.amount if amount is None else amount
        return Entry(entry_id, self.credit, self.debit, back, self.currency, at, self.ref, self.id, forced=True)
