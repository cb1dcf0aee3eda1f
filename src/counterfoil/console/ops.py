"""Terminals, links and printers: what runs, who is signed on, what is owed, which keys, and whether there is paper.

Everything is asked of the running processes and read in their stores; a process that does not answer is said not to.
A key is shown by its check value only, which proves that both ends hold the same one and tells nothing about it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from counterfoil.console import alarms
from counterfoil.console.numbered import opened
from counterfoil.console.people import May
from counterfoil.console.reach import Reach
from counterfoil.console.site import Site, Visit
from counterfoil.errors import PaymentError
from counterfoil.freetext import starred
from counterfoil.inquiry import Stores
from counterfoil.inquiry.printers import PrinterState, Served, advice, served, worth_keeping
from counterfoil.links.printing import ask
from counterfoil.receipts.naming import on_paper
from counterfoil.receipts.printers.round import Timings
from counterfoil.receipts.profile import Profile
from counterfoil.stack.config import load
from counterfoil.stack.layout import ISSUERS, SUPERVISOR
from counterfoil.stack.ports import TERMINALS, proxy_of
from counterfoil.step import SECOND, Instant
from counterfoil.switch import stubs as switches
from counterfoil.switch.control import LAST_ALARMS, LINKS
from counterfoil.terminal import stubs as terminals
from counterfoil.terminal.rows import Device
from counterfoil.verdict.finding import iso
from counterfoil.verdict.names import FAULTS, party, phase
from counterfoil.words import Text

ASK: Final = 3.0
EVERY: Final = 3000
"""Milliseconds between two looks of an open page."""
FEW_NAMES: Final = 6
"""Terminals named beside a printer; the rest are counted."""
FEW: Final = 12
"""Terminals shown when nobody asks for all of them; those that need somebody always are."""
STATES: Final = {
    "up": Text("up", "运行中"),
    "starting": Text("starts", "启动中"),
    "down": Text("down", "未运行"),
}
ISSUER_OF: Final = {proxy_of(name): name for name in ISSUERS}
FAULT: Final = Text("fault on leg {leg}: {what} {mti}", "故障：第 {leg} 段 {what} {mti}")
SILENT: Final = Text("does not answer", "无应答")


class LaneRow(NamedTuple):
    """One terminal as the page shows it. `same` is whether both ends hold the same keys; None where one has none."""

    terminal: str
    merchant: str
    signed_on: bool
    phase: Text
    idle: bool
    batch: str
    stan: str
    waiting: int
    sale: str
    display: dict[str, str]
    checks: tuple[str, str]
    same: bool | None
    since: str
    age: Text

    @property
    def wants(self) -> bool:
        """Whether somebody should look at it."""
        return not self.signed_on or not self.idle or self.same is False


class Ops:
    """The page of one console; what each printer said last is remembered until it is asked again."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._told: dict[str, tuple[Instant, PrinterState]] = {}

    def routes(self) -> list[Route]:
        """All of them."""
        route = self._site.route
        return [
            route("/ops", May.LOOK, self.page),
            route("/ops/live", May.LOOK, self.live),
            route("/ops/all", May.LOOK, self.page),
            route("/ops/all/live", May.LOOK, self.live),
            route("/ops/printer", May.LOOK, self.printer, ("POST",)),
        ]

    async def page(self, site: Site, visit: Visit) -> Response:
        """Everything at once."""
        values = await self._values(visit)
        heart, seen = site.heart(visit, "ops_heart.html", **values)
        return site.page(visit, "ops.html", heart=heart, seen=seen, every=EVERY, everyone=values["everyone"])

    async def live(self, site: Site, visit: Visit) -> Response:
        """The changing part of the page, when it has changed."""
        return site.beat(visit, "ops_heart.html", done=False, **(await self._values(visit)))

    async def printer(self, site: Site, visit: Visit) -> Response:
        """Ask a printer how it is. Only when somebody asks: a printer that talks to us prints for nobody else."""
        named = visit.form.get("printer", "")
        address = next((one.address for one in await self._printers() if named in ("", str(one.address))), None)
        if address is not None:
            with visit.begin(site.log, "printer asked") as deed:
                deed.left = True
                health, use = await run_in_threadpool(ask, address, site.reach.layout.uses, Timings())
            use = await site.read(lambda stores: worth_keeping(stores, use))
            self._told[str(address)] = (site.reach.now(), PrinterState(health, use))
        return RedirectResponse("/ops#printer", 303)

    async def _printers(self) -> list[Served]:
        """Every printer there is, with the terminals that print on it."""
        config = load(self._site.reach.layout.data)
        devices: list[Device] = await self._site.read(
            lambda stores: terminals.devices(stores.terminal) if stores.terminal is not None else []
        )
        return served(devices, config.printers_of, config.usual)

    async def _values(self, visit: Visit) -> dict[str, Any]:
        now = self._site.reach.now()
        up, switch, lanes = await asyncio.gather(
            self._asked(SUPERVISOR), self._asked("switch", LINKS), self._asked("terminal")
        )
        kept: KeysKept = await self._site.read(lambda stores: looked(self._site.reach, stores, now))
        printers = await self._printers()
        everyone = visit.request.url.path.startswith("/ops/all")
        rows = joined(lanes["terminals"] if lanes else [], kept, now)
        wanting = [row for row in rows if row.wants]
        others = [row for row in rows if not row.wants]
        return {
            "csrf": visit.person.csrf,
            "up": up,
            "switch": switch,
            "silent": SILENT,
            "states": STATES,
            "links": links(up),
            "issuers": issuers(switch, now),
            "owed": kept.owed,
            "cases": kept.cases,
            "alarms": [alarm(each) for each in kept.alarms],
            "lanes": wanting + (others if everyone else others[: max(0, FEW - len(wanting))]),
            "count": len(rows),
            "wanting": len(wanting),
            "signed_on": sum(row.signed_on for row in rows),
            "answers": lanes is not None,
            "everyone": everyone,
            "printers": [printing(one, self._told.get(str(one.address))) for one in printers],
            "unprinted": await run_in_threadpool(unprinted, kept.names, [one.address.profile for one in printers]),
        }

    async def _asked(self, station: str, verb: str = "status") -> dict[str, Any] | None:
        try:
            reply = await self._site.reach.look(station, verb, {}, ASK)
        except PaymentError:
            return None
        return None if "error" in reply else reply


