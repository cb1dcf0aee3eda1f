"""The switch's own tables: what a step reads, and its one commit.

The only file of this room that knows the engine. Reading for other processes is in `stubs.py`, re-exported here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter, methodcaller
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from counterfoil.security import Hsm, KeyUsage, MacAlgorithm, StoredKey
from counterfoil.step import Instant
from counterfoil.storage import Parts, Recent, Store, forgotten, highest_part
from counterfoil.storage.forgotten import Forgotten
from counterfoil.storage.sql import inserting, selecting, updating, upserting
from counterfoil.switch.lifecycle import State
from counterfoil.switch.outbox import OutboxEntry
from counterfoil.switch.rows import (
    SEALED,
    Alarm,
    Attempt,
    Case,
    IssuerRow,
    OwedAdvice,
    Quarantined,
    TerminalRow,
    Trail,
    packed,
    unpacked,
)
from counterfoil.switch.stubs import cases, find, numbers_held, pending, stub
from counterfoil.transaction import AttemptKey

__all__ = ["PACKAGE", "Records", "StationKeys", "cases", "find", "pending", "stub"]

PACKAGE: Final = "counterfoil.switch"
"""Where `storage.migrations_of` finds the migrations."""


Row: TypeAlias = tuple[Any, ...]

TERMINAL_KEYS: Final[Mapping[str, KeyUsage]] = {
    "tmk": KeyUsage.TMK,
    "pik": KeyUsage.PIN,
    "mak": KeyUsage.MAC,
    "tdk": KeyUsage.TRACK,
}
TERMINAL_FIELDS: Final = TerminalRow.__struct_fields__
TERMINAL_COLUMNS: Final = tuple(
    column
    for field in TERMINAL_FIELDS
    for column in ((f"{field}_blob", f"{field}_kcv") if field in TERMINAL_KEYS else (field,))
)
ATTEMPT_KEY: Final = AttemptKey._fields
ATTEMPT_COLUMNS: Final = (*ATTEMPT_KEY, *Attempt.__struct_fields__[1:])
ADVICE_COLUMNS: Final = OwedAdvice.__struct_fields__
# What may change after an attempt was stored. The rest is written once, and its indexes are left alone.
MOVES: Final = (
    "state",
    "transmitted",
    "trace",
    "forwarded",
    "response_code",
    "auth_code",
    "answered_at",
    "updated_at",
    "reversal_reason",
    "reversal_rrn",
    "reversal_tries",
    "reversal_code",
    "case_number",
)
TERMINALS_REMEMBERED: Final = 16_384
ATTEMPTS_REMEMBERED: Final = 16_384
OPEN: Final = frozenset({State.ASKED, State.REVERSING})  # an issuer owes an answer
BATCHES_REMEMBERED: Final = 65_536

SELECT_TERMINALS: Final = selecting(TERMINAL_COLUMNS, "terminal", "WHERE terminal IN ({marks})")
SELECT_BY_KEY: Final = selecting(ATTEMPT_COLUMNS, "attempt", "WHERE (terminal, batch, stan) IN ({marks})")
SELECT_BY_RRN: Final = selecting(ATTEMPT_COLUMNS, "attempt", "WHERE rrn IN ({marks})")
# The index is of the few rows that have an original, which the condition must say for it to be taken.
SELECT_CHILDREN: Final = selecting(ATTEMPT_COLUMNS, "attempt", "WHERE original IN ({marks}) AND original <> ''")
SELECT_ADVICES: Final = selecting(ADVICE_COLUMNS, "outbox", "WHERE rrn IN ({marks})")
HIGHEST_STAN: Final = "SELECT max(stan) FROM attempt WHERE terminal = ? AND batch = ?"
HIGHEST_SEALED: Final = " ".join(
    (
        "SELECT stan FROM attempt WHERE terminal = ? AND batch = ? AND",
        SEALED.format("attempt"),
        "ORDER BY stan DESC LIMIT 1",
    )
)
HIGHEST_ARCHIVED: Final = "SELECT max(stan) FROM archived WHERE terminal = ? AND batch = ?"
SELECT_ARCHIVED: Final = selecting((*ATTEMPT_KEY, "state"), "archived", "WHERE (terminal, batch, stan) IN ({marks})")
SELECT_ASKED: Final = "SELECT rrn FROM attempt WHERE state = 'asked' ORDER BY deadline, rrn"
SELECT_OWED: Final = "SELECT rrn, issuer, next_at, family, owed_at, hangups FROM outbox ORDER BY owed_at, rrn"
SELECT_KEYS: Final = "SELECT usage, blob, kcv FROM station_key"
SELECT_ISSUERS: Final = "SELECT name, institution, pin_blob, pin_kcv, mac_blob, mac_kcv FROM issuer ORDER BY name"
SELECT_ROUTES: Final = "SELECT prefix, issuer FROM route"
SELECT_RESERVED: Final = "SELECT up_to FROM reserved WHERE what = 'tick'"

RESERVE: Final = "UPDATE reserved SET up_to = ? WHERE what = 'tick'"
PUT_TERMINAL: Final = upserting("terminal", TERMINAL_COLUMNS, ("terminal",))
LATE: Final = ATTEMPT_COLUMNS.index("kind")
"""Columns from here on came after the store's own `part`."""
BEGUN_COLUMNS: Final = (*ATTEMPT_COLUMNS[:LATE], "part", *ATTEMPT_COLUMNS[LATE:])
MOVE_ATTEMPT: Final = updating("attempt", MOVES, ("rrn",))
# Statements of their own: few rows have balances, and the index of the numbers held is touched only where one comes or
# goes.
PUT_NUMBER: Final = "UPDATE attempt SET pan = ? WHERE rrn = ?"
PUT_BALANCES: Final = "UPDATE attempt SET balances = ? WHERE rrn = ?"
OLD_NUMBERS: Final = " ".join(
    (
        "SELECT t.started_at, t.rrn, t.state IN ('approved', 'declined', 'reversed', 'tombstone') ",
        "AND t.case_number = '' AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.rrn = t.rrn)",
        "FROM attempt t WHERE length(t.pan) > 0 AND t.started_at < ? AND (t.started_at, t.rrn) > (?, ?)",
        "ORDER BY t.started_at, t.rrn LIMIT ?",
    )
)
PUT_ADVICE: Final = upserting("outbox", ADVICE_COLUMNS, ("rrn",))
ISSUER_COLUMNS: Final = ("name", "institution", "pin_blob", "pin_kcv", "mac_blob", "mac_kcv")
PUT_ISSUER: Final = upserting("issuer", ISSUER_COLUMNS, ("name",))
PUT_ROUTE: Final = upserting("route", ("prefix", "issuer"), ("prefix",))
DELETE_ADVICE: Final = "DELETE FROM outbox WHERE rrn = ?"
INSERT_KEY: Final = inserting("station_key", ("usage", "blob", "kcv"))
TRAIL_COLUMNS: Final = Trail.__struct_fields__
INSERT_ALARM: Final = inserting("alarm", Alarm._fields)
# One that ended is opened again under its number, which is the one the customer was told.
INSERT_CASE: Final = inserting("exception_case", Case._fields) + (
    " ON CONFLICT (number) DO UPDATE SET what = excluded.what, detail = excluded.detail, ended_at = 0, how = '' "
    "WHERE exception_case.ended_at > 0"
)
END_CASE: Final = "UPDATE exception_case SET ended_at = ?, how = ? WHERE number = ? AND ended_at = 0"
INSERT_QUARANTINE: Final = inserting("quarantine", Quarantined._fields)


