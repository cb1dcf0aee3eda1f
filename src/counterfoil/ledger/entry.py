"""The entry: money that moved from one account to another. Never changed, never deleted."""

from __future__ import annotations

from typing import Final

import msgspec

from counterfoil.step import Instant

MAX_INTEGER: Final = 2**63 - 1  # what every engine's bigint holds; SQLite would turn more into a float


class Entry(msgspec.Struct, frozen=True):
    """`amount` minor units left `debit` and reached `credit` at `at`.

    `id` was made by whoever asked, before asking. `ref` says what it was for. `reverses` is the id of the entry this
    one undoes, `hold` the id of the hold it posts; "" when it does neither.
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

    def reversed(self, entry_id: str, at: Instant) -> Entry:
        """The entry that undoes this one: the same amount back along the same way."""
        return Entry(entry_id, self.credit, self.debit, self.amount, self.currency, at, self.ref, self.id)
