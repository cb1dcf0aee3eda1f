"""What it costs where the rows of a sale lie: one issuer's sale in several layouts, each on a store of its own.

    python -m bench.rows [--batch 256] [--sales 100000] [--cards 10000] [--store DIR] [--json]

Every layout holds the same facts. What differs is how many pages a sale changes that no other sale of its step changes:
an index that is led by the card or by its last digits spreads the sales of a step over all of itself, one that is led
by the time takes them side by side. CPU and wall time a sale, in microseconds, over the last two thirds of the run;
write-ahead log, synchronous=FULL.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import apsw

Rows: TypeAlias = list[tuple[Any, ...]]
LOG_PAGES: Final = 8000  # as a station lets its log grow
EVIDENCE: Final = "x" * 330  # a masked request as JSON
PART: Final = 4096
NOTICE: Final = "x" * 180
MOST: Final = 10**11


class Sale(NamedTuple):
    """What all layouts are told of a sale."""

    number: int
    account: str
    last4: str
    key: str


class Layout(NamedTuple):
    """A way to keep a sale: tables beside the accounts, and what each sale of a step writes."""

    name: str
    tables: Sequence[str]
    writes: Sequence[tuple[str, Callable[[Sequence[Sale]], Rows]]]


def inserting(table: str, columns: int) -> str:
    """INSERT one row."""
    return f"INSERT INTO {table} VALUES ({','.join('?' * columns)})"


COLUMNS: Final = ", ".join(f"c{number}" for number in range(19))
TXN: Final = f"CREATE TABLE txn (key text NOT NULL PRIMARY KEY, rrn, last4, amount, part, {COLUMNS})"
RRN: Final = "CREATE INDEX txn_rrn ON txn (rrn)"
DIGITS: Final = "CREATE INDEX txn_digits ON txn (last4, amount)"
IN_PARTS: Final = "CREATE INDEX txn_digits ON txn (part, last4, amount)"  # a new part every 4,096 sales
ENTRY: Final = "CREATE TABLE entry (id text NOT NULL PRIMARY KEY, debit, credit, amount, currency, at, ref, reverses)"
TRAIL: Final = "CREATE TABLE trail (txn text NOT NULL, seq bigint NOT NULL, at, what, message, PRIMARY KEY (txn, seq))"
OUTBOX: Final = "CREATE TABLE outbox (name text NOT NULL PRIMARY KEY, text, at)"
BY_STEP: Final = "CREATE TABLE outbox (seq bigint NOT NULL PRIMARY KEY, notices)"


def txn(evidence: str) -> tuple[str, Callable[[Sequence[Sale]], Rows]]:
    """The row of the sale itself, with or without the request it began with."""
    rest: tuple[str, ...] = (
        "t" * 64,
        "629999",
        "000000",
        "CNY",
        "T0000001",
        "103441054110001",
        "posted",
        "",
        "00",
        "123456",
    )
    rest += ("", "", "", "", "", "", "", "", evidence)

    def rows(step: Sequence[Sale]) -> Rows:
        return [
            (one.key, f"{one.number:012d}", one.last4, 100 + one.number % 900, one.number // PART, *rest)
            for one in step
        ]

    return inserting("txn", 24), rows


def entry(led_by_account: bool) -> tuple[str, Callable[[Sequence[Sale]], Rows]]:
    """The entry, under the account or under the key of the sale."""

    def rows(step: Sequence[Sale]) -> Rows:
        return [
            (f"{one.account}/{one.key}" if led_by_account else one.key, one.account, "clearing", 1, "CNY", 0, "", "")
            for one in step
        ]

    return inserting("entry", 8), rows


ACCOUNT: Final = (
    "UPDATE account SET balance = ?, spent = ? WHERE id = ?",
    lambda step: [(MOST - one.number, one.number, one.account) for one in step],
)
LINE: Final = (inserting("trail", 5), lambda step: [(one.key, one.number, 0, "received", EVIDENCE) for one in step])
OWED: Final = (inserting("outbox", 3), lambda step: [(one.key, NOTICE, 0) for one in step])
TOLD: Final = ("DELETE FROM outbox WHERE name = ?", lambda step: [(one.key,) for one in step])
OWED_BY_STEP: Final = (inserting("outbox", 2), lambda step: [(step[0].number, NOTICE * len(step))])
TOLD_BY_STEP: Final = ("DELETE FROM outbox WHERE seq = ?", lambda step: [(step[0].number,)])

LAYOUTS: Final = (
    Layout(
        "every message, entry and notice a row of its own, entries under their account",
        (TXN, RRN, DIGITS, ENTRY, TRAIL, OUTBOX),
        (txn(""), entry(True), ACCOUNT, LINE, OWED, TOLD),
    ),
    Layout(
        "the notices of a step in one row",
        (TXN, RRN, DIGITS, ENTRY, TRAIL, BY_STEP),
        (txn(""), entry(True), ACCOUNT, LINE, OWED_BY_STEP, TOLD_BY_STEP),
    ),
    Layout(
        "and the request in the row of its sale",
        (TXN, RRN, DIGITS, ENTRY, BY_STEP),
        (txn(EVIDENCE), entry(True), ACCOUNT, OWED_BY_STEP, TOLD_BY_STEP),
    ),
    Layout(
        "and no index of last digits",
        (TXN, RRN, ENTRY, BY_STEP),
        (txn(EVIDENCE), entry(True), ACCOUNT, OWED_BY_STEP, TOLD_BY_STEP),
    ),
    Layout(
        "and entries in the order of time",
        (TXN, RRN, ENTRY, BY_STEP),
        (txn(EVIDENCE), entry(False), ACCOUNT, OWED_BY_STEP, TOLD_BY_STEP),
    ),
    Layout(
        "and an index of last digits in parts of 4,096 sales",
        (TXN, RRN, IN_PARTS, ENTRY, BY_STEP),
        (txn(EVIDENCE), entry(False), ACCOUNT, OWED_BY_STEP, TOLD_BY_STEP),
    ),
)


def measured(layout: Layout, folder: Path, batch: int, sales: int, cards: int) -> dict[str, Any]:
    """Sell on a fresh store; microseconds a sale."""
    drawn = random.Random(8583)
    accounts = [f"card:{drawn.getrandbits(64):016x}" for _ in range(cards)]
    store = apsw.Connection(str(folder / "store.db"))
    for pragma in ("journal_mode = WAL", "synchronous = FULL", f"wal_autocheckpoint = {LOG_PAGES}"):
        store.execute(f"PRAGMA {pragma}").fetchall()
    store.execute("CREATE TABLE account (id text NOT NULL PRIMARY KEY, kind, currency, balance, failures, day, spent)")
    for table in layout.tables:
        store.execute(table)
    with store:
        opened = [(account, "cardholder", "CNY", MOST, 0, "20260101", 0) for account in accounts]
        store.executemany(inserting("account", 7), opened)
    steps, cpu, wall = sales // batch, 0.0, 0.0
    for number in range(steps):
        step = []
        for at in range(batch):
            card = drawn.randrange(cards)
            step.append(Sale(number * batch + at, accounts[card], f"{card % 10_000:04d}", f"1/{number:010d}/{at:06d}"))
        rows = [(sql, make(step)) for sql, make in layout.writes]
        begun = time.process_time(), time.perf_counter()
        store.execute("BEGIN IMMEDIATE")
        for sql, each in rows:
            store.executemany(sql, each)
        store.execute("COMMIT")
        if number >= steps // 3:
            cpu += time.process_time() - begun[0]
            wall += time.perf_counter() - begun[1]
    store.close()
    counted = (steps - steps // 3) * batch
    return {
        "layout": layout.name,
        "cpu_us": round(cpu / counted * 1e6, 1),
        "wall_us": round(wall / counted * 1e6, 1),
        "batch": batch,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--sales", type=int, default=100_000)
    parser.add_argument("--cards", type=int, default=10_000)
    parser.add_argument("--store", type=Path, help="where the stores go (default: a temporary directory)")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = []
    for layout in LAYOUTS:
        with tempfile.TemporaryDirectory(prefix="counterfoil-bench-", dir=asked.store) as folder:
            found.append(measured(layout, Path(folder), asked.batch, asked.sales, asked.cards))
        if not asked.json:
            print(f"cpu {found[-1]['cpu_us']:5.1f}  wall {found[-1]['wall_us']:5.1f} us  {layout.name}", flush=True)
    if asked.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
