"""Linked question to plans: the readings of its clauses, best first, with what they leave unexplained."""

from __future__ import annotations

from dataclasses import dataclass

from kg.answer.reading.chart import TooLong
from kg.answer.reading.clauses import Clauses
from kg.answer.reading.leaves import leaves
from kg.answer.reading.parts import Feature
from kg.answer.reading.rules import Grammar
from kg.answer.reading.tables import decisions
from kg.answer.reading.weights import DEFAULT
from kg.domain.ontology import Ontology
from kg.domain.plan import Parts, Plan
from kg.domain.question import Linked

TIE = 0.25
"""Readings closer than this are equally good."""
MAX_READINGS = 30
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
    return Planned(tuple(ranked[:MAX_READINGS]), _unexplained(linked))


def _unexplained(linked: Linked) -> tuple[str, ...]:
    covered = {i for m in linked.mentions if m.kind != "entity" or m.score > DOUBTFUL for i in range(m.start, m.end)}
    return tuple(w.text for i, w in enumerate(linked.words) if w.weight == "content" and i not in covered)
