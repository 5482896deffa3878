"""Random plans over given types, predicates and ids."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from kg.domain.plan import (
    At,
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
    Pairs,
    Parts,
    Passages,
    Paths,
    Plan,
    Point,
    Rank,
    SetPlan,
    Suppose,
    Test,
    Top,
    UnionOf,
    Value,
    Where,
)

COMPARATORS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
QUANTIFIERS = st.sampled_from(["some", "none", "at_least", "at_most", "exactly"])
DIRECTIONS = st.sampled_from(["out", "in"])
ORDERS = st.sampled_from(["most", "fewest"])


@dataclass(frozen=True)
class Names:
    """What plans may speak of."""

    types: tuple[str, ...]
    predicates: tuple[str, ...]
    literals: tuple[str, ...]
    ids: tuple[str, ...]
    values: tuple[str, ...]
    points: tuple[Point, ...]


def entities(names: Names) -> st.SearchStrategy[Entities]:
    ids = st.lists(st.sampled_from(names.ids), min_size=1, max_size=3, unique=True).map(tuple)
    return st.one_of(
        st.builds(Entities, type=st.sampled_from(names.types), withdrawn=st.booleans()), st.builds(Entities, ids=ids)
    )


def conditions(names: Names, source: st.SearchStrategy[SetPlan]) -> st.SearchStrategy[Where]:
    literals, values = st.sampled_from(names.literals), st.sampled_from(names.values)
    return st.one_of(
        st.builds(Where, source, literals, COMPARATORS, values),
        st.builds(Where, source, literals, st.just("between"), values, values),
        st.builds(Where, source, literals, st.sampled_from(["known", "unknown"])),
    )


def set_plans(names: Names, depth: int = 3, *, tied: bool = False) -> st.SearchStrategy[SetPlan]:
    """Set expressions; tied ones start from ``each``, as a sub-plan of ``having`` and ``rank`` does."""
    leaves: st.SearchStrategy[SetPlan] = st.builds(Each) if tied else entities(names)
    if depth == 0:
        return leaves
    inner = set_plans(names, depth - 1, tied=tied)
    free = set_plans(names, depth - 1)
    by = set_plans(names, depth - 1, tied=True)
    types = st.one_of(st.none(), st.sampled_from(names.types))
    predicates = st.sampled_from(names.predicates)
    points = st.sampled_from(names.points)
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    changes = st.sampled_from(["added", "removed", "kept"])
    return st.one_of(
        leaves,
        st.builds(Follow, inner, predicates, DIRECTIONS, types, repeat=st.booleans()),
        conditions(names, inner),
        st.builds(Having, inner, QUANTIFIERS, by, st.integers(0, 3)),
        st.builds(Having, inner, st.just("every"), by, of=free),
        st.builds(Only, inner, by, free),
        st.builds(UnionOf, several),
        st.builds(Intersect, st.tuples(inner, free)),
        st.builds(Intersect, several),
        st.builds(Minus, inner, free),
        st.builds(Minus, inner, inner),
        st.builds(Top, inner, by, order=ORDERS, number=st.integers(1, 3)),
        st.builds(Top, inner, value=st.sampled_from(names.literals), order=ORDERS, number=st.integers(1, 3)),
        st.builds(At, inner, points),
        st.builds(Diff, inner, points, points, changes),
        st.builds(Suppose, inner, without=free),
        st.builds(Suppose, inner, only=free),
    )


def asked_plans(names: Names, depth: int = 3) -> st.SearchStrategy[Plan]:
    """What is asked of sets."""
    sets, tied = set_plans(names, depth), set_plans(names, depth - 1, tied=True)
    literals = st.sampled_from(names.literals)
    none_or_tied = st.one_of(st.none(), tied)
    orders = st.one_of(st.none(), ORDERS)
    return st.one_of(
        st.builds(Count, sets, st.one_of(st.none(), sets)),
        st.builds(Rank, sets, tied, of=none_or_tied, order=ORDERS, top=st.integers(1, 5)),
        st.builds(Rank, sets, value=literals, order=ORDERS, top=st.integers(1, 5)),
        st.builds(Group, sets, tied, counted=st.booleans()),
        st.builds(Group, sets, value=literals, counted=st.booleans()),
        st.builds(Pairs, sets, tied),
        st.builds(Compare, st.tuples(sets, sets), st.just(("a", "b")), order=orders),
        st.builds(Compare, st.tuples(sets, sets), st.just(("a", "b")), st.tuples(sets, sets), orders),
        st.builds(Cover, sets, sets, tied, st.integers(1, 3)),
        st.builds(Paths, sets, sets, st.integers(1, 6)),
        st.builds(Value, sets, literals),
        st.builds(Test, sets, st.one_of(st.none(), sets), st.booleans()),
    )


def plans(names: Names, depth: int = 3) -> st.SearchStrategy[Plan]:
    sets, asked = set_plans(names, depth), asked_plans(names, depth)
    given = st.dictionaries(st.sampled_from(["a", "b"]), st.lists(st.sampled_from(names.values), min_size=1).map(tuple))
    single = st.one_of(
        sets,
        asked,
        st.builds(Decide, st.just("table"), sets, given.map(lambda one: tuple(sorted(one.items())))),
        st.builds(Passages, sets, st.sampled_from(names.values)),
        st.builds(Diff, sets, st.sampled_from(names.points), st.sampled_from(names.points), st.just("both")),
    )
    return st.one_of(single, st.builds(Parts, st.lists(single, min_size=1, max_size=3).map(tuple)))
