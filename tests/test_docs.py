"""What the docs must name: settings, errors, operators, keys of files, records; and that links lead somewhere."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

import kg.errors
from kg.domain.ontology_file import parse
from kg.domain.plan_json import OPS, from_json, to_json
from kg.domain.result import AnswerType
from kg.errors import KgError, OntologyInvalid
from loaders import schema
from loaders.dataset import DatasetFile, EntitySpec, Expect, FactSpec, MapEntry, Options
from loaders.formats import OWN
from tests.unit.answer.garden import ask

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *DOCS.rglob("*.md"),
        *(ROOT / "examples").rglob("*.md"),
        *(ROOT / "benchmarks").rglob("*.md"),
    ]
)
VARIABLE = re.compile(r"\bWHENCE_[A-Z0-9_]*[A-Z0-9]\b")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def read(path: Path) -> str:
    return path.read_text("utf-8")


def errors() -> list[type[KgError]]:
    return [value for value in vars(kg.errors).values() if isinstance(value, type) and issubclass(value, KgError)]


def table(page: str) -> dict[str, list[str]]:
    """Cells of each table row whose first cell is a code span."""
    rows = re.findall(r"^\| `([^`]+)` \|(.*)\|$", read(DOCS / page), re.MULTILINE)
    return {first: [cell.strip() for cell in rest.split("|")] for first, rest in rows}


def settings_used() -> set[str]:
    """Variables that the code reads; of the tests only their own, since they also make wrong ones up."""
    code = [path for folder in ("kg", "api", "loaders", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    code += [path for path in (ROOT / "scripts").iterdir() if path.is_file()]
    code += [ROOT / "docker-compose.yml", ROOT / "Makefile", ROOT / ".ci" / "run"]
    used = {variable for path in code for variable in VARIABLE.findall(read(path))}
    own = {variable for path in (ROOT / "tests").rglob("*.py") for variable in VARIABLE.findall(read(path))}
    return used | {variable for variable in own if variable.startswith("WHENCE_TEST_")}


def test_every_setting_is_documented_and_no_other() -> None:
    assert set(table("settings.md")) == settings_used()


def test_every_error_is_documented_with_its_code_and_no_other() -> None:
    assert set(table("errors.md")) == {error.code for error in errors()}


def test_the_docs_say_which_errors_may_go_away() -> None:
    said = {code for code, cells in table("errors.md").items() if cells[0] == "yes"}
    assert said == {error.code for error in errors() if error.retryable}


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in errors()]
    assert len(codes) == len(set(codes))


# --- plans -------------------------------------------------------------------------------------------------------


def sections(page: str) -> dict[str, str]:
    """Text of each section whose heading is a code span."""
    found = re.split(r"^#+ (?:`([^`\n]+)`|.*)$", read(DOCS / page), flags=re.MULTILINE)
    return {heading: text for heading, text in zip(found[1::2], found[2::2], strict=True) if heading}


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", read(DOCS / page), re.MULTILINE | re.DOTALL)


def test_every_operator_has_a_section_and_no_other() -> None:
    assert set(sections("plans.md")) == set(OPS)


@pytest.mark.parametrize("op", OPS)
def test_the_section_of_an_operator_names_its_fields_and_shows_it(op: str) -> None:
    said = sections("plans.md")[op]
    assert f'"op": "{op}"' in said
    prose = re.sub(r"^```.*?^```$", "", said, flags=re.MULTILINE | re.DOTALL)
    fields = {field.name for field in dataclasses.fields(OPS[op])}
    shown = {name for name in fields if f'"{name}"' in said}
    assert fields - shown - set(re.findall(r"`(\w+)`", prose)) == set()


def test_every_plan_shown_is_in_its_one_form() -> None:
    plans = [json.loads(block) for page in ("plans.md", "architecture.md") for block in blocks(page, "json")]
    assert len(plans) > len(OPS)
    assert [to_json(from_json(plan)) for plan in plans] == plans


# --- answers -----------------------------------------------------------------------------------------------------


def test_every_key_of_an_answer_is_documented() -> None:
    document = ask("Which plants does Ada tend?")
    assert document["outcome"] == "answered"
    rows = re.findall(r"^\| (`.*?) \|", read(DOCS / "answer-contract.md"), re.MULTILINE)
    assert {*document, *document["answer"]} - set(re.findall(r"`(\w+)`", " ".join(rows))) == set()


def test_every_type_of_answer_is_documented_and_no_other() -> None:
    page = read(DOCS / "answer-contract.md").partition("| `type` | `value`")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == set(get_args(AnswerType))


# --- dataset and ontology files ------------------------------------------------------------------------------------


def keys_under(*headings: str) -> set[str]:
    """Code spans in the first cells of the tables under these headings of the page on dataset files."""
    parts = re.split(r"^#+ (.*)$", read(DOCS / "dataset-files.md"), flags=re.MULTILINE)
    texts = dict(zip(parts[1::2], parts[2::2], strict=True))
    cells = [cell for heading in headings for cell in re.findall(r"^\| (`.*?) \|", texts[heading], re.MULTILINE)]
    return {key for cell in cells for key in re.findall(r"`([^`]+)`", cell)}


TABLE = {"of": "A", "rules": "B", "outcome": "c", "inputs": {"a": {"nothing": 1}}}
ONTOLOGY_PLACES: dict[tuple[str, ...], dict[str, Any]] = {
    ("Ontology file",): {"nothing": 1},
    ("Key schemes",): {"keys": {"a": {"nothing": 1}}},
    ("Types",): {"types": {"A": {"nothing": 1}}},
    ("Predicates", "Derived predicates"): {"predicates": {"a": {"nothing": 1}}},
    ("Concepts",): {"concepts": {"a": {"nothing": 1}}},
    ("Decision tables",): {"tables": {"a": {"nothing": 1}}},
    ("Inputs of a table",): {"tables": {"a": TABLE}},
}


@pytest.mark.parametrize("headings", ONTOLOGY_PLACES, ids=lambda headings: headings[0])
def test_every_key_of_an_ontology_file_is_documented_and_no_other(headings: tuple[str, ...]) -> None:
    """The reader itself says which keys it knows."""
    with pytest.raises(OntologyInvalid, match="unknown field 'nothing'; known are") as refused:
        parse({"ontology": "a", **ONTOLOGY_PLACES[headings]})
    assert keys_under(*headings) == set(str(refused.value).partition("known are ")[2].split(", "))


DATASET_PLACES: dict[str, tuple[type[BaseModel], set[str]]] = {
    "Dataset file": (DatasetFile, {"extends"}),
    "Expect": (Expect, set()),
    "Options": (Options, set()),
    "Map": (MapEntry, set()),
    "Entity": (EntitySpec, set()),
    "Fact": (FactSpec, set()),
}


@pytest.mark.parametrize("heading", DATASET_PLACES)
def test_every_key_of_a_dataset_file_is_documented_and_no_other(heading: str) -> None:
    model, besides = DATASET_PLACES[heading]
    assert keys_under(heading) == {field.alias or name for name, field in model.model_fields.items()} | besides


def test_the_ontology_files_shown_are_read() -> None:
    shown = [yaml.safe_load(block) for block in blocks("dataset-files.md", "yaml")]
    ontologies = [parse(document) for document in shown if "ontology" in document and "dataset" not in document]
    assert ontologies


def test_the_dataset_files_shown_are_read() -> None:
    shown = [yaml.safe_load(block) for block in blocks("dataset-files.md", "yaml")]
    datasets = [DatasetFile.model_validate(document) for document in shown if "dataset" in document]
    assert datasets


EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/ontology.yml"))


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_an_example_says_what_its_files_are_and_how_to_load_them(folder: Path) -> None:
    said = read(folder / "README.md")
    files = {path.name for path in folder.glob("*.yml")} - {"ontology.yml"}
    assert {name for name in files if f"`{name}`" not in said} == set()
    assert f"whence load examples/{folder.name}/*.yml" in said
    assert f"(examples/{folder.name}/README.md)" in read(ROOT / "README.md")


def test_the_schema_of_dataset_files_is_that_of_the_code() -> None:
    assert read(DOCS / "dataset-file.schema.json") == schema.text(), "write it anew: make openapi"


EXAMPLES = sorted(path for path in (ROOT / "examples").glob("*/*.yml") if path.name != "ontology.yml")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_schema_takes_the_dataset_files_of_the_examples(path: Path) -> None:
    document = yaml.safe_load(read(path))
    jsonschema.validate(json.loads(json.dumps(document, default=str)), schema.schema())


@pytest.mark.parametrize("change", [{"format": 7}, {"colour": "red"}, {"files": []}, {"expect": {"filled": {"a": 2}}}])
def test_the_schema_refuses_what_a_load_refuses(change: dict[str, Any]) -> None:
    document = yaml.safe_load(read(ROOT / "examples" / "supply" / "site-list.yml"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document | change, schema.schema())


def test_every_reader_is_documented_and_no_other() -> None:
    table = read(DOCS / "dataset-files.md").partition("## Readers")[2].partition("\n\nA locator")[0]
    named = [cell for row in table.splitlines()[3:] for cell in re.findall(r"`([a-z]+)`", row.split("|")[1])]
    assert sorted(named) == sorted(OWN)


def test_every_bad_input_has_its_row_with_tests_that_there_are() -> None:
    there = {name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)", read(path))}
    rows = re.findall(r"^\| ([\d, ]+) \|.*\|(.*)\|$", read(DOCS / "bad-inputs.md"), re.MULTILINE)
    numbers = [int(number) for numbers, _ in rows for number in numbers.split(",")]
    assert numbers == [*range(1, 51), 53, 54, 55]
    named = {numbers: re.findall(r"`(test_\w+)`", tests) for numbers, tests in rows}
    assert {numbers for numbers, tests in named.items() if not tests} == {"38"}
    assert {test for tests in named.values() for test in tests} - there == set()


def test_every_decision_record_is_listed_once() -> None:
    listed = re.findall(r"^\| \[(\d{4})\]\(([^)]+)\) \|", read(DOCS / "adr" / "README.md"), re.MULTILINE)
    files = sorted(path.name for path in (DOCS / "adr").glob("[0-9]*.md"))
    assert [file for _, file in listed] == files
    assert [number for number, _ in listed] == [file[:4] for file in files]


@pytest.mark.parametrize("path", sorted((DOCS / "adr").glob("[0-9]*.md")), ids=lambda path: path.stem)
def test_a_decision_record_has_its_four_parts(path: Path) -> None:
    assert re.findall(r"^## (.+)$", read(path), re.MULTILINE) == [
        "Context",
        "Decision",
        "Consequences",
        "Alternatives",
    ]


def test_every_make_target_is_in_the_help() -> None:
    makefile = read(ROOT / "Makefile")
    phony = re.search(r"^\.PHONY:((?:.*\\\n)*.*)$", makefile, re.MULTILINE)
    assert phony
    said = set(re.findall(r"^([a-z0-9-]+):.*## \S", makefile, re.MULTILINE))
    assert set(phony[1].replace("\\\n", " ").split()) - said == {"format-check"}


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", read(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(FENCE.sub("", read(page))):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []
