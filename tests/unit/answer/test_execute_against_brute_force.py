"""Executing plans gives what trying every entity gives, with witnesses that really connect."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kg.answer.execute import execute
from kg.domain.fact import Fact
from kg.domain.plan import Count, Having, Minus, Paths, Rank, SetPlan, walk
from kg.domain.result import Result
from tests.unit.answer.worlds import IDS, NAMES, World, distance, members, worlds
from tests.unit.domain.plans import set_plans

SETS = set_plans(NAMES)
TIED = set_plans(NAMES, 2, tied=True)


def monotone(plan: SetPlan) -> bool:
    """Whether more facts can only add members."""
    return not any(
        isinstance(part, Minus) or (isinstance(part, Having) and part.quantifier in ("none", "at_most", "exactly"))
        for part in walk(plan)
    )


def witnesses(result: Result) -> list[Fact]:
    return [result.facts[fact] for row in result.rows for fact in row.witness]


@given(worlds(), SETS)
def test_a_set_has_the_members_that_brute_force_finds(world: World, plan: SetPlan) -> None:
    assert {row.entity for row in execute(plan, world.view()).rows} == members(plan, world)


@given(worlds(), SETS)
def test_every_witness_is_a_fact_of_the_graph(world: World, plan: SetPlan) -> None:
    view = world.view()
    found = execute(plan, view)
    used = {fact.id: fact for fact in witnesses(found)}
    assert view.facts(used) == used


@given(worlds(), SETS.filter(monotone))
def test_a_row_stands_on_its_witnesses_alone(world: World, plan: SetPlan) -> None:
    found = execute(plan, world.view())
    for row in found.rows:
        alone = world.only([found.facts[fact] for fact in row.witness])
        assert row.entity in members(plan, alone), row


@given(worlds(), SETS, st.one_of(st.none(), SETS))
def test_a_count_is_the_number_of_members_and_of_how_many(world: World, plan: SetPlan, of: SetPlan | None) -> None:
    found = execute(Count(plan, of), world.view())
    assert found.value == len(found.rows) == len(members(plan, world))
    assert found.of == (None if of is None else len(members(of, world)))


@given(worlds(), SETS, TIED, st.sampled_from(["most", "fewest"]), st.integers(1, 4))
def test_a_ranking_has_the_first_and_their_ties(world: World, plan: SetPlan, by: SetPlan, order: str, top: int) -> None:
    found = execute(Rank(plan, by, order, top), world.view())  # type: ignore[arg-type]
    scores = {one: len(members(by, world, one)) for one in members(plan, world)}
    if order == "most":
        scores = {one: score for one, score in scores.items() if score > 0}
    ordered = sorted(scores.values(), reverse=order == "most")
    worst = ordered[min(top, len(ordered)) - 1] if ordered else 0
    expected = {one: s for one, s in scores.items() if (s >= worst if order == "most" else s <= worst)}
    assert {row.entity: row.value for row in found.rows} == expected
    values = [row.value or 0 for row in found.rows]
    assert values == sorted(values, reverse=order == "most")
    assert found.value == (values[0] if values else None)


@given(worlds(), SETS, SETS, st.integers(1, 4))
def test_paths_are_the_shortest_and_every_step_of_them_is_a_fact(
    world: World, start: SetPlan, end: SetPlan, hops: int
) -> None:
    view = world.view()
    found = execute(Paths(start, end, hops), view)
    starts, ends = members(start, world), members(end, world)
    lengths = [distance(world, a, b) for a in starts for b in ends if a != b]
    shortest = min((length for length in lengths if length is not None and length <= hops), default=None)
    assert found.value == shortest
    for chain in found.paths:
        assert (chain.entities[0] in starts, chain.entities[-1] in ends) == (True, True)
        assert all(world.active(one, None) for one in chain.entities[1:-1])
        assert len(chain.facts) == len(chain.entities) - 1 == shortest
        for near, far, fact in zip(chain.entities, chain.entities[1:], chain.facts, strict=False):
            assert {near, far} == {found.facts[fact].subject, found.facts[fact].target}


@given(worlds(), SETS)
def test_rows_are_in_an_order_that_does_not_depend_on_the_plan(world: World, plan: SetPlan) -> None:
    found = [row.entity for row in execute(plan, world.view()).rows]
    assert found == sorted(found, key=lambda one: (one.partition(":")[2], one))
    assert set(found) <= set(IDS)
