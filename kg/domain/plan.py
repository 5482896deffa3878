"""Plans: the typed reading of a question. Set expressions over the graph and what is asked of them.

A plan is built of set expressions, each of which stands for a set of entities, and at most one operator on top that
asks something of them. Inside ``having``, ``only``, ``rank``, ``top``, ``group``, ``pairs`` and ``cover`` the leaf
``each`` stands for the row at hand.

The JSON form is canonical: one object per operator with the key ``op``; ``to_json`` and ``from_json`` (in
``kg.domain.plan_json``) are inverse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Union, cast, get_args
from typing import Literal as OneOf

from kg.domain.fact import EntityId
from kg.domain.ontology import Direction
from kg.errors import PlanInvalid

Comparator = OneOf["=", "!=", "<", "<=", ">", ">=", "contains", "between", "overlaps", "known", "unknown"]
Quantifier = OneOf["some", "none", "at_least", "at_most", "exactly", "every"]
Order = OneOf["most", "fewest"]
Change = OneOf["added", "removed", "kept", "both"]
MAX_DEPTH = 24
MAX_HOPS = 6
MAX_TOP = 1000
MAX_COVER = 20
MAX_LISTED = 1000
MAX_PARTS = 20
MAX_OPERATORS = 500
"""What a question is read as has a few dozen at most."""
RECORDED = "recorded"
"""As an input that is given to ``decide``: what the graph says, beside a value that is supposed."""


@dataclass(frozen=True, slots=True)
class Point:
    """A state of the graph to read at: dataset versions (``NAME@VERSION``) in place of the current ones, and a day."""

    datasets: tuple[str, ...] = ()
    as_of: str | None = None
    """The day on which facts have to be valid, ISO 8601."""


# --- set expressions ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entities:
    """The entities of these ids, or every active entity of a type (or every withdrawn one)."""

    ids: tuple[EntityId, ...] = ()
    type: str | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Each:
    """The row at hand."""


@dataclass(frozen=True, slots=True)
class Follow:
    """What one step along a predicate reaches from a set; ``type`` keeps only that type.

    With ``repeat``, what any number of steps reaches, without the members it started from.
    """

    source: SetPlan
    predicate: str
    direction: Direction
    type: str | None = None
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class Where:
    """Members with a literal fact that compares so; ``upper`` ends ``between`` and ``overlaps``, both ends included."""

    source: SetPlan
    predicate: str
    comparator: Comparator
    value: str = ""
    upper: str = ""


@dataclass(frozen=True, slots=True)
class Having:
    """Members for which the sub-plan over ``each`` finds some, none, so many, or ``every`` member of ``of``."""

    source: SetPlan
    quantifier: Quantifier
    plan: SetPlan
    number: int = 1
    of: SetPlan | None = None


@dataclass(frozen=True, slots=True)
class Only:
    """Members for which the sub-plan over ``each`` finds something, and nothing but members of ``within``."""

    source: SetPlan
    plan: SetPlan
    within: SetPlan


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
class Top:
    """The first ``number`` members and their ties, by how many ``by`` finds for each or by a literal value."""

    source: SetPlan
    by: SetPlan | None = None
    value: str | None = None
    order: Order = "most"
    number: int = 1


@dataclass(frozen=True, slots=True)
class At:
    """The set as it is read at another point."""

    source: SetPlan
    point: Point


@dataclass(frozen=True, slots=True)
class Diff:
    """Members that the set gained, lost or kept between two points; ``both`` (on top only) is gained and lost."""

    source: SetPlan
    before: Point
    after: Point
    change: Change = "added"


@dataclass(frozen=True, slots=True)
class Suppose:
    """The set as it would be without some entities, or with nothing of their types but ``only`` these."""

    source: SetPlan
    without: SetPlan | None = None
    only: SetPlan | None = None


# --- what is asked --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Count:
    """How many, and of how many where a wider set is given."""

    source: SetPlan
    of: SetPlan | None = None


@dataclass(frozen=True, slots=True)
class Rank:
    """Members ordered by how many ``by`` finds for each (as a share of ``of`` where given) or by a literal value.

    The first ``top`` and their ties.
    """

    source: SetPlan
    by: SetPlan | None = None
    value: str | None = None
    of: SetPlan | None = None
    order: Order = "most"
    top: int = 1


@dataclass(frozen=True, slots=True)
class Group:
    """Members by what ``by`` finds for each, or by a literal value; ``counted`` gives numbers in place of members."""

    source: SetPlan
    by: SetPlan | None = None
    value: str | None = None
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Pairs:
    """Every member with everything ``by`` finds for it; ``unordered`` gives each two once."""

    source: SetPlan
    by: SetPlan
    unordered: bool = False


@dataclass(frozen=True, slots=True)
class Compare:
    """The sizes of several sets, each as a share of its ``of`` where given; ``order`` says which one is asked for."""

    options: tuple[SetPlan, ...]
    labels: tuple[str, ...]
    of: tuple[SetPlan, ...] = ()
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """The ``number`` members that together reach most of ``targets``, through ``by`` over ``each``."""

    source: SetPlan
    targets: SetPlan
    by: SetPlan
    number: int = 2


@dataclass(frozen=True, slots=True)
class Paths:
    """Shortest chains of facts between two sets.

    ``along`` names a predicate whose records explain themselves: the chains are then those of the records that say it
    of the two ends; or one that repeats steps: the chains are then of these steps, from ``start`` to ``end``.
    """

    start: SetPlan
    end: SetPlan
    max_hops: int = 4
    along: str | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """The values of a literal predicate."""

    source: SetPlan
    predicate: str


@dataclass(frozen=True, slots=True)
class Test:
    """Whether the set has a member, or (``every``) whether all members of ``of`` are in it.

    ``presumed`` says that the question takes it for granted and asks for the reason.
    """

    source: SetPlan
    of: SetPlan | None = None
    presumed: bool = False


@dataclass(frozen=True, slots=True)
class Decide:
    """What a decision table says of the members; ``given`` holds inputs that the question gives, by name.

    An input with several values is decided once for each of them.
    """

    table: str
    source: SetPlan
    given: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Passages:
    """Sentences of the members' texts that hold all of these words."""

    source: SetPlan
    text: str


