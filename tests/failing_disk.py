"""A disk that fails at the operation a test names, and the two ways a process can end on it."""

from __future__ import annotations

from pathlib import Path

import apsw


class Disk(apsw.VFS):
    """Passes everything on to the real disk, counts what changes it, and fails from operation `fails_at` on.

    `safe` is what a power cut would leave: per file, its content when it was last flushed.
    """

    def __init__(self) -> None:
        super().__init__("failing disk", "")
        self.safe: dict[str, bytes] = {}
        self.count = 0
        self.fails_at = 0
        self.failure: type[apsw.Error] = apsw.IOError

    def changes(self) -> None:
        self.count += 1
        if 0 < self.fails_at <= self.count:
            raise self.failure("the disk is full or broken")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self.changes()
        super().xDelete(filename, syncdir)
        self.safe.pop(filename, None)

    def excepthook(self, *_: object) -> bool:
        """SQLite ignores some failures, while closing for one: they are not news."""
        return True


class File(apsw.VFSFile):
    """One file on that disk."""

    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self.disk = disk
        self.path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self.disk.changes()
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self.disk.changes()
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self.disk.changes()
        super().xSync(flags)
        self.disk.safe[self.path] = self.xRead(self.xFileSize(), 0)


def killed(path: Path, disk: Disk) -> None:
    """The process ends: what was written stays written."""


def power_cut(path: Path, disk: Disk) -> None:
    """The machine ends: of every file only what was flushed is left."""
    for file in path.parent.iterdir():
        if str(file) in disk.safe:
            file.write_bytes(disk.safe[str(file)])
        else:
            file.unlink()
