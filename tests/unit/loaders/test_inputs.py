"""The files that a dataset file names: by name, by pattern, or a whole folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg.errors import SourceUnreadable
from loaders.inputs import find_inputs


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in ("b.csv", "a.csv", "note.txt", "in/c.csv", "in/deep/d.csv", "in/.hidden"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["b.csv", "a.csv"], ["b.csv", "a.csv"]),
        (["*.csv"], ["a.csv", "b.csv"]),
        (["**/*.csv"], ["a.csv", "b.csv", "in/c.csv", "in/deep/d.csv"]),
        (["in"], ["in/c.csv", "in/deep/d.csv"]),
        (["b.csv", "*.csv", "a.csv"], ["b.csv", "a.csv"]),
        (["in/[cd].csv"], ["in/c.csv"]),
    ],
)
def test_names_patterns_and_folders_find_each_file_once(data: Path, names: list[str], found: list[str]) -> None:
    assert [one.name for one in find_inputs(names, data)] == found


def test_a_folder_that_is_reached_by_a_way_round_or_a_link_is_the_same(data: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(data)
    for folder in (data / "in" / "..", tmp_path / "link"):
        assert [one.name for one in find_inputs(["in", "*.csv"], folder)] == [
            "in/c.csv",
            "in/deep/d.csv",
            "a.csv",
            "b.csv",
        ]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(data: Path) -> None:
    (data / "report[1].csv").write_text("x")
    assert [one.name for one in find_inputs(["report[1].csv"], data)] == ["report[1].csv"]


@pytest.mark.parametrize("name", ["*.json", "empty", "in/x*"])
def test_what_finds_nothing_is_named(data: Path, name: str) -> None:
    (data / "empty").mkdir()
    with pytest.raises(SourceUnreadable, match="finds no file in"):
        find_inputs([name], data)


@pytest.mark.parametrize("name", ["../*.csv", "/etc/host*", "in/../../data.csv"])
def test_a_pattern_that_leads_outside_the_folder_is_refused(data: Path, name: str) -> None:
    (data.parent / "data.csv").write_text("x")
    with pytest.raises(SourceUnreadable, match="lies outside"):
        find_inputs([name], data)


def test_a_link_found_by_a_pattern_that_leads_outside_is_refused(data: Path) -> None:
    (data.parent / "secret.csv").write_text("x")
    (data / "z.csv").symlink_to(data.parent / "secret.csv")
    for name in ("*.csv", ".", "z.csv"):
        with pytest.raises(SourceUnreadable, match="lies outside"):
            find_inputs([name], data)


def test_a_link_to_itself_is_refused(data: Path) -> None:
    (data / "loop.csv").symlink_to(data / "loop.csv")
    with pytest.raises(SourceUnreadable, match="lead in a circle"):
        find_inputs(["loop.csv"], data)


def test_more_files_than_the_most_are_refused(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loaders.inputs.MAX_FILES", 3)
    with pytest.raises(SourceUnreadable, match="finds more than 3 files"):
        find_inputs(["**/*"], data)
