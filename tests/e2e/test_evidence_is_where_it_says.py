"""Every evidence fact of every answer is found again at the file and position it names."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from kg.answer.pipeline import answer
from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import Services
from kg.domain.decision import Document, comparable
from kg.domain.lineage import Classification
from kg.domain.ontology import Ontology
from kg.domain.ontology_file import parse
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.ports.clock import system_clock
from loaders.dataset import DatasetFile, is_ontology, read_dataset, read_document
from loaders.inputs import find_inputs
from loaders.jobs import load_files
from loaders.mapping import RecordMapping
from loaders.paths import Lookups
from loaders.readers import Record, reader_for

EXAMPLES = Path(__file__).parents[2] / "examples"
CYBER = ("V01", "V02", "V03", "V04")
EVERYTHING = Scope(ceiling=Classification.RESTRICTED)
Place = tuple[str, str]
"""Fact id and locator."""


@dataclass
class Publication:
    """The files of one dataset, read and mapped without the store; every record once, when it is asked for."""

    spec: DatasetFile
    mapping: RecordMapping
    folder: Path
    records: dict[tuple[str, str], Record] = field(default_factory=dict)
    lookups: Lookups = field(default_factory=dict)
    checksums: dict[str, str] = field(default_factory=dict)
    found: dict[tuple[str, str], set[Place]] = field(default_factory=dict)

    def read(self) -> None:
        for found in find_inputs(self.spec.files, self.folder):
            self.checksums[found.name] = found.checksum
            with contextlib.closing(found.open()) as opened:
                for record in reader_for(self.spec.format)(opened.bytes, self.spec.options):
                    self.records[found.name, record.locator] = record
        self.lookups = self.mapping.lookups(list(self.records.values()))

    def places(self, name: str, locator: str) -> set[Place]:
        """What the record at this position of this file says, mapped anew."""
        if not self.records:
            self.read()
        at = (name, locator.rpartition("#")[0] or locator)
        if at not in self.found:
            record = self.records[at]
            mapped = self.mapping.apply(record, self.mapping.choose(record, self.lookups), self.lookups)
            self.found[at] = {(one.fact.id, one.locator) for one in mapped if one.fact is not None}
        return self.found[at]


@dataclass(frozen=True)
class Example:
    """An example, loaded, with its publications by ``NAME@VERSION`` and its answered questions."""

    services: Services
    publications: dict[str, Publication]
    documents: dict[str, Document]

    def ask(self, text: str) -> Document:
        return answer(Question(text, EVERYTHING), self.services.store, self.services.decisions, self.services.clock)


@pytest.fixture(scope="module", params=["supply", pytest.param("cyber", marks=pytest.mark.data)])
def example(
    request: pytest.FixtureRequest, core: Ontology, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Example]:
    folder, data, path = EXAMPLES / request.param, None, EXAMPLES / "supply" / "questions.jsonl"
    if request.param == "cyber":
        root: Path = request.getfixturevalue("data")
        data, path = root / "cyber_core", root.parent / "questions" / "questions_cyber_visible.jsonl"
    store = SqliteStore(str(tmp_path_factory.mktemp("evidence") / "whence.db"), core, system_clock)
    services = Services(store, store, store, store, store, store, system_clock, core)
    files = sorted(folder.glob("*.yml"))
    assert all(run.state == "complete" for run in load_files(files, data, services, lambda *_: None))
    loaded = Example(services, dict(publications(files, data or folder, core)), {})
    for gold in map(json.loads, path.read_text("utf-8").splitlines()):
        if request.param == "supply" or gold["id"] in CYBER:
            loaded.documents[gold["id"]] = loaded.ask(gold["question"])
    yield loaded
    store.close()


def publications(files: list[Path], folder: Path, core: Ontology) -> Iterator[tuple[str, Publication]]:
    documents = {path: read_document(path) for path in files}
    ontology = next(parse(one, core=core) for one in documents.values() if is_ontology(one))
    for path, document in documents.items():
        if not is_ontology(document):
            spec = read_dataset(path, document)
            yield spec.version_value().ref, Publication(spec, RecordMapping(spec, ontology), folder)


def facts_of(document: Document) -> list[dict[str, Any]]:
    return [item for item in document["evidence"] if item["facts"]]


def test_every_evidence_fact_is_found_again_at_its_file_and_position(example: Example) -> None:
    checked = 0
    for name, document in example.documents.items():
        for item in facts_of(document):
            assert item["sources"], (name, item)
            again = set()
            for said in item["sources"]:
                places = example.publications[said["dataset"]].places(said["source"], said["locator"])
                here = {fact for fact, locator in places if locator == said["locator"]} & set(item["facts"])
                assert here, (name, item["text"], said)
                again |= here
                checked += 1
            assert again == set(item["facts"]), (name, item)
    assert checked > 20


def test_every_source_is_the_file_that_was_read(example: Example) -> None:
    sources = example.services.store.view(EVERYTHING).sources()
    assert sources
    for source in sources.values():
        publication = example.publications[f"{source.dataset}@{source.version}"]
        stored = (publication.folder / source.name).read_bytes()
        assert source.checksum == f"sha256:{hashlib.sha256(stored).hexdigest()}"


def test_every_drawn_relationship_is_in_the_evidence(example: Example) -> None:
    for name, document in example.documents.items():
        shown = {fact for item in document["evidence"] for fact in item["facts"]}
        drawn = {edge["id"] for edge in document["explanation"]["relationships"]}
        assert drawn <= shown, name


def test_every_claim_cites_evidence_that_exists(example: Example) -> None:
    for name, document in example.documents.items():
        items = {item["id"] for item in document["evidence"]}
        cited = [one for claim in document["claims"] for one in claim["evidence"]]
        assert set(cited) <= items, name
        assert cited or document["outcome"] != "answered", name


def test_every_row_of_an_answer_has_a_claim_or_is_counted_as_left_out(example: Example) -> None:
    for name, document in example.documents.items():
        bare = [row for row in document["answer"]["rows"] if row["claim"] is None]
        assert not bare or document["explanation"]["left_out"], name


def test_the_same_question_again_has_the_same_comparable_form(example: Example) -> None:
    for name, document in example.documents.items():
        again = example.ask(document["question"])
        assert rfc8785.dumps(comparable(again)) == rfc8785.dumps(comparable(document)), name


def test_some_questions_are_answered(example: Example) -> None:
    outcomes = [document["outcome"] for document in example.documents.values()]
    assert outcomes.count("answered") >= 4
