"""A first dataset file and ontology: what they say, and that they load as they are."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kg.domain.scope import Scope
from kg.errors import MappingInvalid, SourceUnreadable
from loaders.draft import draft, write
from loaders.jobs import load_files
from tests.unit.loaders.loading import quiet, services, triple
from tests.unit.loaders.test_readers_tables import workbook

SUPPLIERS = """Supplier No;Name;Also known as;Risk;Since;Share;Supplies;Parent
SUP-1;Kestrel;Kes;H;2026-03-01;0.5;oil, salt;
SUP-2;Oils;;L;2026-04-01;0.25;oil, wine;SUP-1
SUP-3;Third;;L;2026-04-01;1;salt, wine;SUP-1
SUP-4;Fourth;;H;2026-04-01;1;salt, oil;SUP-2
"""


def drafted(tmp_path: Path, name: str, content: str | bytes) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    found = draft(tmp_path / name)
    return found.dataset, found.ontology, found.notes


def loaded(tmp_path: Path, name: str, content: str | bytes) -> list[tuple[str, str, str]]:
    """The facts of a file, loaded with its draft as it is."""
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    paths = write(draft(tmp_path / name), tmp_path)
    given = services()
    [run] = load_files(paths, None, given, quiet)
    assert (run.state, run.rejected, run.left_over) == ("complete", 0, ())
    view = given.store.view(Scope())
    ids = view.scan(view.ontology().types, 1000).ids
    names = ("type", "name", "alias", *view.ontology().predicates)
    return sorted(triple(fact) for fact in view.follow(ids, names, "out", 1000).facts)


def test_types_keys_names_and_datatypes_are_read_off_a_table(tmp_path: Path) -> None:
    dataset, ontology, notes = drafted(tmp_path, "suppliers-2026-03.csv", SUPPLIERS)
    assert (dataset["dataset"], dataset["version"], dataset["options"]) == ("suppliers", "2026-03", {"delimiter": ";"})
    assert dataset["map"][0]["entity"] == {
        "type": "Supplier", "key": "Supplier No", "name": "Name", "aliases": ["Also known as"],
    }  # fmt: skip
    assert {fact["predicate"]: fact.get("value") or fact["object"] for fact in dataset["map"][0]["facts"]} == {
        "risk": "Risk", "since": "Since", "share": "Share", "supplies": "Supplies | split ,",
        "parent": {"type": "Supplier", "key": "Parent"},
    }  # fmt: skip
    assert {name: said.get("value") for name, said in ontology["predicates"].items()} == {
        "risk": "text", "since": "date", "share": "number", "supplies": "text", "parent": None,
    }  # fmt: skip
    assert ontology["predicates"]["risk"]["values"] == {"H": ["h"], "L": ["l"]}
    assert "functional" not in ontology["predicates"]["supplies"]
    assert notes == []


def test_a_field_that_leads_elsewhere_says_what_is_there_or_how(tmp_path: Path) -> None:
    table = "id,parent,owned by,owns,has part\n1,2,2,2,3\n2,1,3,3,1\n3,2,1,1,2\n"
    said = drafted(tmp_path, "firms.csv", table)[1]["predicates"]
    assert said["parent"] == {"subject": ["Firm"], "object": "Firm", "roles": ["parent"]}
    assert [said[name]["phrases"] for name in ("owned_by", "owns", "has_part")] == [
        ["owned by"],
        ["owns"],
        ["has part"],
    ]


def test_few_values_that_keep_a_field_from_its_datatype_are_named(tmp_path: Path) -> None:
    rows = "".join(f"{n},2026-03-0{n},{n}.5,text {n}\n" for n in range(1, 10))
    _, ontology, notes = drafted(tmp_path, "firms.csv", f"id,since,share,note\n{rows}10,31/02/2026,n/a,7\n")
    assert {said["value"] for said in ontology["predicates"].values()} == {"text"}
    assert notes == [
        "since: drafted as text; all values are of datatype date but '31/02/2026'",
        "share: drafted as text; all values are of datatype number but 'n/a'",
    ]


JSON = json.dumps({"meta": {"n": 2}, "list": [{"id": "a", "tags": ["x", "y"], "in": {"deep": 1}}, {"id": "b"}]})
TURTLE = """@prefix ex: <http://example.org/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
ex:a a ex:Place ; rdfs:label "Ulm"@en ; ex:near ex:b . ex:b a ex:Place ; rdfs:label "Aalen"@en ."""
XML = "<list><item id='1'><name>one</name></item><item id='2'><name>two</name></item></list>"
MARKDOWN = "# Rules\n\nOf the house.\n\n## Keys\n\nReturn **every** key.\n\n| door | key |\n| --- | --- |\n| 1 | A |\n"
SHEETS = {
    "Firms": [["id", "name"], ["F1", "Alpha"], ["F2", "Beta"]],
    "Sites": [["site", "owner"], ["A", "F2"], ["B", "F1"]],
}
KINDS = "kind,id,name,status\nplant,p1,Mill,open\nperson,q1,Ada,\nperson,q2,Bo,open\n"


@pytest.mark.parametrize(
    ("name", "content", "fact"),
    [
        ("suppliers.csv", SUPPLIERS, ("supplier:SUP-2", "parent", "supplier:SUP-1")),
        ("suppliers.csv.gz", gzip.compress(SUPPLIERS.encode()), ("supplier:SUP-1", "alias", "Kes")),
        ("latin.csv", "id,name\n1,Bäcker\n2,Öl\n".encode("cp1252"), ("latin:2", "name", "Öl")),
        ("wide.csv", "id,name\n1,Bäcker\n2,Öl\n".encode("utf-16"), ("wide:2", "name", "Öl")),
        ("things.json", JSON, ("thing:a", "in_deep", "1")),
        ("things.jsonl", '{"id": "a", "n": 1}\n{"id": "b", "n": 2}\n', ("thing:b", "n", "2")),
        ("things.yml", "- {id: a, since: 2026-03-01}\n- {id: b}\n", ("thing:a", "since", "2026-03-01")),
        ("places.ttl", TURTLE, ("place:http://example.org/a", "near", "place:http://example.org/b")),
        ("list.xml", XML, ("list:2", "name", "two")),
        ("kinds.csv", KINDS, ("plant:p1", "plant_status", "open")),
        ("pairs.csv", "a,b\nx,1\nx,2\ny,1\n", ("pair:x 2", "b", "2")),
        ("rules.md", MARKDOWN, ("text_passage:rules.md#keys/1", "passage", "Return **every** key.")),
        ("rules.markdown", MARKDOWN, ("section:rules.markdown#keys", "part_of", "section:rules.markdown#rules")),
        ("notes.txt", "One.\n\nTwo\nlines.\n", ("text_passage:notes.txt#2", "passage", "Two\nlines.")),
        ("firms.xlsx", workbook(SHEETS), ("site:B", "owner", "firm:F1")),
        ("firms.xlsx", workbook({"Any": SHEETS["Firms"]}), ("firm:F2", "name", "Beta")),
        ("odd names.csv", 'id,"a.b [c]","x"\n1,p,q\n', ("odd_name:1", "a_b_c", "p")),
    ],
)
def test_a_draft_loads_as_it_is(tmp_path: Path, name: str, content: str | bytes, fact: Any) -> None:
    found = loaded(tmp_path, name, content)
    assert fact in found


def test_a_file_without_a_key_gets_one_of_several_fields_and_says_so(tmp_path: Path) -> None:
    dataset, _, notes = drafted(tmp_path, "pairs.csv", "a,b\nx,1\nx,2\ny,1\n")
    assert dataset["map"][0]["entity"]["key"] == "= {a} {b}"
    assert notes == ["Pair: no field is there and different in every record: look at its key"]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name\n1,x\n")
    write(draft(tmp_path / "a.csv"), tmp_path)
    with pytest.raises(MappingInvalid, match=r"cannot write '.*a\.yml': File exists: give another folder with --out"):
        write(draft(tmp_path / "a.csv"), tmp_path)


def test_what_is_written_says_what_to_do_next(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name\n1,x\n")
    dataset, ontology = write(draft(tmp_path / "a.csv"), tmp_path)
    assert dataset.read_text().startswith("# A draft: say who publishes it")
    assert yaml.safe_load(ontology.read_text())["types"] == {"A": {"key": "a", "nouns": ["a"]}}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.doc", "x", r"a\.doc': the ending '\.doc' says no format: give it one of arrow, csv, "),
        ("data", "x", "a name without an ending says no format"),
        ("a.csv", "id,name\n", "no record could be read as csv"),
        ("a.csv", "", r"a\.csv': line 1: no header row"),
        ("a.csv", "id,name\n1\n", "as csv; line 2: 1 cells where the header has 2"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "holds zero bytes, so it is no table of text"),
        ("a.json", "{", r"a\.json': not JSON"),
        ("a.json", "[1, 2]", "no record could be read as json"),
        ("a.xlsx", "no workbook", "not a usable workbook"),
        ("a.xml", b"\x89PNG", "not XML"),
    ],
)
def test_a_file_that_cannot_be_described_is_refused(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    with pytest.raises(SourceUnreadable, match=message):
        drafted(tmp_path, name, content)


@pytest.mark.parametrize("address", ["postgresql://u:geheim@h/x", "sqlite:///shop.db"])
def test_a_database_is_no_file_to_draft_from(address: str) -> None:
    with pytest.raises(SourceUnreadable, match=r"from a database: .* `format: sql`") as told:
        draft(Path(address))
    assert "geheim" not in str(told.value)


def test_a_folder_is_no_file_to_draft_from(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="a folder; name one of its files"):
        draft(tmp_path)
