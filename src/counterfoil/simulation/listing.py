"""What the product itself lists of a world at rest: the inbox, and the comparison of all stubs that feeds it.

The oracle knows by its own sums what is one-sided or left to a person. Here the product is asked, in the way a console
asks it: each of these must be on its list, and nothing that is sound may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final

from counterfoil.inquiry import Stores
from counterfoil.inquiry.items import open_items
from counterfoil.reconciliation.comparison import Comparison
from counterfoil.reconciliation.kinds import BreakKind
from counterfoil.reconciliation.records import PACKAGE, Records, opened
from counterfoil.simulation.disk import Disk
from counterfoil.step import SECOND, Instant
from counterfoil.storage import Store, migrations_of, open_store
from counterfoil.verdict import Verdict

EVERYTHING: Final = 1 << 30
CLOCKS_RAN_OUT: Final[Instant] = 72 * 3600 * SECOND


class Machine(Stores):
    """The stores of a world as one machine of terminals has them beside it; they stay open."""

    def __init__(self, terminal: Disk, switch: Disk, issuers: Mapping[str, Disk]) -> None:
        super().__init__(Path(), Path(), dict.fromkeys(issuers, Path()))
        self._disks: dict[str, Store] = {"terminal": terminal, "switch": switch, **issuers}

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Nothing was opened."""

    def of(self, station: str) -> Store | None:
        """A station's disk."""
        return self._disks.get(station)


def _same(stores: Stores) -> Stores:
    return stores


def listed(
    machines: Iterable[Disk], switch: Disk, issuers: Mapping[str, Disk], now: Instant
) -> tuple[set[str], set[str]]:
    """What is on the list for a person, by TERMINAL/BATCH/STAN, and what of it is contradicted and not only overdue."""
    found: set[str] = set()
    contradicted: set[str] = set()
    for disk in machines:
        stores = Machine(disk, switch, issuers)
        store = open_store(":memory:", migrations_of(PACKAGE))
        comparison = Comparison(Records(store), partial(_same, stores), lambda: now)
        now_at = comparison.begin(whole=True)
        while now_at.stage:
            now_at = comparison.turn()
        rows = opened(store, EVERYTHING)
        found |= {row.name for row in rows}
        contradicted |= {row.name for row in rows if row.kind is not BreakKind.OVERDUE}
        items = open_items(stores, now, EVERYTHING, [row.one for row in rows])
        found |= {item.one.ref for item in items if item.finding.verdict is Verdict.EXCEPTION}
        store.close()
    return found, contradicted
