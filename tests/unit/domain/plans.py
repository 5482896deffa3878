"""Random plans over given types, predicates and ids."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from kg.domain.plan import (
    Count,
    Each,
    Entities,
    Follow,
    Having,
    Intersect,
    Minus,
    Paths,
    Plan,
    Rank,
    SetPlan,
    UnionOf,
    Where,
)

COMPARATORS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
QUANTIFIERS = st.sampled_from(["some", "none", "at_least", "at_most", "exactly"])
DIRECTIONS = st.sampled_from(["out", "in"])


@dataclass(frozen=True)
class Names:
    """What plans may speak of."""

    types: tuple[str, ...]
    predicates: tuple[str, ...]
    literals: tuple[str, ...]
    ids: tuple[str, ...]
    values: tuple[str, ...]


def set_plans(names: Names, depth: int = 3, *, tied: bool = False) -> st.SearchStrategy[SetPlan]:
    """Set expressions; tied ones start from ``each``, as a sub-plan of ``having`` and ``rank`` does."""
    leaves: st.SearchStrategy[SetPlan] = (
        st.builds(Each)
        if tied
        else st.one_of(
            st.builds(Entities, type=st.sampled_from(names.types)),
            st.builds(
                Entities, ids=st.lists(st.sampled_from(names.ids), min_size=1, max_size=3, unique=True).map(tuple)
            ),
        )
    )
    if depth == 0:
        return leaves
    inner = set_plans(names, depth - 1, tied=tied)
    free = set_plans(names, depth - 1)
    types = st.one_of(st.none(), st.sampled_from(names.types))
    predicates = st.sampled_from(names.predicates)
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        leaves,
        st.builds(Follow, inner, predicates, DIRECTIONS, types),
        st.builds(Where, inner, st.sampled_from(names.literals), COMPARATORS, st.sampled_from(names.values)),
        st.builds(Having, inner, QUANTIFIERS, set_plans(names, depth - 1, tied=True), st.integers(0, 3)),
        st.builds(UnionOf, several),
        st.builds(Intersect, st.tuples(inner, free)),
        st.builds(Intersect, several),
        st.builds(Minus, inner, free),
        st.builds(Minus, inner, inner),
    )


def plans(names: Names, depth: int = 3) -> st.SearchStrategy[Plan]:
    sets, tied = set_plans(names, depth), set_plans(names, depth - 1, tied=True)
    return st.one_of(
        sets,
        st.builds(Count, sets, st.one_of(st.none(), sets)),
        st.builds(Rank, sets, tied, st.sampled_from(["most", "fewest"]), st.integers(1, 5)),
        st.builds(Paths, sets, sets, st.integers(1, 6)),
    )
