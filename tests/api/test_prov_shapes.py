"""The PROV-O of decisions keeps to SHACL shapes: what a decision, claim, fact and assertion have to say."""

from __future__ import annotations

from pathlib import Path

import pytest
import rdflib
from fastapi.testclient import TestClient
from pyshacl import validate
from rdflib.namespace import PROV, RDF

from kg.answer.formats import render
from kg.bootstrap import Services
from kg.domain.scope import Scope
from kg.export.run import Target, export
from tests.api.test_explanation import WHENCE, ask, read_rdf
from tests.api.test_wire_shape import QUESTIONS

SHAPES = Path(__file__).with_name("prov.shapes.ttl")
MORE = {
    "yes or no": "Does Kestrel Oils deliver sunflower oil?",
    "comparison": "Do more suppliers deliver sunflower oil or sugar?",
    "value": "What is the risk rating of Dniprovia Agro?",
    "path": "How is Kestrel Oils connected to PRD-1?",
    "two hops": "Which products contain an ingredient that Dniprovia Agro delivers?",
}


@pytest.fixture(scope="module")
def shapes() -> rdflib.Graph:
    return rdflib.Graph().parse(SHAPES, format="turtle")


def problems(graph: rdflib.Graph, shapes: rdflib.Graph) -> str:
    """What the shapes say is wrong, in words."""
    conforms, _, text = validate(graph, shacl_graph=shapes, inference="none")
    return "" if conforms else str(text)


@pytest.mark.parametrize("question", (QUESTIONS | MORE).values(), ids=QUESTIONS | MORE)
def test_a_decision_keeps_to_the_shapes(client: TestClient, shapes: rdflib.Graph, question: str) -> None:
    graph = read_rdf(render(ask(client, question), "turtle"), "turtle")
    assert problems(graph, shapes) == ""


def test_so_does_its_json_ld(client: TestClient, shapes: rdflib.Graph) -> None:
    graph = read_rdf(render(ask(client, QUESTIONS["list"]), "jsonld"), "json-ld")
    assert problems(graph, shapes) == ""


def test_so_do_facts_that_are_exported(services: Services, shapes: rdflib.Graph, tmp_path: Path) -> None:
    out = tmp_path / "incidents.ttl"
    view = services.store.view(Scope(datasets=("incident-list",)))
    export(view, services.store, Target("turtle", out), lambda *_: None)
    graph = read_rdf(out.read_text("utf-8"), "turtle")
    assert len(set(graph.subjects(RDF.type, WHENCE.Fact))) > 20
    assert problems(graph, shapes) == ""


def test_the_shapes_are_shapes(shapes: rdflib.Graph) -> None:
    conforms, *_ = validate(rdflib.Graph(), shacl_graph=shapes, meta_shacl=True)
    assert conforms


@pytest.mark.parametrize(
    ("removed", "said"),
    [
        (PROV.hadPrimarySource, "hadPrimarySource"),
        (PROV.hadActivity, "hadActivity"),
        (WHENCE.locator, "locator"),
        (WHENCE.question, "question"),
        (PROV.wasGeneratedBy, "wasGeneratedBy"),
        (WHENCE.evidence, "evidence"),
        (RDF.type, "class"),
    ],
)
def test_what_is_missing_is_found(client: TestClient, shapes: rdflib.Graph, removed: rdflib.URIRef, said: str) -> None:
    graph = read_rdf(render(ask(client, QUESTIONS["list"]), "turtle"), "turtle")
    kept = None if removed != RDF.type else PROV.Activity
    graph.remove((None, removed, kept))
    assert said in problems(graph, shapes)
