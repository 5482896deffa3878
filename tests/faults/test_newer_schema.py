"""A database that is not ours, or is a newer Whence's, is refused with a clear error and left untouched."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kg.backends.sqlite.schema import SCHEMA_VERSION
from kg.errors import SchemaTooNew, StoreRejected, StoreUnavailable
from tests.faults.children import open_store


def bytes_of(folder: Path) -> dict[str, str]:
    """Name and checksum of everything in the folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def foreign(path: Path, *, version: int = 0) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"CREATE TABLE person (name TEXT); PRAGMA user_version={version}")
    return path


def test_a_database_of_a_newer_schema_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "whence.db"
    open_store(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    before = bytes_of(tmp_path)
    with pytest.raises(SchemaTooNew, match=f"has schema {SCHEMA_VERSION + 1}, this Whence knows {SCHEMA_VERSION}"):
        open_store(path)
    assert bytes_of(tmp_path) == before


@pytest.mark.parametrize("version", [0, SCHEMA_VERSION, SCHEMA_VERSION + 8])
def test_another_programs_database_is_refused_untouched(tmp_path: Path, version: int) -> None:
    path = foreign(tmp_path / "theirs.db", version=version)
    before = bytes_of(tmp_path)
    with pytest.raises(StoreRejected, match=r"theirs\.db' is an SQLite database, but not one of Whence's"):
        open_store(path)
    assert bytes_of(tmp_path) == before


@pytest.mark.parametrize("content", [b"name,age\nann,7\n" * 100, b"x", b"SQLite format 3\x00" + b"\xff" * 2_000])
def test_a_file_that_is_no_database_is_refused_untouched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    before = bytes_of(tmp_path)
    with pytest.raises(StoreRejected, match="is not a Whence database or is damaged"):
        open_store(path)
    assert bytes_of(tmp_path) == before


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    path = tmp_path / "whence.db"
    path.touch()
    store = open_store(path)
    store.check()
    store.close()


@pytest.mark.parametrize("name", ["absent/whence.db", "file/whence.db"])
def test_a_folder_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="is not a folder"):
        open_store(tmp_path / name)


def test_a_folder_in_the_place_of_a_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot open"):
        open_store(tmp_path)
