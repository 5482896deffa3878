"""What every ledger of OpenLineage events promises, and the view's read from a source to what it says."""

from __future__ import annotations

import pytest

from kg.domain.fact import FOREVER
from kg.domain.lineage import Classification
from kg.domain.openlineage import LineageNode, event_of, own_source, run_uuid
from kg.domain.ref import ref_of
from kg.domain.scope import Scope
from kg.errors import StoreError
from kg.ports.store import Entry
from tests.builders import TOWN, Store, entity, fact, lineage_event, load, run, target

JOB = LineageNode("job", "etl", "nightly")
RAW, ORDERS, SALES = (LineageNode("dataset", "db", name) for name in ("raw", "orders", "sales"))
RUN = "0195d3a0-1111-7111-8111-000000000001"


def test_an_event_is_recorded_once(store: Store) -> None:
    event = lineage_event(run_id=RUN)
    assert store.append_events([event, event]) == 1
    assert store.append_events([event, lineage_event(run_id=RUN, eventType="START")]) == 1
    assert [one["eventType"] for one in store.events(RUN)] == ["START", "COMPLETE"]


def test_the_events_of_a_run_come_as_they_happened(store: Store) -> None:
    times = ["2026-03-01T10:00:00Z", "2026-03-01T10:30:00+01:00", "2026-03-01T09:45:00.5Z"]
    store.append_events([lineage_event(run_id=RUN, eventType="RUNNING", eventTime=time) for time in times])
    assert [one["eventTime"] for one in store.events(RUN)] == [times[1], times[2], times[0]]
    assert store.events("0195d3a0-1111-7111-8111-000000000002") == []


def test_what_an_event_ties_is_walked_both_ways_in_order(store: Store) -> None:
    store.append_events([lineage_event(reads=["raw", "orders"], writes=["sales", "copies"])])
    assert store.linked([JOB], "down", 5) == {JOB: (LineageNode("dataset", "db", "copies"), SALES)}
    assert store.linked([JOB], "up", 5) == {JOB: (ORDERS, RAW)}
    assert store.linked([RAW, ORDERS, SALES], "down", 5) == {RAW: (JOB,), ORDERS: (JOB,)}
    assert store.linked([JOB], "up", 1) == {JOB: (ORDERS,)}


def test_a_tie_that_two_events_say_is_one(store: Store) -> None:
    store.append_events([lineage_event(eventType="START"), lineage_event(eventType="COMPLETE")])
    assert store.linked([ORDERS], "down", 5) == {ORDERS: (JOB,)}


def test_what_an_event_makes_known_is_told_apart_from_what_it_only_ties(store: Store) -> None:
    store.append_events([lineage_event()])
    hidden = own_source("people@1/a.csv")
    store.append_events([event_of({"eventTime": "2026-03-01T10:00:00Z"}, links=((RAW, hidden), (ORDERS, hidden)))])
    assert store.known([RAW, ORDERS, JOB, hidden]) == {ORDERS, JOB}
    assert store.linked([hidden], "up", 5) == {hidden: (ORDERS, RAW)}
    store.append_events([lineage_event(reads=["raw"])])
    assert store.known([RAW]) == {RAW}


def test_a_commit_records_the_events_of_its_run_with_what_changed(store: Store) -> None:
    into = target()
    done = run(into, "run-x")
    with store.writer(into, "run-x") as writer:
        writer.put([Entry(item, into.sources[0].id, f"line {i}#x") for i, item in enumerate(entity("ann"))])
        writer.commit(
            done,
            store.view(Scope()).profile(),
            [],
            lambda run: [lineage_event(run_id=RUN, writes=[str(run.changes.added)])],
        )
    assert [one["outputs"][0]["name"] for one in store.events(RUN)] == ["2"]


def test_a_load_that_does_not_commit_leaves_no_event(store: Store) -> None:
    into = target()
    with store.writer(into, "run-x") as writer:
        writer.put([Entry(item, into.sources[0].id, "line 1#x") for item in entity("ann")])
    assert store.events(RUN) == []


def test_the_events_of_a_run_that_changed_nothing_come_with_it_or_not_at_all(store: Store) -> None:
    store.append_run(run(target(), "run-1", state="failed"), [], [lineage_event(run_id=RUN)])
    assert len(store.events(RUN)) == 1
    with pytest.raises(StoreError):
        store.append_run(run(target(), "run-1"), [], [lineage_event(run_id=RUN, eventType="ABORT")])
    assert len(store.events(RUN)) == 1


def test_what_a_source_says_comes_in_order_of_its_places(store: Store) -> None:
    into = target(files=("a.csv", "b.csv"))
    first, second = (source.id for source in into.sources)
    held = [*TOWN, fact("bob", "knows", "ann")]
    places = [
        Entry(held[0], first, "line 2#x"),
        Entry(held[2], first, "line 1#x"),
        Entry(held[3], second, "line 1#x"),
        *(Entry(one, first, "line 3#x") for one in held[4:]),
    ]
    load(store, into, places, run_id="run-1")
    said = store.view(Scope()).said_by([first, second, "other"], 9)
    assert list(said) == [first, second]
    assert [(one.locator, one.fact, one.run) for one in said[first]] == [
        ("line 1#x", held[2].id, "run-1"),
        ("line 2#x", held[0].id, "run-1"),
        *(("line 3#x", one, "run-1") for one in sorted(item.id for item in held[4:])),
    ]
    assert all(one.retired_at is None and one.recorded_at < FOREVER for one in said[first])
    assert [one.locator for one in store.view(Scope()).said_by([first], 2)[first]] == ["line 1#x", "line 2#x"]


def test_what_a_source_said_before_and_what_is_too_high_are_not_seen(store: Store) -> None:
    into = target(classification=Classification.RESTRICTED)
    load(store, into, TOWN)
    load(store, into, entity("ann"))
    source = into.sources[0].id
    assert store.view(Scope()).said_by([source], 9) == {}
    all_of_it = store.view(Scope(ceiling=Classification.RESTRICTED))
    assert {one.fact for one in all_of_it.said_by([source], 9)[source]} == {item.id for item in entity("ann")}


def test_a_purge_erases_what_the_runs_told_and_what_is_tied_to_the_sources(store: Store) -> None:
    into, other = target(files=("a.csv", "b.csv")), target("places")
    for version in (into, other):
        done = run(version, f"run-{version.version.dataset}")
        links = tuple((RAW, own_source(source.id)) for source in version.sources)
        told = event_of(
            {"eventTime": "2026-03-01T10:00:00Z", "run": {"runId": run_uuid(done.id)}, "read": "their secret"},
            links=links,
        )
        with store.writer(version, done.id) as writer:
            writer.put([Entry(item, version.sources[0].id, "line 1#x") for item in entity("ann")])
            writer.commit(done, store.view(Scope()).profile(), [], lambda _, told=told: [told])  # type: ignore[misc]
    store.purge(ref_of("people"), run(into, "run-p", job="purge people"))
    assert store.events(run_uuid("run-people")) == []
    assert len(store.events(run_uuid("run-places"))) == 1
    sources = [own_source(source.id) for source in (*into.sources, *other.sources)]
    assert store.linked(sources, "up", 5) == {own_source(other.sources[0].id): (RAW,)}
    assert store.linked([RAW], "down", 5) == {RAW: (own_source(other.sources[0].id),)}
