"""Stores that are of an earlier release's format: their stations bring them to this one's before they are up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from counterfoil.errors import StoreError
from counterfoil.stack.layout import STATIONS, Layout, formats
from counterfoil.storage import Migration, open_store
from counterfoil.words import Text

TOLD: Final = Text(
    "the store of {station} is brought to the format of this release first: some seconds for every 100,000 sales",
    "先将 {station} 的数据库升级到本版本的格式：每十万笔交易约需数秒",
)


def upgrading(layout: Layout) -> list[str]:
    """The stations whose stores are of an earlier format. What is wrong with one otherwise, its station says."""
    return [name for name in STATIONS if _earlier(layout.store(name), formats(name))]


def _earlier(path: Path, known: Sequence[Migration]) -> bool:
    """Whether a store is read as one of fewer migrations than there are."""
    for count in range(1, len(known)):
        try:
            open_store(path, known[:count], readonly=True).close()
        except StoreError:
            continue  # of another count, or none at all
        return True
    return False
