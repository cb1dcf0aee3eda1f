"""What can become of a store's files, each as a function that does it, and the sentence it is refused with."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import apsw

PAGE: Final = 4096


def log_of(store: Path) -> Path:
    return store.with_name(store.name + "-wal")


def overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def flip(path: Path, at: int) -> None:
    """Turn every bit of one byte."""
    overwrite(path, at, bytes((path.read_bytes()[at] ^ 0xFF,)))


def header(store: Path) -> None:
    flip(store, 3)


def page(store: Path) -> None:
    """The first byte of the third page: what kind of page it is."""
    flip(store, 2 * PAGE)


def text(store: Path) -> None:
    """A byte of the recorded format, so that it is no text any more; the file is sound otherwise."""
    writer = apsw.Connection(str(store))
    ((digest,),) = writer.execute("SELECT sha256 FROM migration WHERE number = 1").fetchall()
    writer.close()
    flip(store, store.read_bytes().index(str(digest).encode()))


def scribble(store: Path) -> None:
    overwrite(store, 3 * PAGE, b"\xa5" * PAGE)


def cut(store: Path) -> None:
    os.truncate(store, store.stat().st_size // 2)


def empty(store: Path) -> None:
    log_of(store).unlink(missing_ok=True)
    os.truncate(store, 0)


def gone(store: Path) -> None:
    log_of(store).unlink(missing_ok=True)
    store.unlink()


def no_database(store: Path) -> None:
    log_of(store).unlink(missing_ok=True)
    store.write_bytes(b"Dear diary, today I was saved over the wrong file. " * 400)


def newer(store: Path) -> None:
    """A later release was here."""
    writer = apsw.Connection(str(store))
    writer.execute("INSERT INTO migration SELECT max(number) + 1, 'ff' FROM migration")
    writer.close()


def foreign(store: Path) -> None:
    gone(store)
    other = apsw.Connection(str(store))
    other.execute("CREATE TABLE bookmarks (url)")
    other.close()


def log_header(store: Path) -> None:
    flip(log_of(store), 8)


def log_frame(store: Path) -> None:
    flip(log_of(store), 32 + 24 + 100)


def log_salt(store: Path) -> None:
    flip(log_of(store), 32 + 8)


def log_without_store(store: Path) -> None:
    os.truncate(store, 0)


def log_gone(store: Path) -> None:
    log_of(store).unlink()


def log_emptied(store: Path) -> None:
    os.truncate(log_of(store), 0)


class Damage(NamedTuple):
    """`needs_log`: it can only happen to a store whose station was killed. `en` and `zh` are in the sentences."""

    do: Callable[[Path], None]
    en: str
    zh: str
    needs_log: bool = False


RESTORE: Final = ("restore the whole data directory from a backup", "从备份恢复整个数据目录")
DAMAGES: Final = {
    damage.do.__name__: damage
    for damage in (
        Damage(header, "is corrupted (file is not a database): keep a copy and restore", "已损坏"),
        Damage(page, "is corrupted (", "已损坏"),
        Damage(text, "is corrupted (", "已损坏"),
        Damage(scribble, "is corrupted (", "已损坏"),
        Damage(cut, "is corrupted (", "已损坏"),
        Damage(no_database, "is corrupted (file is not a database)", "已损坏"),
        Damage(foreign, "is an SQLite file of another program: put the station's own file back", "其他程序"),
        Damage(newer, "use the program that wrote it, or a newer one", "请使用写入它的程序或更新的版本"),
        Damage(log_header, "is damaged before its last commits, which would be lost", "丢失这些提交", needs_log=True),
        Damage(log_frame, "is damaged before its last commits, which would be lost", "丢失这些提交", needs_log=True),
        Damage(log_salt, "is damaged before its last commits, which would be lost", "丢失这些提交", needs_log=True),
        Damage(log_without_store, "restore both together", "一起恢复", needs_log=True),
        Damage(log_gone, "is missing and holds its last commits: put it back", "请放回原处", needs_log=True),
        Damage(log_emptied, "is missing and holds its last commits: put it back", "请放回原处", needs_log=True),
    )
}
# A store that was never filled may be missing or empty; the stack knows which were.
VANISHED: Final = {
    do.__name__: Damage(do, "although its station has been set up: " + RESTORE[0], "早已建立") for do in (empty, gone)
}
