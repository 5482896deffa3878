"""Policies and a law: all of their data loads on both stores, passages are at their places, answers quote them."""

from __future__ import annotations

import functools
import gzip
import json
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import rdflib
import rfc8785

from kg.answer.pipeline import answer
from kg.bootstrap import Services
from kg.domain.decision import Document, comparable
from kg.domain.fact import PASSAGE, Literal
from kg.domain.ontology import Ontology
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.ports.clock import system_clock
from loaders.jobs import load_files
from tests.builders import Kind, MakeStore

FOLDER = Path(__file__).parents[2] / "examples" / "policies"
LOADED = {
    "gdpr": (1_042, 0, 0),
    "gdpr-concepts": (260, 39, 4),
    "gdprtext": (1_100, 28, 0),
    "gdprtext-json": (721, 0, 0),
    "handbook-18f": (10_811, 0, 0),
    "policies-18f": (122, 0, 0),
    "policies-github": (2_160, 0, 0),
}
"""Of each dataset: records, skipped and rejected."""
LARGEST = "handbook-18f"
"""Left out where the store is a server: minutes on a slow machine."""
PLACES = 100_000 if os.environ.get("WHENCE_PROOFS") == "1" else 1_000
ASKED = {
    "Which recitals mention pseudonymisation?": 9,
    "What does the GDPR say about the right to be forgotten?": 5,
    "What does Article 17 say about erasure?": 4,
    "What does the GitHub Terms of Service say about termination?": 10,
    "Which passages mention doxxing?": 1,
    "Which paragraphs of Article 6 mention consent?": 4,
    "Paragraphs on consent in Article 7": 4,
}
"""Questions, with how many passages are quoted."""


def loaded(services: Services, data: Path, *without: str) -> dict[str, tuple[int, int, int]]:
    files = [path for path in sorted(FOLDER.glob("*.yml")) if path.stem not in without]
    runs = list(load_files(files, data, services, lambda *_: None))
    assert {run.state for run in runs} == {"complete"}
    assert {field for run in runs for field in run.left_over} == set()
    return {run.dataset: (run.records, run.skipped, run.rejected) for run in runs}


def services_of(kind: Kind, make_store: MakeStore, core: Ontology) -> Services:
    store = make_store(kind)
    return Services(store, store, store, store, store, store, system_clock, core)


def asked(services: Services, text: str) -> Document:
    return answer(Question(text, Scope()), services.store, services.decisions, services.clock)


@pytest.fixture
def everything(make_store: MakeStore, core: Ontology, data: Path) -> Services:
    services = services_of("sqlite-file", make_store, core)
    assert loaded(services, data) == LOADED
    return services


@pytest.mark.data
def test_policies_and_a_law_load_and_every_passage_is_at_its_place(everything: Services, data: Path) -> None:
    view = everything.store.view(Scope())
    entities = view.profile().entities
    assert {name: len(view.scan([name], 50_000).ids) for name in entities} == {
        "Article": 99, "Chapter": 26, "Citation": 21, "Clause": 778, "Concept": 221, "Handbook": 1, "HandbookPage": 247,
        "Law": 1, "Policy": 46, "Recital": 173, "Section": 2_382, "TextParagraph": 10_418,
    }  # fmt: skip
    places = list(places_of(everything))
    assert len(places) > 11_000
    random.Random(21).shuffle(places)  # noqa: S311 (which are looked at first)
    for name, locator, text in places[:PLACES]:
        assert text in standing(data / name, locator), (name, locator, text)


def places_of(services: Services) -> Iterator[tuple[str, str, str]]:
    """File, locator and text of every passage."""
    view = services.store.view(Scope())
    sources = view.sources()
    ids = view.scan(["Article", "Citation", "Clause", "Recital", "TextParagraph"], 50_000).ids
    for start in range(0, len(ids), 1_000):
        facts = {fact.id: fact for fact in view.follow(ids[start : start + 1_000], [PASSAGE], "out", 50).facts}
        for fact, said in view.assertions(facts).items():
            held = facts[fact].object
            assert isinstance(held, Literal)
            for one in said:
                yield sources[one.source].name, one.locator, held.value


