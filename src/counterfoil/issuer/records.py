"""The issuer's own tables: what a step reads, and its one commit.

The only file of this room that knows the engine. Reading for other processes is in `stubs.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from operator import attrgetter
from typing import Final

import msgspec

from counterfoil.errors import StoreError
from counterfoil.issuer import chart
from counterfoil.issuer.families import (
    HOLD_COLUMNS,
    RESOLUTION_COLUMNS,
)
from counterfoil.issuer.rows import (
    TXN_COLUMNS,
    AdviceRow,
    Alarm,
    Case,
    Counts,
    IssuerKeys,
    KnownCard,
    Notice,
    OwedNotices,
)
from counterfoil.security import KeyUsage, StoredKey
from counterfoil.storage import Parts, Recent, Store, forgotten, highest_part
from counterfoil.storage.sql import inserting, selecting, updating

PACKAGE: Final = "counterfoil.issuer"

ADVICE_COLUMNS: Final = AdviceRow.__struct_fields__
SELECT_TXNS: Final = selecting(TXN_COLUMNS, "txn", "WHERE key IN ({marks})")
SELECT_ADVICES: Final = selecting(ADVICE_COLUMNS, "advice", "WHERE key IN ({marks})")
COUNTS: Final = (
    "SELECT (SELECT count(*) FROM txn), (SELECT count(*) FROM advice), (SELECT count(*) FROM exception_case), "
    "(SELECT count(*) FROM alarm), (SELECT count(*) FROM quarantine)"
)
HIGHEST_KEY: Final = "SELECT max(key) FROM txn WHERE key >= ? AND key < ?"
HIGHEST_ARCHIVED: Final = "SELECT max(key) FROM archived WHERE key >= ? AND key < ?"
SELECT_ARCHIVED: Final = "SELECT key, state FROM archived WHERE key IN ({marks})"
SELECT_FALLEN: Final = "SELECT key FROM txn WHERE key IN ({marks}) AND state = 'reversed'"
SELECT_EXPIRING: Final = "SELECT hold, expires_at FROM expiring WHERE expires_at <= ? ORDER BY expires_at, hold LIMIT ?"
FIRST_EXPIRING: Final = "SELECT min(expires_at) FROM expiring"
INSERT_EXPIRING: Final = "INSERT INTO expiring (hold, expires_at) VALUES (?, ?)"
DELETE_EXPIRING: Final = "DELETE FROM expiring WHERE hold = ?"
SELECT_NAME: Final = "SELECT name FROM station"
SELECT_KEYS: Final = "SELECT name, usage, blob, kcv FROM station_key"
SELECT_OUTBOX: Final = "SELECT seq, notices FROM outbox ORDER BY seq"
SELECT_NOTICES: Final = "SELECT seq, notices FROM outbox WHERE seq IN ({marks})"
RESERVED_SEQ: Final = "SELECT up_to FROM reserved WHERE what = 'seq'"
RESERVE_SEQ: Final = "UPDATE reserved SET up_to = ? WHERE what = 'seq'"

BEGUN_COLUMNS: Final = (*TXN_COLUMNS[:-2], "part", "received", "request", "answered", *TXN_COLUMNS[-2:])
INSERT_ADVICE: Final = inserting("advice", ADVICE_COLUMNS)
INSERT_HOLD: Final = inserting("hold", HOLD_COLUMNS)
INSERT_RESOLUTION: Final = inserting("resolution", RESOLUTION_COLUMNS)
INSERT_CASE: Final = inserting("exception_case", Case._fields)
INSERT_OUTBOX: Final = inserting("outbox", ("seq", "at", "notices"))
INSERT_TRAIL: Final = inserting("trail", ("txn", "seq", "at", "what", "leg", "message", "answered"))
INSERT_ALARM: Final = inserting("alarm", ("seq", *Alarm._fields))
INSERT_QUARANTINE: Final = inserting("quarantine", ("seq", "at", "link", "reason", "message"))
INSERT_NAME: Final = inserting("station", ("name",))
INSERT_KEY: Final = inserting("station_key", ("name", "usage", "blob", "kcv"))
MOVES: Final = ("state", "refusal", "code", "updated_at", "returned_at", "case_number")
UPDATE_TXN: Final = updating("txn", MOVES, ("key",))
END_CASES: Final = "UPDATE exception_case SET ended_at = ?, how = ? WHERE txn = ? AND number <> ? AND ended_at = 0"
DELETE_OUTBOX: Final = "DELETE FROM outbox WHERE seq = ?"

LEG_IN: Final = "2"
CARDS_REMEMBERED: Final = 65_536
ACQUIRERS_REMEMBERED: Final = 1024
SEQS_AT_ONCE: Final = 100_000

moves = attrgetter(*MOVES)
json = msgspec.json.Encoder().encode
read_notices = msgspec.json.Decoder(tuple[Notice, ...]).decode


class Records:
    """The store of one issuer, written by this process alone.

    The cards of late and the highest key of each acquirer are remembered, so that a purchase in good order asks the
    store for nothing.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.insert_txn = store.appending("txn", BEGUN_COLUMNS)
        self.insert_entry = store.appending("entry", chart.LINKED_COLUMNS)
        # What an earlier process reserved and did not use is never used: counting what is there would take longer each
        # time the station starts.
        self.seq: int = store.query(RESERVED_SEQ)[0][0]
        self._reserved: int = self.seq
        self._counts: Counts | None = None
        self.parts = Parts(store.query(highest_part("txn"))[0][0])
        self.held: Recent[str, KnownCard] = Recent(CARDS_REMEMBERED)
        self._highest: Recent[str, str] = Recent(ACQUIRERS_REMEMBERED)
        self.expires_next: int | None = store.query(FIRST_EXPIRING)[0][0]  # of the open holds, the first that is due
        self.withheld = forgotten.withheld(store, "token")  # cards the switch has forgotten something of

    def install(self, name: str, keys: IssuerKeys) -> None:
        """Give the store its station's name and keys; once, at the seed."""
        rows = [(name, key.usage.value, key.blob, key.kcv) for name, key in keys._asdict().items()]
        with self.store.transaction():
            self.store.execute(INSERT_NAME, (name,))
            self.store.executemany(INSERT_KEY, rows)
            self.store.commit()

    def name(self) -> str:
        """Whose store this is, "" before the seed."""
        rows = self.store.query(SELECT_NAME)
        return str(rows[0][0]) if rows else ""

    def keys(self) -> IssuerKeys | None:
        """The station's keys, None before the seed; StoreError when only some are there."""
        rows = {name: StoredKey(KeyUsage(usage), blob, kcv) for name, usage, blob, kcv in self.store.query(SELECT_KEYS)}
        if not rows:
            return None
        if set(rows) != set(IssuerKeys._fields):
            raise StoreError(f"{self.store.path} does not hold the keys an issuer needs")
        return IssuerKeys(**rows)

    def expiring(self, now: int, limit: int) -> list[str]:
        """Open holds whose time is over, the oldest first, at most `limit`."""
        if self.expires_next is None or self.expires_next > now:
            return []
        return [hold for hold, _ in self.store.query(SELECT_EXPIRING, (now, limit))]

    def expired(self) -> None:
        """Holds were released, or set aside for a time: the first that is due is another one by now."""
        self.expires_next = self.store.query(FIRST_EXPIRING)[0][0]

    def undelivered(self) -> list[OwedNotices]:
        """The notices of every step of which a delivery was not reported, oldest first."""
        return [OwedNotices(seq, read_notices(told)) for seq, told in self.store.query(SELECT_OUTBOX)]

    def notices(self, rows: Sequence[int]) -> list[OwedNotices]:
        """Those of the rows that are still in the outbox."""
        if not rows:
            return []
        return [
            OwedNotices(seq, read_notices(told)) for seq, told in sorted(self.store.select_in(SELECT_NOTICES, rows))
        ]

    def counts(self) -> Counts:
        """How many rows there are. Counted when somebody first asks, and kept since: counting reads all there is."""
        if self._counts is None:
            self._counts = Counts(*self.store.query(COUNTS)[0])
        return self._counts

    def grew(self, more: Counts) -> None:
        """A commit that returned has added so many."""
        if self._counts is not None:
            self._counts = Counts(*map(sum, zip(self._counts, more, strict=True)))

    def recount(self) -> None:
        """Rows have left: the next who asks has them counted."""
        self._counts = None

    def reserve(self, up_to: int) -> int:
        """Inside the transaction of a step: numbers up to this one are its own. What is reserved when it commits."""
        if up_to <= self._reserved:
            return self._reserved
        self.store.execute(RESERVE_SEQ, (up_to + SEQS_AT_ONCE,))
        return up_to + SEQS_AT_ONCE

    def counted(self, seq: int, reserved: int) -> None:
        """The step that used the numbers up to `seq` is on the disk."""
        self.seq, self._reserved = seq, reserved

    def maybe_known(self, keys: Sequence[str]) -> list[str]:
        """Those of the keys that may be in the store: the rest is above every key of its acquirer."""
        acquirer = _only_acquirer(keys)
        if acquirer is not None:
            highest = self._highest_of(acquirer)
            return [key for key in keys if key <= highest]
        return [key for key in keys if key <= self._highest_of(key.partition("/")[0])]

    def _highest_of(self, acquirer: str) -> str:
        highest = self._highest.get(acquirer)
        if highest is None:
            # "0" follows "/": every key of the acquirer lies between the two.
            between = (f"{acquirer}/", f"{acquirer}0")
            highest = max(str(self.store.query(sql, between)[0][0] or "") for sql in (HIGHEST_KEY, HIGHEST_ARCHIVED))
            self._highest.keep(acquirer, highest)
        return highest

    def wrote(self, keys: Collection[str]) -> None:
        """These purchases are in the store now."""
        for key in keys if _only_acquirer(keys) is None else (max(keys),):
            acquirer = key.partition("/")[0]
            highest = self._highest.get(acquirer)
            if highest is not None and key > highest:
                self._highest.keep(acquirer, key)

    def quarantine(self, at: int, link: str, reason: str, message: str) -> None:
        """Keep what made a step fail, in a commit of its own, and raise the alarm."""
        with self.store.transaction():
            reserved = self.reserve(self.seq + 2)
            self.store.execute(INSERT_QUARANTINE, (self.seq + 1, at, link, reason, message))
            self.store.execute(INSERT_ALARM, (self.seq + 2, at, "", "quarantine", reason))
            self.store.commit()
        self.counted(self.seq + 2, reserved)
        self.grew(Counts(0, 0, 0, 1, 1))


def _only_acquirer(keys: Collection[str]) -> str | None:
    """The acquirer of all these keys, None when they have more than one or there is none."""
    first = min(keys, default="").partition("/")[0]
    return first if keys and max(keys).startswith(f"{first}/") else None