class KeysKept(msgspec.Struct, frozen=True):
    """What the stores say: the check values of the terminals' keys at both ends and when the switch gave them, what is
    in store-and-forward, the cases, the latest alarms, and what the merchants are called. None of it costs more after
    a long history.
    """

    ours: dict[str, tuple[bytes, bytes]] = {}
    theirs: dict[str, dict[tuple[bytes, bytes], Instant]] = {}
    owed: int = 0
    cases: int = 0
    alarms: Sequence[tuple[Instant, str, str, str, str]] = ()
    names: dict[str, str] = {}


def looked(reach: Reach, stores: Stores, now: Instant) -> KeysKept:
    """What the stores say now; nothing of a store that cannot be read. The cases are those of the inbox."""
    ours = terminals.key_checks(stores.terminal) if stores.terminal is not None else {}
    names = dict(terminals.named(stores.terminal)) if stores.terminal is not None else {}
    switch = stores.switch
    cases = len(opened(reach, stores, now).rows.open)
    if switch is None:
        return KeysKept(ours, cases=cases, names=names)
    owed = sum(switches.owed(switch).values())
    return KeysKept(ours, switches.key_checks(switch), owed, cases, switch.query(LAST_ALARMS), names)


def unprinted(names: dict[str, str], profiles: Sequence[Profile]) -> list[tuple[str, str, Text]]:
    """The merchants' names that these printers and the fonts of this machine cannot print as they are: a terminal of
    each, the name, and why. Registration refuses them; fonts and printers may have changed since.
    """
    naming = on_paper(profiles)
    one_of = {name: terminal for terminal, name in reversed(names.items())}
    return [
        (terminal, starred(name), why) for name, terminal in sorted(one_of.items()) if (why := naming(name)) is not None
    ]


