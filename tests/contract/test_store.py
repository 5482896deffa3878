"""What every graph store promises (kg/ports/store.py), once for all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rapidfuzz.distance import OSA

from kg.domain.fact import ALIAS, KEY, NAME, STATUS, TYPE, Fact, Interval, Literal
from kg.domain.lineage import Changes, Classification
from kg.domain.ref import Ref
from kg.domain.scope import Scope
from kg.domain.words import fold
from kg.errors import DatasetNotFound, LoadInProgress, OntologyInvalid
from kg.ports.store import Entry, GraphView, Listing
from tests.builders import (
    TOWN,
    Store,
    TickingClock,
    entity,
    entity_id,
    entries,
    fact,
    load,
    ontology_document,
    run,
    target,
)

ANN, BOB, CY = entity_id("ann"), entity_id("bob"), entity_id("cy")
PUBLIC, SECRET = Classification.PUBLIC, Classification.RESTRICTED


def seen(view: GraphView) -> tuple[list[str], list[str]]:
    """Ids of all entities and the facts between them."""
    ids = view.scan(["Person", "Firm", "Run"], 100).ids
    return list(ids), [f"{f.subject} {f.predicate} {f.object}" for f in view.follow(ids, [], "out", 100).facts]


# --- what a load makes visible ---


def test_an_empty_store_answers_with_nothing(store: Store) -> None:
    view = store.view(Scope())
    assert seen(view) == ([], [])
    assert [view.entities([ANN]), view.facts(["f-1"]), view.named(["ann"], 5), view.sources()] == [{}] * 4
    assert view.search(["ann"], [], 5) == {"ann": Listing(())}
    assert view.datasets() == ()


def test_a_load_is_seen_once_it_is_committed(store: Store) -> None:
    into = target()
    with store.writer(into, "run-a") as writer:
        writer.put(entries(into, TOWN))
        assert seen(store.view(Scope())) == ([], [])
        writer.commit(run(into, "run-a"), store.view(Scope()).profile(), [])
    assert seen(store.view(Scope())) == ([ANN, BOB], [f"{ANN} knows {BOB}"])


def test_a_view_goes_on_reading_the_state_it_was_made_for(store: Store) -> None:
    load(store, target(), TOWN)
    before = store.view(Scope())
    load(store, target(), entity("cy"))
    assert seen(before) == ([ANN, BOB], [f"{ANN} knows {BOB}"])
    assert seen(store.view(Scope())) == ([CY], [])


def test_leaving_without_commit_discards(store: Store) -> None:
    load(store, target(), TOWN)
    before = seen(store.view(Scope()))
    again = target()
    with store.writer(again, "run-b") as writer:
        writer.put(entries(again, [*entity("cy"), *entity("ann", name="Anna"), fact("cy", "knows", "ann")]))
    assert seen(store.view(Scope())) == before
    assert store.view(Scope()).entities([ANN])[ANN].name == "Ann"
    assert load(store, target(), TOWN).changes == Changes(added=0, kept=5, retired=0)


def test_an_error_in_a_load_leaves_all_as_before(store: Store) -> None:
    load(store, target(), TOWN)
    before = seen(store.view(Scope()))
    other = target("firms")

    def broken() -> None:
        with store.writer(other, "run-b") as writer:
            writer.put(entries(other, [*entity("cy"), fact("cy", "knows", "ann")]))
            raise OntologyInvalid("broken on purpose")

    with pytest.raises(OntologyInvalid, match="on purpose"):
        broken()
    assert seen(store.view(Scope())) == before
    with pytest.raises(DatasetNotFound):
        store.view(Scope(datasets=("firms",)))
    assert load(store, other, entity("cy")).changes == Changes(added=2)
    assert seen(store.view(Scope()))[0] == [ANN, BOB, CY]


def test_a_second_loader_is_told_that_a_load_is_going_on(store: Store) -> None:
    with store.writer(target(), "run-a") as writer:
        writer.put(entries(target(), TOWN))
        with pytest.raises(LoadInProgress), store.writer(target("firms"), "run-b"):
            pass
        with pytest.raises(LoadInProgress):
            store.put_ontology("town", ontology_document(version="2"))
    load(store, target("firms"), TOWN)


def test_a_load_counts_what_it_did(store: Store) -> None:
    first = load(store, target(), [*TOWN, *TOWN])
    assert first.changes == Changes(added=10)
    into = target()
    same_line = [Entry(TOWN[0], into.sources[0].id, "line 1#x")] * 3
    again = load(store, into, [*same_line, *entries(into, TOWN), *entries(into, [*TOWN, fact("bob", "knows", "ann")])])
    assert again.changes == Changes(added=1, kept=5, retired=5, gained=1)


# --- versions, datasets, classification ---


def test_versions_lie_side_by_side_and_the_newest_is_current(store: Store) -> None:
    load(store, target(version="1"), TOWN)
    load(store, target(version="2"), [*entity("ann"), *entity("cy")])
    assert seen(store.view(Scope()))[0] == [ANN, CY]
    assert seen(store.view(Scope(datasets=("people",))))[0] == [ANN, CY]
    assert seen(store.view(Scope(datasets=("people@1",))))[0] == [ANN, BOB]
    assert seen(store.view(Scope(datasets=("people@1", "people@2"))))[0] == [ANN, BOB, CY]
    assert [version.version for version in store.view(Scope()).datasets()] == ["2"]


def test_a_pin_keeps_a_version_current(store: Store) -> None:
    load(store, target(version="1"), TOWN)
    load(store, target(version="2", current="1"), entity("cy"))
    assert seen(store.view(Scope()))[0] == [ANN, BOB]
    load(store, target(version="3"), entity("cy"))
    assert seen(store.view(Scope()))[0] == [CY]
    load(store, target(version="2", current="1"), entity("bob"))
    assert seen(store.view(Scope()))[0] == [ANN, BOB]


def test_a_pin_to_a_version_never_loaded_is_no_pin(store: Store) -> None:
    with store.writer(target(version="1"), "run-a") as writer:
        writer.put(entries(target(version="1"), TOWN))
    load(store, target(version="2", current="1"), entity("cy"))
    assert seen(store.view(Scope()))[0] == [CY]


def test_a_dataset_named_twice_is_read_once(store: Store) -> None:
    load(store, target(), TOWN)
    view = store.view(Scope(datasets=("people", "people@1")))
    assert [version.ref for version in view.datasets()] == ["people@1"]
    assert view.profile().entities == {"Person": 2}


def test_what_lies_above_the_ceiling_is_not_seen(store: Store) -> None:
    load(store, target("open", classification=PUBLIC), entity("ann"))
    load(store, target("secret", classification=SECRET), [*entity("bob"), fact("ann", "knows", "bob")])
    assert seen(store.view(Scope()))[0] == [ANN]
    assert seen(store.view(Scope(ceiling=SECRET))) == ([ANN, BOB], [f"{ANN} knows {BOB}"])
    with pytest.raises(DatasetNotFound, match="secret"):
        store.view(Scope(datasets=("secret",)))
    assert store.view(Scope(ceiling=PUBLIC)).sources(["secret@1/a.csv"]) == {}


def test_a_reload_with_another_classification_holds_for_all_of_it(store: Store) -> None:
    load(store, target(classification=SECRET), TOWN)
    done = load(store, target(classification=PUBLIC), TOWN)
    assert done.changes == Changes(added=5, kept=0, retired=5)
    assert seen(store.view(Scope(ceiling=PUBLIC)))[0] == [ANN, BOB]


def test_a_classification_that_was_raised_holds_for_the_past(store: Store) -> None:
    load(store, target(classification=PUBLIC), TOWN)
    before = store.view(Scope(ceiling=PUBLIC)).known_at
    load(store, target("open", classification=PUBLIC), entity("cy"))
    first = store.view(Scope(ceiling=PUBLIC))
    then = Scope(ceiling=PUBLIC, known_as_of=first.known_at)
    assert seen(store.view(then))[0] == [ANN, BOB, CY]
    load(store, target(classification=SECRET), TOWN)
    for known in (None, first.known_at):
        view = store.view(replace(then, known_as_of=known))
        assert seen(view) == ([CY], [])
        assert [version.ref for version in view.datasets()] == ["open@1"]
        assert [version.ref for version in view.versions()] == ["open@1"]
        assert {source.dataset for source in view.sources().values()} == {"open"}
    assert seen(store.view(replace(then, known_as_of=before))) == ([], [])
    for ref in ("people", "people@1"):
        with pytest.raises(DatasetNotFound):
            store.view(replace(then, datasets=(ref,)))
    assert [version.ref for version in first.versions()] == ["open@1"]
    assert seen(store.view(replace(then, ceiling=SECRET))) == ([ANN, BOB, CY], [f"{ANN} knows {BOB}"])
    whole = store.view(replace(then, ceiling=SECRET, datasets=("people@1",)))
    assert [version.classification for version in whole.datasets()] == [PUBLIC]


def test_a_raised_classification_holds_for_the_past_of_a_version_that_is_retired_or_not_current(store: Store) -> None:
    load(store, target(classification=PUBLIC), TOWN)
    then = Scope(ceiling=PUBLIC, known_as_of=store.view(Scope(ceiling=PUBLIC)).known_at)
    load(store, target(version="2", classification=PUBLIC), entity("cy"))
    load(store, target(classification=SECRET, current="2"), TOWN)
    assert seen(store.view(replace(then, known_as_of=None))) == ([CY], [])
    assert seen(store.view(then)) == ([], [])
    store.retire(Ref("people", "1"), run(target(), "run-r"))
    assert (seen(store.view(then)), store.view(then).versions()) == (([], []), ())


def test_what_a_load_is_about_to_raise_is_raised_when_it_commits(store: Store) -> None:
    load(store, target(classification=PUBLIC), TOWN)
    then = Scope(ceiling=PUBLIC, known_as_of=store.view(Scope(ceiling=PUBLIC)).known_at)
    again = target(classification=SECRET)
    with store.writer(again, "run-b") as writer:
        writer.put(entries(again, TOWN))
    assert seen(store.view(then))[0] == [ANN, BOB]


def test_an_entity_that_only_a_hidden_dataset_declares_is_hidden_with_its_facts(store: Store) -> None:
    load(store, target("people", classification=SECRET), entity("bob", aliases=["Robert"]))
    visible = [*entity("ann"), fact("ann", "knows", "bob"), fact("bob", "knows", "ann"), fact("bob", "owns", "ann")]
    load(store, target("talk", classification=PUBLIC), visible)
    view = store.view(Scope())
    assert view.entities([ANN, BOB]).keys() == {ANN}
    assert view.facts([item.id for item in visible]).keys() == {item.id for item in visible[:2]}
    assert view.follow([ANN, BOB], ["knows", "owns"], "out", 5).facts == ()
    assert view.follow([ANN, BOB], ["knows", "owns"], "in", 5).facts == ()
    assert view.named(["bob", "robert"], 5) == {}
    assert view.search(["rob"], [], 5)["rob"] == view.scan(["Firm"], 5) == Listing(())


def test_a_cut_off_gives_no_hint_of_what_is_hidden(store: Store) -> None:
    load(store, target("open", classification=PUBLIC), [*entity("ann"), *entity("bob"), fact("ann", "knows", "bob")])
    load(store, target("secret", classification=SECRET), [*entity("cy"), fact("ann", "knows", "cy")])
    assert store.view(Scope()).follow([ANN], ["knows"], "out", 1).cut == ()
    assert store.view(Scope(ceiling=SECRET)).follow([ANN], ["knows"], "out", 1).cut == (ANN,)
    assert not store.view(Scope()).scan(["Person"], 2).cut
    assert not store.view(Scope()).search(["b"], [], 1)["b"].cut


def test_a_fact_of_two_sources_stays_when_one_goes(store: Store) -> None:
    load(store, target("one"), TOWN)
    load(store, target("two"), TOWN)
    load(store, target("two"), entity("ann"))
    view = store.view(Scope())
    known = fact("ann", "knows", "bob")
    assert view.facts([known.id]) == {known.id: known}
    assert [item.source for item in view.assertions([known.id])[known.id]] == ["one@1/a.csv"]


def test_a_fact_of_two_lines_stays_when_one_goes(store: Store) -> None:
    into = target(files=("a.csv", "b.csv"))
    twice = [*entries(into, TOWN), Entry(TOWN[-1], into.sources[1].id, "line 9#x")]
    load(store, into, twice)
    done = load(store, into, twice[:-1])
    assert done.changes == Changes(added=0, kept=5, retired=1)
    assert seen(store.view(Scope()))[1] == [f"{ANN} knows {BOB}"]


# --- time ---


def test_the_past_can_be_read_as_it_was_known(store: Store) -> None:
    load(store, target(), TOWN)
    first = store.view(Scope()).known_at
    load(store, target(), [*entity("ann", name="Anna"), *entity("bob")])
    now = store.view(Scope())
    then = store.view(Scope(known_as_of=first))
    assert then.known_at == first < now.known_at
    assert (then.entities([ANN])[ANN].name, now.entities([ANN])[ANN].name) == ("Ann", "Anna")
    assert (seen(then)[1], seen(now)[1]) == ([f"{ANN} knows {BOB}"], [])
    assert store.view(Scope(known_as_of="2000-01-01T00:00:00.000000Z")).datasets() == ()


def test_a_retired_fact_that_comes_back_is_read_again(store: Store) -> None:
    times = []
    for facts in (TOWN, TOWN[:-1], TOWN):
        load(store, target(), facts)
        times.append(store.view(Scope()).known_at)
    assert [len(seen(store.view(Scope(known_as_of=at)))[1]) for at in times] == [1, 0, 1]
    [assertion] = store.view(Scope()).assertions([TOWN[-1].id])[TOWN[-1].id]
    assert (assertion.recorded_at, assertion.retired_at) == (times[2], None)
    [assertion] = store.view(Scope(known_as_of=times[0])).assertions([TOWN[-1].id])[TOWN[-1].id]
    assert (assertion.recorded_at, assertion.retired_at) == (times[0], times[1])


def test_a_type_that_changes_is_known_by_its_time(store: Store) -> None:
    load(store, target(), entity("ann", "Person"))
    first = store.view(Scope()).known_at
    load(store, target(), entity("ann", "Firm", "Ann"))
    assert store.view(Scope()).entities([ANN])[ANN].type == "Firm"
    assert store.view(Scope(known_as_of=first)).scan(["Person"], 5).ids == (ANN,)
    assert store.view(Scope()).scan(["Person"], 5).ids == ()
    old = Fact.of(ANN, TYPE, Literal("Person"))
    assert store.view(Scope()).facts([old.id]) == {}
    assert store.view(Scope(known_as_of=first)).facts([old.id]) == {old.id: old}


@pytest.mark.parametrize(
    ("day", "found"), [("2025-12-31", 0), ("2026-01-01", 1), ("2026-06-30", 1), ("2026-07-01", 0), (None, 1)]
)
def test_a_fact_holds_on_the_days_of_its_interval(store: Store, day: str | None, found: int) -> None:
    held = fact("ann", "knows", "bob", Interval("2026-01-01", "2026-06-30"))
    load(store, target(), [*TOWN[:-1], held])
    view = store.view(Scope(valid_as_of=day))
    assert len(view.follow([ANN], ["knows"], "out", 5).facts) == len(view.facts([held.id])) == found


def test_known_times_rise_even_when_the_clock_stands_still(store: Store, clock: TickingClock) -> None:
    load(store, target(), TOWN)
    first = store.view(Scope()).known_at
    clock.now = clock.now.replace(year=2020)
    load(store, target(), entity("cy"))
    assert store.view(Scope()).known_at > first


# --- reading ---


def test_an_entity_is_what_its_visible_facts_say(store: Store) -> None:
    more = [Fact.of(ANN, KEY, Literal("duns:12")), Fact.of(ANN, STATUS, Literal("closed"))]
    load(store, target(), [*entity("ann", name="Ann", aliases=["Annie", "A."]), *more])
    load(store, target("other"), [Fact.of(ANN, NAME, Literal("Anne")), Fact.of(BOB, NAME, Literal("Bob"))])
    view = store.view(Scope())
    found = view.entities([ANN, BOB, "person:nobody"])
    assert found.keys() == {ANN}
    ann = found[ANN]
    assert (ann.type, ann.name, ann.aliases, ann.keys, ann.status) == (
        "Person", "Ann", ("A.", "Anne", "Annie"), ("ann", "12"), "closed",
    )  # fmt: skip
    assert view.named(["duns:12", "annie", "anne", "bob", "duns:1"], 5) == {
        "duns:12": (ANN,), "annie": (ANN,), "anne": (ANN,),
    }  # fmt: skip


def test_unknown_ids_are_left_out(store: Store) -> None:
    load(store, target(), TOWN)
    view = store.view(Scope())
    for ids in ([], ["x"]):
        assert [view.entities(ids), view.facts(ids), view.assertions(ids), view.sources(ids)] == [{}] * 4
    assert view.follow(["x"], [], "out", 5).facts == view.follow([ANN], ["no_such"], "in", 5).facts == ()
    assert view.scan(["NoSuch"], 5) == view.scan([], 5) == view.search([""], [], 5)[""] == Listing(())


def test_steps_are_ordered_and_cut_for_each_id_and_predicate(store: Store) -> None:
    people = ["bob", "cy", "dee"]
    facts = [fact("ann", name, to) for name in ("knows", "owns") for to in people] + [fact("bob", "knows", "ann")]
    load(store, target(), [item for key in ("ann", *people) for item in entity(key)] + facts)
    view = store.view(Scope())
    whole = view.follow([BOB, ANN], [], "out", 3)
    assert [(f.subject, f.predicate, f.id) for f in whole.facts] == sorted(
        (f.subject, f.predicate, f.id) for f in facts
    )
    assert whole.cut == ()
    some = view.follow([ANN, BOB], ["owns", "knows"], "out", 2)
    assert some.cut == (ANN,)
    assert [f.id for f in some.facts] == [
        *sorted(f.id for f in facts[:3])[:2], *sorted(f.id for f in facts[3:6])[:2], facts[6].id,
    ]  # fmt: skip
    back = view.follow([CY, BOB], ["knows", "knows"], "in", 1)
    assert [(f.subject, f.object) for f in back.facts] == [(ANN, BOB), (ANN, CY)]


def test_literals_come_as_they_were_put(store: Store) -> None:
    said = [
        fact("ann", "size", Literal("12.50", "number")),
        fact("ann", "active", Literal("true", "boolean")),
        fact("ann", "note", Literal("naïve “text”\nof two lines " + "x" * 20_000)),
    ]
    load(store, target(), [*entity("ann", "Firm"), *said])
    view = store.view(Scope())
    assert view.facts([item.id for item in said]) == {item.id: item for item in sorted(said, key=lambda f: f.id)}
    assert view.follow([ANN], [], "out", 5).facts == tuple(sorted(said, key=lambda f: f.predicate))
    declared = view.follow([ANN], [TYPE, NAME, ALIAS], "out", 5).facts
    assert [(f.predicate, f.object) for f in declared] == [(NAME, Literal("Ann")), (TYPE, Literal("Firm"))]
    assert list(view.facts([f.id for f in declared])) == sorted(f.id for f in declared)
    assert view.follow([ANN], [NAME], "in", 5).facts == ()


def test_names_are_found_folded_by_words_and_prefix(store: Store) -> None:
    names = {"a": "Müller & Sons", "b": "Sons of Müller", "c": "Mülheim Works", "d": "Works", "e": "müller"}
    facts = [item for key, name in names.items() for item in entity(key, name=name)]
    load(store, target(), [*facts, *entity("f", "Firm", "Works")])
    view = store.view(Scope())

    def search(*words: str, types: tuple[str, ...] = (), limit: int = 9) -> list[str]:
        return [item.partition(":")[2] for item in view.search([" ".join(words)], types, limit)[" ".join(words)].ids]

    assert search("mul") == ["e", "c", "a", "b"]
    assert search("muller", "so") == ["a", "b"]
    assert search("sons", "muller") == ["a", "b"]
    assert search("works") == ["d", "f", "c"]
    assert search("works", types=("Firm",)) == ["f"]
    assert view.search(["works"], [], 2)["works"] == Listing((entity_id("d"), entity_id("f")), cut=True)
    assert search("or") == search("and") == search("not") == []
    assert view.named(["muller sons", "works"], 1) == {"muller sons": (entity_id("a"),), "works": (entity_id("d"),)}


def test_the_shortest_fitting_name_ranks_an_entity(store: Store) -> None:
    load(
        store, target(),
        [*entity("a", name="river bank north"), *entity("b", name="a longer river name", aliases=["river"])],
    )  # fmt: skip
    assert store.view(Scope()).search(["river"], [], 5)["river"].ids == (entity_id("b"), entity_id("a"))


def test_ids_are_ordered_by_code_point(store: Store) -> None:
    keys = ["z", "Z", "é", "\uffee", "\U0001f600", "a b"]
    load(store, target(), [item for key in keys for item in entity(key, name="same")])
    ids = tuple(sorted(entity_id(key) for key in keys))
    view = store.view(Scope())
    assert (
        view.scan(["Person"], 9).ids
        == view.search(["same"], [], 9)["same"].ids
        == view.named(["same"], 9)["same"]
        == ids
    )
    assert view.scan(["Person"], 5) == Listing(ids[:5], cut=True)
    assert list(view.entities(ids)) == list(ids)


def test_a_very_long_name_can_be_loaded_and_found(store: Store) -> None:
    long = "ﷺ" * 900
    load(store, target(), entity("ann", name=long))
    view = store.view(Scope())
    assert view.entities([ANN])[ANN].name == long


def test_a_type_named_like_a_record_of_the_store_is_only_a_type(store: Store) -> None:
    load(store, target(), [*entity("firm:r1", "Run", "First run"), fact("firm:r1", "note", Literal("ok"))])
    assert store.view(Scope()).scan(["Run"], 5).ids == ("firm:r1",)
    assert [item.dataset for item in store.runs(5)] == ["people"]


def test_assertions_name_source_place_and_run(store: Store) -> None:
    into = target(files=("b.csv", "a.csv"))
    known = TOWN[-1]
    places = [Entry(known, into.sources[0].id, "line 2#x"), Entry(known, into.sources[1].id, "line 9#x")]
    load(store, into, [*entries(into, TOWN), *places], run_id="run-x")
    view = store.view(Scope())
    found = view.assertions([known.id, "f-none"])
    assert [(item.source, item.locator, item.run) for item in found[known.id]] == [
        ("people@1/a.csv", "line 9#x", "run-x"),
        ("people@1/b.csv", "line 2#x", "run-x"),
        ("people@1/b.csv", "line 5#x", "run-x"),
    ]
    assert list(view.sources()) == ["people@1/a.csv", "people@1/b.csv"]
    assert view.sources(["people@1/b.csv", "no"]) == {"people@1/b.csv": into.sources[0]}


def test_a_source_is_described_as_it_was_then(store: Store) -> None:
    load(store, target(), TOWN)
    first = store.view(Scope()).known_at
    into = target()
    newer = replace(into, sources=(replace(into.sources[0], checksum="sha256:new"),))
    load(store, newer, TOWN)
    assert store.view(Scope()).sources()["people@1/a.csv"].checksum == "sha256:new"
    assert store.view(Scope(known_as_of=first)).sources()["people@1/a.csv"].checksum == "sha256:a.csv"


def test_the_profile_counts_what_the_scope_reads(store: Store) -> None:
    load(store, target("one"), TOWN)
    load(store, target("two", classification=SECRET), entity("cy"))
    whole, part = store.view(Scope(ceiling=SECRET)).profile(), store.view(Scope()).profile()
    assert (whole.entities, part.entities) == ({"Person": 3}, {"Person": 2})
    assert part.facts == {"knows": 1, "name": 2, "type": 2}


def test_the_writer_knows_what_others_declare(store: Store) -> None:
    load(store, target("one"), [*entity("ann"), *entity("bob", "Firm")])
    load(store, target("two"), entity("cy"))
    load(store, target("one"), entity("ann"))
    with store.writer(target("two"), "run-z") as writer:
        writer.put(entries(target("two"), entity("dee")))
        assert writer.declared([ANN, BOB, CY, entity_id("dee"), "x"]) == {ANN: "Person"}


# --- ontologies ---


def test_a_stored_ontology_is_read_by_the_next_view(store: Store) -> None:
    load(store, target(), TOWN)
    before = store.view(Scope()).known_at
    types = {**store.view(Scope()).ontology().types}
    assert "Club" not in types
    newer = ontology_document(types={"Party": {}, "Person": {"is": "Party"}, "Firm": {"is": "Party"}, "Club": {}})
    assert store.put_ontology("town", newer)
    assert not store.put_ontology("town", newer)
    assert "Club" in store.view(Scope()).ontology().types
    assert "Club" not in store.view(Scope(known_as_of=before)).ontology().types
    assert store.ontology_document("town") == newer
    assert store.ontology_document("no") is None


def test_what_a_dead_load_left_stays_hidden_when_an_ontology_is_stored(store: Store) -> None:
    load(store, target(), TOWN)
    other = target("other")
    with store.writer(other, "run-b") as writer:
        writer.put(entries(other, entity("cy")))
    store.put_ontology("town", ontology_document(version="2"))
    assert seen(store.view(Scope()))[0] == [ANN, BOB]


def test_the_store_says_that_it_is_there(store: Store) -> None:
    store.check()


def test_words_that_differ_by_a_letter_or_two_find_a_name_if_asked_for(store: Store) -> None:
    names = {"a": "Scattered Spider", "b": "Wizard Spider", "c": "Sacttered Ink", "d": "Battered Spider"}
    load(store, target(), [item for key, name in names.items() for item in entity(key, name=name)])
    view = store.view(Scope())

    def search(text: str, edits: int) -> list[str]:
        return [item.partition(":")[2] for item in view.search([text], [], 9, edits=edits)[text].ids]

    assert search("scatered spider", 0) == search("scatered ink", 0) == []
    assert search("scatered spider", 1) == ["a"]
    assert search("scattered", 1) == ["c", "a"]
    assert search("spidr", 1) == ["b", "d", "a"]
    assert search("wizrad spidr", 2) == ["b"]
    assert search("spi", 1) == []
    assert search("nothing", 2) == search("", 1) == []
    found = view.search(["spidr", "wizard"], [], 1, edits=1)
    assert found["spidr"] == Listing((entity_id("b"),), cut=True)
    assert found["wizard"] == Listing((entity_id("b"),))


def test_a_misspelt_name_is_found_among_hundreds_that_are_like_it(store: Store) -> None:
    """None of which may be seen: nothing of what is hidden takes the place of another."""
    numbers = [f"{n:03}" for n in range(400)]
    hidden = target("secret", classification=Classification.RESTRICTED)
    load(store, hidden, [one for n in numbers[:390] for one in entity(n, name=f"Number{n}")])
    load(store, target(), [one for n in numbers[390:] for one in entity(n, name=f"Number{n}")])
    view = store.view(Scope())
    for text in ("number111", "numbre39", "nubmer999", "number9"):
        near = [n for n in numbers[390:] if OSA.distance(text, f"number{n}") <= 2]
        assert [one.partition(":")[2] for one in view.search([text], [], 500, edits=2)[text].ids] == near
    whole = store.view(Scope(ceiling=Classification.RESTRICTED)).search(["number111"], [], 500, edits=2)
    assert len(whole["number111"].ids) == sum(OSA.distance("number111", f"number{n}") <= 2 for n in numbers)


def test_a_word_of_any_letters_is_found_by_one_that_is_like_it(store: Store) -> None:
    words = ["a-b/c", "o'neil.jr", "x*y?z", "[k|b]", "50%", "naïve~2", 'say"so', "u" * 60]
    load(store, target(), [one for n, word in enumerate(words) for one in entity(f"e{n}", name=f"One {word}")])
    folded = [fold(word) for word in words]
    found = store.view(Scope()).search([text[:-1] for text in folded], [], 9, edits=1)
    assert [entity_id(f"e{n}") in found[text[:-1]].ids for n, text in enumerate(folded)] == [True] * len(words)


def test_a_text_is_known_as_a_value_of_the_predicates_that_have_it(store: Store) -> None:
    long = "x " * 60
    notes = [fact("ann", "note", Literal(text)) for text in ("Very Busy", "very-busy!", "idle", long)]
    load(store, target(), [*entity("ann"), *entity("f", "Firm"), *notes, fact("f", "size", Literal("3", "number"))])
    load(
        store,
        target("secret", classification=Classification.RESTRICTED),
        [*entity("ann"), fact("ann", "note", Literal("hidden"))],
    )
    view = store.view(Scope())
    assert view.values(["very busy", "idle", "hidden", "busy", "3", "ann", long.strip(), ""]) == {
        "idle": ("note",),
        "very busy": ("note",),
    }
    assert store.view(Scope(ceiling=Classification.RESTRICTED)).values(["hidden"]) == {"hidden": ("note",)}


def test_versions_are_all_that_a_scope_of_this_view_may_name(store: Store) -> None:
    for version in ("1", "2"):
        load(store, target(version=version), entity("ann"))
    load(store, target("other"), entity("bob"))
    load(store, target("secret", classification=Classification.RESTRICTED), entity("cid"))

    def refs(*datasets: str) -> list[str]:
        return [version.ref for version in store.view(Scope(datasets)).versions()]

    assert refs() == ["other@1", "people@1", "people@2"]
    assert refs("people") == ["people@1", "people@2"]
    assert refs("people@1", "other") == ["other@1", "people@1"]


def test_what_the_record_of_a_fact_says_besides_is_found(store: Store) -> None:
    into, other = target(files=("a.csv", "b.csv")), target("other")
    said = {
        "line 1#a,b": fact("ann", "knows", "bob"),
        "line 1#c": fact("ann", "note", Literal("busy")),
        "line 1/links/0": fact("bob", "knows", "ann"),
        "line 1": fact("bob", "note", Literal("idle")),
        "line 10#a": fact("ann", "knows", "cid"),
        "line 2#a": fact("bob", "knows", "cid"),
    }
    people = entries(into, [item for key in ("ann", "bob", "cid") for item in entity(key)])
    placed = [Entry(item, into.sources[0].id, locator) for locator, item in said.items()]
    elsewhere = [Entry(fact("cid", "knows", "ann"), into.sources[1].id, "line 1#a")]
    load(store, into, [*people, *placed, *elsewhere])
    hidden = Entry(fact("cid", "knows", "bob"), other.sources[0].id, "line 1#a")
    load(store, other, [*entries(other, [*entity("bob"), *entity("cid")]), hidden])
    view = store.view(Scope(("people",)))
    told = said["line 1#a,b"].id
    beside = sorted(said[place].id for place in ("line 1#c", "line 1/links/0"))
    assert [item.id for item in view.recorded_with([told])[told]] == beside
    assert view.recorded_with([said["line 2#a"].id, "f-none"]) == {}


# --- all of it, page by page ---


def test_all_entities_are_walked_in_pages(store: Store) -> None:
    keys = ["z", "Z", "é", "\uffee", "\U0001f600", "a b"]
    firm = entity("firm:acme", "Firm")
    load(store, target(), [*(item for key in keys for item in entity(key)), *firm])
    ids = tuple(sorted([*map(entity_id, keys), "firm:acme"]))
    view = store.view(Scope())
    first = view.walk("", 3)
    assert first == Listing(ids[:3], cut=True)
    assert view.walk(ids[2], 4) == Listing(ids[3:])
    assert view.walk(ids[3], 2) == Listing(ids[4:6], cut=True)
    assert view.walk(ids[-1], 2) == Listing(())


def test_a_walk_passes_over_what_the_view_does_not_see(store: Store) -> None:
    load(store, target("open", classification=PUBLIC), [*entity("ann"), *entity("cy")])
    load(store, target("secret", classification=SECRET), entity("bob"))
    load(store, target("old"), entity("dee"))
    load(store, target("old"), [])
    assert store.view(Scope()).walk("", 2) == Listing((ANN, CY))
    assert store.view(Scope(ceiling=SECRET)).walk("", 2) == Listing((ANN, BOB), cut=True)


def test_a_scope_of_any_day_sees_facts_of_every_valid_time(store: Store) -> None:
    past, future = Interval(None, "2020-12-31"), Interval("2090-01-01")
    said = [fact("ann", "knows", "bob", valid) for valid in (past, future)]
    load(store, target(), [*TOWN[:-1], *said, Fact.of(ANN, NAME, Literal("Annie"), past)])
    assert seen(store.view(Scope())) == ([ANN, BOB], [])
    view = store.view(Scope(any_day=True))
    assert view.follow([ANN], ["knows"], "out", 5).facts == tuple(sorted(said, key=lambda one: one.id))
    assert view.facts([one.id for one in said]).keys() == {one.id for one in said}
    assert view.entities([ANN])[ANN].aliases == ("Annie",)
