"""Passages are found by their words, within the scope, the same in every store."""

from __future__ import annotations

from kg.domain.fact import ALWAYS, PASSAGE, Fact, Interval, Literal
from kg.domain.lineage import Classification
from kg.domain.scope import Scope
from kg.ports.store import Entry, Quoted
from tests.builders import Store, entity, entity_id, entries, fact, load, target

HERE = Scope()
RULES = {
    "a": "Accounts are deleted after ninety days.",
    "b": "Deleting an account takes\n  ninety days; policies differ.",
    "c": "An account is a contract, and a policy is none.",
    "d": "Größe: ABC und Ä.",
}


def passage(key: str, text: str, valid: Interval = ALWAYS) -> Fact:
    return Fact.of(entity_id(key), PASSAGE, Literal(text), valid)


def declared(*keys: str) -> list[Fact]:
    return [item for key in keys for item in entity(key)]


def found(store: Store, text: str, *types: str, scope: Scope = HERE) -> list[str]:
    held = store.view(scope).passages(text, types, 9)
    assert held.entities.keys() == {item.subject for item in held.facts}
    return [item.subject.partition(":")[2] for item in held.facts]


def test_a_passage_is_found_by_every_form_of_its_words(store: Store) -> None:
    load(store, target(), [*declared(*RULES), *(passage(key, text) for key, text in RULES.items())])
    assert found(store, "account") == ["a", "b", "c"]
    assert found(store, "deletes accounts") == found(store, "DAY ninety") == ["a", "b"]
    assert found(store, "policy") == ["b", "c"]
    assert found(store, "groesse") == found(store, "account person") == found(store, "?!") == []
    assert found(store, "GRÖSSE abc a") == ["d"]
    assert store.view(Scope()).passages("und", [], 1).facts == (passage("d", RULES["d"]),)


def test_passages_come_in_order_of_entity_and_fact_and_a_cut_is_told(store: Store) -> None:
    twice = [passage("b", "One word."), passage("b", "Another word.")]
    load(store, target(), [*declared("a", "b", "c"), passage("c", "word"), *twice, passage("a", "A word")])
    view = store.view(Scope())
    whole = view.passages("word", [], 4)
    assert [(item.subject, item.id) for item in whole.facts] == sorted((item.subject, item.id) for item in whole.facts)
    assert (len(whole.facts), whole.cut) == (4, False)
    some = view.passages("word", [], 2)
    assert (some.facts, some.cut) == (whole.facts[:2], True)


def test_types_and_ids_narrow_the_search(store: Store) -> None:
    both = [passage("a", "a word"), passage("b", "a word")]
    load(store, target(), [*entity("a"), *entity("b", "Firm"), *both])
    view = store.view(Scope())
    assert found(store, "word", "Firm") == found(store, "word", "Firm", "Run") == ["b"]
    assert view.passages("word", [], 9, [entity_id("a"), "person:nobody"]).facts == (both[0],)
    assert view.passages("word", ["Firm"], 9, [entity_id("a")]) == view.passages("word", [], 9, []) == Quoted(())


def test_names_and_other_texts_are_no_passages(store: Store) -> None:
    load(store, target(), [*entity("a", name="A word"), fact("a", "note", Literal("a word"))])
    assert found(store, "word") == []
    assert store.view(Scope()).search(["passage"], [], 5)["passage"].ids == ()


def test_a_passage_is_seen_within_its_scope_only(store: Store) -> None:
    load(store, target("open", classification=Classification.PUBLIC), [*declared("a"), passage("a", "an open word")])
    secret = target("secret", classification=Classification.RESTRICTED)
    hidden = passage("a", "a secret word")
    undeclared = passage("b", "a word of nobody")
    load(store, secret, [hidden, undeclared])
    assert found(store, "word", scope=Scope(ceiling=Classification.INTERNAL)) == ["a"]
    assert found(store, "secret", scope=Scope(ceiling=Classification.INTERNAL)) == []
    assert found(store, "word", scope=Scope(ceiling=Classification.RESTRICTED)) == ["a", "a"]
    assert found(store, "word", scope=Scope(datasets=("secret",), ceiling=Classification.RESTRICTED)) == []


def test_a_passage_that_is_said_no_more_is_found_in_the_past_only(store: Store) -> None:
    load(store, target(), [*declared("a"), passage("a", "an old word", Interval("2026-01-01", "2026-06-30"))])
    first = store.view(Scope()).known_at
    load(store, target(), [*declared("a"), passage("a", "a new word")])
    assert found(store, "old") == []
    assert found(store, "new") == ["a"]
    assert found(store, "old", scope=Scope(known_as_of=first, valid_as_of="2026-06-30")) == ["a"]
    assert found(store, "old", scope=Scope(known_as_of=first, valid_as_of="2026-07-01")) == []


def test_nothing_is_found_of_a_load_that_was_not_committed(store: Store) -> None:
    load(store, target(), declared("a"))
    into = target("other")
    with store.writer(into, "run-x") as writer:
        writer.put(entries(into, [passage("a", "a word")]))
    assert found(store, "word") == []
    load(store, into, [passage("a", "another word")])
    assert found(store, "word") == ["a"]


def test_passages_of_one_document_are_of_no_record_together(store: Store) -> None:
    into = target()
    said = {"#char=0,6": passage("a", "a word"), "#char=8,20": passage("b", "another word")}
    placed = [Entry(item, into.sources[0].id, place) for place, item in said.items()]
    load(store, into, [*entries(into, declared("a", "b")), *placed])
    view = store.view(Scope())
    assert view.recorded_with([item.id for item in said.values()]) == {}
    assert [one.locator for one in view.assertions([said["#char=0,6"].id])[said["#char=0,6"].id]] == ["#char=0,6"]
