"""A reader of another format, in an installed package that Whence knows nothing of."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.errors import MappingInvalid, SourceUnreadable
from tests.unit.loaders.loading import Folder

PACKAGE = """
from loaders.readers import Record, lines_of

def words(file, options):
    for number, line in enumerate(lines_of(file, options.encoding), 1):
        key, _, name = line.strip().partition(" ")
        yield Record(f"line {number}", {"id": key, "name": name}, None if name else "no name")

def crash(file, options):
    yield Record("line 1", {"id": "SUP-1", "name": "First"})
    raise ValueError("of\\ntwo lines")

def rows(file, options):
    yield {"id": "SUP-1"}
"""
NAMES = """[whence.readers]
words = their_readers:words
crash = their_readers:crash
rows = their_readers:rows
absent = their_readers:nothing
gone = no_such_package:read
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    installed = tmp_path / "site" / "theirs-1.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(NAMES)
    (installed.parent / "their_readers.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(installed.parent)
    (tmp_path / "data").mkdir()
    return Folder(tmp_path / "data")


def test_a_format_of_an_installed_package_is_read(folder: Folder) -> None:
    run = folder.load("SUP-1 First\nSUP-2 Second\nSUP-3\n", format="words", expect={"rejected": 0.5})
    assert (run.records, run.rejected, run.state) == (3, 1, "complete")
    assert ("supplier:SUP-2", "name", "Second") in folder.graph()
    assert folder.rejected() == [("line 3", "no name")]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("crash", "the reader 'crash' failed: ValueError: of two lines"),
        ("rows", "the reader 'rows' failed: TypeError: gives a dict where a Record is wanted"),
    ],
)
def test_a_reader_that_fails_ends_the_run_with_its_reason(folder: Folder, name: str, message: str) -> None:
    with pytest.raises(SourceUnreadable, match=f"data.csv: {message}"):
        folder.load("x", format=name)
    assert (folder.last_run().state, folder.graph()) == ("failed", [])


@pytest.mark.parametrize(("name", "message"), [("absent", "no attribute 'nothing'"), ("gone", "'no_such_package'")])
def test_a_reader_that_cannot_be_imported_is_named(folder: Folder, name: str, message: str) -> None:
    with pytest.raises(MappingInvalid, match=f"the reader '{name}', .*, cannot be imported: .*{message}"):
        folder.load("x", format=name)
