"""How facts, entities and sources are written in RDF, whatever is exported: their IRIs, literals and PROV-O."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from rdflib import Graph, Namespace, URIRef
from rdflib.namespace import PROV, RDF, RDFS, SKOS, XSD
from rdflib.term import Literal, Node

WHENCE = Namespace("urn:whence:vocabulary#")
PREFIXES = {"prov": str(PROV), "whence": str(WHENCE), "predicate": "urn:whence:predicate:", "type": "urn:whence:type:"}
CONTEXT = {"prov": str(PROV), "rdfs": str(RDFS), "xsd": str(XSD), "skos": str(SKOS), "whence": str(WHENCE)}
_TYPED = {
    "number": (XSD.decimal, re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")),
    "date": (XSD.date, re.compile(r"\d{4}-\d\d-\d\d")),
    "boolean": (XSD.boolean, re.compile("true|false")),
}


def new_graph() -> Graph:
    """An empty graph that writes our names short."""
    graph = Graph()
    for prefix, space in PREFIXES.items():
        graph.bind(prefix, space)
    return graph


def iri(kind: str, *parts: str) -> URIRef:
    return URIRef(":".join(("urn:whence", kind, *(quote(part, safe=":@/") for part in parts))))


def literal(value: object, datatype: str) -> Node:
    """Typed where the text is of the type's form, plain text otherwise."""
    said = str(value)
    kind, form = _TYPED.get(datatype, (None, None))
    if form is None or not form.fullmatch(said):
        return Literal(said)
    return Literal(said, datatype=kind, normalize=False)


def put(graph: Graph, node: URIRef, kind: str, label: str | None = None) -> None:
    """Say that the node is one of our kinds of records."""
    graph.add((node, RDF.type, PROV.Entity))
    graph.add((node, RDF.type, WHENCE[kind]))
    if label is not None:
        graph.add((node, RDFS.label, Literal(label)))


def text(graph: Graph, node: URIRef, **values: str | None) -> None:
    """Plain texts about the node, those that are there."""
    for name, value in values.items():
        if value is not None:
            graph.add((node, WHENCE[name], Literal(value)))


def support(graph: Graph, fact: URIRef, assertion: URIRef, source: URIRef, place: dict[str, Any]) -> None:
    """One source saying the fact, at one place, read by one run."""
    run = iri("run", place["run"])
    graph.add((run, RDF.type, PROV.Activity))
    graph.add((run, PROV.used, source))
    graph.add((fact, PROV.hadPrimarySource, source))
    graph.add((fact, PROV.wasGeneratedBy, run))
    graph.add((fact, PROV.qualifiedPrimarySource, assertion))
    graph.add((assertion, RDF.type, PROV.PrimarySource))
    graph.add((assertion, PROV.entity, source))
    graph.add((assertion, PROV.hadActivity, run))
    text(graph, assertion, locator=place["locator"], quote=place.get("quote"))
    recorded = Literal(place["recorded_at"], datatype=XSD.dateTime, normalize=False)
    graph.add((assertion, WHENCE.recordedAt, recorded))


def ordered(value: Any) -> Any:
    """The same with every list in order: rdflib writes sets as they fall, and no list here has an order of its own."""
    if isinstance(value, dict):
        return {key: ordered(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted(map(ordered, value), key=lambda item: json.dumps(item, sort_keys=True))
    return value
