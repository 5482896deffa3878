"""Plans that do not fit the ontology or the graph are refused with the reason, before anything is read."""

from __future__ import annotations

import pytest

from kg.answer.execute import execute
from kg.domain.plan import (
    At,
    Count,
    Cover,
    Decide,
    Each,
    Entities,
    Follow,
    Group,
    Having,
    Intersect,
    Minus,
    Only,
    Pairs,
    Plan,
    Point,
    Rank,
    Suppose,
    Top,
    UnionOf,
    Value,
    Where,
)
from kg.errors import PlanInvalid
from tests.unit.answer.garden import ADA, run, views

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
        (Top(PLANTS, Entities(ids=(ADA,))), "has to start from each"),
        (Only(PLANTS, GROWERS, GROWERS), "has to start from each"),
        (Group(PLANTS, GROWERS), "has to start from each"),
        (Pairs(PLANTS, GROWERS), "has to start from each"),
        (Cover(GROWERS, PLANTS, PLANTS), "has to start from each"),
        (
            Follow(GROWERS, "stands_in", "out"),
            r"'stands_in' \(out\) starts from Herb or Plant or Tree, not from Grower",
        ),
        (Follow(GROWERS, "tends", "out", "Bed"), "leads to Herb or Plant or Tree, never to Bed"),
        (Where(GROWERS, "height", ">", "3"), "'height' is said of Herb or Plant or Tree, not of Grower"),
        (Where(PLANTS, "height", ">", "tall"), "'tall' is not a number, 'height' is one"),
        (Intersect((PLANTS, GROWERS)), "nothing is both of Herb or Plant or Tree and of Grower"),
        (Rank(PLANTS, value="tends"), "'tends' leads to entities: use follow"),
        (Value(PLANTS, "age"), "no predicate 'age'"),
        (Decide("triage", PLANTS), "no decision table 'triage' in the ontology"),
        (At(PLANTS, Point(("seeds@9",))), "no dataset version 'seeds@9' in this scope; there are people@1"),
        (Having(PLANTS, "some", Follow(Suppose(Each(), without=Each()), "stands_in", "out")), "for every row alike"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(plan: Plan, message: str) -> None:
    with pytest.raises(PlanInvalid, match=message):
        execute(plan, views())


@pytest.mark.parametrize(
    "plan", [Follow(PLANTS, "orbits", "out"), Where(PLANTS, "tends", "=", "x"), Value(PLANTS, "age")]
)
def test_a_plan_passed_in_is_refused_before_its_predicates_are_looked_up(plan: Plan) -> None:
    with pytest.raises(PlanInvalid):
        run(plan)


@pytest.mark.parametrize(
    ("sub_plan", "expected"),
    [
        (Intersect((TENDED_BY, Entities(ids=(ADA,)))), ["plant:PL-1", "plant:PL-2", "plant:PL-3"]),
        (Minus(TENDED_BY, Entities(ids=(ADA,))), ["plant:PL-2", "plant:PL-4"]),
        (Having(TENDED_BY, "some", Follow(Each(), "waters", "out")), ["plant:PL-2", "plant:PL-4"]),
    ],
)
def test_a_sub_plan_may_lean_on_sets_of_its_own(sub_plan: Plan, expected: list[str]) -> None:
    found = execute(Having(PLANTS, "some", sub_plan), views())  # type: ignore[arg-type]
    assert [row.entity for row in found.rows] == expected
