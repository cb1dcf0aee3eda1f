"""Migrations: numbered SQL files, applied once, in order, all of them in one transaction.

Each is recorded in the store with the SHA-256 of its text. A file that was edited after it was applied, or a store
that another room or a newer program made, is refused: a format is only ever changed by a new number.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from importlib import resources
from typing import Final, NamedTuple

from counterfoil.errors import OurError, StoreError
from counterfoil.storage import sentences

FILE: Final = re.compile(r"([0-9]{4})\.sql")


class Migration(NamedTuple):
    """Change of format. `number` counts from 1; `sql` may hold several statements but no BEGIN or COMMIT."""

    number: int
    sql: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text, in hex, as the store records it."""
        return hashlib.sha256(self.sql.encode("utf-8")).hexdigest()


def migrations_of(package: str) -> list[Migration]:
    """Migrations of a room ("counterfoil.issuer"), its files `migrations/NNNN.sql`, in order.

    OurError when there are none or when their numbers are not 1, 2, 3 …
    """
    found: list[Migration] = []
    folder = resources.files(package) / "migrations"
    if folder.is_dir():
        for entry in folder.iterdir():
            if match := FILE.fullmatch(entry.name):
                found.append(Migration(int(match.group(1)), entry.read_text("utf-8")))
    found.sort()
    return numbered(found, package)


def numbered(migrations: Sequence[Migration], whose: str) -> list[Migration]:
    """`migrations`, checked to be numbered 1, 2, 3 …; OurError otherwise."""
    if not migrations or [m.number for m in migrations] != list(range(1, len(migrations) + 1)):
        raise OurError(f"the migrations of {whose} are not numbered 1, 2, 3 …")
    return list(migrations)


def pending(known: Sequence[Migration], recorded: Sequence[tuple[int, str]], whose: str) -> list[Migration]:
    """Migrations that a store lacks which recorded these (number, digest) pairs.

    StoreError when the store is newer than `known`, or was made by other migrations.
    """
    if len(recorded) > len(known):
        raise StoreError(*sentences.NEWER.filled(store=whose, found=len(recorded), known=len(known)))
    for migration, (number, digest) in zip(known, recorded, strict=False):
        if (migration.number, migration.digest) != (number, digest):
            raise StoreError(*sentences.OTHER_MIGRATION.filled(store=whose, number=number))
    return list(known[len(recorded) :])
