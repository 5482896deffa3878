"""Files given in any order: datasets after those they name, ontologies from where they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kg.errors import MappingInvalid, OntologyInvalid, SourceUnreadable
from loaders.dataset import DatasetFile
from loaders.jobs import in_order
from tests.unit.loaders.loading import ONTOLOGY, Folder, document, write_yaml


def ordered(**after: list[str]) -> list[str]:
    """Names of datasets in the order they are loaded, given those each comes after."""
    specs = [document(dataset=name, after=names) for name, names in after.items()]
    return [spec.dataset for *_, spec in in_order((Path(), one, DatasetFile.model_validate(one)) for one in specs)]


def test_datasets_come_after_those_they_name() -> None:
    assert ordered(a=["b"], b=["c"], c=[]) == ["c", "b", "a"]


def test_others_keep_the_order_in_which_they_were_given() -> None:
    assert ordered(c=[], a=[], b=["c"]) == ["c", "a", "b"]


def test_a_dataset_that_is_not_given_is_not_waited_for() -> None:
    assert ordered(a=["loaded-before"]) == ["a"]


def test_a_dataset_may_name_itself() -> None:
    assert ordered(a=["a"]) == ["a"]


def test_a_circle_is_refused_with_the_datasets_in_it() -> None:
    with pytest.raises(MappingInvalid, match=r"wait for each other under `after`: a, b$"):
        ordered(a=["b"], b=["a"], c=[])


def folder_without_ontology(path: Path) -> Folder:
    folder = Folder(path)
    (path / "ontology.yml").unlink()
    folder.data("id,name\nSUP-1,Kestrel\n")
    return folder


def test_an_ontology_beside_the_dataset_file_is_found(tmp_path: Path) -> None:
    assert Folder(tmp_path).load("id,name\nSUP-1,Kestrel\n").state == "complete"


def test_an_ontology_given_goes_first_wherever_it_stands(tmp_path: Path) -> None:
    folder = folder_without_ontology(tmp_path)
    given = write_yaml(tmp_path / "elsewhere" / "o.yml", ONTOLOGY)
    runs = list(folder.load_files(write_yaml(tmp_path / "d.yml", document()), given))
    assert [run.state for run in runs] == ["complete"]


def test_an_ontology_in_the_database_is_found(tmp_path: Path) -> None:
    folder = folder_without_ontology(tmp_path)
    list(folder.load_files(write_yaml(tmp_path / "elsewhere" / "o.yml", ONTOLOGY)))
    assert [run.state for run in folder.load_files(write_yaml(tmp_path / "d.yml", document()))] == ["complete"]


def test_a_missing_ontology_is_named(tmp_path: Path) -> None:
    folder = folder_without_ontology(tmp_path)
    path = write_yaml(tmp_path / "d.yml", document())
    with pytest.raises(MappingInvalid, match=r"d\.yml: no ontology 'trade': give its file too"):
        list(folder.load_files(path))


def test_an_ontology_alone_is_stored(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert list(folder.load_files(tmp_path / "ontology.yml")) == []
    assert folder.services.store.ontology_document("trade") is not None


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"dataset": "second", "format": "xls"}, MappingInvalid),
        ({"dataset": "second", "ontology": "absent"}, MappingInvalid),
        ({"ontology": "wrong", "types": {"lower": {}}}, OntologyInvalid),
    ],
)
def test_every_file_is_checked_before_the_first_is_loaded(
    tmp_path: Path, wrong: dict[str, Any], error: type[Exception]
) -> None:
    folder = Folder(tmp_path)
    folder.data("id,name\nSUP-1,Kestrel\n")
    second = document(**wrong) if "dataset" in wrong else wrong
    paths = [write_yaml(tmp_path / "d.yml", document()), write_yaml(tmp_path / "other" / "w.yml", second)]
    with pytest.raises(error):
        list(folder.load_files(*paths))
    assert folder.services.runs.runs(10) == []


def test_what_was_loaded_before_a_failure_stays(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.data("id,name\nSUP-1,Kestrel\n")
    paths = [
        write_yaml(tmp_path / "a.yml", document()),
        write_yaml(tmp_path / "b.yml", document(dataset="second", files=["absent.csv"])),
    ]
    runs = folder.load_files(*paths)
    assert next(runs).state == "complete"
    with pytest.raises(SourceUnreadable):
        next(runs)
    assert ("supplier:SUP-1", "name", "Kestrel") in folder.graph()


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (document(title="Another"), "dataset 'register@1' is in .*d.yml too"),
        (ONTOLOGY | {"title": "Another"}, "ontology 'trade' is in .*ontology.yml too"),
    ],
)
def test_two_files_of_one_name_are_refused(tmp_path: Path, second: dict[str, Any], message: str) -> None:
    folder = Folder(tmp_path)
    folder.data("id,name\nSUP-1,Kestrel\n")
    paths = [
        tmp_path / "ontology.yml",
        write_yaml(tmp_path / "d.yml", document()),
        write_yaml(tmp_path / "e" / "f.yml", second),
    ]
    with pytest.raises(MappingInvalid, match=message):
        list(folder.load_files(*paths))
    assert folder.services.runs.runs(10) == []


def test_a_file_given_twice_is_loaded_once(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.data("id,name\nSUP-1,Kestrel\n")
    path = write_yaml(tmp_path / "d.yml", document())
    assert [run.state for run in folder.load_files(path, path)] == ["complete"]


def test_data_paths_start_from_the_folder_that_is_given(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    folder.data("id,name\nSUP-1,Kestrel\n", "elsewhere/data.csv")
    path = write_yaml(tmp_path / "d.yml", document())
    assert next(folder.load_files(path, data=tmp_path / "elsewhere")).records == 1
