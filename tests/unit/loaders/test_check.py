"""A dry run: what a load would do, and a store as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kg.domain.fact import Literal
from kg.domain.scope import Scope
from kg.errors import SourceUnreadable
from loaders.check import Checked
from loaders.jobs import check_files
from tests.unit.loaders.loading import Folder, document, quiet, write_yaml

SUPPLIER = {"type": "Supplier", "key": "id", "name": "name"}
SUPPLIES = {"predicate": "supplies", "object": {"type": "Ingredient", "key": "item"}}
DATA = "id,name,item,note\nSUP-1,Kestrel,oil,x\nSUP-2,Oils,salt,\nbad,Bad,oil,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def checked(folder: Folder, *changes: dict[str, Any]) -> list[Checked]:
    documents = [document(**one) for one in changes]
    paths = [write_yaml(folder.path / f"{one['dataset']}.yml", one) for one in documents]
    return list(check_files(paths, None, folder.services, quiet))


def test_counts_a_sample_what_is_left_over_and_what_is_rejected_are_said(folder: Folder) -> None:
    folder.data(DATA)
    [found] = checked(folder, {"map": [{"entity": SUPPLIER}], "expect": {"rejected": 0.5}})
    assert (found.records, found.rejected, found.entities, found.facts) == (
        3,
        1,
        {"Supplier": 2},
        {"name": 2, "type": 2},
    )
    assert (found.left_over, found.problem) == (("item", "note"), "")
    assert [(one.locator, one.reason) for one in found.rejections] == [("line 4", "'bad' is not a key of Supplier")]
    assert [(one.locator, one.fact.object) for one in found.sample if one.fact.predicate == "name"] == [
        ("line 2#name", Literal("Kestrel")),
        ("line 3#name", Literal("Oils")),
    ]


def test_nothing_of_it_is_in_the_store(folder: Folder) -> None:
    folder.load("id,name\nSUP-9,Before\n", files=["before.csv"], dataset="before")
    before, at = folder.graph(), folder.services.store.view(Scope()).known_at
    folder.data(DATA)
    checked(folder, {"expect": {"rejected": 0.5}})
    assert (folder.graph(), folder.services.store.view(Scope()).known_at) == (before, at)
    assert folder.last_run().dataset == "before"
    assert folder.load("id,name\nSUP-1,a\n").state == "complete"


def test_a_dataset_sees_what_those_checked_before_it_declare(folder: Folder) -> None:
    folder.data(DATA)
    folder.data("id,name\noil,Oil\n", "items.csv")
    items = {
        "dataset": "items",
        "files": ["items.csv"],
        "map": [{"entity": {"type": "Ingredient", "key": "id", "name": "name"}}],
    }
    mine = {"map": [{"entity": SUPPLIER, "facts": [SUPPLIES]}], "after": ["items"], "expect": {"rejected": 1}}
    _, found = checked(folder, mine, items)
    assert [(one.locator, one.reason) for one in found.rejections] == [
        ("line 3#item", "supplies: object 'item:salt' is declared by no loaded dataset"),
        ("line 4", "'bad' is not a key of Supplier"),
    ]


@pytest.mark.parametrize(
    ("expect", "problem"),
    [
        ({}, "register@1: 1 of 3 records rejected"),
        ({"rejected": 1, "unique": ["item"]}, "register@1: field 'item' is 'oil' at line 2 and at line 4"),
    ],
)
def test_an_expectation_that_is_not_met_is_said_beside_the_rest(
    folder: Folder, expect: dict[str, Any], problem: str
) -> None:
    folder.data(DATA)
    [found] = checked(folder, {"expect": expect})
    assert found.problem.startswith(problem)
    assert found.records == 3


def test_a_file_that_cannot_be_read_is_refused(folder: Folder) -> None:
    with pytest.raises(SourceUnreadable, match="cannot read"):
        checked(folder, {"files": ["absent.csv"]})
