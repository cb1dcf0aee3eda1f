"""What the ledger must know with a record: its family, read in a few SELECTs whatever their number.

With an entry the one it stands against, what stands against it, and what reverses any of them; with a hold its
increments, what they stand again as, and how each of them ended. A purchase that is reversed has no family: of it these
are three look-ups, two of which find nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, NamedTuple

from counterfoil.issuer import chart
from counterfoil.ledger import Entry, Hold, HoldOutcome, Resolution
from counterfoil.storage import Store
from counterfoil.storage.sql import selecting

HOLD_COLUMNS: Final = Hold.__struct_fields__
RESOLUTION_COLUMNS: Final = ("hold", "id", "outcome", "amount", "at")

SELECT_ENTRIES: Final = selecting(chart.ENTRY_COLUMNS, "entry", "WHERE id IN ({marks})")
SELECT_CHILDREN: Final = selecting(chart.ENTRY_COLUMNS, "entry", "WHERE original IN ({marks}) AND original <> ''")
SELECT_REVERSALS: Final = selecting(chart.ENTRY_COLUMNS, "entry", "WHERE reverses IN ({marks}) AND reverses <> ''")
SELECT_HOLDS: Final = selecting(HOLD_COLUMNS, "hold", "WHERE id IN ({marks})")
SELECT_INCREMENTS: Final = selecting(HOLD_COLUMNS, "hold", "WHERE original IN ({marks}) AND original <> ''")
SELECT_ENDS: Final = selecting(RESOLUTION_COLUMNS, "resolution", "WHERE hold IN ({marks})")
SELECT_ENDED_BY: Final = selecting(RESOLUTION_COLUMNS, "resolution", "WHERE id IN ({marks})")


class Family(NamedTuple):
    """Records by their ids; the resolutions by their holds."""

    entries: dict[str, Entry]
    holds: dict[str, Hold]
    resolutions: dict[str, Resolution]

    def sides(self) -> dict[str, None]:
        """Every account that an entry or a hold names, on either side, once each."""
        records: list[Entry | Hold] = [*self.entries.values(), *self.holds.values()]
        return dict.fromkeys(account for one in records for account in (one.debit, one.credit))


def families(store: Store, ids: Collection[str]) -> Family:
    """The records with these ids, of whatever kind, and their families."""
    entries = _entries(store, ids)
    firsts = {entry.hold for entry in entries.values() if entry.hold}
    others = [one for one in ids if one not in entries]
    if others:
        holds = [hold_of(row) for row in store.select_in(SELECT_HOLDS, others)]
        ended = [hold for hold, *_ in store.select_in(SELECT_ENDED_BY, others)]
        holds += [hold_of(row) for row in store.select_in(SELECT_HOLDS, ended)]
        firsts |= {hold.first for hold in holds}
    if not firsts:
        return Family(entries, {}, {})
    named = sorted(firsts)
    rows = store.select_in(SELECT_HOLDS, named) + store.select_in(SELECT_INCREMENTS, named)
    known = {row[0]: hold_of(row) for row in rows}
    ends = {row[0]: resolution_of(row) for row in store.select_in(SELECT_ENDS, list(known))}
    return Family(entries, known, ends)


def _entries(store: Store, ids: Collection[str]) -> dict[str, Entry]:
    """Those of the ids that are entries, with all that stands against each other."""
    found: dict[str, Entry] = {}
    fresh = [chart.entry_of(row) for row in store.select_in(SELECT_ENTRIES, list(ids))]
    while fresh:
        found.update((entry.id, entry) for entry in fresh)
        names = [entry.id for entry in fresh]
        rows = store.select_in(SELECT_CHILDREN, names) + store.select_in(SELECT_REVERSALS, names)
        above = [entry.original for entry in fresh if entry.original and entry.original not in found]
        rows += store.select_in(SELECT_ENTRIES, above)
        fresh = [chart.entry_of(row) for row in rows if row[0] not in found]
    return found


def hold_of(row: tuple[Any, ...]) -> Hold:
    """A row of HOLD_COLUMNS."""
    return Hold(*row)


def hold_row(hold: Hold) -> tuple[Any, ...]:
    """The hold in the order of HOLD_COLUMNS."""
    return tuple(getattr(hold, column) for column in HOLD_COLUMNS)


def resolution_of(row: tuple[Any, ...]) -> Resolution:
    """A row of RESOLUTION_COLUMNS."""
    hold, name, outcome, amount, at = row
    return Resolution(name, hold, HoldOutcome(outcome), amount, at)


def resolution_row(end: Resolution) -> tuple[Any, ...]:
    """The resolution in the order of RESOLUTION_COLUMNS."""
    return (end.hold, end.id, end.outcome.value, end.amount, end.at)
