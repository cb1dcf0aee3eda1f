"""Is this process there, can the stack take a sale, which version is it: for load balancers and people on call."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from counterfoil import __version__
from counterfoil.console.metrics import Watch
from counterfoil.console.reach import Reach
from counterfoil.console.site import HEADERS, Site
from counterfoil.errors import NotSent, OutcomeUnknown
from counterfoil.inquiry import Stores
from counterfoil.stack.layout import STATIONS, SUPERVISOR

SECONDS: Final = 3.0
METRICS: Final = "text/plain; version=0.0.4; charset=utf-8"


def routes(site: Site) -> list[Route]:
    """None of them asks who it is: they hold no card, no amount and no name."""
    watch = Watch(site.reach.now())

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n", headers=HEADERS)

    async def version(_request: Request) -> Response:
        return JSONResponse({"version": __version__}, headers=HEADERS)

    async def readyz(_request: Request) -> Response:
        readable, (stations, links) = await asyncio.gather(site.read(_readable), states(site.reach))
        checks = {"stores": readable, "stations": stations, "links": links}
        ready = all(all(each.values()) for each in checks.values())
        return JSONResponse({"ready": ready, **checks}, 200 if ready else 503, headers=HEADERS)

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
        return await reach.ask(station, verb, {}, SECONDS)
    except (NotSent, OutcomeUnknown):
        return {}


def _readable(stores: Stores) -> dict[str, bool]:
    return {name: stores.of(name) is not None for name in STATIONS}
