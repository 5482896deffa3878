"""The OpenAPI document: committed, complete in its refusals, and with words on everything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from api.openapi import text

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def operations() -> list[tuple[str, dict[str, Any]]]:
    paths = json.loads(text())["paths"]
    return [(f"{method} {path}", one) for path, item in paths.items() for method, one in item.items()]


def test_the_committed_document_is_the_one_the_app_makes() -> None:
    assert COMMITTED.read_text("utf-8") == text(), "write it anew: python -m api.openapi docs/openapi.json"


def test_every_refusal_is_a_documented_problem() -> None:
    for name, operation in operations():
        responses = operation["responses"]
        assert "400" in responses, name
        if not name.endswith(("z", "/metrics")):
            assert {"422", "503", "504"} <= set(responses), name
        if "requestBody" in operation:
            assert {"408", "413"} <= set(responses), name
        if "{" in name:
            assert "404" in responses, name
        for status, response in responses.items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], f"{name} {status}"


def test_every_operation_and_parameter_has_words_and_bounds() -> None:
    for name, operation in operations():
        assert operation["description"], name
        for parameter in operation.get("parameters", []):
            where = f"{name} {parameter['name']}"
            options = parameter["schema"].get("anyOf", [parameter["schema"]])
            assert parameter["schema"].get("title"), where
            for option in options:
                if option["type"] == "integer":
                    assert {"minimum", "maximum"} <= set(option), where
                if option["type"] == "string":
                    assert "maxLength" in option or "enum" in parameter["schema"], where
