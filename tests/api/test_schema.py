"""What the OpenAPI document promises is kept on a running stack, whatever is sent; and nothing ends in a 5xx.

COUNTERFOIL_API_EXAMPLES=40 (and --timeout 900) sends that many requests to every operation; `make test` sends a few.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.calling import Api, Caller

pytestmark = pytest.mark.loop

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
METHODS = {"get", "post", "put", "patch", "delete"}
EXAMPLES = int(os.environ.get("COUNTERFOIL_API_EXAMPLES", "6"))
# They would end the very processes that are asked; what they answer is tried in test_who.py.
SPARED = {"kill_station", "pause_station"}


def test_no_request_ends_in_a_5xx_and_every_answer_is_the_one_that_was_promised(api: Api) -> None:
    document = schemathesis.openapi.from_url(f"{api.address}/api/v1/openapi.json")
    found = list(document.get_all_operations())
    operations = [one.ok() for one in found if isinstance(one, Ok)]
    promised = sum(len(METHODS & set(methods)) for methods in document.raw_schema["paths"].values())
    assert len(operations) == len(found) == promised > 20
    seen: dict[str, Counter[int]] = {}
    for operation in operations:
        name = operation.definition.raw["operationId"]
        if name not in SPARED:
            seen[name] = Counter()
            hold(operation, who_may(api, operation.definition.raw["x-who-may"]).headers, seen[name])
    api.token("watch").ask("DELETE", "/api/v1/faults")
    shut = {name: statuses for name, statuses in seen.items() if statuses[401] or statuses.keys() <= {403, 429}}
    assert shut == {}, "who is turned away at the door tries nothing of what is behind it"
    assert {200, 201, 404, 422} <= {status for statuses in seen.values() for status in statuses}, seen


def who_may(api: Api, roles: list[str]) -> Caller:
    """Whoever of these can do most: a program that sells, one that looks, and where none may, a person."""
    for program, role in (("till", "token cashier"), ("watch", "token support")):
        if role in roles:
            return api.token(program)
    return api.person("supervisor")


def hold(operation: Any, headers: dict[str, str], statuses: Counter[int]) -> None:
    """Send what the document allows, what it forbids, and its own examples; check what comes back."""
    strategies = [operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)]

    @seed(6)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of([*strategies, *operation.get_strategies_from_examples()]))
    def holds(case: Case[Any]) -> None:
        case.headers.pop("Authorization", None)  # who asks is not what is tried here
        case.cookies.clear()
        answer = case.call(headers=headers)
        statuses[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    holds()
