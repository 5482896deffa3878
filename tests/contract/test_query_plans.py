"""No text of a store reads more of the graph than it answers with: how each of them would be run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import neo4j
import pytest

from kg.backends.neo4j import audit, cypher, decision_texts, forget, keys, reviews, texts, touches, versions
from kg.backends.neo4j.schema import index_facts
from kg.backends.neo4j.store import Neo4jStore
from kg.backends.sqlite import audit as sqlite_audit
from kg.backends.sqlite import decision_sql, said, sql
from kg.backends.sqlite import forget as sqlite_forget
from kg.backends.sqlite.store import SqliteStore
from kg.domain.fact import PASSAGE, Fact, Literal
from kg.domain.openlineage import LineageNode
from kg.domain.scope import Scope
from tests.builders import TOWN, MakeStore, fact, load, target

GROWING = re.compile(r"SCAN (?!j\b|p\b|w\b|x VIRTUAL|s VIRTUAL|temp\.|json_each|SUBQUERY|\d+ |.*VIRTUAL TABLE)")
OBJECTS, LITERALS = ("knows", "owns"), ("alias", "key", "name", "note", "type")
TYPES = ("Firm", "Person")

WHOLE = ("AllNodesScan", "AllRelationshipsScan", "RelationshipTypeScan", "RelationshipIndexScan", "NodeIndexScan")
GROWS = (
    "Entity",
    "Literal",
    "Name",
    "Quote",
    "Assertion",
    "Source",
    "Decision",
    "Claim",
    "Evidence",
    "DecisionText",
    "DecisionHold",
    "DecisionRequest",
    "Rejection",
    "Run",
    "LineageEvent",
    "LineageNode",
    "PromptVersion",
    "PromptLabel",
    "LabelMove",
    "Review",
    "ReviewEvent",
    "DecisionTableVersion",
    "DecisionTableLabel",
    "ReviewRulesVersion",
    "ReviewRulesLabel",
    "Spending",
    "AuditEntry",
    "AuditText",
    "Touch",
)

BUILT: dict[str, str] = {
    "follow out": cypher.follow(OBJECTS, LITERALS, "out"),
    "follow in": cypher.follow(OBJECTS, (), "in"),
    "facts": cypher.facts(OBJECTS),
    "known relationships": texts.known_relationships("knows"),
    "create entities": texts.create_entities(TYPES),
    "update entities": texts.update_entities(TYPES),
    "remove labels": texts.remove_labels(TYPES),
    "create relationships": texts.create_relationships("knows"),
    "create literals": texts.create_literals("name", "Name"),
    "set support": texts.set_support("knows"),
    "delete relationships": texts.delete_relationships("knows"),
    "live literals": texts.live_literals("note"),
}
VALUES: dict[str, Any] = {"match": "+ann*", "ids": [], "limit": 5}
"""Read by the planner in one place only: procedure arguments."""


def named_texts() -> dict[str, str]:
    """All constants of these modules that are texts."""
    found = {
        f"{module.__name__.rpartition('.')[2]} {name}": text
        for module in (cypher, texts, decision_texts, audit, reviews, keys, touches, forget)
        for name, text in vars(module).items()
        if name.isupper() and not name.startswith("_") and isinstance(text, str) and " " in text
    }
    return found | BUILT | {" ".join(key): text for key, text in versions.TEXTS.items()}


PLANNED = sql.PLANNED | said.PLANNED | sqlite_audit.PLANNED | decision_sql.PLANNED | sqlite_forget.PLANNED


@pytest.mark.parametrize("name", sorted(PLANNED))
def test_no_sqlite_text_scans_a_table_that_grows(make_store: MakeStore, name: str) -> None:
    store = make_store("sqlite-memory")
    assert isinstance(store, SqliteStore)
    load(store, target(), TOWN)
    with store._database.use() as connection:
        for text in (sql.SEEN, sql.REPLACED, sql.TOUCHED, *said.TOLD, *sql.PURGED):
            connection.execute(text)
        parameters = dict.fromkeys(re.findall(r":([a-z]+)\b", PLANNED[name]))
        plan = [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + PLANNED[name], parameters)]
    assert [step for step in plan if GROWING.match(step)] == []


@pytest.mark.neo4j
@pytest.mark.parametrize("facts", [TOWN, []], ids=["with facts", "before any"])
def test_no_cypher_text_reads_a_whole_label_or_type(
    make_store: MakeStore, neo4j_driver: neo4j.Driver, facts: list[Fact]
) -> None:
    """Also before any fact, when every plan is estimated to cost nothing: the plan made then is kept for a while."""
    store = make_store("neo4j")
    assert isinstance(store, Neo4jStore)
    load(store, target(), facts)
    index_facts(store._database, OBJECTS)
    neo4j_driver.execute_query("CALL db.clearQueryCaches()", database_=store._database.name)
    found = {}
    for name, text in named_texts().items():
        steps = list(operators(store._database.plan(text, VALUES)))
        if whole := [step for step in steps if reads_all(*step)]:
            found[name] = whole
    assert found == {}


def operators(plan: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield plan["operatorType"].partition("@")[0], str(plan["args"].get("Details", ""))
    for child in plan.get("children", ()):
        yield from operators(child)


def reads_all(operator: str, details: str) -> bool:
    if operator == "NodeByLabelScan":
        return any(re.search(rf":{label}\b", details) for label in GROWS)
    return any(name in operator for name in WHOLE)


@pytest.mark.neo4j
@pytest.mark.parametrize("count", [1, 50])
def test_a_call_is_one_round_trip_whatever_the_number_of_ids(make_store: MakeStore, count: int) -> None:
    store = make_store("neo4j")
    assert isinstance(store, Neo4jStore)
    load(store, target(), [*TOWN, fact("ann", PASSAGE, Literal("Ann"))])
    view = store.view(Scope())
    ids = [f"person:{i}" for i in range(count)]
    nodes = [LineageNode("dataset", "db", one) for one in ids]
    for call in (
        lambda: view.entities(ids),
        lambda: view.named(ids, 2),
        lambda: view.search(["ann", "bob"], [], 2),
        lambda: view.passages("ann", [], 2, ids),
        lambda: view.values(ids),
        view.versions,
        lambda: view.scan(["Person", "Firm"], 2),
        lambda: view.walk("", 2),
        lambda: view.follow(ids, [], "out", 2),
        lambda: view.facts(ids),
        lambda: view.assertions(ids),
        lambda: view.said_by(ids, 2),
        lambda: store.linked(nodes, "down", 2),
        lambda: store.known(nodes),
        lambda: view.sources(ids),
        lambda: store.view(Scope()),
    ):
        before = store.round_trips
        call()
        assert store.round_trips == before + 1
