"""Executing plans gives what trying every entity gives, with witnesses that really connect."""

from __future__ import annotations

import itertools
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kg.answer.execute import execute
from kg.answer.fit import validate
from kg.answer.views import Views
from kg.domain.fact import Fact
from kg.domain.ontology_file import parse
from kg.domain.plan import (
    At,
    Compare,
    Count,
    Cover,
    Diff,
    Group,
    Having,
    Minus,
    Only,
    Order,
    Pairs,
    Paths,
    Plan,
    Rank,
    SetPlan,
    Suppose,
    Top,
    Value,
    Where,
    walk,
)
from kg.domain.plan import (
    Test as Whether,
)
from kg.domain.result import Result
from kg.errors import PlanInvalid
from tests.builders import MakeStore
from tests.unit.answer.worlds import CORE, IDS, NAMES, ONTOLOGY, World, distance, members, ranked, worlds
from tests.unit.domain.plans import asked_plans, set_plans

TOWN = parse(ONTOLOGY, core=CORE)


def fits(plan: Plan) -> bool:
    """Whether a plan may be run: what can have no members by its types is refused (test_plans_that_do_not_fit)."""
    try:
        validate(plan, TOWN)
    except PlanInvalid:
        return False
    return True


def run(plan: Plan, views: Views) -> Result:
    assume(fits(plan))
    return execute(plan, views)


def key(one: str) -> str:
    return one.partition(":")[2]


DEPTH = 3 if os.environ.get("WHENCE_PROOFS") == "1" else 2
SETS = set_plans(NAMES, DEPTH)
TIED = set_plans(NAMES, DEPTH - 1, tied=True)
ASKED = asked_plans(NAMES, DEPTH)
ORDERS = st.sampled_from(["most", "fewest"])


def monotone(plan: SetPlan) -> bool:
    """Whether more facts can only add members, all of them read where the question reads."""
    return not any(
        isinstance(part, Minus | Only | Top | At | Diff | Suppose)
        or (isinstance(part, Having) and part.quantifier in ("none", "at_most", "exactly", "every"))
        or (isinstance(part, Where) and part.comparator == "unknown")
        for part in walk(plan)
    )


def witnesses(result: Result) -> list[Fact]:
    return [result.facts[fact] for row in result.rows for fact in row.witness]


# --- sets ---


@given(worlds(), SETS)
def test_a_set_has_the_members_that_brute_force_finds(world: World, plan: SetPlan) -> None:
    assert {row.entity for row in run(plan, world.views()).rows} == members(plan, world)


@given(worlds(), SETS)
def test_every_witness_is_a_fact_of_the_graph(world: World, plan: SetPlan) -> None:
    views = world.views()
    found = run(plan, views)
    used = {fact.id: fact for fact in witnesses(found)}
    held = views.own.facts(used)
    for point in found.points:
        held |= views.at(point).facts(used)
    typed = {fact.id: fact for fact in used.values() if fact.predicate == "type"}
    assert held | typed == used


@given(worlds(), SETS.filter(monotone))
def test_a_row_stands_on_its_witnesses_alone(world: World, plan: SetPlan) -> None:
    found = run(plan, world.views())
    for row in found.rows:
        alone = world.only([found.facts[fact] for fact in row.witness])
        assert row.entity in members(plan, alone), row


@given(worlds(), SETS)
def test_rows_are_in_an_order_that_does_not_depend_on_the_plan(world: World, plan: SetPlan) -> None:
    found = [row.entity for row in run(plan, world.views()).rows]
    assert found == sorted(found, key=lambda one: (one.partition(":")[2], one))
    assert set(found) <= set(IDS)


# --- what is asked of sets ---


@given(worlds(), SETS, st.one_of(st.none(), SETS))
def test_a_count_is_the_number_of_members_and_of_how_many(world: World, plan: SetPlan, of: SetPlan | None) -> None:
    found = run(Count(plan, of), world.views())
    assert found.value == len(found.rows) == len(members(plan, world))
    assert found.of == (None if of is None else len(members(of, world)))


@given(worlds(), SETS, TIED, ORDERS, st.integers(1, 4))
def test_a_ranking_has_the_first_and_their_ties(
    world: World, plan: SetPlan, by: SetPlan, order: Order, top: int
) -> None:
    for top_plan, rank in (
        (Top(plan, by, order=order, number=top), Rank(plan, by, order=order, top=top)),
        (Top(plan, value="size", order=order, number=top), Rank(plan, value="size", order=order, top=top)),
    ):
        found = run(rank, world.views())
        assert {row.entity: row.value for row in found.rows} == ranked(top_plan, members(plan, world), world)
        values: list[Any] = [row.value for row in found.rows]
        assert values == sorted(values, reverse=order == "most")
        assert found.value == (values[0] if values else None)


@given(worlds(), SETS, TIED, TIED, ORDERS, st.integers(1, 4))
def test_a_ranking_by_share_leaves_out_what_has_no_whole(  # noqa: PLR0917 (what a ranking is made of)
    world: World, plan: SetPlan, by: SetPlan, of: SetPlan, order: Order, top: int
) -> None:
    found = run(Rank(plan, by, of=of, order=order, top=top), world.views())
    sizes = {one: (len(members(by, world, one)), len(members(of, world, one))) for one in members(plan, world)}
    shares = {one: part / whole for one, (part, whole) in sizes.items() if whole}
    ordered = sorted(shares.values(), reverse=order == "most")[:top]
    first = {
        one
        for one, share in shares.items()
        if ordered and (share >= ordered[-1] if order == "most" else share <= ordered[-1])
    }
    assert {row.entity: (row.value, row.of) for row in found.rows} == {one: sizes[one] for one in first}


