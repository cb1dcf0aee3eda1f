"""What every page shares: who is asking, in which language, the templates, and the answer to what must not be."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import parse_qsl, quote

import jinja2
from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from counterfoil import __version__
from counterfoil.console import cookies, decisions
from counterfoil.console.consent import Consent
from counterfoil.console.deeds import AuditedAct, AuditLog, RunningAct
from counterfoil.console.looks import LOOKS
from counterfoil.console.masks import repeated
from counterfoil.console.nav import seen_by
from counterfoil.console.people import May, People, Person
from counterfoil.console.reach import Reach
from counterfoil.console.tokens import Tokens
from counterfoil.inquiry import Stores
from counterfoil.inspector.names import label, shown
from counterfoil.iso8583.chinese import reason
from counterfoil.money import Money
from counterfoil.stack.reading import clock_of
from counterfoil.transaction import parse_ref
from counterfoil.verdict.names import ENDS, VERDICTS, absent, case_word, hop, kind_word, party
from counterfoil.words import Text
from counterfoil.zone import Zone, instant

LANGUAGES: Final = ("en", "zh")
MAX_BODY: Final = 64 * 1024
LONGEST_PATH: Final = 200
DIGEST: Final = 16
TEMPLATES: Final = Path(__file__).with_name("templates")
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
EXPIRED: Final = Text("This page was open for too long. Load it again.", "页面已过期，请重新打开。")
FORBIDDEN: Final = Text("Your role does not allow this.", "您的角色没有此权限。")

Endpoint = Callable[["Site", "Visit"], Awaitable[Response]]


class Visit(NamedTuple):
    """One request of somebody known: what was asked, by whom, in which language, with which form."""

    request: Request
    person: Person
    language: str
    form: dict[str, str]

    @property
    def origin(self) -> str:
        """The address it came from."""
        return origin_of(self.request)

    @property
    def tongue(self) -> Literal["en", "zh"]:
        """The reader's language, as renderers take it."""
        return "zh" if self.language == "zh" else "en"

    def begin(self, log: AuditLog, what: str, subject: str = "", why: str = "") -> RunningAct:
        """A deed of this person that leaves the console; UnwritableError, and nothing leaves, without its line."""
        return self.goes_on(log.begin(AuditedAct(self.person.name, what, subject, why, self.origin)))

    def goes_on(self, deed: RunningAct) -> RunningAct:
        """A deed that was begun for this request: what goes wrong once it has left is told otherwise, see app.py."""
        self.request.state.deed = deed
        return deed

    def say(self, text: Text) -> str:
        """A sentence in the reader's language."""
        return text.zh if self.language == "zh" else text.en


LENGTH: Final = re.compile("[0-9]{1,18}")


