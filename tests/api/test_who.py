"""Who may: every route and every role, nobody, another site's page, and what is no request at all."""

from __future__ import annotations

from typing import Any

import pytest

from api.calling import Answer, Api, Caller

pytestmark = pytest.mark.loop

ALL = {"cashier", "supervisor", "support", "admin", "token cashier", "token support"}
SELL = {"cashier", "supervisor", "token cashier"}
PROPOSE = {"cashier", "supervisor", "support"}
BREAK = {"support", "admin", "token support"}
LEDGER = {"supervisor", "support", "admin", "token support"}
PAYMENT = "/v1/payments/{terminal}/{batch}/{stan}"
MAY = {
    "GET /v1/me": ALL,
    "GET /v1/payments": ALL,
    "POST /v1/payments": SELL,
    f"GET {PAYMENT}": ALL,
    f"POST {PAYMENT}/reveal": {"supervisor", "support"},
    f"GET {PAYMENT}/receipt": ALL,
    f"POST {PAYMENT}/receipt/print": SELL,
    f"POST {PAYMENT}/receipt/close": SELL,
    f"POST {PAYMENT}/goods": SELL,
    "GET /v1/terminals": ALL,
    "GET /v1/terminals/{terminal}": ALL,
    "POST /v1/terminals/{terminal}/cancel": SELL,
    "GET /v1/accounts": LEDGER,
    "GET /v1/open-items": ALL,
    "GET /v1/cases": ALL,
    "GET /v1/decisions": ALL,
    "POST /v1/decisions": PROPOSE,
    "POST /v1/decisions/{number}/approve": {"supervisor"},
    "POST /v1/decisions/{number}/refuse": PROPOSE,
    "GET /v1/faults": BREAK,
    "POST /v1/faults": BREAK,
    "DELETE /v1/faults": BREAK,
    "POST /v1/stations/{name}/kill": BREAK,
    "POST /v1/stations/{name}/pause": BREAK,
}
PLACES = {"terminal": "T0000099", "batch": "999999", "stan": "999999", "number": "999999", "name": "nobody"}
STRANGERS: list[dict[str, str]] = [
    {},
    {"Authorization": "Bearer cf_wrong"},
    {"Authorization": "Basic YWRtaW46"},
    {"Cookie": "counterfoil_session=x"},
]
NO_BODY: dict[str, Any] = {}


def callers(api: Api) -> dict[str, Caller]:
    people = {role: api.person(role) for role in ("cashier", "supervisor", "support", "admin")}
    return {**people, "token cashier": api.token("till"), "token support": api.token("watch")}


def tried(caller: Caller, route: str, **headers: str) -> Answer:
    """A request that gets as far as it may and does nothing: places that do not exist, bodies that lack everything."""
    method, _, path = route.partition(" ")
    body = None if method == "GET" or path.endswith(("approve", "cancel", "kill")) else NO_BODY
    return caller.ask(method, "/api" + path.format(**PLACES), body, **headers)


def test_the_document_says_who_may_as_the_table_does(api: Api) -> None:
    paths = api.nobody().get("/openapi.json").json["paths"]
    said = {
        f"{method.upper()} {path}": set(operation["x-who-may"])
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
    assert said == MAY


@pytest.mark.parametrize("route", MAY)
def test_every_role_gets_as_far_as_it_may_and_no_further(api: Api, route: str) -> None:
    for role, caller in callers(api).items():
        answer = tried(caller, route)
        if role in MAY[route]:
            assert answer.status in {200, 404, 409, 422}, (role, answer)
        else:
            assert (answer.status, answer.code) == (403, "role"), role
    api.token("watch").ask("DELETE", "/api/v1/faults")


@pytest.mark.parametrize("route", MAY)
def test_nobody_gets_anywhere(api: Api, route: str) -> None:
    for headers in STRANGERS:
        answer = tried(Caller(api.address, dict(headers)), route)
        assert (answer.status, answer.code, answer.headers["www-authenticate"]) == (401, "not_authenticated", "Bearer")


@pytest.mark.parametrize("route", [route for route in MAY if not route.startswith("GET")])
def test_what_a_session_changes_needs_its_csrf_token(api: Api, route: str) -> None:
    for wrong in ("", "x" * 22):
        answer = tried(api.person("supervisor"), route, X_CSRF_Token=wrong)
        assert (answer.status, answer.code) == (403, "csrf")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/v1/terminals/a%0Ab", 404, "not_found"),
        ("PUT", "/v1/payments", 405, "method_not_allowed"),
        ("GET", "/v1/payments/x", 404, "not_found"),
        ("GET", "/v1/payments/T0000001/1/1", 422, "invalid_request"),
        ("GET", "/v1/payments?limit=9999&terminal=T0000001", 422, "invalid_request"),
    ],
)
def test_every_no_is_a_problem(api: Api, method: str, path: str, status: int, code: str) -> None:
    answer = api.token("till").ask(method, f"/api{path}")
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["cache-control"] == "no-store"


def test_a_body_that_is_no_json_or_too_long_is_refused(api: Api) -> None:
    till = api.token("till")
    assert till.post("/payments", b"{", Content_Type="application/json", Idempotency_Key="k").status == 422
    long = till.post("/payments", b" " * 70_000, Content_Type="application/json", Idempotency_Key="k")
    assert (long.status, long.code) == (413, "too_long")
