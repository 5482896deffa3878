"""Chains of steps that training learned to read: from a named entity along up to three predicates.

The ontology says which chains there are; the adapter says how much each word, or two or three in a row, speaks for a
chain with such a step, such a last step, so many steps. Nothing here knows a domain or a question.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kg.domain.fact import EntityId
from kg.domain.ontology import Direction, Ontology, Step, back
from kg.domain.plan import Entities, Follow, Intersect, Minus, Plan, SetPlan, Value
from kg.domain.question import Linked, Mention
from kg.text.language import stem

MAX_STEPS = 3
"""Steps of a chain; people name a thing in relation to one or two others, seldom to three."""
MAX_CHAINS = 3_000
"""Chains from one type; of more, the shortest."""
LONGEST_GRAM = 3
"""Words in a row that are looked at together."""
KEPT = 4
"""Chains that become readings."""
COVERS = {"content": 1.0, "filler": 0.7, "light": 0.4, "drop": 0.2, "mark": 0.1}
"""How much of the question a word of a name is: the longer name is meant."""
LEAST_LIKELY = 0.02
MOST_READ = 8
"""Readings of the grammar, the best first, that chains are held against."""
DIRECTIONS: tuple[Direction, ...] = ("out", "in")
Chain = tuple[Step, ...]
Read = Mapping[frozenset[EntityId], Mapping[Chain, float]]
"""By what they start from: the chains that the grammar reads in the question, and how near to its best each is."""
Weights = Mapping[str, Mapping[str, float]]
"""For each run of words, how much it speaks for each aspect of a chain."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What training learned of words: how they speak for chains."""

    words: Weights = field(default_factory=dict)
    shared: Mapping[str, float] = field(default_factory=dict)
    """How much it says for a chain that a phrase of the ontology names its steps."""


@dataclass(frozen=True, slots=True)
class Said:
    """A chain read from the words around one mention, and how likely it is among all chains from there."""

    mention: Mention
    chain: Chain
    likely: float
    unknown: tuple[int, ...]
    """Words that training never met."""


@functools.lru_cache(maxsize=256)
def chains_from(ontology: Ontology, type_name: str) -> tuple[Chain, ...]:
    """Every chain of recorded predicates that can start from an entity of the type, shortest first."""
    found: list[Chain] = []
    level: list[tuple[Chain, frozenset[str]]] = [((), frozenset({type_name}))]
    for _ in range(MAX_STEPS):
        longer = []
        for chain, types in level:
            for step, far in _steps(ontology, types):
                found.append((*chain, step))
                if far:
                    longer.append(((*chain, step), far))
        level = longer
    return tuple(found[:MAX_CHAINS])


@functools.lru_cache(maxsize=1024)
def _steps(ontology: Ontology, types: frozenset[str]) -> tuple[tuple[Step, frozenset[str]], ...]:
    found = []
    for name, spec in ontology.predicates.items():
        if spec.derived or "*" in spec.objects:
            continue
        for direction in DIRECTIONS if spec.value is None else DIRECTIONS[:1]:
            near, far = ontology.ends(name, direction)
            if types & near:
                found.append(((name, direction), frozenset() if spec.value is not None else far))
    return tuple(found)


@functools.lru_cache(maxsize=65_536)
def aspects(chain: Chain) -> tuple[str, ...]:
    """What words can speak for in a chain."""
    names = [f"{predicate} {direction}" for predicate, direction in chain]
    told = [f"{len(chain)} steps", f"first {names[0]}", f"last {names[-1]}"]
    told += [f"step {name}" for name in dict.fromkeys(names)]
    told += [f"{one} then {other}" for one, other in itertools.pairwise(names)]
    return tuple(told)


def grams(linked: Linked, mention: Mention) -> tuple[str, ...]:
    """Runs of up to three words of the question, the mention standing there as its type."""
    kind = f"<{linked.entities[mention.value].type}>"
    before = [stem(w.folded) for w in linked.words[: mention.start] if w.weight != "mark"]
    behind = [stem(w.folded) for w in linked.words[mention.end :] if w.weight != "mark"]
    words = ["^", *before, kind, *behind, "$"]
    runs = [" ".join(words[i : i + size]) for size in range(1, LONGEST_GRAM + 1) for i in range(len(words) - size + 1)]
    return tuple(dict.fromkeys([*runs, *(f"{word} .." for word in before), *(f".. {word}" for word in behind)]))


def spoken(linked: Linked, mention: Mention) -> dict[str, dict[int, float]]:
    """Where a phrase of the ontology names a predicate beside the mention, and how surely."""
    found: dict[str, dict[int, float]] = {}
    for m in linked.mentions:
        if m.kind in ("predicate", "role") and (m.end <= mention.start or m.start >= mention.end):
            places = found.setdefault(m.value, {})
            for place in range(m.start, m.end):
                places[place] = max(places.get(place, 0.0), m.score)
    return found


