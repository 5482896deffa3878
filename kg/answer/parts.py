"""What a span of a question may mean, and the plans that joins of such parts make."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal as OneOf

from kg.domain.ontology import Direction
from kg.domain.plan import (
    Each,
    Entities,
    Follow,
    Having,
    Intersect,
    Plan,
    Rank,
    SetPlan,
    walk,
)

BEAM = 12
"""Parts kept per span and kind. 6 already finds every reading of the example questions."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Predicates a phrase may mean, each with the direction in which it reads."""

    options: tuple[tuple[str, Direction], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What a span may mean.

    ``kind`` is ``set`` (``plan``, ``types``), ``quantified`` (a set with ``quantifier``), ``list`` (``members``),
    ``all`` (members that must all be met), ``relation``, ``restriction`` (a relation to ``plan`` or ``members`` that
    narrows a head), ``quantity``, ``number``, a cue, or ``answer``.
    """

    kind: str
    score: float = 0.0
    plan: Plan | None = None
    types: frozenset[str] = frozenset()
    members: tuple[SetPlan, ...] = ()
    joined: str = ""
    """``and`` or ``or``: how a list was joined."""
    relation: Relation = Relation()
    left_argument: bool = False
    """Whether a restriction's argument stood before its phrase."""
    quantifier: OneOf["", "some", "none", "at_least", "at_most", "exactly"] = ""
    number: int = 1
    ranked: OneOf["", "most", "fewest"] = ""
    """For a restriction that ranks its head."""
    of: SetPlan | None = None
    """For a set or a count: the wider set it was narrowed from by its last restriction."""
    entity: bool = False
    """Whether the set is entities named in the question."""
    datasets: frozenset[str] = frozenset()
    """Dataset versions named in the span."""


def restricted(plan: SetPlan, by: Part, step: tuple[str, Direction], arguments: tuple[SetPlan, ...]) -> Plan:
    """The set, kept to (or ranked by) what the restriction says of its members."""
    name, direction = step
    if by.ranked:
        return Rank(plan, reached(name, direction, arguments[0]), by.ranked)
    if by.quantifier and by.quantifier != "some":
        return Having(plan, by.quantifier, reached(name, direction, arguments[0]), by.number)
    narrowed = [_met(plan, argument, name, direction) for argument in arguments]
    return narrowed[0] if len(narrowed) == 1 else Intersect(tuple(narrowed))


def _met(plan: SetPlan, argument: SetPlan, name: str, direction: Direction) -> SetPlan:
    back: Direction = "in" if direction == "out" else "out"
    named = isinstance(argument, Entities) and bool(argument.ids)
    if isinstance(plan, Entities) and plan.type is not None and _anchored(argument):
        return Follow(argument, name, back, plan.type)
    if named:
        return Intersect((plan, Follow(argument, name, back)))
    return Having(plan, "some", reached(name, direction, argument))


def reached(name: str, direction: Direction, argument: SetPlan) -> SetPlan:
    """What one step from the row at hand reaches inside the argument."""
    if isinstance(argument, Entities) and argument.type is not None:
        return Follow(Each(), name, direction, argument.type)
    return Intersect((Follow(Each(), name, direction), argument))


def _anchored(plan: SetPlan) -> bool:
    """Whether the set starts from named entities, so that it is small and can be followed backwards."""
    return any(isinstance(part, Entities) and part.ids for part in walk(plan))


def merge_relations(parts: Iterable[Part]) -> list[Part]:
    """One phrase of several predicates is one relation part with several options."""
    out: list[Part] = []
    relations: dict[tuple[float, frozenset[str]], tuple[tuple[str, Direction], ...]] = {}
    for part in parts:
        if part.kind == "relation":
            key = (part.score, part.datasets)
            relations[key] = tuple(dict.fromkeys((*relations.get(key, ()), *part.relation.options)))
        else:
            out.append(part)
    merged = [
        Part("relation", score, relation=Relation(options), datasets=datasets)
        for (score, datasets), options in relations.items()
    ]
    return out + merged


def best(parts: Iterable[Part]) -> list[Part]:
    """The best few of each kind; of parts that mean the same, the best. Parts made earlier go first among equals."""
    unique: dict[Part, float] = {}
    for part in parts:
        meaning = replace(part, score=0.0)
        unique[meaning] = max(unique.get(meaning, part.score), part.score)
    kinds: dict[str, list[Part]] = {}
    for meaning, score in unique.items():
        kinds.setdefault(meaning.kind, []).append(replace(meaning, score=score))
    return [part for group in kinds.values() for part in sorted(group, key=lambda part: -part.score)[:BEAM]]
