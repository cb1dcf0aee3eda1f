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

from api.calling import Api

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
    statuses: Counter[int] = Counter()
    for operation in operations:
        name = operation.definition.raw["operationId"]
        if name not in SPARED:
            token = api.tokens["watch" if "fault" in name or "account" in name else "till"]
            hold(operation, {"Authorization": f"Bearer {token}"}, statuses)
    api.token("watch").ask("DELETE", "/api/v1/faults")
    assert {200, 201, 403, 404, 422} <= set(statuses), statuses


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
        answer = case.call(headers=headers)
        statuses[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    holds()
