"""Is this process there, can the stack take a sale, which version is it: for load balancers and people on call."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from counterfoil import __version__
from counterfoil.console.metrics import ConsoleMetrics
from counterfoil.console.reach import Reach
from counterfoil.console.site import HEADERS, Site
from counterfoil.errors import NothingSentError, OutcomeUnknown
from counterfoil.inquiry import Stores
from counterfoil.stack.layout import STATIONS, SUPERVISOR
from counterfoil.step import SECOND, Instant
from counterfoil.words import Text

SECONDS: Final = 3.0
NO_DEED: Final = Text(
    "The console's audit log cannot be written: no sale and nothing else is begun here until it can.",
    "控制台审计日志无法写入：恢复之前此处不受理交易及其他操作。",
)
METRICS: Final = "text/plain; version=0.0.4; charset=utf-8"


def routes(site: Site) -> list[Route]:
    """None of them asks who it is: they hold no card, no amount and no name."""
    watch = ConsoleMetrics(site.reach.now())
    audited = Audited(site)

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n", headers=HEADERS)

    async def version(_request: Request) -> Response:
        return JSONResponse({"version": __version__}, headers=HEADERS)

    async def readyz(_request: Request) -> Response:
        readable, (stations, links) = await asyncio.gather(site.read(_readable), states(site.reach))
        checks = {"stores": readable, "stations": stations, "links": links, "console": {"audit": audited.now()}}
        ready = all(all(each.values()) for each in checks.values())
        reasons = [] if checks["console"]["audit"] else [NO_DEED.both()]
        return JSONResponse({"ready": ready, "reasons": reasons, **checks}, 200 if ready else 503, headers=HEADERS)

    async def metrics(_request: Request) -> Response:
        stations, links = await states(site.reach)
        text = await site.read(lambda stores: watch.text(stores, site.reach.now(), stations, links))
        return Response(text, media_type=METRICS, headers=HEADERS)

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/version", version),
        Route("/metrics", metrics),
    ]


class Audited:
    """Whether the audit log can be written, tried at most once a second, however often anybody asks."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._tried: tuple[Instant, bool] = (0, True)

    def now(self) -> bool:
        """The answer, found out by writing."""
        now = self._site.reach.now()
        if abs(now - self._tried[0]) >= SECOND:
            self._tried = (now, self._site.log.writable())
        return self._tried[1]


async def states(reach: Reach) -> tuple[dict[str, bool], dict[str, bool]]:
    """Whether every station's process is up, and every link: to an issuer, connected and signed on."""
    supervisor, switch = await asyncio.gather(_asked(reach, SUPERVISOR, "status"), _asked(reach, "switch", "links"))
    stations = {name: _state(supervisor, name) == "up" for name in STATIONS}
    proxies: dict[str, bool] = supervisor.get("links", {})
    links = {"terminals": bool(proxies.get("terminals"))}
    for name in STATIONS[2:]:
        link = switch.get("issuers", {}).get(name, {})
        links[name] = bool(link.get("connected") and link.get("signed_on"))
    return stations, links


def _state(supervisor: dict[str, Any], name: str) -> str:
    return str(supervisor.get("stations", {}).get(name, {}).get("state", ""))


async def _asked(reach: Reach, station: str, verb: str) -> dict[str, Any]:
    """What a station says; {} when it does not."""
    try:
        return await reach.look(station, verb, {}, SECONDS)
    except (NothingSentError, OutcomeUnknown):
        return {}


def _readable(stores: Stores) -> dict[str, bool]:
    return {name: stores.of(name) is not None for name in STATIONS}
