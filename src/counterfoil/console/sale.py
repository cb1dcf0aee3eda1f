"""A sale through the terminals' control channel, for the till and the API. Its key makes it safe to ask again."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, Final

from counterfoil.console.deeds import RunningAct
from counterfoil.console.reach import Reach
from counterfoil.errors import NothingSentError, OutcomeUnknown
from counterfoil.kinds import Kind
from counterfoil.stack.selling import patience

PAUSE: Final = 0.3  # seconds before the same key is asked for again
PAPER: Final = {"done": "printed", "not_done": "not printed", "unknown": "unknown"}
"""What the audit log calls what came of a print."""


def called(kind: Kind) -> str:
    """What the audit log calls a transaction of a kind: as its slip does."""
    return kind.paper.word if kind.paper is not None else kind.name


async def sell(reach: Reach, deed: RunningAct, args: dict[str, Any]) -> dict[str, Any]:
    """The terminal's answer to `stack.selling.asked`: an outcome, or {"error", "message"} when it did not even try.

    When the channel breaks after the request left, the same key asks what became of it. NotSent when nothing ever
    left; OutcomeUnknown when no answer came in all that time.
    """
    reach.selling[args["key"]] += 1
    try:
        return await _answer(reach, deed, args)
    finally:
        reach.selling[args["key"]] -= 1
        reach.selling += Counter()  # those that are over are forgotten


async def _answer(reach: Reach, deed: RunningAct, args: dict[str, Any]) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    seconds = patience(reach.layout)
    ends = loop.time() + seconds
    broken: OutcomeUnknown | None = None
    while True:
        try:
            return await reach.act(deed, "terminal", "sale", args, seconds)
        except OutcomeUnknown as error:
            broken = error
        except NothingSentError:
            if broken is None:
                raise
        if loop.time() >= ends:
            raise broken
        await asyncio.sleep(PAUSE)


def ended(answer: dict[str, Any]) -> tuple[str, str]:
    """What a terminal's answer says became of a deed, for its second line: the result, and a refusal's code."""
    if "error" in answer:
        return "refused", str(answer["error"])
    if "prints" in answer:
        return PAPER[answer["result"]], ""
    return str(answer.get("result") or answer.get("outcome", "done")), ""
