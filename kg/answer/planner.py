"""Linked question to plans: the readings of its clauses, best first, with what they leave unexplained."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from kg.answer.adapter import Adapter
from kg.answer.learned import Read, Said, chains_read, plan_of_chain, said
from kg.answer.namesakes import namesakes
from kg.answer.reading.chart import TooLong
from kg.answer.reading.clauses import Clauses, Story
from kg.answer.reading.leaves import leaves, size
from kg.answer.reading.parts import Feature
from kg.answer.reading.quotations import quotations
from kg.answer.reading.rules import Grammar
from kg.answer.reading.sentences import asked_words
from kg.answer.reading.sources import agreements
from kg.answer.reading.stretches import Stretches
from kg.answer.reading.tables import decisions
from kg.domain.ontology import Ontology
from kg.domain.plan import Follow, Group, Parts, Plan, walk
from kg.domain.question import Linked

TIE = 0.09
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


def plan(linked: Linked, ontology: Ontology, adapter: Adapter) -> Planned:
    """Read the question."""
    grammar = Grammar(ontology, adapter.weights)
    clauses = Clauses(linked, grammar, Stretches(linked, grammar, leaves(linked, grammar)))
    try:
        stories, too_long = clauses.read(), False
    except TooLong:
        stories, too_long = [], True
    made = [_weighed(one, grammar) for one in stories]
    told = list(_said(linked, grammar, adapter, chains_read((plan, score) for plan, score, _ in made)))
    if too_long and not told:
        return Planned(too_long=True)
    found: dict[Plan, Reading] = {}
    for root, score, features in (
        *made,
        *decisions(linked, grammar),
        *agreements(linked, grammar),
        *quotations(linked, grammar),
        *told,
    ):
        if root not in found or found[root].score < score:
            found[root] = Reading(root, score, features)
    ranked = sorted(found.values(), key=lambda reading: -reading.score)
    if ranked:
        top = ranked[0]
        chosen = any(name == "apposition" and value for name, value in top.features)
        if not chosen:
            # A kind beside a name has chosen already.
            found |= {other: replace(top, plan=other) for other in namesakes(top.plan, linked, ontology)}
        ranked = sorted(found.values(), key=lambda reading: -reading.score)
    return Planned(tuple(ranked[:MAX_READINGS]), _unexplained(linked))


def _weighed(story: Story, grammar: Grammar) -> tuple[Plan, float, tuple[Feature, ...]]:
    """The plan of a story; of two that explain as much, the one that goes fewer steps is the better one."""
    plan: Plan = story.plans[0] if len(story.plans) == 1 else Parts(story.plans)
    # What it is grouped by, a question says for itself.
    steps = float(sum(isinstance(part, Follow) for part in walk(plan.source if isinstance(plan, Group) else plan)))
    return plan, story.score + grammar.weights.get("steps", 0.0) * steps, (*story.features, ("steps", steps))


def _said(
    linked: Linked, grammar: Grammar, adapter: Adapter, read: Read
) -> Iterator[tuple[Plan, float, tuple[Feature, ...]]]:
    """Plans of the chains that the adapter's words speak for."""
    if adapter.learned is None:
        return
    for one in said(linked, grammar.ontology, adapter.learned, read):
        features = _explained(one, linked)
        plan = plan_of_chain(one.mention, one.chain, grammar.ontology)
        yield plan, sum(grammar.weights.get(name, 0.0) * value for name, value in features), features


def _explained(one: Said, linked: Linked) -> tuple[Feature, ...]:
    """What a learned chain explains of the question, and what it does not: words that training never met."""
    cues = {i for m in linked.mentions if m.kind in ("cue", "number", "date") for i in range(m.start, m.end)}
    known = {i for m in linked.mentions if m.kind in ("type", "predicate", "role") for i in range(m.start, m.end)}
    unknown = [i for i in one.unknown if linked.words[i].weight == "content"]
    lost = [i for i in one.unknown if i in cues and linked.words[i].weight not in ("light", "drop")]
    strange = [i for i in unknown if i not in known and i not in lost]
    name = one.mention
    whole = size(linked.words, 0, len(linked.words)) - size(linked.words, name.start, name.end) * (1 - name.score)
    return (
        ("words", whole - sum(size(linked.words, i, i + 1) for i in {*unknown, *lost})),
        ("settled", max(0, name.end - name.start - 1) * 1.0),
        ("said_chain", 1.0),
        ("said", math.log(one.likely)),
        ("said_unknown", float(len(strange))),
        ("unexplained", float(len(lost))),
    )


def _unexplained(linked: Linked) -> tuple[str, ...]:
    """Words of what is asked, less what is said around it, that nothing is known of."""
    covered = {i for m in linked.mentions if m.kind != "entity" or m.score > DOUBTFUL for i in range(m.start, m.end)}
    asked = asked_words(linked)
    return tuple(w.text for i, w in enumerate(linked.words) if w.weight == "content" and i in asked - covered)
