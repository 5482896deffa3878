"""A decision document as PROV-O: what the answer used, where each fact was read, by which run. rdflib is used here."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from rdflib import Graph, Namespace, URIRef
from rdflib.namespace import PROV, RDF, RDFS, XSD
from rdflib.term import Literal, Node

from kg.domain.decision import Document

WHENCE = Namespace("urn:whence:vocabulary#")
AGENT = URIRef("urn:whence:agent:whence")
_TYPED = {
    "number": (XSD.decimal, re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")),
    "date": (XSD.date, re.compile(r"\d{4}-\d\d-\d\d")),
    "boolean": (XSD.boolean, re.compile("true|false")),
}


def turtle(document: Document) -> str:
    """The decision in Turtle."""
    return provenance(document).serialize(format="turtle")


def jsonld(document: Document) -> str:
    """The decision in JSON-LD 1.1 with its context inside."""
    context = {"prov": str(PROV), "rdfs": str(RDFS), "xsd": str(XSD), "whence": str(WHENCE)}
    made = json.loads(provenance(document).serialize(format="json-ld", context=context))
    return json.dumps(_ordered(made), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _ordered(value: Any) -> Any:
    """The same with every list in order: rdflib writes sets as they fall, and no list here has an order of its own."""
    if isinstance(value, dict):
        return {key: _ordered(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted(map(_ordered, value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def provenance(document: Document) -> Graph:
    """Decision, claims, evidence, facts, sources, runs and the plan as one graph."""
    graph = Graph()
    graph.bind("prov", PROV)
    graph.bind("whence", WHENCE)
    graph.bind("predicate", "urn:whence:predicate:")
    graph.bind("type", "urn:whence:type:")
    decision = _iri("decision", document["decision_id"])
    _put(graph, decision, "Decision", label=document["question"])
    _text(graph, decision, question=document["question"], outcome=document["outcome"])
    _text(graph, decision, text=document["answer"]["text"], reason=document["answer"]["reason"])
    for entity in document["answer"]["entities"]:
        graph.add((decision, WHENCE.answer, _iri("entity", entity["id"])))
    activity = _activity(graph, document, decision)
    facts = _facts(graph, document)
    for fact in facts.values():
        graph.add((activity, PROV.used, fact))
    evidence = _evidence(graph, document, activity, facts)
    for claim in document["claims"]:
        node = _iri("claim", document["decision_id"], claim["id"])
        _put(graph, node, "Claim", label=claim["id"])
        _text(graph, node, text=claim["text"], verdict=claim["verdict"])
        graph.add((decision, WHENCE.claim, node))
        for cited in claim["evidence"]:
            graph.add((node, WHENCE.evidence, evidence[cited][0]))
            for fact in evidence[cited][1]:
                graph.add((node, PROV.wasDerivedFrom, fact))
    return graph


def _activity(graph: Graph, document: Document, decision: URIRef) -> URIRef:
    """The answering, with the plan it followed."""
    activity = _iri("answering", document["decision_id"])
    graph.add((activity, RDF.type, PROV.Activity))
    graph.add((decision, PROV.wasGeneratedBy, activity))
    asked = document["trace"].get("asked_at")
    if asked:
        graph.add((activity, PROV.endedAtTime, Literal(asked, datatype=XSD.dateTime, normalize=False)))
    graph.add((AGENT, RDF.type, PROV.SoftwareAgent))
    graph.add((AGENT, RDFS.label, Literal("Whence")))
    graph.add((activity, PROV.wasAssociatedWith, AGENT))
    if document["plan"] is not None:
        association = _iri("association", document["decision_id"])
        plan = _iri("plan", document["decision_id"])
        graph.add((activity, PROV.qualifiedAssociation, association))
        graph.add((association, RDF.type, PROV.Association))
        graph.add((association, PROV.agent, AGENT))
        graph.add((association, PROV.hadPlan, plan))
        graph.add((plan, RDF.type, PROV.Plan))
        _put(graph, plan, "Plan", label=document["interpretation"])
        _text(graph, plan, json=json.dumps(document["plan"], ensure_ascii=False, sort_keys=True))
    return activity


def _facts(graph: Graph, document: Document) -> dict[str, URIRef]:
    """Each drawn fact, its two ends, and the plain triple it says."""
    explanation = document["explanation"]
    nodes = {node["id"]: node for node in explanation["nodes"]}
    for node in nodes.values():
        if node["labels"] != ["Literal"]:
            entity = _iri("entity", node["id"])
            graph.add((entity, RDFS.label, Literal(node["name"])))
            _text(graph, entity, key=node["properties"].get("key"))
            for label in node["labels"]:
                graph.add((entity, RDF.type, _iri("type", label)))
    made: dict[str, URIRef] = {}
    for edge in explanation["relationships"]:
        fact = made[edge["id"]] = _iri("fact", edge["id"])
        subject, predicate = _iri("entity", edge["start"]), _iri("predicate", edge["type"].lower())
        end = nodes[edge["end"]]
        target = _literal(end["properties"]) if end["labels"] == ["Literal"] else _iri("entity", edge["end"])
        _put(graph, fact, "Fact")
        graph.add((subject, predicate, target))
        graph.add((fact, WHENCE.subject, subject))
        graph.add((fact, WHENCE.predicate, predicate))
        graph.add((fact, WHENCE.object, target))
        valid = edge["properties"]
        _text(graph, fact, validFrom=valid.get("valid_from"), validTo=valid.get("valid_to"))
    return made


def _evidence(
    graph: Graph, document: Document, activity: URIRef, facts: dict[str, URIRef]
) -> dict[str, tuple[URIRef, list[URIRef]]]:
    """Each piece of evidence with its facts; where a fact was read hangs on the fact."""
    made = {}
    for item in document["evidence"]:
        node = _iri("evidence", document["decision_id"], item["id"])
        _put(graph, node, "Evidence", label=item["id"])
        _text(graph, node, text=item["text"], kind=item["kind"])
        used = [facts.setdefault(fact, _iri("fact", fact)) for fact in item["facts"]]
        for fact in used:
            graph.add((node, PROV.wasDerivedFrom, fact))
        for number, place in enumerate(item["sources"], 1):
            source = _source(graph, place)
            if place["locator"] is None:
                graph.add((node, WHENCE.searched, source))
                graph.add((activity, PROV.used, source))
            elif len(used) == 1:
                _support(graph, used[0], _iri("assertion", item["facts"][0], str(number)), source, place)
        made[item["id"]] = (node, used)
    return made


def _source(graph: Graph, place: dict[str, Any]) -> URIRef:
    source = _iri("source", f"{place['dataset']}/{place['source']}")
    _put(graph, source, "Source", label=place["source"])
    _text(graph, source, dataset=place["dataset"])
    return source


def _support(graph: Graph, fact: URIRef, assertion: URIRef, source: URIRef, place: dict[str, Any]) -> None:
    """One source saying the fact, at one place, read by one run."""
    run = _iri("run", place["run"])
    graph.add((run, RDF.type, PROV.Activity))
    graph.add((run, PROV.used, source))
    graph.add((fact, PROV.hadPrimarySource, source))
    graph.add((fact, PROV.wasGeneratedBy, run))
    graph.add((fact, PROV.qualifiedPrimarySource, assertion))
    graph.add((assertion, RDF.type, PROV.PrimarySource))
    graph.add((assertion, PROV.entity, source))
    graph.add((assertion, PROV.hadActivity, run))
    _text(graph, assertion, locator=place["locator"], quote=place["quote"])
    recorded = Literal(place["recorded_at"], datatype=XSD.dateTime, normalize=False)
    graph.add((assertion, WHENCE.recordedAt, recorded))


def _put(graph: Graph, node: URIRef, kind: str, label: str | None = None) -> None:
    graph.add((node, RDF.type, PROV.Entity))
    graph.add((node, RDF.type, WHENCE[kind]))
    if label is not None:
        graph.add((node, RDFS.label, Literal(label)))


def _text(graph: Graph, node: URIRef, **values: str | None) -> None:
    for name, value in values.items():
        if value is not None:
            graph.add((node, WHENCE[name], Literal(value)))


def _literal(properties: dict[str, Any]) -> Node:
    """Typed where the text is of the type's form, plain text otherwise."""
    value = str(properties["value"])
    datatype, form = _TYPED.get(properties["datatype"], (None, None))
    if form is None or not form.fullmatch(value):
        return Literal(value)
    return Literal(value, datatype=datatype, normalize=False)


def _iri(kind: str, *parts: str) -> URIRef:
    return URIRef(":".join(("urn:whence", kind, *(quote(part, safe=":@/") for part in parts))))
