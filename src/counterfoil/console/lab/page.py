"""The lab's pages: the loop to click on, a run while it goes on, the runs before it, a run as a test."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import ExitStack
from typing import Any, Final

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from counterfoil.console.lab.breaks import BREAKS, BY_KEY, KINDS, PLACES, at
from counterfoil.console.lab.export import exported, name_of
from counterfoil.console.lab.picture import picture
from counterfoil.console.lab.plan import SEEDS, plan
from counterfoil.console.lab.records import Run, Runs
from counterfoil.console.lab.run import CHARGED, LabRunner
from counterfoil.console.people import May
from counterfoil.console.site import HEADERS, Site, Visit
from counterfoil.errors import OutcomeUnknown, PaymentError
from counterfoil.stack.demo import CURRENCY
from counterfoil.stack.layout import CONSOLE
from counterfoil.storage import migrations_of, open_store
from counterfoil.verdict.finding import iso
from counterfoil.words import Text

STORE: Final = "lab.db"
SHOWN: Final = 20
LAST: Final = (1 << 63) - 1
"""The largest number a store can hold: no run has it."""
FIRST: Final = "leg-4"
BUSY: Final = Text("A run is going on; wait until it has ended.", "正在运行，请等待其结束。")
NO_STACK: Final = Text("The stack does not answer; nothing was broken.", "系统无应答，未做任何破坏。")
NO_WORD: Final = Text("The stack did not say whether it was done.", "系统未回应是否已执行。")
NO_LAB: Final = Text(
    "This stack was not started for faults. Start it with `counterfoil up --lab`.",
    "此系统启动时未允许故障注入。请用 `counterfoil up --lab` 启动。",
)
NO_BREAK: Final = Text("There is no such break.", "没有此项故障。")
NO_RUN: Final = Text("There is no such run.", "没有此次运行。")
WRONG: Final = {
    "verdict": Text("the verdict is another one", "结论与预期不符"),
    "leg": Text("it stopped elsewhere", "停止位置与预期不符"),
    "money": Text("the money is not where it should be", "资金位置与预期不符"),
    "ledger": Text("a ledger does not add up", "账目不平"),
    "fault": Text("the fault hit nothing", "故障未命中任何报文"),
}
OUTCOMES: Final = {
    "approved": Text("approved", "交易成功"),
    "declined": Text("declined", "交易被拒绝"),
    "unknown": Text("outcome unknown", "结果未知"),
    "not_sent": Text("not sent", "未发送"),
}
STATES: Final = {
    "running": Text("running", "运行中"),
    "unfinished": Text("unfinished", "未完成"),
    "passed": Text("as expected", "符合预期"),
    "failed": Text("not as expected", "不符合预期"),
}


class LabPages:
    """The lab of one console."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._runs_kept: Runs | None = None
        self._lab = LabRunner(site.reach, lambda run: self._runs.keep(run))
        self._going: asyncio.Task[Run] | None = None

    @property
    def _runs(self) -> Runs:
        """Opened when the lab is first looked at, so that a console without one has no store for it."""
        if self._runs_kept is None:
            path = self._site.reach.layout.station(CONSOLE) / STORE
            self._runs_kept = Runs(open_store(path, migrations_of("counterfoil.console.lab")))
        return self._runs_kept

    def routes(self) -> list[Route]:
        """All of them; who may break may look."""
        route = self._site.route
        return [
            route("/lab", May.BREAK, self.lab),
            route("/lab/run", May.BREAK, self.begin, ("POST",)),
            route("/lab/heal", May.BREAK, self.heal, ("POST",)),
            route("/lab/runs/{number:number}", May.BREAK, self.one),
            route("/lab/runs/{number:number}/live", May.BREAK, self.live),
            route("/lab/runs/{number:number}/pytest", May.BREAK, self.pytest),
        ]

    async def lab(self, site: Site, visit: Visit, wrong: Text | None = None, status: int = 200) -> Response:
        """The loop, what can be done at the chosen place, and the runs so far."""
        place = visit.request.query_params.get("at", "")
        place = place if place in PLACES else FIRST
        timers, is_open = self._lab.timers(), self._lab.open()
        return site.page(
            visit,
            "lab.html",
            status,
            places=PLACES,
            kinds=KINDS,
            place=place,
            breaks=at(place),
            total=len(BREAKS),
            drawn=picture(place),
            wrong=wrong or (NO_LAB if timers and not is_open else None),
            closed=not is_open,
            runs=[self._told(run) for run in self._runs.newest(SHOWN)],
        )

    async def begin(self, site: Site, visit: Visit) -> Response:
        """Begin a run, and go to its page."""
        key, typed = visit.form.get("break", ""), visit.form.get("seed", "").strip()
        if key and key not in BY_KEY:
            return await self.lab(site, visit, NO_BREAK, 422)
        if self._going is not None and not self._going.done():
            return await self.lab(site, visit, BUSY, 409)
        timers = self._lab.timers()
        if len(timers) != 3:
            return await self.lab(site, visit, NO_STACK, 503)
        if not self._lab.open():
            return await self.lab(site, visit, NO_LAB, 409)
        seed = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 7 else secrets.randbelow(SEEDS)
        terminals = [each.terminal for each in site.reach.demo.terminals() if each.ours]
        what = plan(seed, terminals, key)
        deed = visit.begin(site.log, "lab run", f"{what.chosen.key} seed {seed}")
        run = Run(
            number=self._runs.next_number(),
            at=site.reach.now(),
            by=visit.person.name,
            key=what.chosen.key,
            seed=seed,
            card=what.card,
            amount=what.amount,
            currency=CURRENCY,
            timers=timers,
        )
        with ExitStack() as undo:
            undo.enter_context(deed)
            self._runs.keep(run)
            undo.pop_all()  # from here on it ends with the run
        self._going = asyncio.create_task(self._lab.run(run, what, deed))
        return RedirectResponse(f"/lab/runs/{run.number}", 303)

    async def heal(self, site: Site, visit: Visit) -> Response:
        """End every fault on the stack, whoever set it."""
        if self._lab.timers() and not self._lab.open():
            return await self.lab(site, visit, NO_LAB, 409)
        try:
            with visit.begin(site.log, "lab healed") as deed:
                await self._lab.heal(deed)
        except OutcomeUnknown:
            return await self.lab(site, visit, NO_WORD, 202)
        except PaymentError:
            return await self.lab(site, visit, NO_STACK, 503)
        return RedirectResponse("/lab", 303)

    async def one(self, site: Site, visit: Visit) -> Response:
        """A run: what was expected, what happens, and in the end whether both agree."""
        run = self._find(visit)
        if run is None:
            return site.page(visit, "refused.html", 404, text=NO_RUN)
        values = self._told(run)
        heart, seen = site.heart(visit, "lab_heart.html", **values)
        return site.page(visit, "lab_run.html", heart=heart, seen=seen, **values)

    async def live(self, site: Site, visit: Visit) -> Response:
        """The run again when it has changed."""
        run = self._find(visit)
        if run is None:
            return Response(status_code=404, headers=HEADERS)
        return site.beat(visit, "lab_heart.html", done=run.state != "running", **self._told(run))

    async def pytest(self, site: Site, visit: Visit) -> Response:
        """The run as a test file."""
        run = self._find(visit)
        if run is None or run.state != "done":
            return site.page(visit, "refused.html", 404, text=NO_RUN)
        headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name_of(run)}"'}
        return Response(exported(run, BY_KEY[run.key]), media_type="text/x-python", headers=headers)

    def _find(self, visit: Visit) -> Run | None:
        number = min(visit.request.path_params["number"], LAST)
        now = self._lab.now
        return now if now is not None and now.number == number else self._runs.one(number)

    def _told(self, run: Run) -> dict[str, Any]:
        """Everything a page says of a run."""
        chosen = BY_KEY[run.key]
        state = run.state if run.state != "done" else "passed" if run.passed else "failed"
        return {
            "run": run,
            "chosen": chosen,
            "places": PLACES,
            "kinds": KINDS,
            "state": state,
            "state_word": STATES[state],
            "outcome": OUTCOMES.get(run.outcome, OUTCOMES.get(run.outcome, Text(run.outcome, run.outcome))),
            "wrong_words": [WRONG[name] for name in run.wrong],
            "expected_charge": run.amount if set(chosen.ends) & CHARGED else 0,
            "started": iso(run.at),
            "drawn": picture(chosen.place, run.verdict, run.leg),
        }


def routes(site: Site) -> list[Route]:
    """The lab's routes."""
    return LabPages(site).routes()
