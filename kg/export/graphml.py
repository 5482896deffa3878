"""GraphML in the shape of an answer's explanation: entities and literals are nodes, facts are edges.

Written by hand, a page at a time: networkx holds the whole graph to write it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from kg.answer.formats import printable
from kg.domain.fact import IDENTITY, Fact, Literal
from kg.domain.ontology import Ontology
from kg.export.pages import Page

NODE = ("labels", "name", "key", "aliases", "keys", "status", "value", "datatype")
EDGE = ("type", "valid_from", "valid_to", "sources")


def write(path: Path, pages: Iterable[Page], ontology: Ontology) -> None:
    """Write the file."""
    with path.open("x", encoding="utf-8") as file:
        xml = XMLGenerator(file, "utf-8", short_empty_elements=True)
        xml.startDocument()
        xml.startElement("graphml", AttributesImpl({"xmlns": "http://graphml.graphdrawing.org/xmlns"}))
        for what, names in (("node", NODE), ("edge", EDGE)):
            for name in names:
                key = {"id": f"{what}_{name}", "for": what, "attr.name": name, "attr.type": "string"}
                xml.startElement("key", AttributesImpl(key))
                xml.endElement("key")
        xml.startElement("graph", AttributesImpl({"edgedefault": "directed"}))
        for page in pages:
            _page(xml, page, ontology)
        xml.endElement("graph")
        xml.endElement("graphml")
        xml.endDocument()


def _page(xml: XMLGenerator, page: Page, ontology: Ontology) -> None:
    for entity in page.entities.values():
        labels = [entity.type]
        while (above := ontology.types[labels[-1]].parent if labels[-1] in ontology.types else None) is not None:
            labels.append(above)
        said = {"labels": ":".join(labels), "name": entity.name, "key": entity.keys[0], "status": entity.status}
        said |= {"aliases": " | ".join(entity.aliases), "keys": " | ".join(entity.keys[1:])}
        _element(xml, "node", {"id": entity.id}, said)
    for fact in page.facts:
        if fact.predicate not in IDENTITY:
            _fact(xml, fact, page)


def _fact(xml: XMLGenerator, fact: Fact, page: Page) -> None:
    end = fact.object
    if isinstance(end, Literal):
        said = {"labels": "Literal", "name": end.value, "value": end.value, "datatype": end.datatype}
        _element(xml, "node", {"id": fact.id}, said)
        end = fact.id
    places = [f"{one.source} {one.locator}" for one in page.assertions.get(fact.id, ())]
    properties = {"type": fact.predicate.upper(), "valid_from": fact.valid.start, "valid_to": fact.valid.end}
    attributes = {"id": fact.id, "source": fact.subject, "target": end}
    _element(xml, "edge", attributes, properties | {"sources": "\n".join(places)})


def _element(xml: XMLGenerator, name: str, attributes: Mapping[str, str], data: Mapping[str, str | None]) -> None:
    xml.startElement(name, AttributesImpl(printable(dict(attributes))))
    for key, value in data.items():
        if value:
            xml.startElement("data", AttributesImpl({"key": f"{name}_{key}"}))
            xml.characters(printable(value))
            xml.endElement("data")
    xml.endElement(name)
    xml.ignorableWhitespace("\n")
