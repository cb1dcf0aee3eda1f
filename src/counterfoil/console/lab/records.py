"""The runs of the lab, kept as they ended."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from counterfoil.errors import StoreError
from counterfoil.step import CommitFailed, Instant
from counterfoil.storage import Store
from counterfoil.words import Text

KEEP: Final = "INSERT INTO run (number, kept) VALUES (?, ?) ON CONFLICT (number) DO UPDATE SET kept = excluded.kept"
NEWEST: Final = "SELECT kept FROM run ORDER BY number DESC LIMIT ?"
ONE: Final = "SELECT kept FROM run WHERE number = ?"
LAST: Final = "SELECT coalesce(max(number), 0) FROM run"


class VerdictSeen(msgspec.Struct, frozen=True):
    """A verdict and when it was first seen, in milliseconds from the beginning of the run."""

    ms: int
    verdict: str


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `state` is running, done, or unfinished (the console ended before it did).

    `charged` is what the issuer holds of the cardholder in the end, debits less returns, in minor units; None when no
    issuer knows the sale. `trouble` is why the run itself could not go on. `wrong` says, in a word each, what is not
    as it must be: verdict, leg, money, ledger, fault.
    """

    number: int
    at: Instant
    by: str
    key: str
    seed: int
    card: str
    amount: int
    currency: str
    timers: tuple[int, ...]
    state: str = "running"
    terminal: str = ""
    issuer: str = ""
    ref: str = ""
    outcome: str = ""
    seen: tuple[VerdictSeen, ...] = ()
    leg: int = 0
    charged: int | None = None
    hits: int = 0
    sound: bool | None = None
    wrong: tuple[str, ...] = ()
    trouble: Text | None = None

    @property
    def passed(self) -> bool:
        """Everything was as docs/loop.md says."""
        return self.state == "done" and not self.wrong and not self.trouble

    @property
    def verdict(self) -> str:
        """The last verdict seen; "" before the first."""
        return self.seen[-1].verdict if self.seen else ""


class Runs:
    """All runs of one console."""

    def __init__(self, store: Store) -> None:
        self._store = store
        for run in self.newest(1000):
            if run.state == "running":
                self.keep(msgspec.structs.replace(run, state="unfinished"))

    def next_number(self) -> int:
        """The number of the run that begins now."""
        return int(self._store.query(LAST)[0][0]) + 1

    def keep(self, run: Run) -> None:
        """Write a run as it is now; StoreError when the disk does not let us."""
        try:
            with self._store.transaction() as store:
                store.execute(KEEP, (run.number, msgspec.json.encode(run).decode()))
                store.commit()
        except CommitFailed as error:
            raise StoreError(str(error)) from None

    def newest(self, count: int) -> list[Run]:
        """The latest runs, newest first."""
        return [_read(kept) for (kept,) in self._store.query(NEWEST, (count,))]

    def one(self, number: int) -> Run | None:
        """One run; None when there is none of that number."""
        rows = self._store.query(ONE, (number,))
        return _read(rows[0][0]) if rows else None


def _read(kept: Any) -> Run:
    return msgspec.json.decode(kept, type=Run)
