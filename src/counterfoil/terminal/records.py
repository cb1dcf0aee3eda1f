"""The terminal's own tables: its queries, the one commit of a step, and what other processes may read.

The only place that knows the store. The functions at the end take any `Store`, also a read-only one of another
process, and answer for the verdict, the console and the oracles.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple

import msgspec

from counterfoil.receipts.copies import CopyState
from counterfoil.receipts.document import Slip
from counterfoil.security import KeyUsage, StoredKey, last4_only
from counterfoil.step import Instant
from counterfoil.storage import MOST_COUNTED, Migration, NumbersHeld, Store, arrival, held, migrations_of
from counterfoil.storage.sql import inserting, updating, upserting
from counterfoil.terminal.lifecycle import PAID, State
from counterfoil.terminal.rows import BORN_WITH, INDEXED, Attempt, Device
from counterfoil.transaction import AttemptKey, Happened, TerminalStub

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

_SELECT: Final = f"SELECT {', '.join(_ATTEMPT)} FROM attempt "  # noqa: S608 - names of this file
ONE: Final = _SELECT + "WHERE terminal = ? AND batch = ? AND stan = ?"
THESE: Final = _SELECT + "WHERE (terminal, batch, stan) IN ({marks})"
BEHIND: Final = arrival.behind(_SELECT, "attempt")
SAID: Final = _SELECT + "WHERE rrn <> '' AND rrn IN ({marks})"
FACTS_OF: Final = "SELECT terminal, batch, stan, facts FROM slip WHERE (terminal, batch, stan) IN ({marks})"
BY_KEYS: Final = _SELECT + "WHERE till_key <> '' AND till_key IN ({marks})"
FAMILY: Final = _SELECT + "WHERE root <> '' AND root = ? ORDER BY started_at"
# In the words of the index, so that what is at rest is not looked at.
_MOVING: Final = "state <> 'closed' AND state <> 'declined' AND state <> 'not_sent' AND state <> 'reversed'"
NOT_AT_REST: Final = _SELECT + f"WHERE {_MOVING} ORDER BY started_at, terminal"
EVERY: Final = _SELECT + "ORDER BY terminal, batch, stan"
OPEN: Final = NOT_AT_REST.replace(" ORDER BY", " AND state <> 'escalated' ORDER BY")
BY_RRN: Final = _SELECT + "WHERE rrn <> '' AND rrn = ? ORDER BY started_at DESC"
BY_APPROVAL: Final = _SELECT + "WHERE auth_code <> '' AND auth_code = ? ORDER BY started_at DESC"
BY_CARD: Final = _SELECT + "WHERE last4 = ? AND amount = ? ORDER BY started_at DESC"
BY_LAST4: Final = _SELECT + "WHERE last4 = ? ORDER BY started_at DESC"
BY_STAN: Final = _SELECT + "WHERE terminal = ? AND stan = ? ORDER BY started_at DESC"
LAST: Final = _SELECT + "WHERE terminal = ? ORDER BY started_at DESC, batch DESC, stan DESC LIMIT 1"
LAST_STAN: Final = "SELECT coalesce(max(stan), '0') FROM attempt WHERE terminal = ? AND batch = ?"
BEFORE: Final = _SELECT + "WHERE terminal = ? AND started_at < ? ORDER BY started_at DESC LIMIT ?"
AFTER: Final = _SELECT + "WHERE terminal = ? AND started_at > ? ORDER BY started_at LIMIT ?"
LAST_PAID: Final = (
    _SELECT + "WHERE terminal = ? AND state IN ('approved', 'closed') "
    "ORDER BY started_at DESC, batch DESC, stan DESC LIMIT 1"
)
# A trail is kept in the order of its lines. Asked for one sale's in that order, SQLite would walk through all of them;
# the unary plus tells it to find them by the sale first.
NOTED: Final = (
    "SELECT at FROM trail WHERE sale = (SELECT place FROM attempt WHERE terminal = ? AND batch = ? AND stan = ?) "
    "AND what = ? ORDER BY +line LIMIT 1"
)
OPEN_COUNTS: Final = " ".join(("SELECT state, count(*), min(started_at) FROM attempt WHERE", _MOVING, "GROUP BY state"))
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
DEVICES: Final = f"SELECT {', '.join(_DEVICE)} FROM device ORDER BY terminal"  # noqa: S608 - names of this file
ANY_ARCHIVED: Final = "SELECT 1 FROM archived_key LIMIT 1"
ARCHIVED: Final = "SELECT fingerprint FROM archived_key WHERE fingerprint IN ({marks})"
OWN_KEYS: Final = "SELECT usage, blob, kcv FROM own_key"
FACTS: Final = "SELECT facts FROM slip WHERE terminal = ? AND batch = ? AND stan = ?"
FACTS_OF_BATCH: Final = (
    "SELECT slip.facts, attempt.state FROM slip, attempt WHERE slip.terminal = attempt.terminal AND slip.batch = "
    "attempt.batch AND slip.stan = attempt.stan AND slip.terminal = ? AND slip.batch = ? ORDER BY slip.stan"
)
DEVICE: Final = f"SELECT {', '.join(_DEVICE)} FROM device WHERE terminal = ?"  # noqa: S608 - names of this file
TERMINALS: Final = "SELECT terminal, merchant FROM device ORDER BY terminal"
NAMED: Final = "SELECT terminal, name FROM device ORDER BY terminal"
QUARANTINED: Final = "SELECT count(*) FROM quarantine"

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.decode


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
                _attempts(store.query(OPEN)),
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
        return _attempts(self.store.query(OLD_NUMBERS, (before, limit)))

    def holds_numbers(self) -> bool:
        """Whether any sealed card number is in the store."""
        return numbers_held(self.store, most=1).number > 0

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
        return _attempts(self.store.select_in(BY_KEYS, keys)) if keys else []

    def one(self, key: AttemptKey) -> Attempt | None:
        """One attempt."""
        found = _attempts(self.store.query(ONE, key))
        return found[0] if found else None

    def last_stan(self, terminal: str, batch: str) -> int:
        """The highest STAN of an attempt in a batch; 0 for none."""
        return int(self.store.query(LAST_STAN, (terminal, batch))[0][0])

    def family(self, root: str) -> list[Attempt]:
        """All attempts of a chain of retries."""
        return _attempts(self.store.query(FAMILY, (root,)))

    def last(self, terminal: str) -> Attempt | None:
        """The newest attempt of a terminal."""
        found = _attempts(self.store.query(LAST, (terminal,)))
        return found[0] if found else None

    def last_paid(self, terminal: str) -> Attempt | None:
        """The newest attempt of a terminal that stands."""
        found = _attempts(self.store.query(LAST_PAID, (terminal,)))
        return found[0] if found else None

    def trail(self, attempt: Attempt) -> list[tuple[str, str]]:
        """The lines of evidence of a sale as they are kept, oldest first."""
        return [(str(what), str(message)) for _, what, message in self.store.query(TRAIL, (attempt.place,))]

    def slip(self, key: AttemptKey) -> Slip | None:
        """What the slips of a sale say; None when it was never approved."""
        rows = self.store.query(FACTS, key)
        return _decode(rows[0][0], type=Slip) if rows else None


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


def _attempts(rows: Iterable[tuple[Any, ...]]) -> list[Attempt]:
    found = []
    for row in rows:
        values = list(row)
        values[_STATE], values[_LINKED] = _STATES[row[_STATE]], bool(row[_LINKED])
        for index in _COPIES:
            values[index] = _COPY_STATES[row[index]]
        found.append(Attempt(*values))
    return found


# --- for other processes: any Store, also a read-only one ------------------------------------------------------------


def stub(store: Store, key: AttemptKey, *, history: bool = True) -> TerminalStub | None:
    """What this store says of one sale, with its history unless nobody wants it; None when it has none."""
    if not history:
        found = _attempts(store.query(ONE, key))
        return found[0].stub() if found else None
    with store.reading():
        found = _attempts(store.query(ONE, key))
        return _with_history(store, found[0]) if found else None


def sale(store: Store, key: AttemptKey) -> Attempt | None:
    """One sale with the state of each copy of its receipt; None when this store has none."""
    found = _attempts(store.query(ONE, key))
    return found[0] if found else None


def every(store: Store) -> list[TerminalStub]:
    """All sales in the order of their keys, without history: what is read once in a small store, not on the way."""
    return [attempt.stub() for attempt in _attempts(store.query(EVERY))]


def last(store: Store, terminal: str) -> TerminalStub | None:
    """The newest sale of a terminal, with its history."""
    with store.reading():
        found = _attempts(store.query(LAST, (terminal,)))
        return _with_history(store, found[0]) if found else None


def find(
    store: Store, *, last4: str | None = None, amount: int | None = None, rrn: str | None = None
) -> list[TerminalStub]:
    """Sales by RRN, or by the card's last four digits with or without the amount (minor units); newest first."""
    if rrn:
        rows = store.query(BY_RRN, (rrn,))
    elif last4 and amount is not None:
        rows = store.query(BY_CARD, (last4, amount))
    else:
        rows = store.query(BY_LAST4, (last4 or "",))
    return [attempt.stub() for attempt in _attempts(rows)]


