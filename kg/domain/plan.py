"""Plans: the typed reading of a question. Set expressions over the graph and what is asked of them.

A plan is built of set expressions (``entities``, ``each``, ``follow``, ``where``, ``having``, ``union``,
``intersect``, ``minus``) and at most one operator on top (``count``, ``rank``, ``paths``).
Inside ``having`` and ``rank`` the leaf ``each`` stands for the row at hand.

The JSON form is canonical: one object per operator with the key ``op``; ``to_json`` and ``from_json`` are inverse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Union, cast, get_args
from typing import Literal as OneOf

from kg.domain.fact import EntityId
from kg.domain.ontology import Direction
from kg.errors import PlanInvalid

Comparator = OneOf["=", "!=", "<", "<=", ">", ">=", "contains"]
Quantifier = OneOf["some", "none", "at_least", "at_most", "exactly"]
MAX_DEPTH = 24
MAX_HOPS = 6
MAX_TOP = 1000


@dataclass(frozen=True, slots=True)
class Entities:
    """The entities of these ids, or every active entity of a type."""

    ids: tuple[EntityId, ...] = ()
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Each:
    """The row at hand, inside ``having`` and ``rank``."""


@dataclass(frozen=True, slots=True)
class Follow:
    """What one step along a predicate reaches from a set; ``type`` keeps only that type."""

    source: SetPlan
    predicate: str
    direction: Direction
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """Members with a literal fact that compares so."""

    source: SetPlan
    predicate: str
    comparator: Comparator
    value: str


@dataclass(frozen=True, slots=True)
class Having:
    """Members for which the sub-plan over ``each`` finds some, none or so many."""

    source: SetPlan
    quantifier: Quantifier
    plan: SetPlan
    number: int = 1


@dataclass(frozen=True, slots=True)
class UnionOf:
    """Members of any."""

    plans: tuple[SetPlan, ...]


@dataclass(frozen=True, slots=True)
class Intersect:
    """Members of all."""

    plans: tuple[SetPlan, ...]


@dataclass(frozen=True, slots=True)
class Minus:
    """Members of the first that are not in the second."""

    source: SetPlan
    without: SetPlan


@dataclass(frozen=True, slots=True)
class Count:
    """How many, and of how many where a wider set is given."""

    source: SetPlan
    of: SetPlan | None = None


@dataclass(frozen=True, slots=True)
class Rank:
    """Members ordered by how many the sub-plan over ``each`` finds; the first ``top`` and their ties."""

    source: SetPlan
    by: SetPlan
    order: OneOf["most", "fewest"] = "most"
    top: int = 1


@dataclass(frozen=True, slots=True)
class Paths:
    """Shortest chains of facts between two sets."""

    start: SetPlan
    end: SetPlan
    max_hops: int = 4


SetPlan = Union[Entities, Each, Follow, Where, Having, UnionOf, Intersect, Minus]  # noqa: UP007 (names ahead)
Plan = Union[SetPlan, Count, Rank, Paths]  # noqa: UP007

_OPS: dict[str, type[Any]] = {
    "entities": Entities,
    "each": Each,
    "follow": Follow,
    "where": Where,
    "having": Having,
    "union": UnionOf,
    "intersect": Intersect,
    "minus": Minus,
    "count": Count,
    "rank": Rank,
    "paths": Paths,
}
_NAMES = {cls: op for op, cls in _OPS.items()}
_SETS = get_args(SetPlan)
_CHOICES: dict[str, tuple[Any, ...]] = {
    "direction": get_args(Direction),
    "comparator": get_args(Comparator),
    "quantifier": get_args(Quantifier),
    "order": ("most", "fewest"),
}
_BOUNDS = {"max_hops": (1, MAX_HOPS), "top": (1, MAX_TOP), "number": (0, 1_000_000)}


def as_set(plan: Plan | None) -> SetPlan:
    """The plan as a set expression. Raises PlanInvalid for an operator that only stands on top."""
    if not isinstance(plan, _SETS):
        raise PlanInvalid(f"not a set expression: {plan!r}")
    return cast("SetPlan", plan)


def children(plan: Plan) -> Iterator[SetPlan]:
    """The set expressions directly inside, in field order."""
    for field in fields(plan):
        value = getattr(plan, field.name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, _SETS):
                yield item


def walk(plan: Plan) -> Iterator[Plan]:
    """The plan and everything inside, outermost first."""
    yield plan
    for child in children(plan):
        yield from walk(child)


def to_json(plan: Plan) -> dict[str, Any]:
    """The canonical JSON form; fields at their default are left out."""
    out: dict[str, Any] = {"op": _NAMES[type(plan)]}
    for field in fields(plan):
        value = getattr(plan, field.name)
        if value == field.default:
            continue
        if isinstance(value, tuple):
            out[field.name] = [to_json(v) if isinstance(v, _SETS) else v for v in value]
        else:
            out[field.name] = to_json(value) if isinstance(value, _SETS) else value
    return out


def from_json(document: Any) -> Plan:
    """Read the JSON form. Raises PlanInvalid naming the place."""
    plan = _read(document, "plan", 0)
    assert_placed(plan)
    return plan


def _read(document: Any, where: str, depth: int) -> Plan:
    if depth > MAX_DEPTH:
        raise PlanInvalid(f"{where}: deeper than {MAX_DEPTH} operators")
    op = document.get("op") if isinstance(document, dict) else None
    if not isinstance(op, str) or op not in _OPS:
        raise PlanInvalid(f"{where}: expected an object whose op is one of {', '.join(_OPS)}")
    cls = _OPS[op]
    known = {field.name: field for field in fields(cls)}
    if unknown := sorted(set(document) - set(known) - {"op"}):
        raise PlanInvalid(f"{where}: {document['op']} has no field {unknown[0]!r}")
    values = {name: _field(name, document[name], f"{where}.{name}", depth) for name in known if name in document}
    try:
        plan: Plan = cls(**values)
    except TypeError as exc:
        raise PlanInvalid(f"{where}: {document['op']} needs {', '.join(known)}") from exc
    if isinstance(plan, Entities) and bool(plan.ids) == (plan.type is not None):
        raise PlanInvalid(f"{where}: entities takes either ids or a type")
    return plan


def _field(name: str, value: Any, where: str, depth: int) -> Any:
    if name in ("plans", "ids"):
        if not isinstance(value, list) or not value:
            raise PlanInvalid(f"{where}: expected a list with members")
        if name == "ids":
            return tuple(_plain_text(item, where) for item in value)
        return tuple(_set(item, f"{where}.{i}", depth) for i, item in enumerate(value))
    if name in ("source", "plan", "without", "of", "by", "start", "end"):
        return None if name == "of" and value is None else _set(value, where, depth)
    if name in _CHOICES:
        if value not in _CHOICES[name]:
            raise PlanInvalid(f"{where}: {value!r} is not one of {', '.join(_CHOICES[name])}")
        return value
    if name in _BOUNDS:
        low, high = _BOUNDS[name]
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise PlanInvalid(f"{where}: expected a whole number from {low} to {high}")
        return value
    return None if name == "type" and value is None else _plain_text(value, where)


def _plain_text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise PlanInvalid(f"{where}: expected text")
    return value


def _set(value: Any, where: str, depth: int) -> SetPlan:
    plan = _read(value, where, depth + 1)
    if not isinstance(plan, _SETS):
        raise PlanInvalid(f"{where}: {_NAMES[type(plan)]} may stand on top of a plan only")
    return cast("SetPlan", plan)


def assert_placed(plan: Plan, *, inside: bool = False) -> None:
    """``each`` has a meaning only inside ``having`` and ``rank``."""
    if isinstance(plan, Each) and not inside:
        raise PlanInvalid("plan: each stands outside having and rank")
    for child in children(plan):
        bound = (isinstance(plan, Having) and child is plan.plan) or (isinstance(plan, Rank) and child is plan.by)
        assert_placed(child, inside=inside or bound)
