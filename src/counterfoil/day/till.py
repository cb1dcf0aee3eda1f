"""One cashier at one terminal: sells basket after basket, and asks again with the same key when anything breaks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from counterfoil.day.town import BasketSale, Town
from counterfoil.errors import NothingSentError, OutcomeUnknown
from counterfoil.links.control import ControlClient

PAUSE: Final = 0.2
BUSY: Final = frozenset({"busy", "open_sale"})
TURNED_DOWN: Final = frozenset({"original_other_batch"})
"""What a till may rightly be refused before anything is sent: a sign-on may have begun another batch meanwhile."""
DOWN_FOR_GOOD: Final = 60.0  # seconds a station may stay away before the cashier gives the sale up


class TillChannel:
    """A control channel to the terminals that is opened again whenever it is lost."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._client: ControlClient | None = None
        # A terminal may wait out its timer for the answer, after one for a reversal and one for a sign-on.
        self._patience = 4 * town.timer + 15

    async def sell(self, sale: BasketSale) -> None:
        """One sale, to an outcome; or, for a sale that had none, what became of it."""
        ends = time.monotonic() + DOWN_FOR_GOOD + self._patience
        while time.monotonic() < ends:
            try:
                reply = await self.call("sale", sale.asked(self._town.supervisor))
            except NothingSentError:  # the channel was closed; whether an earlier try left is the key's business
                await asyncio.sleep(PAUSE)
                continue
            except OutcomeUnknown:
                sale.heard = sale.heard or "unknown"
                await asyncio.sleep(PAUSE)
                continue
            if reply.get("error") in BUSY:
                await self._wait_or_answer(reply)
                continue
            if reply.get("error") in TURNED_DOWN:
                sale.told("not_sent", reply)
                return
            if reply.get("open_sale"):
                await self._taken(reply)
            sale.told(reply.get("outcome", "lost"), reply)
            return

    async def _wait_or_answer(self, reply: dict[str, Any]) -> None:
        """A terminal that came up again after an approval asks about that sale's goods before it sells."""
        if reply["error"] == "open_sale":
            await self._taken(reply["sale"])
        else:
            await asyncio.sleep(PAUSE)

    async def _taken(self, sale: dict[str, Any]) -> None:
        """The goods of this sale were handed over: its customer has paid and left."""
        try:
            await self.call("goods", {"ref": sale["ref"], "answer": "handed_over"})
        except (NothingSentError, OutcomeUnknown):
            await asyncio.sleep(PAUSE)

    async def call(self, verb: str, args: dict[str, Any]) -> dict[str, Any]:
        """One request; NotSent or OutcomeUnknown leave the till without a channel, the next call opens one."""
        try:
            if self._client is None:
                self._client = await ControlClient.connect(*self._town.address("terminal"))
            return await self._client.call(verb, args, self._patience)
        except (NothingSentError, OutcomeUnknown):
            self.close()
            raise

    def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            self._client.close()
            self._client = None


async def work_through(
    town: Town, queue: Sequence[BasketSale], done: Callable[[BasketSale], None], seconds: float | None = None
) -> None:
    """All transactions of one terminal, one after the other. Done again it only asks: the same key sells nothing twice.

    With `seconds` they are spread over that time. Left out is what was not begun by its end, and what refers to one
    that was not approved.
    """
    till = TillChannel(town)
    began = time.monotonic()
    try:
        for number, sale in enumerate(queue):
            if seconds is not None:
                await asyncio.sleep(max(0.0, began + seconds * number / len(queue) - time.monotonic()))
                if time.monotonic() - began >= seconds:
                    return
            if sale.can_be_asked:
                await till.sell(sale)
                done(sale)
    finally:
        till.close()
