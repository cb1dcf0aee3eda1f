"""Side effects outside the stations: receipts and notifications, written as files.

A file is written beside its place, synced, renamed into it, and its directory synced, so that it is there whole or not
at all; doing the same again is harmless. A thread does the waiting for the disk, everything that came up meanwhile
goes into its next round.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from counterfoil.step import Inbound, Perform, Performed

SAFE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")


UNWRITABLE: Final = "unwritable"
WORDS: Final = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "disk_full"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "no_rights"),
}


class _Inlet(Protocol):
    def arrive(self, item: Inbound) -> None: ...


class FileWriter:
    """Writes `Perform(kind, name, text)` to DIRECTORIES[kind]/name.txt, or each of its `texts`; reports Performed."""

    def __init__(self, directories: Mapping[str, Path], inlet: _Inlet) -> None:
        self._directories = dict(directories)
        self._inlet = inlet
        self._todo: list[Perform] = []
        self._round: asyncio.Task[None] | None = None

    def perform(self, item: Perform) -> None:
        """Take one; Performed arrives when the disk has it, or when it is known that it never will."""
        if item.kind not in self._directories or not all(SAFE_NAME.fullmatch(name) for name, _ in item.named):
            self._inlet.arrive(Performed(item.kind, item.name, False, "no such kind, or not a file name"))
            return
        self._todo.append(item)
        if self._round is None:
            self._round = asyncio.get_running_loop().create_task(self._work())

    async def stop(self) -> None:
        """Wait until everything that was taken is done."""
        if self._round is not None:
            await self._round

    async def _work(self) -> None:
        try:
            while self._todo:
                batch, self._todo = self._todo, []
                done = [Performed(item.kind, item.name, False, UNWRITABLE) for item in batch]
                try:
                    done = await asyncio.to_thread(write_all, self._directories, batch)
                finally:  # whatever happens, whoever waits hears of it
                    for one in done:
                        self._inlet.arrive(one)
        finally:
            self._round = None


def write_all(directories: Mapping[str, Path], batch: Sequence[Perform]) -> list[Performed]:
    """Write a batch; one Performed for each, in order. A directory that cannot be synced fails what is in it."""
    done: list[Performed] = []
    touched: dict[str, str] = {}
    for item in batch:
        trouble = ""
        for name, text in item.named:  # all of them: one that cannot be written does not keep the others
            try:
                write_file(directories[item.kind] / f"{name}.txt", text)
            except OSError as error:
                trouble = why(error)
            except UnicodeEncodeError:
                trouble = "not a text that can be written"
        if not trouble:
            touched[item.kind] = ""
        done.append(Performed(item.kind, item.name, not trouble, trouble))
    for kind in touched:
        try:
            sync_directory(directories[kind])
        except OSError as error:
            touched[kind] = why(error)
    return [
        Performed(one.kind, one.name, False, touched[one.kind]) if one.ok and touched[one.kind] else one for one in done
    ]


def why(error: OSError) -> str:
    """A terminal's word for what is wrong with a folder that stands for a printer or a telephone."""
    return WORDS.get(error.errno or 0, UNWRITABLE)


def write_file(path: Path, text: str, mode: int = 0o600) -> None:
    """Replace `path` by `text` in one piece; the caller syncs the directory. OSError when the disk refuses."""
    write_bytes(path, text.encode(), mode)


def write_bytes(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace `path` by `data` in one piece; the caller syncs the directory. OSError when the disk refuses."""
    draft = _draft(path, data, mode)
    try:
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def make_file(path: Path, text: str, mode: int = 0o600) -> bool:
    """Write `path` in one piece, unless somebody was first: whether it is ours. The caller syncs the directory.

    OSError when the disk refuses.
    """
    draft = _draft(path, text.encode(), mode)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def _draft(path: Path, data: bytes, mode: int) -> Path:
    """The whole content on the disk beside `path`, under a name that no other process or thread writes to."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return draft


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
