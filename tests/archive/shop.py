"""Three real stations on real stores with some days of sales behind them, and the archive of those."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import IO, Any, Final

import pandas
from bench.steps import Loop

from counterfoil.archive.folder import parts
from counterfoil.archive.run import DateResult, archive, days, resume
from counterfoil.archive.shapes import room_of
from counterfoil.errors import StoreError
from counterfoil.inquiry import Stores
from counterfoil.step import DAY, SECOND, Command, Frame, Inbound, Outbound, Reply, Send
from counterfoil.zone import zone

STATIONS: Final = {"terminal": "terminal", "switch": "switch", "issuer-a": "issuer"}
TABLES: Final = {
    "terminal": ("attempt", "slip", "trail"),
    "switch": ("attempt", "trail"),
    "issuer-a": ("txn", "advice", "trail"),
}
SEALED: Final = "pan"
DUMP: Final = """
import json, sqlite3, sys
for line in sys.stdin:
    path, *tables = json.loads(line)
    store = sqlite3.connect(path)
    store.row_factory = sqlite3.Row
    rows = {table: [dict(row) for row in store.execute(f"SELECT * FROM {table}")] for table in tables}
    store.close()
    print(json.dumps(rows, default=bytes.hex), flush=True)
"""


class Killed(BaseException):
    """The process is gone; nobody catches it."""


class Shop(Loop):
    """Sells on several days; `frames` are what each station was sent, `archive` moves what is old enough."""

    def __init__(self, folder: Path, terminals: int = 3, days: int = 3, sales: int = 2) -> None:
        self.folder = folder
        self.frames: dict[str, list[Frame]] = {name: [] for name in STATIONS.values()}
        self.drops: dict[str, Callable[[Send], bool]] = {}
        self.damaged: list[StoreError] = []
        (folder / "stores").mkdir()
        super().__init__(folder / "stores", terminals)
        for _ in range(days):
            self.sell_a_day(sales)
        self.now += DAY
        self.run()  # messages that were delivered leave the issuer's outbox

    def inside(self, name: str) -> Any:
        """A station with what only it may look at."""
        return self.stations[name]

    def sell_a_day(self, sales: int) -> None:
        """A day passes with so many sales at each terminal."""
        for _ in range(sales):
            self.sell(self.terminals)
            self.now += 3600 * SECOND
        self.now += DAY - sales * 3600 * SECOND

    def _carry(self, name: str, item: Outbound) -> None:
        if isinstance(item, Send) and name in self.drops and self.drops[name](item):
            return
        known = {station: list(inbox) for station, inbox in self.inbox.items()}
        super()._carry(name, item)
        for station, inbox in self.inbox.items():
            self.frames[station] += [one for one in inbox[len(known[station]) :] if isinstance(one, Frame)]

    def restart(self) -> None:
        """Switch and issuer begin anew on their stores, and have heard of nobody yet."""
        self.stations |= {name: self.built(name) for name in ("switch", "issuer")}

    @property
    def archived(self) -> Path:
        return self.folder / "archive"

    def step(self, station: str, *arrived: Inbound) -> list[Outbound]:
        """One step of one station, what it says not carried anywhere."""
        self.now += 1000
        return list(self.stations[STATIONS[station]].step(self.now, arrived))

    def ask(self, station: str, verb: str, args: dict[str, Any]) -> dict[str, Any]:
        """A question on a control channel."""
        said = self.step(station, Command(77, verb, args))
        return next(item.body for item in said if isinstance(item, Reply) and item.id == 77)

    def owner(self, station: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        return lambda args: self.ask(station, "archive", args)

    def archive(
        self, *stations: str, owner: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    ) -> list[DateResult]:
        """One run: whatever is older than a day. Parts it found damaged are in `damaged`."""
        told: list[DateResult] = []
        for station in stations or tuple(STATIONS):
            store, room = self.stores[STATIONS[station]], room_of(station)
            ask = owner or self.owner(station)
            told += resume(self.archived, station, room, ask, lambda _: None, self.damaged.append)
            told += [
                archive(store, self.archived, station, room, day, "then", ask, lambda _: None)
                for day in days(store, room, self.now - DAY, zone())
                if day.keys
            ]
        return told

    def opened(self) -> Stores:
        """The stores and the archive as `why` opens them."""
        at = self.folder / "stores"
        return Stores(at / "terminal.db", at / "switch.db", {"issuer-a": at / "issuer.db"}, self.archived)

    # --- read by others: sqlite3 of the standard library, and pandas ------------------------------------------------

    def in_store(self, station: str) -> dict[str, list[str]]:
        """Every row of a transaction's tables, the sealed card number left out."""
        path = self.folder / "stores" / f"{STATIONS[station]}.db"
        asks, tells = reader()
        asks.write(json.dumps([str(path), *TABLES[station]]) + "\n")
        asks.flush()
        rows: dict[str, list[dict[str, Any]]] = json.loads(tells.readline())
        return {table: sorted(map(said, each)) for table, each in rows.items()}

    def in_archive(self, station: str) -> dict[str, list[str]]:
        """Every row of a transaction's tables in the archive, without what the stores kept."""
        found: dict[str, list[str]] = {table: [] for table in TABLES[station]}
        for part in parts(self.archived, station):
            kept = [list(key) for key in done.kept] if (done := part.done) is not None else []
            assert kept == [], "a test that changes rows meanwhile compares for itself"
            for table in TABLES[station]:
                frame = pandas.read_parquet(part.file(table))
                found[table] += map(said, frame.to_dict("records"))
        return {table: sorted(rows) for table, rows in found.items()}


@cache
def reader() -> tuple[IO[str], IO[str]]:
    """What reads stores, in a process of its own: a second SQLite in this one would take the first one's locks away."""
    process = subprocess.Popen(
        [sys.executable, "-c", DUMP], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stdin
    assert process.stdout
    atexit.register(process.communicate)
    return process.stdin, process.stdout


def said(row: dict[str, Any]) -> str:
    """A row as text that can be compared."""
    return json.dumps({name: value for name, value in row.items() if name != SEALED}, sort_keys=True, default=bytes.hex)


def together(one: dict[str, list[str]], other: dict[str, list[str]]) -> dict[str, list[str]]:
    """The rows of both, by table."""
    return {table: sorted([*one[table], *other[table]]) for table in one}
