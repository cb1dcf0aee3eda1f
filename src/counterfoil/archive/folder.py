"""The archive's folder: one folder a station, one in it for each part of a business date.

DIR/archive/.lock                          held by whoever writes
DIR/archive/<station>/2026-10-21/          a part; a date whose late transactions came to rest later has a .2 as well
    manifest.json                          what it holds: counts, sums, digests
    <table>.parquet                        the rows
    done.json                              written once the store let all of it go, or said what it keeps
DIR/archive/<station>/.2026-10-21.making/  not whole; thrown away by the next run
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from counterfoil.errors import StoreError
from counterfoil.links.performers import sync_directory, write_bytes
from counterfoil.step import UNREADABLE as NOT_READ
from counterfoil.storage.archiving import Key
from counterfoil.storage.lock import hold
from counterfoil.words import Text

T = TypeVar("T")
FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
DONE: Final = "done.json"
MAKING: Final = ".making"
PART: Final = re.compile(r"(?P<date>\d{4}-\d{2}-\d{2})(\.(?P<number>\d+))?")

BUSY: Final = Text(
    "another `counterfoil archive` is at work on {folder}", "另一个 `counterfoil archive` 正在处理 {folder}"
)
UNREADABLE: Final = Text("{path} is missing or cannot be read", "{path} 缺失或无法读取")
NEWER: Final = Text(
    "{path} has format {found} and this program knows {known}: use the program that wrote it, or a newer one",
    "{path} 的格式为 {found}，而本程序只认识到 {known}：请使用写入它的程序或更新的版本",
)


class Table(msgspec.Struct, frozen=True):
    """One file of a part."""

    rows: int
    bytes: int
    sha256: str


class PartManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a part holds. `sums` are minor units by currency, over all transactions whatever became of them, `digest`
    the SHA-256 of the transactions' digests in the order of the file, `store_format` that of the store they came from.
    """

    format: int
    station: str
    date: str
    made_at: str
    program: str
    store_format: int
    transactions: int
    states: dict[str, int]
    sums: dict[str, int]
    digest: str
    tables: dict[str, Table]


class LetGo(msgspec.Struct, frozen=True):
    """That the store let a part's transactions go. What it `kept` has changed since: the store has the last word."""

    left: int
    kept: list[Key] = []


class ArchivePart:
    """One part of one station's business date."""

    def __init__(self, path: Path) -> None:
        self.path = path
        match = PART.fullmatch(path.name)
        assert match is not None, "only parts are listed"
        self.date = match["date"]
        self.number = int(match["number"] or 1)
        self.station = path.parent.name

    @property
    def manifest(self) -> PartManifest:
        """StoreError when it is missing, damaged, or of a format to come."""
        path = self.path / MANIFEST
        found = _read(path, PartManifest)
        if found.format > FORMAT:
            raise StoreError(*NEWER.filled(path=path, found=found.format, known=FORMAT))
        return found

    @property
    def done(self) -> LetGo | None:
        """None while the store may still hold some of it."""
        path = self.path / DONE
        return _read(path, LetGo) if path.exists() else None

    def finish(self, done: LetGo) -> None:
        """The store has let go what it will."""
        write_bytes(self.path / DONE, msgspec.json.encode(done) + b"\n")
        sync_directory(self.path)

    def file(self, table: str) -> Path:
        """The file of a table."""
        return self.path / f"{table}.parquet"


def parts(folder: Path, station: str) -> list[ArchivePart]:
    """The parts of a station, the oldest date first."""
    home = folder / station
    found = [ArchivePart(path) for path in home.iterdir() if PART.fullmatch(path.name)] if home.is_dir() else []
    return sorted(found, key=lambda part: (part.date, part.number))


def stations(folder: Path) -> list[str]:
    """The stations that have parts."""
    return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


@contextmanager
def writer(folder: Path) -> Iterator[None]:
    """Be the only one who writes here; StoreError when somebody else does."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = hold(folder / ".lock")
    if descriptor is None:
        raise StoreError(*BUSY.filled(folder=folder))
    try:
        yield
    finally:
        os.close(descriptor)


def begin(folder: Path, station: str, date: str) -> Path:
    """A new folder for a part of this date that has no name yet; what an earlier run left unfinished is thrown away."""
    home = folder / station
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in home.glob(f".*{MAKING}"):
        shutil.rmtree(left)
    making = home / f".{date}{MAKING}"
    making.mkdir(mode=0o700)
    return making


def name(making: Path, date: str) -> ArchivePart:
    """Give a whole part its name: from here on it counts."""
    sync_directory(making)
    home = making.parent
    taken = [part.number for part in parts(home.parent, home.name) if part.date == date]
    number = max(taken, default=0) + 1
    path = home / (date if number == 1 else f"{date}.{number}")
    making.rename(path)
    for above in (home, home.parent):
        sync_directory(above)
    return ArchivePart(path)


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, *NOT_READ):
        raise StoreError(*UNREADABLE.filled(path=path)) from None
