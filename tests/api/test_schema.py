"""What there is to ask about: types, relations, dataset versions, and questions to begin with."""

from __future__ import annotations

from fastapi.testclient import TestClient

from kg.answer.examples import examples
from kg.answer.pipeline import answer
from kg.bootstrap import Services
from kg.domain.question import Question
from kg.domain.scope import Scope


def test_the_schema_counts_what_the_scope_holds(client: TestClient) -> None:
    schema = client.get("/v1/schema").json()
    types = {one["name"]: one for one in schema["types"]}
    assert types["Supplier"]["count"] == 41
    assert types["Plant"]["parent"] == "Site"
    predicates = {one["name"]: one for one in schema["predicates"]}
    supplies = predicates["supplies"]
    assert (supplies["subjects"], supplies["objects"], supplies["value"]) == (["Supplier"], ["Ingredient"], None)
    assert supplies["count"] == 83
    assert "name" not in predicates


def test_the_schema_names_every_version_and_which_is_read(client: TestClient) -> None:
    read = {one["ref"]: one["current"] for one in client.get("/v1/schema").json()["datasets"]}
    assert (read["supplier-register@2025-09"], read["supplier-register@2026-03"]) == (False, True)
    older = client.get("/v1/schema", params={"dataset": "supplier-register@2025-09"}).json()
    assert [(one["ref"], one["current"]) for one in older["datasets"]] == [("supplier-register@2025-09", True)]
    assert {one["name"]: one["count"] for one in older["types"]}["Supplier"] == 40


def test_a_scope_that_may_not_see_a_dataset_does_not_count_it(client: TestClient) -> None:
    public = client.get("/v1/schema", params={"ceiling": "public"}).json()
    assert "supplier-register@2026-03" not in {one["ref"] for one in public["datasets"]}
    assert {one["name"]: one["count"] for one in public["types"]}.get("Supplier", 0) == 0


def test_each_example_is_answered_as_it_is_meant(client: TestClient, services: Services) -> None:
    questions = client.get("/v1/examples").json()["questions"]
    assert len(questions) == len(set(questions)) == 4
    for question in questions:
        made = answer(Question(question), services.store, services.decisions, services.clock, adapter=services.adapter)
        assert made["outcome"] == "answered", question
        assert made["answer"]["entities"] or made["answer"]["value"], question


def test_a_graph_that_holds_nothing_has_no_examples(services: Services) -> None:
    view = services.store.view(Scope(valid_as_of="1900-01-01", datasets=("policy-list",)))
    assert len(examples(view, services.adapter)) <= 1


def test_a_fact_says_what_its_row_says_besides(client: TestClient) -> None:
    card = client.get("/v1/entities/supplier:SUP-7").json()
    fact = next(
        one["fact"] for one in card["facts"] if one["text"] == "Dniprovia Agro (SUP-7) supplies Sunflower oil (ING-1)."
    )
    besides = client.get(f"/v1/facts/{fact}").json()["besides"]
    assert "Dniprovia Agro (SUP-7) is based in Ukraine (UKR)." in {one["text"] for one in besides}
    assert fact not in {one["fact"] for one in besides}
