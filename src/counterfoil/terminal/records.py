"""The terminal's own tables: its queries, the one commit of a step, and what other processes may read.

Only this file and `stubs.py`, which answers other processes, know the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple

import msgspec

from counterfoil.receipts.copies import CopyState
from counterfoil.receipts.document import Slip
from counterfoil.security import KeyUsage, StoredKey
from counterfoil.step import Instant
from counterfoil.storage import Migration, Store, held, migrations_of
from counterfoil.storage.sql import inserting, selecting, updating, upserting
from counterfoil.terminal.lifecycle import State
from counterfoil.terminal.rows import BORN_WITH, INDEXED, Attempt, Device
from counterfoil.transaction import AttemptKey

# Columns are named as the fields are, except where SQL has taken the word.
_SQL_NAMES: Final = {"key": "till_key", "case": "case_number"}
_ATTEMPT: Final = tuple(_SQL_NAMES.get(name, name) for name in Attempt.__struct_fields__)
_KEY: Final = ("terminal", "batch", "stan")
_DEVICE: Final = Device.__struct_fields__


PUT_DEVICE: Final = upserting("device", _DEVICE, ("terminal",))
PUT_STAN: Final = "UPDATE device SET stan = ? WHERE terminal = ?"
# What moves after the birth of an attempt. The rest is said once, and its indexes are left alone.
_MOVES: Final = tuple(name for name in Attempt.__struct_fields__ if name not in BORN_WITH)
_MOVES_ON: Final = tuple(name for name in _MOVES if name not in INDEXED)


def _update(names: Sequence[str]) -> str:
    return updating("attempt", [_SQL_NAMES.get(name, name) for name in names], _KEY)


MOVE_ATTEMPT: Final = _update(_MOVES)
MOVE_ATTEMPT_ON: Final = _update(_MOVES_ON)
NEW_ATTEMPT: Final = inserting("attempt", _ATTEMPT)
FREE_KEY: Final = "UPDATE attempt SET till_key = '' WHERE terminal = ? AND batch = ? AND stan = ?"
PUT_SLIP: Final = "INSERT INTO slip (terminal, batch, stan, facts) VALUES (?, ?, ?, ?)"
PUT_TRAIL: Final = "INSERT INTO trail (line, sale, terminal, at, what, message) VALUES (?, ?, ?, ?, ?, ?)"
PUT_OWN_KEY: Final = "INSERT INTO own_key (usage, blob, kcv) VALUES (?, ?, ?)"
PUT_QUARANTINE: Final = "INSERT INTO quarantine (at, line, kind, source, reason, detail) VALUES (?, ?, ?, ?, ?, ?)"

_SELECT: Final = selecting(_ATTEMPT, "attempt") + " "
ONE: Final = _SELECT + "WHERE terminal = ? AND batch = ? AND stan = ?"
BY_KEYS: Final = _SELECT + "WHERE till_key <> '' AND till_key IN ({marks})"
FAMILY: Final = _SELECT + "WHERE root <> '' AND root = ? ORDER BY started_at"
CHILDREN: Final = _SELECT + "WHERE original <> '' AND original IN ({marks}) ORDER BY started_at"
# In the words of the index, so that what is at rest is not looked at.
_MOVING: Final = (
    "state <> 'closed' AND state <> 'declined' AND state <> 'not_sent' AND state <> 'reversed' AND state <> 'lapsed'"
)
NOT_AT_REST: Final = _SELECT + f"WHERE {_MOVING} ORDER BY started_at, terminal"
OPEN: Final = NOT_AT_REST.replace(" ORDER BY", " AND state <> 'escalated' ORDER BY")
LAST: Final = _SELECT + "WHERE terminal = ? ORDER BY started_at DESC, batch DESC, stan DESC LIMIT 1"
LAST_STAN: Final = "SELECT coalesce(max(stan), '0') FROM attempt WHERE terminal = ? AND batch = ?"
LAST_PAID: Final = (
    _SELECT + "WHERE terminal = ? AND state IN ('approved', 'closed') "
    "ORDER BY started_at DESC, batch DESC, stan DESC LIMIT 1"
)
# A trail is kept in the order of its lines. Asked for one sale's in that order, SQLite would walk through all of them;
# the unary plus tells it to find them by the sale first.
_NUMBER: Final = _MOVING + " AND length(pan) > 0"
OLD_NUMBERS: Final = " ".join(
    (
        _SELECT,
        "WHERE",
        _NUMBER,
        "AND (state = 'approved' OR state = 'escalated') AND started_at < ? ORDER BY started_at LIMIT ?",
    )
)
HELD: Final = " ".join(("SELECT count(*) FROM (SELECT 1 FROM attempt WHERE", _NUMBER, "LIMIT ?) AS held"))
OLDEST_HELD: Final = " ".join(("SELECT min(started_at) FROM attempt WHERE", _NUMBER))
TRAIL: Final = "SELECT at, what, message FROM trail WHERE sale = ? ORDER BY +line"
LAST_LINE: Final = "SELECT coalesce(max(line), 0) FROM trail"
DEVICES: Final = selecting(_DEVICE, "device", "ORDER BY terminal")
ANY_ARCHIVED: Final = "SELECT 1 FROM archived_key LIMIT 1"
ARCHIVED: Final = "SELECT fingerprint FROM archived_key WHERE fingerprint IN ({marks})"
OWN_KEYS: Final = "SELECT usage, blob, kcv FROM own_key"
FACTS: Final = "SELECT facts FROM slip WHERE terminal = ? AND batch = ? AND stan = ?"
QUARANTINED: Final = "SELECT count(*) FROM quarantine"

_encode: Final = msgspec.json.Encoder().encode
decode: Final = msgspec.json.decode


class TrailLine(NamedTuple):
    """One line of the trail, as it is written. `sale` is the `place` of the attempt it tells of, 0 for none."""

    line: int
    sale: int
    terminal: str
    at: Instant
    what: str
    message: str


class StepWrites(NamedTuple):
    """All a step writes. An attempt that was `born` must be new to the store: nothing is ever written over another.

    Of those `moved_on` nothing has changed by which they are found (`attempt.INDEXED`). `stans` are terminals of which
    nothing else has changed, each behind the last STAN it used. Those `freed` give up the till's key before
    others are born.
    """

    devices: Iterable[Device]
    born: Iterable[Attempt]
    moved: Iterable[Attempt]
    slips: Iterable[tuple[AttemptKey, Slip]]
    lines: Sequence[TrailLine]
    moved_on: Iterable[Attempt] = ()
    stans: Sequence[tuple[int, str]] = ()
    freed: Sequence[AttemptKey] = ()


class Loaded(NamedTuple):
    """All a station needs to remember after a start. `line` is the number of the newest line of evidence."""

    devices: list[Device]
    open: list[Attempt]
    line: int
    keys: dict[str, StoredKey]


def migrations() -> list[Migration]:
    """The format of this station's store."""
    return migrations_of("counterfoil.terminal")