@given(worlds(), SETS, TIED)
def test_groups_and_pairs_hold_everything_found_for_each_member(world: World, plan: SetPlan, by: SetPlan) -> None:
    views = world.views()
    pairs = {(one, other) for one in members(plan, world) for other in members(by, world, one)}
    found = run(Pairs(plan, by), views)
    assert {(row.entity, row.other) for row in found.rows} == pairs
    groups = {(key(other), key(one)) for one, other in pairs}
    assert {(name, one) for name, ones in run(Group(plan, by), views).value.items() for one in ones} == groups
    sized = {one: {str(size) for o, size in world.sizes if o == one} for one in members(plan, world)}
    counted = run(Group(plan, value="size", counted=True), views).value
    assert counted == {size: sum(size in own for own in sized.values()) for size in set().union(*sized.values())}


@given(worlds(), SETS, SETS, st.one_of(st.none(), ORDERS))
def test_a_comparison_says_each_size_and_which_is_the_asked_one(
    world: World, one: SetPlan, other: SetPlan, order: Order | None
) -> None:
    sizes = {"a": len(members(one, world)), "b": len(members(other, world))}
    found = run(Compare((one, other), ("a", "b"), order=order), world.views())
    best = {"most": max, "fewest": min}[order](sizes.values()) if order is not None else None
    assert (found.value, found.alternatives) == (
        sizes,
        () if order is None else (tuple(label for label, size in sizes.items() if size == best),),
    )
    shared = run(Compare((one, other), ("a", "b"), of=(other, one)), world.views())
    assert shared.value == {"a": [sizes["a"], sizes["b"]], "b": [sizes["b"], sizes["a"]]}


@given(worlds(), SETS, SETS, TIED, st.integers(1, 3))
def test_a_cover_reaches_as_many_as_any_choice_can(
    world: World, plan: SetPlan, targets: SetPlan, by: SetPlan, number: int
) -> None:
    wanted = members(targets, world)
    reach = {one: members(by, world, one) & wanted for one in members(plan, world)}
    useful = [one for one in reach if reach[one]]
    choices = list(itertools.combinations(sorted(useful), min(number, len(useful))))
    best = max((len(set().union(*(reach[one] for one in choice))) for choice in choices), default=0)
    found = run(Cover(plan, targets, by, number), world.views())
    assert (found.value, found.of) == (best, len(wanted))
    chosen = [row.entity for row in found.rows]
    assert len(set().union(*(reach[one] for one in chosen))) == best
    for tie in found.alternatives:
        assert len(set().union(*(reach[one] for one in tie))) == best


@given(worlds(), SETS, SETS, st.integers(1, 4))
def test_paths_are_the_shortest_and_every_step_of_them_is_a_fact(
    world: World, start: SetPlan, end: SetPlan, hops: int
) -> None:
    found = run(Paths(start, end, hops), world.views())
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
def test_values_are_those_of_every_member(world: World, plan: SetPlan) -> None:
    found = run(Value(plan, "size"), world.views())
    sizes = {(one, str(size)) for one, size in world.sizes if one in members(plan, world)}
    assert {(row.entity, row.value) for row in found.rows} == sizes


@given(worlds(), SETS, SETS)
def test_a_claim_holds_where_something_is_found_or_nothing_is_lacking(world: World, plan: SetPlan, of: SetPlan) -> None:
    found, wanted = members(plan, world), members(of, world)
    assert run(Whether(plan), world.views()).value == bool(found)
    assert run(Whether(plan, of), world.views()).value == (bool(found) and wanted <= found)
    assert run(Whether(plan, presumed=True), world.views()).refuted == (not found)


@given(worlds(), SETS)
def test_what_is_judged_holds_or_fails_by_its_plans(world: World, plan: SetPlan) -> None:
    sociable = {one for one in members(plan, world) if any(near == one for near, _ in world.steps("knows", "out"))}
    views = world.views()
    for value, expected in (("true", sociable), ("false", members(plan, world) - sociable)):
        found = run(Where(plan, "sociable", "=", value), views)
        assert {row.entity for row in found.rows} == expected


# --- both stores ---


@pytest.mark.neo4j
@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@given(
    worlds(),
    st.lists(SETS.filter(fits), min_size=25, max_size=25),
    st.lists(ASKED.filter(fits), min_size=25, max_size=25),
)
def test_both_stores_give_the_same_to_every_plan(
    make_store: MakeStore, world: World, sets: list[SetPlan], asked: list[Plan]
) -> None:
    """What brute force finds; and what is asked of sets comes out alike to the last fact."""
    here, there = world.views(), world.views(make_store("neo4j"))
    for plan in sets:
        found = run(plan, there)
        assert {row.entity for row in found.rows} == members(plan, world), plan
        assert found == run(plan, here), plan
    for one in asked:
        assert run(one, there) == run(one, here), one