class SealedNumber(NamedTuple):
    """An attempt whose sealed card number is in the store: when it began, and its RRN."""

    started_at: Instant = 0
    rrn: str = ""


class StationKeys(NamedTuple):
    """The switch's own keys: card numbers in indexes (`token`) and at rest (`data`)."""

    token: StoredKey
    data: StoredKey


class Changes(NamedTuple):
    """All that one step writes, a list per table. An attempt that was `born` must be new to the store.

    `ended` are cases that are over: when, how, and their number. `numbers` are sealed card numbers that are held
    from now on, or b"" for one that leaves, by RRN; `balances` are what issuers told, by RRN. `reserved` is up to where
    ticks are reserved from now on, 0 for as far as before.
    """

    terminals: Iterable[TerminalRow] = ()
    born: Sequence[Attempt] = ()
    moved: Iterable[Attempt] = ()
    advices: Iterable[OwedAdvice] = ()
    acknowledged: Iterable[str] = ()
    trail: Sequence[Trail] = ()
    alarms: Sequence[Alarm] = ()
    cases: Sequence[Case] = ()
    forgotten: Sequence[Forgotten] = ()
    walked: Sequence[str] = ()
    ended: Sequence[tuple[Instant, str, str]] = ()
    quarantined: Sequence[Quarantined] = ()
    numbers: Mapping[str, bytes] = {}
    balances: Mapping[str, str] = {}
    reserved: Instant = 0


