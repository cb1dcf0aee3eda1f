"""The comparison's own store, written by one process: its queries, and what others may read.

The only file of this room that knows the engine. The functions at the end take any Store, also a read-only one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from counterfoil.reconciliation.kinds import BreakKind
from counterfoil.reconciliation.rows import Contradiction, InFlight, Pass
from counterfoil.step import Instant
from counterfoil.storage import Store
from counterfoil.storage.sql import inserting, updating, upserting

PACKAGE: Final = "counterfoil.reconciliation"
COLUMNS: Final = Contradiction.__struct_fields__
MOVES: Final = ("kind", "detail", "at_terminal", "at_switch", "at_issuer", "last_seen", "looked_at", "ended_at", "how")
PASS: Final = Pass.__struct_fields__
WAITING: Final = InFlight.__struct_fields__
KIND: Final = COLUMNS.index("kind")
PASSES_KEPT: Final = 1000


NEW: Final = inserting("contradiction", COLUMNS)
MOVE: Final = updating("contradiction", MOVES, ("number",))
PUT_WAITING: Final = upserting("waiting", WAITING, ("name",))
DROP_WAITING: Final = "DELETE FROM waiting WHERE name = ?"
PUT_REACHED: Final = upserting("reached", ("station", "place", "what"), ("station",))
PUT_PASS: Final = upserting("pass", PASS, ("number",))
FORGET_PASSES: Final = "DELETE FROM pass WHERE number <= ?"

_SELECT: Final = f"SELECT {', '.join(COLUMNS)} FROM contradiction "  # noqa: S608 - names of ours
OPEN: Final = _SELECT + "WHERE ended_at = 0 ORDER BY first_seen, number LIMIT ?"
OPEN_OF: Final = _SELECT + "WHERE ended_at = 0 AND name IN ({marks})"
LOOKED: Final = _SELECT + "WHERE ended_at = 0 AND looked_at < ? ORDER BY looked_at, number LIMIT ?"
ENDED: Final = _SELECT + "WHERE ended_at > 0 AND ended_at >= ? ORDER BY ended_at DESC LIMIT ?"
ONE: Final = _SELECT + "WHERE number = ?"
OF: Final = _SELECT + "WHERE name = ? ORDER BY first_seen, number LIMIT 100"
COUNT: Final = "SELECT count(*) FROM contradiction WHERE ended_at = 0"
LAST_NUMBER: Final = "SELECT number FROM contradiction ORDER BY length(number) DESC, number DESC LIMIT 1"
WAITS: Final = f"SELECT {', '.join(WAITING)} FROM waiting WHERE looked_at < ? ORDER BY looked_at, name LIMIT ?"  # noqa: S608 - names of ours
REACHED: Final = "SELECT station, place, what FROM reached"
LAST_PASS: Final = f"SELECT {', '.join(PASS)} FROM pass ORDER BY number DESC LIMIT 1"  # noqa: S608 - names of ours
LAST_WHOLE: Final = f"SELECT {', '.join(PASS)} FROM pass WHERE whole = 1 AND ended_at > 0 ORDER BY number DESC LIMIT 1"  # noqa: S608 - names of ours


class Records:
    """The store, for its one writer."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._last = numbered(last_number(store))

    def next_number(self) -> str:
        """The number of the next contradiction; each is given out once."""
        self._last += 1
        return f"C-{self._last:06d}"

    def reached(self) -> dict[str, tuple[int, str]]:
        """How far the comparison has come, by station: a place, and what lay there."""
        return {station: (place, what) for station, place, what in self.store.query(REACHED)}

    def open_of(self, names: Iterable[str]) -> dict[tuple[str, BreakKind], Contradiction]:
        """The open contradictions of these transactions."""
        rows = self.store.select_in(OPEN_OF, list(names))
        return {(row.name, row.kind): row for row in map(_contradiction, rows)}

    def looked_before(self, at: Instant, limit: int) -> list[Contradiction]:
        """The open ones that nobody looked at since then, the longest unseen first."""
        return [_contradiction(row) for row in self.store.query(LOOKED, (at, limit))]

    def waiting(self, at: Instant, limit: int) -> list[InFlight]:
        """What was in flight and not looked at since then, the longest unseen first."""
        return [InFlight(*row) for row in self.store.query(WAITS, (at, limit))]

    def write(
        self,
        *,
        now_at: Pass,
        born: Sequence[Contradiction] = (),
        moved: Sequence[Contradiction] = (),
        waits: Sequence[InFlight] = (),
        rests: Iterable[str] = (),
        reached: Iterable[tuple[str, int, str]] = (),
    ) -> None:
        """The one commit of a turn. CommitFailed when it did not become durable."""
        store = self.store
        with store.transaction():
            store.executemany(NEW, [msgspec.structs.astuple(row) for row in born])
            store.executemany(MOVE, [(*(getattr(row, name) for name in MOVES), row.number) for row in moved])
            store.executemany(DROP_WAITING, [(name,) for name in rests])
            store.executemany(PUT_WAITING, [msgspec.structs.astuple(one) for one in waits])
            store.executemany(PUT_REACHED, list(reached))
            store.execute(PUT_PASS, msgspec.structs.astuple(now_at))
            store.execute(FORGET_PASSES, (now_at.number - PASSES_KEPT,))
            store.commit()


def numbered(number: str) -> int:
    """What comes behind "C-"; 0 for none."""
    return int(number[2:]) if number else 0


def last_number(store: Store) -> str:
    """The last number that was given out, "" for none."""
    rows = store.query(LAST_NUMBER)
    return str(rows[0][0]) if rows else ""


# --- for other processes: any Store, also a read-only one ------------------------------------------------------------


def opened(store: Store, limit: int) -> list[Contradiction]:
    """The open contradictions, the oldest first, at most `limit`."""
    return [_contradiction(row) for row in store.query(OPEN, (limit,))]


def ended(store: Store, since: Instant, limit: int) -> list[Contradiction]:
    """Contradictions that ended since an instant, the latest first, at most `limit`."""
    return [_contradiction(row) for row in store.query(ENDED, (since, limit))]


def one(store: Store, number: str) -> Contradiction | None:
    """The contradiction with this number."""
    rows = store.query(ONE, (number,))
    return _contradiction(rows[0]) if rows else None


def of(store: Store, name: str) -> list[Contradiction]:
    """What there was about one transaction, open or ended, the oldest first."""
    return [_contradiction(row) for row in store.query(OF, (name,))]


def open_count(store: Store) -> int:
    """How many are open."""
    return int(store.query(COUNT)[0][0])


def last_pass(store: Store) -> Pass | None:
    """The newest pass, perhaps under way."""
    return _pass(store.query(LAST_PASS))


def last_whole(store: Store) -> Pass | None:
    """The newest pass over everything that came to its end."""
    return _pass(store.query(LAST_WHOLE))


def _pass(rows: list[tuple[Any, ...]]) -> Pass | None:
    if not rows:
        return None
    told = dict(zip(PASS, rows[0], strict=True))
    return Pass(**{**told, "whole": bool(told["whole"])})


def _contradiction(row: tuple[Any, ...]) -> Contradiction:
    return Contradiction(**{**dict(zip(COLUMNS, row, strict=True)), "kind": BreakKind(row[KIND])})
