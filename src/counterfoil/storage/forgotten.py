"""What a station's store does not know any more, and another's does: a row each, open until a person ends it.

Found when two stations compare what they know of what they told each other: one was restored from a backup, lost its
log, or is a copy of another day. Nothing is booked by machine on a memory that has a hole: while a row is open its
station refuses the card or the terminal it is about. A row never vanishes; it ends, with who ended it and why.

Each station has the table in a store of its own, in the same shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

import msgspec

from counterfoil.step import Instant
from counterfoil.storage.sql import inserting
from counterfoil.storage.store import Store
from counterfoil.words import Text

VERB: Final = "forgotten"
BAD_ENDING: Final = Text(en="name rows that are open, who ends them, and a reason", zh="请给出未结的编号、经办人和原因")
SWITCH: Final = "switch"
AT_ONCE: Final = 500
"""Rows ended in one commit: some milliseconds, so that no sale waits."""
LONGEST: Final = 400
FORGOTTEN: Final = "forgotten"
"""What the case of such a row is about."""


class Forgotten(NamedTuple):
    """Transaction that `station` has lost. The order of the attributes is that of the columns.

    `number` is for people, `peer` the station it was compared with. `key` is the transaction's in the store that has
    the row, "" where that is the store that lost it. `request` is DE7 and DE11 of the request to an issuer, `token` the
    card's. `walked`: the comparison that found it is complete. `ended_at` is 0 while it is open; `how` is then
    "accepted" or "imported", and `evidence` the peers' records of it, as JSON, masked.
    """

    number: str
    station: str
    peer: str
    key: str
    request: str
    rrn: str
    terminal: str
    token: str
    amount: int
    currency: str
    last4: str
    opened_at: Instant
    walked: int = 0
    ended_at: Instant = 0
    how: str = ""
    ended_by: str = ""
    reason: str = ""
    evidence: str = ""


COLUMNS: Final = ", ".join(Forgotten._fields)
INSERT: Final = inserting("forgotten", Forgotten._fields) + " ON CONFLICT DO NOTHING"
WALKED: Final = "SELECT number, walked FROM forgotten WHERE number IN ({marks})"
WALK: Final = "UPDATE forgotten SET walked = 1 WHERE walked = 0 AND peer = ?"
OPEN: Final = " ".join(("SELECT", COLUMNS, "FROM forgotten WHERE ended_at = 0 ORDER BY opened_at, number LIMIT ?"))
COUNT: Final = "SELECT station, count(*), min(opened_at) FROM forgotten WHERE ended_at = 0 GROUP BY station"
TERMINALS: Final = (
    "SELECT DISTINCT terminal FROM forgotten "
    "WHERE ended_at = 0 AND terminal <> '' AND (station = ? OR station = terminal)"
)
EVERY: Final = " ".join(("SELECT", COLUMNS, "FROM forgotten ORDER BY opened_at DESC, number LIMIT ?"))
NUMBERED: Final = " ".join(("SELECT", COLUMNS, "FROM forgotten WHERE ended_at = 0 AND number IN ({marks})"))
END: Final = (
    "UPDATE forgotten SET ended_at = ?, how = ?, ended_by = ?, reason = ?, evidence = ? "
    "WHERE number = ? AND ended_at = 0"
)
END_CASE: Final = "UPDATE exception_case SET ended_at = ?, how = ? WHERE number = ? AND what = ? AND ended_at = 0"


class Ending(msgspec.Struct, forbid_unknown_fields=True):
    """Decision of a person that ends rows. `evidence`: other stations' masked records by number, if "imported"."""

    numbers: list[str]
    by: str
    reason: str
    how: Literal["accepted", "imported"] = "accepted"
    evidence: dict[str, dict[str, Any]] = {}


def ending_of(args: Mapping[str, Any]) -> Ending | None:
    """Decision in the arguments of the verb; None without operator or reason, or with too many rows for one commit."""
    try:
        ending = msgspec.convert(dict(args), Ending)
    except msgspec.ValidationError:
        return None
    told = [ending.by.strip(), ending.reason.strip()]
    fits = all(told) and max(map(len, told)) <= LONGEST and 0 < len(ending.numbers) <= AT_ONCE
    return ending if fits else None


def end(store: Store, ending: Ending, now: Instant, release: str) -> list[Forgotten]:
    """End open rows, and the cases opened with them, in one commit; for the owner only. Returns those that ended.

    `release` detaches a transaction from its case: a statement with its key and the number of the case.
    """
    with store.transaction():
        rows = [Forgotten(*row) for row in store.select_in(NUMBERED, ending.numbers)]
        known = {one.number: msgspec.json.encode(ending.evidence.get(one.number, {})).decode() for one in rows}
        by, why = ending.by.strip(), ending.reason.strip()
        store.executemany(END, [(now, ending.how, by, why, known[one.number], one.number) for one in rows])
        store.executemany(END_CASE, [(now, ending.how, one.number, FORGOTTEN) for one in rows])
        store.executemany(release, [(one.key, one.number) for one in rows if one.key])
        store.commit()
    return rows


def walked(store: Store, numbers: Sequence[str]) -> dict[str, bool]:
    """Which of these have a row, open or not, and whether the comparison that found it is complete."""
    return {number: bool(ended) for number, ended in store.select_in(WALKED, numbers)} if numbers else {}


def withheld(store: Store, column: str) -> set[str]:
    """Cards (`token`) of open rows."""
    sql = f"SELECT DISTINCT {column} FROM forgotten WHERE ended_at = 0 AND {column} <> ''"  # noqa: S608 - names of ours
    return {str(name) for (name,) in store.query(sql)}


def withheld_terminals(store: Store) -> set[str]:
    """Terminals of open rows that they, or the switch, have lost."""
    return {str(name) for (name,) in store.query(TERMINALS, (SWITCH,))}


def open_rows(store: Store, limit: int = 1000) -> list[Forgotten]:
    """Open rows, the oldest first."""
    return [Forgotten(*row) for row in store.query(OPEN, (limit,))]


def every_row(store: Store, limit: int = 1000) -> list[Forgotten]:
    """All rows, the newest first."""
    return [Forgotten(*row) for row in store.query(EVERY, (limit,))]


def open_counts(store: Store) -> dict[str, tuple[int, Instant]]:
    """Per station that has lost something: the number of open rows, and the instant of the oldest."""
    return {station: (count, oldest) for station, count, oldest in store.query(COUNT)}
