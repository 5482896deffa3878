"""Every refusal is a problem document with the status of the table; no input gives a 500."""

from __future__ import annotations

import inspect
import logging
import urllib.error
import urllib.request
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import kg.errors
from api import errors
from api.app import create_app
from api.serve import without_errors
from kg.bootstrap import Services
from kg.errors import KgError
from tests.api.supply import BASE, served

CLASSES = [value for value in vars(kg.errors).values() if inspect.isclass(value) and issubclass(value, KgError)]
ASK = "/v1/decisions"
JSON = {"content-type": "application/json"}


def assert_problem(reply: Any, status: int, code: str) -> dict[str, Any]:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = reply.json()
    assert {"type", "title", "status", "detail", "code"} <= set(problem)
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"urn:whence:error:{code}"
    assert problem["detail"]
    return problem


def test_every_error_stands_in_the_table() -> None:
    assert set(errors.STATUSES) == set(CLASSES)


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_the_api_answers_with_the_status_of_the_table(error: type[KgError]) -> None:
    app = FastAPI()
    errors.install(app)

    @app.get("/stub")
    def stub() -> None:
        raise error("told so")

    with TestClient(app, base_url=BASE, raise_server_exceptions=False) as client:
        reply = client.get("/stub")
    problem = assert_problem(reply, errors.STATUSES[error], error.code)
    assert problem["detail"] == "told so"
    assert problem["retryable"] is error.retryable
    assert ("retry-after" in reply.headers) is error.retryable


def test_an_unforeseen_error_tells_nothing_of_its_inside() -> None:
    app = FastAPI()
    errors.install(app)

    @app.get("/stub")
    def stub() -> None:
        raise RuntimeError("inside")

    with TestClient(app, base_url=BASE, raise_server_exceptions=False) as client:
        reply = client.get("/stub")
    problem = assert_problem(reply, 500, "internal_error")
    assert_careful(reply)
    assert "inside" not in str(problem)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "request_invalid"),
        (b"\xff\xfe\x00", 400, "bad_request"),
        (b'{"question": "caf\xe9"}', 400, "bad_request"),
        (b'{"question": "x"', 400, "json_invalid"),
        (b'{"question": "x", "plan": {"a": NaN}}', 400, "bad_request"),
        (b'{"question": "x", "plan": {"a": -Infinity}}', 400, "bad_request"),
        (b'{"question": "x", "plan": {"a": 1e999}}', 400, "bad_request"),
        (b'{"question": "x", "plan": {"a": ' + b"9" * 5000 + b"}}", 400, "bad_request"),
        (b'{"question": "x", "question": "y"}', 400, "bad_request"),
        (b'{"question": "\\ud800"}', 400, "bad_request"),
        (b'{"question": "x", "plan": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "bad_request"),
        (b"null", 422, "request_invalid"),
        (b"[]", 422, "request_invalid"),
        (b'"question"', 422, "request_invalid"),
        (b"{}", 422, "request_invalid"),
        (b'{"question": 7}', 422, "request_invalid"),
        (b'{"question": "x", "unknown": 1}', 422, "request_invalid"),
        (b'{"question": "x", "scope": {"unknown": 1}}', 422, "request_invalid"),
        (b'{"question": "x", "scope": {"ceiling": "secret"}}', 422, "request_invalid"),
        (b'{"question": "x", "plan": []}', 422, "request_invalid"),
        (b'{"question": "' + b"a" * 1_000_000 + b'"}', 413, "body_too_large"),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, bytes) else None,
)
def test_a_body_that_cannot_be_read_is_refused(client: TestClient, body: bytes, status: int, code: str) -> None:
    assert_problem(client.post(ASK, content=body, headers=JSON), status, code)


