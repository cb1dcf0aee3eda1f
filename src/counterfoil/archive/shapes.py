"""Which station's tables are which, and how a business date is told from an instant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final, NamedTuple

from counterfoil.issuer import archiving as issuer
from counterfoil.step import SECOND, Instant
from counterfoil.storage import Migration, migrations_of
from counterfoil.storage.archiving import Shape
from counterfoil.switch import archiving as switch
from counterfoil.switch.settings import Settings
from counterfoil.terminal import archiving as terminal

DAY: Final = 86_400 * SECOND
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Room(NamedTuple):
    """A kind of station: the package that knows its store, and its transaction, now and in stores up to a format."""

    package: str
    shape: Shape
    older: tuple[tuple[int, Shape], ...] = ()

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


def date_of(at: Instant) -> str:
    """The business date, YYYY-MM-DD, on the acquirer's clock."""
    return (_EPOCH + timedelta(microseconds=at + Settings().utc_offset)).strftime("%Y-%m-%d")


def starts(date: str) -> Instant:
    """When a business date begins; ValueError when it is none."""
    day = datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=UTC)
    return (day - _EPOCH) // timedelta(microseconds=1) - Settings().utc_offset
