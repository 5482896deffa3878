"""The ledger over HTTP and on the command line: pages, requests that are sent again, supersession, holds, expiry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from api.cli import app
from kg.bootstrap import Services
from kg.domain.lineage import Classification
from kg.settings import Settings
from tests.api.supply import BASE, GAP, loaded_supply
from tests.faults.children import said_once, whence

LIST = "Which suppliers deliver sunflower oil?"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Services, TestClient]]:
    """A ledger of its own, since the tests count."""
    with (
        loaded_supply(tmp_path_factory.mktemp("ledger")) as services,
        TestClient(create_app(services), base_url=BASE, raise_server_exceptions=False) as client,
    ):
        yield services, client


@pytest.fixture
def client(own: tuple[Services, TestClient]) -> TestClient:
    return own[1]


def post(client: TestClient, question: str = GAP, key: str | None = None, **body: Any) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post("/v1/decisions", json={"question": question, **body}, headers=headers)


def recorded(client: TestClient) -> list[str]:
    return [one["decision_id"] for one in client.get("/v1/decisions", params={"limit": 200}).json()["decisions"]]


def test_a_question_sent_again_under_its_key_is_answered_once(client: TestClient) -> None:
    first = post(client, key="k-1")
    before = recorded(client)
    again = post(client, key="k-1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert recorded(client) == before


def test_another_question_under_the_key_is_refused(client: TestClient) -> None:
    post(client, key="k-2")
    for reply in (post(client, LIST, key="k-2"), post(client, key="k-2", scope={"ceiling": "public"})):
        assert (reply.status_code, reply.json()["code"]) == (422, "request_reused")


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_of_no_form_is_refused(client: TestClient, key: str) -> None:
    assert post(client, key=key).status_code == 422


def test_a_decision_points_to_the_one_before_and_back(client: TestClient) -> None:
    old = post(client).json()["decision_id"]
    new = post(client, supersedes=old).json()
    assert new["trace"]["supersedes"] == old
    assert client.get(f"/v1/decisions/{old}").json()["ledger"]["superseded_by"] == new["decision_id"]
    reply = post(client, supersedes=old)
    assert (reply.status_code, reply.json()["code"]) == (409, "decision_superseded")
    reply = post(client, supersedes="d-none")
    assert (reply.status_code, reply.json()["code"]) == (404, "decision_not_found")
    current = client.get("/v1/decisions", params={"current": True, "limit": 200}).json()["decisions"]
    assert old not in {one["decision_id"] for one in current}


def test_pages_follow_one_another_without_a_gap(client: TestClient) -> None:
    for _ in range(5):
        post(client, LIST)
    found: list[str] = []
    after: str | None = None
    while True:
        told = client.get("/v1/decisions", params={"limit": 2} | ({"after": after} if after else {})).json()
        found += [one["decision_id"] for one in told["decisions"]]
        if (after := told["next"]) is None:
            break
    assert found == recorded(client)
    assert len(found) == len(set(found)) >= 5


def test_a_list_is_narrowed(client: TestClient) -> None:
    post(client, "How old is Kestrel Oils?")
    told = client.get("/v1/decisions", params={"outcome": "abstained"}).json()["decisions"]
    assert {one["outcome"] for one in told} == {"abstained"}
    told = client.get("/v1/decisions", params={"words": "OILS old"}).json()["decisions"]
    assert {one["question"] for one in told} == {"How old is Kestrel Oils?"}
    assert client.get("/v1/decisions", params={"words": "x" * 201}).status_code == 422
    assert client.get("/v1/decisions", params={"since": "2099-01-01"}).json()["decisions"] == []
    assert client.get("/v1/decisions", params={"until": "2001-01-01"}).json()["decisions"] == []
    assert client.get("/v1/decisions", params={"since": "yesterday"}).json()["code"] == "scope_invalid"
    assert client.get("/v1/decisions", params={"after": "d-none"}).status_code == 404


def test_what_a_reader_may_not_see_is_not_in_its_pages(own: tuple[Services, TestClient]) -> None:
    services, _ = own
    high = TestClient(create_app(services), base_url=BASE)
    low = TestClient(create_app(services, Settings(ceiling=Classification.PUBLIC)), base_url=BASE)
    hidden = post(high).json()["decision_id"]
    seen = post(low, scope={"ceiling": "public"}).json()["decision_id"]
    told = low.get("/v1/decisions", params={"limit": 1}).json()
    assert [one["decision_id"] for one in told["decisions"]] == [seen]
    assert hidden not in json.dumps(low.get("/v1/decisions", params={"limit": 200}).json())
    assert post(low, supersedes=hidden).status_code == 404


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("commands")
    with loaded_supply(folder):
        pass
    return f"sqlite:{folder / 'supply.db'}"


def run(store: str, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["--store", store, *words], env={"COLUMNS": "200"}, catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.stdout


def test_the_commands_list_show_hold_and_release(store: str) -> None:
    old = json.loads(run(store, "ask", GAP, "--json"))["decision_id"]
    new = json.loads(run(store, "ask", GAP, "--supersedes", old, "--json"))["decision_id"]
    listed = json.loads(run(store, "decisions", "list", "--limit", "1", "--json"))
    assert ([one["decision_id"] for one in listed["decisions"]], listed["next"]) == ([new], new)
    assert json.loads(run(store, "decisions", "list", "--words", "no such words", "--json"))["decisions"] == []
    assert f"superseded by {new}" in run(store, "decisions", "show", old)
    run(store, "decisions", "hold", old, "--reason", "case 7", "--by", "ann")
    told = json.loads(run(store, "decisions", "show", old, "--json"))
    assert told["ledger"]["hold"]["reason"] == "case 7"
    assert told["intact"] is True
    run(store, "decisions", "release", old, "--reason", "settled", "--by", "ann")
    assert "released by ann" in run(store, "decisions", "show", old)


def test_young_decisions_are_not_expired(store: str) -> None:
    refused = whence("--store", store, "decisions", "expire", "--older-than", "182", "--yes")
    assert "at least 183 days" in said_once(refused)
    assert json.loads(run(store, "decisions", "expire", "--older-than", "183", "--yes", "--json")) == {"expired": []}