class Records:
    """The station's own view of its store: it is the only writer."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.any_archived = bool(store.query(ANY_ARCHIVED))

    def archived(self, fingerprints: Sequence[int]) -> set[int]:
        """Those of the fingerprints that belong to the till's key of a sale that left for the archive."""
        if not (fingerprints and self.any_archived):
            return set()
        return {row[0] for row in self.store.select_in(ARCHIVED, fingerprints)}

    def load(self) -> Loaded:
        """What is registered and what is open."""
        store = self.store
        with store.reading():
            return Loaded(
                [Device(*row) for row in store.query(DEVICES)],
                attempts_of(store.query(OPEN)),
                int(store.query(LAST_LINE)[0][0]),
                {usage: StoredKey(KeyUsage(usage), blob, kcv) for usage, blob, kcv in store.query(OWN_KEYS)},
            )

    def put_own_keys(self, keys: Iterable[StoredKey]) -> None:
        """Keep the station's own keys, once, when the store is new."""
        with self.store.transaction():
            self.store.executemany(PUT_OWN_KEY, [(key.usage.value, key.blob, key.kcv) for key in keys])
            self.store.commit()

    def write(self, written: StepWrites) -> None:
        """The one commit of a step: all of it or, on an exception, none. CommitFailed when the disk failed."""
        store = self.store
        with store.transaction():
            store.executemany(PUT_DEVICE, [msgspec.structs.astuple(device) for device in written.devices])
            store.executemany(PUT_STAN, written.stans)
            store.executemany(FREE_KEY, written.freed)
            store.executemany(NEW_ATTEMPT, [_row(attempt) for attempt in written.born])
            store.executemany(MOVE_ATTEMPT, [_moves(_row(attempt)) for attempt in written.moved])
            store.executemany(MOVE_ATTEMPT_ON, [_moves_on(_row(attempt)) for attempt in written.moved_on])
            store.executemany(PUT_SLIP, [(*key, _encode(slip).decode()) for key, slip in written.slips])
            store.executemany(PUT_TRAIL, written.lines)
            store.commit()

    def old_numbers(self, before: Instant, limit: int) -> list[Attempt]:
        """Sales begun before an instant that are owed no reversal and whose card number is held, the oldest first."""
        return attempts_of(self.store.query(OLD_NUMBERS, (before, limit)))

    def holds_numbers(self) -> bool:
        """Whether any sealed card number is in the store."""
        return held.asked(self.store, HELD, OLDEST_HELD, 1).number > 0

    def quarantine(self, at: Instant, line: int, kind: str, source: str, reason: str, detail: dict[str, Any]) -> None:
        """Keep an offender, in a commit of its own."""
        with self.store.transaction():
            self.store.execute(PUT_QUARANTINE, (at, line, kind, source, reason, _encode(detail).decode()))
            self.store.commit()

    def quarantined(self) -> int:
        """How many offenders are kept."""
        return int(self.store.query(QUARANTINED)[0][0])

    def by_keys(self, keys: Sequence[str]) -> list[Attempt]:
        """The attempts bound to these keys of the till."""
        return attempts_of(self.store.select_in(BY_KEYS, keys)) if keys else []

    def one(self, key: AttemptKey) -> Attempt | None:
        """One attempt."""
        found = attempts_of(self.store.query(ONE, key))
        return found[0] if found else None

    def last_stan(self, terminal: str, batch: str) -> int:
        """The highest STAN of an attempt in a batch; 0 for none."""
        return int(self.store.query(LAST_STAN, (terminal, batch))[0][0])

    def family(self, root: str) -> list[Attempt]:
        """All attempts of a chain of retries."""
        return attempts_of(self.store.query(FAMILY, (root,)))

    def children(self, originals: Sequence[str]) -> list[Attempt]:
        """All attempts that refer to one of these, oldest first."""
        return attempts_of(self.store.select_in(CHILDREN, originals))

    def last(self, terminal: str) -> Attempt | None:
        """The newest attempt of a terminal."""
        found = attempts_of(self.store.query(LAST, (terminal,)))
        return found[0] if found else None

    def last_paid(self, terminal: str) -> Attempt | None:
        """The newest attempt of a terminal that stands."""
        found = attempts_of(self.store.query(LAST_PAID, (terminal,)))
        return found[0] if found else None

    def trail(self, attempt: Attempt) -> list[tuple[str, str]]:
        """The lines of evidence of a sale as they are kept, oldest first."""
        return [(str(what), str(message)) for _, what, message in self.store.query(TRAIL, (attempt.place,))]

    def slip(self, key: AttemptKey) -> Slip | None:
        """What the slips of a sale say; None when it was never approved."""
        rows = self.store.query(FACTS, key)
        return decode(rows[0][0], type=Slip) if rows else None


