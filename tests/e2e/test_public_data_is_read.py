"""Every file of the public data is read by a dataset file of the examples, or is left out for a stated reason."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from loaders.dataset import is_ontology, read_dataset, read_document
from loaders.inputs import find_inputs
from tests.conftest import ROOT
from tests.e2e.domains import EXAMPLES

SAID = (ROOT / "docs" / "public-data.md").read_text("utf-8")
HAS_ITS_OWN_DATA = "supply"


def table(title: str) -> list[list[str]]:
    """The cells of the table under a heading of docs/public-data.md."""
    part = SAID.partition(f"## {title}\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


FOLDERS = {re.findall(r"\[(.+?)\]", row[0])[0]: row[1].strip("`") for row in table("Which example reads which folder")}
LEFT_OUT = [row[0].strip("`") for row in table("What no dataset file reads")]


def read_by(example: str, folder: Path) -> set[Path]:
    """The files that the dataset files of one example read, shapes and catalogs among them."""
    found: set[Path] = set()
    for path in (EXAMPLES / example).glob("*.yml"):
        document = read_document(path)
        if not is_ontology(document):
            spec = read_dataset(path, document)
            names = [*spec.files, *spec.options.shapes, *spec.options.catalogs]
            found |= {one.path for one in find_inputs(names, folder)}
    return found


def test_every_example_of_public_data_has_its_folder() -> None:
    examples = {path.parent.name for path in EXAMPLES.glob("*/ontology.yml")} - {HAS_ITS_OWN_DATA}
    assert set(FOLDERS) == examples


@pytest.mark.data
def test_every_file_is_read_or_left_out_for_a_reason(data: Path) -> None:
    read = {path for example, folder in FOLDERS.items() for path in read_by(example, data / folder)}
    files = {path.relative_to(data).as_posix() for path in data.rglob("*") if path.is_file() and path not in read}
    reasons = {pattern: {name for name in files if fnmatchcase(name, pattern)} for pattern in LEFT_OUT}
    assert sorted(files.difference(*reasons.values())) == []
    assert [pattern for pattern, found in reasons.items() if not found] == []