def chains_read(readings: Iterable[tuple[Plan, float]]) -> Read:
    """The readings that are a chain from what is named; nearness is 1 for the best reading and falls with the score."""
    found: dict[frozenset[EntityId], dict[Chain, float]] = {}
    ordered = sorted(readings, key=lambda one: -one[1])[:MOST_READ]
    for plan, score in ordered:
        if (told := _chain_of(plan)) is not None and told[1]:
            origin, chain = told
            found.setdefault(origin, {}).setdefault(chain, math.exp(score - ordered[0][1]))
    return found


def _chain_of(plan: Plan) -> tuple[frozenset[EntityId], Chain] | None:
    """What a plan starts from and the steps it takes, if it is nothing but that; kinds and "others" are no steps."""
    if isinstance(plan, Entities):
        return (frozenset(plan.ids), ()) if plan.ids else None
    if isinstance(plan, Follow | Value):
        told = _chain_of(plan.source)
        step: Step = (plan.predicate, plan.direction if isinstance(plan, Follow) else "out")
        return None if told is None else (told[0], (*told[1], step))
    if isinstance(plan, Minus):
        return _chain_of(plan.source)
    if isinstance(plan, Intersect):
        rest = [one for one in plan.plans if not (isinstance(one, Entities) and one.type)]
        return _chain_of(rest[0]) if len(rest) == 1 else None
    return None


SHARED = ("named", "unnamed", "passed", "covered", "unsure", "read")


def agreement(chain: Chain, told: Mapping[str, Mapping[int, float]]) -> tuple[float, float, float]:
    """How the chain agrees with the phrases of the ontology in the question: named, unnamed, passed over."""
    own = dict.fromkeys(predicate for predicate, _ in chain)
    named = sum(max(told[one].values()) for one in own if one in told)
    unnamed = sum(one not in told for one in own)
    mine = {place for one in own for place in told.get(one, ())}
    passed = len({place for places in told.values() for place in places} - mine)
    return float(named), float(unnamed), float(passed)


def meant(linked: Linked, mention: Mention) -> tuple[float, float]:
    """What speaks for the mention itself: how much of the question it is, how unsure."""
    words = linked.words[mention.start : mention.end]
    return sum(COVERS[word.weight] for word in words), 1.0 - mention.score


def origin_of(mention: Mention) -> tuple[EntityId, ...]:
    """What a chain from the mention starts from."""
    return mention.more or (mention.value,)


def said(linked: Linked, ontology: Ontology, learned: Learned, read: Read) -> list[Said]:
    """The likeliest chains from the entities that the question may name, best first."""
    scored: list[tuple[float, Mention, Chain]] = []
    for mention in linked.mentions:
        if mention.kind == "entity":
            scored += ((score, mention, chain) for chain, score in _scores(mention, linked, ontology, learned, read))
    if not scored:
        return []
    top = max(score for score, _, _ in scored)
    total = sum(math.exp(score - top) for score, _, _ in scored)
    ordered = sorted(scored, key=lambda one: -one[0])[:KEPT]
    found = [(mention, chain, math.exp(score - top) / total) for score, mention, chain in ordered]
    return [Said(*one, _unknown(linked, one[0], learned)) for one in found if one[2] >= LEAST_LIKELY]


def _scores(
    mention: Mention, linked: Linked, ontology: Ontology, learned: Learned, read: Read
) -> Iterator[tuple[Chain, float]]:
    totals: dict[str, float] = {}
    for gram in grams(linked, mention):
        for aspect, weight in learned.words.get(gram, {}).items():
            totals[aspect] = totals.get(aspect, 0.0) + weight
    told = spoken(linked, mention)
    own = meant(linked, mention)
    weights = [learned.shared.get(name, 0.0) for name in SHARED]
    near = read.get(frozenset(origin_of(mention)), {})
    for chain in chains_from(ontology, linked.entities[mention.value].type):
        score = sum(totals.get(aspect, 0.0) for aspect in aspects(chain))
        signs = (*agreement(chain, told), *own, near.get(chain, 0.0))
        yield chain, score + sum(w * v for w, v in zip(weights, signs, strict=True))


def _unknown(linked: Linked, mention: Mention, learned: Learned) -> tuple[int, ...]:
    """Words beside the mention that training never met; a cue among them may change what is asked."""
    return tuple(
        i
        for i, word in enumerate(linked.words)
        if not mention.start <= i < mention.end and word.weight != "mark" and stem(word.folded) not in learned.words
    )


def comes_back(chain: Chain) -> bool:
    """Whether the last step is the one before it, back again: other films of their directors."""
    return len(chain) > 1 and chain[-2] == (chain[-1][0], back(chain[-1][1]))


def plan_of_chain(mention: Mention, chain: Chain, ontology: Ontology) -> Plan:
    """The chain as a plan; where it comes back, what it started from is left out."""
    origin: SetPlan = Entities(ids=origin_of(mention))
    plan = origin
    for place, (predicate, direction) in enumerate(chain, 1):
        if ontology.predicates[predicate].value is not None:
            return Value(plan, predicate)
        plan = Follow(plan, predicate, direction)
        if comes_back(chain[:place]):
            plan = Minus(plan, origin)
    return plan
