"""Decisions against gold answers."""

from __future__ import annotations

from typing import Any

import pytest

from kg.answer.grading import grade
from tests.unit.answer.garden import ontology


def document(outcome: str = "answered", **answer: Any) -> dict[str, Any]:
    """A decision whose explanation shows GR-1 tends PL-1."""
    keys = answer.pop("ids", [])
    nodes = [{"id": one, "name": one, "properties": {"key": one}} for one in ("GR-1", "PL-1")]
    return {
        "outcome": outcome,
        "answer": {"type": "list", "value": None, "of": None, "choices": [], "entities": entities(*keys)} | answer,
        "explanation": {
            "nodes": nodes,
            "relationships": [{"id": "f1", "start": "GR-1", "end": "PL-1"}],
            "left_out": 0,
        },
    }


def entities(*keys: str) -> list[dict[str, Any]]:
    return [{"keys": [key], "name": f"Name of {key}"} for key in keys]


def graded(wanted: dict[str, Any], found: dict[str, Any]) -> str:
    return grade({"answer": {"ids": [], "value": None} | wanted}, found, ontology()).grade


LIST = {"type": "list", "ids": ["PL-1", "PL-2"]}
COUNT = {"type": "count", "value": 3, "of": 7}
RANKING = {"type": "ranking", "ids": ["GR-1"], "value": 5, "alternatives": [["GR-2"], {"ids": ["GR-3"]}]}
NAMED = {"type": "list", "names": ["name of pl-1", "Name of PL-2"]}
PATH = {"type": "path", "ids": ["GR-1", "PL-1", "BED-2"]}
AMBIGUOUS = {"type": "ambiguous", "value": {"a": ["PL-1"], "b": ["PL-2"]}}
CHOICES = [{"answer": {"entities": entities(key)}} for key in ("PL-1", "PL-2")]


