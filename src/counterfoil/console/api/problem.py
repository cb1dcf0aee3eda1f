"""Every no of the API is a problem (RFC 9457): a status, a code for programs, a sentence in both languages.

It never repeats what was sent: a request may hold a card number where none belongs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from counterfoil.console.api.wrong import said
from counterfoil.console.deeds import UNWRITABLE, RunningAct, UnwritableError
from counterfoil.console.people import NotAllowed, TooManyError
from counterfoil.errors import NothingSentError, OutcomeUnknown, StoreError
from counterfoil.words import Text

MEDIA: Final = "application/problem+json"
TYPE: Final = "urn:counterfoil:problem:"
RETRY_SECONDS: Final = 2

UNREADABLE: Final = Text("A station's store cannot be read just now.", "目前无法读取某站点的数据库。")
AWAY: Final = Text("The station cannot be reached just now; nothing was sent.", "目前无法连接该站点；未发出任何请求。")
NO_ANSWER: Final = Text(
    "The station did not answer in time: whether it was done is unknown. Look before you ask again.",
    "站点未及时应答：是否已执行尚不清楚。请先查询再重试。",
)
INVALID: Final = Text("The request is not complete or not valid.", "请求不完整或无效。")
BROKEN: Final = Text("Something went wrong here; it is in the log.", "出现错误，已记入日志。")
STATUSES: Final = {
    400: ("unreadable_request", Text("The request cannot be read.", "无法读取该请求。")),
    404: ("not_found", Text("There is nothing at this address.", "该地址没有任何内容。")),
    405: ("method_not_allowed", Text("This address is not for that.", "该地址不支持此操作。")),
}


class Both(BaseModel):
    """A sentence in both languages."""

    en: str
    zh: str


class Wrong(BaseModel):
    """One thing that is wrong with a request: where it stands and what it should be, never what it was.

    `message` says it in both languages, `what` is the English of it.
    """

    where: list[str]
    what: str
    message: Both


class ProblemBody(BaseModel):
    """A no, as RFC 9457 has it: `code` is for programs, `message` for people, `detail` the English of it."""

    type: str = Field(examples=[f"{TYPE}unknown_terminal"])
    title: str
    status: int
    code: str
    detail: str
    message: Both
    wrong: list[Wrong] = []
    sale: dict[str, Any] | None = None


class Later(NamedTuple):
    """A deed that is being done, and what is said of it when no more is known."""

    deed: RunningAct
    body: dict[str, Any]


class Problem(Exception):  # noqa: N818 - the name RFC 9457 gives it
    """A no, raised anywhere below an endpoint. `more` joins the body."""

    def __init__(
        self, status: int, code: str, text: Text, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(text.en)
        self.status = status
        self.code = code
        self.text = text
        self.headers = headers
        self.more = more

    def answer(self) -> Response:
        """The response."""
        body = {
            "type": TYPE + self.code,
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.text.en,
            "message": self.text.both(),
            **self.more,
        }
        return JSONResponse(body, self.status, headers=self.headers, media_type=MEDIA)


def of(error: Exception) -> Problem:
    """What an exception says to whoever asked."""
    match error:
        case UnwritableError():
            return Problem(503, "not_audited", UNWRITABLE, {"Retry-After": str(RETRY_SECONDS)})
        case Problem():
            return error
        case TooManyError():
            return Problem(429, "too_many_requests", error.text, {"Retry-After": str(error.seconds)})
        case NotAllowed():
            return Problem(403, "not_allowed", error.text)
        case NothingSentError():
            return Problem(503, "unreachable", AWAY, {"Retry-After": str(RETRY_SECONDS)})
        case OutcomeUnknown():
            return Problem(504, "outcome_unknown", NO_ANSWER)
        case StoreError():
            return Problem(503, "store_unreadable", UNREADABLE, {"Retry-After": str(RETRY_SECONDS)})
        case RequestValidationError():
            return Problem(422, "invalid_request", INVALID, wrong=wrongs(error.errors()))
        case HTTPException():
            code, text = STATUSES.get(error.status_code, ("refused", INVALID))
            return Problem(error.status_code, code, text, error.headers)
    return Problem(500, "broken", BROKEN)


def wrongs(errors: Sequence[Any]) -> list[dict[str, Any]]:
    """What is wrong with a request without a word of it: the name of a field nobody knows may be a card number."""
    found = []
    for one in errors:
        foreign = one["type"] in {"extra_forbidden", "json_invalid"}
        where = [str(part) for part in (one["loc"][:-1] if foreign else one["loc"])]
        text = said(one)
        found.append({"where": where, "what": text.en, "message": text.both()})
    return found


def left(request: Request) -> Response | None:
    """The answer to a deed that has left when what came after failed: 202, for it may be done. None for any other."""
    later: Later | None = getattr(request.state, "later", None)
    return JSONResponse(later.body, 202) if later is not None and later.deed.left else None


async def told(request: Request, error: Exception) -> Response:
    """The handler of every exception that is no accident."""
    definite = isinstance(error, Problem | NotAllowed | NothingSentError)
    return (None if definite else left(request)) or of(error).answer()


EXPECTED: Final[tuple[type[Exception], ...]] = (
    Problem,
    NotAllowed,
    NothingSentError,
    OutcomeUnknown,
    StoreError,
    RequestValidationError,
    HTTPException,
)
