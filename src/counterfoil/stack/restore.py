"""Putting a backup in the place of a data directory: all of it, in one step, or not at all.

The backup is read whole first. A copy of it is made beside the data directory and changes places with it; what was
there before is kept under another name. Whatever ends this on the way, the data directory is the one or the other.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from counterfoil.errors import StoreError
from counterfoil.links.performers import sync_directory
from counterfoil.reasons import reason
from counterfoil.stack.alone import alone
from counterfoil.stack.copies import (
    DAMAGED,
    INCOMPLETE,
    INSIDE,
    BackupManifest,
    Step,
    copy,
    manifest_of,
    of,
    unfinished,
    verify,
)
from counterfoil.stack.layout import STATIONS, Layout, formats
from counterfoil.stack.swapping import swap
from counterfoil.storage import sentences
from counterfoil.storage.lock import is_owned
from counterfoil.storage.migrations import pending
from counterfoil.words import Text

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

OVERWRITES: Final = Text(
    "{data} is there already: with --force it is moved aside, and nothing of it is lost",
    "{data} 已存在：使用 --force 会将其移到一旁保留，不会丢失",
)
WITHIN: Final = Text("{folder} lies in {data}, which it is to replace", "{folder} 位于将被替换的 {data} 之内")
FAILED: Final = Text("{data} was not replaced: {path}: {reason}", "未替换 {data}：{path}：{reason}")


class Restored(NamedTuple):
    """What was put in place, and where that lies which was there before; None when there was nothing."""

    manifest: BackupManifest
    aside: Path | None


def checked(folder: Path, layout: Layout, step: Step) -> BackupManifest:
    """Read a backup whole; what it holds. StoreError names what is wrong with it, or why this program cannot use it."""
    manifest = manifest_of(folder)
    needed = [layout.demo_key, *(path(name) for name in STATIONS for path in (layout.store, layout.lmk))]
    for path in needed:
        if (name := str(path.relative_to(layout.data))) not in manifest.files:
            raise StoreError(*INCOMPLETE.filled(folder=folder, name=name))
    for station in STATIONS:
        name = str(layout.store(station).relative_to(layout.data))
        pending(formats(station), manifest.files[name].formats, f"{folder}/{INSIDE}/{name}")
    verify(folder, manifest, step)
    return manifest


def restore(folder: Path, layout: Layout, now: str, step: Step, *, force: bool = False) -> Restored:
    """Put a backup in the place of the data directory. `now`, a plain word, becomes part of the name of the old one.

    StoreError, in a sentence, when the backup is not sound, a stack is at work, or the data directory is there and
    nobody said `force`; nothing has changed then.
    """
    layout = Layout(Path(os.path.realpath(layout.data)))  # where a link leads is what is replaced
    data = layout.data
    if Path(os.path.realpath(folder)).is_relative_to(data):
        raise StoreError(*WITHIN.filled(folder=folder, data=data))
    with contextlib.ExitStack() as held:
        if layout.run.is_dir():
            held.enter_context(alone(layout))
        for name in STATIONS:  # one that outlived its supervisor
            if is_owned(layout.store(name)):
                raise StoreError(*sentences.IN_USE.filled(store=layout.store(name), holder="?"))
        there = data.exists() and any(data.iterdir())
        if there and not force:
            raise StoreError(*OVERWRITES.filled(data=data))
        manifest = checked(folder, layout, step)
        with _beside(data) as making:
            _copied(folder, manifest, making, step)
            held.enter_context(alone(Layout(making)))  # nobody starts on it before it is in its place
            with _undisturbed():
                return Restored(manifest, _placed(making, data, now))


def _copied(folder: Path, manifest: BackupManifest, making: Path, step: Step) -> None:
    for name, kept in manifest.files.items():
        size, digest = copy(folder / INSIDE / name, making / name, of(step, name))
        if (size, digest) != (kept.bytes, kept.sha256):  # it changed since it was read
            raise StoreError(*DAMAGED.filled(folder=folder, name=name))
    Layout(making).run.mkdir(mode=0o700)
    for inside, _, _ in os.walk(making):
        sync_directory(Path(inside))


def _placed(making: Path, data: Path, now: str) -> Path | None:
    """The copy becomes the data directory; where the old one is kept."""
    if not data.exists():
        making.rename(data)
        sync_directory(data.parent)
        return None
    aside = data.with_name(f"{data.name}.before-restore-{now}")
    making.rename(aside)  # so that the old one, once they have changed places, has its name
    try:
        swap(aside, data)
    except OSError:
        aside.rename(making)
        raise
    sync_directory(data.parent)
    if any(aside.iterdir()):
        return aside
    aside.rmdir()
    return None


@contextlib.contextmanager
def _beside(data: Path) -> Iterator[Path]:
    """A folder beside the data directory, removed when the block does not end well."""
    try:
        with unfinished(data) as making:
            yield making
    except OSError as error:
        raise StoreError(*FAILED.filled(data=data, path=error.filename or data, reason=reason(error))) from None


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """No signal ends this between two names; one that comes meanwhile is taken right after."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
