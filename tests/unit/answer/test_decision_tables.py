"""What a decision table says: the row that fires, what each input rests on, and inputs that sources disagree about."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from kg.answer.pipeline import answer
from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import core_ontology
from kg.domain.decision import Document
from kg.domain.fact import NAME, TYPE, Fact, Literal
from kg.domain.plan import RECORDED, At, Decide, Entities, Plan, Point, Rank, Value, Where
from kg.domain.plan import (
    Test as Whether,
)
from kg.domain.question import Question
from kg.errors import PlanInvalid
from tests.builders import TickingClock, load, target

SICK = {"op": "where", "source": {"op": "each"}, "predicate": "fever", "comparator": "=", "value": "high"}
WELL = {"op": "where", "source": {"op": "each"}, "predicate": "fever", "comparator": "=", "value": "none"}
ONTOLOGY: dict[str, Any] = {
    "ontology": "ward",
    "version": "1",
    "keys": {"patient": {}, "rule": {}},
    "types": {"Patient": {"key": "patient", "nouns": ["patient"]}, "Rule": {"key": "rule", "nouns": ["rule"]}},
    "predicates": {
        "fever": {"subject": "Patient", "value": "text", "phrases": ["fever"], "functional": True, "world": "closed"},
        "seen_on": {"subject": "Patient", "value": "date", "phrases": ["seen on"]},
        "urgent": {"subject": "Patient", "value": "boolean", "phrases": ["urgent"], "holds": [SICK], "fails": [WELL]},
        "if_fever": {"subject": "Rule", "value": "text", "phrases": ["for fever"]},
        "if_age": {"subject": "Rule", "value": "text", "phrases": ["for age"]},
        "gives": {"subject": "Rule", "value": "text", "phrases": ["says"], "functional": True},
    },
    "tables": {
        "triage": {
            "nouns": ["triage"],
            "of": "Patient",
            "rules": "Rule",
            "outcome": "gives",
            "inputs": {
                "fever": {"column": "if_fever", "predicate": "fever"},
                "age": {"column": "if_age", "phrases": ["age"], "values": {"old": ["old"], "young": ["young"]}},
            },
        }
    },
}
PIA, QUIN, ROSE = "patient:pia", "patient:quin", "patient:rose"
RULES = {
    ("high", "old"): "admit",
    ("high", "young"): "watch",
    ("none", "old"): "rest",
    ("none", "young"): "send home",
}


@cache
def store() -> SqliteStore:
    """Pia has a high fever; of Quin one source says so and the other says none; of Rose nothing is said."""
    facts = []
    for one, name in ((PIA, "Pia"), (QUIN, "Quin"), (ROSE, "Rose")):
        facts += [Fact.of(one, TYPE, Literal("Patient")), Fact.of(one, NAME, Literal(name))]
    for number, ((fever, age), outcome) in enumerate(RULES.items(), 1):
        rule = f"rule:r{number}"
        facts += [
            Fact.of(rule, TYPE, Literal("Rule")),
            Fact.of(rule, "if_fever", Literal(fever)),
            Fact.of(rule, "if_age", Literal(age)),
            Fact.of(rule, "gives", Literal(outcome)),
        ]
    opened = SqliteStore(":memory:", core_ontology(), TickingClock())
    facts += [Fact.of(one, "fever", Literal("high")) for one in (PIA, QUIN)]
    load(opened, target(ontology=json.dumps(ONTOLOGY)), facts)
    load(opened, target("visits", ontology=json.dumps(ONTOLOGY)), [Fact.of(QUIN, "fever", Literal("none"))])
    return opened


def run(plan: Plan) -> Document:
    return answer(Question("as planned"), store(), store(), TickingClock(), plan)


def of(one: str) -> Entities:
    return Entities(ids=(one,))


def test_the_row_that_fires_and_what_its_inputs_rest_on_are_told() -> None:
    document = run(Decide("triage", of(PIA), (("age", ("old",)),)))
    assert document["answer"]["value"] == "admit"
    assert document["answer"]["text"].startswith("“admit” for Pia")
    assert {(item["kind"], item["text"]) for item in document["evidence"]} == {
        ("fact", "Pia (pia): fever is high."),
        ("policy", "r1 says admit."),
    }


def test_several_given_values_are_decided_one_by_one() -> None:
    document = run(Decide("triage", of(PIA), (("age", ("old", "young")), ("fever", ("none", RECORDED)))))
    assert document["answer"]["value"] == {
        "none, old": "rest",
        "none, young": "send home",
        "high, old": "admit",
        "high, young": "watch",
    }


def test_values_that_sources_disagree_about_are_each_decided_and_the_conflict_is_told() -> None:
    document = run(Decide("triage", of(QUIN), (("age", ("old",)),)))
    assert document["answer"]["value"] == {"high": "admit", "none": "rest"}
    assert "“rest” for Quin (quin), with fever none" in document["answer"]["text"]
    [conflict] = [item for item in document["evidence"] if item["kind"] == "conflict"]
    assert {source["dataset"] for source in conflict["sources"]} == {"people@1", "visits@1"}
    assert "Sources disagree" not in run(Decide("triage", of(PIA), (("age", ("old",)),)))["answer"]["text"]


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (Decide("triage", of(PIA)), "the question has to say the age (old, young)"),
        (Decide("triage", of(ROSE), (("age", ("old",)),)), "no source says the fever of rose"),
        (Decide("triage", of(PIA), (("age", ("ancient",)),)), "no row of the table is for fever high, age ancient"),
    ],
)
def test_an_input_that_is_missing_is_named(plan: Plan, reason: str) -> None:
    document = run(plan)
    assert (document["outcome"], document["answer"]["reason"]) == ("abstained", reason)


@pytest.mark.parametrize(
    ("comparator", "value", "expected"),
    [
        ("=", "true", {PIA, QUIN}),
        ("=", "false", {QUIN}),
        ("!=", "true", {QUIN}),
        ("!=", "false", {PIA, QUIN}),
        ("known", "", {PIA, QUIN}),
        ("unknown", "", {ROSE}),
    ],
)
def test_what_is_judged_holds_fails_or_is_unknown(comparator: Any, value: str, expected: set[str]) -> None:
    document = run(Where(Entities(type="Patient"), "urgent", comparator, value))
    assert {row["entity"] for row in document["answer"]["rows"]} == expected


def test_a_judgement_for_and_against_is_a_conflict_with_both_sides_told() -> None:
    document = run(Whether(Where(of(QUIN), "urgent", "=", "true")))
    assert document["answer"]["type"] == "conflict"
    assert document["interpretation"] == "whether Quin (quin) is urgent"
    [conflict] = [item for item in document["evidence"] if item["kind"] == "conflict"]
    assert len(conflict["facts"]) == 2


@pytest.mark.parametrize(
    "question", ["Do the sources agree on Quin?", "The notes on Quin contradict each other, how so?"]
)
def test_whether_sources_agree_is_asked_of_what_is_judged_from_them(question: str) -> None:
    document = answer(Question(question), store(), store(), TickingClock())
    assert document["answer"]["type"] == "conflict"
    assert document["interpretation"] == "whether Quin (quin) is urgent"


def test_whether_sources_contradict_each_other_is_not_answered_by_what_is_judged() -> None:
    document = answer(Question("Do the sources contradict each other on Pia?"), store(), store(), TickingClock())
    assert document["outcome"] == "abstained"


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (Decide("triage", of(PIA), (("weight", ("90",)),)), "'triage' has no input 'weight'; it has fever, age"),
        (Where(of(PIA), "urgent", "<", "true"), "'urgent' is true or false: it cannot be <"),
        (Where(of(PIA), "urgent", "=", "maybe"), "'maybe' is neither true nor false"),
        (Where(of(PIA), "seen_on", ">", "yesterday"), "'yesterday' is not a day"),
        (Value(of(PIA), "urgent"), "'urgent' is judged from other facts"),
        (Rank(Entities(type="Patient"), value="urgent"), "'urgent' is judged from other facts"),
        (At(Entities(type="Patient"), Point(("people@1", "people@2"))), "no dataset version 'people@2' in this scope"),
    ],
)
def test_what_a_predicate_or_a_table_cannot_be_asked_is_refused(plan: Plan, message: str) -> None:
    with pytest.raises(PlanInvalid, match=message):
        run(plan)
