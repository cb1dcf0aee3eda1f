"""All pages together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from counterfoil.console import admin, entry, health, inbox, inspecting, loop, ops, paper, reveal, till
from counterfoil.console.api import build as api
from counterfoil.console.api.problem import of
from counterfoil.console.ereceipt import routes as ereceipts
from counterfoil.console.lab import page as lab
from counterfoil.console.nav import seen_by
from counterfoil.console.people import May, People
from counterfoil.console.reach import Reach
from counterfoil.console.site import HEADERS, Site, Visit, language_of
from counterfoil.iso8583.show import words
from counterfoil.words import Text

STATIC: Final = Path(__file__).with_name("static")
SAID: Final = {
    404: Text("There is no such page.", "没有此页面。"),
    405: Text("This page is not for that.", "此页面不支持该操作。"),
}


def build(reach: Reach, people: People, log: Callable[..., None]) -> Starlette:
    """The console over one data directory."""
    site = Site(reach, people)

    async def home(_site: Site, visit: Visit) -> Response:
        return RedirectResponse(seen_by(visit.person)[0].path, 303)

    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        text = SAID.get(status, Text("Something went wrong here; it is in the log.", "出现错误，已记入日志。"))
        if status == 500:
            log("page_failed", path=words(request.url.path), error=type(error).__name__)
        if request.url.path.startswith("/api/"):  # a line break in an address gets past the mount
            answer = of(error).answer()
            answer.headers.update(HEADERS)
            return answer
        html = site.render("sorry.html", language_of(request), text=text)
        return HTMLResponse(html, status_code=status, headers=HEADERS)

    routes = [
        site.route("/", May.LOOK, home),
        *health.routes(site),
        Mount("/api", api.build(site, log)),
        Mount("/static", StaticFiles(directory=STATIC)),
        *entry.routes(site),
        *ereceipts(site),
        *till.routes(site),
        *inbox.routes(site),
        *loop.routes(site),
        *paper.routes(site),
        *ops.routes(site),
        *inspecting.routes(site),
        *lab.routes(site),
        *reveal.routes(site),
        *admin.routes(site),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: refused, 500: refused})
