"""The stores of a data directory, as whoever only reads them opens them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from counterfoil.errors import StoreError
from counterfoil.inquiry import Stores
from counterfoil.stack.layout import ISSUERS, RECONCILIATION, Layout, formats
from counterfoil.storage import Store, open_store
from counterfoil.zone import DEFAULT, Zone, zone


def stores_of(layout: Layout) -> Stores:
    """Every station's store and the archive, for reading; close it soon."""
    issuers = {name: layout.store(name) for name in ISSUERS}
    return Stores(layout.store("terminal"), layout.store("switch"), issuers, layout.archive, clock_of(layout))


def clock_of(layout: Layout) -> Zone:
    """The zone of a stack: what it was first started with."""
    return zone(layout.zone_name() or DEFAULT)


@contextmanager
def found_by_comparison(layout: Layout) -> Iterator[Store | None]:
    """What the comparison of all stubs wrote down; None where none has run, or its store cannot be read."""
    try:
        store = open_store(layout.store(RECONCILIATION), formats(RECONCILIATION), readonly=True)
    except StoreError:
        yield None
        return
    try:
        yield store
    finally:
        store.close()
