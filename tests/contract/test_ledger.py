"""What every ledger of runs promises (kg/ports/ledger.py)."""

from __future__ import annotations

import pytest

from kg.domain.lineage import Rejection
from kg.errors import StoreError
from tests.builders import Store, entity, load, run, target

REJECTIONS = [Rejection("people@1/a.csv", f"line {i}", "no key", {"name": "x", "n": i}) for i in range(3)]


def test_a_commit_records_its_run_with_the_changes_and_rejections(store: Store) -> None:
    done = load(store, target(), entity("ann"), run_id="run-x", rejections=REJECTIONS)
    assert store.runs(5) == [done]
    assert done.changes.added == 2
    assert store.rejections("run-x") == REJECTIONS
    assert store.rejections("run-y") == []


def test_a_run_that_changed_nothing_is_appended(store: Store) -> None:
    failed = run(target(), "run-f", state="failed", message="no key in half of the records")
    store.append_run(failed, REJECTIONS)
    assert store.runs(5) == [failed]
    assert store.rejections("run-f") == REJECTIONS


def test_runs_come_newest_first(store: Store) -> None:
    for i in range(4):
        store.append_run(run(target(), f"run-{i}"), [])
    assert [item.id for item in store.runs(3)] == ["run-3", "run-2", "run-1"]


def test_a_run_is_recorded_once(store: Store) -> None:
    store.append_run(run(target(), "run-1"), [])
    with pytest.raises(StoreError):
        store.append_run(run(target(), "run-1", state="failed"), [])
    assert [item.state for item in store.runs(5)] == ["complete"]


def test_the_last_fingerprint_is_that_of_the_newest_complete_run(store: Store) -> None:
    into = target()
    assert store.last_fingerprint("people", "1") is None
    load(store, into, entity("ann"), run_id="run-1")
    load(store, into, entity("bob"), run_id="run-2")
    load(store, target(version="2"), entity("bob"), run_id="run-3")
    store.append_run(run(into, "run-4", state="failed"), [])
    store.append_run(run(into, "run-5", state="unchanged"), [])
    assert store.last_fingerprint("people", "1") == "sha256:run-2"
    assert store.last_fingerprint("people", "2") == "sha256:run-3"


def test_the_run_of_a_load_that_failed_can_be_recorded_with_its_rejections(store: Store) -> None:
    into = target()
    with store.writer(into, "run-1"):
        pass
    store.append_run(run(into, "run-1", state="failed"), REJECTIONS)
    assert [item.state for item in store.runs(5)] == ["failed"]
    assert store.rejections("run-1") == REJECTIONS
