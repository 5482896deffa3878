"""Decisions against gold answers: for every type of gold, what is right, what is wrong, what is an abstention."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from kg.answer.grading import ANSWERED_AS, grade
from tests.unit.answer.garden import ontology


def document(outcome: str = "answered", **answer: Any) -> dict[str, Any]:
    """A decision whose explanation shows GR-1 tends PL-1, or for a chain each of its steps."""
    keys = answer.pop("ids", [])
    steps = list(pairwise(keys)) if answer.get("type") == "path" else [("GR-1", "PL-1")]
    return {
        "outcome": outcome,
        "answer": {"type": "list", "value": None, "of": None, "choices": [], "rows": [], "entities": entities(*keys)}
        | answer,
        "explanation": explanation(*steps),
        "evidence": [],
    }


def explanation(*steps: tuple[str, str], left_out: int = 0) -> dict[str, Any]:
    nodes = {end for step in steps for end in step}
    return {
        "nodes": [{"id": one, "name": f"Name of {one}", "properties": {"key": one}} for one in sorted(nodes)],
        "relationships": [{"id": f"f{i}", "start": s, "end": o} for i, (s, o) in enumerate(steps, 1)],
        "left_out": left_out,
    }


def entities(*keys: str) -> list[dict[str, Any]]:
    return [{"id": key, "keys": [key], "name": f"Name of {key}"} for key in keys]


def graded(wanted: dict[str, Any], found: dict[str, Any], **gold: Any) -> str:
    return grade({"answer": {"ids": [], "value": None} | wanted} | gold, found, ontology()).grade


LIST = {"type": "list", "ids": ["PL-1", "PL-2"]}
NAMED = {"type": "list", "names": ["name of pl-1", "Name of PL-2"]}
COUNT = {"type": "count", "value": 3, "of": 7}
VALUE = {"type": "value", "value": "2024-01-01"}
YES = {"type": "yes_no", "value": True}
RANKING = {"type": "ranking", "ids": ["GR-1"], "value": 5, "alternatives": [["GR-2"], {"ids": ["GR-3"]}]}
OPTIMISE = {"type": "optimise", "ids": ["GR-1", "GR-2"], "value": 9, "alternatives": [["GR-1", "GR-3"]]}
PATH = {"type": "path", "ids": ["GR-1", "PL-1", "BED-2"]}
PAIRS = {"type": "pairs", "value": [["GR-1", "PL-1"], ["GR-1", "PL-2"]]}
PARTITION = {"type": "partition", "value": {"BED-1": ["PL-1"], "BED-2": ["PL-2", "PL-3"]}}
SIZES = {"type": "partition", "value": {"BED-1": 1, "BED-2": 2}}
COMPARISON = {"type": "comparison", "value": {"Ada": [3, 5], "Bo": [2, 4]}, "ids": ["GR-1"]}
VERSIONS = {"type": "count", "value": {"1": 36, "2": 64}}
CONFLICT = {"type": "conflict", "value": {"A": "open since 2025-01-07", "B": "shut on 2024-09-27"}}
DECISION = {"type": "decision", "value": "water"}
WHAT_IF = {"type": "decision", "value": {"dry": "water", "wet": "wait"}}
AMBIGUOUS = {"type": "ambiguous", "value": {"a": ["PL-1"], "b": ["PL-2"]}}
PARTS = {"type": "count", "value": 3, "parts": [{"type": "count", "value": 3}, LIST]}
ABSTAIN = {"type": "abstain"}
FALSE_PREMISE = {"type": "false_premise"}

CHOICES = [{"answer": {"entities": entities(key)}} for key in ("PL-1", "PL-2")]
APART = [{"type": "list", "value": None, "of": None, "entities": entities(key)} for key in ("PL-1", "PL-2")]
COUNTED = {"type": "count", "value": 3, "of": None, "entities": []}
LISTED = {"type": "list", "value": None, "of": None, "entities": entities("PL-1", "PL-2")}
NAMES: dict[str, Any] = {
    "value": {"Sunny": ["PL-1"], "Wet": ["PL-2", "PL-3"]},
    "rows": [{"group": "Sunny", "other": "bed:BED-1"}, {"group": "Wet", "other": "bed:BED-2"}],
}
TOLD = {"The A file": "open since 2025-01-07", "The B file": "shut from 2024-09-27 (issued 2024-10-01)"}


RIGHT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (LIST, document(ids=["PL-2", "PL-1"])),
    (LIST, document(ids=["pl-02", "PL01"])),
    (NAMED, document(ids=["PL-2", "PL-1"])),
    (COUNT, document(type="count", value=3, of=7)),
    (COUNT | {"of": None}, document(type="count", value=3, of=7)),
    (VERSIONS, document(type="comparison", value={"1": 36, "2": 64})),
    (VALUE, document(type="value", value="2024-01-01")),
    (VALUE, document(type="ranking", value="2024-01-01", ids=["GR-1"])),
    (VALUE | {"value": 5}, document(type="value", value="5")),
    (VALUE | {"value": "Active"}, document(type="value", value="active")),
    (VALUE | {"value": ["a", "b"]}, document(type="value", value=["b", "A"])),
    (VALUE | {"value": ["a"]}, document(type="value", value="a")),
    (VALUE | {"of": 7}, document(type="value", value="2024-01-01", of=7)),
    (YES, document(type="yes_no", value=True)),
    (YES | {"value": False}, document(type="yes_no", value=False)),
    (RANKING, document(type="ranking", value=5, ids=["GR-1"])),
    (RANKING, document(type="ranking", value=5, ids=["GR-2"])),
    (RANKING, document(type="ranking", value=5, ids=["GR-3"])),
    (RANKING | {"value": None}, document(type="ranking", value=4, ids=["GR-2"])),
    (OPTIMISE, document(type="ranking", value=9, ids=["GR-2", "GR-1"])),
    (OPTIMISE, document(type="ranking", value=9, ids=["GR-1", "GR-3"])),
    (PATH, document(type="path", ids=["GR-1", "PL-9", "BED-2"])),
    (PATH, document(type="path", ids=["bed-02", "GR-1"])),
    (PAIRS, document(type="pairs", value=[["PL-2", "GR-1"], ["GR-01", "PL-1"]])),
    (PARTITION, document(type="partition", value={"bed-01": ["PL-1"], "BED-2": ["PL-3", "PL-2"]})),
    (PARTITION, document(type="partition", **NAMES)),
    (SIZES, document(type="partition", value={"BED-1": 1, "BED-2": 2})),
    (COMPARISON, document(type="comparison", value={"ada": [3, 5], "bo": [2, 4]}, ids=["GR-1"])),
    (COMPARISON, document(type="comparison", value={"Ada Smith": [3, 5], "Bo": [2, 4]}, ids=["GR-1"])),
    (COMPARISON | {"value": {"Ada": 3, "Bo": 2}}, document(type="comparison", value={"Ada": [3, 5], "Bo": [2, 4]})),
    (CONFLICT, document(type="conflict", value=TOLD)),
    (CONFLICT | {"value": {"A": "5", "B": "7"}}, document(type="conflict", value={"x": "size 5", "y": "size 7"})),
    (DECISION, document(type="decision", value="Water")),
    (WHAT_IF, document(type="decision", value={"Dry": "water", "wet": "wait"})),
    (AMBIGUOUS, document("ambiguous", choices=CHOICES)),
    (AMBIGUOUS, document(parts=APART)),
    (PARTS, document(parts=[COUNTED, LISTED])),
    (ABSTAIN, document("abstained")),
    (FALSE_PREMISE, document("false_premise")),
]
WRONG: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (LIST, document(ids=["PL-1"])),
    (LIST, document(ids=["PL-1", "PL-2", "PL-3"])),
    (LIST, document(ids=["PL-1", "PL-2"], type="ranking")),
    (LIST, document("false_premise")),
    (NAMED, document(ids=["PL-1"])),
    ({"type": "list", "ids": None}, document()),
    (COUNT, document(type="count", value=3, of=8)),
    (COUNT, document(type="count", value=4, of=7)),
    (COUNT, document(type="path", value=3, of=7)),
    (VALUE, document(type="ranking", value="2024-01-02", ids=["GR-1"])),
    ({"type": "count"}, document(type="count")),
    (VERSIONS, document(type="comparison", value={"1": 36, "2": 63})),
    (VERSIONS, document(type="count", value=36)),
    (VALUE, document(type="value", value="2024-01-02")),
    (VALUE, document(type="value", value=["2024-01-01", "2024-01-02"])),
    (VALUE | {"of": 7}, document(type="value", value="2024-01-01", of=8)),
    (VALUE | {"value": 1}, document(type="value", value=True)),
    (YES, document(type="yes_no", value=False)),
    (YES, document(type="count", value=1)),
    ({"type": "yes_no"}, document(type="yes_no")),
    (RANKING, document(type="ranking", value=5, ids=["GR-4"])),
    (RANKING, document(type="ranking", value=4, ids=["GR-1"])),
    (RANKING | {"value": None}, document(type="ranking", value=4, ids=["GR-4"])),
    (RANKING | {"value": None}, document(type="list", ids=["GR-1"])),
    (OPTIMISE, document(type="ranking", value=8, ids=["GR-1", "GR-2"])),
    (OPTIMISE, document(type="ranking", value=9, ids=["GR-2", "GR-3"])),
    (PATH, document(type="path", ids=["GR-1", "PL-1"])),
    (PATH, document(type="path", ids=["GR-2", "BED-2"])),
    (PATH, document(type="list", ids=["GR-1", "BED-2"])),
    (PATH, document(type="path")),
    (PATH, document(type="path", ids=["GR-1", "PL-1", "BED-2"]) | {"explanation": explanation(("GR-1", "PL-1"))}),
    ({"type": "path"}, document(type="path", ids=["GR-1", "PL-1"])),
    ({"type": "path", "ids": ["GR-1"]}, document(type="path", ids=["GR-1"])),
    (PAIRS, document(type="pairs", value=[["GR-1", "PL-1"]])),
    (PAIRS, document(type="pairs", value=[["GR-1", "PL-1"], ["GR-1", "PL-2"], ["GR-1", "PL-3"]])),
    (PAIRS, document(type="list", ids=["GR-1", "PL-1", "PL-2"])),
    ({"type": "pairs", "value": []}, document(type="pairs", value=[])),
    (PARTITION, document(type="partition", value={"BED-1": ["PL-1", "PL-2"], "BED-2": ["PL-3"]})),
    (PARTITION, document(type="partition", value={"BED-1": ["PL-1"]})),
    ({"type": "partition"}, document(type="partition")),
    (SIZES, document(type="partition", value={"BED-1": 2, "BED-2": 1})),
    (COMPARISON, document(type="comparison", value={"Ada": [3, 6], "Bo": [2, 4]}, ids=["GR-1"])),
    (COMPARISON, document(type="comparison", value={"Ada": 3, "Bo": 2}, ids=["GR-1"])),
    (COMPARISON, document(type="comparison", value={"Cy": [3, 5], "Bo": [2, 4]}, ids=["GR-2"])),
    (COMPARISON, document(type="list", ids=["GR-1"])),
    (CONFLICT, document(type="conflict", value={"The A file": "open since 2025-01-07"})),
    (CONFLICT, document(type="conflict", value={"A": "2025-01-07 and not 2024-09-27", "B": "no day"})),
    (CONFLICT, document(type="conflict", value={"A": "since 2025-01-07", "B": "on 2024-09-28"})),
    (CONFLICT, document(type="value", value="open")),
    (DECISION, document(type="decision", value="wait")),
    (DECISION, document(type="value", value="water")),
    (WHAT_IF, document(type="decision", value={"dry": "water", "wet": "water"})),
    (WHAT_IF, document(type="decision", value="water")),
    (AMBIGUOUS, document("ambiguous", choices=CHOICES[:1])),
    (AMBIGUOUS, document(ids=["PL-1"])),
    (AMBIGUOUS, document(parts=APART[:1])),
    (PARTS, document(parts=[LISTED, COUNTED])),
    (PARTS, document(parts=[COUNTED])),
    (PARTS, document(parts=[COUNTED | {"value": 4}, LISTED])),
    (ABSTAIN, document(ids=["PL-1"])),
    (ABSTAIN, document("ambiguous")),
    (FALSE_PREMISE, document()),
    ({"type": "guess"}, document()),
    ({"type": "guess", "value": 3}, document(type="count", value=3)),
]
REFUSABLE: list[dict[str, Any]] = [
    LIST, COUNT, VALUE, YES, RANKING, OPTIMISE, PATH, PAIRS, PARTITION, COMPARISON, CONFLICT, DECISION, AMBIGUOUS,
    PARTS, FALSE_PREMISE, {"type": "guess"},
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "found"), RIGHT)
def test_an_answer_that_says_what_the_gold_says_is_right(wanted: dict[str, Any], found: dict[str, Any]) -> None:
    assert graded(wanted, found) == "right"


@pytest.mark.parametrize(("wanted", "found"), WRONG)
def test_an_answer_that_says_anything_else_is_wrong(wanted: dict[str, Any], found: dict[str, Any]) -> None:
    assert graded(wanted, found) == "wrong"


@pytest.mark.parametrize("wanted", REFUSABLE, ids=lambda wanted: str(wanted["type"]))
def test_a_refusal_of_what_has_an_answer_is_an_abstention(wanted: dict[str, Any]) -> None:
    assert graded(wanted, document("abstained")) == "abstained"


@pytest.mark.parametrize("wanted", [one for one in REFUSABLE if one not in (AMBIGUOUS, FALSE_PREMISE)])
def test_to_ask_back_where_one_thing_is_meant_is_an_abstention(wanted: dict[str, Any]) -> None:
    assert graded(wanted, document("ambiguous", choices=CHOICES)) == "abstained"


def test_every_type_of_gold_has_a_case_of_each_grade() -> None:
    known = {*ANSWERED_AS, "ambiguous", "abstain", "false_premise"}
    assert {wanted["type"] for wanted, _ in RIGHT} == known
    assert {wanted["type"] for wanted, _ in WRONG} == known | {"guess"}
    # What should be refused and is, is right.
    assert {wanted["type"] for wanted in REFUSABLE} == known - {"abstain"} | {"guess"}


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
    ("facts", "expected"),
    [
        ([["BED-1", "SOIL", "dry"], ["table#3", "POLICY_GIVES", "water"]], "right"),
        ([["BED-1", "SOIL", "dry"], ["table#3", "POLICY_GIVES", "wait"]], "wrong"),
        ([["BED-1", "SOIL", "dry"], ["BED-1", "SUN", "high"], ["table#3", "POLICY_GIVES", "water"]], "wrong"),
    ],
)
def test_a_decision_has_to_show_the_row_and_the_facts_it_rests_on(facts: list[list[str]], expected: str) -> None:
    shown = explanation(("BED-1", "parched"), ("row 3", "water"))
    found = document(type="decision", value="water") | {"explanation": shown}
    assert graded(DECISION, found, gold_facts=facts) == expected


def test_the_row_of_a_decision_table_is_known_by_its_outcome() -> None:
    facts = [["BED-1", "SOIL", "dry"], ["table#3", "POLICY_GIVES", "water"]]
    shown = explanation(("BED-1", "dry"), ("row 3", "water"))
    found = document(type="decision", value="water") | {"explanation": shown}
    measured = grade({"answer": DECISION, "gold_facts": facts}, found, ontology())
    assert (measured.precision, measured.recall) == (1.0, 1.0)


def test_an_entity_goes_by_any_of_its_keys() -> None:
    found = document(ids=["PL-1"])
    found["answer"]["entities"].append({"id": "x", "keys": ["TREE-9", "PL-2"], "name": "Sage"})
    assert graded(LIST, found) == "right"


@pytest.mark.parametrize(
    ("gold", "precision", "recall"),
    [
        ([["GR-1", "TENDS", "PL-1"]], 1.0, 1.0),
        ([["PL-1", "TENDED_BY", "GR-1"]], 1.0, 1.0),
        ([["name of gr-1", "TENDS", "PL-1"]], 1.0, 1.0),
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


@pytest.mark.parametrize(
    ("gold", "recall"),
    [
        ([["GR-1@1", "TENDS", "PL-1@1"], ["GR-1@2", "TENDS", "PL-1@2"]], 1.0),
        ([["GR-1", "TENDS@2.1", "PL-1"], ["GR-1", "TENDS@1", "PL-1"]], 0.5),
    ],
)
def test_a_gold_fact_of_one_version_is_shown_by_a_fact_of_that_version(gold: list[list[str]], recall: float) -> None:
    sources = [{"dataset": "plots@1"}, {"dataset": "plots@2"}]
    found = document(ids=["PL-1", "PL-2"]) | {"evidence": [{"facts": ["f1"], "sources": sources}]}
    measured = grade({"answer": LIST, "gold_facts": gold}, found, ontology())
    assert (measured.precision, measured.recall) == (1.0, recall)


@pytest.mark.parametrize(("left_out", "recall"), [(0, 0.01), (98, 0.01), (99, 1.0)])
def test_a_long_explanation_may_show_a_part_if_it_counts_the_rest(left_out: int, recall: float) -> None:
    gold = [["GR-1", "TENDS", f"PL-{n}"] for n in range(1, 101)]
    found = document(ids=["PL-1", "PL-2"]) | {"explanation": explanation(("GR-1", "PL-1"), left_out=left_out)}
    assert grade({"answer": LIST, "gold_facts": gold}, found, ontology()).recall == recall
