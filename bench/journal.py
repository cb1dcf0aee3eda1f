"""Is a journal in front of SQLite worth its recovery code? The same steps of an issuer, made durable in three ways.

    python -m bench.journal [--batches 1,16,64,256] [--sales 4096] [--store DIR] [--json]

The rows every step of a real issuer writes are recorded first (bench/steps.py), then written again on a real disk:

sqlite         as stations do: one transaction a step, write-ahead log, synchronous=FULL
journal        to a preallocated file alone: the rows packed, with length and checksum, and one fdatasync a step. What a
               journal promises at most: nothing can be asked of it
both           the journal as above, then the same rows into SQLite with synchronous=OFF: what a station would really
               do, for it has to find cards, keys and repeats again. The write-ahead log is then copied back as usual

The journal is read back afterwards and must hold every row. CPU is this process's; `wall` has the disk's waiting in it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
from bench.steps import Loop

from counterfoil.storage import Store, migrations_of, open_store

Written: TypeAlias = list[tuple[str, list[list[Any]]]]
"""What one step writes: statements with their rows."""

HEAD: Final = 8  # length and CRC-32
ROOM: Final = 64 * 2**20
WAYS: Final = ("sqlite", "journal", "both")

pack = msgspec.msgpack.Encoder().encode


class Recorded(NamedTuple):
    """An issuer's store before, as an image, and the steps that followed. `sales` in all of them."""

    image: Path
    steps: list[Written]
    sales: int


class Recording(Loop):
    """The stations of bench/steps.py; what the issuer writes is written down."""

    def __init__(self, folder: Path, terminals: int) -> None:
        self.written: Written = []
        self.steps: list[Written] = []
        super().__init__(folder, terminals)

    def _store(self, folder: Path, name: str) -> Store:
        store = super()._store(folder, name)
        if name == "issuer":
            many, commit = store.executemany, store.commit

            def executemany(sql: str, rows: Sequence[Sequence[Any]]) -> None:
                many(sql, rows)
                if rows:
                    self.written.append((sql, [list(row) for row in rows]))

            def committed() -> None:
                commit()
                self.steps.append(self.written)
                self.written = []

            vars(store).update(executemany=executemany, commit=committed)
        return store


def recorded(folder: Path, batch: int, sales: int) -> Recorded:
    """Play `sales` sales, `batch` at a time."""
    loop = Recording(folder, batch)
    loop.sell(loop.terminals)
    image = folder / "image.db"
    loop.stores["issuer"].execute("VACUUM INTO ?", (str(image),))
    loop.steps.clear()
    loop.answers.clear()
    rounds = max(4, sales // batch)
    for _ in range(rounds):
        loop.sell(loop.terminals)
    loop.close()
    if len(loop.answers) != rounds * batch:
        raise SystemExit("not every sale was answered")
    return Recorded(image, loop.steps, rounds * batch)


# --- the ways --------------------------------------------------------------------------------------------------------


class Journal:
    """A preallocated file that is appended to, one fdatasync a step."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
        blank = bytes(2**20)
        for _ in range(
            ROOM // len(blank)
        ):  # written, not only reserved: a flush must not have to change the file's map
            os.write(self._descriptor, blank)
        os.fsync(self._descriptor)
        self._at = 0

    def append(self, step: Written) -> None:
        """Durable when this returns."""
        body = pack(step)
        record = len(body).to_bytes(4, "big") + zlib.crc32(body).to_bytes(4, "big") + body
        if self._at + len(record) > ROOM:
            raise SystemExit("the journal is full: fewer --sales")
        self._at += os.pwrite(self._descriptor, record, self._at)
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def read_back(path: Path) -> Iterator[Written]:
    """The steps of a journal, up to the first that is not whole."""
    data = path.read_bytes()
    at = 0
    while size := int.from_bytes(data[at : at + 4], "big"):
        body = data[at + HEAD : at + HEAD + size]
        if zlib.crc32(body) != int.from_bytes(data[at + 4 : at + HEAD], "big"):
            return
        yield msgspec.msgpack.decode(body, type=Written)
        at += HEAD + size


def apply(store: Store, step: Written) -> None:
    """One step as a station writes it."""
    with store.transaction():
        for sql, rows in step:
            store.executemany(sql, rows)
        store.commit()


def played(way: str, known: Recorded, folder: Path) -> tuple[float, float]:
    """Write every step; CPU and wall microseconds a sale."""
    path = folder / f"{way}.db"
    shutil.copy(known.image, path)
    store = open_store(path, migrations_of("counterfoil.issuer"))
    if way == "both":
        store.query("PRAGMA synchronous = OFF")
    journal = Journal(folder / f"{way}.journal") if way != "sqlite" else None
    takes: list[Callable[[Written], None]] = []
    if journal is not None:
        takes.append(journal.append)
    if way != "journal":
        takes.append(lambda step: apply(store, step))
    cpu, wall = time.process_time(), time.perf_counter()
    for step in known.steps:
        for take in takes:
            take(step)
    spent = (time.process_time() - cpu, time.perf_counter() - wall)
    store.close()
    if journal is not None:
        journal.close()
        if list(read_back(journal.path)) != known.steps:
            raise SystemExit("the journal does not hold what was written")
        journal.path.unlink()
    path.unlink()
    return spent[0] / known.sales * 1e6, spent[1] / known.sales * 1e6


def measured(batch: int, sales: int, where: Path | None, rounds: int) -> dict[str, Any]:
    """All ways in turn, `rounds` times; medians."""
    with tempfile.TemporaryDirectory(prefix="counterfoil-journal-", dir=where) as name:
        folder = Path(name)
        known = recorded(folder, batch, sales)
        found: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
        for _ in range(rounds):
            for way in WAYS:
                found[way].append(played(way, known, folder))
        middle = statistics.median
        return {
            "batch": batch,
            "sales": known.sales,
            "bytes": round(sum(len(pack(step)) + HEAD for step in known.steps) / known.sales),
            **{
                way: {
                    "cpu_us": round(middle(cpu for cpu, _ in found[way]), 1),
                    "wall_us": round(middle(wall for _, wall in found[way]), 1),
                    "per_second": round(1e6 / middle(wall for _, wall in found[way])),
                }
                for way in WAYS
            },
        }


def said(figures: dict[str, float]) -> str:
    """One way at one batch size."""
    return f"{figures['per_second']:>7}/s (CPU {figures['cpu_us']:.1f}, wall {figures['wall_us']:.1f} us)"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", default="1,16,64,256")
    parser.add_argument("--sales", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--store", type=Path, help="where the files go (default: the temporary directory)")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows = []
    for batch in map(int, asked.batches.split(",")):
        sales = asked.sales if batch > 1 else asked.sales // 8
        rows.append(measured(batch, sales, asked.store, asked.rounds))
        if not asked.json:
            row = rows[-1]
            told = "   ".join(f"{way}: {said(row[way])}" for way in WAYS)
            print(f"batch {batch:>4}   {told}   ({row['bytes']} bytes a sale)", flush=True)
    if asked.json:
        print(json.dumps(rows))


if __name__ == "__main__":
    main()
