"""An explanation in each form says the same: parsed back, it holds the drawn nodes, relationships and sources."""

from __future__ import annotations

import copy
import io
import json
import warnings
import xml.etree.ElementTree as ET
from typing import Any

import networkx as nx
import pytest
import rdflib
from fastapi.testclient import TestClient
from rdflib.namespace import PROV, RDF

from api.negotiate import choose
from kg.answer.formats import FORMATS, render
from kg.answer.layout import MAX_COLUMN, MAX_DRAWN, arrange
from kg.errors import InvalidInput
from tests.api.supply import GAP
from tests.api.test_wire_shape import QUESTIONS

WHENCE = rdflib.Namespace("urn:whence:vocabulary#")
SVG = "{http://www.w3.org/2000/svg}"


def ask(client: TestClient, question: str) -> dict[str, Any]:
    document: dict[str, Any] = client.post("/v1/decisions", json={"question": question}).json()
    return document


@pytest.fixture(scope="module")
def gap(client: TestClient) -> dict[str, Any]:
    return ask(client, GAP)


def read_rdf(text: str, form: str) -> rdflib.Graph:
    with warnings.catch_warnings():
        # rdflib's own JSON-LD reader still uses a class that rdflib has deprecated.
        warnings.filterwarnings("ignore", "ConjunctiveGraph is deprecated", DeprecationWarning)
        return rdflib.Graph().parse(data=text, format=form)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_every_outcome_comes_in_every_form(client: TestClient, form: str, question: str) -> None:
    decision = ask(client, question)
    reply = client.get(f"/v1/decisions/{decision['decision_id']}/explanation", params={"format": form})
    assert reply.status_code == 200
    assert reply.headers["content-type"].partition(";")[0] == FORMATS[form]
    assert reply.text == render(decision, form)
    assert reply.text.endswith("\n")


def test_an_unknown_form_names_the_known_ones(client: TestClient, gap: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="json, cypher, graphml, turtle, jsonld, trig, svg"):
        render(gap, "docx")
    where = f"/v1/decisions/{gap['decision_id']}/explanation"
    assert client.get(where, params={"format": "docx"}).status_code == 422
    assert client.get(where, headers={"accept": "text/html"}).status_code == 406


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "json"), ("", "json"), ("*/*", "json"), ("application/*", "json"), ("image/*", "svg"),
        ("text/turtle", "turtle"), ("TEXT/TURTLE; charset=utf-8", "turtle"),
        ("application/ld+json;q=0.5, text/turtle;q=0.9", "turtle"), ("text/html, */*;q=0.1", "json"),
        ("text/html", None), ("application/json;q=0", None), (";;;q=x", None),
    ],
)  # fmt: skip
def test_the_accept_header_chooses_the_form(accept: str | None, form: str | None) -> None:
    assert choose(accept) == form


def test_json_holds_explanation_evidence_and_claims(gap: dict[str, Any]) -> None:
    said = json.loads(render(gap, "json"))
    keys = ("decision_id", "outcome", "question", "interpretation", "answer", "claims", "evidence", "explanation")
    assert said == {key: gap[key] for key in keys}


def test_graphml_holds_the_drawn_graph(gap: dict[str, Any]) -> None:
    graph: Any = nx.read_graphml(io.BytesIO(render(gap, "graphml").encode()), force_multigraph=True)
    explanation = gap["explanation"]
    assert dict(graph.nodes(data="name")) == {node["id"]: node["name"] for node in explanation["nodes"]}
    assert {(a, b, kind) for a, b, kind in graph.edges(data="type")} == {
        (edge["start"], edge["end"], edge["type"]) for edge in explanation["relationships"]
    }


@pytest.mark.parametrize(("form", "parser"), [("turtle", "turtle"), ("jsonld", "json-ld")])
def test_rdf_ties_the_answer_to_facts_sources_runs_and_plan(gap: dict[str, Any], form: str, parser: str) -> None:
    graph = read_rdf(render(gap, form), parser)
    decision = rdflib.URIRef(f"urn:whence:decision:{gap['decision_id']}")
    activity = graph.value(decision, PROV.wasGeneratedBy)
    assert (activity, RDF.type, PROV.Activity) in graph
    facts = {rdflib.URIRef(f"urn:whence:fact:{one['id']}") for one in gap["explanation"]["relationships"]}
    assert facts
    assert facts <= set(graph.objects(activity, PROV.used))
    association = graph.value(activity, PROV.qualifiedAssociation)
    plan = graph.value(association, PROV.hadPlan)
    assert json.loads(str(graph.value(plan, WHENCE.json))) == gap["plan"]
    assert (plan, RDF.type, PROV.Plan) in graph
    for fact in facts:
        assert graph.value(fact, WHENCE.subject)
        assert graph.value(fact, WHENCE.predicate)
        assert graph.value(fact, WHENCE.object)
        assert graph.value(fact, PROV.hadPrimarySource)
        assert graph.value(fact, PROV.wasGeneratedBy)
    locators = {str(one) for one in graph.objects(None, WHENCE.locator)}
    assert locators == {s["locator"] for item in gap["evidence"] for s in item["sources"] if s["locator"]}
    claims = set(graph.objects(decision, WHENCE.claim))
    assert len(claims) == len(gap["claims"])
    assert all(graph.value(claim, PROV.wasDerivedFrom) for claim in claims)


