"""Before an endpoint sees a request: who asks, how often, how much, and that no other site made the browser ask."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from counterfoil.console.api.problem import Problem
from counterfoil.console.cookies import SESSION
from counterfoil.console.limits import RateLimits
from counterfoil.console.origin import place_of
from counterfoil.console.people import Person
from counterfoil.console.site import MAX_BODY, Site, length_of, origin_of, same
from counterfoil.step import SECOND
from counterfoil.words import Text

OPEN: Final = "/v1/openapi.json"
CSRF: Final = "X-CSRF-Token"
KEEP: Final = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
BURST, EACH = 300, SECOND // 50
"""Requests of one person or program: 300 at once, then 50 a second."""
WRONG_BURST, WRONG_EACH = 100, SECOND
"""Requests without a valid token from one address: 100 at once, then one a second."""

WHO: Final = Text("Say who you are: a token, or a session.", "请提供身份：令牌或登录会话。")
NO_CSRF: Final = Text(
    "A session must send its CSRF token (see /api/v1/me) with everything that changes something.",
    "使用登录会话进行更改时须附带 CSRF 令牌（见 /api/v1/me）。",
)
SLOWER: Final = Text("Too many requests; wait a little.", "请求过于频繁，请稍候。")
TOO_LONG: Final = Text("The request is longer than 64 KiB.", "请求超过 64 KiB。")


class Guard:
    """Lets a request through with `state.person` set, or answers with a problem."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site
        self._calls = RateLimits(BURST, EACH, site.people.now)
        self._wrong = RateLimits(WRONG_BURST, WRONG_EACH, site.people.now)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http" or scope["path"].removeprefix(scope.get("root_path", "")) == OPEN:
            await self._app(scope, receive, send)
            return
        send = _private(send)
        request = Request(scope)
        try:
            person = self._who(request)
            self._fits(request, person)
        except Problem as problem:
            await problem.answer()(scope, receive, send)
            return
        scope.setdefault("state", {})["person"] = person
        await self._app(scope, self._counted(receive), send)

    def _who(self, request: Request) -> Person:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind:
            person = self._site.tokens.of(token.strip()) if kind.lower() == "bearer" else None
        else:
            person = self._site.people.of(request.cookies.get(SESSION, ""))
        if person is None:
            if seconds := self._wrong.take(place_of(origin_of(request))):
                raise slower(seconds)
            raise Problem(401, "not_authenticated", WHO, {"WWW-Authenticate": "Bearer"})
        return person

    def _fits(self, request: Request, person: Person) -> None:
        if seconds := self._calls.take(person.name):
            raise slower(seconds)
        changes = request.method not in SAFE
        if changes and not person.program and not same(request.headers.get(CSRF, ""), person.csrf):
            raise Problem(403, "csrf", NO_CSRF)
        length = length_of(request)
        if length is None or length > MAX_BODY:
            raise Problem(413, "too_long", TOO_LONG)

    def _counted(self, receive: Receive) -> Receive:
        """A body that names no length is counted while it comes."""
        taken = 0

        async def counted() -> dict[str, object]:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MAX_BODY:
                raise Problem(413, "too_long", TOO_LONG)
            return dict(message)

        return counted


def _private(send: Send) -> Send:
    """Nobody on the way keeps an answer, and no browser takes it for something else."""

    async def private(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *KEEP]
        await send(message)

    return private


def slower(seconds: int) -> Problem:
    """Too many; when to try again."""
    return Problem(429, "too_many_requests", SLOWER, {"Retry-After": str(seconds)})
