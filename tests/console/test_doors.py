"""Every page and every role: who is let in, who is sent to log in, and that no other site's form gets through."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import argon2
import pytest
from starlette.routing import Route

from counterfoil.console.app import build
from counterfoil.console.people import May, People, Person, Role
from counterfoil.console.reach import Reach
from counterfoil.stack.layout import Layout
from counterfoil.storage import migrations_of, open_store

QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "a long password"
REF = "/payments/{terminal}/{batch}/{stan}"
OPEN = {"/healthz", "/readyz", "/version", "/metrics", "/login", "/language/{language}", "/r/key.pem", "/r/{name}"}
PAGES = {
    "/": May.LOOK,
    "/logout": May.LOOK,
    "/password": May.LOOK,
    "/search": May.LOOK,
    REF: May.LOOK,
    f"{REF}/live": May.LOOK,
    f"{REF}/paper/{{kind}}": May.LOOK,
    f"{REF}/card": May.REVEAL,
    f"{REF}/messages/{{station}}/{{number}}": May.BREAK,
    "/till": May.SELL,
    "/till/open": May.SELL,
    "/till/terminal": May.SELL,
    "/till/sale": May.SELL,
    "/till/sale/{key}": May.SELL,
    "/till/sale/{key}/live": May.SELL,
    "/till/act": May.SELL,
    "/till/release": May.DECIDE,
    "/inbox": May.LOOK,
    "/inbox/live": May.LOOK,
    "/inbox/ask": May.PROPOSE,
    "/inbox/decide": May.PROPOSE,
    "/ops": May.LOOK,
    "/ops/live": May.LOOK,
    "/ops/all": May.LOOK,
    "/ops/all/live": May.LOOK,
    "/ops/printer": May.LOOK,
    "/inspector": May.BREAK,
    "/inspector/{name}": May.BREAK,
    "/inspector/{name}/field": May.BREAK,
    "/inspector/{name}/bytes": May.BREAK,
    "/inspector/{name}/diff": May.BREAK,
    "/inspector/{name}/forget": May.BREAK,
    "/lab": May.BREAK,
    "/lab/run": May.BREAK,
    "/lab/heal": May.BREAK,
    "/lab/runs/{number:number}": May.BREAK,
    "/lab/runs/{number:number}/live": May.BREAK,
    "/lab/runs/{number:number}/pytest": May.BREAK,
    "/people": May.MANAGE,
    "/tokens": May.MANAGE,
    "/audit": May.MANAGE,
}
PLACES = {
    "{terminal}": "T0000001",
    "{batch}": "000001",
    "{stan}": "000001",
    "{kind}": "cardholder",
    "{number:number}": "1",
}


class House:
    """A console without a stack, called without a server."""

    def __init__(self, data: Path, people: People) -> None:
        self.app = build(Reach(Layout(data)), people, lambda *_, **__: None)
        self.sessions = {role: asyncio.run(people.enter(role.value, PASSWORD, "192.0.2.1")) for role in Role}

    def doors(self) -> list[tuple[str, str]]:
        """Every method and path of a page."""
        routes = [route for route in self.app.routes if isinstance(route, Route)]
        return [(method, route.path) for route in routes for method in sorted(route.methods or ()) if method != "HEAD"]

    def call(self, method: str, path: str, token: str = "", **fields: str) -> tuple[int, str]:
        """The status and where it leads to. What lacks a stack ends in a 500, which is no 403."""
        for place, value in PLACES.items():
            path = path.replace(place, value)
        body, sent = urlencode(fields).encode(), list[Any]()
        headers = [
            (b"host", b"localhost"),
            (b"cookie", f"counterfoil_session={token}".encode()),
            (b"content-length", str(len(body)).encode()),
        ]
        scope = {
            "type": "http", "method": method, "path": path.replace("{", "").replace("}", ""), "query_string": b"",
            "headers": headers, "scheme": "http", "server": ("127.0.0.1", 80), "client": ("192.0.2.1", 1),
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        with contextlib.suppress(Exception):
            asyncio.run(self.app(scope, receive, send))
        return sent[0]["status"], dict(sent[0]["headers"]).get(b"location", b"").decode()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data = tmp_path_factory.mktemp("house")
    with closing(open_store(data / "store.db", migrations_of("counterfoil.console"))) as store:
        people = People(store, lambda: 10**15, QUICK)
        for role in Role:
            people.add(role.value, role, PASSWORD, by="test")
        yield House(data, people)


def test_the_table_has_every_door(house: House) -> None:
    assert {path for _, path in house.doors()} == OPEN | set(PAGES)


def test_nobody_is_sent_to_log_in(house: House) -> None:
    for method, path in house.doors():
        if path in PAGES:
            status, where = house.call(method, path, "no session")
            assert (status, where.partition("?")[0]) == (303, "/login"), path


def test_every_role_is_let_in_where_it_may_and_nowhere_else(house: House) -> None:
    for role, (token, person, _) in house.sessions.items():
        for method, path in house.doors():
            if path in PAGES and path != "/logout":
                status, where = house.call(method, path, token, csrf=person.csrf)
                assert (status == 403) != Person("", role).may(PAGES[path]), (role, method, path, status)
                assert not where.startswith("/login"), (role, method, path)


def test_what_changes_something_needs_the_token_of_the_session(house: House) -> None:
    tried = 0
    for role, (token, person, _) in house.sessions.items():
        for method, path in house.doors():
            if method == "POST" and path in PAGES and Person("", role).may(PAGES[path]):
                for wrong in ({}, {"csrf": ""}, {"csrf": person.csrf[:-1]}, {"csrf": "x" * len(person.csrf)}):
                    assert house.call(method, path, token, **wrong)[0] == 403, path
                    tried += 1
    assert tried > 50
