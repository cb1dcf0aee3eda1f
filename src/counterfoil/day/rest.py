"""Waiting until nothing is on its way any more: no sale asked, no reversal pending, no advice owed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from counterfoil.day.town import Town
from counterfoil.inquiry import Stores
from counterfoil.switch import stubs as switches
from counterfoil.terminal import stubs as terminals

POLL: Final = 0.25
RESTLESS: Final = frozenset({"sent", "reversing"})


async def until_rest(
    town: Town, seconds: float, stop: asyncio.Event, waits: Callable[[int], object] = lambda _: None
) -> bool:
    """Whether everything came to rest within `seconds`, and before `stop` was set; `waits` hears how much has not."""
    ends = time.monotonic() + seconds
    while True:
        with town.stores() as stores:
            left = open_count(stores)
        if left == 0:
            return True
        waits(left)
        if stop.is_set() or time.monotonic() >= ends:
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL):
                await stop.wait()


def open_count(stores: Stores) -> int:
    """How many things are still on their way; a store that cannot be read counts as one."""
    count = 0
    if stores.terminal is None:
        count += 1
    else:
        count += sum(item.state in RESTLESS for item in terminals.open_items(stores.terminal))
    if stores.switch is None:
        count += 1
    else:
        count += len(switches.asked(stores.switch)) + len(switches.pending(stores.switch))
    return count
