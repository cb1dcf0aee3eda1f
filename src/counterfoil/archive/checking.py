"""Whether every part still holds what its manifest says, read again from the first byte to the last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from counterfoil.archive.files import groups, sha256
from counterfoil.archive.folder import ArchivePart, PartManifest, parts, stations
from counterfoil.archive.shapes import Room, room_of
from counterfoil.archive.writing import digest_of, tables_of, transactions
from counterfoil.errors import StoreError
from counterfoil.storage.archiving import Key
from counterfoil.words import Text

FILE_ALTERED: Final = Text("{path} is not the file that was written", "{path} 不是当初写入的文件")
OTHER_ROWS: Final = Text("{path} holds other transactions than its manifest says", "{path} 中的交易与其清单不符")
TWICE: Final = Text("{key} of {station} is in two parts", "{station} 的 {key} 出现在两个分部中")
TABLES: Final = Text("{path} has other tables than a {station} has", "{path} 的表与 {station} 应有的不符")


class Checked(NamedTuple):
    """What was read, and everything that is wrong."""

    parts: int
    transactions: int
    wrong: list[Text]


def verify(folder: Path, step: Callable[[ArchivePart], None], only: str = "") -> Checked:
    """Read everything again; of one station when it is named."""
    count, total, wrong = 0, 0, list[Text]()
    for station in stations(folder):
        if only and station != only:
            continue
        seen: dict[str, set[Key]] = {}
        for part in parts(folder, station):
            step(part)
            count += 1
            try:
                total += _check(
                    part, room_of(station).at(part.manifest.store_format), seen.setdefault(part.date, set()), wrong
                )
            except StoreError as error:
                wrong.append(Text(str(error), error.zh))
    return Checked(count, total, wrong)


def _check(part: ArchivePart, room: Room, seen: set[Key], wrong: list[Text]) -> int:
    manifest = part.manifest
    if set(manifest.tables) != set(tables_of(room)):
        wrong.append(TABLES.filled(path=part.path, station=part.station))
        return 0
    altered = [name for name, table in manifest.tables.items() if sha256(part.file(name)) != table.sha256]
    wrong += [FILE_ALTERED.filled(path=part.file(name)) for name in altered]
    if altered:
        return 0
    if digest_of(part.path, room) != (manifest.transactions, manifest.digest) or not _adds_up(part, room, manifest):
        wrong.append(OTHER_ROWS.filled(path=part.path))
    done = part.done
    kept = set(done.kept) if done is not None else set()
    for key, _ in transactions(part.path, room):
        if key in kept:
            continue
        if key in seen:
            wrong.append(TWICE.filled(key="/".join(key), station=part.station))
        seen.add(key)
    return manifest.transactions


def _adds_up(part: ArchivePart, room: Room, manifest: PartManifest) -> bool:
    """Whether counts by state and sums by currency are what the rows say."""
    states: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    rows = 0
    for columns, group in groups(part.file(room.shape.table)):
        state, currency, amount = (columns.index(name) for name in ("state", "currency", "amount"))
        for row in group:
            states[row[state]] += 1
            sums[row[currency]] += row[amount]
            rows += 1
    return (dict(states), dict(sums), rows) == (manifest.states, manifest.sums, manifest.tables[room.shape.table].rows)
