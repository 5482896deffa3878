"""What every store promises of the difference a load makes, and of deltas, which change what they name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kg.domain.difference import FactChange, difference
from kg.domain.fact import REPLACED_BY, Fact, Literal
from kg.domain.lineage import Changes, Classification, Run
from kg.domain.scope import Scope
from kg.ports.store import Entry, LoadTarget
from tests.builders import TOWN, Store, entity, fact, load, profile, run, target
from tests.contract.seeing import facts_seen, ids_seen

ANN, BOB, CY = "person:ann", "person:bob", "person:cy"
KNOWS, BACK = fact("ann", "knows", "bob"), fact("bob", "knows", "ann")


def changed(store: Store, done: Run) -> tuple[set[str], set[str]]:
    """Ids of the facts that a run gained and lost."""
    found = store.changes(done.id)
    gained, lost = {one.fact.id for one in found if one.gained}, {one.fact.id for one in found if not one.gained}
    assert (done.changes.gained, done.changes.lost) == (len(gained), len(lost))
    return gained, lost


def ids(*facts: Fact) -> set[str]:
    return {item.id for item in facts}


def test_a_first_load_is_compared_with_nothing(store: Store) -> None:
    done = load(store, target(), TOWN)
    assert (done.compared, store.changes(done.id), done.changes) == ("", [], Changes(added=5))


def test_a_reload_gains_and_loses_facts_of_its_own_version(store: Store) -> None:
    load(store, target(), [*TOWN, fact("ann", "note", Literal("busy"))])
    done = load(store, target(), [*TOWN, BACK])
    assert done.compared == "people@1"
    assert changed(store, done) == (ids(BACK), ids(fact("ann", "note", Literal("busy"))))
    assert store.changes(done.id)[0] == FactChange(BACK, gained=True)


def test_a_fact_that_only_moves_to_another_line_is_no_difference(store: Store) -> None:
    load(store, target(), TOWN)
    done = load(store, target(), list(reversed(TOWN)))
    assert (done.changes.added, done.changes.retired) == (4, 4)
    assert changed(store, done) == (set(), set())


def test_a_new_classification_is_no_difference_of_facts(store: Store) -> None:
    load(store, target(), TOWN)
    done = load(store, target(classification=Classification.PUBLIC), TOWN)
    assert changed(store, done) == (set(), set())


def test_a_fact_that_comes_back_is_gained_again(store: Store) -> None:
    load(store, target(), [*TOWN, BACK])
    load(store, target(), TOWN)
    done = load(store, target(), [*TOWN, BACK])
    assert changed(store, done) == (ids(BACK), set())


def test_another_version_is_compared_with_the_current_one(store: Store) -> None:
    load(store, target(version="1"), [*TOWN, *entity("cy")])
    load(store, target("others"), TOWN)
    done = load(store, target(version="2"), [*entity("ann"), *entity("bob", name="Robert"), KNOWS, BACK])
    assert done.compared == "people@1"
    gained, lost = changed(store, done)
    assert gained == ids(BACK, *entity("bob", name="Robert")[1:])
    assert lost == ids(*entity("cy"), entity("bob")[1])


def test_a_pinned_version_is_what_the_next_is_compared_with(store: Store) -> None:
    load(store, target(version="1", current="1"), TOWN)
    load(store, target(version="2", current="1"), [*TOWN, BACK])
    done = load(store, target(version="3", current="1"), [*TOWN, BACK])
    assert (done.compared, changed(store, done)) == ("people@1", (ids(BACK), set()))


def test_a_difference_names_entities_withdrawals_and_replacements(store: Store) -> None:
    load(store, target(version="1"), [*TOWN, *entity("cy")])
    revoked = Fact.of(ANN, "status", Literal("revoked"))
    facts = [*TOWN, *entity("dee"), revoked, Fact.of(ANN, REPLACED_BY, "person:dee")]
    found = difference(store.changes(load(store, target(version="2"), facts).id))
    assert (found.came, found.went) == (("person:dee",), (CY,))
    assert (found.withdrawn, found.replaced) == (((ANN, "revoked"),), ((ANN, "person:dee"),))
    assert found.names == {CY: "Cy", "person:dee": "Dee"}
    assert [(name, len(of.gained), len(of.lost)) for name, of in found.facts.items()] == [
        ("name", 1, 1), ("replaced_by", 1, 0), ("status", 1, 0), ("type", 1, 1),
    ]  # fmt: skip


def test_a_load_that_fails_leaves_no_difference(store: Store) -> None:
    load(store, target(), TOWN)
    with store.writer(target(), "run-x") as writer:
        writer.put(at(target(), "r", [BACK]))
    assert store.changes("run-x") == []


# --- deltas ---


def feed(file: str, *, delta: bool = True) -> LoadTarget:
    whole = target(files=(file,))
    return LoadTarget(whole.version, whole.ontology, whole.sources, whole.current, delta=delta)


def at(into: LoadTarget, record: str, facts: Iterable[Fact]) -> list[Entry]:
    return [Entry(item, into.sources[0].id, f"/{record}#x{n}", record) for n, item in enumerate(facts)]


def load_records(
    store: Store, into: LoadTarget, records: dict[str, Sequence[Fact]], deleted: Sequence[str] = ()
) -> Run:
    done = run(into, f"run-{into.sources[0].name}")
    items = [entry for record, facts in records.items() for entry in at(into, record, facts)]
    with store.writer(into, done.id) as writer:
        writer.replace([*records, *deleted])
        writer.put(items)
        return writer.commit(done, profile(items), [])


FULL: dict[str, Sequence[Fact]] = {"a": [*entity("ann"), KNOWS], "b": [*entity("bob"), BACK], "c": entity("cy")}


def test_a_delta_changes_what_its_records_say_and_leaves_the_rest(store: Store) -> None:
    load_records(store, feed("full", delta=False), FULL)
    robert = entity("bob", name="Robert")
    done = load_records(store, feed("d1"), {"b": robert})
    view = store.view(Scope())
    assert ids_seen(view) == [ANN, BOB, CY]
    assert (view.entities([BOB])[BOB].name, view.entities([BOB])[BOB].aliases) == ("Robert", ())
    assert facts_seen(view) == [KNOWS]
    assert done.compared == "people@1"
    assert changed(store, done) == (ids(robert[1]), ids(entity("bob")[1], BACK))
    assert [item.source for item in view.assertions([robert[0].id])[robert[0].id]] == ["people@1/d1"]
    assert sorted(view.sources()) == ["people@1/d1", "people@1/full"]


def test_a_record_that_a_delta_deletes_says_nothing_more(store: Store) -> None:
    load_records(store, feed("full", delta=False), FULL)
    done = load_records(store, feed("d1"), {}, deleted=["c", "nobody"])
    assert ids_seen(store.view(Scope())) == [ANN, BOB]
    assert changed(store, done) == (set(), ids(*entity("cy")))


def test_the_counts_after_a_delta_are_those_of_the_whole(store: Store) -> None:
    load_records(store, feed("full", delta=False), FULL)
    load_records(store, feed("d1"), {"d": [*entity("dee"), fact("dee", "knows", "ann")]}, deleted=["c"])
    found = store.view(Scope()).profile()
    assert (found.entities, found.facts) == ({"Person": 3}, {"knows": 3, "name": 3, "type": 3})


def test_a_fact_that_another_record_says_too_stays(store: Store) -> None:
    load_records(store, feed("full", delta=False), FULL | {"z": [BACK]})
    done = load_records(store, feed("d1"), {"b": entity("bob")})
    assert facts_seen(store.view(Scope())) == [KNOWS, BACK] or facts_seen(store.view(Scope())) == [BACK, KNOWS]
    assert changed(store, done) == (set(), set())


def test_deltas_build_on_each_other_and_a_full_load_starts_again(store: Store) -> None:
    load_records(store, feed("full", delta=False), FULL)
    load_records(store, feed("d1"), {"b": entity("bob", name="Robert")})
    load_records(store, feed("d2"), {"b": entity("bob", name="Rob")})
    assert store.view(Scope()).entities([BOB])[BOB].name == "Rob"
    load_records(store, feed("full2", delta=False), {"a": entity("ann")})
    assert ids_seen(store.view(Scope())) == [ANN]
    assert sorted(store.view(Scope()).sources()) == ["people@1/full2"]


def test_a_first_delta_begins_with_nothing(store: Store) -> None:
    done = load_records(store, feed("d1"), {"a": entity("ann")})
    assert (done.compared, ids_seen(store.view(Scope()))) == ("", [ANN])
    assert store.view(Scope()).profile().entities == {"Person": 1}


def test_what_the_version_declared_before_counts_for_a_delta_only(store: Store) -> None:
    load_records(store, feed("full", delta=False), FULL)
    for delta, expected in ((True, {ANN: "Person"}), (False, {})):
        with store.writer(feed("d1", delta=delta), f"run-{delta}") as writer:
            assert writer.declared([ANN, "person:zoe"]) == expected


def test_a_delta_that_fails_leaves_all_as_it_was(store: Store) -> None:
    load_records(store, feed("full", delta=False), FULL)
    with store.writer(feed("d1"), "run-x") as writer:
        writer.replace(["a", "b"])
        writer.put(at(feed("d1"), "b", entity("bob", name="Robert")))
    view = store.view(Scope())
    assert (ids_seen(view), view.entities([BOB])[BOB].name) == ([ANN, BOB, CY], "Bob")
    load_records(store, feed("d2"), {"c": []})
    assert ids_seen(store.view(Scope())) == [ANN, BOB]


def test_records_that_get_another_mark_are_known_by_it(store: Store) -> None:
    load_records(store, feed("full", delta=False), FULL)
    into = feed("full", delta=False)
    done = run(into, "run-marks")
    items = [Entry(e.fact, e.source, e.locator, f"new-{e.record}") for r, f in FULL.items() for e in at(into, r, f)]
    with store.writer(into, done.id) as writer:
        writer.put(items)
        writer.commit(done, profile(items), [])
    load_records(store, feed("d1"), {}, deleted=["new-c", "a"])
    assert ids_seen(store.view(Scope())) == [ANN, BOB]


def test_the_past_of_a_delta_is_read_as_it_was(store: Store) -> None:
    load_records(store, feed("full", delta=False), FULL)
    before = store.view(Scope())
    load_records(store, feed("d1"), {}, deleted=["c"])
    for view in (before, store.view(Scope(known_as_of=before.known_at))):
        assert (ids_seen(view), view.profile().entities) == ([ANN, BOB, CY], {"Person": 3})
