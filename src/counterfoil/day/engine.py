"""The day itself: a hundred cashiers at once, faults at a rate, then rest, then the judge."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

import msgspec

from counterfoil.day.judge import DayJudgement, Opening, judge_day, percentiles
from counterfoil.day.mix import Lanes
from counterfoil.day.rest import until_rest
from counterfoil.day.sabotage import Rates, Saboteur, plan
from counterfoil.day.till import work_through
from counterfoil.day.town import BasketSale, Town
from counterfoil.errors import NothingSentError, OutcomeUnknown
from counterfoil.words import Text

FINAL: Final = frozenset({"approved", "declined", "not_sent"})
REST_SECONDS: Final = 150.0
"""How long rest may take beyond eight of the terminals' timers: store-and-forward backs off to a minute."""
EARLIER: Final = Text(
    "waits for what was on its way before: {count} answers and reversals", "等待此前在途的交易：{count} 笔应答与冲正"
)
REST: Final = Text(
    "all is sold; waits for what is on its way: {count} answers and reversals, {seconds} s at most",
    "交易已做完；等待在途：{count} 笔应答与冲正，最长 {seconds} 秒",
)
ASKS: Final = Text("the cashiers ask what became of {count} sales", "收银员查询 {count} 笔交易的结果")
OPENS: Final = Text("reads the books as they stand", "读取期初账目")
LEFT: Final = Text(
    "{count} sales are left; none ended just now: a terminal waits {seconds} s for an answer, then reverses",
    "还有 {count} 笔交易；暂无新结果：终端等待应答 {seconds} 秒，之后冲正",
)
STILL: Final = 2.0
"""Seconds without the end of a sale after which it is said what the day waits for."""
JUDGES: Final = Text("compares stubs, receipts and balances", "核对存根、签购单与余额")


class Watcher(NamedTuple):
    """Who looks on: hears every sale when it begins, and what the day waits for while nothing is sold."""

    sold: Callable[[BasketSale], object] = lambda _: None
    waits: Callable[[Text], object] = lambda _: None


class Weather(NamedTuple):
    """What a day goes through: the share of messages that break, what strikes beside them, and for how long (None: as
    long as there are baskets). `seed` draws all of it.
    """

    seed: int
    faults: float = 0.0
    rates: Rates = Rates()
    seconds: float | None = None

    @property
    def calm(self) -> bool:
        """Whether nothing is to break."""
        return not self.faults and not any(self.rates)


class DayResult(msgspec.Struct):
    """A day as it went. `planned` is how many transactions it had. `at_rest` False: the bound passed first. `stopped`
    True: somebody pressed Ctrl-C.
    """

    sales: list[BasketSale]
    faults: dict[str, dict[str, int]]
    judgement: DayJudgement
    at_rest: bool
    stopped: bool
    seconds: float
    rest_seconds: float = 0.0
    seed: int = 0
    struck: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    missed: int = 0
    plan: list[str] = msgspec.field(default_factory=list)
    planned: int = 0

    @property
    def sound(self) -> bool:
        """Whether the day came to rest with nothing one-sided that nobody was told of, and books that add up."""
        return self.at_rest and not self.stopped and self.judgement.sound

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
            "left_out": max(0, self.planned - len(self.sales)),
            "kinds": by_kind(self.sales),
            "first_heard_unknown": sum(sale.heard == "unknown" for sale in self.sales),
            "reversed": judgement.reversed,
            "posted_and_undone": {str(leg): judgement.undone[leg] for leg in sorted({3, 4, *judgement.undone})},
            "one_sided": judgement.one_sided,
            "one_sided_unreported": judgement.one_sided_unreported,
            "exceptions": judgement.exceptions,
            "cards_off": judgement.cards_off,
            "suspects": judgement.suspects[:20],
            "ledger_sum": judgement.ledger_sum,
            "nets": judgement.nets,
            "half_written": len(judgement.half_written),
            "half_written_where": judgement.half_written[:20],
            "unowned": judgement.unowned[:20],
            "prints": judgement.prints,
            "originals_twice": judgement.originals_twice[:20],
            "faults": self.faults,
            **self.struck,
            "missed": self.missed,
            "verdicts": dict(judgement.verdicts),
            "closing_seconds": percentiles(judgement.closing),
            "rest_seconds": self.rest_seconds,
            "seed": self.seed,
            "seconds": self.seconds,
            "at_rest": self.at_rest,
            "stopped": self.stopped,
            **({} if self.sound else {"plan": self.plan}),
        }


def by_kind(sales: Sequence[BasketSale]) -> dict[str, dict[str, int]]:
    """How the transactions of each kind that there were ended, as the cashiers were told."""
    found: dict[str, Counter[str]] = {}
    for sale in sales:
        found.setdefault(sale.kind.name, Counter())[sale.outcome] += 1
    return {name: dict(counts) for name, counts in found.items()}


