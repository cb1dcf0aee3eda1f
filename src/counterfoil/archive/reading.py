"""Old transactions, asked for as if they were still in the store.

What the files say of a transaction is put into a store in memory of the format it came from, and brought to today's
format by the station's own migrations; then the station's own questions are asked of it. There is no second reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from counterfoil.archive.files import matching
from counterfoil.archive.folder import ArchivePart, parts
from counterfoil.archive.shapes import Room, room_of
from counterfoil.errors import StoreError
from counterfoil.step import DAY, Instant
from counterfoil.storage import Store, open_store
from counterfoil.storage.archiving import Key, Row
from counterfoil.zone import Zone, zone

MEMORY: Final = ":memory:"
Where = Mapping[str, Sequence[Any]]


class Archive:
    """The archive of one data directory, for reading. Close it when done."""

    def __init__(self, folder: Path, clock: Zone | None = None) -> None:
        self._folder = folder
        self._clock = clock or zone()
        self._open: list[Store] = []
        self.seen: dict[tuple[str, Key], str] = {}
        """The business date in the archive of every transaction that was found, by station and key."""

    def again(self) -> Archive:
        """This archive again, nothing read yet."""
        return Archive(self._folder, self._clock)

    def close(self) -> None:
        """Forget what was read."""
        for store in self._open:
            store.close()
        self._open.clear()

    def found(self, station: str, where: Where, table: str = "", around: Instant = 0) -> list[Store]:
        """Stores that hold what fits: every transaction whose row, or a row of another `table` of it, has one of the
        values in these columns; [] when none does. With `around`, of the dates around this instant only.

        StoreError when a part cannot be read that might hold something too; of a whole key that was found there is no
        second.
        """
        dates = (self._clock.date(around - DAY), self._clock.date(around + DAY)) if around else ("", "~")
        room = room_of(station)
        stores: list[Store] = []
        wrong: StoreError | None = None
        for part in reversed(parts(self._folder, station)):
            if not dates[0] <= part.date <= dates[1]:
                continue
            try:
                store = self._loaded(part, room, where, table)
            except StoreError as error:
                wrong = wrong or error
            else:
                stores += [store] if store is not None else []
        if wrong is not None and not (stores and not table and where.keys() >= set(room.shape.key)):
            raise wrong
        return stores

    def _loaded(self, part: ArchivePart, room: Room, where: Where, table: str) -> Store | None:
        room = room.at(part.manifest.store_format)
        shape = room.shape
        if table:
            belonging = next(one for one in shape.belongings if one.table == table)
            columns, rows = matching(part.file(table), where)
            if not rows:
                return None
            where = {
                of: [row[columns.index(link)] for row in rows]
                for link, of in zip(belonging.link, belonging.of, strict=True)
            }
        columns, rows = matching(part.file(shape.table), where)
        if not rows:
            return None
        kept = set(done.kept) if (done := part.done) is not None else set()
        keys = [columns.index(column) for column in shape.key]
        rows = [row for row in rows if tuple(row[place] for place in keys) not in kept]
        if not rows:
            return None
        for row in rows:
            self.seen[part.station, tuple(row[place] for place in keys)] = part.date
        return self._filled(part, room, columns, rows)

    def _filled(self, part: ArchivePart, room: Room, columns: tuple[str, ...], rows: list[Row]) -> Store:
        """A store in memory with these transactions and all their rows."""
        known = part.manifest.store_format
        store = open_store(MEMORY, room.formats[:known])
        self._open.append(store)
        with store.transaction():
            if "issuer" in room.package:
                store.execute("INSERT INTO station (name) VALUES (?)", (part.station,))
            _insert(store, room.shape.table, columns, rows)
            for one in room.shape.belongings:
                links: set[Row] = {tuple(row[columns.index(of)] for of in one.of) for row in rows}
                where = {column: sorted({link[n] for link in links}) for n, column in enumerate(one.link)}
                theirs, found = matching(part.file(one.table), where)
                places = [theirs.index(column) for column in one.link]
                mine = [row for row in found if tuple(row[place] for place in places) in links]
                _insert(store, one.table, theirs, mine)
            if room.shape.neighbours:
                self._neighbours(store, part, room, columns, rows)
            for migration in room.formats[known:]:
                store.execute(migration.sql)
            store.commit()
        return store

    def _neighbours(
        self, store: Store, part: ArchivePart, room: Room, columns: tuple[str, ...], rows: list[Row]
    ) -> None:
        """What came after these: their neighbours' own rows, without what belongs to them."""
        shape = room.shape
        where = {name: sorted({row[columns.index(name)] for row in rows}) for name in shape.neighbours}
        theirs, found = matching(part.file(shape.table), where)
        keys = [theirs.index(column) for column in shape.key]
        known = {tuple(row[columns.index(column)] for column in shape.key) for row in rows}
        _insert(store, shape.table, theirs, [row for row in found if tuple(row[k] for k in keys) not in known])


def _insert(store: Store, table: str, columns: tuple[str, ...], rows: list[Row]) -> None:
    marks = ", ".join("?" * len(columns))
    store.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)  # noqa: S608 - names of ours
