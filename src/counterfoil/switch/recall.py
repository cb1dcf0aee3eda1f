"""What the store says, at a sign-on, of what an issuer was asked and has answered. No sale asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from counterfoil.iso8583.responses import ISSUER_TIMEOUT
from counterfoil.step import SECOND, Instant
from counterfoil.storage import forgotten
from counterfoil.storage.arrival import LATEST, newest
from counterfoil.switch import numbers
from counterfoil.switch.records import Records
from counterfoil.switch.rows import IS_INQUIRY, SEALED, Attempt

ANSWERED: Final = (
    "issuer = ? AND (state = 'approved' OR state = 'reversed' OR (state = 'declined' AND forwarded = 1 "
    f"AND NOT (response_code = '{ISSUER_TIMEOUT}' AND {IS_INQUIRY}))"
    " OR (state = 'reversing' AND auth_code <> ''))"
)
"""Attempts of which the switch has a word of the issuer under a valid MAC. An inquiry that nobody answered in time is
declined all the same, with the code of that.
"""
MADE: Final = "SELECT rrn, transmitted, trace FROM attempt WHERE rrn IN ({marks})"
SINCE: Final = "SELECT rrn FROM attempt WHERE terminal = ? AND batch = ? AND stan >= ? ORDER BY stan LIMIT ?"
FOLLOWED: Final = " ".join(
    ("SELECT 1 FROM attempt WHERE terminal = ? AND batch = ? AND stan > ? AND", SEALED.format("attempt"), "LIMIT 1")
)
STRANGE: Final = "SELECT 1 FROM forgotten WHERE station = ? AND terminal = ? LIMIT 1"
MOST: Final = 5000
ANY_ARCHIVED: Final = "SELECT 1 FROM archived LIMIT 1"
IN_THE_STORE: Final[Instant] = 10 * 86_400 * SECOND
"""An attempt that is younger than this is in no archive (cli/archive.py, FEWEST)."""


class Answered(NamedTuple):
    """An attempt that an issuer has answered: its place in the store, its RRN, and DE7 and DE11 in one."""

    place: int
    rrn: str
    request: str


class Recall:
    """Questions about the past."""

    def __init__(self, records: Records, numbering: Instant) -> None:
        self._records = records
        self._store = records.store
        self._offset = numbering

    def answered(self, issuer: str, limit: int, before: int = LATEST) -> tuple[Answered, ...]:
        """The newest attempts that this issuer has answered, behind a place."""
        rows = newest(self._store, "attempt", "rrn, transmitted, trace", ANSWERED, (issuer,), limit, before)
        return tuple(Answered(place, rrn, transmitted + trace) for place, rrn, transmitted, trace in rows)

    def never_made(self, requests: Sequence[tuple[str, str]], now: Instant) -> set[str]:
        """The RRNs of those (RRN, DE7 and DE11 in one) that this switch does not know of.

        What may be in the archive counts as known: its RRN is not kept here.
        """
        if not requests:
            return set()
        rows = self._store.select_in(MADE, [rrn for rrn, _ in requests])
        made = {rrn: transmitted + trace for rrn, transmitted, trace in rows}
        unknown = [rrn for rrn, request in requests if made.get(rrn) != request]
        if unknown and self._store.query(ANY_ARCHIVED):
            return {rrn for rrn in unknown if now - numbers.made_at(rrn, self._offset, now) < IN_THE_STORE}
        return set(unknown)

    def attempts(self, rrns: Sequence[str]) -> Sequence[Attempt]:
        """The attempts with these RRNs."""
        return self._records.attempts([], rrns)

    def since(self, terminal: str, batch: str, stan: str) -> Sequence[Attempt]:
        """What a terminal has asked in a batch under this STAN and the higher ones; at most MOST, the lowest first."""
        rows = self._store.query(SINCE, (terminal, batch, stan, MOST))
        return self.attempts([rrn for (rrn,) in rows])

    def is_followed(self, terminal: str, batch: str, stan: str) -> bool:
        """Whether a terminal has vouched for a request in a batch above this STAN."""
        return bool(self._store.query(FOLLOWED, (terminal, batch, stan)))

    def has_forgotten(self, terminal: str) -> bool:
        """Whether this store was put back, and does not know something of a terminal; ended by a person or not."""
        return bool(self._store.query(STRANGE, (forgotten.SWITCH, terminal)))

    def walked(self, names: Sequence[str]) -> dict[str, bool]:
        """Which of these rows are there, and whether the comparison they were found in came to its end."""
        return forgotten.walked(self._store, names)
