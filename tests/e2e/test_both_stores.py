"""The same files, the same questions, on SQLite and on a real Neo4j: the same answers to the byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import neo4j
import pytest
import rfc8785

from kg.answer.grading import grade
from kg.answer.pipeline import answer
from kg.backends.neo4j.store import Neo4jStore
from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import Services
from kg.domain.decision import Document, comparable
from kg.domain.ontology import Ontology
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.settings import neo4j_address
from loaders.jobs import load_files
from tests.builders import TickingClock
from tests.conftest import ROOT
from tests.neo4j_server import empty, neo4j_auth

CYBER = "../questions/questions_cyber_visible.jsonl"
MOST_ROUND_TRIPS = 40

pytestmark = pytest.mark.neo4j


def load(store: SqliteStore | Neo4jStore, example: str, folder: Path | None, core: Ontology) -> Services:
    services = Services(store, store, store, TickingClock(), core)
    files = sorted((ROOT / "examples" / example).glob("*.yml"))
    assert all(run.state == "complete" for run in load_files(files, folder, services, lambda *_: None))
    return services


def opened(url: str, core: Ontology) -> Neo4jStore:
    user, password = neo4j_auth() or ("", "")
    return Neo4jStore(*neo4j_address(url), user, password, core, TickingClock())


Pair = tuple[Services, Services, Neo4jStore]


@pytest.fixture(scope="module", params=["supply", pytest.param("cyber", marks=pytest.mark.data)])
def pair(
    request: pytest.FixtureRequest, neo4j_url: str, neo4j_driver: neo4j.Driver, core: Ontology
) -> Iterator[tuple[Pair, list[dict[str, Any]]]]:
    """Both stores loaded with one example, and its questions."""
    example = request.param
    data = request.getfixturevalue("data") if example == "cyber" else None
    folder = data / "cyber_core" if data is not None else None
    path = (data / CYBER).resolve() if data is not None else ROOT / "examples" / "supply" / "questions.jsonl"
    questions = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    empty(neo4j_driver, neo4j_address(neo4j_url)[1])
    embedded, server = SqliteStore(":memory:", core, TickingClock()), opened(neo4j_url, core)
    yield (load(embedded, example, folder, core), load(server, example, folder, core), server), questions
    embedded.close()
    server.close()


def ask(services: Services, text: str) -> Document:
    return answer(Question(text), services.store, services.decisions, services.clock)


def test_every_answer_is_the_same_to_the_byte(pair: tuple[Pair, list[dict[str, Any]]]) -> None:
    (embedded, server, _), questions = pair
    for gold in questions:
        here, there = (comparable(ask(services, gold["question"])) for services in (embedded, server))
        assert rfc8785.dumps(here) == rfc8785.dumps(there), gold["id"]


def test_no_answer_is_wrong(pair: tuple[Pair, list[dict[str, Any]]]) -> None:
    (_, server, _), questions = pair
    ontology = server.store.view(Scope()).ontology()
    grades = {gold["id"]: grade(gold, ask(server, gold["question"]), ontology).grade for gold in questions}
    assert "wrong" not in grades.values()
    asked_for = {"V01", "V02", "V03", "V04", "D1", "D2", "D3", "D4"} & set(grades)
    assert len(asked_for) == 4
    assert {grades[one] for one in asked_for} == {"right"}


def test_round_trips_grow_with_the_steps_of_a_plan_not_with_rows(pair: tuple[Pair, list[dict[str, Any]]]) -> None:
    (_, server, store), questions = pair
    for gold in questions:
        before = store.round_trips
        ask(server, gold["question"])
        assert 0 < store.round_trips - before <= MOST_ROUND_TRIPS, gold["id"]


def test_the_explanations_cypher_returns_exactly_the_explanation(
    pair: tuple[Pair, list[dict[str, Any]]], neo4j_driver: neo4j.Driver, neo4j_url: str
) -> None:
    (_, server, _), questions = pair
    drawn = 0
    for gold in questions:
        explanation = ask(server, gold["question"])["explanation"]
        if not explanation["nodes"]:
            continue
        found = neo4j_driver.execute_query(explanation["cypher"], database_=neo4j_address(neo4j_url)[1])
        nodes = {value["id"] for record in found.records for value in record.values() if is_node(value)}
        relationships = {
            (value["fact"], value.type)
            for record in found.records
            for value in record.values()
            if isinstance(value, neo4j.graph.Relationship)
        }
        assert nodes == {node["id"] for node in explanation["nodes"]}, gold["id"]
        assert relationships == {(edge["id"], edge["type"]) for edge in explanation["relationships"]}, gold["id"]
        drawn += 1
    assert drawn >= 4


def is_node(value: Any) -> bool:
    return isinstance(value, neo4j.graph.Node)
