"""Literal tests: how a value, or a stretch between two dates, compares with what a plan asks for."""

from __future__ import annotations

from kg.answer.steps import Reader
from kg.domain.fact import EntityId, Fact, FactId, Literal
from kg.domain.ontology import Predicate
from kg.domain.plan import Where
from kg.domain.words import fold
from kg.errors import PlanInvalid


def holds(plan: Where, spec: Predicate, ids: set[EntityId], reader: Reader) -> dict[EntityId, tuple[FactId, ...]]:
    """The entities that a test is true of (or, for ``unknown``, that a value is known of), with the facts."""
    if spec.during:
        return _during(plan, spec.during, ids, reader)
    holding: dict[EntityId, tuple[FactId, ...]] = {}
    for fact in reader.facts(ids, plan.predicate, "out"):
        if isinstance(fact.object, Literal) and compares(fact.object.value, plan, spec):
            reader.keep([fact])
            holding[fact.subject] = (*holding.get(fact.subject, ()), fact.id)
    return holding


def _during(
    plan: Where, ends: tuple[str, str], ids: set[EntityId], reader: Reader
) -> dict[EntityId, tuple[FactId, ...]]:
    first, last = ({f.subject: f for f in reader.facts(ids, name, "out")} for name in ends)
    holding: dict[EntityId, tuple[FactId, ...]] = {}
    for entity in sorted(first.keys() | last.keys()):
        facts = [found[entity] for found in (first, last) if entity in found]
        if overlaps(_value_of(first.get(entity)), _value_of(last.get(entity)), plan):
            reader.keep(facts)
            holding[entity] = tuple(fact.id for fact in facts)
    return holding


def _value_of(fact: Fact | None) -> str | None:
    return fact.object.value if fact is not None and isinstance(fact.object, Literal) else None


def number(text: str, predicate: str) -> float:
    """The number. Raises PlanInvalid for text that is none."""
    try:
        return float(text)
    except ValueError as exc:
        raise PlanInvalid(f"{text!r} is not a number, {predicate!r} is one") from exc


def compares(actual: str, plan: Where, spec: Predicate) -> bool:
    """Whether a literal compares to the plan's value as asked."""
    if plan.comparator in ("known", "unknown"):
        return True
    left: str | float = fold(actual) if spec.value == "text" else actual.casefold()
    right: str | float = fold(plan.value) if spec.value == "text" else plan.value.casefold()
    upper: str | float = plan.upper
    if spec.value == "number":
        left, right = number(actual, spec.name), number(plan.value, spec.name)
        upper = number(plan.upper, spec.name) if plan.upper else right
    if plan.comparator == "contains":
        return str(right) in str(left)
    if plan.comparator in ("between", "overlaps"):
        return right <= left <= upper  # type: ignore[operator]
    tests = {"=": left == right, "!=": left != right}
    if plan.comparator in tests:
        return tests[plan.comparator]
    below, equal = left < right, left == right  # type: ignore[operator]
    return {"<": below, "<=": below or equal, ">": not below and not equal, ">=": not below}.get(plan.comparator, False)


def overlaps(start: str | None, end: str | None, plan: Where) -> bool:
    """Whether an interval (an end not known is open, but one has to be known) compares with the days of the plan."""
    if start is None and end is None:
        return False
    first, last = start or "", end or "9999"
    if plan.comparator in ("known", "unknown"):
        return True
    if plan.comparator in ("<", "<="):
        return first < plan.value if plan.comparator == "<" else first <= plan.value
    if plan.comparator in (">", ">="):
        return last > plan.value if plan.comparator == ">" else last >= plan.value
    return first <= (plan.upper or plan.value) and last >= plan.value
