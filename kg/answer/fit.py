"""Whether a plan fits the ontology: its names, and what its types rule out."""

from __future__ import annotations

import re

from kg.answer.literals import number
from kg.domain.ontology import Ontology, Predicate
from kg.domain.plan import (
    At,
    Cover,
    Decide,
    Diff,
    Each,
    Entities,
    Follow,
    Group,
    Having,
    Intersect,
    Minus,
    Only,
    Pairs,
    Parts,
    Plan,
    Rank,
    SetPlan,
    Suppose,
    Top,
    UnionOf,
    Value,
    Where,
    children,
    uses_each,
    walk,
)
from kg.errors import PlanInvalid

_DAY = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
"""Or a month or a year, as sources write what they do not know closer."""
Types = frozenset[str] | None
"""Types that a set may have members of; ``None`` where the plan alone does not tell."""


def validate(plan: Plan, ontology: Ontology) -> None:
    """Refuse types, predicates and tables that the ontology does not have, and steps that its types rule out.

    Raises PlanInvalid naming what does not fit.
    """
    for part in plan.plans if isinstance(plan, Parts) else (plan,):
        if any(isinstance(one, Diff) and one.change == "both" for child in children(part) for one in walk(child)):
            raise PlanInvalid("a diff of both gains and losses may stand on top of a plan only")
        _names(part, ontology)
        _typed(part, ontology, None)


def fits(plan: Plan, ontology: Ontology) -> bool:
    """Whether the plan may be run."""
    try:
        validate(plan, ontology)
    except PlanInvalid:
        return False
    return True


def _names(plan: Plan, ontology: Ontology) -> None:  # noqa: C901, PLR0912 (one operator each)
    if isinstance(plan, Entities | Follow) and plan.type is not None and plan.type not in ontology.types:
        raise PlanInvalid(f"no type {plan.type!r} in the ontology")
    if isinstance(plan, Follow):
        _predicate(plan.predicate, ontology, literal=False)
    if isinstance(plan, Where | Value):
        _predicate(plan.predicate, ontology, literal=True)
    if isinstance(plan, Rank | Top | Group) and plan.value is not None:
        _predicate(plan.value, ontology, literal=True)
        _recorded(plan.value, ontology)
    if isinstance(plan, Value):
        _recorded(plan.predicate, ontology, single=False)
    if isinstance(plan, Where):
        _compared(plan, ontology.predicates[plan.predicate])
    if isinstance(plan, Decide) and plan.table not in ontology.tables:
        raise PlanInvalid(f"no decision table {plan.table!r} in the ontology")
    if isinstance(plan, Decide):
        inputs = [item.name for item in ontology.tables[plan.table].inputs]
        if unknown := [name for name, _ in plan.given if name not in inputs]:
            raise PlanInvalid(f"{plan.table!r} has no input {unknown[0]!r}; it has {', '.join(inputs)}")
    if isinstance(plan, Suppose) and any(uses_each(part) for part in (plan.without, plan.only) if part is not None):
        raise PlanInvalid("what is supposed has to be the same for every row alike: it cannot speak of each")
    for bound in _bound(plan):
        if not _tied(bound):
            raise PlanInvalid(f"what {type(plan).__name__.lower()} looks for has to start from each")
    for child in children(plan):
        _names(child, ontology)


def _compared(plan: Where, spec: Predicate) -> None:
    """What a value is compared with is one of its kind; only what has a stretch of time overlaps another."""
    for value in filter(None, (plan.value, plan.upper)):
        if spec.value == "number":
            number(value, plan.predicate)
        elif (spec.value == "date" or spec.during) and not _DAY.fullmatch(value):
            raise PlanInvalid(f"{value!r} is not a day, {plan.predicate!r} is one: write it like 2026-03-31")
        elif spec.value == "boolean" and value.casefold() not in ("true", "false"):
            raise PlanInvalid(f"{value!r} is neither true nor false, {plan.predicate!r} is one of them")
    if spec.holds and plan.comparator not in ("=", "!=", "known", "unknown"):
        raise PlanInvalid(f"{plan.predicate!r} is true or false: it cannot be {plan.comparator}")


