"""docs/api.md and docs/operations.md say what there is: every route and who may use it, every problem, every metric."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api.calling import Api
from counterfoil.console.api.build import build
from counterfoil.console.metrics import ConsoleMetrics
from counterfoil.console.people import May, People, Role
from counterfoil.console.reach import Reach
from counterfoil.console.site import Site
from counterfoil.stack.layout import Layout
from counterfoil.storage import migrations_of, open_store
from counterfoil.terminal.sentences import ERRORS
from system import needed, runs

ROOT = Path(__file__).parents[2]
CONSOLE = ROOT / "src" / "counterfoil" / "console"
API = (ROOT / "docs/api.md").read_text("utf-8")
OPERATIONS = (ROOT / "docs/operations.md").read_text("utf-8")
EVERYBODY = "cashier, supervisor, support, admin, token cashier, token support"


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    data = tmp_path_factory.mktemp("document")
    with closing(open_store(data / "store.db", migrations_of("counterfoil.console"))) as store:
        reach = Reach(Layout(data))
        yield build(Site(reach, People(store, reach.now)), lambda *_, **__: None).openapi()


def rows(document: dict[str, Any]) -> list[str]:
    """The table of docs/api.md, from the code."""
    return [
        f"| `{method.upper()} /api{path}` | {who_of(operation)} | {operation['description']} |"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]


def who_of(operation: dict[str, Any]) -> str:
    who = ", ".join(operation["x-who-may"])
    return "everybody" if who == EVERYBODY else who


def test_every_route_is_documented_as_it_is(document: dict[str, Any]) -> None:
    assert re.findall(r"^\| `[A-Z]+ /api.*$", API, re.MULTILINE) == rows(document)


def test_every_route_says_how_one_logs_in_and_which_no_it_has(document: dict[str, Any]) -> None:
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["security"] == [{"token": []}, {"session": []}]
            assert {"401", "403", "422", "429"} <= set(operation["responses"])
    assert "://" not in str(document["components"]["securitySchemes"])


def test_every_problem_is_documented() -> None:
    sources = "".join(path.read_text("utf-8") for path in (CONSOLE / "api").glob("*.py"))
    codes = set(re.findall(r'Problem\(\s*\d+, "(\w+)"', sources)) | {
        "not_found",
        "method_not_allowed",
        "unreadable_request",
    }
    no_verbs_of_the_api = {"unknown_verb", "bad_keys", "name_not_printable"}
    for code in codes | (ERRORS.keys() - no_verbs_of_the_api):
        assert f"`{code}`" in API, code


def test_every_metric_and_role_is_documented() -> None:
    for family in ConsoleMetrics(0).registry.collect():
        assert f"`{family.name}" in OPERATIONS, family.name
    for what in May:
        assert f"`{what.name}`" in OPERATIONS
    for role in Role:
        assert f"`{role.value}`" in OPERATIONS


def test_the_examples_work_as_typed(api: Api) -> None:
    """With the console's address and the token of the reader; the second asks for the payment the first made."""
    needed("curl", lambda: runs("curl", "--version"), "curl", "ca-certificates")
    (block,) = re.findall(r"```\n(\$ CONSOLE=.*?)```", API, re.DOTALL)
    typed = block.replace("$ ", "").replace("http://127.0.0.1:24501", api.address).replace("cf_...", api.tokens["till"])
    typed = typed.replace("T0000001", "T0000098")
    done = subprocess.run(["bash", "-ec", typed], capture_output=True, text=True, timeout=60, check=True)
    decoder = json.JSONDecoder()
    sold, end = decoder.raw_decode(done.stdout.strip())
    asked, _ = decoder.raw_decode(done.stdout.strip()[end:].strip())
    assert (sold["outcome"], sold["payment"]["ref"]) == ("approved", asked["ref"])
