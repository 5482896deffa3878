"""Turtle and JSON-LD: entities with their names, facts as plain statements and as PROV-O entities with their sources.

A page is a graph of its own, written after the ones before it: both syntaxes take that, and no whole graph is held.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rdflib import Graph, URIRef
from rdflib.namespace import RDF, RDFS, SKOS
from rdflib.term import Literal as Text

from kg.answer.rdf_terms import CONTEXT, PREFIXES, WHENCE, iri, literal, new_graph, ordered, put, support, text
from kg.domain.fact import ALIAS, IDENTITY, NAME, TYPE, Fact, Literal
from kg.domain.lineage import Source
from kg.export.pages import Page


def turtle(path: Path, pages: Iterable[Page], sources: dict[str, Source]) -> None:
    """Write the file."""
    with path.open("x", encoding="utf-8") as file:
        for graph in _graphs(pages, sources):
            file.write(graph.serialize(format="turtle"))


def jsonld(path: Path, pages: Iterable[Page], sources: dict[str, Source]) -> None:
    """Write the file, its context inside, a node a line."""
    context = CONTEXT | PREFIXES
    with path.open("x", encoding="utf-8") as file:
        file.write(f'{{"@context": {json.dumps(context, sort_keys=True)},\n"@graph": [')
        first = True
        for graph in _graphs(pages, sources):
            made = json.loads(graph.serialize(format="json-ld", context=context))
            for node in ordered(made.get("@graph", [made])):
                node.pop("@context", None)
                file.write(("\n" if first else ",\n") + json.dumps(node, ensure_ascii=False, sort_keys=True))
                first = False
        file.write("\n]}\n")


def _graphs(pages: Iterable[Page], sources: dict[str, Source]) -> Iterable[Graph]:
    graph = new_graph()
    for source in sources.values():
        _source(graph, source)
    if len(graph):
        yield graph
    for page in pages:
        graph = new_graph()
        for entity in page.entities.values():
            text(graph, iri("entity", entity.id), key=entity.keys[0])
        for fact in page.facts:
            _fact(graph, fact)
            for number, said in enumerate(page.assertions.get(fact.id, ()), 1):
                place = {"run": said.run, "locator": said.locator, "recorded_at": said.recorded_at}
                node = _source_iri(sources[said.source])
                support(graph, iri("fact", fact.id), iri("assertion", fact.id, str(number)), node, place)
        yield graph


def _source_iri(source: Source) -> URIRef:
    return iri("source", source.id)


def _source(graph: Graph, source: Source) -> None:
    node = _source_iri(source)
    put(graph, node, "Source", label=source.id)
    text(graph, node, dataset=source.dataset, version=source.version, name=source.name, title=source.title or None)
    text(graph, node, publisher=source.publisher or None, licence=source.licence or None, issued=source.issued)
    text(graph, node, classification=source.classification.label, checksum=source.checksum)


def _fact(graph: Graph, fact: Fact) -> None:
    """The plain statement, and the fact that it is made of."""
    node, subject, predicate = iri("fact", fact.id), iri("entity", fact.subject), iri("predicate", fact.predicate)
    target = fact.object
    end = literal(target.value, target.datatype) if isinstance(target, Literal) else iri("entity", target)
    put(graph, node, "Fact")
    graph.add((node, WHENCE.subject, subject))
    graph.add((node, WHENCE.predicate, predicate))
    graph.add((node, WHENCE.object, end))
    text(graph, node, validFrom=fact.valid.start, validTo=fact.valid.end)
    if fact.predicate == TYPE:
        graph.add((subject, RDF.type, iri("type", str(end))))
    elif fact.predicate in (NAME, ALIAS):
        graph.add((subject, RDFS.label if fact.predicate == NAME else SKOS.altLabel, Text(str(end))))
    else:
        graph.add((subject, predicate, end))


def mapping(file: str, format_: str, predicates: dict[str, list[str]], types: list[str]) -> dict[str, Any]:
    """The part of a dataset file that loads the file again, fact by fact."""
    ends = {
        end: {
            "type": {"from": f"whence:{end}->entity.@type", "table": "types"},
            "key": f"whence:{end}->entity.whence:key",
        }
        for end in ("subject", "object")
    }
    valid = {"from": "whence:validFrom", "to": "whence:validTo"}
    said: list[dict[str, Any]] = []
    for kind, value in (("relations", {"object": ends["object"]}), ("literals", {"value": "whence:object"})):
        if predicates[kind]:
            fact = {"subject": ends["subject"], "predicate": {"from": "whence:predicate", "table": kind}, **value}
            when = {"whence:predicate": [f"predicate:{name}" for name in predicates[kind]]}
            said.append({"when": when, "facts": [fact | {"valid": valid}]})
    plain = [*sorted({name for names in predicates.values() for name in names} - set(IDENTITY)), "key", "status"]
    return {
        "files": [file],
        "format": format_,
        "options": {"prefixes": {name: PREFIXES[name] for name in ("whence", "predicate", "type")}},
        "lookups": {"entity": {"by": "@id", "when": {"whence:key": "*"}}},
        "tables": {
            "types": {f"type:{name}": name for name in types},
            **{kind: {f"predicate:{name}": name for name in names} for kind, names in predicates.items()},
        },
        "map": [
            {
                "when": {"whence:key": "*"},
                "entity": {"type": {"from": "@type", "table": "types"}, "key": "whence:key"},
            },
            *said,
        ],
        "skip": [
            {"when": {"whence:predicate": "predicate:type"}, "reason": "the entities say their type"},
            {"when": {"@type": ["whence:Source", "prov:Activity"]}, "reason": "where the facts were read"},
            {"when": {"@type": "prov:PrimarySource"}, "reason": "where the facts were read"},
        ],
        "ignore": [
            "@id", "@type", "@label", "@labels", "rdfs:label", "skos:altLabel", "prov:hadPrimarySource",
            "prov:qualifiedPrimarySource", "prov:wasGeneratedBy", *(f"predicate:{name}" for name in plain),
        ],
    }  # fmt: skip
