"""A small garden: its ontology, a few things in it, and how questions about it are read and answered."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from kg.answer.adapter import Adapter
from kg.answer.choose import Chosen, choose
from kg.answer.link import link
from kg.answer.pipeline import answer
from kg.answer.planner import plan
from kg.answer.views import Views
from kg.answer.wording import Wording
from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import core_ontology
from kg.domain.decision import Document
from kg.domain.fact import ALIAS, NAME, REPLACED_BY, STATUS, TYPE, Fact, Literal
from kg.domain.ontology import Ontology
from kg.domain.ontology_file import parse
from kg.domain.plan import Plan
from kg.domain.plan_json import to_json
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.ports.store import GraphView
from tests.builders import TickingClock, load, target

ONTOLOGY: dict[str, Any] = {
    "ontology": "garden",
    "version": "1",
    "keys": {
        "grower": {"spellings": [{"pattern": r"GR-?0*(\d+)", "write": r"GR-\1"}], "case": "upper"},
        "plant": {"spellings": [{"pattern": r"PL-?0*(\d+)", "write": r"PL-\1"}], "case": "upper"},
        "bed": {"spellings": [{"pattern": r"BED-?0*(\d+)", "write": r"BED-\1"}], "case": "upper"},
    },
    "types": {
        "Grower": {"key": "grower", "nouns": ["grower", "gardener"]},
        "Plant": {"nouns": ["plant"]},
        "Herb": {"is": "Plant", "key": "plant", "nouns": ["herb"]},
        "Tree": {"is": "Plant", "key": "plant", "nouns": ["tree"]},
        "Bed": {"key": "bed", "nouns": ["bed"]},
    },
    "predicates": {
        "tends": {
            "subject": "Grower",
            "object": "Plant",
            "phrases": ["tends", "looks after"],
            "inverse": ["tended by"],
            "inverse_roles": ["tender", "co-tender"],
            "world": "closed",
        },
        "stands_in": {
            "subject": "Plant",
            "object": "Bed",
            "phrases": ["stands in"],
            "inverse": ["holds"],
            "world": "closed",
        },
        "waters": {"subject": "Grower", "object": "Bed", "phrases": ["waters"], "inverse": ["watered by"]},
        "admires": {"subject": "Grower", "object": "Grower", "phrases": ["admires"], "roles": ["model"]},
        "looks_up_to": {
            "subject": "Grower",
            "object": "Grower",
            "along": ["admires"],
            "repeat": True,
            "phrases": ["looks up to", "follows"],
        },
        "height": {"subject": "Plant", "value": "number", "phrases": ["height"]},
    },
    "missing": [{"words": ["price", "cost"], "says": "prices are in no source"}],
}
ADA, BO, SAGE_GROWER = "grower:GR-1", "grower:GR-2", "grower:GR-3"
CLEO, OTHER_CLEO = "grower:GR-4", "grower:GR-5"
SAGE, MINT, APPLE, THYME = "plant:PL-1", "plant:PL-2", "plant:PL-3", "plant:PL-4"
BASIL = "plant:PL-9"
"""Withdrawn."""
SUNNY, WET = "bed:BED-1", "bed:BED-2"
NAMES = {
    ADA: ("Grower", "Ada"),
    BO: ("Grower", "Bo"),
    SAGE_GROWER: ("Grower", "Sage"),
    CLEO: ("Grower", "Cleo"),
    OTHER_CLEO: ("Grower", "Cleo"),
    SAGE: ("Herb", "Sage"),
    MINT: ("Herb", "Mint"),
    APPLE: ("Tree", "Apple"),
    THYME: ("Herb", "Thyme"),
    SUNNY: ("Bed", "Sunny bed"),
    WET: ("Bed", "Wet bed"),
}
SAID = [
    (ADA, "tends", SAGE),
    (ADA, "tends", MINT),
    (ADA, "tends", APPLE),
    (BO, "tends", MINT),
    (BO, "tends", THYME),
    (CLEO, "tends", THYME),
    (SAGE, "stands_in", SUNNY),
    (MINT, "stands_in", WET),
    (BO, "waters", WET),
    (CLEO, "waters", SUNNY),
    (OTHER_CLEO, "waters", WET),
]


EACH = {"op": "each"}


def named(*ids: str) -> dict[str, Any]:
    return {"op": "entities", "ids": list(ids)}


def all_of(type_: str) -> dict[str, Any]:
    return {"op": "entities", "type": type_}


def follow(source: dict[str, Any], predicate: str, direction: str, type_: str | None = None) -> dict[str, Any]:
    step = {"op": "follow", "source": source, "predicate": predicate, "direction": direction}
    return step | ({"type": type_} if type_ else {})


def called(names: dict[str, tuple[str, str]]) -> list[Fact]:
    """What each of these is, and its name."""
    return [
        fact
        for one, (kind, name) in names.items()
        for fact in (Fact.of(one, TYPE, Literal(kind)), Fact.of(one, NAME, Literal(name)))
    ]


def facts() -> list[Fact]:
    said = called(NAMES)
    said += [Fact.of(subject, predicate, other) for subject, predicate, other in SAID]
    return [
        *said,
        Fact.of(SAGE, ALIAS, Literal("salvia")),
        Fact.of(BASIL, TYPE, Literal("Herb")),
        Fact.of(BASIL, NAME, Literal("Basil")),
        Fact.of(BASIL, STATUS, Literal("dead")),
        Fact.of(BASIL, REPLACED_BY, THYME),
        Fact.of(ADA, "tends", BASIL),
    ]


@cache
def store() -> SqliteStore:
    opened = SqliteStore(":memory:", core_ontology(), TickingClock())
    load(opened, target(ontology=json.dumps(ONTOLOGY)), facts())
    return opened


@cache
def ontology() -> Ontology:
    return parse(ONTOLOGY, core=core_ontology())


def view() -> GraphView:
    return store().view(Scope())


def views() -> Views:
    return Views(view(), store().view)


def chosen(text: str) -> Chosen:
    linked = link(Question(text), view())
    return choose(plan(linked, ontology(), Adapter()), linked, ontology())


def readings(text: str) -> list[dict[str, Any]]:
    """The plans that a question is read as: one, several that are equally good, or none."""
    return [to_json(reading.plan) for reading in chosen(text).readings]


def ask(text: str) -> Document:
    return answer(Question(text), store(), store(), TickingClock())


def run(plan: Plan) -> Document:
    """What the plan gives, passed in in place of a reading."""
    return answer(Question("as planned"), store(), store(), TickingClock(), plan)


def keys(document: Document) -> list[str]:
    return [one["keys"][0] for one in document["answer"]["entities"]]


def wording() -> Wording:
    return Wording(ontology(), view().entities(NAMES))
