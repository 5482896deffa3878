"""Bad files 1 to 21 of docs/bad-inputs.md, XML and RDF, as whole loads.

Each is loaded after a good file of the same dataset version. The fixture sees to it that, whatever it is, no socket is
opened, no program started, no file outside the folder read, and no text of such a file kept.
"""

from __future__ import annotations

from typing import Any

import pytest

from kg.errors import SourceUnreadable
from tests.faults.town import EX, HIDDEN, INGREDIENT, Town
from tests.faults.watched import watched
from tests.unit.loaders.loading import triple

# --- 1 to 10: what a document points at ---


@pytest.mark.parametrize(
    "context",
    [
        pytest.param('"http://127.0.0.1:9/ctx"', id="1 remote"),
        pytest.param('{"@version": 1.1, "@import": "http://127.0.0.1:9/ctx"}', id="2 import"),
        pytest.param('"ELSEWHERE"', id="3 file"),
    ],
)
def test_a_context_that_is_somewhere_else(town: Town, context: str) -> None:
    text = f'{{"@context": {context.replace("ELSEWHERE", town.hidden)}, "@id": "http://a", "http://p": 1}}'
    said = town.refused("d.jsonld", text, format="jsonld", map=INGREDIENT)
    assert "a context given by its address" in said
    assert HIDDEN not in said


IMPORT = "<http://example.org/a> <http://www.w3.org/2002/07/owl#imports> <http://127.0.0.1:9/x> ."
RDF_XML = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
xmlns:owl="http://www.w3.org/2002/07/owl#"><rdf:Description rdf:about="http://example.org/a">
<owl:imports rdf:resource="http://127.0.0.1:9/x"/></rdf:Description></rdf:RDF>"""
JSON_LD = '{"@id": "http://example.org/a", "http://www.w3.org/2002/07/owl#imports": {"@id": "http://127.0.0.1:9/x"}}'


@pytest.mark.parametrize(
    ("syntax", "text"),
    [
        ("turtle", IMPORT),
        ("trig", IMPORT),
        ("ntriples", f"{IMPORT}\n"),
        ("nquads", f"{IMPORT}\n"),
        ("rdfxml", RDF_XML),
        ("jsonld", JSON_LD),
    ],
    ids=lambda value: f"4 {value}" if len(value) < 9 else "",
)
def test_an_import_is_a_plain_statement(town: Town, syntax: str, text: str) -> None:
    named = [{"entity": {"type": "Ingredient", "key": "@id", "name": "owl:imports"}}]
    town.load("d.rdf", text, format=syntax, options=EX, map=named)
    assert ("item:ex:a", "name", "http://127.0.0.1:9/x") in town.folder.graph()


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("LOAD <http://127.0.0.1:9/x>", id="5"),
        pytest.param("SELECT ?s FROM <http://127.0.0.1:9/x> WHERE { ?s ?p ?o }", id="6"),
        pytest.param("SELECT ?s WHERE { SERVICE <http://127.0.0.1:9/x> { ?s ?p ?o } }", id="7"),
    ],
)
def test_a_query_is_never_run(town: Town, query: str) -> None:
    """There is no door for SPARQL. As a file it is no data, and shapes with queries in them are refused."""
    assert "not usable turtle" in town.refused("d.ttl", query, format="turtle", map=INGREDIENT)
    kind = "update" if query.startswith("LOAD") else "select"
    town.folder.data(
        f"""@prefix sh: <http://www.w3.org/ns/shacl#> . <http://example.org/Shape> a sh:NodeShape ;
        sh:targetNode <http://example.org/a> ; sh:sparql [ sh:{kind} "{query}" ] .""",
        "shapes.ttl",
    )
    data = '<http://example.org/a> <http://example.org/name> "x" .'
    said = town.refused("d.ttl", data, format="turtle", options=EX | {"shapes": "shapes.ttl"}, map=INGREDIENT)
    assert "shapes with SPARQL in them are not run" in said


XML_FORMATS = ["xml", "rdfxml", "oscal"]
RDF_OPEN = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:ex="http://example.org/">'


def xml(doctype: str, inside: str, kind: str) -> str:
    """A document of the format with this text in it, in front of which stands this document type."""
    body = {
        "xml": f"<list><item id='SUP-1'>{inside}</item></list>",
        "rdfxml": f'{RDF_OPEN}<rdf:Description rdf:about="http://example.org/a"><ex:name>{inside}</ex:name>'
        "</rdf:Description></rdf:RDF>",
        "oscal": f"<catalog><control id='ac-1'><title>{inside}</title></control></catalog>",
    }[kind]
    return f'<?xml version="1.0"?>\n{doctype}\n{body}'


def mapped(kind: str) -> dict[str, Any]:
    entity = {
        "xml": {"type": "Supplier", "key": "@id", "name": "text"},
        "rdfxml": {"type": "Ingredient", "key": "@id", "name": "ex:name"},
        "oscal": {"type": "Ingredient", "key": "id", "name": "title"},
    }[kind]
    options = EX if kind == "rdfxml" else {}
    return {"format": kind, "map": [{"entity": entity}], "options": options, "expect": {"rejected": 1}}


