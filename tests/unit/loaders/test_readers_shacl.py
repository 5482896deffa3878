"""SHACL shapes beside an RDF file: what breaks them is a record with a problem."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import rdflib
from rdflib.namespace import RDF, SH

from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import Record, reader_for
from loaders.readers.shacl import broken
from tests.unit.loaders.loading import Folder

PREFIXES = "@prefix ex: <http://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .\n"
SHAPES = (
    PREFIXES
    + """
ex:ItemShape a sh:NodeShape ; sh:targetClass ex:Item ;
  sh:property [ sh:path ex:name ; sh:minCount 1 ; sh:message "an item needs a name" ] ;
  sh:property [ sh:path ex:price ; sh:node ex:PriceShape ] ;
  sh:property [ sh:path ex:note ; sh:maxCount 0 ; sh:severity sh:Warning ] .
ex:PriceShape sh:property [ sh:path ex:amount ; sh:minInclusive 0 ] .
"""
)
DATA = (
    PREFIXES
    + """
ex:a a ex:Item ; ex:name "A" ; ex:note "x" . ex:b a ex:Item . ex:c a ex:Item ; ex:name "C" ; ex:price [ ex:amount -1 ] .
"""
)


def read(tmp_path: Path, data: str = DATA, shapes: str = SHAPES, name: str = "turtle") -> list[Record]:
    path = tmp_path / "shapes.ttl"
    path.write_text(shapes)
    options = Options(prefixes={"ex": "http://example.org/"}, shapes=[str(path)])
    return list(reader_for(name)(io.BytesIO(data.encode()), options))


def test_a_subject_that_breaks_a_shape_is_a_record_with_the_message_and_a_warning_is_none(tmp_path: Path) -> None:
    found = {one.fields["@id"]: one.problem for one in read(tmp_path)}
    assert found["ex:a"] is None
    assert found["ex:b"] == "an item needs a name at http://example.org/name"
    assert str(found["ex:c"]).endswith("at http://example.org/price")


def test_what_the_shapes_say_of_classes_holds_for_the_data(tmp_path: Path) -> None:
    shapes = (
        f"{PREFIXES} ex:S a sh:NodeShape ; sh:targetClass ex:Item ; sh:property [ sh:path ex:by ; sh:class ex:Party ] ."
    )
    data = f"{PREFIXES} ex:a a ex:Item ; ex:by ex:b . ex:b a ex:Person ."
    assert [one.problem is None for one in read(tmp_path, data, shapes)] == [False, True]
    classes = " ex:Person <http://www.w3.org/2000/01/rdf-schema#subClassOf> ex:Party ."
    assert [one.problem for one in read(tmp_path, data, shapes + classes)] == [None, None]


def test_a_node_that_the_file_only_points_at_is_a_record_too(tmp_path: Path) -> None:
    shapes = f"{PREFIXES} ex:S a sh:NodeShape ; sh:targetObjectsOf ex:price ; sh:minInclusive 0 ."
    found = read(tmp_path, f"{PREFIXES} ex:a ex:price -1 .", shapes)
    assert (found[0].locator, found[0].problem) == ("<http://example.org/a>", None)
    assert found[1].locator == '"-1"^^<http://www.w3.org/2001/XMLSchema%23integer>'
    assert found[1].problem is not None


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ("no turtle", "shapes.ttl: not usable shapes"),
        (f"{PREFIXES} ex:S sh:sparql [ sh:select 'SELECT $this WHERE {{}}' ] .", "shapes.ttl: .*shapes with SPARQL"),
        (f"{PREFIXES} ex:S a sh:NodeShape ; sh:targetClass ex:Item ; sh:minCount 1 .", "shapes that cannot be used"),
    ],
)
def test_shapes_that_cannot_be_used_are_refused(tmp_path: Path, shapes: str, message: str) -> None:
    with pytest.raises(SourceUnreadable, match=message):
        read(tmp_path, shapes=shapes)


@pytest.mark.parametrize(
    ("name", "shapes", "message"),
    [
        (
            "shapes.jsonld",
            '{"@context": "http://127.0.0.1:9/shapes", "@id": "http://a"}',
            "a context given by its address",
        ),
        ("shapes.rdf", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x>&e;</x>', "not usable RDF/XML"),
    ],
)
def test_shapes_are_parsed_as_carefully_as_data(tmp_path: Path, name: str, shapes: str, message: str) -> None:
    (tmp_path / name).write_text(shapes)
    options = Options(shapes=[str(tmp_path / name)])
    with pytest.raises(SourceUnreadable, match=f"{name}: not usable shapes: .*{message}"):
        list(reader_for("turtle")(io.BytesIO(DATA.encode()), options))


def test_a_load_rejects_what_breaks_the_shapes_and_counts_them_among_its_bytes(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    (tmp_path / "shapes.ttl").write_text(SHAPES)
    entry = {"entity": {"type": "Ingredient", "key": "@id", "name": "ex:name"}}
    options = {"prefixes": {"ex": "http://example.org/"}, "shapes": "shapes.ttl"}
    changes: dict[str, Any] = {
        "map": [entry],
        "format": "turtle",
        "options": options,
        "ignore": ["@type", "ex:note", "ex:price"],
    }
    run = folder.load(DATA, files=["d.ttl"], expect={"rejected": 0.7}, **changes)
    assert [place for place, _ in folder.rejected()] == ["<http://example.org/b>", "<http://example.org/c>"]
    assert run.changes.added == 2
    (tmp_path / "shapes.ttl").write_text(SHAPES.replace("sh:minCount 1", "sh:minCount 0"))
    assert folder.load(files=["d.ttl"], expect={"rejected": 0.7}, **changes).rejected == 1


CORE = "rdf_ontologies/shacl-core/data-shapes-test-suite/tests/core"
SHT = rdflib.Namespace("http://www.w3.org/ns/shacl-test#")
MF = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")


@pytest.mark.data
def test_the_suite_of_the_standard_finds_the_nodes_it_should(data: Path) -> None:
    judged = 0
    for path in sorted((data / CORE).rglob("*.ttl")):
        graph = rdflib.Graph().parse(data=path.read_bytes(), format="turtle", publicID="http://test.example/")
        for test in graph.subjects(RDF.type, SHT.Validate):
            action, report = graph.value(test, MF.action), graph.value(test, MF.result)
            own = {graph.value(action, SHT[name]) for name in ("dataGraph", "shapesGraph")}
            if own != {rdflib.URIRef("http://test.example/")} or report == SHT.Failure:
                continue
            expected = {
                graph.value(result, SH.focusNode)
                for result in graph.objects(report, SH.result)
                if graph.value(result, SH.resultSeverity) == SH.Violation
            }
            named = rdflib.URIRef, rdflib.Literal
            found = {node for node in broken(graph, graph) if isinstance(node, named)}
            assert found == {node for node in expected if isinstance(node, named)}, path.name
            judged += 1
    assert judged > 80
