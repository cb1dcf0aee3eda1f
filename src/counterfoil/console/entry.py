"""Coming and going: the log-in page, the language, the way out."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from counterfoil.console.people import LONGEST, May, NotAllowed
from counterfoil.console.site import COOKIE, HEADERS, LANGUAGE, LANGUAGES, Site, Visit, form_of, language_of, origin_of
from counterfoil.step import SECOND


def local(path: str) -> str:
    """A path of this console to go back to; its first page for anything else."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


def routes(site: Site) -> list[Route]:
    """What somebody without a session may see, and the way out."""

    async def login(request: Request) -> Response:
        language = language_of(request)
        values: dict[str, Any] = {"next": local(request.query_params.get("next", "/")), "wrong": None}
        if request.method == "POST":
            form = await form_of(request)
            values["next"] = local(form.get("next", "/"))
            origin = origin_of(request)
            try:
                token, _ = await site.people.enter(form.get("name", ""), form.get("password", ""), origin)
            except NotAllowed as refused:
                values["wrong"] = refused.text
            else:
                answer = RedirectResponse(values["next"], 303)
                answer.set_cookie(COOKIE, token, max_age=LONGEST // SECOND, httponly=True, samesite="strict")
                return answer
        html = await run_in_threadpool(site.render, "login.html", language, **values)
        return HTMLResponse(html, status_code=403 if values["wrong"] else 200, headers=HEADERS)

    async def language(request: Request) -> Response:
        answer = RedirectResponse(local(request.query_params.get("next", "/")), 303)
        if request.path_params["language"] in LANGUAGES:
            answer.set_cookie(LANGUAGE, request.path_params["language"], max_age=365 * 86_400, samesite="strict")
        return answer

    async def leave(_site: Site, visit: Visit) -> Response:
        site.people.leave(visit.request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE)
        return answer

    return [
        Route("/login", login, methods=["GET", "POST"]),
        Route("/language/{language}", language),
        site.route("/logout", May.LOOK, leave, ("POST",)),
    ]
