"""Verifying the audit log: integrity, completeness and freshness apart; checkpoints of this database alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import core_ontology
from kg.decisions.audit import read_log, verify
from kg.decisions.checkpoint import read_checkpoints, take
from kg.domain.audit import Act
from kg.errors import CheckpointInvalid, ConfigError
from tests.builders import TickingClock


@pytest.fixture
def log(clock: TickingClock) -> Iterator[SqliteStore]:
    made = SqliteStore(":memory:", core_ontology(), clock)
    yield made
    made.close()


def append(log: SqliteStore, count: int) -> None:
    for n in range(count):
        log.audit(Act("export", f"out-{n}", "ann", reason="asked for"))


def test_an_empty_log_is_sound(log: SqliteStore, clock: TickingClock, tmp_path: Path) -> None:
    assert verify(log, [], clock).sound
    take(log, tmp_path / "seen", tmp_path / "key", clock)
    found = verify(log, read_checkpoints(tmp_path / "seen"), clock)
    assert (found.sound, found.complete, found.entries, found.last_at, found.age_s) == (True, True, 0, None, None)


def test_without_a_checkpoint_completeness_is_not_known(log: SqliteStore, clock: TickingClock) -> None:
    append(log, 3)
    found = verify(log, [], clock)
    assert (found.integrity, found.complete, found.anchored, found.unanchored) == (True, None, 0, 3)


def test_freshness_is_of_the_last_entry_and_of_the_last_checkpoint(
    log: SqliteStore, clock: TickingClock, tmp_path: Path
) -> None:
    append(log, 2)
    take(log, tmp_path / "seen", tmp_path / "key", clock)
    append(log, 2)
    take(log, tmp_path / "seen", tmp_path / "key", clock)
    append(log, 1)
    found = verify(log, read_checkpoints(tmp_path / "seen"), clock)
    assert (found.anchored, found.unanchored) == (4, 1)
    assert (found.age_s, found.checkpoint_age_s) == (1.0, 2.0)


def test_a_later_checkpoint_of_the_same_entry_hides_no_rewrite(
    log: SqliteStore, clock: TickingClock, tmp_path: Path
) -> None:
    append(log, 2)
    first = take(log, tmp_path / "seen", tmp_path / "key", clock)
    later = replace(first, hash="sha256:" + "0" * 64)
    assert verify(log, [first], clock).complete
    assert not verify(log, [first, later], clock).complete
    assert not verify(log, [later, first], clock).complete


def test_a_clock_that_was_set_back_is_stated_and_no_fault(log: SqliteStore, clock: TickingClock) -> None:
    append(log, 2)
    clock.now = clock.now.replace(year=2020)
    append(log, 2)
    found = verify(log, [], clock)
    assert (found.sound, found.set_back) == (True, (3,))


def test_erased_names_are_counted_and_no_fault(log: SqliteStore, clock: TickingClock) -> None:
    append(log, 3)
    log.erase_text("ann", "bob")
    found = verify(log, [], clock)
    assert (found.sound, found.erased, found.entries) == (True, 1, 4)
    assert [one.actor for one in read_log(log, 0, 9)] == [None, None, None, "bob"]


def test_a_checkpoint_of_another_database_is_refused(log: SqliteStore, clock: TickingClock, tmp_path: Path) -> None:
    append(log, 1)
    take(log, tmp_path / "seen", tmp_path / "key", clock)
    other = SqliteStore(":memory:", core_ontology(), clock)
    try:
        with pytest.raises(CheckpointInvalid, match="hold it against the one it was made of"):
            verify(other, read_checkpoints(tmp_path / "seen"), clock)
        with pytest.raises(CheckpointInvalid, match="name another file"):
            take(other, tmp_path / "seen", tmp_path / "key", clock)
    finally:
        other.close()


@pytest.mark.parametrize("name", ["database", "seq", "hash", "at"])
def test_a_changed_checkpoint_is_refused(log: SqliteStore, clock: TickingClock, tmp_path: Path, name: str) -> None:
    append(log, 2)
    take(log, tmp_path / "seen", tmp_path / "key", clock)
    told = json.loads((tmp_path / "seen").read_text())
    told[name] = 1 if name == "seq" else f"{told[name]}0"
    (tmp_path / "seen").write_text(json.dumps(told))
    with pytest.raises(CheckpointInvalid, match="seen:1: the signature does not hold"):
        read_checkpoints(tmp_path / "seen")


@pytest.mark.parametrize("text", ["", "{}", "[]", "no", '{"database": 7}', "\x00", '{"seq": "1"}'])
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "seen").write_text(text)
    with pytest.raises(CheckpointInvalid):
        read_checkpoints(tmp_path / "seen")


def test_a_checkpoint_signed_with_another_key_than_the_known_one_is_refused(
    log: SqliteStore, clock: TickingClock, tmp_path: Path
) -> None:
    for name in ("ours", "theirs"):
        take(log, tmp_path / name, tmp_path / f"{name}.key", clock)
    assert read_checkpoints(tmp_path / "theirs")
    with pytest.raises(CheckpointInvalid, match="another key than the one you trust"):
        read_checkpoints(tmp_path / "theirs", tmp_path / "ours.pub")


def test_the_key_is_its_owners_alone_and_is_used_again(log: SqliteStore, clock: TickingClock, tmp_path: Path) -> None:
    first, second = (take(log, tmp_path / "seen", tmp_path / "new" / "audit.key", clock) for _ in range(2))
    assert first.key == second.key
    assert (tmp_path / "new" / "audit.key").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_no_key_is_refused(log: SqliteStore, clock: TickingClock, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret")
    with pytest.raises(ConfigError, match="as a key"):
        take(log, tmp_path / "seen", tmp_path / "key", clock)
