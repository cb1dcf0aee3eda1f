"""Approved sales that nothing proves closed: the last of each device, as far as this switch has heard of it.

The next request of the same device in the same batch proves that it closed the one before (docs/loop.md). Of what has
no next one only the terminal can tell, and a person where it stays silent. The end of each silent batch is read, never
the history of a terminal.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from counterfoil.step import Instant
from counterfoil.storage import Store
from counterfoil.switch.lifecycle import State
from counterfoil.switch.rows import IS_INQUIRY, SEALED
from counterfoil.transaction import AttemptKey

TAIL: Final = 50
"""Attempts at the end of a batch that are looked at: the last, and those it does not follow by the switch's clock."""
SILENT: Final = """
    WITH RECURSIVE line (terminal, batch) AS (
        SELECT terminal, (SELECT min(batch) FROM attempt WHERE attempt.terminal = terminal.terminal) FROM terminal
        UNION ALL
        SELECT terminal, (SELECT min(batch) FROM attempt WHERE attempt.terminal = line.terminal
                                                           AND attempt.batch > line.batch)
        FROM line WHERE batch IS NOT NULL
    ), newest (terminal, batch, stan) AS (
        SELECT terminal, batch, (SELECT stan FROM attempt WHERE attempt.terminal = line.terminal
                                 AND attempt.batch = line.batch AND {sealed}
                                 ORDER BY stan DESC LIMIT 1)
        FROM line WHERE batch IS NOT NULL
    )
    SELECT newest.terminal, newest.batch FROM newest, attempt
    WHERE attempt.terminal = newest.terminal AND attempt.batch = newest.batch AND attempt.stan = newest.stan
    AND attempt.started_at <= ?
""".replace("{sealed}", SEALED.format("attempt"))
LAST: Final = " ".join(
    (
        "SELECT stan, state, started_at, rrn,",
        IS_INQUIRY,
        "FROM attempt WHERE terminal = ? AND batch = ? AND",
        SEALED.format("attempt"),
        "ORDER BY stan DESC LIMIT ?",
    )
)


class _Row(NamedTuple):
    stan: str
    state: str
    started_at: Instant
    rrn: str
    is_inquiry: int


def unproved(store: Store, until: Instant) -> list[AttemptKey]:
    """Sales that were approved and begun no later than `until` (microseconds, UTC), the oldest first."""
    found = [
        (row.started_at, row.rrn, AttemptKey(terminal, batch, row.stan))
        for terminal, batch in store.query(SILENT, (until,))
        for row in _unfollowed([_Row(*row) for row in store.query(LAST, (terminal, batch, TAIL))])
        if row.state == State.APPROVED and not row.is_inquiry and row.started_at <= until
    ]
    return [key for _, _, key in sorted(found)]


def _unfollowed(newest_first: list[_Row]) -> list[_Row]:
    """Attempts that no later one follows; several where the switch's clock was set back between them."""
    return [
        row
        for place, row in enumerate(newest_first)
        if not any(later.started_at >= row.started_at and later.rrn > row.rrn for later in newest_first[:place])
    ]