class Records:
    """The store of the switch, written by this process alone.

    Terminals of late and open attempts are remembered, so that a sale in good order asks the store for nothing.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._new_attempt = store.appending("attempt", BEGUN_COLUMNS)
        self._new_line = store.appending("trail", TRAIL_COLUMNS)
        self._terminals: Recent[str, TerminalRow] = Recent(TERMINALS_REMEMBERED)
        self._attempts: Recent[str, Attempt] = Recent(ATTEMPTS_REMEMBERED)  # by RRN
        self._parts = Parts(store.query(highest_part("attempt"))[0][0])
        self._highest: Recent[tuple[str, str], str] = Recent(BATCHES_REMEMBERED)  # STAN, by terminal and batch

    # --- seed -------------------------------------------------------------------------------------------------------

    def keys(self, hsm: Hsm) -> StationKeys:
        """The station's own keys, made and stored when this is a new store."""
        rows = {usage: StoredKey(KeyUsage(usage), blob, kcv) for usage, blob, kcv in self.store.query(SELECT_KEYS)}
        if not rows:
            made = [hsm.generate(KeyUsage.TOKEN, 32), hsm.generate(KeyUsage.DATA, 32)]
            rows = {key.usage.value: key for key in made}
            with self.store.transaction():
                self.store.executemany(INSERT_KEY, [(key.usage.value, key.blob, key.kcv) for key in made])
                self.store.commit()
        return StationKeys(rows["TOKEN"], rows["DATA"])

    def connect(self, issuer: IssuerRow, prefixes: Sequence[str]) -> None:
        """Register an issuer and the card ranges (leading digits) that go to it."""
        row = (issuer.name, issuer.institution, issuer.pin.blob, issuer.pin.kcv, issuer.mac.blob, issuer.mac.kcv)
        with self.store.transaction():
            self.store.execute(PUT_ISSUER, row)
            self.store.executemany(PUT_ROUTE, [(prefix, issuer.name) for prefix in prefixes])
            self.store.commit()

    # --- at start ---------------------------------------------------------------------------------------------------

    def issuers(self) -> dict[str, IssuerRow]:
        """Every issuer by its name."""
        found = {}
        for name, institution, pin, pin_kcv, mac, mac_kcv in self.store.query(SELECT_ISSUERS):
            keys = StoredKey(KeyUsage.PIN, pin, pin_kcv), StoredKey(KeyUsage.MAC, mac, mac_kcv)
            found[name] = IssuerRow(name, institution, *keys)
        return found

    def routes(self) -> dict[str, str]:
        """Leading digits → issuer."""
        return dict(self.store.query(SELECT_ROUTES))

    def asked(self) -> list[str]:
        """RRNs of the intents still open."""
        return [rrn for (rrn,) in self.store.query(SELECT_ASKED)]

    def owed(self) -> list[tuple[str, OutboxEntry]]:
        """Every advice in the outbox by its RRN, the one owed longest first."""
        return [
            (rrn, OutboxEntry(issuer, next_at, family, owed_at, hangups > 0))
            for rrn, issuer, next_at, family, owed_at, hangups in self.store.query(SELECT_OWED)
        ]

    def reserved(self) -> Instant:
        """Up to where ticks may have been given out; 0 in a new store."""
        return int(self.store.query(SELECT_RESERVED)[0][0])

    # --- in a step --------------------------------------------------------------------------------------------------

    def terminals(self, names: Iterable[str]) -> dict[str, TerminalRow]:
        """The registered ones among `names`."""
        found, missing = self._terminals.split(names)
        if missing:
            for terminal in map(_terminal, self.store.select_in(SELECT_TERMINALS, missing)):
                found[terminal.terminal] = terminal
                self._terminals.keep(terminal.terminal, terminal)
        return found

    def attempts(self, keys: Sequence[AttemptKey], rrns: Iterable[str]) -> list[Attempt]:
        """Every attempt with one of the keys or one of the RRNs, to be changed at will; some may come twice."""
        rows = self.store.select_in(SELECT_BY_KEY, keys) if keys else []
        remembered, missing = self._attempts.split(rrns)
        if missing:
            rows += self.store.select_in(SELECT_BY_RRN, missing)
        return [*map(_attempt, rows), *map(_copied, remembered.values())]

    def children(self, originals: Sequence[str]) -> list[Attempt]:
        """Every attempt that refers to one of these (TERMINAL/BATCH/STAN), to be changed at will."""
        return [*map(_attempt, self.store.select_in(SELECT_CHILDREN, originals))] if originals else []

    def archived(self, keys: Sequence[AttemptKey]) -> dict[AttemptKey, State]:
        """Those of the keys whose attempts left for the archive, and what they were."""
        rows = self.store.select_in(SELECT_ARCHIVED, keys) if keys else []
        return {AttemptKey(*key): State(state) for *key, state in rows}

    def forget(self, rrns: Iterable[str]) -> None:
        """These attempts are not in the store any more."""
        for rrn in rrns:
            self._attempts.drop(rrn)

    def old_numbers(self, before: Instant, behind: SealedNumber, limit: int) -> list[tuple[SealedNumber, bool]]:
        """Attempts begun before an instant whose card number is held, behind one of them, the oldest first: which, and
        whether nothing that is open needs the number.
        """
        rows = self.store.query(OLD_NUMBERS, (before, *behind, limit))
        return [(SealedNumber(started_at, rrn), bool(ended)) for started_at, rrn, ended in rows]

    def holds_numbers(self) -> bool:
        """Whether any sealed card number is in the store."""
        return numbers_held(self.store, most=1).number > 0

    def advices(self, rrns: Sequence[str]) -> dict[str, OwedAdvice]:
        """Advices of the outbox, by RRN."""
        return {row[0]: OwedAdvice(*row) for row in self.store.select_in(SELECT_ADVICES, rrns)} if rrns else {}

    def perhaps_known(self, key: AttemptKey) -> bool:
        """False when the store certainly has no attempt of this key, nor had one: it is above all others."""
        return key.stan <= self.highest_stan(key.terminal, key.batch)

    def highest_stan(self, terminal: str, batch: str) -> str:
        """The highest STAN seen of a terminal in a batch; "" for none. No key above it is in the store."""
        highest = self._highest.get((terminal, batch))
        if highest is None:
            stans = [self.store.query(sql, (terminal, batch))[0][0] for sql in (HIGHEST_STAN, HIGHEST_ARCHIVED)]
            highest = max(str(stan or "") for stan in stans)
            self._highest.keep((terminal, batch), highest)
        return highest

    def highest_sealed(self, terminal: str, batch: str) -> str:
        """The highest STAN of a terminal in a batch that came under a valid MAC; "" for none."""
        rows = self.store.query(HIGHEST_SEALED, (terminal, batch))
        archived = self.store.query(HIGHEST_ARCHIVED, (terminal, batch))[0][0]
        return max(str(rows[0][0]) if rows else "", str(archived or ""))

    def write(self, changes: Changes) -> None:
        """One transaction, one `executemany` per table, one commit. CommitFailed when it did not become durable."""
        store, part = self.store, self._parts.now
        with store.transaction():
            store.executemany(PUT_TERMINAL, [_terminal_row(terminal) for terminal in changes.terminals])
            store.executemany(self._new_attempt, [_attempt_row(attempt, part) for attempt in changes.born])
            store.executemany(MOVE_ATTEMPT, [(*_moves(values(attempt)), attempt.rrn) for attempt in changes.moved])
            store.executemany(PUT_NUMBER, [(sealed, rrn) for rrn, sealed in changes.numbers.items()])
            store.executemany(PUT_BALANCES, [(told, rrn) for rrn, told in changes.balances.items()])
            store.executemany(PUT_ADVICE, [values(advice) for advice in changes.advices])
            store.executemany(DELETE_ADVICE, [(rrn,) for rrn in changes.acknowledged])
            store.executemany(self._new_line, [values(line) for line in changes.trail])
            store.executemany(INSERT_ALARM, changes.alarms)
            store.executemany(INSERT_CASE, changes.cases)
            store.executemany(forgotten.INSERT, changes.forgotten)
            store.executemany(forgotten.WALK, [(peer,) for peer in changes.walked])
            store.executemany(END_CASE, changes.ended)
            store.executemany(INSERT_QUARANTINE, changes.quarantined)
            if changes.reserved:
                store.execute(RESERVE, (changes.reserved,))
            store.commit()
        self._remember(changes)

    def _remember(self, changes: Changes) -> None:
        """What the commit that has just returned made true; from now on nobody changes these."""
        for terminal in changes.terminals:
            self._terminals.keep(terminal.terminal, terminal)
        # What is decided is let go of at once: until others pushed it out, its memory would have left every cache.
        for attempt in changes.moved:
            if attempt.state not in OPEN:
                self._attempts.drop(attempt.rrn)
        open_ones = (*changes.moved, *changes.born)
        self._attempts.keep_all({attempt.rrn: attempt for attempt in open_ones if attempt.state in OPEN})
        self._parts.grew(len(changes.born))
        for attempt in changes.born:
            name, batch, stan = attempt.key
            highest = self._highest.get((name, batch))
            if highest is not None and stan > highest:  # unknown stays unknown: what was stored before may be higher
                self._highest.keep((name, batch), stan)