def joined(lanes: Sequence[dict[str, Any]], keys: KeysKept, now: Instant) -> list[LaneRow]:
    """The terminals with their keys."""
    rows = []
    for lane in lanes:
        name = lane["terminal"]
        pik, mak = keys.ours.get(name, (b"", b""))
        theirs = keys.theirs.get(name, {})
        same = (pik, mak) in theirs if mak and theirs else None
        since = theirs.get((pik, mak)) or max(theirs.values(), default=0)
        rows.append(
            LaneRow(
                terminal=name,
                merchant=lane["merchant"],
                signed_on=lane["signed_on"],
                phase=phase(lane["phase"]),
                idle=lane["phase"] == "idle",
                batch=lane["batch"],
                stan=lane["stan"],
                waiting=lane["waiting"],
                sale=lane["sale"]["ref"] if lane["sale"] else "",
                display=lane["display"][-1] if lane["display"] else {},
                checks=(pik[:3].hex().upper(), mak[:3].hex().upper()),
                same=same,
                since=iso(since) if since else "",
                age=age(now - since) if since else Text("–", "–"),
            )
        )
    return rows


def age(micros: Instant) -> Text:
    """How long ago, in one unit; seconds in steps of five, so that a page does not change every time it looks."""
    seconds = max(0, micros // SECOND)
    for size, en, zh in ((86_400, "d", "天"), (3_600, "h", "小时"), (60, "min", "分钟")):
        if seconds >= size:
            return Text(f"{seconds // size} {en}", f"{seconds // size} {zh}")
    return Text(f"{seconds // 5 * 5} s", f"{seconds // 5 * 5} 秒")


def links(up: dict[str, Any] | None) -> list[tuple[Text, bool, list[Text]]]:
    """Every line that can be broken: its two ends, whether it is open, and the faults set on its legs."""
    if up is None:
        return []
    found = []
    for name, is_open in up["links"].items():
        ends = ("terminal", "switch") if name == TERMINALS else ("switch", ISSUER_OF.get(name, name))
        legs = (1, 4) if name == TERMINALS else (2, 3)
        faults = [fault(each) for each in up["faults"] if each["leg"] in legs]
        found.append((Text(*(" ↔ ".join(both) for both in zip(*map(party, ends), strict=True))), is_open, faults))
    return found


def fault(one: dict[str, Any]) -> Text:
    """A fault that is set, in words."""
    text = FAULT.filled(leg=one["leg"], what=FAULTS[one["kind"]], mti=one["mti"])
    return Text(text.en.rstrip(), text.zh.rstrip())


def issuers(switch: dict[str, Any] | None, now: Instant) -> list[dict[str, Any]]:
    """The issuer links as the switch sees them."""
    each = switch["issuers"].items() if switch else ()
    return [
        {"name": name, **link, "age": age(now - link["heard_at"]) if link["heard_at"] else None} for name, link in each
    ]


def alarm(row: tuple[Instant, str, str, str, str]) -> dict[str, Any]:
    """An alarm for people; free text never shows a card number."""
    at, what, subject, rrn, detail = row
    of, number = (starred(text) for text in (subject, rrn))
    return {"at": iso(at), "what": alarms.name(what), "subject": party(of), "rrn": number, "detail": told(detail)}


def told(detail: str) -> Text:
    """The detail of an alarm in both languages, without a card number."""
    text = alarms.detail(detail)
    return Text(starred(text.en), starred(text.zh))


def printing(one: Served, known: tuple[Instant, PrinterState] | None) -> dict[str, Any]:
    """A printer, who prints on it, and what it said last."""
    address = one.address
    told: dict[str, Any] = {"address": str(address), "title": address.profile.title, "at": "", "asked": False}
    told |= {name: (names[:FEW_NAMES], len(names)) for name, names in (("first", one.first), ("second", one.second))}
    if known is not None:
        at, found = known
        near = found.health.near_end
        told |= {
            "asked": True,
            "at": iso(at),
            "ready": found.ready,
            "near_end": near,
            "said": advice(found, address),
        }
    return told


def routes(site: Site) -> list[Route]:
    """The page's routes."""
    return Ops(site).routes()
