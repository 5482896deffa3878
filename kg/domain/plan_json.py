"""Plans as JSON and back. Fields at their default are left out, so that a plan has one form."""

from __future__ import annotations

import functools
import itertools
import json
import unicodedata
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from typing import Any, cast, get_args

from kg.domain.ontology import Direction
from kg.domain.plan import (
    MAX_COVER,
    MAX_DEPTH,
    MAX_HOPS,
    MAX_LISTED,
    MAX_OPERATORS,
    MAX_PARTS,
    MAX_TOP,
    SETS,
    At,
    Change,
    Comparator,
    Compare,
    Count,
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
    Order,
    Pairs,
    Parts,
    Passages,
    Paths,
    Plan,
    Point,
    Quantifier,
    Rank,
    SetPlan,
    Suppose,
    Test,
    Top,
    UnionOf,
    Value,
    Where,
    assert_placed,
    walk,
)
from kg.domain.words import fold
from kg.errors import PlanInvalid

OPS: dict[str, type[Any]] = {
    "entities": Entities,
    "each": Each,
    "follow": Follow,
    "where": Where,
    "having": Having,
    "only": Only,
    "union": UnionOf,
    "intersect": Intersect,
    "minus": Minus,
    "top": Top,
    "at": At,
    "diff": Diff,
    "suppose": Suppose,
    "count": Count,
    "rank": Rank,
    "group": Group,
    "pairs": Pairs,
    "compare": Compare,
    "cover": Cover,
    "paths": Paths,
    "value": Value,
    "test": Test,
    "decide": Decide,
    "passages": Passages,
    "parts": Parts,
}
_NAMES = {cls: op for op, cls in OPS.items()}
_CHOICES: dict[str, tuple[Any, ...]] = {
    "direction": get_args(Direction),
    "comparator": get_args(Comparator),
    "quantifier": get_args(Quantifier),
    "order": get_args(Order),
    "change": get_args(Change),
}
_BOUNDS = {
    "max_hops": (1, MAX_HOPS),
    "top": (1, MAX_TOP),
    "having.number": (0, 1_000_000),
    "top.number": (1, MAX_TOP),
    "cover.number": (1, MAX_COVER),
}
_SETS = ("source", "plan", "without", "by", "start", "end", "within", "only", "targets")
_FLAGS = ("withdrawn", "repeat", "counted", "presumed", "unordered")
_OPTIONAL = ("type", "along", "of", "by", "without", "only", "as_of", "order")
_PLAIN = ("upper",)
"""Texts that may be empty."""


def to_json(plan: Plan) -> dict[str, Any]:
    """The canonical JSON form; fields at their default are left out."""
    out: dict[str, Any] = {"op": _NAMES[type(plan)]}
    for field in fields(plan):
        value = getattr(plan, field.name)
        if value != field.default:
            out[field.name] = _given(value) if field.name == "given" else _json(value)
    return out


def _json(value: Any) -> Any:
    if type(value) in _NAMES:
        return to_json(value)
    if isinstance(value, Point):
        return {field.name: _json(getattr(value, field.name)) for field in fields(value) if getattr(value, field.name)}
    return [_json(item) for item in value] if isinstance(value, tuple) else value


def _given(value: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, list[str]]:
    return {name: list(values) for name, values in value}


def from_json(document: Any) -> Plan:
    """Read the JSON form. Raises PlanInvalid naming the place."""
    plan = _read(document, "plan", 0)
    if sum(1 for _ in itertools.islice(walk(plan), MAX_OPERATORS + 1)) > MAX_OPERATORS:
        raise PlanInvalid(f"plan: more than {MAX_OPERATORS} operators")
    assert_placed(plan)
    return plan


def set_from_json(document: Any) -> SetPlan:
    """Read a set expression over ``each``, as ontologies hold them. Raises PlanInvalid."""
    return _set(document, "plan", 0)


@functools.lru_cache(maxsize=256)
def plan_of(text: str) -> SetPlan:
    """A set expression over ``each`` as an ontology keeps it, in JSON text."""
    return set_from_json(json.loads(text))


def _read(document: Any, where: str, depth: int) -> Plan:
    if depth > MAX_DEPTH:
        raise PlanInvalid(f"{where}: deeper than {MAX_DEPTH} operators")
    op = document.get("op") if isinstance(document, dict) else None
    if not isinstance(op, str) or op not in OPS:
        raise PlanInvalid(f"{where}: expected an object whose op is one of {', '.join(OPS)}")
    cls = OPS[op]
    known = {field.name: field for field in fields(cls)}
    if unknown := sorted(set(document) - set(known) - {"op"}):
        raise PlanInvalid(f"{where}: {op} has no field {unknown[0]!r}")
    values = {name: _field(op, name, document[name], f"{where}.{name}", depth) for name in known if name in document}
    try:
        plan: Plan = cls(**values)
    except TypeError as exc:
        raise PlanInvalid(f"{where}: {op} needs {', '.join(known)}") from exc
    _check(plan, where, depth)
    return plan