@pytest.mark.parametrize(
    ("wanted", "found", "expected"),
    [
        (LIST, document(ids=["PL-2", "PL-1"]), "right"),
        (LIST, document(ids=["pl-02", "PL01"]), "right"),
        (LIST, document(ids=["PL-1"]), "wrong"),
        (LIST, document(ids=["PL-1", "PL-2", "PL-3"]), "wrong"),
        (LIST, document(ids=["PL-1", "PL-2"], type="ranking"), "wrong"),
        (LIST, document("abstained"), "abstained"),
        (LIST, document("ambiguous"), "abstained"),
        (LIST, document("false_premise"), "wrong"),
        (COUNT, document(type="count", value=3, of=7), "right"),
        (COUNT, document(type="count", value=3, of=8), "wrong"),
        (COUNT, document(type="count", value=4, of=7), "wrong"),
        (COUNT | {"of": None}, document(type="count", value=3), "right"),
        (RANKING, document(type="ranking", value=5, ids=["GR-1"]), "right"),
        (RANKING, document(type="ranking", value=5, ids=["GR-2"]), "right"),
        (RANKING, document(type="ranking", value=5, ids=["GR-3"]), "right"),
        (RANKING, document(type="ranking", value=5, ids=["GR-4"]), "wrong"),
        (RANKING, document(type="ranking", value=4, ids=["GR-1"]), "wrong"),
        (RANKING | {"value": None}, document(type="ranking", value=4, ids=["GR-2"]), "right"),
        (RANKING | {"value": None}, document(type="ranking", value=4, ids=["GR-4"]), "wrong"),
        (RANKING | {"value": None}, document(type="list", ids=["GR-1"]), "wrong"),
        (NAMED, document(ids=["PL-2", "PL-1"]), "right"),
        (NAMED, document(ids=["PL-1"]), "wrong"),
        ({"type": "list", "ids": None}, document(), "wrong"),
        (PATH, document(type="path", ids=["GR-1", "PL-9", "BED-2"]), "right"),
        (PATH, document(type="path", ids=["bed-02", "GR-1"]), "right"),
        (PATH, document(type="path", ids=["GR-1", "PL-1"]), "wrong"),
        (PATH, document(type="path", ids=["GR-2", "BED-2"]), "wrong"),
        (PATH, document(type="list", ids=["GR-1", "BED-2"]), "wrong"),
        (PATH, document(type="path"), "wrong"),
        ({"type": "path"}, document(type="path", ids=["GR-1", "PL-1"]), "wrong"),
        ({"type": "path", "ids": ["GR-1"]}, document(type="path", ids=["GR-1"]), "wrong"),
        ({"type": "count"}, document(type="count"), "wrong"),
        ({"type": "count"}, document(), "wrong"),
        ({"type": "yes_no"}, document(), "wrong"),
        ({"type": "guess"}, document(), "wrong"),
        ({"type": "guess", "value": 3}, document(type="count", value=3), "wrong"),
        ({"type": "guess"}, document("abstained"), "abstained"),
        ({"type": "yes_no", "value": True}, document(type="yes_no", value=True), "right"),
        ({"type": "yes_no", "value": True}, document(type="yes_no", value=False), "wrong"),
        ({"type": "yes_no", "value": True}, document(type="count", value=1), "wrong"),
        ({"type": "abstain"}, document("abstained"), "right"),
        ({"type": "abstain"}, document(ids=["PL-1"]), "wrong"),
        ({"type": "false_premise"}, document("false_premise"), "right"),
        ({"type": "false_premise"}, document("abstained"), "abstained"),
        ({"type": "false_premise"}, document(), "wrong"),
        (AMBIGUOUS, document("ambiguous", choices=CHOICES), "right"),
        (AMBIGUOUS, document("ambiguous", choices=CHOICES[:1]), "wrong"),
        (AMBIGUOUS, document(ids=["PL-1"]), "wrong"),
        (AMBIGUOUS, document("abstained"), "abstained"),
    ],
)
def test_a_decision_is_right_wrong_or_abstained(wanted: dict[str, Any], found: dict[str, Any], expected: str) -> None:
    assert graded(wanted, found) == expected


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["GR-1", "PL-1", "BED-1"], "right"),
        (["BED-1", "PL-2", "GR-01"], "right"),
        (["GR-1", "PL-1"], "wrong"),
        (["PL-1", "BED-1"], "wrong"),
    ],
)
def test_without_ids_a_path_has_to_join_the_ends_of_the_gold_facts(ids: list[str], expected: str) -> None:
    facts = [["GR-1", "TENDS", "PL-1"], ["PL-1", "STANDS_IN", "BED-1"]]
    found = document(type="path", ids=ids)
    assert grade({"answer": {"type": "path"}, "gold_facts": facts}, found, ontology()).grade == expected


@pytest.mark.parametrize(
    ("gold", "precision", "recall"),
    [
        ([["GR-1", "TENDS", "PL-1"]], 1.0, 1.0),
        ([["gr-01", "TENDS", "PL-1"], ["GR-1", "TENDS", "PL-2"]], 1.0, 0.5),
        ([["GR-2", "TENDS", "PL-2"]], 0.0, 0.0),
        ([], None, None),
    ],
)
def test_the_explanation_is_measured_against_the_gold_facts(
    gold: list[list[str]], precision: float | None, recall: float | None
) -> None:
    found = grade({"answer": LIST, "gold_facts": gold}, document(ids=["PL-1", "PL-2"]), ontology())
    assert (found.precision, found.recall) == (precision, recall)


def test_a_long_explanation_may_show_a_part_if_it_counts_the_rest() -> None:
    gold = [["GR-1", "TENDS", f"PL-{n}"] for n in range(1, 101)]
    shown = document(ids=["PL-1", "PL-2"])
    cut = shown | {"explanation": shown["explanation"] | {"left_out": 99}}
    recalls = [grade({"answer": LIST, "gold_facts": gold}, one, ontology()).recall for one in (shown, cut)]
    assert recalls == [0.01, 1.0]
