"""RDF in its six syntaxes: records of subjects and of statements; nothing is fetched, nothing half read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from kg.domain.scope import Scope
from kg.errors import SourceUnreadable
from loaders.dataset import Options
from loaders.readers import Record, reader_for
from tests.unit.loaders.loading import Folder

PREFIXES = {"ex": "http://example.org/"}
TURTLE = """
@prefix ex: <http://example.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
ex:Purpose a skos:Concept ; skos:prefLabel "Purpose"@en, "Zweck"@de ; skos:altLabel "Aim"@en ;
  ex:rank 7 ; ex:near ex:Other ; ex:shape [ ex:side "a", "b" ] ; ex:steps ( ex:One "two" ) .
"""
PURPOSE: dict[str, Any] = {
    "@id": "ex:Purpose", "@type": ["skos:Concept"], "@label": "Purpose", "@labels": ["Purpose", "Aim"],
    "skos:prefLabel": ["Zweck", "Purpose"], "skos:prefLabel@en": ["Purpose"], "skos:prefLabel@de": ["Zweck"],
    "skos:altLabel": ["Aim"], "skos:altLabel@en": ["Aim"],
    "ex:rank": ["7"], "ex:near": ["ex:Other"], "ex:shape": [{"ex:side": ["a", "b"]}], "ex:steps": ["ex:One", "two"],
}  # fmt: skip
NT = '<http://example.org/a> <http://example.org/p> "x"@en .\n'
RDFXML = """<?xml version="1.0"?>
<!DOCTYPE rdf:RDF [ <!ENTITY ex "http://example.org/"> ]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:ex="http://example.org/">
<rdf:Description rdf:about="&ex;a"><ex:p>x</ex:p></rdf:Description></rdf:RDF>"""
JSONLD = '{"@context": {"p": "http://example.org/p"}, "@id": "http://example.org/a", "p": "x"}'
TRIG = "@prefix ex: <http://example.org/> . ex:g { ex:a ex:p ex:b } ex:a ex:p ex:c ."
NQUADS = "<http://example.org/a> <http://example.org/p> <http://example.org/b> <http://example.org/g> .\n"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def read(name: str, text: str | bytes, **options: Any) -> list[Record]:
    data = text.encode() if isinstance(text, str) else text
    return list(reader_for(name)(io.BytesIO(data), Options(prefixes=PREFIXES, **options)))


def test_a_subject_is_a_record_of_its_properties() -> None:
    assert read("turtle", TURTLE) == [Record("<http://example.org/Purpose>", PURPOSE)]


def test_labels_are_of_the_language_wanted_else_of_any() -> None:
    [german] = read("turtle", TURTLE, language="de")
    assert (german.fields["@label"], german.fields["@labels"]) == ("Zweck", ["Zweck"])
    [other] = read("turtle", TURTLE, language="fr")
    assert other.fields["@labels"] == ["Purpose", "Zweck", "Aim"]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("ntriples", NT, "x"), ("rdfxml", RDFXML, "x"), ("jsonld", JSONLD, "x"), ("turtle", NT, "x")],
)
def test_the_syntaxes_give_the_same_record(name: str, text: str, value: str) -> None:
    [record] = read(name, text)
    assert (record.locator, record.fields["@id"], record.fields["ex:p"]) == ("<http://example.org/a>", "ex:a", [value])


@pytest.mark.parametrize(("name", "text"), [("trig", TRIG), ("nquads", NQUADS)])
def test_a_named_graph_is_told_with_its_records(name: str, text: str) -> None:
    record = next(one for one in read(name, text) if one.part)
    assert (record.part, record.fields["@graph"], record.fields["ex:p"]) == ("http://example.org/g", "ex:g", ["ex:b"])


def test_statements_are_records_too() -> None:
    [record] = read("turtle", NT, statements=True)
    assert record.locator == "<http://example.org/a> <http://example.org/p>"
    assert record.fields == {
        "subject": "ex:a", "predicate": "ex:p", "object": "x", "datatype": "xsd:string", "language": "en",
    }  # fmt: skip


def test_lines_of_statements_are_located_and_a_broken_one_leaves_the_others() -> None:
    found = read("nquads", f"# note\n\n{NQUADS}not one\n{NT}<http://a> <http://b> .\n", statements=True)
    assert [(one.locator, one.problem is None, one.part) for one in found] == [
        ("line 3", True, "http://example.org/g"),
        ("line 4", False, ""),
        ("line 5", True, ""),
        ("line 6", False, ""),
    ]
    assert found[0].fields == {"subject": "ex:a", "predicate": "ex:p", "object": "ex:b", "graph": "ex:g"}


def test_a_number_sign_in_an_address_is_no_part_of_a_locator() -> None:
    [record] = read("turtle", "<http://a#b> <http://p> 1 .")
    assert record.locator == "<http://a%23b>"


def test_blank_nodes_that_several_lead_to_have_an_id_of_what_they_say() -> None:
    text = "<http://a> <http://p> _:x . <http://b> <http://p> _:x . _:x <http://q> 1 . _:y <http://q> 2 ."
    found = read("turtle", text)
    assert found == read("turtle", text.replace("_:x", "_:other").replace("_:y", "_:x"))
    shared = next(one for one in found if one.fields["@id"].startswith("_:") and one.fields["http://q"] == ["1"])
    assert [one.fields["http://p"] for one in found if "http://p" in one.fields] == [[shared.locator]] * 2


def test_blank_nodes_inside_a_record_are_records_too_if_asked_for() -> None:
    text = "@prefix ex: <http://example.org/> . ex:a ex:p [ ex:q 1 ; ex:r [ ex:s 2 ] ], ex:b ; ex:list ( [ ex:q 3 ] ) ."
    whole, outer, inner = read("turtle", text, enclosing=True)
    assert [whole] == read("turtle", text)
    place = "<http://example.org/a> <http://example.org/p>"
    assert (outer.locator, outer.fields["ex:q"], outer.fields["@key"]) == (place, ["1"], "ex:p")
    assert outer.fields["@up"]["@id"] == "ex:a"
    assert (inner.locator, inner.fields["ex:s"]) == (f"{place} <http://example.org/r>", ["2"])
    assert inner.fields["@up"]["@up"]["@id"] == "ex:a"


def test_blank_nodes_in_a_circle_end() -> None:
    assert len(read("turtle", "_:x <http://p> _:y . _:y <http://p> _:x . <http://a> <http://p> 1 .")) == 3


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("turtle", "<http://a> <http://b> 1 .\n<http://a> <http://b>"),
        ("turtle", '<http://a> <http://b> "cut'),
        ("turtle", "<http://a> <http://b> " + "[ <http://p> " * 5_000),
        ("turtle", "<http://a> <http://b> " + "( " * 5_000),
        ("turtle", b'<http://a> <http://b> "\xff" .'),
        ("ntriples", b'<http://a> <http://b> "\xff" .\n'),
        ("ntriples", "<http://a> <http://b>\n"),
        ("nquads", "no statement\n"),
        ("trig", "<http://g> { <http://a> "),
        ("rdfxml", "<a/>x"),
        ("rdfxml", "no xml"),
        ("rdfxml", RDFXML.replace("&ex;", "&no;")),
        ("jsonld", '{"@id": '),
        ("jsonld", '{"@id": "a", "@id": "b"}'),
        ("jsonld", '{"http://p": NaN}'),
        ("jsonld", "[" * 3_000 + "]" * 3_000),
    ],
)
def test_what_is_not_whole_is_refused_as_a_whole(name: str, text: str | bytes) -> None:
    with pytest.raises(SourceUnreadable, match=r"^not "):
        read(name, text)


@pytest.mark.parametrize(
    "context",
    [
        '"http://127.0.0.1:9/ctx"',
        '"file:///etc/hostname"',
        '["http://127.0.0.1:9/ctx"]',
        '[{"a": "http://a"}, "relative.jsonld"]',
        '{"@version": 1.1, "@import": "http://127.0.0.1:9/ctx"}',
        '{"a": {"@id": "http://a", "@context": "http://127.0.0.1:9/ctx"}}',
    ],
)
def test_a_context_by_its_address_is_refused_before_anything_is_fetched(context: str) -> None:
    with pytest.raises(SourceUnreadable, match="a context given by its address"):
        read("jsonld", f'{{"@context": {context}, "@id": "http://a", "http://p": 1}}')


def test_an_import_of_an_ontology_is_a_statement_and_is_not_followed() -> None:
    text = "<http://a> <http://www.w3.org/2002/07/owl#imports> <http://127.0.0.1:9/x> ."
    assert read("turtle", text)[0].fields["owl:imports"] == ["http://127.0.0.1:9/x"]


def doctype(inside: str) -> str:
    return RDFXML.replace('<!ENTITY ex "http://example.org/">', inside)


BOMB = "".join(f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(9))


@pytest.mark.parametrize(
    "text",
    [
        doctype('<!ENTITY ex SYSTEM "file:///etc/hostname">'),
        doctype('<!ENTITY ex SYSTEM "http://127.0.0.1:9/x">'),
        doctype('<!ENTITY % p "x"> <!ENTITY ex "y">'),
        doctype('<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;'),
        doctype(f'<!ENTITY a0 "x"> {BOMB} <!ENTITY ex "&a9;">'),
        doctype("".join(f'<!ENTITY e{i} "x">' for i in range(300)) + '<!ENTITY ex "y">'),
        doctype(f'<!ENTITY ex "{"x" * 600}">'),
        RDFXML.replace("<!DOCTYPE rdf:RDF [", '<!DOCTYPE rdf:RDF SYSTEM "http://127.0.0.1:9/x.dtd" ['),
        RDFXML.replace(">x<", f">{'line' * 30_000}<"),
        "<a>" * 1_000 + "</a>" * 1_000,
    ],
)
def test_xml_that_could_harm_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(SourceUnreadable, match=r"^not usable RDF/XML: .* at line \d+"):
        read("rdfxml", text)


def test_addresses_that_a_page_must_not_follow_are_kept_as_text() -> None:
    [record] = read("turtle", "<javascript:alert(1)> <http://p> <data:text/html,x> .")
    assert (record.fields["@id"], record.fields["http://p"]) == ("javascript:alert(1)", ["data:text/html,x"])


def test_each_named_graph_of_a_file_is_a_source_of_its_own(folder: Folder) -> None:
    entry = {"entity": {"type": "Ingredient", "key": "@id", "name": "ex:name"}}
    text = '@prefix ex: <http://example.org/> . ex:g { ex:oil ex:name "Oil" } ex:h { ex:oil ex:name "Oil" }'
    folder.load(text, map=[entry], format="trig", files=["d.trig"], options={"prefixes": PREFIXES}, ignore=["@graph"])
    view = folder.services.store.view(Scope())
    assert sorted(view.sources()) == [f"register@1/d.trig#http://example.org/{graph}" for graph in "gh"]
    found = view.assertions([fact.id for fact in folder.facts()])
    assert all({one.source for one in places} == set(view.sources()) for places in found.values())
