"""A server reads no higher than its ceiling: not in the graph, not in records of what others asked, not in runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from kg.answer.pipeline import answer
from kg.bootstrap import Services
from kg.domain.lineage import Classification
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.settings import Settings
from tests.api.supply import BASE


@pytest.fixture
def public(services: Services) -> Iterator[TestClient]:
    settings = replace(Settings(), ceiling=Classification.PUBLIC)
    with TestClient(create_app(services, settings), base_url=BASE) as made:
        yield made


@pytest.fixture
def restricted(services: Services) -> Iterator[TestClient]:
    settings = replace(Settings(), ceiling=Classification.RESTRICTED)
    with TestClient(create_app(services, settings), base_url=BASE) as made:
        yield made


def datasets(client: TestClient) -> set[str]:
    return {source["dataset"] for source in client.get("/v1/sources").json()["sources"]}


def test_without_a_wish_a_server_reads_up_to_its_own_ceiling(
    client: TestClient, public: TestClient, restricted: TestClient
) -> None:
    assert "watch-list" in datasets(restricted)
    assert datasets(restricted) - datasets(client) == {"watch-list"}
    assert "supplier-register" in datasets(client) - datasets(public)


def test_a_caller_may_ask_for_less(client: TestClient, public: TestClient) -> None:
    lower = client.get("/v1/sources", params={"ceiling": "public"}).json()
    assert lower == public.get("/v1/sources").json()


def test_a_decision_made_above_the_ceiling_is_not_there(services: Services, client: TestClient) -> None:
    scope = Scope(ceiling=Classification.RESTRICTED)
    question = Question("Which suppliers are suspected in incident INC-2026-02?", scope)
    hidden = answer(question, services.store, services.decisions, services.clock)["decision_id"]
    assert client.get(f"/v1/decisions/{hidden}").status_code == 404
    assert client.get(f"/v1/decisions/{hidden}/explanation").status_code == 404
    listed = client.get("/v1/decisions", params={"limit": 200}).json()["decisions"]
    assert hidden not in {one["decision_id"] for one in listed}


def test_runs_of_data_above_the_ceiling_are_not_there(
    client: TestClient, public: TestClient, restricted: TestClient
) -> None:
    def loaded(one: TestClient) -> set[str]:
        return {run["dataset"] for run in one.get("/v1/runs", params={"limit": 200}).json()["runs"]}

    assert loaded(restricted) - loaded(client) == {"watch-list"}
    assert "supplier-register" not in loaded(public)
    runs = restricted.get("/v1/runs", params={"limit": 200}).json()["runs"]
    hidden = next(run["id"] for run in runs if run["dataset"] == "watch-list")
    assert restricted.get(f"/v1/runs/{hidden}").status_code == 200
    assert client.get(f"/v1/runs/{hidden}").status_code == 404


def test_a_fact_that_only_a_hidden_source_says_is_not_there(client: TestClient, restricted: TestClient) -> None:
    asked = {"question": "Which suppliers are suspected in incident INC-2026-02?"}
    decision = restricted.post("/v1/decisions", json=asked).json()
    facts = [f for item in decision["evidence"] for f in item["facts"] if item["kind"] == "fact"]
    hidden = [
        fact
        for fact in facts
        if {one["source"]["dataset"] for one in restricted.get(f"/v1/facts/{fact}").json()["assertions"]}
        == {"watch-list"}
    ]
    assert hidden
    assert {client.get(f"/v1/facts/{fact}").status_code for fact in hidden} == {404}
