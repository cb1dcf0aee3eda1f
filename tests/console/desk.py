"""A console without a stack: its store on a disk that fails when a test says so, stations that note all they hear."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlencode

import apsw
import argon2

from console.looks import says
from counterfoil.console.app import build
from counterfoil.console.people import People, Person, Role
from counterfoil.console.reach import LOOKS, Reach
from counterfoil.console.tokens import Tokens
from counterfoil.errors import NothingSentError, OutcomeUnknown
from counterfoil.stack.demo import Demo
from counterfoil.stack.layout import CONSOLE, SUPERVISOR, Layout, Running
from counterfoil.storage import migrations_of, open_store
from failing_disk import Disk

QUICK: Final = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD: Final = "a long password"
REF: Final = "T0000001/000001/000007"
FORM: Final = b"application/x-www-form-urlencoded"
DONE: Final = {
    "outcome": "approved",
    "ref": REF,
    "response_code": "00",
    "sentence": {"en": "yes", "zh": "是"},
    "cashier": {"en": "Hand it over.", "zh": "请交付。"},
}


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    cookies: list[str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Channel:
    """A control channel of a station that says how it is, and does what it is asked, or what the test makes of it."""

    def __init__(self, reach: Stations, station: str) -> None:
        self._reach = reach
        self._station = station

    async def call(self, verb: str, args: dict[str, Any], _seconds: float) -> dict[str, Any]:
        self._reach.asked.append((self._station, verb))
        self._reach.meanwhile()
        if self._reach.silent:
            raise OutcomeUnknown("no answer")
        return says(self._station, verb, args) if verb in LOOKS else dict(self._reach.reply)

    def close(self) -> None:
        pass


class Stations(Reach):
    """Stations that answer everything; `meanwhile` is called while they do, `silent` ones never answer.

    `reply` is what they say when they have done something; how they are they say as real ones do, see looks.py.
    """

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.at = 10**15
        self.asked: list[tuple[str, str]] = []
        self.well()

    def well(self) -> None:
        """They are there, and say that it was done."""
        self.meanwhile: Callable[[], object] = bool
        self.silent = self.away = False
        self.reply: dict[str, Any] = DONE

    def now(self) -> int:
        return self.at

    async def _connected(self, station: str) -> Any:
        if self.away:
            raise NothingSentError("nobody listens")
        return Channel(self, station)

    @property
    def deeds(self) -> list[tuple[str, str]]:
        """What reached a station and was no mere question."""
        return [(station, verb) for station, verb in self.asked if verb not in LOOKS]


class Desk:
    """The whole application, called without a server. `proxies` are trusted; `reach.at` is its clock."""

    def __init__(self, data: Path, **settings: Any) -> None:
        self.runner = asyncio.Runner()
        layout = Layout(data)
        layout.prepare()
        Demo.of(layout, make=True)
        layout.publish(SUPERVISOR, Running(1, "token", 1, extra={"timers": [1, 2, 3], "lab": True}))
        self.disk = Disk()
        self.path = layout.store(CONSOLE)
        self.store = open_store(self.path, migrations_of("counterfoil.console"), vfs="failing disk")
        self.reach = Stations(layout)
        self.people = People(self.store, self.reach.now, QUICK)
        for role in Role:
            self.people.add(role.value, role, PASSWORD, by="test")
        self.people.add("supervisor-2", Role.SUPERVISOR, PASSWORD, by="test")
        self.tokens = {
            role: Tokens(self.people).make(role.value, role, by="test") for role in (Role.CASHIER, Role.SUPPORT)
        }
        self.logged: list[str] = []
        self.app = build(
            self.reach, self.people, lambda event, **facts: self.logged.append(f"{event} {facts}"), **settings
        )
        self.sessions: dict[str, tuple[str, Person]] = {}

    def _log(self, event: str, **facts: Any) -> None:
        self.logged.append(f"{event} {facts}")

    def session(self, who: str) -> tuple[str, Person]:
        """The session of somebody; begun when it is first asked for, and again when it has ended."""
        if who not in self.sessions or self.people.of(self.sessions[who][0], present=False) is None:
            self.sessions[who] = self.runner.run(self.people.enter(who, PASSWORD, "192.0.2.1"))[:2]
        return self.sessions[who]

    # --- the disk ---

    def fail(self, kind: type[apsw.Error] = apsw.FullError) -> None:
        """From here on the disk lets nothing be written."""
        self.disk.failure, self.disk.fails_at = kind, self.disk.count + 1

    def mend(self) -> None:
        self.disk.fails_at = 0

    # --- calling ---

    def form(self, path: str, who: str, /, **fields: str) -> Answer:
        """A form of a page, as the browser of somebody sends it."""
        token, person = self.session(who)
        headers = {"cookie": f"counterfoil_session={token}", "content-type": FORM.decode()}
        return self.call("POST", path, urlencode({"csrf": person.csrf, **fields}).encode(), headers)

    def api(self, method: str, path: str, who: str, body: Any = None, **headers: str) -> Answer:
        """A request of the API: `who` is somebody with a session, or a Role for its token."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(who, Role):
            sent["authorization"] = f"Bearer {self.tokens[who]}"
        else:
            token, person = self.session(who)
            sent |= {"cookie": f"counterfoil_session={token}", "x-csrf-token": person.csrf}
        if body is not None:
            sent["content-type"] = "application/json"
        return self.call(method, f"/api/v1{path}", json.dumps(body).encode() if body is not None else b"", sent)

    def call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        origin: str = "192.0.2.1",
        hosts: Sequence[str] = ("127.0.0.1",),
    ) -> Answer:
        """One request; whatever it sets going ends before this returns."""
        named = [("host", host) for host in hosts] + [("content-length", str(len(body))), *(headers or {}).items()]
        return self.runner.run(self._call(method, path, body, named, origin))

    async def _call(self, method: str, path: str, body: bytes, named: list[tuple[str, str]], origin: str) -> Answer:
        sent = list[Any]()
        place, _, query = path.partition("?")
        scope = {
            "type": "http", "method": method, "path": unquote(place), "raw_path": place.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in named],
            "scheme": "http", "server": ("127.0.0.1", 80), "client": (origin, 1), "http_version": "1.1",
        }  # fmt: skip

        bodies = iter([body])

        async def receive() -> dict[str, Any]:
            for body in bodies:
                return {"type": "http.request", "body": body, "more_body": False}
            await asyncio.Event().wait()  # it never hangs up
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        with contextlib.suppress(Exception):  # what serves it swallows this, once its answer is out
            await self.app(scope, receive, send)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others)
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        cookies = [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]
        return Answer(
            sent[0]["status"], found, cookies, b"".join(message.get("body", b"") for message in sent[1:]).decode()
        )

    def lines(self, count: int = 50) -> list[tuple[str, str, str]]:
        """The latest lines of the audit log, the oldest first: who, what, with which result."""
        return [(one.who, one.what, one.result) for _, one in reversed(self.people.log.history(count))]

    def kept(self) -> list[Any]:
        """Everything this console keeps, but for when somebody was last seen."""
        tables = ("person", "token", "audit", "deed", "consent")
        return [self.store.query(f"SELECT * FROM {table}") for table in tables] + [
            self.store.query("SELECT token, person FROM session")
        ]

    def close(self) -> None:
        self.runner.close()
        self.store.close()
        self.disk.unregister()