def standing(path: Path, locator: str) -> list[str]:
    """What a file has at a place, read without our readers."""
    if path.suffix == ".md":
        start, end = re.fullmatch(r"#char=(\d+),(\d+)", locator).groups()  # type: ignore[union-attr]
        return [whole(path).removeprefix("\ufeff")[int(start) : int(end)]]
    if path.name.endswith(".xml.gz"):
        xpath, start, end = re.fullmatch(r"/[^/]+\[1\](/.+)#char=(\d+),(\d+)", locator).groups()  # type: ignore[union-attr]
        element = tree(path).find(f".{xpath}")
        assert element is not None
        return ["".join(element.itertext())[int(start) : int(end)]]
    record, _, name = locator.partition("#")
    if path.name.endswith(".json.gz"):
        value = parsed(path)
        for part in record.split("/")[1:]:
            value = value[int(part)] if isinstance(value, list) else value[part]
        return [value[field] for field in name.split(",") if field in value]
    subject = rdflib.URIRef(record[1:-1].replace("%23", "#"))
    assert "eli:description" in name.split(",")
    said = rdflib.URIRef("http://data.europa.eu/eli/ontology#description")
    return [str(one) for one in triples(path).objects(subject, said)]


@functools.cache
def whole(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode()


@functools.cache
def parsed(path: Path) -> Any:
    return json.loads(whole(path))


@functools.cache
def tree(path: Path) -> ET.Element:
    return ET.fromstring(whole(path))  # noqa: S314 (public data)


@functools.cache
def triples(path: Path) -> rdflib.Graph:
    return rdflib.Graph().parse(data=whole(path), format="turtle")


@pytest.mark.data
@pytest.mark.neo4j
def test_both_stores_quote_the_same(make_store: MakeStore, core: Ontology, data: Path) -> None:
    both = [services_of(kind, make_store, core) for kind in ("sqlite-memory", "neo4j")]
    for services in both:
        assert loaded(services, data, LARGEST) == {name: run for name, run in LOADED.items() if name != LARGEST}
    for question, quoted in ASKED.items():
        one, other = (asked(services, question) for services in both)
        assert rfc8785.dumps(comparable(one)) == rfc8785.dumps(comparable(other))
        assert (one["outcome"], one["answer"]["type"], len(one["answer"]["rows"])) == ("answered", "passages", quoted)
        assert {item["kind"] for item in one["evidence"]} == {"passage"}
        for item, row in zip(one["evidence"], one["answer"]["rows"], strict=True):
            assert {said["quote"] for said in item["sources"]} == {row["value"]}
            assert all(standing(data / said["source"], said["locator"]) for said in item["sources"])
    nothing = [asked(services, "What does the GDPR say about quantum computers?") for services in both]
    assert {one["outcome"] for one in nothing} == {"abstained"}
    [reason] = {one["answer"]["reason"] for one in nothing}
    assert reason.startswith(
        "no text has all of these words, though one may say it in others; I read it as passages in "
    )


@pytest.mark.data
def test_a_law_is_made_of_articles_that_refer_to_each_other(make_store: MakeStore, core: Ontology, data: Path) -> None:
    services = services_of("sqlite-memory", make_store, core)
    loaded(services, data, "handbook-18f", "policies-18f", "policies-github")
    view = services.store.view(Scope())
    found = view.follow(["clause:Art. 5(1)", "article:Art. 17"], ["refers_to", "part_of", "defined_by"], "out", 9).facts
    assert {(fact.subject, fact.predicate, fact.object) for fact in found} == {
        ("clause:Art. 5(1)", "part_of", "article:Art. 5"),
        ("clause:Art. 5(1)", "part_of", "law:2016/679"),
        ("clause:Art. 5(1)", "refers_to", "article:Art. 89"),
        ("article:Art. 17", "part_of", "law:2016/679"),
        ("article:Art. 17", "part_of", "chapter:Chapter III-3"),
    }
    # What refers to articles of other laws refers to none of this one.
    assert view.follow(["recital:Recital 1"], ["refers_to"], "out", 9).facts == ()
    defined = asked(services, "Which recitals define Consent?")
    assert [row["entity"] for row in defined["answer"]["rows"]] == ["recital:Recital 32", "recital:Recital 40"]
