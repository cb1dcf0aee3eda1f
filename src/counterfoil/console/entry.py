"""Coming and going: the log-in page, the language, the way out."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from counterfoil.console import cookies
from counterfoil.console.masks import repeated
from counterfoil.console.people import LONGEST, May, NotAllowed, TooManyError
from counterfoil.console.site import HEADERS, LANGUAGES, LONGEST_PATH, Site, Visit, form_of, language_of, origin_of
from counterfoil.step import SECOND


def local(path: str) -> str:
    """A path of this console to go back to; its first page for anything else, and where a card number stands in it."""
    shown = repeated(path, LONGEST_PATH)
    return shown if shown.startswith("/") and not shown.startswith(("//", "/\\")) else "/"


def routes(site: Site) -> list[Route]:
    """What somebody without a session may see, and the way out."""

    async def login(request: Request) -> Response:
        language, status, more = language_of(request), 200, dict[str, str]()
        values: dict[str, Any] = {"next": local(request.query_params.get("next", "/")), "wrong": None}
        if request.method == "POST":
            form = await form_of(request)
            values["next"] = local(form.get("next", "/"))
            who, device = (form.get("name", ""), form.get("password", "")), request.cookies.get(cookies.DEVICE, "")
            try:
                entered = await site.people.enter(*who, origin_of(request), device)
            except TooManyError as many:
                values["wrong"], status, more = many.text, 429, {"Retry-After": str(many.seconds)}
            except NotAllowed as refused:
                values["wrong"], status = refused.text, 403
            else:
                answer = RedirectResponse(values["next"], 303)
                cookies.keep(request, answer, cookies.SESSION, entered.token, LONGEST // SECOND)
                cookies.keep(request, answer, cookies.DEVICE, entered.device)
                return answer
        html = await run_in_threadpool(site.render, "login.html", language, **values)
        return HTMLResponse(html, status_code=status, headers={**HEADERS, **more})

    async def language(request: Request) -> Response:
        answer = RedirectResponse(local(request.query_params.get("next", "/")), 303)
        if request.path_params["language"] in LANGUAGES:
            cookies.keep(request, answer, cookies.LANGUAGE, request.path_params["language"])
        return answer

    async def leave(_site: Site, visit: Visit) -> Response:
        site.people.leave(visit.request.cookies.get(cookies.SESSION, ""))
        answer = RedirectResponse("/login", 303)
        cookies.drop(visit.request, answer, cookies.SESSION)
        return answer

    return [
        Route("/login", login, methods=["GET", "POST"]),
        Route("/language/{language}", language),
        site.route("/logout", May.LOOK, leave, ("POST",)),
    ]