def _check(plan: Plan, where: str, depth: int) -> None:  # noqa: C901, PLR0912 (one rule an operator)
    """What the fields of one operator have to be together. Raises PlanInvalid."""
    problem = None
    if isinstance(plan, Entities) and bool(plan.ids) == (plan.type is not None):
        problem = "entities takes either ids or a type"
    elif isinstance(plan, Where) and (plan.comparator in ("known", "unknown")) != (not plan.value):
        problem = f"where {plan.comparator} takes {'no value' if plan.value else 'a value'}"
    elif isinstance(plan, Where) and (plan.comparator in ("between", "overlaps")) != bool(plan.upper):
        problem = "where takes upper with between and overlaps only, and these need it"
    elif isinstance(plan, Having) and (plan.quantifier == "every") != (plan.of is not None):
        problem = "having takes `of` with the quantifier every only, which needs it"
    elif isinstance(plan, Rank | Top | Group) and (plan.by is None) == (plan.value is None):
        problem = f"{_NAMES[type(plan)]} takes either by or value"
    elif isinstance(plan, Rank) and plan.of is not None and plan.by is None:
        problem = "rank takes `of` together with by only"
    elif isinstance(plan, Compare) and len(plan.labels) != len(plan.options):
        problem = "compare needs one label an option"
    elif isinstance(plan, Compare) and len(set(plan.labels)) < len(plan.labels):
        problem = "compare needs labels that differ"
    elif isinstance(plan, Compare) and plan.of and len(plan.of) != len(plan.options):
        problem = "compare needs one `of` an option, or none"
    elif isinstance(plan, Suppose) and (plan.without is None) == (plan.only is None):
        problem = "suppose takes either without or only"
    elif isinstance(plan, Passages) and not fold(plan.text):
        problem = "passages needs a word to look for"
    elif isinstance(plan, Parts) and len(plan.plans) > MAX_PARTS:
        problem = f"more than {MAX_PARTS} parts"
    elif isinstance(plan, Parts) and depth:
        problem = "parts may stand on top of a plan only"
    if problem is not None:
        raise PlanInvalid(f"{where}: {problem}")


def _field(op: str, name: str, value: Any, where: str, depth: int) -> Any:  # noqa: C901, PLR0911 (one kind of field each)
    if value is None and name in _OPTIONAL:
        return None
    if name in ("plans", "options") or (name == "of" and op == "compare"):
        read: Callable[[Any, str, int], Plan] = _read_part if op == "parts" else _set
        return tuple(read(item, f"{where}.{i}", depth) for i, item in enumerate(_members(value, where)))
    if name in ("ids", "labels", "datasets"):
        return tuple(_plain_text(item, where) for item in _members(value, where))
    if name == "given":
        return _read_given(value, where)
    if name in ("point", "before", "after"):
        return _point(value, where)
    if name in _SETS or (name == "of"):
        return _set(value, where, depth)
    if name in _FLAGS:
        if not isinstance(value, bool):
            raise PlanInvalid(f"{where}: expected true or false")
        return value
    if name in _CHOICES:
        if value not in _CHOICES[name]:
            raise PlanInvalid(f"{where}: {value!r} is not one of {', '.join(_CHOICES[name])}")
        return value
    low, high = _BOUNDS.get(f"{op}.{name}") or _BOUNDS.get(name) or (0, -1)
    if low <= high:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise PlanInvalid(f"{where}: expected a whole number from {low} to {high}")
        return value
    return value if value == "" and name in _PLAIN else _plain_text(value, where)


def _members(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise PlanInvalid(f"{where}: expected a list with members")
    if len(value) > MAX_LISTED:
        raise PlanInvalid(f"{where}: more than {MAX_LISTED:,} members")
    return value


def _plain_text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise PlanInvalid(f"{where}: expected text")
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in value):
        raise PlanInvalid(f"{where}: expected text without control characters and half characters")
    return value


def _read_given(value: Any, where: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, dict) or not value:
        raise PlanInvalid(f"{where}: expected inputs with their values")
    return tuple(
        (name, tuple(_plain_text(one, f"{where}.{name}") for one in _members(values, f"{where}.{name}")))
        for name, values in sorted(value.items())
    )


def _point(value: Any, where: str) -> Point:
    if not isinstance(value, dict) or set(value) - {"datasets", "as_of"}:
        raise PlanInvalid(f"{where}: expected datasets (NAME@VERSION), as_of (a day), both, or neither for now")
    datasets = tuple(_plain_text(item, f"{where}.datasets") for item in value.get("datasets", ()))
    as_of = value.get("as_of")
    if as_of is not None:
        try:
            as_of = date.fromisoformat(as_of).isoformat()
        except (TypeError, ValueError) as exc:
            raise PlanInvalid(f"{where}.as_of: {as_of!r} is not a day; write it like 2026-03-31") from exc
    return Point(datasets, as_of)


def _read_part(value: Any, where: str, depth: int) -> Plan:
    return _read(value, where, depth + 1)


def _set(value: Any, where: str, depth: int) -> SetPlan:
    plan = _read(value, where, depth + 1)
    if not isinstance(plan, SETS):
        raise PlanInvalid(f"{where}: {_NAMES[type(plan)]} may stand on top of a plan only")
    if isinstance(plan, Diff) and plan.change == "both":
        raise PlanInvalid(f"{where}: a diff of both gains and losses may stand on top of a plan only")
    return cast("SetPlan", plan)
