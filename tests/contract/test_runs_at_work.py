"""What a load tells of itself while it runs, and what is left of one that ended without a word."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kg.domain.lineage import LiveRun
from kg.errors import ExpectationFailed
from tests.builders import TOWN, Store, entity, entries, load, profile, run, target


def live(records: int = 0, **changes: Any) -> LiveRun:
    """A load of the town, so many records on."""
    of = run(target(), "run-l", state="running", ended_at=None, records=records, left_over=())
    return LiveRun(of, "load", "2026-03-01T09:00:05.000000Z", 3 * records, 40 * records, 4_000, **changes)


def test_nothing_is_live_where_nobody_loads(store: Store) -> None:
    assert store.live() is None
    load(store, target(), TOWN)
    assert store.live() is None


def test_a_load_is_seen_as_it_told_last(store: Store) -> None:
    with store.writer(target(), "run-l") as writer:
        writer.tell(live())
        assert store.live() == live()
        writer.put(entries(target(), TOWN))
        writer.tell(live(7))
        assert store.live() == live(7)
        assert store.runs(5) == []


def test_what_was_told_is_gone_when_the_load_is_committed(store: Store) -> None:
    into = target()
    with store.writer(into, "run-l") as writer:
        writer.tell(live())
        writer.put(items := entries(into, TOWN))
        done = writer.commit(run(into, "run-l"), profile(items), [])
        assert (store.live(), store.runs(5)) == (None, [done])


def test_a_load_that_fails_is_seen_as_failed_until_its_run_is_recorded(store: Store) -> None:
    def broken() -> None:
        with store.writer(target(), "run-l") as writer:
            writer.tell(live(7))
            raise ExpectationFailed("too few")

    with pytest.raises(ExpectationFailed):
        broken()
    found = store.live()
    assert found is not None
    assert (found.run.state, found.run.message, found.run.records) == ("failed", "too few", 7)
    store.append_run(run(target(), "run-l", state="failed"), [])
    assert store.live() is None


def test_a_load_that_ends_without_a_word_is_lost_and_the_next_one_records_it(store: Store) -> None:
    stop(store)
    found = store.live()
    assert found is not None
    assert (found.run.state, found.run.ended_at, found.run.records) == ("lost", found.told_at, 7)
    assert "load it again" in found.run.message
    done = load(store, target(), TOWN, run_id="run-2")
    assert store.live() is None
    assert store.runs(5) == [done, found.run]
    assert store.last_fingerprint("people", "1") == "sha256:run-2"


def test_the_run_of_another_load_leaves_what_was_told(store: Store) -> None:
    with store.writer(target(), "run-l") as writer:
        writer.tell(live())
        store.append_run(run(target(), "run-other", state="unchanged"), [])
        assert store.live() == live()


def test_what_is_told_is_not_what_is_read(store: Store) -> None:
    load(store, target(), entity("ann"))
    before = store.runs(5)
    stop(store)
    assert store.runs(5) == before


@pytest.mark.parametrize(("read", "expected"), [(0, None), (1_000, 28), (4_000, 7)])
def test_how_many_records_there_are_is_told_by_the_part_that_was_read(read: int, expected: int | None) -> None:
    assert replace(live(7), bytes_read=read).expected_records == expected


def test_the_rate_is_that_since_the_start() -> None:
    assert live(7).rate == 1.4
    assert replace(live(7), told_at=live().run.started_at).rate is None


def stop(store: Store) -> None:
    """A load that is interrupted."""

    def interrupted() -> None:
        with store.writer(target(), "run-l") as writer:
            writer.tell(live(7))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
