"""A store that is read once gives what the store gives, whatever was asked of it before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kg.decisions.kept import KeptStore
from kg.domain.fact import PASSAGE, Literal
from kg.domain.scope import Scope
from kg.errors import StoreReadOnly
from kg.ports.store import GraphView
from tests.builders import TOWN, Store, entity, entity_id, fact, load, target

Read = Callable[[GraphView, list[str]], Any]
PEOPLE = ["ann", "bob", "cy", "nobody"]
READS: dict[str, Read] = {
    "entities": lambda view, names: view.entities([entity_id(one) for one in names]),
    "facts out": lambda view, names: view.follow([entity_id(one) for one in names], ["knows"], "out", 1),
    "facts in": lambda view, names: view.follow([entity_id(one) for one in names], [], "in", 5),
    "named": lambda view, names: view.named(names, 5),
    "searched": lambda view, names: view.search(names, ["Person"], 5),
    "misspelt": lambda view, names: view.search([f"{one}e" for one in names], [], 5, edits=1),
    "values": lambda view, names: view.values(names),
    "scanned": lambda view, _: view.scan(["Person"], 2),
    "passages": lambda view, names: [view.passages(one, [], 5) for one in names],
    "facts by id": lambda view, names: view.facts([fact(one, "knows", "bob").id for one in names]),
    "assertions": lambda view, names: view.assertions([fact(one, "knows", "bob").id for one in names]),
    "beside": lambda view, names: view.recorded_with([fact(one, "knows", "bob").id for one in names]),
    "sources": lambda view, names: view.sources([f"people@1/{one}.csv" for one in ("a", *names)]),
    "all sources": lambda view, _: view.sources(),
    "versions": lambda view, _: view.versions(),
    "profile": lambda view, _: view.profile(),
}


@pytest.mark.parametrize("name", READS)
def test_each_thing_is_read_as_the_store_has_it(store: Store, name: str) -> None:
    more = [*entity("cy"), fact("cy", "knows", "bob"), fact("cy", "knows", "ann"), fact("ann", PASSAGE, Literal("cy"))]
    load(store, target(), [*TOWN, *more])
    view, kept = store.view(Scope()), KeptStore(store)
    for asked in (PEOPLE[:2], PEOPLE[1:], PEOPLE, PEOPLE[::-1]):
        got, wanted = READS[name](kept.view(Scope()), asked), READS[name](view, asked)
        assert got == wanted
        if isinstance(got, dict):
            assert list(got) == list(wanted)


def test_it_stays_in_the_state_it_was_opened_in_and_is_not_written(store: Store) -> None:
    load(store, target(), TOWN)
    kept = KeptStore(store)
    before = kept.view(Scope())
    load(store, target(), entity("cy"))
    assert kept.view(Scope()).known_at == before.known_at
    assert KeptStore(store).view(Scope()).known_at > before.known_at
    with pytest.raises(StoreReadOnly):
        kept.writer(target(), "run-x")
    with pytest.raises(StoreReadOnly):
        kept.put_ontology("folk", "{}")


def test_what_was_read_is_forgotten_when_it_is_much_and_the_state_stays(store: Store) -> None:
    load(store, target(), TOWN)
    kept = KeptStore(store, _most=1)
    before = kept.view(Scope())
    people = before.entities([entity_id("ann"), entity_id("bob")])
    load(store, target(), entity("cy"))
    again = kept.view(Scope())
    assert again is not before
    assert again.known_at == before.known_at
    assert again.entities([*people, entity_id("cy")]) == people
