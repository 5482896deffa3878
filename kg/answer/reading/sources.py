"""Questions whether the sources agree about something that was named, in whatever order it is said."""

from __future__ import annotations

from collections.abc import Iterator

from kg.answer.reading.leaves import size
from kg.answer.reading.parts import Feature
from kg.answer.reading.rules import Grammar
from kg.answer.reading.sentences import AUXILIARIES, sentences
from kg.domain.ontology import Predicate
from kg.domain.plan import Entities, Plan, Test, Where, walk
from kg.domain.plan_json import plan_of
from kg.domain.question import Linked, Mention

SOURCES = frozenset({"dataset", "concept", "table"})
"""Mentions that may stand for a source, or for what it says."""


def agreements(linked: Linked, grammar: Grammar) -> Iterator[tuple[Plan, float, tuple[Feature, ...]]]:
    """Plans of what sources may contradict each other on: ``do the lists agree on X``."""
    if not any(_asked(linked, m) for m in linked.mentions if m.kind == "cue"):
        return
    for name, spec in grammar.ontology.predicates.items():
        near, _ = grammar.ontology.ends(name)
        named = [m for m in linked.mentions if m.kind == "entity" and linked.entities[m.value].type in near]
        if not spec.fails or not named:
            continue
        plan = Test(Where(Entities(ids=tuple(sorted({m.value for m in named}))), name, "=", "true"))
        features = _features(linked, [*named, *_told(linked, spec)])
        yield plan, sum(grammar.weights.get(one, 0.0) * value for one, value in features), features


def _asked(linked: Linked, cue: Mention) -> bool:
    """Whether the cue asks what the sources say; "do they contradict each other" wants a no where they do not."""
    if cue.value == "disagree":
        first = next(start for start, end in sentences(linked) if start <= cue.start < end)
        return linked.words[first].folded not in AUXILIARIES
    return cue.value == "agree"


def _told(linked: Linked, spec: Predicate) -> Iterator[Mention]:
    """What speaks of the sources, or of the facts by which they contradict each other."""
    plans = [plan_of(one) for one in (*spec.holds, *spec.fails)]
    facts = {spec.name, *(part.predicate for plan in plans for part in walk(plan) if isinstance(part, Where))}
    for m in linked.mentions:
        of_facts = m.value in facts or any(one in facts for one in m.more)
        if m.kind in SOURCES or m.kind == "cue" or (m.kind in ("predicate", "role", "value") and of_facts):
            yield m


def _features(linked: Linked, used: list[Mention]) -> tuple[Feature, ...]:
    covered = {i for m in used for i in range(m.start, m.end)}
    explained = sum(size(linked.words, i, i + 1) for i in covered)
    left = [i for i, word in enumerate(linked.words) if word.weight == "content" and i not in covered]
    return ("words", explained), ("decided", 1.0), ("undecided_words", float(len(left)))
