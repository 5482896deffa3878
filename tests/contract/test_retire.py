"""What every store promises of retiring: gone from now, kept by what others say, there as it was before."""

from __future__ import annotations

import pytest

from kg.domain.fact import Literal
from kg.domain.lineage import Changes, Run
from kg.domain.ref import ref_of
from kg.domain.scope import Scope
from kg.errors import DatasetNotFound, InvalidInput, LoadInProgress, NotFound
from tests.builders import TOWN, Store, entity, entries, fact, load, profile, run, target
from tests.contract.seeing import facts_seen, ids_seen

ANN, BOB, CY = "person:ann", "person:bob", "person:cy"
KNOWS = fact("ann", "knows", "bob")


def retire(store: Store, ref: str, run_id: str = "run-r") -> Run:
    held = ref_of(ref)
    return store.retire(
        held,
        run(target(held.dataset, held.version), run_id, job=f"retire {ref}", fingerprint="", actor="ann", left_over=()),
    )


def test_what_only_a_dataset_said_is_no_longer_seen_and_what_another_says_stays(store: Store) -> None:
    load(store, target("people"), [*TOWN, fact("bob", "note", Literal("busy"))])
    load(store, target("staff"), [*entity("ann"), *entity("bob"), *entity("cy"), KNOWS])
    retire(store, "people")
    view = store.view(Scope())
    assert ids_seen(view) == [ANN, BOB, CY]
    assert [item.predicate for item in facts_seen(view)] == ["knows"]
    assert [item.source for item in view.assertions([KNOWS.id])[KNOWS.id]] == ["staff@1/a.csv"]
    assert [version.ref for version in view.datasets()] == ["staff@1"]
    assert view.profile().facts == {"knows": 1, "name": 3, "type": 3}


def test_a_retirement_is_a_run_with_its_counts_and_says_what_stays(store: Store) -> None:
    load(store, target("people"), TOWN)
    load(store, target("staff"), entity("ann"))
    done = retire(store, "people@1")
    assert store.runs(1) == [done]
    assert (done.job, done.actor, done.changes) == ("retire people@1", "ann", Changes(retired=5, lost=3))
    assert done.message.startswith("3 facts are no longer seen; 2 are still said by other sources; people has no")


def test_the_past_is_read_as_it_was(store: Store) -> None:
    load(store, target(), TOWN)
    before = store.view(Scope())
    retire(store, "people")
    for view in (before, store.view(Scope(known_as_of=before.known_at))):
        assert ids_seen(view) == [ANN, BOB]
        assert facts_seen(view) == [KNOWS]
        assert view.profile().entities == {"Person": 2}
        assert [item.retired_at is None for item in view.assertions([KNOWS.id])[KNOWS.id]] == [False]
    assert ids_seen(store.view(Scope())) == []


def test_retiring_the_current_version_falls_back_to_none_and_leaves_the_others(store: Store) -> None:
    load(store, target(version="1"), TOWN)
    load(store, target(version="2"), entity("cy"))
    done = retire(store, "people@2")
    assert "people has no current version now" in done.message
    assert ids_seen(store.view(Scope())) == []
    with pytest.raises(DatasetNotFound):
        store.view(Scope(datasets=("people",)))
    assert ids_seen(store.view(Scope(datasets=("people@1",)))) == [ANN, BOB]
    load(store, target(version="1", current="1"), TOWN)
    assert ids_seen(store.view(Scope())) == [ANN, BOB]


def test_retiring_another_version_leaves_the_current_one(store: Store) -> None:
    load(store, target(version="1"), TOWN)
    load(store, target(version="2"), entity("cy"))
    assert "current" not in retire(store, "people@1").message
    assert ids_seen(store.view(Scope())) == [CY]
    with pytest.raises(DatasetNotFound):
        store.view(Scope(datasets=("people@1",)))


def test_a_dataset_is_retired_with_all_its_versions(store: Store) -> None:
    load(store, target(version="1"), TOWN)
    load(store, target(version="2"), entity("cy"))
    assert retire(store, "people").changes == Changes(retired=7, lost=7)
    for refs in (("people",), ("people@1",), ("people@2",)):
        with pytest.raises(DatasetNotFound):
            store.view(Scope(datasets=refs))


def test_a_retired_version_is_not_made_current_by_a_pin(store: Store) -> None:
    load(store, target(version="1"), TOWN)
    retire(store, "people@1")
    load(store, target(version="2", current="1"), entity("cy"))
    assert ids_seen(store.view(Scope())) == [CY]


def test_a_source_is_retired_alone_and_the_counts_follow(store: Store) -> None:
    into = target(files=("a.csv", "b.csv"))
    other = target(files=("b.csv",))
    mine = entries(into, TOWN)
    load(store, into, [*mine, *entries(other, [*entity("ann"), *entity("cy")])])
    done = retire(store, "people@1/a.csv")
    assert done.changes == Changes(retired=5, lost=3)
    view = store.view(Scope())
    assert ids_seen(view) == [ANN, CY]
    assert (view.profile().entities, view.profile().facts) == ({"Person": 2}, {"name": 2, "type": 2})
    assert list(view.sources()) == ["people@1/b.csv"]


def test_a_version_goes_with_its_last_source(store: Store) -> None:
    load(store, target(), TOWN)
    retire(store, "people@1/a.csv")
    with pytest.raises(DatasetNotFound):
        store.view(Scope(datasets=("people@1",)))


def test_what_was_retired_can_be_loaded_again(store: Store) -> None:
    load(store, target(), TOWN, run_id="run-1")
    retire(store, "people")
    assert store.last_fingerprint("people", "1") == ""
    load(store, target(), TOWN)
    assert ids_seen(store.view(Scope())) == [ANN, BOB]
    assert facts_seen(store.view(Scope())) == [KNOWS]


@pytest.mark.parametrize("ref", ["people", "people@2", "folk", "people@1/b.csv"])
def test_what_is_not_there_cannot_be_retired(store: Store, ref: str) -> None:
    load(store, target(), TOWN)
    if ref == "people":
        retire(store, "people", "run-q")
    with pytest.raises(NotFound, match=ref):
        retire(store, ref)
    assert [one.state for one in store.runs(5) if one.id == "run-r"] == []


@pytest.mark.parametrize("text", ["", "@1", "people@", "a/b", "people@1/"])
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is no dataset"):
        ref_of(text)


def test_a_retirement_during_a_load_is_refused(store: Store) -> None:
    load(store, target(), TOWN)
    into = target("staff")
    with store.writer(into, "run-w") as writer:
        with pytest.raises(LoadInProgress):
            retire(store, "people")
        items = entries(into, entity("cy"))
        writer.put(items)
        writer.commit(run(into, "run-w"), profile(items), [])
    assert ids_seen(store.view(Scope())) == [ANN, BOB, CY]
