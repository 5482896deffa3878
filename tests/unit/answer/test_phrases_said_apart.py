"""A verb and the noun that belongs to it may stand apart in a question."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from kg.answer.adapter import Adapter
from kg.answer.choose import choose
from kg.answer.link import link
from kg.answer.pipeline import answer
from kg.answer.planner import plan
from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import core_ontology
from kg.domain.fact import Fact
from kg.domain.ontology_file import parse
from kg.domain.plan import Each, Entities, Follow, Having
from kg.domain.plan_json import to_json
from kg.domain.question import Question
from kg.domain.scope import Scope
from tests.builders import TickingClock, load, target
from tests.unit.answer.garden import called

ONTOLOGY: dict[str, Any] = {
    "ontology": "market",
    "version": "1",
    "keys": {"thing": {}},
    "types": {
        "Thing": {"key": "thing"},
        "Firm": {"is": "Thing", "key": "thing", "nouns": ["firm"]},
        "Good": {"is": "Thing", "key": "thing", "nouns": ["good"]},
        "Audit": {"is": "Thing", "key": "thing", "nouns": ["audit"]},
    },
    "predicates": {
        "raises_price": {
            "subject": "Firm",
            "object": "Good",
            "phrases": ["raises the price of", "raises"],
            "inverse": ["price raised by", "raised by"],
            "world": "closed",
        },
        "raises_stock": {
            "subject": "Firm",
            "object": "Good",
            "phrases": ["raises the stock of", "raises"],
            "inverse": ["stock raised by", "raised by"],
            "world": "closed",
        },
        "stands_before": {"subject": "Thing", "object": "Thing", "phrases": ["stands before"], "world": "closed"},
        "audited_by": {
            "subject": "Firm",
            "object": "Audit",
            "along": ["stands_before"],
            "phrases": ["audited by"],
            "world": "closed",
        },
    },
}
ACME, BELL, SALT, JUNE = "thing:acme", "thing:bell", "thing:salt", "thing:june"
NAMES = {ACME: ("Firm", "Acme"), BELL: ("Firm", "Bell"), SALT: ("Good", "Salt"), JUNE: ("Audit", "June audit")}
SAID = [
    (ACME, "raises_price", SALT),
    (BELL, "raises_stock", SALT),
    (ACME, "stands_before", JUNE),
    (BELL, "stands_before", SALT),
]


@cache
def store() -> SqliteStore:
    opened = SqliteStore(":memory:", core_ontology(), TickingClock())
    load(opened, target(ontology=json.dumps(ONTOLOGY)), [*called(NAMES), *(Fact.of(*one) for one in SAID)])
    return opened


def readings(text: str) -> list[dict[str, Any]]:
    ontology = parse(ONTOLOGY, core=core_ontology())
    linked = link(Question(text), store().view(Scope()))
    return [to_json(one.plan) for one in choose(plan(linked, ontology, Adapter()), linked, ontology).readings]


def raising(predicate: str) -> dict[str, Any]:
    good = {"op": "entities", "ids": [SALT]}
    return {"op": "follow", "source": good, "predicate": predicate, "direction": "in", "type": "Firm"}


@pytest.mark.parametrize("thing", ["price", "stock"])
@pytest.mark.parametrize("question", ["Which firms raise the {} of Salt?", "firms that raise Salt {}"])
def test_the_noun_behind_a_name_says_which_relation_the_verb_is(question: str, thing: str) -> None:
    assert readings(question.format(thing)) == [raising(f"raises_{thing}")]


def test_the_noun_before_its_verb_does_too() -> None:
    by = {"op": "follow", "source": {"op": "each"}, "predicate": "raises_stock", "direction": "out", "type": "Good"}
    firms = {"op": "entities", "type": "Firm"}
    assert readings("group the firms by the good whose stock they raise") == [
        {"op": "group", "source": firms, "by": by}
    ]


def test_without_its_noun_the_verb_may_be_either() -> None:
    assert len(readings("Which firms raise Salt?")) == 2


def test_a_derived_relation_leads_to_things_of_its_own_kind_alone() -> None:
    unaudited = Having(Entities(type="Firm"), "none", Follow(Each(), "audited_by", "out"))
    document = answer(Question("which firms are unaudited"), store(), store(), TickingClock(), unaudited)
    assert [one["keys"] for one in document["answer"]["entities"]] == [["bell"]]
