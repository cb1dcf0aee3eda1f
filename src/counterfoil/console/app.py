"""All pages together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from counterfoil.console import admin, entry, health, inbox, inspecting, loop, ops, paper, reveal, till
from counterfoil.console.api import build as api
from counterfoil.console.api.problem import BROKEN, UNREADABLE, of
from counterfoil.console.deeds import RunningAct, UnwritableError
from counterfoil.console.doorstep import Doorstep, Trusted
from counterfoil.console.ereceipt import routes as ereceipts
from counterfoil.console.lab import page as lab
from counterfoil.console.nav import seen_by
from counterfoil.console.people import May, People
from counterfoil.console.reach import Reach
from counterfoil.console.site import HEADERS, Site, Visit, language_of
from counterfoil.console.till import UNSEEN
from counterfoil.errors import StoreError
from counterfoil.freetext import starred
from counterfoil.words import Text

LOOPBACK: Final = Trusted()
STATIC: Final = Path(__file__).with_name("static")
SAID: Final = {
    429: Text("Too many requests; wait a little.", "请求过于频繁，请稍候。"),
    404: Text("There is no such page.", "没有此页面。"),
    405: Text("This page is not for that.", "此页面不支持该操作。"),
}


def said_of(request: Request, error: Exception) -> tuple[int, Text]:
    """What is said of a request that failed; of a deed that has left: that it may have been done."""
    if isinstance(error, HTTPException):
        return error.status_code, SAID.get(error.status_code, BROKEN)
    deed = getattr(request.state, "deed", None)
    if isinstance(deed, RunningAct) and deed.left:
        return 202, UNSEEN
    if isinstance(error, StoreError):
        return 503, Text(str(error), error.zh) if isinstance(error, UnwritableError) else UNREADABLE
    return 500, BROKEN


def build(reach: Reach, people: People, log: Callable[..., None], trusted: Trusted = LOOPBACK) -> Starlette:
    """The console over one data directory. `trusted`: whose word about origins counts, and its own names."""
    site = Site(reach, people)

    async def home(_site: Site, visit: Visit) -> Response:
        return RedirectResponse(seen_by(visit.person)[0].path, 303)

    async def refused(request: Request, error: Exception) -> Response:
        status, text = said_of(request, error)
        if not isinstance(error, HTTPException | StoreError):
            log("page_failed", path=starred(request.url.path), error=type(error).__name__)
        if request.url.path.startswith("/api/"):  # a line break in an address gets past the mount
            answer = of(error).answer()
            answer.headers.update(HEADERS)
            return answer
        html = site.render("sorry.html", language_of(request), text=text)
        more = getattr(error, "headers", None) or {}
        return HTMLResponse(html, status_code=status, headers={**HEADERS, **more})

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
    app = Starlette(
        routes=routes,
        exception_handlers={HTTPException: refused, StoreError: refused, 500: refused},
        middleware=[Middleware(Doorstep, trusted=trusted)],
    )
    app.router.redirect_slashes = False  # else every address with one too many is repeated as it came
    return app