values: Final = msgspec.structs.astuple
_copied: Final = methodcaller("__copy__")  # half the time of copy.copy, which asks the type how first
_moves: Final = itemgetter(*map(Attempt.__struct_fields__.index, MOVES))
_LATE: Final = Attempt.__struct_fields__.index("kind")
# Asking an enum for a member takes four times as long.
_STATES: Final[dict[str, State]] = {state.value: state for state in State}


def _terminal(row: Row) -> TerminalRow:
    told = dict(zip(TERMINAL_COLUMNS, row, strict=True))
    for field, usage in TERMINAL_KEYS.items():
        blob, kcv = told.pop(f"{field}_blob"), told.pop(f"{field}_kcv")
        told[field] = StoredKey(usage, blob, kcv) if blob else None
    told["mac_algorithm"], told["mac_raw"] = MacAlgorithm(told["mac_algorithm"]), bool(told["mac_raw"])
    told["offers"], told["shared"] = unpacked(told["offers"]), bool(told["shared"])
    return TerminalRow(**told)


def _terminal_row(terminal: TerminalRow) -> Row:
    row: list[Any] = []
    for field, value in zip(TERMINAL_FIELDS, values(terminal), strict=True):
        if field in TERMINAL_KEYS:
            row += (value.blob, value.kcv) if value is not None else (b"", b"")
        elif field == "offers":
            row.append(packed(value) if value else b"")
        else:
            row.append(value)
    return tuple(row)


def _attempt(row: Row) -> Attempt:
    attempt = Attempt(AttemptKey(*row[:3]), *row[3:])
    attempt.state = _STATES[attempt.state]
    attempt.forwarded = bool(attempt.forwarded)
    return attempt


def _attempt_row(attempt: Attempt, part: int) -> Row:
    row = values(attempt)
    return (*attempt.key, *row[1:_LATE], part, *row[_LATE:])
