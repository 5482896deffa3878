"""Chains of facts between two sets: the shortest, in order, around what is withdrawn."""

from __future__ import annotations

import pytest

from kg.answer.execute import execute
from kg.answer.graph import MAX_PATHS
from kg.domain.plan import Entities, Paths
from kg.domain.result import Result
from tests.unit.answer.worlds import FIRMS, PERSONS, World

A, B, C, D = PERSONS


def world(*edges: tuple[str, str], withdrawn: tuple[str, ...] = ()) -> World:
    return World(frozenset(withdrawn), frozenset((one, "knows", two) for one, two in edges), frozenset())


def between(held: World, starts: tuple[str, ...], ends: tuple[str, ...], hops: int = 4) -> Result:
    return execute(Paths(Entities(ids=starts), Entities(ids=ends), hops), held.views())


def chains(found: Result) -> list[tuple[str, ...]]:
    return [chain.entities for chain in found.paths]


def test_facts_are_followed_in_both_directions() -> None:
    found = between(world((B, A), (B, C)), (A,), (C,))
    assert (found.value, chains(found)) == (2, [(A, B, C)])


def test_all_chains_of_the_shortest_length_are_given_in_order() -> None:
    found = between(
        world((A, C), (C, D), (A, B), (B, D), (A, FIRMS[0]), (FIRMS[0], FIRMS[1]), (FIRMS[1], D)), (A,), (D,)
    )
    assert chains(found) == [(A, B, D), (A, C, D)]


def test_no_more_than_a_few_chains_are_given() -> None:
    middles = (B, C, *FIRMS)
    held = world(*((A, one) for one in middles), *((one, D) for one in middles))
    assert len(between(held, (A,), (D,)).paths) == MAX_PATHS


@pytest.mark.parametrize(("hops", "value"), [(1, None), (2, None), (3, 3), (6, 3)])
def test_a_chain_longer_than_asked_for_is_not_found(hops: int, value: int | None) -> None:
    assert between(world((A, B), (B, C), (C, D)), (A,), (D,), hops).value == value


def test_a_chain_does_not_lead_over_what_is_withdrawn() -> None:
    held = world((A, B), (B, C), (A, D), (D, FIRMS[0]), (FIRMS[0], C), withdrawn=(B,))
    assert chains(between(held, (A,), (C,))) == [(A, D, FIRMS[0], C)]


def test_a_chain_over_what_is_withdrawn_is_not_found_where_start_and_end_overlap() -> None:
    assert chains(between(world((A, B), (B, C), withdrawn=(B,)), (A, C), (C,))) == []


def test_a_chain_may_begin_and_end_at_what_is_withdrawn() -> None:
    assert chains(between(world((A, B), (B, C), withdrawn=(A, C)), (A,), (C,))) == [(A, B, C)]


def test_the_shortest_between_two_sets_counts() -> None:
    assert chains(between(world((A, B), (B, D), (C, D)), (A, C), (D,))) == [(C, D)]


def test_an_entity_is_no_chain_to_itself() -> None:
    assert chains(between(world((A, B)), (A,), (A,))) == []


def along(held: World, start: str, end: str) -> Result:
    return execute(Paths(Entities(ids=(start,)), Entities(ids=(end,)), along="reaches"), held.views())


def test_a_chain_of_the_steps_of_a_relation_is_as_long_as_it_takes() -> None:
    held = world((A, B), (B, C), (C, D), (D, FIRMS[0]), (FIRMS[0], FIRMS[1]))
    assert chains(along(held, A, FIRMS[1])) == [(A, B, C, D, FIRMS[0], FIRMS[1])]


def test_a_chain_of_the_steps_of_a_relation_never_runs_against_them() -> None:
    held = world((A, B), (C, B), (C, D), (B, FIRMS[0]), (FIRMS[0], FIRMS[1]), (FIRMS[1], D))
    assert chains(along(held, A, D)) == [(A, B, FIRMS[0], FIRMS[1], D)]


def test_that_there_is_no_chain_of_the_steps_of_a_relation_refutes_it() -> None:
    found = along(world((B, A)), A, B)
    assert (found.paths, found.refuted) == ((), True)


def test_what_was_not_looked_at_refutes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.answer.chains.MAX_REPEAT", 2)
    found = along(world((A, B), (B, C), (C, D)), A, D)
    assert (found.paths, found.refuted) == ((), False)
    assert found.cut == ("chains of more than 2 facts: what lies farther was not looked at",)
