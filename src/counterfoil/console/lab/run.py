"""One run: set the faults, sell, watch the verdict from outside until it is at rest, heal, count the money."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from counterfoil.console.deeds import RunningAct
from counterfoil.console.lab.breaks import LabBreak, PlannedFault, StationAct
from counterfoil.console.lab.plan import RunPlan
from counterfoil.console.lab.records import Run, VerdictSeen
from counterfoil.console.reach import Reach
from counterfoil.console.sale import sell
from counterfoil.errors import PaymentError, StoreError
from counterfoil.inquiry import Search, Stores, finding, search
from counterfoil.inquiry.books import books
from counterfoil.stack.layout import SUPERVISOR
from counterfoil.stack.selling import asked
from counterfoil.step import SECOND
from counterfoil.terminal import stubs as terminals
from counterfoil.transaction import parse_ref
from counterfoil.words import Text

LOOK: Final = 0.15
"""Seconds between two looks at the verdict."""
ASK: Final = 10.0
SLACK: Final = 20.0
REST: Final = frozenset({"PAID", "PAID_RECEIPT_OPEN", "NOT_CHARGED", "RETURNED", "EXCEPTION"})
ON_THE_WAY: Final = frozenset({"sent", "reversing", "asked"})
CHARGED: Final = frozenset({"PAID", "PAID_RECEIPT_OPEN"})

NO_REST: Final = Text("The sale did not come to rest in time.", "交易未能及时到达最终状态。")


class SaleLook(NamedTuple):
    """What the stores say of the sale now."""

    ref: str
    verdict: str
    leg: int
    charged: int | None
    resting: bool


class Selling(NamedTuple):
    """The sale of a run on its way, since when (seconds of the loop's clock), and the deed it belongs to."""

    task: asyncio.Task[dict[str, Any]]
    began: float
    deed: RunningAct


class LabRunner:
    """Runs one break at a time on one stack; `keep` is told of a run whenever it changes."""

    def __init__(self, reach: Reach, keep: Callable[[Run], None]) -> None:
        self._reach = reach
        self._keep = keep
        self.now: Run | None = None

    def timers(self) -> tuple[int, ...]:
        """The time-outs of the running stack, in microseconds; () when nothing runs."""
        running = self._reach.layout.find(SUPERVISOR)
        return tuple(running.extra.get("timers", ())) if running is not None else ()

    def open(self) -> bool:
        """Whether the running stack was started for faults."""
        running = self._reach.layout.find(SUPERVISOR)
        return running is not None and bool(running.extra.get("lab"))

    async def heal(self, deed: RunningAct) -> None:
        """End every fault on this stack. NotSent or OutcomeUnknown when the supervisor does not answer."""
        await self._told(deed, "fault.clear", {})

    async def run(self, run: Run, what: RunPlan, deed: RunningAct) -> Run:
        """Do it. The run as it ended is returned, and was kept; a trouble of our own is in it, never raised."""
        self.now = run
        with deed:
            try:
                run = await self._go(run, what, deed)
            except PaymentError as error:
                run = msgspec.structs.replace(self.now, trouble=Text(str(error), error.zh))
            finally:
                with contextlib.suppress(PaymentError):  # a supervisor that is gone has no faults either
                    await self.heal(deed)
            found = () if run.trouble else tuple(wrong(run, what.chosen))
            run = self._changed(run, state="done", wrong=found)
            deed.ends("done" if run.passed else "failed", subject=run.ref)
        with contextlib.suppress(StoreError):  # then `now` has it, and the store when it is opened next "unfinished"
            self._keep(run)
            self.now = None
        return run

    async def _go(self, run: Run, what: RunPlan, deed: RunningAct) -> Run:
        began = asyncio.get_running_loop().time()
        terminal = await self._free(what.terminals)
        card = self._reach.demo.card(what.card)
        assert card is not None
        run = self._changed(run, terminal=terminal, issuer=card.issuer)
        before = await self._hits(what.chosen)
        for fault in what.chosen.faults:
            await self._told(deed, "fault.set", fault_args(fault, run.timers))
        key = f"lab-{run.number}-{run.at}"
        args = asked(card, terminal, what.amount, run.currency, key, card.pin)
        acting = asyncio.create_task(self._act(what.chosen.act, run, deed))
        selling = asyncio.create_task(sell(self._reach, deed, args))
        try:
            run = await self._watch(run, what.chosen, key, Selling(selling, began, deed))
            await acting
        finally:
            for task in (acting, selling):
                task.cancel()
            await asyncio.gather(acting, selling, return_exceptions=True)
        hits = await self._hits(what.chosen) - before
        sound = await self._looked(lambda stores: _sound(books(stores, audit=True)))
        return self._changed(run, hits=hits, sound=sound)

    async def _watch(self, run: Run, chosen: LabBreak, key: str, sale: Selling) -> Run:
        """Until the sale is answered and its verdict rests, and what was held back has come."""
        loop = asyncio.get_running_loop()
        selling, began = sale.task, sale.began
        holds = [fault.hold.seconds(run.timers) for fault in chosen.faults if fault.hold]
        late = began + max(holds, default=0.0) + 1.0
        ends = late + 6 * run.timers[-1] / SECOND + SLACK
        healed = not chosen.heals
        while loop.time() < ends:
            look = await self._looked(lambda stores: looked(stores, key, self._reach.now()))
            if look is not None:
                run = self._saw(run, look, round(1000 * (loop.time() - began)))
            if selling.done():
                answer = selling.result()
                run = self._changed(run, outcome=str(answer.get("outcome") or answer.get("error") or ""))
                if not healed:
                    await self.heal(sale.deed)
                    healed = True
                if "error" in answer or (look is not None and look.resting and loop.time() >= late):
                    return run
            await asyncio.sleep(LOOK)
        return self._changed(run, trouble=NO_REST)

    def _saw(self, run: Run, look: SaleLook, ms: int) -> Run:
        seen = run.seen if run.verdict == look.verdict else (*run.seen, VerdictSeen(ms, look.verdict))
        return self._changed(run, ref=look.ref, seen=seen, leg=look.leg, charged=look.charged)

    def _changed(self, run: Run, **changes: Any) -> Run:
        self.now = msgspec.structs.replace(run, **changes)
        return self.now

    async def _act(self, act: StationAct | None, run: Run, deed: RunningAct) -> None:
        if act is None:
            return
        await asyncio.sleep(act.after.seconds(run.timers))
        station = act.station if act.station != "issuer" else run.issuer
        args: dict[str, Any] = {"station": station}
        if act.hold is not None:
            args["seconds"] = act.hold.seconds(run.timers)
        await self._told(deed, f"fault.{act.verb}", args)

    async def _free(self, names: tuple[str, ...]) -> str:
        """The first terminal that is signed on and does nothing; the first of all when none is."""
        reply = await self._reach.look("terminal", "status", {}, ASK)
        free = {each["terminal"] for each in reply["terminals"] if each["signed_on"] and each["phase"] == "idle"}
        return next((name for name in names if name in free), names[0])

    async def _hits(self, chosen: LabBreak) -> int:
        counts = taken(await self._reach.look(SUPERVISOR, "fault.counts", {}, ASK))["faults"]
        places = {(str(fault.leg), fault.kind) for fault in chosen.faults}
        return sum(counts.get(leg, {}).get(kind, 0) for leg, kind in places)

    async def _told(self, deed: RunningAct, verb: str, args: dict[str, Any]) -> dict[str, Any]:
        return taken(await self._reach.act(deed, SUPERVISOR, verb, args, ASK))

    async def _looked(self, look: Callable[[Stores], Any]) -> Any:
        def opened() -> Any:
            with self._reach.stores() as stores:
                return look(stores)

        return await asyncio.to_thread(opened)


def taken(reply: dict[str, Any]) -> dict[str, Any]:
    """A station's answer; PaymentError with its sentence when it turned the request down."""
    if "error" in reply:
        raise PaymentError(reply["message"]["en"])
    return reply


def fault_args(fault: PlannedFault, timers: tuple[int, ...]) -> dict[str, Any]:
    """The arguments of `fault.set`."""
    args: dict[str, Any] = {"leg": fault.leg, "kind": fault.kind}
    if fault.mti:
        args["mti"] = fault.mti
    if fault.hold is not None:
        args["seconds"] = fault.hold.seconds(timers)
    return args


def looked(stores: Stores, key: str, now: int) -> SaleLook | None:
    """The sale bound to this key of the till, as `why` sees it; None before the terminal knows it."""
    stub = terminals.keyed(stores.terminal, key) if stores.terminal is not None else None
    attempt = parse_ref(stub.ref) if stub is not None else None
    found = search(stores, Search(key=attempt)) if attempt is not None else []
    if not found:
        return None
    told = finding(stores, found[0], now)
    each = [stub for stub in told.evidence if stub is not None and not isinstance(stub, str)]
    moving = any(stub.state in ON_THE_WAY for stub in each)
    issuer = told.evidence.issuer
    return SaleLook(
        ref=found[0].ref,
        verdict=told.verdict.value,
        leg=told.stopped_at.leg if told.stopped_at else 0,
        charged=issuer.debited - issuer.returned if issuer is not None else None,
        resting=told.verdict.value in REST and not moving,
    )


def wrong(run: Run, chosen: LabBreak) -> list[str]:
    """What is not as the break table says."""
    found = []
    if run.verdict not in chosen.ends:
        found.append("verdict")
    if chosen.leg and run.leg != chosen.leg:
        found.append("leg")
    if (run.charged or 0) != (run.amount if run.verdict in CHARGED else 0):
        found.append("money")
    if run.sound is not True:
        found.append("ledger")
    if run.hits < len(chosen.faults):
        found.append("fault")
    return found


def _sound(found: dict[str, Any]) -> bool:
    return "violations" not in found and not any(found["sum"].values())
