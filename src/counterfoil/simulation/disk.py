"""A station's disk in memory: it outlives the station's process, and it fails when the world says so."""

from __future__ import annotations

import enum
from typing import Final

import apsw

from counterfoil.step import CommitFailed
from counterfoil.storage import Migration, Store, open_store

# What `storage.open_store` sets and a copied image forgets; the rest is about files.
PRAGMAS: Final = ("foreign_keys = ON", "trusted_schema = OFF", "cell_size_check = ON", "temp_store = MEMORY")


class SimulatedCrash(BaseException):
    """The process died here. Not an `Exception`: no station may catch it."""


class Fate(enum.Enum):
    """What the next commit comes to."""

    DURABLE = "durable"
    CRASH = "crash before commit"  # the process dies, the disk is as it was
    FULL = "disk full"  # the commit fails and leaves nothing
    LYING = "error after commit"  # the commit fails, and after the restart it is there all the same


class Disk(Store):
    """A store copied from an image. `fate` is decided anew before every step; `commits` counts the durable ones."""

    def __init__(self, image: bytes) -> None:
        connection, source = apsw.Connection(":memory:"), apsw.Connection(":memory:")
        source.deserialize("main", image)
        with connection.backup("main", source, "main") as copying:  # used as it was read in, it would be much slower
            copying.step()
        source.close()
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        super().__init__(connection, ":memory:", readonly=False, lock=None)
        self.fate = Fate.DURABLE
        self.commits = 0

    def commit(self) -> None:
        """Commit, or come to the fate of this step."""
        if self.fate is Fate.CRASH:
            raise SimulatedCrash
        if self.fate is Fate.FULL:
            self.rollback()
            raise CommitFailed("no space is left")
        super().commit()
        self.commits += 1
        if self.fate is Fate.LYING:
            raise CommitFailed("the disk reports an error")

    def image(self) -> bytes:
        """Everything on it, to be copied."""
        return self._connection.serialize("main")

    def put_back(self, image: bytes) -> None:
        """An operator puts an earlier copy in the place of everything on it."""
        source = apsw.Connection(":memory:")
        source.deserialize("main", image)
        with self._connection.backup("main", source, "main") as copying:
            copying.step()
        source.close()
        self.commits += 1

    def __deepcopy__(self, _: object) -> Disk:
        """Whoever looks at a disk and is copied looks at the same one."""
        return self

    @classmethod
    def new(cls, migrations: list[Migration]) -> Disk:
        """A disk with the tables of a room and nothing in them."""
        store = open_store(":memory:", migrations)
        image = store._connection.serialize("main")  # noqa: SLF001 - the parent class of this one
        store.close()
        return cls(image)
