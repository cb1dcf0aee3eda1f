"""Log-ins over real sockets: forged origins, many guesses at once, and everybody else who goes on working."""

from __future__ import annotations

import http.client
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from typing import Final
from urllib.parse import urlencode, urlsplit

import pytest

from api.calling import Api
from browser.browsing import PASSWORD
from counterfoil.console import audit
from counterfoil.console.guesses import PATIENCE
from counterfoil.stack.layout import CONSOLE, Layout

pytestmark = pytest.mark.loop
ATTACKER, ELSEWHERE = "127.0.0.77", "127.0.0.78"
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


def ask(api: Api, origin: str, method: str, path: str, body: str = "", **headers: str) -> http.client.HTTPResponse:
    """One request from an address of this machine, on a connection of its own."""
    host = urlsplit(api.address)
    line = http.client.HTTPConnection(host.hostname or "", host.port, timeout=120, source_address=(origin, 0))
    with closing(line):
        line.request(method, path, body, {**FORM, **{name.replace("_", "-"): text for name, text in headers.items()}})
        answer = line.getresponse()
        answer.read()
    return answer


def log_in(api: Api, origin: str, name: str, password: str, **headers: str) -> http.client.HTTPResponse:
    return ask(api, origin, "POST", "/login", urlencode({"name": name, "password": password}), **headers)


def test_many_guesses_at_once_are_few_guesses_and_nobody_else_notices(api: Api) -> None:
    forged = count(1)

    def guess(_: int) -> int:
        return log_in(api, ATTACKER, "supervisor-2", "wrong", X_Forwarded_For=f"203.0.113.{next(forged)}").status

    with ThreadPoolExecutor(24) as crowd:
        guesses = [crowd.submit(guess, number) for number in range(120)]
        other = log_in(api, ELSEWHERE, "supervisor-2", PASSWORD)
        page = ask(api, ELSEWHERE, "GET", "/login")
        statuses = Counter(one.result() for one in guesses)
    assert (other.status, page.status) == (303, 200)
    assert set(statuses) == {403, 429}
    assert PATIENCE <= statuses[403] <= PATIENCE + 10  # some come back with time: one every twelve seconds
    refused = log_in(api, ATTACKER, "supervisor-2", PASSWORD)
    assert (refused.status, int(refused.headers["Retry-After"]) > 0) == (429, True)
    with audit.reader(Layout(api.running.data).store(CONSOLE)) as store:
        lines = [one for _, one in audit.newest(store, 200) if one.who == "supervisor-2"]
    assert {one.origin for one in lines if one.what == "log-in refused"} == {ATTACKER}
    assert len([one for one in lines if one.what == "log-in refused"]) == statuses[403]


def test_a_name_that_points_here_from_elsewhere_is_refused(api: Api) -> None:
    for host, status in (("rebound.example", 400), (urlsplit(api.address).netloc, 200), ("localhost", 200)):
        assert ask(api, ELSEWHERE, "GET", "/login", Host=host).status == status
