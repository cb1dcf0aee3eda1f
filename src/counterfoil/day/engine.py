"""The day itself: a hundred cashiers at once, faults at a rate, then rest, then the judge."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import msgspec

from counterfoil.day.baskets import Basket
from counterfoil.day.judge import Judgement, judge_day, percentiles
from counterfoil.day.rest import until_rest
from counterfoil.day.till import work_through
from counterfoil.day.town import Sale, Town, queues
from counterfoil.errors import NotSent, OutcomeUnknown

FINAL: Final = frozenset({"approved", "declined", "not_sent"})
REST_SECONDS: Final = 150.0
"""How long rest may take beyond eight of the terminals' timers: store-and-forward backs off to a minute."""


class Result(msgspec.Struct):
    """A day as it went. `at_rest` False: the bound passed first. `stopped` True: somebody pressed Ctrl-C."""

    sales: list[Sale]
    faults: dict[str, dict[str, int]]
    judgement: Judgement
    at_rest: bool
    stopped: bool
    seconds: float

    @property
    def sound(self) -> bool:
        """Whether the day came to rest with nothing one-sided and a ledger that adds up."""
        return self.at_rest and not self.stopped and not self.judgement.one_sided and not self.judgement.ledger_sum

    def to_json(self) -> dict[str, Any]:
        """The day as the command line answers it."""
        counted = Counter(sale.outcome for sale in self.sales)
        judgement = self.judgement
        return {
            "sales": len(self.sales),
            "approved": counted["approved"],
            "declined": counted["declined"],
            "unknown": counted["unknown"] + counted["lost"],
            "not_sent": counted["not_sent"],
            "first_heard_unknown": sum(sale.heard == "unknown" for sale in self.sales),
            "reversed": judgement.reversed,
            "posted_and_undone": {str(leg): judgement.undone[leg] for leg in sorted({3, 4, *judgement.undone})},
            "one_sided": judgement.one_sided,
            "cards_off": judgement.cards_off,
            "suspects": judgement.suspects[:20],
            "ledger_sum": judgement.ledger_sum,
            "faults": self.faults,
            "verdicts": dict(judgement.verdicts),
            "closing_seconds": percentiles(judgement.closing),
            "seconds": self.seconds,
            "at_rest": self.at_rest,
            "stopped": self.stopped,
        }


def run_day(
    town: Town, baskets: Sequence[Basket], faults: float, seed: int, run: str, progress: Callable[[Sale], None]
) -> Result:
    """Sell the baskets with faults at this rate, wait for rest, judge. Faults are cleared whatever happens."""
    return asyncio.run(whole_day(town, baskets, faults, seed, run, progress))


async def whole_day(
    town: Town, baskets: Sequence[Basket], faults: float, seed: int, run: str, progress: Callable[[Sale], None]
) -> Result:
    """`run_day` inside an event loop."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    opening = town.balances()
    before = fault_counts(town)
    lanes = queues(town, baskets, run)
    sales = [sale for lane in lanes.values() for sale in lane]
    begun: list[Sale] = []

    def note(sale: Sale) -> None:
        begun.append(sale)
        progress(sale)

    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGINT, stop.set)
    try:
        town.faults("fault.set", {"rate": faults, "seed": seed})
        stopped = await unless(stop, [work_through(town, lane, note) for lane in lanes.values()])
        heal(town)
        if stopped:
            return Result(begun, counted(before, fault_counts(town)), Judgement(), False, True, loop.time() - began)
        patience = 8 * town.timer + REST_SECONDS
        at_rest = await until_rest(town, patience)
        open_sales = [[sale for sale in lane if sale.outcome not in FINAL] for lane in lanes.values()]
        await unless(stop, [work_through(town, lane, lambda _: None) for lane in open_sales if lane])
        at_rest = at_rest and await until_rest(town, patience)
    finally:
        heal(town)
        loop.remove_signal_handler(signal.SIGINT)
    judgement = judge_day(town, sales, opening)
    return Result(
        sales, counted(before, fault_counts(town)), judgement, at_rest, stop.is_set(), round(loop.time() - began, 3)
    )


async def unless(stop: asyncio.Event, jobs: Sequence[Any]) -> bool:
    """Run all jobs to their end, unless `stop` is set first; whether it was."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    watch = asyncio.ensure_future(stop.wait())
    together = asyncio.ensure_future(asyncio.gather(*tasks))
    try:
        await asyncio.wait({together, watch}, return_when=asyncio.FIRST_COMPLETED)
        if together.done():
            together.result()
    finally:
        for task in (*tasks, watch):
            task.cancel()
        await asyncio.gather(*tasks, watch, together, return_exceptions=True)
    return stop.is_set()


def heal(town: Town) -> None:
    """End every fault; when the supervisor is gone, so are its faults."""
    with suppress(NotSent, OutcomeUnknown):
        town.faults("fault.clear", {})


def fault_counts(town: Town) -> dict[str, dict[str, int]]:
    """How often which leg was broken how, since the stack came up."""
    counts: dict[str, dict[str, int]] = town.faults("fault.counts", {})["faults"]
    return counts


def counted(before: dict[str, dict[str, int]], after: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """What happened between two counts."""
    return {
        leg: {kind: count - before.get(leg, {}).get(kind, 0) for kind, count in kinds.items()}
        for leg, kinds in after.items()
    }
