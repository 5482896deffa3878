"""The suppliers as RDF and as documents of STIX, OSCAL and OpenLineage; see suppliers.py."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pyoxigraph
import rdflib
import yaml
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent
from openlineage.client.facet_v2 import documentation_dataset
from openlineage.client.serde import Serde

from tests.e2e.suppliers import FIELDS, Found, Row, opened, typed

EX = "http://example.org/"

# --- RDF ---


def statements(rows: list[Row]) -> Iterator[tuple[str, str, str]]:
    for row in rows:
        yield from ((f"{EX}s#{row['id']}", f"{EX}{name}", row[name]) for name in FIELDS)


def write_rdf(syntax: str) -> Callable[[Path, list[Row]], None]:
    def write(path: Path, rows: list[Row]) -> None:
        graph = rdflib.Graph()
        for subject, predicate, value in statements(rows):
            graph.add((rdflib.URIRef(subject), rdflib.URIRef(predicate), rdflib.Literal(value)))
        graph.serialize(path, format=syntax, encoding="utf-8")

    return write


def write_graphs(syntax: Any) -> Callable[[Path, list[Row]], None]:
    """In three named graphs."""

    def write(path: Path, rows: list[Row]) -> None:
        node = pyoxigraph.NamedNode
        quads = []
        for number, (subject, predicate, value) in enumerate(statements(rows)):
            graph = node(f"{EX}g{number // len(FIELDS) % 3}")
            quads.append(pyoxigraph.Quad(node(subject), node(predicate), pyoxigraph.Literal(value), graph))
        pyoxigraph.serialize(sorted(quads, key=lambda quad: str(quad.graph_name)), str(path), format=syntax)

    return write


def look_rdf(syntax: Any) -> Callable[[Path, str], Found]:
    def look(path: Path, place: str) -> Found:
        """What another parser finds about the subject."""
        subject, found = pyoxigraph.NamedNode(place[1:-1].replace("%23", "#")), Found()
        for quad in pyoxigraph.parse(opened(path), syntax):
            if quad.subject == subject:
                found.setdefault(f"ex:{quad.predicate.value.removeprefix(EX)}", []).append(quad.object.value)
        return found

    return look


def spaced(write: Callable[[Path, list[Row]], None]) -> Callable[[Path, list[Row]], None]:
    """With a line of nothing after each statement, and a comment at the top."""

    def write_spaced(path: Path, rows: list[Row]) -> None:
        write(path, rows)
        path.write_bytes(b"# made up\n" + path.read_bytes().replace(b"\n", b"\n\n"))

    return write_spaced


def look_line(syntax: Any) -> Callable[[Path, str], Found]:
    def look(path: Path, place: str) -> Found:
        line = opened(path).split(b"\n")[int(place.removeprefix("line ")) - 1]
        [said] = pyoxigraph.parse(line, syntax)
        return {
            "subject": [said.subject.value],
            "predicate": [said.predicate.value],
            "object": [said.object.value],
        }

    return look


# --- documents of standards ---


def write_stix(path: Path, rows: list[Row]) -> None:
    objects = [typed(row) | {"type": "tool", "spec_version": "2.1"} for row in rows]
    path.write_text(json.dumps({"type": "bundle", "id": "bundle--1", "objects": objects}), "utf-8")


def controls(rows: list[Row]) -> dict[str, Any]:
    """A catalog with a control for each, those after the first in groups of enhancements."""
    made = [{"id": row["id"], "class": row["item"], "title": " ".join(row["name"].split())} for row in rows]
    groups = [made[start : start + 5] for start in range(0, len(made), 5)]
    nested = [
        {"id": f"g{n}", "title": "G", "controls": [one[0] | {"controls": one[1:]}]} for n, one in enumerate(groups)
    ]
    return {"catalog": {"uuid": "u", "metadata": {"title": "Made up"}, "groups": nested}}


def write_oscal_json(path: Path, rows: list[Row]) -> None:
    path.write_text(json.dumps(controls(rows), ensure_ascii=False), "utf-8")


def write_oscal_yaml(path: Path, rows: list[Row]) -> None:
    path.write_text(yaml.safe_dump(controls(rows), allow_unicode=True), "utf-8")


def write_oscal_xml(path: Path, rows: list[Row]) -> None:
    root = ET.Element("{http://csrc.nist.gov/ns/oscal/1.0}catalog", uuid="u")

    def put(under: ET.Element, kind: str, one: dict[str, Any]) -> None:
        made = ET.SubElement(under, f"{{http://csrc.nist.gov/ns/oscal/1.0}}{kind}", id=one["id"])
        if "class" in one:
            made.set("class", one["class"])
        ET.SubElement(made, "{http://csrc.nist.gov/ns/oscal/1.0}title").text = one["title"]
        for inner in one.get("controls", []):
            put(made, "control", inner)

    for group in controls(rows)["catalog"]["groups"]:
        put(root, "group", group)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def events(rows: list[Row]) -> Iterable[str]:
    """A run for each, that reads the supplier and writes its ingredient; by the library of the standard."""
    for number, row in enumerate(rows):
        said = documentation_dataset.DocumentationDatasetFacet(description=row["risk"])
        read = InputDataset(namespace="suppliers", name=row["id"], facets={"documentation": said})
        yield Serde.to_json(
            RunEvent(
                eventTime="2026-03-01T09:00:00Z",
                run=Run(runId=f"0195d3a0-1111-7111-8111-{number:012}"),
                job=Job(namespace="n", name=f"job {number}"),
                producer="https://example.org/made-up",
                inputs=[read],
                outputs=[OutputDataset(namespace="items", name=row["item"])],
            )
        )


def write_paragraphs(path: Path, rows: list[Row]) -> None:
    """A paragraph for each, of one or several lines, behind a byte order mark."""
    said = [f"{row['id']} {' '.join(row['name'].split())}\nsupplies *{row['item']}*." for row in rows]
    path.write_bytes("\ufeff# Suppliers\r\n\r\n".encode() + "\n\n".join(said).encode())


def look_span(path: Path, place: str) -> Found:
    """Characters, counted after the mark."""
    start, end = map(int, place.removeprefix("#char=").split(","))
    return {place.removeprefix("#"): [path.read_bytes().decode("utf-8-sig")[start:end]]}


def write_openlineage(path: Path, rows: list[Row]) -> None:
    path.write_text("\n".join(events(rows)) + "\n", "utf-8")
