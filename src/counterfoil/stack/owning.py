"""A process of the stack takes its store: whoever still holds it is waited for, for a moment.

That is a predecessor that is dying, or a verb that works on stopped data just while the stack starts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from counterfoil.errors import StoreInUseError
from counterfoil.storage import Migration, Store, open_store

LOCK_SECONDS: Final = 5.0
_AGAIN_SECONDS: Final = 0.05


async def owned(path: Path, known: Sequence[Migration]) -> Store:
    """The store at a path, with the formats this program knows.

    StoreInUseError when somebody holds it for LOCK_SECONDS; StoreError when it must not be used.
    """
    ends = asyncio.get_running_loop().time() + LOCK_SECONDS
    while True:
        try:
            return open_store(path, known)
        except StoreInUseError:
            if asyncio.get_running_loop().time() > ends:
                raise
        await asyncio.sleep(_AGAIN_SECONDS)