def test_turtle_and_jsonld_say_the_same(gap: dict[str, Any]) -> None:
    assert set(read_rdf(render(gap, "turtle"), "turtle")) == set(read_rdf(render(gap, "jsonld"), "json-ld"))


def test_in_trig_each_decision_is_a_graph_of_its_own(gap: dict[str, Any], client: TestClient) -> None:
    other = ask(client, "Which suppliers deliver sunflower oil?")
    store = rdflib.Dataset()
    for one in (gap, other):
        store.parse(data=render(one, "trig"), format="trig")
    for one in (gap, other):
        name = rdflib.URIRef(f"urn:whence:decision:{one['decision_id']}")
        assert set(store.graph(name)) == set(read_rdf(render(one, "turtle"), "turtle"))
        assert (name, RDF.type, PROV.Bundle) in store.default_graph
    reply = client.get(f"/v1/decisions/{gap['decision_id']}/explanation", headers={"Accept": "application/trig"})
    assert (reply.status_code, reply.headers["content-type"].partition(";")[0]) == (200, "application/trig")


def test_the_picture_shows_every_box_and_arrow_it_says(gap: dict[str, Any]) -> None:
    picture = ET.fromstring(render(gap, "svg"))  # noqa: S314 (made here)
    assert picture.findtext(f"{SVG}title") == GAP
    assert gap["answer"]["text"] in (picture.findtext(f"{SVG}desc") or "")
    titles = [group.findtext(f"{SVG}title") for group in picture.iter(f"{SVG}g")]
    assert len(titles) == len(gap["explanation"]["nodes"])
    arrows = [path for path in picture.iter(f"{SVG}path") if path.get("marker-end")]
    assert len(arrows) == len(gap["explanation"]["relationships"])
    words = " ".join(text.text or "" for text in picture.iter(f"{SVG}text"))
    assert "SEARCHED AND NOT FOUND" in words
    assert "in the answer" in words


def test_what_the_question_starts_at_stands_on_the_left(gap: dict[str, Any]) -> None:
    layout = arrange(gap)
    assert [node["name"] for node in layout.columns[0]] == ["Sunflower oil"]
    assert {node["labels"][0] for node in layout.columns[1]} == {"Supplier"}


def test_the_picture_of_a_large_answer_says_what_is_not_drawn(client: TestClient) -> None:
    plan = {
        "op": "follow",
        "source": {"op": "entities", "type": "Supplier"},
        "predicate": "supplies",
        "direction": "out",
    }
    decision = client.post("/v1/decisions", json={"question": "what is supplied", "plan": plan}).json()
    layout = arrange(decision)
    drawn = sum(len(column) for column in layout.columns)
    assert drawn <= MAX_DRAWN
    assert max(len(column) for column in layout.columns) <= MAX_COLUMN
    left = len(decision["explanation"]["nodes"]) - drawn
    assert left > 0
    assert sum(number for _, number in layout.more) == left
    assert f"… and {left} more" in render(decision, "svg")


def test_names_from_data_are_inert_in_every_form(gap: dict[str, Any]) -> None:
    hostile = copy.deepcopy(gap)
    name = '</text><script>alert(1)</script><img src=x onerror="a()">\x00\x1b ' + "長い名前" * 30
    for node in hostile["explanation"]["nodes"]:
        node["name"] = name
    hostile["question"] = hostile["answer"]["text"] = name
    hostile["explanation"]["relationships"][0]["type"] = 'A"><script>'
    picture = render(hostile, "svg")
    assert "<script" not in picture
    assert {element.tag for element in ET.fromstring(picture).iter()} <= {  # noqa: S314 (made here)
        SVG + tag
        for tag in ("svg", "title", "desc", "defs", "marker", "path", "rect", "g", "text", "polygon")
    }  # fmt: skip
    nx.read_graphml(io.BytesIO(render(hostile, "graphml").encode()))
    for form, parser in (("turtle", "turtle"), ("jsonld", "json-ld")):
        assert len(read_rdf(render(hostile, form), parser)) > 0
