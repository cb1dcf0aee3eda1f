"""On a real stack: no sale begins that the audit log cannot hold, and one that has left is a 202 with its reference."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import apsw
import pytest

from api.calling import Answer, Api
from counterfoil.console import audit
from counterfoil.stack.layout import CONSOLE, Layout

pytestmark = pytest.mark.loop


@contextmanager
def held(api: Api) -> Iterator[None]:
    """A stranger holds the console's store; nobody can write it meanwhile."""
    with closing(apsw.Connection(str(Layout(api.running.data).store(CONSOLE)))) as stranger:
        stranger.set_busy_timeout(5000)
        stranger.execute("BEGIN IMMEDIATE")
        yield


def lines(api: Api) -> list[tuple[str, str, str]]:
    with audit.reader(Layout(api.running.data).store(CONSOLE)) as store:
        return [(one.what, one.subject, one.result) for _, one in reversed(audit.newest(store, 200))]


def test_a_sale_without_its_line_is_not_begun_and_readiness_says_so(api: Api) -> None:
    till, before = api.token("till"), api.running.balance("carol")
    with held(api):
        refused = till.sell("u-1", "T0000031", amount=700)
        assert (refused.status, refused.code) == (503, "not_audited")
        assert "not charged" in refused.json["message"]["en"]
        ready = api.nobody().ask("GET", "/readyz")
        assert (ready.status, ready.json["console"]) == (503, {"audit": False})
        assert "cannot be written" in ready.json["reasons"][0]["en"]
        assert till.get("/terminals").status == 200
    assert api.running.balance("carol") == before
    api.running.until(lambda: api.nobody().ask("GET", "/readyz").json["console"] == {"audit": True})
    sold = till.sell("u-1", "T0000031", amount=700)
    assert (sold.status, sold.json["outcome"]) == (201, "approved")
    told = lines(api)
    assert ("sale", "T0000031 u-1", "begun") in told
    assert ("sale", sold.json["ref"], "approved") in told
    assert "audit log unwritable" in {what for what, *_ in told}


def test_a_sale_that_has_left_is_a_202_with_its_reference_and_its_line_follows(api: Api) -> None:
    watch, answers = api.token("watch"), list[Answer]()
    assert watch.post("/faults", {"leg": 4, "kind": "delay", "times": 1, "seconds": 1.5, "mti": "0210"}).status == 201
    asker = threading.Thread(target=lambda: answers.append(api.token("till").sell("u-2", "T0000032", amount=800)))
    asker.start()
    api.running.until(lambda: ("sale", "T0000032 u-2", "begun") in lines(api))
    with held(api):
        asker.join()
        (answer,) = answers
        assert (answer.status, answer.json["outcome"], answer.json["key"]) == (202, "approved", "u-2")
        assert answer.json["payment"]["ref"] == answer.json["ref"]
        again = api.token("till").sell("u-2", "T0000032", amount=800)
        assert (again.status, again.json["ref"]) == (202, answer.json["ref"])
    api.running.until(lambda: api.nobody().ask("GET", "/readyz").json["console"] == {"audit": True})
    assert ("sale", answer.json["ref"], "approved") in lines(api)
    assert api.token("till").sell("u-2", "T0000032", amount=800).status == 200