def approved_as(store: Store, auth_code: str) -> list[TerminalStub]:
    """The sales with this approval code, newest first: issuers give them out again, so several can have one."""
    return [attempt.stub() for attempt in _attempts(store.query(BY_APPROVAL, (auth_code,)))]


def numbered(store: Store, terminal: str, stan: str) -> list[TerminalStub]:
    """The sales of a terminal under this number, one a batch at most; newest first."""
    return [attempt.stub() for attempt in _attempts(store.query(BY_STAN, (terminal, stan)))]


def recent(store: Store, terminal: str, before: Instant, limit: int) -> list[TerminalStub]:
    """The sales of a terminal that began before an instant, newest first, without history."""
    return [attempt.stub() for attempt in _attempts(store.query(BEFORE, (terminal, before, limit)))]


def begun(store: Store, terminal: str, after: Instant, limit: int) -> list[TerminalStub]:
    """The sales of a terminal that began after an instant, oldest first, without history."""
    return [attempt.stub() for attempt in _attempts(store.query(AFTER, (terminal, after, limit)))]


def open_counts(store: Store) -> dict[str, tuple[int, Instant]]:
    """How many sales are open in each state, and when the oldest began. What is at rest is not looked at."""
    return {state: (count, oldest) for state, count, oldest in store.query(OPEN_COUNTS)}


