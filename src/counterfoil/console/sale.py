"""A sale through the terminals' control channel, for the till and the API. Its key makes it safe to ask again."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from counterfoil.console.reach import Reach
from counterfoil.errors import NotSent, OutcomeUnknown
from counterfoil.stack.selling import patience

PAUSE: Final = 0.3  # seconds before the same key is asked for again


async def sell(reach: Reach, args: dict[str, Any]) -> dict[str, Any]:
    """The terminal's answer to `stack.selling.asked`: an outcome, or {"error", "message"} when it did not even try.

    When the channel breaks after the request left, the same key asks what became of it. NotSent when nothing ever
    left; OutcomeUnknown when no answer came in all that time.
    """
    loop = asyncio.get_running_loop()
    seconds = patience(reach.layout)
    ends = loop.time() + seconds
    broken: OutcomeUnknown | None = None
    while True:
        try:
            return await reach.ask("terminal", "sale", args, seconds)
        except OutcomeUnknown as error:
            broken = error
        except NotSent:
            if broken is None:
                raise
        if loop.time() >= ends:
            raise broken
        await asyncio.sleep(PAUSE)
