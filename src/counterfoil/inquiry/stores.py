"""The stores of one stack, opened read-only when they are first needed.

A store that is not there, or refuses to open, is None: what it would say is unknown, never "no".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from counterfoil.archive.reading import Archive
from counterfoil.errors import StoreError
from counterfoil.issuer.records import PACKAGE as ISSUER
from counterfoil.storage import Store, migrations_of, open_store
from counterfoil.zone import Zone, zone

formats = cache(migrations_of)
"""The format of a room's store, read once: a page that stays live opens the stores again and again."""
TERMINAL = "counterfoil.terminal"
SWITCH = "counterfoil.switch"


class Stores:
    """The terminal's, the switch's and every issuer's store, and the archive: a context manager, for reading."""

    def __init__(
        self,
        terminal: Path,
        switch: Path,
        issuers: Mapping[str, Path],
        archive: Path | None = None,
        clock: Zone | None = None,
    ) -> None:
        self._paths = {"terminal": terminal, "switch": switch, **issuers}
        self._rooms = {"terminal": TERMINAL, "switch": SWITCH, **dict.fromkeys(issuers, ISSUER)}
        self._open: dict[str, Store | None] = {}
        self.issuers = tuple(issuers)
        self.clock = clock or zone()
        """The zone in which people read what is found here."""
        self.archive = Archive(archive, clock) if archive is not None else None
        """What left the stores; None where nobody asks for it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def terminal(self) -> Store | None:
        """The terminals' store."""
        return self.of("terminal")

    @property
    def switch(self) -> Store | None:
        """The switch's store."""
        return self.of("switch")

    def each_issuer(self) -> Iterator[tuple[str, Store]]:
        """Every issuer whose store can be read."""
        for name in self.issuers:
            store = self.of(name)
            if store is not None:
                yield name, store

    def of(self, station: str) -> Store | None:
        """One station's store; None when it cannot be read."""
        if station not in self._open:
            self._open[station] = self._opened(station)
        return self._open[station]

    def _opened(self, station: str) -> Store | None:
        path = self._paths.get(station)
        if path is None or not path.exists():
            return None
        try:
            return open_store(path, formats(self._rooms[station]), readonly=True)
        except StoreError:
            return None

    def archived(self) -> dict[str, str]:
        """The stations whose answers came out of the archive so far, each with the business date they lie under."""
        return {station: date for (station, _), date in self.archive.seen.items()} if self.archive is not None else {}

    def close(self) -> None:
        """Close what was opened: a reader left open makes the owner's log grow."""
        for store in self._open.values():
            if store is not None:
                store.close()
        self._open.clear()
        if self.archive is not None:
            self.archive.close()
