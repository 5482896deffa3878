"""Pieces of plans: a set kept to what is related to another, and what a type or part stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from kg.answer.reading.parts import Rel
from kg.domain.ontology import Ontology, back
from kg.domain.plan import (
    SETS,
    At,
    Each,
    Entities,
    Follow,
    Having,
    Intersect,
    Minus,
    Only,
    Point,
    SetPlan,
    UnionOf,
    walk,
)


def related(  # noqa: PLR0913 (what one relation is made of)
    plan: SetPlan,
    rel: Rel,
    argument: SetPlan,
    quantifier: str,
    number: int,
    *,
    negative: bool,
    others: str | None = None,
) -> SetPlan:
    """The set, kept to members with this relation to the argument."""
    found = reached(rel, argument)
    if quantifier == "only":
        step = Follow(Each(), rel.predicate, rel.direction, others)
        return Minus(plan, Only(plan, step, argument)) if negative else Only(plan, step, argument)
    if quantifier == "every":
        having = Having(plan, "every", Follow(Each(), rel.predicate, rel.direction), of=argument)
        return Minus(plan, having) if negative else having
    if quantifier in ("at_least", "at_most", "exactly"):
        having = Having(plan, quantifier, found, number)  # type: ignore[arg-type]
        return Minus(plan, having) if negative else having
    if negative or quantifier == "none":
        return Having(plan, "none", found)
    return met(plan, rel, argument)


def met(plan: SetPlan, rel: Rel, argument: SetPlan) -> SetPlan:
    """Members with this relation to some member of the argument, from the end that is smaller."""
    way = back(rel.direction)
    if isinstance(plan, Entities) and plan.type is not None and anchored(argument):
        return Follow(argument, rel.predicate, way, plan.type)
    if isinstance(argument, Entities) and argument.ids:
        found = Follow(argument, rel.predicate, way)
        said = isinstance(plan, Follow) and replace(plan, type=None) == found
        # What is said twice holds once.
        return plan if said else Intersect((plan, found))
    return Having(plan, "some", reached(rel, argument))


def reached(rel: Rel, argument: SetPlan | None) -> SetPlan:
    """What one step from the row at hand reaches inside the argument."""
    if argument is None:
        return Follow(Each(), rel.predicate, rel.direction)
    if isinstance(argument, Entities) and argument.type is not None and not argument.withdrawn:
        return Follow(Each(), rel.predicate, rel.direction, argument.type)
    return Intersect((Follow(Each(), rel.predicate, rel.direction), argument))


def anchored(plan: SetPlan) -> bool:
    """Whether the set starts from named entities, so that it is small and can be followed backwards."""
    return any(isinstance(part, Entities) and part.ids for part in walk(plan))


def followed(source: SetPlan, rel: Rel) -> SetPlan:
    return Follow(source, rel.predicate, rel.direction)


def players(rel: Rel, ontology: Ontology) -> SetPlan:
    """Everybody who plays the part that the relation leads to: all directors."""
    _, far = ontology.ends(rel.predicate, rel.direction)
    return Having(all_of(far, ontology), "some", Follow(Each(), rel.predicate, back(rel.direction)))


def all_of(types: frozenset[str], ontology: Ontology) -> SetPlan:
    """Everything of these types, by the fewest names."""
    names = [name for name in ontology.types if ontology.family(name) <= types]
    widest = [name for name in names if not any(name != other and name in ontology.family(other) for other in names)]
    return either([Entities(type=name) for name in widest])


def type_of(plan: SetPlan | None) -> str | None:
    """The type, where the set is all of one."""
    return plan.type if isinstance(plan, Entities) else None


def either(plans: list[SetPlan]) -> SetPlan:
    """Members of any; named ones as one list."""
    if all(isinstance(plan, Entities) and plan.ids for plan in plans):
        return Entities(ids=tuple(dict.fromkeys(i for plan in plans if isinstance(plan, Entities) for i in plan.ids)))
    return plans[0] if len(plans) == 1 else UnionOf(tuple(plans))


def at(plan: SetPlan, point: Point | None) -> SetPlan:
    return plan if point is None else At(plan, point)


def of_each(plan: SetPlan, one: SetPlan) -> SetPlan:
    """What the plan says of the row at hand, said of this one."""
    return changed(plan, lambda part: one if isinstance(part, Each) else part)


def along(plan: SetPlan, was: str, now: str) -> SetPlan:
    """The plan with its steps along one predicate taken along another."""
    return changed(
        plan,
        lambda part: replace(part, predicate=now) if isinstance(part, Follow) and part.predicate == was else part,
    )


def changed(plan: SetPlan, change: Callable[[SetPlan], SetPlan]) -> SetPlan:
    """The plan with every set in it changed, from the inside out."""
    inside: dict[str, Any] = {}
    for part in fields(plan):
        value = getattr(plan, part.name)
        if isinstance(value, SETS):
            inside[part.name] = changed(value, change)
        elif isinstance(value, tuple):
            inside[part.name] = tuple(changed(one, change) if isinstance(one, SETS) else one for one in value)
    return change(replace(plan, **inside))
