"""Looking around: what a text finds, what a card holds, and how ways are told."""

from __future__ import annotations

from collections import Counter

import pytest

from kg.answer.explore import entity_card, find_entities, paths_between, resolve
from kg.bootstrap import Services
from kg.domain.scope import Scope
from kg.errors import EntityNotFound, InvalidInput, LimitInvalid, NameAmbiguous
from kg.ports.store import GraphView


@pytest.fixture(scope="module")
def view(services: Services) -> GraphView:
    return services.store.view(Scope())


@pytest.mark.parametrize("text", ["SUP-1", "sup-1", " SUP-001 ", "Kestrel Oils", "kestrel  oils", "supplier:SUP-1"])
def test_an_id_a_key_and_a_name_mean_the_same(view: GraphView, text: str) -> None:
    expected = resolve(view, "SUP-1")
    found = resolve(view, text) if not text.startswith("supplier:") else resolve(view, expected.id)
    assert found == expected
    assert find_entities(view, found.id if ":" in text else text, [], 5).entities[0] == expected


def test_the_beginning_of_a_name_finds_it_after_exact_ones(view: GraphView) -> None:
    names = [entity.name for entity in find_entities(view, "Kestr", [], 5).entities]
    assert "Kestrel Oils" in names


def test_a_type_narrows_what_is_found(view: GraphView) -> None:
    assert {entity.type for entity in find_entities(view, "", ["Supplier"], 200).entities} == {"Supplier"}
    assert find_entities(view, "Kestrel Oils", ["Product"], 5).entities == ()


def test_more_than_the_limit_is_said(view: GraphView) -> None:
    few, all_of_them = find_entities(view, "", ["Supplier"], 2), find_entities(view, "", ["Supplier"], 500)
    assert (len(few.entities), few.cut) == (2, True)
    assert not all_of_them.cut


def test_a_card_shows_some_of_every_kind_and_counts_the_rest(view: GraphView) -> None:
    supplier = resolve(view, "SUP-1").id
    whole, part = entity_card(view, supplier, 500), entity_card(view, supplier, 5)
    assert whole.left_out == 0
    assert whole.cut == ()
    kinds = Counter((fact.predicate, fact.direction) for fact in whole.facts)
    shown = Counter((fact.predicate, fact.direction) for fact in part.facts)
    assert len(part.facts) == 5
    assert len(shown) == min(5, len(kinds))
    assert part.left_out > 0 or part.cut
    assert all((fact.other is None) != (fact.value is None) for fact in whole.facts)
    assert all(fact.text.endswith(".") for fact in whole.facts)


def test_a_card_is_kept_to_some_predicates(view: GraphView) -> None:
    supplier = resolve(view, "SUP-1").id
    whole = entity_card(view, supplier, 500)
    said = {fact.predicate for fact in whole.facts}
    one = min(said)
    only = entity_card(view, supplier, 500, [one])
    assert only.facts == tuple(fact for fact in whole.facts if fact.predicate == one)
    assert entity_card(view, supplier, 500, ["no_such_relation"]).facts == ()


def test_a_way_is_told_step_by_step(view: GraphView) -> None:
    found = paths_between(view, "Kestrel Oils", "PRD-1", 4)
    for way in found.ways:
        assert (way.entities[0], way.entities[-1]) == (found.start, found.end)
        for near, fact, far in zip(way.entities, way.facts, way.entities[1:], strict=False):
            assert fact.other == far
            assert near.name in fact.text
            assert fact.text in found.text


def test_no_way_is_said_with_the_limit(view: GraphView) -> None:
    found = paths_between(view, "Kestrel Oils", "PRD-1", 1)
    assert found.ways == ()
    assert "at most 1 fact" in found.text


def test_a_shared_name_lists_who_has_it(view: GraphView) -> None:
    with pytest.raises(NameAmbiguous, match="Mill Lane") as refused:
        resolve(view, "Mill Lane")
    assert {choice["name"] for choice in refused.value.choices} == {"Mill Lane"}
    assert [resolve(view, choice["id"]).id for choice in refused.value.choices] == [
        choice["id"] for choice in refused.value.choices
    ]


def test_what_is_not_there_or_no_name_is_refused(view: GraphView) -> None:
    with pytest.raises(EntityNotFound):
        resolve(view, "nobody")
    for text in ("", "  ", "a" * 201):
        with pytest.raises(InvalidInput):
            resolve(view, text)
    with pytest.raises(InvalidInput, match="the same entity"):
        paths_between(view, "SUP-1", "Kestrel Oils", 3)


@pytest.mark.parametrize("limit", [-1, 0, 1_001])
def test_a_limit_out_of_range_is_refused(view: GraphView, limit: int) -> None:
    with pytest.raises(LimitInvalid, match="it may be 1 to 1000"):
        find_entities(view, "a", [], limit)
    with pytest.raises(LimitInvalid, match="it may be 1 to 6"):
        paths_between(view, "SUP-1", "PRD-1", 7)
