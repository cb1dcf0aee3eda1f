"""A stack that was not started for faults: nothing stands in its links, and nobody can break it by asking."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import pytest

from api.calling import Api, form, seed
from counterfoil.stack import ports
from counterfoil.stack.layout import ISSUERS, SUPERVISOR, Layout
from loop.running import Running, stack

pytestmark = pytest.mark.loop


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    data = tmp_path_factory.mktemp("plain") / "data"
    tokens = seed(data)
    with stack(data, lab=False) as running:
        yield Api(running, tokens)


def quiet(running: Running) -> None:
    """No fault was set, and every process is the first one."""
    status = running.ask("terminal", "status")
    assert status.status == 0, status
    assert (running.data / "logs" / "up.log").read_text().count("fault_") == 0
    assert "child_ended" not in (running.data / "logs" / "up.log").read_text()


@pytest.mark.parametrize(
    "words",
    [("set", "4", "drop"), ("set", "1", "refuse"), ("kill", "issuer-a"), ("kill", "terminals"),
     ("pause", "switch", "--seconds", "5"), ("clear",)],
    ids=" ".join,
)  # fmt: skip
def test_every_fault_is_refused_by_name_with_what_to_do(plain: Api, words: tuple[str, ...]) -> None:
    answer = plain.running.ask("fault", *words)
    assert (answer.status, answer.json["error"]) == (1, "no_lab")
    for text in answer.json["message"].values():
        assert f"fault.{words[0]}" in text
        assert "counterfoil up --lab" in text
    quiet(plain.running)


def test_through_the_api_too(plain: Api) -> None:
    support = plain.token("watch")
    tries = [
        support.post("/faults", {"leg": 4, "kind": "drop"}),
        support.ask("DELETE", "/api/v1/faults"),
        support.post("/stations/switch/kill"),
        support.post("/stations/switch/pause", {"seconds": 5}),
    ]
    assert [(each.status, each.code) for each in tries] == [(409, "no_lab")] * 4
    assert support.get("/faults").json["faults"] == []
    quiet(plain.running)


def test_the_lab_s_page_says_so_and_begins_nothing(plain: Api) -> None:
    support = plain.person("support")
    page = support.ask("GET", "/lab")
    assert page.status == 200
    assert "counterfoil up --lab" in page.text
    for path in ("/lab/run", "/lab/heal"):
        answer = form(support, path, **{"break": "leg-1-refuse"})
        assert answer.status == 409
        assert "counterfoil up --lab" in answer.text
    quiet(plain.running)


@pytest.mark.parametrize(
    "words", [("--faults", "0.05"), ("--faults", "0", "--kill", "1"), ("--faults", "0", "--outage", "1")]
)
def test_a_day_with_faults_is_refused_before_its_first_sale(plain: Api, words: tuple[str, ...]) -> None:
    answer = plain.running.ask("day", "--baskets", "5", *words)
    assert (answer.status, answer.json["error"]) == (1, "no_lab")
    quiet(plain.running)


@pytest.mark.skipif(importlib.util.find_spec("pyarrow") is None, reason="the baskets are in the extra `demo`")
def test_a_calm_day_is_none_of_the_labs_business(plain: Api) -> None:
    answer = plain.running.ask("day", "--baskets", "20", "--faults", "0", "--seed", "3")
    assert answer.status == 0, answer
    assert (answer.json["approved"], answer.json["one_sided"], answer.json["faults"]) == (20, 0, {})


def test_nothing_stands_in_the_links_and_terminals_find_the_port_they_were_told(plain: Api) -> None:
    layout = Layout(plain.running.data)
    found = ports.read(layout)
    running = layout.find(SUPERVISOR)
    assert running is not None
    assert running.extra["terminals"]["port"] == found[ports.TERMINALS]
    listening = {name for name, port in found.items() if not ports.is_free("127.0.0.1", port)}
    assert listening == {ports.TERMINALS, *ISSUERS, "console"}
    assert plain.running.sell("T0000001").json["outcome"] == "approved"


def test_without_tls_a_cookie_is_none_that_only_tls_would_carry(plain: Api) -> None:
    answer = plain.nobody().ask("GET", "/language/en")
    assert "Secure" not in answer.headers["set-cookie"]
    assert "strict-transport-security" not in answer.headers