def run_day(town: Town, lanes: Lanes, weather: Weather, watcher: Watcher) -> DayResult:
    """Ask for the transactions of every terminal in this weather, wait for rest, judge. Faults are cleared
    whatever happens.
    """
    return asyncio.run(whole_day(town, lanes, weather, watcher))


async def whole_day(town: Town, lanes: Lanes, weather: Weather, watcher: Watcher) -> DayResult:
    """`run_day` inside an event loop."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGINT, stop.set)
    try:
        # What an earlier day left on its way would come back during this one, and into its books.
        if await until_rest(town, patience(town), stop, lambda count: watcher.waits(EARLIER.filled(count=count))):
            return await day_from_rest(town, lanes, weather, watcher, stop)
        return DayResult([], {}, DayJudgement(), False, stop.is_set(), 0.0, seed=weather.seed)
    finally:
        loop.remove_signal_handler(signal.SIGINT)


async def day_from_rest(
    town: Town,
    lanes: Lanes,
    weather: Weather,
    watcher: Watcher,
    stop: asyncio.Event,
) -> DayResult:
    """The day of a stack in which nothing is on its way."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    watcher.waits(OPENS)
    opening = Opening.of(town)
    before = fault_counts(town)
    begun: list[BasketSale] = []

    def note(sale: BasketSale) -> None:
        begun.append(sale)
        watcher.sold(sale)

    if town.lab:
        town.faults("fault.set", {"rate": weather.faults, "seed": weather.seed})
    acts = plan(weather.rates, weather.seed, town.stations, town.links, town.timer)
    saboteur = Saboteur(town, acts, weather.seconds)
    planned = sum(map(len, lanes.values()))
    result = DayResult(begun, {}, DayJudgement(), False, False, 0.0, seed=weather.seed, planned=planned)
    still = asyncio.create_task(stillness(town, begun, planned, watcher))
    try:
        await unless(stop, [work_through(town, lane, note, weather.seconds) for lane in lanes.values()])
        still.cancel()
        await saboteur.end()
        heal(town)
        healed = loop.time()
        if not stop.is_set():
            result.at_rest = await come_to_rest(town, stop, begun, watcher)
        result.rest_seconds = round(loop.time() - healed, 3)
    finally:
        still.cancel()
        await saboteur.end()
        heal(town)
    result.stopped = stop.is_set()
    if not result.stopped:
        watcher.waits(JUDGES)
        result.judgement = judge_day(town, begun, opening)
    tell(result, saboteur)
    result.faults = counted(before, fault_counts(town))
    result.seconds = round(loop.time() - began, 3)
    return result


async def stillness(town: Town, ended: Sequence[BasketSale], total: int, watcher: Watcher) -> None:
    """Say what is waited for whenever no sale has ended for a while, for as long as there are sales."""
    before = -1
    while True:
        await asyncio.sleep(STILL)
        if len(ended) == before:
            watcher.waits(LEFT.filled(count=total - before, seconds=f"{town.timer:g}"))
        before = len(ended)


def tell(result: DayResult, saboteur: Saboteur) -> None:
    """What the saboteur did, into the result."""
    names = {"kill": "kills", "pause": "pauses", "outage": "outages"}
    result.struck = {name: saboteur.counts(what) for what, name in names.items()}
    result.missed = saboteur.missed
    result.plan = [str(act) for act in saboteur.done]


async def come_to_rest(town: Town, stop: asyncio.Event, begun: Sequence[BasketSale], watcher: Watcher) -> bool:
    """Wait for rest, let the cashiers ask what became of sales they heard nothing final of, and wait again."""

    def waits(count: int) -> None:
        watcher.waits(REST.filled(count=count, seconds=round(patience(town))))

    at_rest = await until_rest(town, patience(town), stop, waits)
    lanes: dict[str, list[BasketSale]] = {}
    for sale in begun:
        if sale.outcome not in FINAL:
            lanes.setdefault(sale.terminal, []).append(sale)
    if lanes:
        watcher.waits(ASKS.filled(count=sum(map(len, lanes.values()))))
    await unless(stop, [work_through(town, lane, lambda _: None) for lane in lanes.values()])
    return await until_rest(town, patience(town), stop, waits) and at_rest


def patience(town: Town) -> float:
    """How long rest may take, seconds."""
    return 8 * town.timer + REST_SECONDS


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
    if not town.lab:
        return
    with suppress(NothingSentError, OutcomeUnknown):
        town.faults("fault.clear", {})


def fault_counts(town: Town) -> dict[str, dict[str, int]]:
    """How often which leg was broken how, since the stack came up."""
    if not town.lab:
        return {}
    counts: dict[str, dict[str, int]] = town.faults("fault.counts", {})["faults"]
    return counts


def counted(before: dict[str, dict[str, int]], after: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """What happened between two counts."""
    return {
        leg: {kind: count - before.get(leg, {}).get(kind, 0) for kind, count in kinds.items()}
        for leg, kinds in after.items()
    }
