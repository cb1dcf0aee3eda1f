"""Copies of real stations' stores that can be spoiled one by one, and the comparison of them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import apsw

from archive.shop import Shop
from counterfoil.inquiry import Stores
from counterfoil.reconciliation.comparison import Comparison
from counterfoil.reconciliation.records import PACKAGE, Records, ended, opened
from counterfoil.reconciliation.rows import Contradiction, Pass
from counterfoil.step import SECOND, Instant
from counterfoil.storage import migrations_of, open_store

STORES: Final = ("terminal", "switch", "issuer")


def copy_of(shop: Shop, folder: Path) -> Path:
    """What lies on the disks of a shop's stations now, each store in one file of its own."""
    folder.mkdir()
    for name in STORES:
        source = apsw.Connection(str(shop.folder / "stores" / f"{name}.db"), flags=apsw.SQLITE_OPEN_READONLY)
        target = apsw.Connection(str(folder / f"{name}.db"))
        with target.backup("main", source, "main") as copying:
            copying.step()
        target.close()
        source.close()
    return folder


class Compared:
    """One stack's stores in a folder, and what its comparison found so far."""

    def __init__(self, folder: Path, now: Instant, *, archive: Path | None = None, **settings: Any) -> None:
        self.folder = folder
        self.now = now
        self.archive = archive
        self.settings = settings
        self.store = open_store(":memory:", migrations_of(PACKAGE))
        self.again()

    def again(self) -> None:
        """A process that begins anew on what the last one wrote."""
        self.comparison = Comparison(Records(self.store), self.stores, lambda: self.now, **self.settings)

    def stores(self) -> Stores:
        at = self.folder
        return Stores(at / "terminal.db", at / "switch.db", {"issuer-a": at / "issuer.db"}, self.archive)

    def run(self, *, whole: bool = True) -> Pass:
        """One pass, to its end."""
        self.now += SECOND
        now_at = self.comparison.begin(whole=whole)
        while now_at.stage:
            now_at = self.comparison.turn()
        return now_at

    def found(self, *, whole: bool = True) -> dict[str, set[str]]:
        """What is open after a pass: kinds, by transaction."""
        self.run(whole=whole)
        kinds: dict[str, set[str]] = {}
        for row in opened(self.store, 1000):
            kinds.setdefault(row.name, set()).add(row.kind.value)
        return kinds

    @property
    def open(self) -> list[Contradiction]:
        return opened(self.store, 1000)

    @property
    def ended(self) -> list[Contradiction]:
        return ended(self.store, 0, 1000)

    # --- what happens to the stores ---------------------------------------------------------------------------------

    def spoil(self, changes: Mapping[str, str]) -> None:
        """Change stores behind their owners' backs: statements by station."""
        for name, sql in changes.items():
            connection = apsw.Connection(str(self.folder / f"{name}.db"))
            connection.execute(sql).fetchall()
            connection.close()

    def put_back(self, source: Path, *names: str) -> None:
        """These stores as another copy holds them."""
        for name in names or STORES:
            for ending in ("", "-wal", "-shm"):
                (self.folder / f"{name}.db{ending}").unlink(missing_ok=True)
            shutil.copy(source / f"{name}.db", self.folder)