class Site:
    """The console's pages over one data directory."""

    def __init__(self, reach: Reach, people: People) -> None:
        self.reach = reach
        self.people = people
        self.log = people.log
        self.consent = Consent(people, decisions.actions(reach))
        self.tokens = Tokens(people)
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
        )
        self._templates.filters["money"] = amount_text
        clock = clock_of(reach.layout)
        self.clock = clock
        self._templates.filters |= {
            "local": clock.said,
            "clock": partial(hours, clock),
            "offset": partial(offset, clock),
        }
        self._templates.tests["payment_ref"] = lambda name: parse_ref(name) is not None
        self._templates.globals.update(
            label=label,
            party=party,
            reason=reason,
            shown=shown,
            version=__version__,
            LOOKS=LOOKS,
            VERDICTS=VERDICTS,
            kind_word=kind_word,
            May=May,
            ENDS=ENDS,
            case_word=case_word,
            hop=hop,
            absent=absent,
        )

    async def read(self, look: Callable[[Stores], Any]) -> Any:
        """What `look` finds in the stations' stores, opened for it alone."""

        def looked() -> Any:
            with self.reach.stores() as stores:
                return look(stores)

        return await run_in_threadpool(looked)

    def render(self, template: str, language: str, **values: Any) -> str:
        """A template in one language; `t(en, zh)` inside it picks a sentence."""

        def pick(en: str, zh: str) -> str:
            return zh if language == "zh" else en

        def word(text: Text | dict[str, str]) -> str:
            both = text if isinstance(text, dict) else text.both()
            return both[language]

        said: dict[str, Any] = {"t": pick, "word": word, "language": language}
        return self._templates.get_template(template).render(**said, **values)

    def page(self, visit: Visit, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page for somebody."""
        path = shown_path(visit.request)
        entries = seen_by(visit.person)
        html = self.render(template, visit.language, person=visit.person, path=path, entries=entries, **values)
        return HTMLResponse(html, status_code=status, headers=HEADERS)

    def heart(self, visit: Visit, template: str, **values: Any) -> tuple[str, str]:
        """The part of a page that stays live: its HTML, and a digest of it that goes into `data-seen`."""
        html = self.render(template, visit.language, person=visit.person, **values)
        return html, hashlib.sha256(html.encode()).hexdigest()[:DIGEST]

    def beat(self, visit: Visit, template: str, *, done: bool, **values: Any) -> Response:
        """The answer to a page that asks whether its heart has changed; `done` when it need not ask again.

        Each is a short request of its own: streams would fill the six connections a browser makes to one place.
        """
        html, seen = self.heart(visit, template, **values)
        headers = {**HEADERS, "Live-Seen": seen, "Live-Done": str(int(done))}
        if visit.request.query_params.get("seen") == seen:
            return Response(status_code=204, headers=headers)
        return HTMLResponse(html, headers=headers)

    # --- who is asking ----------------------------------------------------------------------------------------------

    def route(self, path: str, needs: May, endpoint: Endpoint, methods: tuple[str, ...] = ("GET",)) -> Route:
        """A route that only those see who may."""

        async def answer(request: Request) -> Response:
            present = "seen" not in request.query_params  # a page that keeps itself current is nobody at the desk
            person = self.people.of(request.cookies.get(cookies.SESSION, ""), present=present)
            if person is None:
                return RedirectResponse(f"/login?next={quote(shown_path(request), safe='/')}", 303)
            form = await form_of(request) if request.method == "POST" else {}
            visit = Visit(request, person, language_of(request), form)
            if not person.may(needs):
                return self.page(visit, "refused.html", 403, text=FORBIDDEN)
            if request.method == "POST" and not same(form.get("csrf", ""), person.csrf):
                return self.page(visit, "refused.html", 403, text=EXPIRED)
            return await endpoint(self, visit)

        return Route(path, answer, methods=list(methods))


def amount_text(amount: int, currency: str) -> str:
    """Minor units as pages show them: 12.50 CNY, with a real minus sign."""
    return str(Money(amount, currency)).replace("-", "−")


def hours(clock: Zone, at: str) -> str:
    """The time of day of an ISO 8601 instant, to the millisecond; the zone is told beside it."""
    return clock.text(instant(at), "%H:%M:%S.%f")[:-3]


def offset(clock: Zone, at: str) -> str:
    """The zone as it is at an ISO 8601 instant."""
    return clock.told(instant(at))


def same(given: str, right: str) -> bool:
    """Whether a secret is the right one, in constant time; nothing is never right."""
    return bool(right) and hmac.compare_digest(given.encode(), right.encode())


def origin_of(request: Request) -> str:
    """The address a request came from."""
    return request.client.host if request.client else ""


def language_of(request: Request) -> str:
    """The reader's language: chosen, else what the browser asks for first."""
    chosen = request.cookies.get(cookies.LANGUAGE, "")
    if chosen in LANGUAGES:
        return chosen
    return "zh" if request.headers.get("accept-language", "").lower().startswith("zh") else "en"


class Number(Convertor[int]):
    """A number in the path of a page: one that a store can hold. Any other is no page."""

    regex = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        """The number."""
        return int(value)

    def to_string(self, value: int) -> str:
        """The part of a path."""
        return str(value)


register_url_convertor("number", Number())


def shown_path(request: Request) -> str:
    """The path of a page as pages and redirects repeat it; the first page's where a card number stands in it."""
    return repeated(str(request.url.path), LONGEST_PATH) or "/"


def length_of(request: Request) -> int | None:
    """How long a body is said to be; None for what is no length."""
    said = request.headers.get("content-length") or "0"
    return int(said) if LENGTH.fullmatch(said) else None


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form; the last of several with one name, {} for what is no form or too long."""
    if (length_of(request) or 0) > MAX_BODY:
        return {}
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
