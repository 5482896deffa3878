"""The write-ahead log of SQLite ends: beside the work where it can, else by whoever writes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg.backends.sqlite.database import Database

FEW, MOST = 64, 256
BLOB = 100_000
"""Bytes of one write: some 25 pages."""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("kg.backends.sqlite.database.CHECKPOINT_PAGES", FEW)
    monkeypatch.setattr("kg.backends.sqlite.database.MOST_PAGES", MOST)
    return tmp_path / "some.db"


@pytest.fixture
def other(path: Path) -> Iterator[Database]:
    """Another process's look at the database: while it lasts, no end of a connection empties the log."""
    Database(str(path)).close()
    held = Database(str(path))
    with held.use() as connection:
        connection.execute("SELECT value FROM meta").fetchall()
    yield held
    held.close()


def write(database: Database, times: int, size: int = BLOB) -> None:
    for _ in range(times):
        with database.write() as connection:
            connection.execute(f"INSERT INTO meta VALUES (hex(randomblob(8)), zeroblob({size}))")


def sizes(path: Path) -> tuple[int, int]:
    """Bytes of the file and of its log."""
    return path.stat().st_size, Path(f"{path}-wal").stat().st_size


@pytest.mark.usefixtures("other")
def test_a_log_that_is_long_enough_is_copied_when_what_wrote_it_ends(path: Path) -> None:
    before, _ = sizes(path)
    database = Database(str(path))
    write(database, 1, 4 * BLOB)
    database.close()
    whole, log = sizes(path)
    assert whole > 4 * BLOB + before
    again = Database(str(path))
    write(again, 1)
    again.close()
    assert sizes(path)[1] == log  # The log is written from its beginning again.


@pytest.mark.usefixtures("other")
def test_a_short_log_is_left_as_it_is(path: Path) -> None:
    before, _ = sizes(path)
    database = Database(str(path))
    write(database, 1)
    database.close()
    assert sizes(path)[0] == before


@pytest.mark.usefixtures("other")
def test_a_log_that_is_too_long_is_copied_by_who_writes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    database = Database(str(path))
    write(database, 100)
    assert sizes(path)[0] > 80 * BLOB
    assert sizes(path)[1] < 20 * BLOB
    database.close()


def test_what_is_erased_is_in_no_log_while_others_look_on(path: Path, other: Database) -> None:
    database = Database(str(path))
    write(database, 20)
    assert database.empty_log()
    assert sizes(path)[1] == 0
    with other.use() as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM meta").fetchall()
        write(database, 1)
        with database.use() as connection:
            connection.set_busy_timeout(0)
        assert not database.empty_log()
        reader.execute("COMMIT")
    database.close()
