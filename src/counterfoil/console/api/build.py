"""The API as one application, to be mounted at /api."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Depends, FastAPI
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.requests import Request
from starlette.responses import Response

from counterfoil import __version__
from counterfoil.console.api import items, payments, receipts, terminals
from counterfoil.console.api.desk import Desk, Who, named, only
from counterfoil.console.api.guard import Guard
from counterfoil.console.api.problem import EXPECTED, left, of, told
from counterfoil.console.api.shapes import Me
from counterfoil.console.cookies import SESSION
from counterfoil.console.people import May
from counterfoil.console.site import Site

ABOUT: Final = "Card payments, and where their money is. Amounts are integer minor units, instants RFC 3339 in UTC."
SCHEMES: Final = (
    HTTPBearer(scheme_name="token", description="A program's token.", auto_error=False),
    APIKeyCookie(
        name=SESSION,
        scheme_name="session",
        description="A log-in; with X-CSRF-Token (see /me) for everything that changes something.",
        auto_error=False,
    ),
)
"""What the document says of how to log in; the guard is what looks."""
own: Final = APIRouter()


@own.get("/me", response_model=Me, **only(May.LOOK))
async def get_me(_desk: Desk, person: Who) -> dict[str, object]:
    """Who asks, and the CSRF token of a session."""
    return person._asdict()


def build(site: Site, log: Callable[..., None]) -> FastAPI:
    """The API over one console."""
    api = FastAPI(
        title="Counterfoil",
        version=__version__,
        description=ABOUT,
        openapi_url="/v1/openapi.json",
        docs_url=None,  # the usual pages load from elsewhere; docs/api.md is the page
        redoc_url=None,
        generate_unique_id_function=named,
        redirect_slashes=False,
        dependencies=[Depends(scheme) for scheme in SCHEMES],
    )
    api.state.site = site
    for router in (own, payments.router, receipts.router, terminals.router, items.router):
        api.include_router(router, prefix="/v1")
    for kind in EXPECTED:
        api.add_exception_handler(kind, told)

    async def broken(request: Request, error: Exception) -> Response:
        route = request.scope.get("route")
        log("api_failed", route=getattr(route, "path", ""), error=type(error).__name__)
        return left(request) or of(error).answer()

    api.add_exception_handler(Exception, broken)
    api.add_middleware(Guard, site=site)
    return api
