"""Generated requests, well-formed and not, against every operation of the OpenAPI document."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from api.app import create_app
from kg.bootstrap import Services
from tests.api.test_openapi import COMMITTED

EXAMPLES = 15
"""For each operation and kind. Enough to meet every parameter out of bounds; more belongs into a night."""
CHECKS = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_schema_conformance,
]
OPERATIONS = [
    (path, method) for path, item in json.loads(COMMITTED.read_text("utf-8"))["paths"].items() for method in item
]


@pytest.fixture(scope="module")
def schema(services: Services) -> Any:
    return schemathesis.openapi.from_asgi("/openapi.json", create_app(services, hosts=("localhost", "testserver")))


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda value: value)
def test_every_reply_is_a_documented_one(schema: Any, path: str, method: str) -> None:
    operation = schema[path][method]
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    cases = st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])

    @settings(
        max_examples=EXAMPLES * len(modes),
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def replies(case: Any) -> None:
        case.call_and_validate(checks=CHECKS)

    replies()
