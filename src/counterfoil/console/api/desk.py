"""What an endpoint needs: the site, who asks, what they may, and a station's answer as a value or a problem."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Depends, Path, Request, Response
from fastapi.routing import APIRoute

from counterfoil.console import masks
from counterfoil.console.api.problem import MEDIA, NO_ANSWER, Later, Problem, ProblemBody
from counterfoil.console.api.shapes import Done
from counterfoil.console.deeds import AuditedAct, RunningAct
from counterfoil.console.people import May, Person, Role
from counterfoil.console.sale import ended
from counterfoil.console.site import FORBIDDEN, Site, origin_of
from counterfoil.console.tokens import ROLES
from counterfoil.errors import OutcomeUnknown
from counterfoil.transaction import AttemptKey
from counterfoil.words import Text

WHO: Final = "x-who-may"
STATUS_OF: Final = {
    "unknown_terminal": 404,
    "unknown_sale": 404,
    "unknown_station": 404,
    "no_receipt": 404,
    "bad_request": 422,
    "key_reused": 422,
    "typed_not_allowed": 422,
    "archived": 422,
    "original_unknown": 404,
    "original_other_kind": 422,
    "amount_above_original": 422,
    "wrong_supervisor": 403,
}
"""The status a station's refusal deserves; every other one is 409: not now, as things stand."""


UNKNOWN: Final[dict[str, Any]] = {"outcome": "unknown", "sentence": NO_ANSWER.both(), "reply": {}}
"""What is said of a deed that left and whose end nobody knows."""


def site_of(request: Request) -> Site:
    """The console this API belongs to."""
    site: Site = request.app.state.site
    return site


def person_of(request: Request) -> Person:
    """Who asks; the guard found out."""
    person: Person = request.state.person
    return person


Desk = Annotated[Site, Depends(site_of)]
Who = Annotated[Person, Depends(person_of)]
Terminal = Annotated[str, Path(pattern=r"^[!-.0-~]{1,8}$", examples=["T0000001"], description="DE41 of a terminal.")]
Station = Annotated[str, Path(pattern=r"^[a-z-]{1,20}$")]
Batch = Annotated[str, Path(pattern=r"^[0-9]{6}$", examples=["000001"])]
Stan = Annotated[str, Path(pattern=r"^[0-9]{6}$", examples=["000001"])]


def key_of(terminal: Terminal, batch: Batch, stan: Stan) -> AttemptKey:
    """The payment an address names."""
    return AttemptKey(terminal, batch, stan)


Key = Annotated[AttemptKey, Depends(key_of)]
REF: Final = "/payments/{terminal}/{batch}/{stan}"


def only(what: May, *more: int) -> dict[str, Any]:
    """What a route says of itself: who may, and the problems it answers with (those of every route, and `more`)."""

    def allowed(person: Who) -> None:
        if not person.may(what):
            raise Problem(403, "role", FORBIDDEN)

    statuses = sorted({400, 401, 403, 413, 422, 429, 503, *more})
    problem = {"model": ProblemBody, "content": {MEDIA: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}}
    return {
        "dependencies": [Depends(allowed)],
        "responses": {status: {**problem, "description": "a problem"} for status in statuses},
        "openapi_extra": {WHO: who_may(what)},
    }


def acts(what: May, *more: int) -> dict[str, Any]:
    """What a route says of itself that has a station do something: 202 too, when the station did not say in time."""
    said = only(what, *more)
    return {**said, "response_model": Done, "responses": {**said["responses"], 202: {"model": Done}}}


def who_may(what: May) -> list[str]:
    """The roles that may, and "token ROLE" for a program of that role."""
    people = [role.value for role in Role if Person("", role).may(what)]
    return people + [f"token {role.value}" for role in ROLES if Person("", role, program=True).may(what)]


def taken(reply: dict[str, Any]) -> dict[str, Any]:
    """A station's answer, its card numbers hidden but for the last four; Problem when it turned the request down."""
    reply = masks.hidden(reply)
    if "error" in reply:
        text = Text(reply["message"]["en"], reply["message"]["zh"])
        more = {"sale": reply["sale"]} if "sale" in reply else {}
        raise Problem(STATUS_OF.get(reply["error"], 409), reply["error"], text, **more)
    return reply


class Doer:
    """Whoever does something that leaves the console."""

    def __init__(self, request: Request, response: Response, desk: Desk, person: Who) -> None:
        self._request = request
        self._response = response
        self._desk = desk
        self.name = person.name
        self.person = person
        self.origin = origin_of(request)

    def begin(self, what: str, subject: str = "", why: str = "", later: dict[str, Any] = UNKNOWN) -> RunningAct:
        """A deed whose line is written; else UnwritableError. `later` is what a 202 says when no more is known."""
        return self.goes_on(self._desk.log.begin(AuditedAct(self.name, what, subject, why, self.origin)), later)

    def goes_on(self, deed: RunningAct, later: dict[str, Any]) -> RunningAct:
        """A deed that was begun elsewhere, for this request."""
        self._request.state.later = Later(deed, later)
        return deed

    async def has(self, deed: RunningAct, name: str, verb: str, args: dict[str, Any], seconds: float) -> dict[str, Any]:
        """A station do it, as the API answers it: done, or 202 and "unknown" when it did not say in time.

        202 too when the station says that not all of it came about ("not_done"), or may not have ("unknown"); and with
        "done" when its second line is still owed to the audit log. Problem when the station refused.
        """
        try:
            with deed:
                reply = await self._desk.reach.act(deed, name, verb, args, seconds)
                deed.ends(*ended(reply))
        except OutcomeUnknown:
            self._response.status_code = 202
            return UNKNOWN
        reply = taken(reply)
        outcome = str(reply.pop("result", "done"))
        if deed.owed or outcome != "done":
            self._response.status_code = 202
        return {"outcome": outcome, "sentence": reply.pop("sentence", None), "reply": reply}


Does = Annotated[Doer, Depends()]


def named(route: APIRoute) -> str:
    """The operation's id: the name of its function."""
    return route.name
