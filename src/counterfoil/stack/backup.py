"""Taking a backup of a data directory, whether or not its stack is at work. Nothing in the directory is changed.

Every store is copied as it was at one instant that is the same for all (`storage.copying`), so what one says another
knows: it is as if the machine had lost its power then. Keys and settings do not change while a stack runs; the archive
is held still meanwhile, so that no transaction is in neither of the two or in both.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from counterfoil import __version__
from counterfoil.archive.folder import MAKING, writer
from counterfoil.errors import PaymentError, StoreError
from counterfoil.issuer import Records as IssuerRecords
from counterfoil.issuer import stubs as issuers
from counterfoil.links.performers import sync_directory
from counterfoil.reasons import reason
from counterfoil.security import StoredKey
from counterfoil.security.keys import KeyRing
from counterfoil.stack.copies import (
    FORMAT,
    INSIDE,
    BackupManifest,
    CopiedFile,
    Step,
    copy,
    digest_of,
    of,
    private,
    seal,
    unfinished,
)
from counterfoil.stack.layout import ISSUERS, STATIONS, Layout, formats
from counterfoil.storage import Store
from counterfoil.storage.copying import CopySource, Formats, at_one_instant, copied
from counterfoil.storage.mark import SUFFIX
from counterfoil.storage.migrations import pending
from counterfoil.switch import stubs as switches
from counterfoil.switch.records import Records as SwitchRecords
from counterfoil.terminal import records as terminals
from counterfoil.terminal import stubs as terminal_stubs
from counterfoil.words import Text

STORE: Final = ".db"
BESIDE: Final = ("-wal", "-shm", "-journal", SUFFIX, ".lock", ".tmp")
"""Files of a running program, and of its stores; what is in a log is in the copy of its store."""
PRINTED: Final = frozenset({"run", "logs", "receipts", "sms"})
"""What came out of printers, telephones and processes: nothing is read from it again."""

NOT_A_STACK: Final = Text("{data} holds no stack: there is nothing to back up", "{data} 中没有系统：无可备份")
EXISTS: Final = Text("{to} is there already: a backup goes into a new folder", "{to} 已存在：备份须写入新目录")
WITHIN: Final = Text("{to} lies in {data}: a backup belongs elsewhere", "{to} 位于 {data} 之内：备份应放在别处")
FAILED: Final = Text("the backup failed at {path}: {reason}", "备份在 {path} 处失败：{reason}")
WRONG_KEY: Final = Text(
    "the key in {path} does not open what is in the store beside it: with both a backup would be useless",
    "{path} 中的密钥无法解开旁边数据库中的密钥：这样的备份没有用处",
)
UNBALANCED: Final = Text(
    "the ledger of {station} does not add up ({what}): it is not backed up as if it did",
    "{station} 的账目不平（{what}）：不会当作正常数据备份",
)


def backup(layout: Layout, to: Path, now: Callable[[], str], step: Step) -> BackupManifest:
    """Write a backup into the new folder `to` and read it again; what it holds. `now` says the time, ISO 8601 in UTC.

    StoreError, in a sentence, when it cannot be done, or not right; nothing is left at `to` then.
    """
    _refuse(layout, to)
    with ExitStack() as undo:
        if os.access(layout.data, os.W_OK):  # where nobody can write nobody can archive
            undo.enter_context(writer(layout.archive))
        names = _files(layout)
        originals: dict[str, CopySource] = {}
        for name in _in_order([name for name in names if name.endswith(STORE)]):
            originals[name] = CopySource(layout.data / name)
            undo.callback(originals[name].close)
        making = undo.enter_context(_new(to))
        with at_one_instant(list(originals.values())):
            made_at = now()
            _copy(originals, making / INSIDE, step)
        files = {name: _verified(layout, name, one, making / INSIDE, step) for name, one in originals.items()}
        for name in names:
            if name not in originals:
                size, digest = copy(layout.data / name, making / INSIDE / name, of(step, name))
                files[name] = CopiedFile(bytes=size, sha256=digest)
        manifest = BackupManifest(
            format=FORMAT, program=__version__, made_at=made_at, files=dict(sorted(files.items()))
        )
        seal(making, manifest)
    return manifest


def _copy(originals: dict[str, CopySource], inside: Path, step: Step) -> None:
    for name, original in originals.items():
        private((inside / name).parent)
        original.copy(inside / name, of(step, name))


def _verified(layout: Layout, name: str, original: CopySource, inside: Path, step: Step) -> CopiedFile:
    with copied(inside / name) as store:
        head = _checked(layout, Path(name).parent.name, store, original.formats)
    size, digest = digest_of(inside / name, of(step, name))
    return CopiedFile(bytes=size, sha256=digest, formats=original.formats, head=head)


# --- what belongs to it ----------------------------------------------------------------------------------------------


def _refuse(layout: Layout, to: Path) -> None:
    if not layout.demo_key.exists():
        raise StoreError(*NOT_A_STACK.filled(data=layout.data))
    if Path(os.path.realpath(to)).is_relative_to(os.path.realpath(layout.data)):
        raise StoreError(*WITHIN.filled(to=to, data=layout.data))
    if to.exists():
        raise StoreError(*EXISTS.filled(to=to))
    for key in (layout.demo_key, *(layout.lmk(name) for name in STATIONS)):
        layout.secret(key, make=False)
    for name in STATIONS:
        CopySource(layout.store(name)).close()


def _files(layout: Layout) -> list[str]:
    """Everything in the data directory that a stack would miss."""
    found, seen = [], set[Path]()
    for folder, inner, names in os.walk(layout.data, followlinks=True):  # the archive may lie on another disk
        inside = Path(folder).relative_to(layout.data)
        if Path(folder).resolve() in seen:
            inner.clear()
            continue
        seen.add(Path(folder).resolve())
        inner[:] = sorted(name for name in inner if str(inside / name) not in PRINTED and not name.endswith(MAKING))
        found += [str(inside / name) for name in sorted(names) if not name.endswith(BESIDE)]
    return found


def _in_order(stores: list[str]) -> list[str]:
    """The terminals' store first, the issuers' last: an answer comes to where it is read before it can be read later.

    The views are of one instant anyway; the order is the one in which `verdict.judge` reads the stubs.
    """
    rank = {f"{name}/store.db": place for place, name in enumerate(STATIONS, start=1)}
    return sorted(stores, key=lambda name: rank.get(name, 0))


# --- what is looked at -----------------------------------------------------------------------------------------------


def _checked(layout: Layout, station: str, store: Store, found: Formats) -> dict[str, str]:
    """The head of a station's copied store. StoreError when its ledger or its keys are not right.

    Nothing is asked of a store of an earlier release's format, which is copied as it is before an upgrade.
    """
    if station not in STATIONS or pending(formats(station), found, station):
        return {}
    ring = KeyRing(layout.secret(layout.lmk(station), make=False), os.urandom)
    try:
        for key in _keys(station, store):
            ring.open(key, key.usage)
    except StoreError:
        raise
    except PaymentError:
        raise StoreError(*WRONG_KEY.filled(path=layout.lmk(station))) from None
    if station == "terminal":
        return terminal_stubs.head(store)
    if station == "switch":
        return switches.head(store)
    if wrong := issuers.unbalanced(store):
        raise StoreError(*UNBALANCED.filled(station=station, what=", ".join(wrong[:3])))
    return issuers.head(store)


def _keys(station: str, store: Store) -> list[StoredKey]:
    """The station's own keys, sealed under its local master key."""
    if station in ISSUERS:
        return list(IssuerRecords(store).keys() or ())
    if station == "switch":
        return [key for row in SwitchRecords(store).issuers().values() for key in (row.pin, row.mac)]
    return list(terminals.Records(store).load().keys.values())


# --- the folder ------------------------------------------------------------------------------------------------------


@contextmanager
def _new(to: Path) -> Iterator[Path]:
    """A folder that becomes `to` when the block ends well; nothing is left of it otherwise."""
    try:
        with unfinished(to) as making:
            yield making
            making.rename(to)
            sync_directory(to.parent)
    except OSError as error:
        raise StoreError(*FAILED.filled(path=error.filename or to, reason=reason(error))) from None