def numbers_held(store: Store, most: int = MOST_COUNTED) -> NumbersHeld:
    """The sealed card numbers in this store, counted up to `most`."""
    return held.asked(store, HELD, OLDEST_HELD, most)


def keyed(store: Store, key: str) -> TerminalStub | None:
    """The sale that is bound to this key of the till."""
    found = _attempts(store.select_in(BY_KEYS, [key])) if key else []
    return found[0].stub() if found else None


def bound(store: Store, key: str) -> TerminalStub | None:
    """The sale that uses this key of the till up; None when the key is free."""
    found = _attempts(store.select_in(BY_KEYS, [key])) if key else []
    return found[0].stub() if found and not found[0].frees_key else None


def device(store: Store, terminal: str) -> Device | None:
    """A terminal as it is registered here."""
    rows = store.query(DEVICE, (terminal,))
    return Device(*rows[0]) if rows else None


def devices(store: Store) -> list[Device]:
    """Every terminal as it is registered here."""
    return [Device(*row) for row in store.query(DEVICES)]


def head(store: Store) -> dict[str, str]:
    """How far this store has come: the batch and the last STAN of each terminal."""
    return {one.terminal: f"{one.batch}/{one.stan:06d}" for one in devices(store)}


def slips_of_batch(store: Store, terminal: str, batch: str) -> list[Slip]:
    """The slips of a batch whose sales stand, in the order of their vouchers."""
    rows = store.query(FACTS_OF_BATCH, (terminal, batch))
    return [_decode(facts, type=Slip) for facts, state in rows if State(state) in PAID]


