"""The sales this console has handed to the terminals and that are not answered yet, by the till's own key.

Nothing here decides anything and nothing of it must survive: the terminal has every attempt on its disk under the same
key, so a page that is loaded again, or a console that was started again, finds it there. PINs and tracks live in the
task that waits for the terminal, and end with it.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, NamedTuple

from counterfoil.console.deeds import RunningAct
from counterfoil.console.guard import Charge
from counterfoil.console.reach import Reach
from counterfoil.console.sale import ended, sell
from counterfoil.errors import NothingSentError, OutcomeUnknown
from counterfoil.words import Text

KEPT: Final = 500  # answers of sales that are over
NOT_LEFT: Final = Text(
    "The terminal cannot be reached: nothing was sent, the card was not charged.",
    "无法连接终端：交易未发出，卡未被扣款。",
)
NO_WORD: Final = Text(
    "The terminal did not say what became of it. Do not charge again before this page knows.",
    "终端未给出结果。在本页显示结果之前请勿再次收款。",
)


class UnderWay(NamedTuple):
    """One sale: what is wished, and the task that waits for the terminal."""

    wish: Charge
    task: asyncio.Task[dict[str, Any]]


class Counter:
    """The sales of one console."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._sales: dict[str, UnderWay] = {}

    def begin(self, key: str, wish: Charge, args: dict[str, Any], deed: RunningAct) -> None:
        """Hand a sale whose line is written to its terminal; once for a key, and `wish` says whether it was before."""
        for old in [old for old, sale in self._sales.items() if sale.task.done()][:-KEPT]:
            del self._sales[old]
        self._sales[key] = UnderWay(wish, asyncio.get_running_loop().create_task(self._answer(args, deed)))

    def wish(self, key: str) -> Charge | None:
        """What is charged by the sale that was begun here under this key; None when none was."""
        sale = self._sales.get(key)
        return sale.wish if sale is not None else None

    def waits(self, key: str) -> bool:
        """Whether the terminal has not answered yet."""
        return key in self._sales and not self._sales[key].task.done()

    def wished(self, wish: Charge) -> str:
        """The key of a sale of the same merchant, card and amount that waits for its answer, "" when there is none."""
        return next((key for key, sale in self._sales.items() if sale.wish == wish and not sale.task.done()), "")

    def answer(self, key: str) -> dict[str, Any] | None:
        """What the terminal said; None when it has not, or when this console does not know the sale."""
        sale = self._sales.get(key)
        return sale.task.result() if sale is not None and sale.task.done() else None

    async def _answer(self, args: dict[str, Any], deed: RunningAct) -> dict[str, Any]:
        try:
            with deed:
                answer = await sell(self._reach, deed, args)
                deed.ends(*ended(answer), subject=str(answer.get("ref", "")))
                return answer
        except NothingSentError:
            return {"error": "not_sent", "message": NOT_LEFT.both()}
        except OutcomeUnknown:
            return {"error": "unknown", "message": NO_WORD.both()}
