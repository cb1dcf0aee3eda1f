"""The store: one SQLite file per station, opened so that it can be trusted or not at all.

A station opens its own store with `open_store` and is its only writer, under an OS file lock. Everybody else opens it
with `readonly=True` and reads in short transactions: a reader left open makes the write-ahead log grow without bound.

One step is one transaction: `begin`, one SELECT per table (`select_in`), one `executemany` per table, `commit`.
`commit` returns when the data is on the disk, or raises `step.CommitFailed`.

Writing for this store: keys are made by the application; column types are `bigint`, `text` and `bytea`; statements
stay in the subset PostgreSQL understands too (docs/decisions/0001). SQLite turns an integer that outgrows 63 bits
inside an expression into a float, so money is added up in Python, and money columns carry a CHECK with their bounds
(`CHECK (amount BETWEEN 1 AND 999999999999)`), which such a float fails. A float never passes `Store` in either
direction.
"""

from counterfoil.storage import arrival, forgotten, held
from counterfoil.storage.aside import Aside
from counterfoil.storage.held import MOST_COUNTED, NumbersHeld
from counterfoil.storage.migrations import Migration, migrations_of
from counterfoil.storage.opening import open_store
from counterfoil.storage.parts import Parts, highest_part, in_parts
from counterfoil.storage.recent import Recent
from counterfoil.storage.store import Store

__all__ = [
    "MOST_COUNTED",
    "Aside",
    "Migration",
    "NumbersHeld",
    "Parts",
    "Recent",
    "Store",
    "arrival",
    "forgotten",
    "held",
    "highest_part",
    "in_parts",
    "migrations_of",
    "open_store",
]
