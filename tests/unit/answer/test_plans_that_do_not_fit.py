"""Plans that do not fit the ontology or the graph are refused with the reason, before anything is read."""

from __future__ import annotations

import pytest

from kg.answer.execute import execute
from kg.domain.plan import Count, Each, Entities, Follow, Having, Intersect, Minus, Plan, Rank, UnionOf, Where
from kg.errors import PlanInvalid
from tests.unit.answer.garden import ADA, view

PLANTS, GROWERS = Entities(type="Plant"), Entities(type="Grower")
TENDED_BY = Follow(Each(), "tends", "in")


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (Entities(type="Planet"), "no type 'Planet' in the ontology"),
        (Entities(ids=("grower:GR-77",)), "no entity 'grower:GR-77' in this scope"),
        (Follow(PLANTS, "orbits", "out"), "no predicate 'orbits' in the ontology"),
        (Follow(PLANTS, "tends", "in", "Planet"), "no type 'Planet' in the ontology"),
        (Follow(PLANTS, "height", "out"), "'height' is a literal: use where"),
        (Where(GROWERS, "tends", "=", "x"), "'tends' leads to entities: use follow"),
        (Count(Having(PLANTS, "some", Follow(Each(), "orbits", "in"))), "no predicate 'orbits'"),
        (Having(PLANTS, "some", GROWERS), "has to start from each"),
        (Having(PLANTS, "none", Follow(GROWERS, "tends", "out")), "has to start from each"),
        (Having(PLANTS, "some", UnionOf((TENDED_BY, GROWERS))), "has to start from each"),
        (Having(PLANTS, "some", Minus(GROWERS, TENDED_BY)), "has to start from each"),
        (Rank(PLANTS, Entities(ids=(ADA,))), "has to start from each"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(plan: Plan, message: str) -> None:
    with pytest.raises(PlanInvalid, match=message):
        execute(plan, view())


@pytest.mark.parametrize(
    ("sub_plan", "expected"),
    [
        (Intersect((TENDED_BY, Entities(ids=(ADA,)))), ["plant:PL-1", "plant:PL-2", "plant:PL-3"]),
        (Minus(TENDED_BY, Entities(ids=(ADA,))), ["plant:PL-2", "plant:PL-4"]),
        (Having(TENDED_BY, "some", Follow(Each(), "waters", "out")), ["plant:PL-2", "plant:PL-4"]),
    ],
)
def test_a_sub_plan_may_lean_on_sets_of_its_own(sub_plan: Plan, expected: list[str]) -> None:
    found = execute(Having(PLANTS, "some", sub_plan), view())  # type: ignore[arg-type]
    assert [row.entity for row in found.rows] == expected
