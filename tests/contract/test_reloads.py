"""A reload leaves exactly what it put, whatever was said before and in whatever pieces it comes."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from kg.domain.fact import Fact
from kg.domain.lineage import Changes, Classification
from kg.domain.ref import ref_of
from kg.domain.scope import Scope
from kg.ports.store import Entry, LoadTarget
from tests.builders import Store, entity, fact, load, profile, run, target

PEOPLE = ("ann", "bob", "cy", "dan")
FACTS = [one for name in PEOPLE for one in entity(name)] + [fact(a, "knows", b) for a in PEOPLE for b in PEOPLE]
FILES = ("a.csv", "b.csv")
INTO = target(files=FILES)
Place = tuple[str, str, str]


def said(random_: random.Random, before: Sequence[Entry]) -> list[Entry]:
    """Records at a few places: most as before, some changed, some gone, some new; now and then one fact twice."""
    kept = [entry for entry in before if random_.random() > 0.1]
    new = [
        Entry(
            item, random_.choice(INTO.sources).id, f"line {random_.randint(1, 6)}{random_.choice(['', '#x', '#x,y'])}"
        )
        for item in random_.choices(FACTS, k=random_.randint(0, 4))
    ]
    found = kept + new
    if random_.random() < 0.3:
        found += random_.choices(found, k=1) if found else []
    if random_.random() < 0.2:
        random_.shuffle(found)
    return found


def places(entries: Sequence[Entry]) -> set[Place]:
    return {(entry.fact.id, entry.source, entry.locator) for entry in entries}


def read(store: Store) -> set[Place]:
    """Every live assertion of the sources."""
    view = store.view(Scope(datasets=(INTO.version.ref,), ceiling=Classification.RESTRICTED))
    found = view.said_by([source.id for source in INTO.sources], 1_000)
    return {(one.fact, one.source, one.locator) for items in found.values() for one in items}


def reload(store: Store, run_id: str, parts: Sequence[Sequence[Entry]], into: LoadTarget = INTO) -> Changes:
    with store.writer(into, run_id) as writer:
        for part in parts:
            writer.put(part)
        items = [entry for part in parts for entry in part]
        return writer.commit(run(into, run_id), profile(items), []).changes


@pytest.mark.parametrize("seed", range(4))
def test_a_reload_leaves_what_it_put_and_counts_what_it_changed(store: Store, seed: int) -> None:
    random_ = random.Random(seed)  # noqa: S311 (a draw, not a secret)
    before: list[Entry] = [Entry(item, INTO.sources[0].id, f"line {n % 6}#x") for n, item in enumerate(FACTS)]
    reload(store, "run-0", [before])
    for number in range(1, 12):
        now = said(random_, before)
        cut = random_.randint(0, len(now)) if random_.random() < 0.3 else 0
        done = reload(store, f"run-{number}", [now[:cut], now[cut:]])
        assert read(store) == places(now)
        old, new = places(before), places(now)
        assert (done.added, done.retired) == (len(new - old), len(old - new))
        assert (done.gained, done.lost) == (len(facts(new) - facts(old)), len(facts(old) - facts(new)))
        before = now


def facts(found: set[Place]) -> set[str]:
    return {fact_id for fact_id, *_ in found}


def test_a_reload_of_the_same_keeps_all(store: Store) -> None:
    items = [Entry(item, INTO.sources[n % 2].id, f"line {n}#x") for n, item in enumerate(FACTS)]
    reload(store, "run-1", [items])
    assert reload(store, "run-2", [items]) == Changes(kept=len(items))
    assert read(store) == places(items)


def test_a_reload_that_fails_leaves_what_the_next_one_is_compared_with(store: Store) -> None:
    items = [Entry(item, INTO.sources[0].id, f"line {n // 3}#x") for n, item in enumerate(FACTS)]
    reload(store, "run-1", [items])
    with store.writer(INTO, "run-2") as writer:
        writer.put(items[:5])
    assert reload(store, "run-3", [items]) == Changes(kept=len(items))
    assert reload(store, "run-4", [items[1:]]) == Changes(kept=len(items) - 1, retired=1, lost=1)


def test_a_first_load_that_fails_leaves_nothing_to_be_compared_with(store: Store) -> None:
    items = [Entry(item, INTO.sources[0].id, f"line {n // 3}#x") for n, item in enumerate(FACTS)]
    with store.writer(INTO, "run-1") as writer:
        writer.put(items)
    assert reload(store, "run-2", [items]).added == len(items)
    assert read(store) == places(items)


@pytest.mark.parametrize("what", ["people@1", "people@1/a.csv"])
def test_what_was_retired_is_put_again_by_the_next_load(store: Store, what: str) -> None:
    items = [Entry(item, INTO.sources[n % 2].id, f"line {n // 3}#x") for n, item in enumerate(FACTS)]
    reload(store, "run-1", [items])
    gone = store.retire(ref_of(what), run(INTO, "run-2")).changes.retired
    assert reload(store, "run-3", [items]).added == gone
    assert read(store) == places(items)


def test_what_a_delta_replaced_is_not_taken_for_said(store: Store) -> None:
    full = [Entry(item, INTO.sources[0].id, f"line {n}#x", f"r{n}") for n, item in enumerate(entity("ann"))]
    reload(store, "run-1", [full])
    delta = LoadTarget(INTO.version, INTO.ontology, target(files=("delta.csv",)).sources, delta=True)
    with store.writer(delta, "run-2") as writer:
        writer.replace(["r1"])
        writer.put([])
        writer.commit(run(delta, "run-2"), profile([]), [])
    assert read(store) == places(full[:1])
    assert reload(store, "run-3", [full]).added == 1
    assert read(store) == places(full)


def test_a_reload_with_another_classification_is_said_anew(store: Store) -> None:
    items = [Entry(item, INTO.sources[0].id, f"line {n}#x") for n, item in enumerate(FACTS)]
    reload(store, "run-1", [items])
    open_ = target(files=FILES, classification=Classification.PUBLIC)
    assert reload(store, "run-2", [items], open_).retired == len(items)
    assert store.view(Scope(ceiling=Classification.PUBLIC)).entities(["person:ann"]).keys() == {"person:ann"}


def test_facts_that_move_to_another_record_stay_facts(store: Store) -> None:
    ann: list[Fact] = entity("ann")
    load(store, INTO, [Entry(one, INTO.sources[0].id, "line 1#x") for one in ann])
    moved = load(store, INTO, [Entry(one, INTO.sources[0].id, "line 2#x") for one in ann])
    assert moved.changes == Changes(added=2, retired=2)
