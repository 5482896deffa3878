"""What every audit log promises (kg/ports/audit.py), and which changes it tells of."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import neo4j
import pytest

from kg.backends.neo4j.store import Neo4jStore
from kg.backends.sqlite.store import SqliteStore
from kg.domain.audit import Act, AuditEntry, content_of, founded, sha256
from kg.domain.ontology import Ontology
from kg.domain.prompt import Template
from kg.domain.ref import ref_of
from kg.errors import PromptNotFound, StoreError, StoreTimeout
from kg.settings import neo4j_address
from tests.builders import (
    TOWN,
    MakeStore,
    Store,
    TickingClock,
    kept,
    lineage_event,
    load,
    ontology_document,
    run,
    target,
)
from tests.neo4j_server import neo4j_auth

EACH = 5_000 if os.environ.get("WHENCE_PROOFS") == "1" else 60
"""Appends of each of two writers."""
TEMPLATE = Template("", "{{ question }}", {})


def entries(store: Store) -> list[AuditEntry]:
    return [AuditEntry.of(row.document) for row in store.audit_rows(0, 20_000)]


def kinds(store: Store) -> list[tuple[str, str, str]]:
    return [(one.kind, one.subject, one.detail) for one in entries(store)]


def who(store: Store, digest: str) -> str:
    return store.audit_texts([digest])[digest].text


def test_an_empty_log_has_a_head_that_says_which_database_it_is_of(store: Store) -> None:
    head = store.audit_head()
    assert (head.seq, store.audit_rows(0, 5)) == (0, [])
    assert head.follows == founded(head.database)
    assert len(head.database) >= 32


def test_each_entry_holds_the_hash_of_the_one_before_it(store: Store) -> None:
    for n in range(4):
        store.audit(Act("export", f"out-{n}", "ann", "csv"))
    rows = store.audit_rows(0, 10)
    held = [AuditEntry.of(row.document) for row in rows]
    assert [one.seq for one in held] == [row.seq for row in rows] == [1, 2, 3, 4]
    assert [one.prev for one in held] == [founded(store.audit_head().database), *(row.hash for row in rows[:3])]
    assert [sha256(row.document) for row in rows] == [row.hash for row in rows]
    assert (store.audit_head().seq, store.audit_head().hash) == (4, rows[3].hash)
    assert store.audit_rows(2, 1) == [rows[2]]


def test_names_and_reasons_lie_apart_from_the_entries(store: Store) -> None:
    store.audit(Act("prompt.label", "answer@production", "Ann Example", reason="Bob said “so”"))
    [row] = store.audit_rows(0, 5)
    entry = AuditEntry.of(row.document)
    assert "Ann" not in row.document
    assert "Bob" not in row.document
    assert (who(store, entry.actor), who(store, entry.reason)) == ("Ann Example", "Bob said “so”")
    assert all(one.whole for one in store.audit_texts([entry.actor, entry.reason]).values())


def test_one_name_has_one_digest_and_another_database_another(make_store: MakeStore) -> None:
    first, second = make_store("sqlite-memory"), make_store("sqlite-memory")
    for store in (first, first, second):
        store.audit(Act("export", "x", "ann"))
    own, other = ({one.actor for one in entries(store)} for store in (first, second))
    assert (len(own), len(other), len(own | other)) == (1, 1, 2)


def test_an_erased_name_is_gone_and_the_chain_stands(store: Store) -> None:
    for name in ("ann", "bob"):
        store.audit(Act("export", "x", name))
    before = store.audit_rows(0, 5)
    assert store.erase_text("ann", "bob").log == 1
    assert store.audit_rows(0, 2) == before
    first, second, erasure = entries(store)
    assert (erasure.kind, erasure.subject, who(store, erasure.actor)) == ("audit.erase", first.actor, "bob")
    assert set(store.audit_texts([first.actor, second.actor])) == {second.actor}
    assert not store.erase_text("ann", "bob").any
    assert store.audit_head().seq == 3


def test_a_reader_that_holds_what_was_erased_is_told_and_the_next_time_it_is_gone(
    make_store: MakeStore, tmp_path: Path
) -> None:
    store = make_store("sqlite-file")
    assert isinstance(store, SqliteStore)
    store.audit(Act("export", "x", "Ann Vornholt"))
    with contextlib.closing(apsw.Connection(str(tmp_path / "whence.db"))) as reader:
        cursor = reader.execute("SELECT digest FROM audit_text")
        cursor.fetchone()
        with store._database.use() as connection:
            connection.set_busy_timeout(50)
        with pytest.raises(StoreTimeout, match="a reader still holds"):
            store.erase_text("Ann Vornholt", "bob")
        cursor.close()
    assert not store.erase_text("Ann Vornholt", "bob").any
    assert not any(b"Ann Vornholt" in one.read_bytes() for one in tmp_path.glob("whence.db*"))


def test_loads_and_what_ends_them_are_told_with_who_did_it(store: Store) -> None:
    load(store, target(), TOWN, run_id="run-a")
    store.append_run(run(target(), "run-f", state="failed", actor="ann"), [])
    store.retire(ref_of("people"), run(target(), "run-r", job="retire people", actor="bob"))
    store.purge(ref_of("people"), run(target(), "run-p", job="purge people", actor="bob"))
    assert kinds(store) == [
        ("run.load", "run-a", "complete"),
        ("run.load", "run-f", "failed"),
        ("run.retire", "run-r", "complete"),
        ("run.purge", "run-p", "complete"),
    ]
    assert [one.actor and who(store, one.actor) for one in entries(store)] == ["", "ann", "bob", "bob"]


def test_decisions_prompts_and_ontologies_are_told(store: Store) -> None:
    decision = kept("d-1", {"outcome": "answered", "trace": {"actor": "ann"}})
    for _ in range(2):
        store.append(decision)
    for _ in range(2):
        store.save_prompt("answer", TEMPLATE, "first", "ann")
    store.move_label("answer", "staging", 1, "bob", "tried")
    store.move_label("answer", "staging", None, "bob", "worse")
    for _ in range(2):
        store.put_ontology("town", ontology_document(), "eve")
    assert kinds(store) == [
        ("decision", "d-1", "answered"),
        ("prompt.save", "answer@1", ""),
        ("prompt.label", "answer@staging", "none to version 1"),
        ("prompt.label", "answer@staging", "version 1 to none"),
        ("ontology", "town", ""),
    ]
    told = entries(store)
    assert [who(store, one.actor) for one in told] == ["ann", "ann", "bob", "bob", "eve"]
    assert who(store, told[3].reason) == "worse"


def test_received_events_are_told_once_for_all_that_came_together(store: Store) -> None:
    events = [lineage_event(eventType=kind) for kind in ("START", "COMPLETE")]
    store.append_events(events[:1], "ann")
    store.append_events(events, "bob")
    store.append_events(events, "eve")
    assert kinds(store) == [
        ("lineage", events[0].id, "1 of 1 events"),
        ("lineage", events[0].id, "1 of 2 events"),
    ]
    assert [who(store, one.actor) for one in entries(store)] == ["ann", "bob"]
    assert entries(store)[1].content == content_of([event.document for event in events])


def test_what_is_refused_leaves_no_entry(store: Store) -> None:
    store.append_run(run(target(), "run-1"), [])
    with pytest.raises(StoreError):
        store.append_run(run(target(), "run-1"), [])
    with pytest.raises(PromptNotFound):
        store.move_label("answer", "staging", 1, "bob", "tried")
    assert store.audit_head().seq == 1


def test_a_clock_that_is_set_back_does_not_change_the_order(store: Store, clock: TickingClock) -> None:
    store.audit(Act("export", "first", "ann"))
    clock.now = clock.now.replace(year=2020)
    store.audit(Act("export", "second", "ann"))
    first, second = entries(store)
    assert (first.subject, second.subject, second.seq) == ("first", "second", 2)
    assert second.at < first.at


@pytest.fixture(params=["sqlite-file", pytest.param("neo4j", marks=pytest.mark.neo4j)])
def two_stores(
    request: pytest.FixtureRequest, make_store: MakeStore, core: Ontology, clock: TickingClock, tmp_path: Path
) -> Iterator[tuple[Store, Store]]:
    """Over one database, as two processes have them."""
    first = make_store(request.param)
    if request.param == "neo4j":
        address, database = neo4j_address(request.getfixturevalue("neo4j_url"))
        second: Store = Neo4jStore(address, database, *(neo4j_auth() or ("", "")), core, clock)
    else:
        second = SqliteStore(str(tmp_path / "whence.db"), core, clock)
    yield first, second
    second.close()


def test_two_writers_leave_no_gap_and_no_fork(two_stores: tuple[Store, Store]) -> None:
    first, second = two_stores
    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(write, store, name) for store, name in ((first, "ann"), (second, "bob"))]
        for writer in writers:
            writer.result()
    rows = first.audit_rows(0, 20_000)
    told = [json.loads(row.document) for row in rows]
    assert [row.seq for row in rows] == [one["seq"] for one in told] == list(range(1, 2 * EACH + 1))
    assert [one["prev"] for one in told[1:]] == [row.hash for row in rows[:-1]]
    assert {one["subject"] for one in told} == {f"{name}-{n}" for name in ("ann", "bob") for n in range(EACH)}


def write(store: Store, name: str) -> None:
    for n in range(EACH):
        store.audit(Act("export", f"{name}-{n}", name))


@pytest.mark.neo4j
def test_in_neo4j_an_entry_is_a_node_that_says_nothing_beside_its_document(
    make_store: MakeStore, neo4j_url: str, neo4j_driver: neo4j.Driver
) -> None:
    make_store("neo4j").audit(Act("export", "x", "ann"))
    _, database = neo4j_address(neo4j_url)
    found = neo4j_driver.execute_query("MATCH (e:AuditEntry) RETURN keys(e)", database_=database).records
    assert [sorted(row[0]) for row in found] == [["document", "hash", "seq"]]
