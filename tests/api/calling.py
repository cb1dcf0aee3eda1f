"""The API over real HTTP: as a program with a token, or as a person whose browser has a session."""

from __future__ import annotations

import http.client
import json
import re
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode, urlsplit

from both_languages import HAN, untranslated, without_data
from browser.browsing import PASSWORD, PEOPLE, QUICK, add_people
from counterfoil.console.people import People, Role
from counterfoil.console.tokens import Tokens
from counterfoil.stack.layout import CONSOLE, Layout
from counterfoil.storage import migrations_of, open_store
from loop.running import Running

SESSION: Final = re.compile(r"counterfoil_session=([^;]*)")


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The code of a problem, which every no is."""
        assert self.headers["content-type"] == "application/problem+json", self
        body = self.json
        assert body["status"] == self.status
        for said in (body["message"], *(one["message"] for one in body.get("wrong", ()))):
            assert set(said) == {"en", "zh"}
            assert HAN.search(said["zh"]), said
            assert not untranslated(without_data(said["zh"])), said
        return str(body["code"])


@dataclass
class Caller:
    """Somebody who calls: a token, a session, or neither."""

    address: str
    headers: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request. `body`: a dict is JSON, bytes are sent as they are; `_` in a header's name is a dash."""
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if body is not None and not isinstance(body, bytes):
            body, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        host = urlsplit(self.address)
        with closing(http.client.HTTPConnection(host.hostname or "", host.port, timeout=60)) as line:
            line.request(method, path, body, sent)
            got = line.getresponse()
            text = got.read().decode()
        headers_got = {name.lower(): value for name, value in reversed(got.getheaders())}  # of several the first
        self.said.append(f"{headers_got} {text}")
        return Answer(got.status, headers_got, text)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", f"/api/v1{path}", **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.ask("POST", f"/api/v1{path}", body, **headers)

    def sell(self, key: str, terminal: str = "T0000001", amount: int = 1250, card: Any = None, **more: Any) -> Answer:
        body = {"terminal": terminal, "amount": amount, "card": card or {"name": "carol"}, **more}
        return self.post("/payments", body, Idempotency_Key=key)


@dataclass
class Api:
    """A running stack whose console knows one person of every role, and one token of either."""

    running: Running
    tokens: dict[str, str]
    _sessions: dict[str, Caller] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return str(self.running.ready["console"]).rstrip("/")

    def token(self, name: str) -> Caller:
        """A program: "till" or "watch"."""
        return Caller(self.address, {"Authorization": f"Bearer {self.tokens[name]}"})

    def nobody(self) -> Caller:
        return Caller(self.address)

    def person(self, name: str) -> Caller:
        """A person with a session that sends its CSRF token; logged in once."""
        if name not in self._sessions:
            self._sessions[name] = self.log_in(name, PASSWORD)
        return self._sessions[name]

    def log_in(self, name: str, password: str) -> Caller:
        caller = self.nobody()
        answer = form(caller, "/login", name=name, password=password)
        assert answer.status == 303, answer.text
        found = SESSION.search(answer.headers["set-cookie"])
        assert found is not None
        caller.headers["Cookie"] = f"counterfoil_session={found[1]}"
        caller.headers["X-CSRF-Token"] = caller.get("/me").json["csrf"]
        return caller


def form(caller: Caller, path: str, /, **fields: str) -> Answer:
    """A form as a browser sends it, with the CSRF token of the session."""
    csrf = {"csrf": caller.headers["X-CSRF-Token"]} if "X-CSRF-Token" in caller.headers else {}
    body = urlencode({**csrf, **fields}).encode()
    return caller.ask("POST", path, body, Content_Type="application/x-www-form-urlencoded")


def seed(data: Path) -> dict[str, str]:
    """People and tokens, before the console begins: the tokens by name."""
    add_people(data)
    with closing(open_store(Layout(data).store(CONSOLE), migrations_of("counterfoil.console"))) as store:
        tokens = Tokens(People(store, lambda: 1, QUICK))
        return {
            name: tokens.make(name, role, by="admin")
            for name, role in (("till", Role.CASHIER), ("watch", Role.SUPPORT), ("spare", Role.SUPPORT))
        }


ROLES: Final = {name.partition("-")[0] for name in PEOPLE}
