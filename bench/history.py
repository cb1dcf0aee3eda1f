"""A past for stores that have none: real rows copied in SQL, with keys of their own, in the order of time and at the
places of the indexes that real ones would have.

    python -m bench.history STATION STORE TRANSACTIONS

The rows copied are those the store holds, which nobody may have open for writing. Says what was put into which table,
as JSON. Everything is on the disk afterwards, so that nothing measured later waits for it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

import apsw

from counterfoil.storage import parts

ROOT: Final = Path(__file__).parents[1]
CHUNK: Final = 50_000  # transactions of history in one commit
# Per station and table: what makes a copy's keys its own. `c.n` counts copies, `o` is the row copied, {part} the copies
# of one part of an index.
# Switch and issuer copy sales that came to both in the same order, so the copies agree in what names a request.
DE7, DE11 = "printf('%010d', c.n)", "printf('%06d', o.rowid)"
TXN_KEY: Final = f"substr(o.{{0}}, 1, instr(o.{{0}}, '/')) || {DE7} || '/' || {DE11}"
RRN: Final = "printf('5%05d%06d', c.n, o.rowid)"
BATCH: Final = "printf('%06d', 400000 + c.n)"
PART: Final = "c.n / {part} - 1000000"  # before the parts of the sales that are copied
PLACE: Final = "1000000 + c.n * 100000 + o.{}"
COPIED: Final[dict[str, dict[str, dict[str, str]]]] = {
    "issuer": {
        "txn": {"key": TXN_KEY.format("key"), "rrn": RRN, "part": PART},
        "entry": {"id": TXN_KEY.format("id"), "ref": RRN},
        "trail": {"txn": TXN_KEY.format("txn")},
    },
    "switch": {
        "attempt": {"batch": BATCH, "rrn": RRN, "part": PART, "transmitted": DE7, "trace": DE11},
        "trail": {"tick": "1000000000 + c.n * 100000 + o.rowid", "rrn": RRN},
    },
    "terminal": {
        "attempt": {
            "batch": BATCH,
            "rrn": RRN,
            "till_key": "printf('P%09d-%06d', c.n, o.rowid)",
            "place": PLACE.format("place"),
        },
        "slip": {"batch": BATCH},
        "trail": {"line": PLACE.format("line"), "sale": f"iif(o.sale = 0, 0, {PLACE.format('sale')})"},
    },
}
ONLY: Final = {"entry": "WHERE o.ref <> 'opening'"}
SALES: Final = {"issuer": "txn", "switch": "attempt", "terminal": "attempt"}
STATIONS: Final = tuple(COPIED)


class Filled(NamedTuple):
    """What `fill` put into a table: the rows with a rowid above `above` and up to `up_to`; `rows` are there in all."""

    above: int
    up_to: int
    rows: int


def fill(path: Path, station: str, history: int) -> dict[str, Filled]:
    """Copy the sales of a station's store until `history` lie behind; by table.

    In a process of its own, whose memory is gone when stations are forked from this one.
    """
    command = [sys.executable, "-m", "bench.history", station, str(path.resolve()), str(history)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
    return {table: Filled(*each) for table, each in json.loads(done.stdout).items()}


def _fill(path: Path, station: str, history: int) -> dict[str, Filled]:
    store = apsw.Connection(str(path))
    store.set_busy_timeout(5000)
    for pragma in ("synchronous = OFF", "cache_size = -1000000", "temp_store = MEMORY"):
        store.execute(f"PRAGMA {pragma}")
    present = {str(name) for (name,) in store.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    tables = [table for table in COPIED[station] if table in present]
    last = {table: _number(store, f"SELECT coalesce(max(rowid), 0) FROM {table}") for table in tables}
    sales = _number(store, f"SELECT count(*) FROM {SALES[station]}")
    if not sales:
        raise SystemExit(f"{path} holds no sale that could be copied")
    copies, at_once = -(-history // sales), max(1, CHUNK // sales)
    statements = {table: copying(store, station, table, sales) for table in tables}
    for first in range(1, copies + 1, at_once):
        with store:
            for table, most in last.items():
                bounds = {"first": first, "until": min(copies, first + at_once - 1), "most": most}
                store.execute(statements[table], bounds)
    store.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    filled = {
        table: Filled(
            above,
            _number(store, f"SELECT coalesce(max(rowid), 0) FROM {table}"),
            _number(store, f"SELECT count(*) FROM {table}"),
        )
        for table, above in last.items()
    }
    store.close()
    file = os.open(path, os.O_RDONLY)
    os.fsync(file)
    os.close(file)
    return filled


def copying(store: apsw.Connection, station: str, table: str, sales: int) -> str:
    """The statement that copies the first rows of a table, once for every number from `first` to `until`."""
    columns = [str(row[1]) for row in store.execute(f"PRAGMA table_info({table})")]
    copies_of_a_part = str(max(1, parts.ROWS // sales))
    changed = {column: to.replace("{part}", copies_of_a_part) for column, to in COPIED[station][table].items()}
    if missing := set(changed) - set(columns):
        raise SystemExit(f"bench/history.py: {station}.{table} has no {', '.join(sorted(missing))} any more")
    picked = ", ".join(changed.get(column, f"o.{column}") for column in columns)
    where = ONLY.get(table, "WHERE 1")
    return (
        "WITH RECURSIVE c (n) AS (SELECT :first UNION ALL SELECT n + 1 FROM c WHERE n < :until) "
        f"INSERT INTO {table} ({', '.join(columns)}) "
        f"SELECT {picked} FROM c CROSS JOIN (SELECT rowid, * FROM {table} WHERE rowid <= :most) o {where}"
    )


def _number(store: apsw.Connection, sql: str) -> int:
    return int(str(store.execute(sql).fetchall()[0][0]))


def main() -> None:
    """Fill one store."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("station", choices=STATIONS)
    parser.add_argument("store", type=Path)
    parser.add_argument("transactions", type=int)
    asked = parser.parse_args()
    print(json.dumps(_fill(asked.store, asked.station, asked.transactions)))


if __name__ == "__main__":
    main()