BOMB = '<!ENTITY a0 "x">' + "".join(f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(9))


@pytest.mark.parametrize("kind", XML_FORMATS)
@pytest.mark.parametrize(
    ("doctype", "inside"),
    [
        pytest.param('<!DOCTYPE r [<!ENTITY x SYSTEM "ELSEWHERE">]>', "&x;", id="8 file"),
        pytest.param('<!DOCTYPE r [<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]>', "&x;", id="9 network"),
        pytest.param('<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd">', "x", id="10 document type"),
        pytest.param('<!DOCTYPE r [<!ENTITY % p SYSTEM "ELSEWHERE"> %p;]>', "x", id="10 parameter entity"),
        pytest.param(f"<!DOCTYPE r [{BOMB}]>", "&a9;", id="11 bomb"),
        pytest.param(f'<!DOCTYPE r [<!ENTITY x "{"x" * 600}">]>', "&x;" * 10_000, id="11 quadratic"),
        pytest.param("", "a line of sixteen\n" * 60_000, id="12 long text"),
    ],
)
def test_xml_that_could_harm(town: Town, kind: str, doctype: str, inside: str) -> None:
    said = town.refused("d.xml", xml(doctype.replace("ELSEWHERE", town.hidden), inside, kind), **mapped(kind))
    assert "not usable" in said
    assert "at line" in said
    assert HIDDEN not in said


@pytest.mark.parametrize("kind", XML_FORMATS)
def test_xml_as_ontology_editors_write_it_is_read(town: Town, kind: str) -> None:
    """11: a document type with short entities for namespaces."""
    names = "".join(f'<!ENTITY n{i} "http://example.org/{i}/">' for i in range(20))
    town.load("d.xml", xml(f"<!DOCTYPE r [{names}]>", "Oil &n7;", kind), **mapped(kind))
    assert "Oil http://example.org/7/" in [value for _, predicate, value in town.folder.graph() if predicate == "name"]


@pytest.mark.parametrize(
    ("doctype", "value"),
    [
        pytest.param(f"<!DOCTYPE graphml [{BOMB}]>", "&a9;", id="13"),
        pytest.param('<!DOCTYPE graphml [<!ENTITY x SYSTEM "ELSEWHERE">]>', "&x;", id="14"),
    ],
)
def test_a_graphml_document_with_entities(town: Town, doctype: str, value: str) -> None:
    text = f'{doctype}<graphml><graph><node id="{value}"><data>{value}</data></node></graph></graphml>'
    how: dict[str, Any] = {
        "options": {"records": "/graphml/graph/node"},
        "map": [{"entity": {"type": "Supplier", "key": "@id"}}],
    }
    said = town.refused("d.graphml", text.replace("ELSEWHERE", town.hidden), format="xml", **how)
    assert "entit" in said
    assert HIDDEN not in said


# --- 15 to 21: RDF that is broken, or is something else ---

GOOD = '<http://example.org/a> <http://example.org/name> "x" .\n'


@pytest.mark.parametrize(
    ("syntax", "text", "message"),
    [
        pytest.param("turtle", "<http://a> <http://b> " + "[ <http://p> " * 5_000, "nested too deep", id="15 blank"),
        pytest.param("turtle", "<http://a> <http://b> " + "( " * 5_000, "nested too deep", id="15 list"),
        pytest.param("turtle", f"{GOOD}<http://a> <http://b>", "broken or cut off", id="16 turtle"),
        pytest.param("trig", f"{GOOD}<http://g> {{ <http://a> ", "line 2", id="16 trig"),
        pytest.param("ntriples", f"{GOOD}<http://a> <http://b>\n", "not usable nt", id="16 ntriples"),
        pytest.param("nquads", f"{GOOD}no statement\n", "not usable nquads", id="16 nquads"),
        pytest.param("rdfxml", f"{RDF_OPEN}<rdf:Description", "not RDF/XML at line 1", id="16 rdfxml"),
        pytest.param("jsonld", '[{"@id": "http://a", "http://p": 1}, {', "not JSON at line 1", id="16 jsonld"),
        pytest.param("turtle", f'{GOOD}<http://a> <http://b> "cut', "not usable turtle", id="17"),
        pytest.param("ntriples", GOOD.encode() + b'<http://a> <http://b> "\xff" .\n', "at byte 78", id="18"),
        pytest.param("turtle", "/etc/passwd", "Bad syntax", id="21 path"),
        pytest.param("turtle", "http://127.0.0.1:9/x", "Bad syntax", id="21 address"),
        pytest.param("jsonld", '"/etc/passwd"', "broken or cut off", id="21 path in JSON-LD"),
        pytest.param("rdfxml", "/etc/passwd", "not RDF/XML", id="21 path in RDF/XML"),
    ],
)
def test_rdf_that_is_not_whole(town: Town, syntax: str, text: str | bytes, message: str) -> None:
    said = town.refused("d.rdf", text, format=syntax, options=EX, map=INGREDIENT)
    assert message in said
    assert "root:" not in said


