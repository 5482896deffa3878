"""Linked question to plans: the readings of its clauses, best first, with what they leave unexplained."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from kg.answer.fit import validate
from kg.answer.reading.chart import TooLong
from kg.answer.reading.clauses import Clauses
from kg.answer.reading.leaves import leaves
from kg.answer.reading.parts import Feature
from kg.answer.reading.rules import Grammar
from kg.answer.reading.tables import decisions
from kg.answer.reading.weights import DEFAULT
from kg.domain.fact import EntityId
from kg.domain.ontology import Ontology
from kg.domain.plan import Entities, Parts, Plan, walk
from kg.domain.plan_json import from_json, to_json
from kg.domain.question import Linked
from kg.errors import PlanInvalid

TIE = 0.09
"""Readings closer than this are equally good."""
MAX_READINGS = 30
AS_SURE = 0.03
"""Namesakes whose names were said equally well."""
DOUBTFUL = 0.7
"""Score of a name that may as well be a word that nothing is known of."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One plan for the question with its score and why."""

    plan: Plan
    score: float
    features: tuple[Feature, ...] = ()
    datasets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Planned:
    """The readings, best first; or the words that no reading explains; or that the question is too long to read."""

    readings: tuple[Reading, ...] = ()
    unexplained: tuple[str, ...] = ()
    too_long: bool = False


def plan(linked: Linked, ontology: Ontology) -> Planned:
    """Read the question."""
    grammar = Grammar(ontology, DEFAULT)
    clauses = Clauses(linked, grammar, leaves(linked, grammar))
    try:
        stories = clauses.read()
    except TooLong:
        return Planned(too_long=True)
    found: dict[Plan, Reading] = {}
    for story in stories:
        root = story.plans[0] if len(story.plans) == 1 else Parts(story.plans)
        if root not in found or found[root].score < story.score:
            found[root] = Reading(root, story.score, story.features)
    for root, score, features in decisions(linked, grammar):
        if root not in found or found[root].score < score:
            found[root] = Reading(root, score, features)
    ranked = sorted(found.values(), key=lambda reading: -reading.score)
    if ranked:
        found |= {one.plan: one for one in namesakes(ranked[0], linked, ontology)}
        ranked = sorted(found.values(), key=lambda reading: -reading.score)
    return Planned(tuple(ranked[:MAX_READINGS]), _unexplained(linked))


def namesakes(reading: Reading, linked: Linked, ontology: Ontology) -> Iterator[Reading]:
    """The same reading of others that have a name as well: nothing said chooses between them."""
    used = {i for part in walk(reading.plan) if isinstance(part, Entities) for i in part.ids}
    chosen = any(name == "apposition" and value for name, value in reading.features) or len(used) > 1
    if isinstance(reading.plan, Parts) or chosen:
        # A kind beside the name, or another name, has chosen already.
        return
    single = [m for m in linked.mentions if m.kind == "entity" and not m.more]
    for said in single:
        for other in single:
            same = (said.start, said.end) == (other.start, other.end) and abs(said.score - other.score) < AS_SURE
            if same and said.value in used and other.value not in used:
                plain = to_json(reading.plan)
                named = {"op": "entities", "ids": [other.value]}
                kind = {"op": "entities", "type": linked.entities[other.value].type}
                with contextlib.suppress(PlanInvalid):
                    typed = _instead(plain, said.value, {"op": "intersect", "plans": [named, kind]})
                    validate(from_json(typed), ontology)
                    yield replace(reading, plan=from_json(_instead(plain, said.value, named)))


def _instead(document: Any, said: EntityId, other: dict[str, Any]) -> Any:
    """The plan with another thing in the place of the one that was said."""
    if isinstance(document, list):
        return [_instead(one, said, other) for one in document]
    if not isinstance(document, dict):
        return document
    if document.get("ids") == [said]:
        return other
    return {name: _instead(value, said, other) for name, value in document.items()}


def _unexplained(linked: Linked) -> tuple[str, ...]:
    covered = {i for m in linked.mentions if m.kind != "entity" or m.score > DOUBTFUL for i in range(m.start, m.end)}
    return tuple(w.text for i, w in enumerate(linked.words) if w.weight == "content" and i not in covered)
