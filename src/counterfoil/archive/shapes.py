"""Which station's tables are which."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

from counterfoil.issuer import archiving as issuer
from counterfoil.storage import Migration, migrations_of
from counterfoil.storage.archiving import TransactionShape
from counterfoil.switch import archiving as switch
from counterfoil.terminal import archiving as terminal


class Room(NamedTuple):
    """A kind of station: the package that knows its store, and its transaction, now and in stores up to a format."""

    package: str
    shape: TransactionShape
    older: tuple[tuple[int, TransactionShape], ...] = ()

    @property
    def formats(self) -> list[Migration]:
        """The migrations of its store."""
        return _formats(self.package)

    def at(self, store_format: int) -> Room:
        """This kind of station, with what a transaction was in a store of this format."""
        return self._replace(shape=next((shape for last, shape in self.older if store_format <= last), self.shape))


_formats = cache(migrations_of)
ROOMS: Final[Mapping[str, Room]] = {
    "terminal": Room("counterfoil.terminal", terminal.SHAPE, terminal.OLDER),
    "switch": Room("counterfoil.switch", switch.SHAPE),
    "issuer": Room("counterfoil.issuer", issuer.SHAPE),
}


def room_of(station: str) -> Room:
    """The room of a station: every name that is neither the terminals' nor the switch's is an issuer's."""
    return ROOMS.get(station, ROOMS["issuer"])