@pytest.mark.parametrize(
    ("syntax", "file"),
    [("turtle", ""), ("ntriples", "\n"), ("nquads", "\n"), ("trig", "")],
    ids=lambda one: f"19 {one}",
)
def test_an_address_with_a_control_character(town: Town, syntax: str, file: str) -> None:
    bad = r'<http://example.org/a\u0000b> <http://example.org/name> "y" .'
    town.load("d.rdf", f"{GOOD}{bad}{file}", format=syntax, options=EX, map=INGREDIENT, expect={"rejected": 1})
    assert [subject for subject, predicate, _ in town.folder.graph() if predicate == "name"] == ["item:ex:a"]
    [(_, reason)] = town.folder.rejected()
    assert "control character U+0000" in reason


def test_an_address_that_a_page_must_not_follow(town: Town) -> None:
    """20: kept as text, and no form of an explanation makes a link of it (test_explanation.py)."""
    text = '<javascript:alert(1)> <http://example.org/name> "x" . <data:text/html,x> <http://example.org/name> "y" .'
    town.load("d.ttl", text, format="turtle", options=EX, map=INGREDIENT)
    ids = {subject for subject, *_ in town.folder.graph()}
    assert ids == {"item:javascript:alert(1)", "item:data:text/html,x"}


# --- for every reader ---

LINKS: dict[str, tuple[str, dict[str, Any]]] = {
    "csv": ("id,name\nSUP-1,http://127.0.0.1:9/x\n", {}),
    "tsv": ("id\tname\nSUP-1\thttp://127.0.0.1:9/x\n", {}),
    "json": ('[{"id": "SUP-1", "name": "http://127.0.0.1:9/x", "$ref": "http://127.0.0.1:9/y"}]', {}),
    "jsonl": ('{"id": "SUP-1", "name": "http://127.0.0.1:9/x", "$schema": "http://127.0.0.1:9/y"}\n', {}),
    "yaml": ("%TAG !e! http://127.0.0.1:9/\n---\n- {id: SUP-1, name: 'http://127.0.0.1:9/x'}\n", {}),
    "xml": (
        (
            '<?xml-stylesheet href="http://127.0.0.1:9/s"?><l xmlns:xi="http://www.w3.org/2001/XInclude" '
            'xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:schemaLocation="http://127.0.0.1:9/ http://127.0.0.1:9/s"'
            '><i><id>SUP-1</id><name>http://127.0.0.1:9/x</name></i><xi:include href="file:///etc/hostname"/></l>'
        ),
        {"map": [{"entity": {"type": "Supplier", "key": "id.text", "name": "name.text"}}]},
    ),
    "stix": (
        (
            '{"type": "bundle", "objects": [{"type": "tool", "id": "SUP-1", "name": "http://127.0.0.1:9/x", '
            '"external_references": [{"url": "http://127.0.0.1:9/y"}]}]}'
        ),
        {},
    ),
    "oscal": (
        (
            '{"catalog": {"uuid": "u", "controls": [{"id": "SUP-1", "name": "http://127.0.0.1:9/x", '
            '"links": [{"href": "http://127.0.0.1:9/y"}]}]}}'
        ),
        {},
    ),
    "markdown": (
        "---\nid: http://127.0.0.1:9/x\n---\n# SUP-1\n\n![a](http://127.0.0.1:9/y) [b](file:///etc/hostname)\n",
        {"map": [{"when": {"kind": "section"}, "entity": {"type": "Supplier", "key": "place"}}]},
    ),
    "openlineage": (
        '{"job": {"namespace": "n", "name": "SUP-1"}, "schemaURL": "http://127.0.0.1:9/s"}\n',
        {"map": [{"entity": {"type": "Supplier", "key": "job.name"}}]},
    ),
}


@pytest.mark.parametrize("kind", LINKS)
def test_no_reader_follows_an_address(town: Town, kind: str) -> None:
    """1 to 10, for the formats that are not RDF: addresses are text."""
    text, changes = LINKS[kind]
    town.load("d", text, format=kind, **{"expect": {"rejected": 1}} | changes)
    assert "supplier:SUP-1" in {subject for subject, *_ in town.folder.graph()}


@pytest.mark.parametrize(
    "name", ["../hidden.txt", "link.csv", "/etc/hostname", "*/../../hidden.*", "inside/up/hidden.txt"]
)
def test_no_file_outside_the_folder(town: Town, name: str) -> None:
    """21 and 27: by name, by pattern, or by a link."""
    (town.folder.path / "inside").mkdir()
    (town.folder.path / "link.csv").symlink_to(town.folder.path.parent / "hidden.txt")
    (town.folder.path / "inside" / "up").symlink_to(town.folder.path.parent)
    with watched() as town.watch, pytest.raises(SourceUnreadable, match="lies outside"):
        town.folder.load(files=[name])
    assert [triple(fact) for fact in town.folder.facts()] != []
