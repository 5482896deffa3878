"""Whether a plan fits the ontology, and how its literals compare."""

from __future__ import annotations

from kg.domain.ontology import Ontology
from kg.domain.plan import Each, Entities, Follow, Having, Intersect, Plan, Rank, SetPlan, UnionOf, Where, children
from kg.errors import PlanInvalid


def validate(plan: Plan, ontology: Ontology) -> None:
    """Refuse types and predicates that the ontology does not have."""
    if isinstance(plan, Entities | Follow) and plan.type is not None and plan.type not in ontology.types:
        raise PlanInvalid(f"no type {plan.type!r} in the ontology")
    if isinstance(plan, Follow | Where):
        predicate = ontology.predicates.get(plan.predicate)
        if predicate is None:
            raise PlanInvalid(f"no predicate {plan.predicate!r} in the ontology")
        if (predicate.value is not None) != isinstance(plan, Where):
            hint = "is a literal: use where" if predicate.value else "leads to entities: use follow"
            raise PlanInvalid(f"{plan.predicate!r} {hint}")
    if isinstance(plan, Having | Rank) and not _tied(plan.plan if isinstance(plan, Having) else plan.by):
        raise PlanInvalid("what having and rank look for has to start from each")
    for child in children(plan):
        validate(child, ontology)


def _tied(plan: SetPlan) -> bool:
    """Whether every member that the sub-plan finds belongs to a row at hand."""
    if isinstance(plan, UnionOf | Intersect):
        return (all if isinstance(plan, UnionOf) else any)(_tied(part) for part in plan.plans)
    return isinstance(plan, Each) or (not isinstance(plan, Entities) and _tied(plan.source))


def compares(actual: str, plan: Where, datatype: str) -> bool:
    """Whether a literal compares to the plan's value as asked. Raises PlanInvalid for a value that is no number."""
    left: str | float = actual.casefold()
    right: str | float = plan.value.casefold()
    if datatype == "number":
        try:
            left, right = float(actual), float(plan.value)
        except ValueError as exc:
            raise PlanInvalid(f"{plan.value!r} is not a number, {plan.predicate!r} is one") from exc
    elif plan.comparator == "contains":
        return str(right) in str(left)
    tests = {"=": left == right, "!=": left != right}
    if plan.comparator in tests:
        return tests[plan.comparator]
    below, equal = left < right, left == right  # type: ignore[operator]
    return {"<": below, "<=": below or equal, ">": not below and not equal, ">=": not below}.get(plan.comparator, False)