def message_json(kept: dict[str, Any] | None) -> str:
    """A masked message as the trail keeps it."""
    return _encode(kept).decode() if kept else ""


# Asking an enum for a member takes four times as long.
_STATES: Final[dict[str, State]] = {state.value: state for state in State}
_COPY_STATES: Final[dict[str, CopyState]] = {state.value: state for state in CopyState}
_STATE: Final = Attempt.__struct_fields__.index("state")
_LINKED: Final = Attempt.__struct_fields__.index("linked")
_COPIES: Final = tuple(map(Attempt.__struct_fields__.index, ("merchant_copy", "cardholder_copy", "bank_copy")))
_row: Final = msgspec.structs.astuple  # states are text and flags are integers as they stand
_moves: Final = itemgetter(*map(Attempt.__struct_fields__.index, (*_MOVES, *_KEY)))
_moves_on: Final = itemgetter(*map(Attempt.__struct_fields__.index, (*_MOVES_ON, *_KEY)))


def attempts_of(rows: Iterable[tuple[Any, ...]]) -> list[Attempt]:
    """Rows of `attempt` as their values."""
    found = []
    for row in rows:
        values = list(row)
        values[_STATE], values[_LINKED] = _STATES[row[_STATE]], bool(row[_LINKED])
        for index in _COPIES:
            values[index] = _COPY_STATES[row[index]]
        found.append(Attempt(*values))
    return found