def terminals(store: Store) -> list[tuple[str, str]]:
    """The terminals registered here, each with its merchant."""
    return [(terminal, merchant) for terminal, merchant in store.query(TERMINALS)]


def named(store: Store) -> list[tuple[str, str]]:
    """The terminals registered here, each with the name of its shop."""
    return [(terminal, name) for terminal, name in store.query(NAMED)]


def open_items(store: Store) -> list[TerminalStub]:
    """Sales that are not at rest: asked, approved with an open receipt, reversing, escalated. Oldest first."""
    return [attempt.stub() for attempt in unsettled(store)]


def unsettled(store: Store) -> list[Attempt]:
    """The attempts that are not at rest, oldest first."""
    return _attempts(store.query(NOT_AT_REST))


def noted_at(store: Store, key: AttemptKey, what: str) -> Instant:
    """When the trail of a sale first says so; 0 for never."""
    rows = store.query(NOTED, (*key, what))
    return int(rows[0][0]) if rows else 0


def family(store: Store, key: AttemptKey) -> list[TerminalStub]:
    """The attempts that replaced one another, this one among them, oldest first; [] when it stands alone."""
    found = _attempts(store.query(ONE, key))
    root = found[0].root if found else ""
    return [attempt.stub() for attempt in _attempts(store.query(FAMILY, (root,)))] if root else []


def _with_history(store: Store, attempt: Attempt) -> TerminalStub:
    rows = store.query(TRAIL, (attempt.place,))
    return attempt.stub(
        tuple(Happened(at, what, _decode(last4_only(message)) if message else None) for at, what, message in rows)
    )


def key_checks(store: Store) -> dict[str, tuple[bytes, bytes]]:
    """The check values of every terminal's PIN and MAC key, b"" for none."""
    return {
        device.terminal: (device.pik_kcv, device.mak_kcv) for device in (Device(*row) for row in store.query(DEVICES))
    }


# --- for whoever compares all stations, some sales at a time ----------------------------------------------------------


def behind(store: Store, place: int, limit: int) -> list[tuple[int, TerminalStub]]:
    """The sales behind a place, in the order they were written, each with its own place; without history."""
    rows = store.query(BEHIND, (place, limit))
    return [(row[0], attempt.stub()) for row, attempt in zip(rows, _attempts(row[1:] for row in rows), strict=True)]


def these(store: Store, keys: Sequence[AttemptKey]) -> dict[str, TerminalStub]:
    """Those of the sales that are here, by reference; without history."""
    return {attempt.ref: attempt.stub() for attempt in _attempts(store.select_in(THESE, keys))}


def placed(store: Store, place: int | None = None) -> tuple[int, str]:
    """What lies at a place, or the newest: its place and reference; (0, "") for nothing."""
    return arrival.placed(store, "terminal || '/' || batch || '/' || stan", "attempt", place)


def said(store: Store, rrns: Sequence[str]) -> list[TerminalStub]:
    """Every sale to which an answer gave one of these numbers."""
    return [attempt.stub() for attempt in _attempts(store.select_in(SAID, rrns))]


def slips(store: Store, keys: Sequence[AttemptKey]) -> dict[str, Slip]:
    """What the slips of these sales say, by reference."""
    rows = store.select_in(FACTS_OF, keys)
    return {str(AttemptKey(*key)): _decode(facts, type=Slip) for *key, facts in rows}
