"""One part, from the store to files that were read back: nothing is asked to go before that."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import msgspec

from counterfoil import __version__
from counterfoil.archive import folder as folders
from counterfoil.archive.batches import batched
from counterfoil.archive.files import TableWriter, groups, schema_of, sha256, sync
from counterfoil.archive.folder import FORMAT, MANIFEST, ArchivePart, PartManifest, Table
from counterfoil.archive.shapes import Room
from counterfoil.errors import StoreError
from counterfoil.links.performers import write_bytes
from counterfoil.storage import Store
from counterfoil.storage.archiving import Key, Row, Rows, digest, rows_of
from counterfoil.words import Text

GROUP: Final = 2000
"""Transactions in a row group, read from the store in one short transaction."""
DIFFERS: Final = Text(
    "{path} does not hold what was written to it: nothing was removed from the store; look at the disk",
    "{path} 中的内容与写入的不一致：数据库中未删除任何数据；请检查磁盘",
)
NOBODYS: Final = Text("{path} holds rows of no transaction", "{path} 中有不属于任何交易的数据行")
Step = Callable[[int], None]


def tables_of(room: Room) -> list[str]:
    """The tables of a transaction, its own first."""
    return [room.shape.table, *(one.table for one in room.shape.belongings)]


def write(
    store: Store, room: Room, where: Path, date: str, keys: Sequence[Key], made_at: str, step: Step
) -> ArchivePart:
    """Write the transactions with these keys, read the files back, and give the part its name.

    StoreError when what was read is not what was written. `step` hears of every group of transactions written.
    """
    making = folders.begin(where.parent, where.name, date)
    written = hashlib.sha256()
    states: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    count = 0
    with ExitStack() as files:
        writers = {
            table: files.enter_context(TableWriter(making / f"{table}.parquet", schema_of(store, table)))
            for table in tables_of(room)
        }
        own = {name: place for place, name in enumerate(schema_of(store, room.shape.table).names)}
        for some in batched(keys, GROUP):
            with store.reading():
                found = rows_of(store, room.shape, some)
            for rows in found.values():
                written.update(digest(rows).encode())
                (row,) = rows[room.shape.table]
                states[row[own["state"]]] += 1
                sums[row[own["currency"]]] += row[own["amount"]]
            for table, writer in writers.items():
                writer.write([row for rows in found.values() for row in rows[table]])
            count += len(found)
            step(len(found))
    tables = {table: _table(making / f"{table}.parquet", writer.rows) for table, writer in writers.items()}
    manifest = PartManifest(
        format=FORMAT,
        station=where.name,
        date=date,
        made_at=made_at,
        program=__version__,
        store_format=len(room.formats),
        transactions=count,
        states=dict(states),
        sums=dict(sums),
        digest=written.hexdigest(),
        tables=tables,
    )
    if digest_of(making, room) != (count, manifest.digest):
        raise StoreError(*DIFFERS.filled(path=making))
    write_bytes(making / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    return folders.name(making, date)


def _table(path: Path, rows: int) -> Table:
    sync(path)
    return Table(rows, path.stat().st_size, sha256(path))


def transactions(path: Path, room: Room) -> Iterator[tuple[Key, Rows]]:
    """Every transaction the files of a part hold, in their order."""
    shape = room.shape
    for pieces in _side_by_side([path / f"{table}.parquet" for table in tables_of(room)]):
        (columns, own), *others = pieces
        places = [columns.index(column) for column in shape.key]
        found: dict[Key, Rows] = {}
        for row in own:
            found[tuple(row[place] for place in places)] = {
                shape.table: [row],
                **{one.table: [] for one in shape.belongings},
            }
        for one, (theirs, rows) in zip(shape.belongings, others, strict=True):
            of, link = [columns.index(name) for name in one.of], [theirs.index(name) for name in one.link]
            owners = {tuple(each[shape.table][0][place] for place in of): each for each in found.values()}
            for row in rows:
                owner = owners.get(tuple(row[place] for place in link))
                if owner is None:
                    raise StoreError(*NOBODYS.filled(path=path / f"{one.table}.parquet"))
                owner[one.table].append(row)
        yield from found.items()


def _side_by_side(paths: list[Path]) -> Iterator[list[tuple[tuple[str, ...], list[Row]]]]:
    """Row group by row group, those of all files beside one another; StoreError where one file has fewer."""
    readers = [groups(path) for path in paths]
    while True:
        pieces = [piece for reader in readers if (piece := next(reader, None)) is not None]
        if not pieces:
            return
        if len(pieces) != len(readers):
            raise StoreError(*NOBODYS.filled(path=paths[0].parent))
        yield pieces


def digest_of(path: Path, room: Room) -> tuple[int, str]:
    """How many transactions the files hold, and the digest of them all."""
    told, count = hashlib.sha256(), 0
    for _, rows in transactions(path, room):
        told.update(digest(rows).encode())
        count += 1
    return count, told.hexdigest()