def _recorded(name: str, ontology: Ontology, *, single: bool = True) -> None:
    """Its values can be listed, which those of a judged predicate cannot, and are ``single`` ones."""
    if ontology.predicates[name].holds:
        raise PlanInvalid(f"{name!r} is judged from other facts and has no values to list: use where or test")
    if single and (ends := ontology.predicates[name].during):
        raise PlanInvalid(f"{name!r} is a stretch of time: use {ends[0]!r} or {ends[1]!r}")


def _predicate(name: str, ontology: Ontology, *, literal: bool) -> None:
    predicate = ontology.predicates.get(name)
    if predicate is None:
        raise PlanInvalid(f"no predicate {name!r} in the ontology")
    if (predicate.value is not None) != literal:
        hint = "is a literal: use where or value" if predicate.value else "leads to entities: use follow"
        raise PlanInvalid(f"{name!r} {hint}")


def _bound(plan: Plan) -> tuple[SetPlan, ...]:
    """The sub-plans that are run for each row."""
    if isinstance(plan, Having | Only):
        return (plan.plan,)
    if isinstance(plan, Rank):
        return tuple(part for part in (plan.by, plan.of) if part is not None)
    if isinstance(plan, Top | Group):
        return (plan.by,) if plan.by is not None else ()
    return (plan.by,) if isinstance(plan, Pairs | Cover) else ()


def _tied(plan: SetPlan) -> bool:
    """Whether every member that the sub-plan finds belongs to a row at hand."""
    if isinstance(plan, UnionOf | Intersect):
        return (all if isinstance(plan, UnionOf) else any)(_tied(part) for part in plan.plans)
    return isinstance(plan, Each) or (not isinstance(plan, Entities) and _tied(plan.source))


# --- types ------------------------------------------------------------------------------------------------------


def _typed(plan: Plan, ontology: Ontology, each: Types) -> Types:
    """Types of the members, checking every step on the way; ``each`` are the types of the row at hand."""
    if isinstance(plan, Each):
        return each
    if isinstance(plan, Entities):
        return ontology.family(plan.type) if plan.type is not None else None
    if isinstance(plan, Follow):
        return _after(plan, _typed(plan.source, ontology, each), ontology)
    if isinstance(plan, UnionOf | Intersect):
        return _combined(plan, [_typed(part, ontology, each) for part in plan.plans])
    source = next((_typed(child, ontology, each) for child in children(plan)), None)
    if isinstance(plan, Where | Value):
        near, _ = ontology.ends(plan.predicate)
        if source is not None and near and not source & near:
            raise PlanInvalid(f"{plan.predicate!r} is said of {_list(near)}, not of {_list(source)}")
    rest = list(children(plan))[1:]
    bound = _bound(plan)
    for child in rest:
        _typed(child, ontology, source if any(child is one for one in bound) else each)
    for one in bound:
        _typed(one, ontology, source)
    if isinstance(plan, At | Diff | Suppose | Having | Only | Minus | Top | Where):
        return source
    return None


def _after(plan: Follow, source: Types, ontology: Ontology) -> Types:
    near, far = ontology.ends(plan.predicate, plan.direction)
    if ontology.predicates[plan.predicate].symmetric:
        near = far = near | far
    if source is not None and near and not source & near:
        raise PlanInvalid(f"{plan.predicate!r} ({plan.direction}) starts from {_list(near)}, not from {_list(source)}")
    if plan.type is None:
        return far or None
    kept = ontology.family(plan.type) & far if far else ontology.family(plan.type)
    if not kept:
        raise PlanInvalid(f"{plan.predicate!r} ({plan.direction}) leads to {_list(far)}, never to {plan.type}")
    return kept


def _combined(plan: UnionOf | Intersect, parts: list[Types]) -> Types:
    known = [part for part in parts if part is not None]
    if isinstance(plan, UnionOf):
        return frozenset().union(*known) if len(known) == len(parts) else None
    if not known:
        return None
    common = frozenset.intersection(*known)
    if not common:
        raise PlanInvalid(f"nothing is both of {' and of '.join(_list(part) for part in known)}")
    return common


def _list(types: frozenset[str]) -> str:
    return " or ".join(sorted(types))
