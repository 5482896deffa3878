"""The keys that callers rely on: they may be added to, not renamed or lost, whatever the outcome."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.supply import GAP

DECISION = {
    "decision_id": str, "outcome": str, "question": str, "interpretation": str | None, "plan": dict | None,
    "answer": dict, "claims": list, "evidence": list, "explanation": dict, "confidence": dict | None,
    "attribution": list, "review": dict, "versions": dict, "usage": dict, "trace": dict, "as_of": dict,
}  # fmt: skip
ANSWER = {"text", "type", "entities", "value", "of", "rows", "choices", "reason", "parts"}
CLAIM = {"id", "text", "verdict", "evidence"}
EVIDENCE = {"id", "kind", "text", "facts", "sources"}
PLACE = {"source", "dataset", "locator", "quote", "run", "recorded_at"}
EXPLANATION = {"nodes", "relationships", "paths", "cypher", "left_out"}
NODE = {"id", "labels", "name", "properties"}
RELATIONSHIP = {"id", "type", "start", "end", "properties"}
REVIEW = {"required", "state", "reason"}
VERSIONS = {"release", "prompt", "model", "adapter", "ontology", "policy", "graph"}

QUESTIONS = {
    "list": GAP,
    "count": "How many of the suppliers of sunflower oil hold a valid organic certificate, and out of how many?",
    "ranking": "Which supplier delivers the most ingredients, and how many?",
    "ambiguous": "Which audits took place at Mill Lane?",
    "abstained": "What is the price of sunflower oil from Kestrel Oils?",
    "nothing": "qwertyuiop?",
}


@pytest.fixture(params=QUESTIONS, scope="module")
def decision(request: pytest.FixtureRequest, client: TestClient) -> dict[str, Any]:
    made = client.post("/v1/decisions", json={"question": QUESTIONS[request.param]})
    assert made.status_code == 201
    document: dict[str, Any] = made.json()
    return document


def test_the_top_level_keys_are_fixed(decision: dict[str, Any]) -> None:
    assert set(DECISION) <= set(decision)
    assert {key for key, kind in DECISION.items() if not isinstance(decision[key], kind)} == set()
    assert decision["outcome"] in ("answered", "abstained", "ambiguous", "false_premise", "pending_review")


def test_the_keys_inside_are_fixed(decision: dict[str, Any]) -> None:
    assert set(decision["answer"]) >= ANSWER
    assert set(decision["explanation"]) >= EXPLANATION
    assert set(decision["review"]) >= REVIEW
    assert set(decision["versions"]) >= VERSIONS
    assert {"known_at", "datasets"} <= set(decision["versions"]["graph"])
    for items, keys in (
        (decision["claims"], CLAIM),
        (decision["evidence"], EVIDENCE),
        ([place for item in decision["evidence"] for place in item["sources"]], PLACE),
        (decision["explanation"]["nodes"], NODE),
        (decision["explanation"]["relationships"], RELATIONSHIP),
        (decision["answer"]["entities"], {"id", "keys", "name", "type"}),
    ):
        assert [item for item in items if not set(item) >= keys] == []


def test_what_is_cited_is_there(decision: dict[str, Any]) -> None:
    evidence = {item["id"]: item for item in decision["evidence"]}
    assert {cited for claim in decision["claims"] for cited in claim["evidence"]} <= set(evidence)
    facts = {fact for item in evidence.values() for fact in item["facts"]}
    assert {edge["id"] for edge in decision["explanation"]["relationships"]} <= facts
    nodes = {node["id"] for node in decision["explanation"]["nodes"]}
    ends = {edge[end] for edge in decision["explanation"]["relationships"] for end in ("start", "end")}
    assert ends <= nodes


def test_no_answer_comes_without_a_reason_or_a_claim(decision: dict[str, Any]) -> None:
    assert decision["claims"] or decision["answer"]["reason"]