def test_what_was_sent_is_not_repeated(client: TestClient) -> None:
    problem = client.post(ASK, json={"question": 7, "unknown-secret": 1}).json()
    assert {error["where"] for error in problem["errors"]} == {"body.question", "body.unknown-secret"}
    assert "input" not in str(problem["errors"][0])


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"question": ""}, 422, "question_invalid"),
        ({"question": " \n\t"}, 422, "question_invalid"),
        ({"question": "a" * 20_000}, 422, "question_invalid"),
        ({"question": "x", "scope": {"datasets": ["nope"]}}, 404, "dataset_not_found"),
        ({"question": "x", "scope": {"datasets": ["site-list@1999"]}}, 404, "dataset_not_found"),
        ({"question": "x", "scope": {"datasets": ["watch-list"]}}, 404, "dataset_not_found"),
        ({"question": "x", "scope": {"ceiling": "restricted"}}, 422, "scope_invalid"),
        ({"question": "x", "scope": {"valid_as_of": "2026-02-30"}}, 422, "scope_invalid"),
        ({"question": "x", "scope": {"valid_as_of": "yesterday"}}, 422, "scope_invalid"),
        ({"question": "x", "scope": {"known_as_of": "25:00"}}, 422, "scope_invalid"),
        ({"question": "x", "scope": {"known_as_of": "0001-01-01T00:00:00+14:00"}}, 422, "scope_invalid"),
        ({"question": "x", "scope": {"known_as_of": "9999-12-31T23:59:59-14:00"}}, 422, "scope_invalid"),
        ({"question": "x", "plan": {}}, 422, "plan_invalid"),
        ({"question": "x", "plan": {"op": []}}, 422, "plan_invalid"),
        ({"question": "x", "plan": {"op": "drop"}}, 422, "plan_invalid"),
        ({"question": "x", "plan": {"op": "count"}}, 422, "plan_invalid"),
        ({"question": "x", "plan": {"op": "each"}}, 422, "plan_invalid"),
        ({"question": "x", "plan": {"op": "entities", "type": "Dragon"}}, 422, "plan_invalid"),
        ({"question": "x", "plan": {"op": "entities", "type": "Supplier", "ids": ["a"]}}, 422, "plan_invalid"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_question_that_cannot_be_asked_is_refused(
    client: TestClient, asked: dict[str, Any], status: int, code: str
) -> None:
    assert_problem(client.post(ASK, json=asked), status, code)


def test_a_plan_too_deep_or_too_wide_is_refused(client: TestClient) -> None:
    suppliers = {"op": "entities", "type": "Supplier"}
    wide = {"op": "union", "plans": [suppliers] * 300}
    deep: dict[str, Any] = suppliers
    for _ in range(30):
        deep = {"op": "minus", "source": deep, "without": suppliers}
    for plan in (wide, deep):
        assert_problem(client.post(ASK, json={"question": "x", "plan": plan}), 422, "plan_invalid")


def test_a_body_that_is_not_said_to_be_json_is_refused(client: TestClient) -> None:
    reply = client.post(ASK, content=b'{"question": "x"}', headers={"content-type": "text/plain"})
    assert_problem(reply, 422, "request_invalid")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nowhere", 404, "not_found"),
        ("/v1/decisions/d-nope", 404, "decision_not_found"),
        ("/v1/decisions/d-nope/explanation", 404, "decision_not_found"),
        ("/v1/decisions/%2e%2e%2f%2e%2e%2fetc%2fpasswd", 404, "not_found"),
        ("/v1/decisions/" + "d" * 10_000, 422, "request_invalid"),
        ("/v1/decisions?limit=0", 422, "request_invalid"),
        ("/v1/decisions?limit=-1", 422, "request_invalid"),
        ("/v1/decisions?limit=1000000000", 422, "request_invalid"),
        ("/v1/decisions?limit=1e3", 422, "request_invalid"),
        ("/v1/entities?q=" + "a" * 201, 422, "request_invalid"),
        ("/v1/entities?type=Dragon", 422, "invalid_input"),
        ("/v1/entities?limit=201", 422, "request_invalid"),
        ("/v1/entities?ceiling=secret", 422, "scope_invalid"),
        ("/v1/entities?ceiling=restricted", 422, "scope_invalid"),
        ("/v1/entities?dataset=nope", 404, "dataset_not_found"),
        ("/v1/entities?valid_as_of=2026-13-01", 422, "scope_invalid"),
        ("/v1/entities/supplier:SUP-999", 404, "entity_not_found"),
        ("/v1/entities/%00", 404, "entity_not_found"),
        ("/v1/entities/%ff%fe", 404, "entity_not_found"),
        ("/v1/paths?from=PRD-1", 422, "request_invalid"),
        ("/v1/paths?from=PRD-1&to=nobody", 404, "entity_not_found"),
        ("/v1/paths?from=PRD-1&to=PRD-1", 422, "invalid_input"),
        ("/v1/paths?from=PRD-1&to=PRD-2&max_hops=999", 422, "request_invalid"),
        ("/v1/facts/f-nope", 404, "fact_not_found"),
        ("/v1/sources/nope", 404, "not_found"),
        ("/v1/runs/run-nope", 404, "run_not_found"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_path_or_parameter_out_of_bounds_is_refused(client: TestClient, path: str, status: int, code: str) -> None:
    assert_problem(client.get(path), status, code)


@pytest.mark.parametrize("text", ["*:*", '"', "a OR b", "name:/.*.*a/", "a~2 OR (", "NEAR(", "' OR 1=1 --", "é\u202e"])
def test_query_language_in_a_name_is_only_text(client: TestClient, text: str) -> None:
    assert client.get("/v1/entities", params={"q": text}).status_code == 200


def test_a_wrong_method_names_the_right_ones(client: TestClient) -> None:
    reply = client.delete("/v1/decisions")
    assert_problem(reply, 405, "method_not_allowed")
    assert reply.headers["allow"]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "[::2]"])
def test_a_request_to_another_host_is_refused(client: TestClient, host: str) -> None:
    assert_problem(client.get("/healthz", headers={"host": host}), 400, "host_not_allowed")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]", "[::1]:8000"])
def test_a_request_to_this_machine_is_answered(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_no_page_loads_a_viewer_from_another_site(client: TestClient, path: str) -> None:
    assert_problem(client.get(path), 404, "not_found")


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/v1/decisions?limit=0", "/openapi.json"])
def test_every_reply_tells_browsers_to_be_careful(client: TestClient, path: str) -> None:
    assert_careful(client.get(path))


def assert_careful(reply: Any) -> None:
    headers = reply.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("model", ["", "unset"])
def test_a_model_that_is_not_set_is_not_found(client: TestClient, model: str) -> None:
    reply = client.post(ASK, json={"question": "Who?", "model": model})
    assert "see docs/models.md" in assert_problem(reply, 404, "model_not_found")["detail"]


def test_what_an_unforeseen_error_says_is_in_no_log(
    services: Services, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    app = create_app(services)

    @app.get("/defect")
    def defect() -> None:
        raise RuntimeError("Ann")

    log = logging.getLogger("uvicorn.error")
    log.addFilter(without_errors)
    try:
        with served(app) as url, pytest.raises(urllib.error.HTTPError, match="500"):
            urllib.request.urlopen(f"{url}/defect")  # noqa: S310 (loopback)
    finally:
        log.removeFilter(without_errors)
    assert "unforeseen error" in caplog.text
    of_uvicorn = capsys.readouterr().err
    assert "Exception in ASGI application" in of_uvicorn
    assert "Ann" not in caplog.text + of_uvicorn
