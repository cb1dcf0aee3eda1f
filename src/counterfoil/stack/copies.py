"""What a backup is: a folder with a copy of every store, of the keys and settings beside them and of the archive.

FOLDER/manifest.json        what is in it: size and SHA-256 of every file, formats and heads of the stores
FOLDER/manifest.sha256      the SHA-256 of the manifest
FOLDER/data/                the files, where they lie in a data directory
"""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from counterfoil.errors import StoreError
from counterfoil.links.performers import sync_directory, write_bytes
from counterfoil.step import UNREADABLE
from counterfoil.storage.copying import Formats
from counterfoil.words import Text

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
SEAL: Final = "manifest.sha256"
INSIDE: Final = "data"
CHUNK: Final = 1 << 20
UNFINISHED: Final = ".unfinished"

NO_BACKUP: Final = Text("{folder} is no backup: it has no {name}", "{folder} 不是备份：缺少 {name}")
DAMAGED: Final = Text(
    "the backup {folder} is damaged: {name} is not the file that was written",
    "备份 {folder} 已损坏：{name} 与写入时不同",
)
INCOMPLETE: Final = Text("the backup {folder} is not complete: {name} is missing", "备份 {folder} 不完整：缺少 {name}")
NEWER: Final = Text(
    "the backup {folder} has format {found} and this program knows {known}: use the program that wrote it, "
    "or a newer one",
    "备份 {folder} 的格式为 {found}，而本程序只认识到 {known}：请使用写入它的程序或更新的版本",
)
OUTSIDE: Final = Text(
    "the backup {folder} names a file outside itself: {name}", "备份 {folder} 中的文件名指向其外部：{name}"
)

Step = Callable[[str, int, int], None]
"""Told what is being read or written, how many bytes of it are done, and how many there are."""


def of(step: Step, name: str) -> Callable[[int, int], None]:
    """The steps of one file."""
    return lambda done, whole: step(name, done, whole)


class CopiedFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file. A store has its `formats` (the migrations it has recorded) and its `head`: how far it has come."""

    bytes: int
    sha256: str
    formats: Formats = []
    head: dict[str, str] = {}


class BackupManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds. `made_at` is the instant, ISO 8601 in UTC, at which all stores were as they are here.

    `files` are named as they lie in a data directory.
    """

    format: int
    program: str
    made_at: str
    files: dict[str, CopiedFile]

    @property
    def bytes(self) -> int:
        """All of them together."""
        return sum(kept.bytes for kept in self.files.values())


def seal(folder: Path, manifest: BackupManifest) -> None:
    """Write the manifest, last of all files, and have everything on the disk."""
    text = msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"
    write_bytes(folder / MANIFEST, text)
    write_bytes(folder / SEAL, hashlib.sha256(text).hexdigest().encode() + b"\n")
    for inside, _, _ in os.walk(folder):
        sync_directory(Path(inside))


def manifest_of(folder: Path) -> BackupManifest:
    """What a backup says that it holds. StoreError when it is none, is damaged, or of a format to come."""
    texts = {}
    for name in (MANIFEST, SEAL):
        try:
            texts[name] = (folder / name).read_bytes()
        except OSError:
            raise StoreError(*NO_BACKUP.filled(folder=folder, name=name)) from None
    if hashlib.sha256(texts[MANIFEST]).hexdigest().encode() != texts[SEAL].strip():
        raise StoreError(*DAMAGED.filled(folder=folder, name=MANIFEST))
    try:
        found = msgspec.json.decode(texts[MANIFEST], type=dict[str, msgspec.Raw])
        number = msgspec.json.decode(found["format"], type=int)
        if number > FORMAT:
            raise StoreError(*NEWER.filled(folder=folder, found=number, known=FORMAT))
        manifest = msgspec.json.decode(texts[MANIFEST], type=BackupManifest)
    except (KeyError, *UNREADABLE):
        raise StoreError(*DAMAGED.filled(folder=folder, name=MANIFEST)) from None
    for name in manifest.files:
        if not _is_inside(name):
            raise StoreError(*OUTSIDE.filled(folder=folder, name=name))
    return manifest


def verify(folder: Path, manifest: BackupManifest, step: Step) -> None:
    """Read every file again. StoreError names the first that is missing or not what was written."""
    for name, kept in manifest.files.items():
        path = folder / INSIDE / name
        try:
            size, digest = digest_of(path, of(step, name))
        except OSError:
            raise StoreError(*INCOMPLETE.filled(folder=folder, name=name)) from None
        if (size, digest) != (kept.bytes, kept.sha256):
            raise StoreError(*DAMAGED.filled(folder=folder, name=name))


def digest_of(path: Path, step: Callable[[int, int], None]) -> tuple[int, str]:
    """The size of a file and its SHA-256 in hex. OSError when it cannot be read."""
    return _read(path, None, step)


def copy(source: Path, to: Path, step: Callable[[int, int], None]) -> tuple[int, str]:
    """Copy a file into a new one that only its owner can read; its size and SHA-256. On the disk when this returns."""
    private(to.parent)
    descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        found = _read(source, descriptor, step)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return found


def private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for its owner alone."""
    for path in (*reversed(folder.parents), folder):  # mkdir gives its mode to the last one only
        if not path.is_dir():
            path.mkdir(mode=0o700)


def _read(path: Path, into: int | None, step: Callable[[int, int], None]) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with path.open("rb") as file:
        whole = os.fstat(file.fileno()).st_size
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            view = memoryview(chunk)
            while into is not None and view:
                view = view[os.write(into, view) :]
            step(size, max(size, whole))
    return size, digest.hexdigest()


def _is_inside(name: str) -> bool:
    path = Path(name)
    return not path.is_absolute() and bool(path.parts) and ".." not in path.parts


@contextmanager
def unfinished(place: Path) -> Iterator[Path]:
    """A new folder beside `place`, to be renamed when it is whole; what still has its name at the end is removed.

    So is what a predecessor left that was killed. OSError when the disk refuses.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    for left in place.parent.glob(f".{glob.escape(place.name)}.*{UNFINISHED}"):
        if not _runs(left.suffixes[-2][1:] if len(left.suffixes) > 1 else ""):
            shutil.rmtree(left)
    making = place.with_name(f".{place.name}.{os.getpid()}{UNFINISHED}")
    making.mkdir(mode=0o700)
    try:
        yield making
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _runs(pid: str) -> bool:
    """Whether a process of this number, as a text, is there."""
    try:
        os.kill(int(pid), 0)
    except (ValueError, OverflowError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
