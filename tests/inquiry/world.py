"""The stores of stations that lie in memory, as `why` and the inbox see them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from counterfoil.inquiry import Stores
from counterfoil.storage import Store


class World(Stores):
    """Stores that are open already; None for one that cannot be read."""

    def __init__(self, terminal: Any, switch: Any, issuers: dict[str, Any]) -> None:
        super().__init__(Path(), Path(), dict.fromkeys(issuers, Path()))
        self._disks = {"terminal": terminal, "switch": switch, **issuers}

    def of(self, station: str) -> Store | None:
        found: Store | None = self._disks.get(station)
        return found