@dataclass(frozen=True, slots=True)
class Parts:
    """Several things asked in one question, in order."""

    plans: tuple[Plan, ...]


SetPlan = Union[Entities, Each, Follow, Where, Having, Only, UnionOf, Intersect, Minus, Top, At, Diff, Suppose]  # noqa: UP007 (names ahead)
Asked = Union[Count, Rank, Group, Pairs, Compare, Cover, Paths, Value, Test, Decide, Passages]  # noqa: UP007
Plan = Union[SetPlan, Asked, Parts]  # noqa: UP007

SETS = get_args(SetPlan)
EACH_FIELDS = {
    Having: ("plan",),
    Only: ("plan",),
    Rank: ("by", "of"),
    Top: ("by",),
    Group: ("by",),
    Pairs: ("by",),
    Cover: ("by",),
}
"""Fields in which ``each`` stands for the members of ``source``."""


def as_set(plan: Plan | None) -> SetPlan:
    """The plan as a set expression. Raises PlanInvalid for an operator that only stands on top."""
    if not isinstance(plan, SETS):
        raise PlanInvalid(f"not a set expression: {plan!r}")
    return cast("SetPlan", plan)


def children(plan: Plan) -> Iterator[SetPlan]:
    """The set expressions directly inside, in field order."""
    for name in plan.__dataclass_fields__:
        value = getattr(plan, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, SETS):
                yield item


def walk(plan: Plan) -> Iterator[Plan]:
    """The plan and everything inside, outermost first."""
    yield plan
    for child in plan.plans if isinstance(plan, Parts) else children(plan):
        yield from walk(child)


def predicates_of(plan: Plan) -> Iterator[str]:
    """The predicates that its sets and values are read by."""
    for part in walk(plan):
        if isinstance(part, Follow | Where | Value):
            yield part.predicate
        elif isinstance(part, Rank | Top | Group) and part.value is not None:
            yield part.value


def uses_each(plan: Plan) -> bool:
    """Whether the row at hand of an enclosing operator stands in the plan."""
    if isinstance(plan, Each):
        return True
    bound = EACH_FIELDS.get(type(plan), ())
    for name in plan.__dataclass_fields__:
        value = getattr(plan, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, SETS) and name not in bound and uses_each(cast("SetPlan", item)):
                return True
    return False


def assert_placed(plan: Plan, *, inside: bool = False) -> None:
    """``each`` has a meaning only where an operator binds it. Raises PlanInvalid."""
    if isinstance(plan, Each) and not inside:
        raise PlanInvalid("plan: each stands outside having, only, rank, top, group, pairs and cover")
    if isinstance(plan, Parts):
        for part in plan.plans:
            assert_placed(part)
        return
    bound = EACH_FIELDS.get(type(plan), ())
    for name in plan.__dataclass_fields__:
        value: Any = getattr(plan, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, SETS):
                assert_placed(cast("SetPlan", item), inside=inside or name in bound)
