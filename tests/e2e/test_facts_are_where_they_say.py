"""Random facts of every format: their file, opened without our readers at the stored place, shows the value.

With WHENCE_PROOFS=1 a thousand facts of each format, else fifty.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest

from kg.domain.fact import Assertion, Fact, Literal
from kg.domain.lineage import Classification
from kg.domain.scope import Scope
from tests.e2e import supplier_documents as docs
from tests.e2e import suppliers as made
from tests.e2e.suppliers import Form, Found, mapping, packed
from tests.faults.children import open_store, whence
from tests.unit.loaders.loading import ONTOLOGY, document, write_yaml

PROOFS = os.environ.get("WHENCE_PROOFS") == "1"
FACTS = 1_000 if PROOFS else 50
LEAST_ROWS = 60
PREFIXES = {"prefixes": {"ex": docs.EX, "s": f"{docs.EX}s#"}}
SUBJECT, ID = "subject | cut ^s:", "@id | cut ^s:"
OF_SUBJECTS: dict[str, Any] = {
    "options": PREFIXES,
    "map": mapping(id=ID, **{name: f"ex:{name}" for name in made.FIELDS[1:]}),
    "ignore": ["ex:id"],
}
OF_STATEMENTS: dict[str, Any] = {
    "options": PREFIXES | {"statements": True},
    "map": [
        {"when": {"predicate": "ex:id"}, "entity": {"type": "Supplier", "key": SUBJECT}},
        {"when": {"predicate": "ex:name"}, "entity": {"type": "Supplier", "key": SUBJECT, "name": "object"}},
        {
            "when": {"predicate": "ex:item"},
            "entity": {"type": "Ingredient", "key": "object"},
            "facts": [
                {
                    "subject": {"type": "Supplier", "key": SUBJECT},
                    "predicate": "supplies",
                    "object": {"type": "Ingredient", "key": "object"},
                }
            ],
        },
        *(
            {
                "when": {"predicate": f"ex:{name}"},
                "facts": [{"subject": {"type": "Supplier", "key": SUBJECT}, "predicate": name, "value": "object"}],
            }
            for name in ("share", "founded", "certified", "risk")
        ),
    ],
    "ignore": ["datatype"],
}
PLAIN = {"map": mapping()}
XML = {"map": mapping(id="@id", **{name: f"{name}.text" for name in made.FIELDS[1:]})}
CATALOG: dict[str, Any] = {
    "map": mapping(name="title", item="class", share="", founded="", certified="", risk=""),
    "skip": [{"when": {"kind": "group"}, "reason": "a group"}],
}
PASSAGES: dict[str, Any] = {
    "map": [
        {
            "when": {"kind": "paragraph"},
            "entity": {"type": "Clause", "key": r"text | find ^SUP-\d+"},
            "facts": [{"predicate": "passage", "value": "text"}],
        }
    ],
    "skip": [{"when": {"kind": ["document", "section"]}, "reason": "holds the paragraphs"}],
    "expect": {"rejected": 0.02},
}
WITH_CLAUSES = ONTOLOGY | {
    "keys": ONTOLOGY["keys"] | {"clause": {"spellings": [{"pattern": "(.+)", "write": r"\1"}]}},
    "types": ONTOLOGY["types"] | {"Clause": {"is": "Passage", "key": "clause", "nouns": ["clause"]}},
}
EVENTS: dict[str, Any] = {
    "map": [
        {
            "when": {"@kind": "dataset", "namespace": "suppliers"},
            "entity": {"type": "Supplier", "key": "name"},
            "facts": [{"predicate": "risk", "value": "facets.documentation.description"}],
        },
        {"when": {"@kind": "dataset", "namespace": "items"}, "entity": {"type": "Ingredient", "key": "name"}},
        {
            "when": {"@kind": "job"},
            "facts": [
                {
                    "subject": {"type": "Supplier", "key": "inputs.name"},
                    "predicate": "supplies",
                    "object": {"type": "Ingredient", "key": "outputs.name"},
                }
            ],
        },
    ]
}
NT, NQ = pyoxigraph.RdfFormat.N_TRIPLES, pyoxigraph.RdfFormat.N_QUADS
TURTLE, TRIG = pyoxigraph.RdfFormat.TURTLE, pyoxigraph.RdfFormat.TRIG
RDF_XML, JSON_LD = pyoxigraph.RdfFormat.RDF_XML, pyoxigraph.RdfFormat.JSON_LD
FORMS = {
    "csv": Form("csv", "d.csv", made.write_csv, made.look_csv, PLAIN),
    "csv packed": Form("csv", "d.csv.gz", packed(made.write_csv), made.look_csv, PLAIN),
    "tsv": Form("tsv", "d.tsv", partial(made.write_csv, delimiter="\t"), partial(made.look_csv, delimiter="\t"), PLAIN),
    "json": Form(
        "json", "d.json", made.write_json, made.look_json, PLAIN | {"options": {"records": "/a~1b~0c/rows/*"}}
    ),
    "jsonl": Form("jsonl", "d.jsonl", made.write_jsonl, made.look_jsonl, PLAIN | {"options": {"records": "/rows/*"}}),
    "jsonl packed": Form(
        "jsonl", "d.jsonl.gz", packed(made.write_jsonl), made.look_jsonl, PLAIN | {"options": {"records": "/rows/*"}}
    ),
    "yaml": Form("yaml", "d.yaml", made.write_yaml, made.look_yaml, PLAIN | {"options": {"records": "/rows/*"}}),
    "xml": Form(
        "xml", "d.xml", made.write_xml, made.look_xml, XML | {"options": {"records": "/**/supplier"}}, squeezed=True
    ),
    "xml packed": Form(
        "xml",
        "d.xml",
        packed(made.write_xml),
        made.look_xml,
        XML | {"options": {"records": "/**/supplier"}},
        squeezed=True,
    ),
    "parquet": Form("parquet", "d.parquet", made.write_parquet, made.look_parquet, PLAIN),
    "arrow": Form("arrow", "d.arrow", made.write_arrow, made.look_arrow, PLAIN),
    "excel": Form("excel", "d.xlsx", made.write_excel, made.look_excel, PLAIN),
    "ods": Form("excel", "d.ods", made.write_ods, made.look_ods, PLAIN, squeezed=True),
    "sql": Form(
        "sql",
        "d.db",
        made.write_sql,
        made.look_sql,
        PLAIN | {"options": {"url": "sqlite:///d.db"}, "files": ["supplier"]},
    ),
    "turtle": Form("turtle", "d.ttl", docs.write_rdf("turtle"), docs.look_rdf(TURTLE), OF_SUBJECTS),
    "turtle packed": Form("turtle", "d.ttl.gz", packed(docs.write_rdf("turtle")), docs.look_rdf(TURTLE), OF_SUBJECTS),
    "trig": Form("trig", "d.trig", docs.write_graphs(TRIG), docs.look_rdf(TRIG), OF_SUBJECTS),
    "rdfxml": Form("rdfxml", "d.rdf", docs.write_rdf("xml"), docs.look_rdf(RDF_XML), OF_SUBJECTS),
    "jsonld": Form("jsonld", "d.jsonld", docs.write_rdf("json-ld"), docs.look_rdf(JSON_LD), OF_SUBJECTS),
    "ntriples": Form("ntriples", "d.nt", docs.spaced(docs.write_rdf("nt")), docs.look_line(NT), OF_STATEMENTS),
    "nquads": Form("nquads", "d.nq", docs.spaced(docs.write_graphs(NQ)), docs.look_line(NQ), OF_STATEMENTS),
    "ntriples by subject": Form("ntriples", "d.nt", docs.spaced(docs.write_rdf("nt")), docs.look_rdf(NT), OF_SUBJECTS),
    "stix": Form("stix", "d.json", docs.write_stix, made.look_json, PLAIN | {"ignore": ["type", "spec_version"]}),
    "oscal json": Form("oscal", "d.json", docs.write_oscal_json, made.look_json, CATALOG, facts_a_row=2),
    "oscal yaml": Form("oscal", "d.yaml", docs.write_oscal_yaml, made.look_yaml, CATALOG, facts_a_row=2),
    "oscal xml": Form("oscal", "d.xml", docs.write_oscal_xml, made.look_xml, CATALOG, squeezed=True, facts_a_row=2),
    "markdown": Form("markdown", "d.md", docs.write_paragraphs, docs.look_span, PASSAGES, facts_a_row=1),
    "text": Form("text", "d.txt", docs.write_paragraphs, docs.look_span, PASSAGES, facts_a_row=1),
    "openlineage": Form("openlineage", "d.jsonl", docs.write_openlineage, made.look_jsonl, EVENTS),
}


Said = tuple[Fact, Assertion]
"""A fact, and a place where it is said."""


@pytest.mark.parametrize("name", FORMS)
def test_the_file_shows_the_value_at_the_place(name: str, tmp_path: Path) -> None:
    form = FORMS[name]
    form.write(tmp_path / form.file, made.suppliers(max(LEAST_ROWS, FACTS // form.facts_a_row)))
    write_yaml(tmp_path / "ontology.yml", WITH_CLAUSES)
    said = document(**{"files": [form.file], "format": form.format} | form.said)
    loaded = whence("load", write_yaml(tmp_path / "register.yml", said), "--store", f"sqlite:{tmp_path}/whence.db")
    assert loaded.code == 0, loaded
    everything = list(facts_of(tmp_path / "whence.db"))
    chosen = random.Random(name).sample(everything, FACTS)  # noqa: S311 (no secret)
    seen: dict[str, Found] = {}
    for fact, assertion in chosen:
        place, _, fields = assertion.locator.partition("#")
        # The place of a span is all of its locator, and its characters are what it shows.
        place, named = (place, fields.split(",")) if place else (assertion.locator, [fields])
        if place not in seen:
            seen[place] = form.look(tmp_path / form.file, place)
        shows = [value for field in named for value in seen[place].get(field, ())]
        assert shows_fact(fact, shows, seen[place], squeezed=form.squeezed), (fact, assertion, seen[place])


def facts_of(database: Path) -> Iterator[Said]:
    """Every fact with every place of it, in an order that does not change."""
    store = open_store(database)
    try:
        view = store.view(Scope(ceiling=Classification.RESTRICTED))
        ids = view.scan(view.ontology().types, 100_000).ids
        facts = view.follow(ids, view.ontology().predicates, "out", 1_000).facts
        said = view.assertions([fact.id for fact in facts])
        yield from ((fact, assertion) for fact in facts for assertion in said[fact.id])
    finally:
        store.close()


def shows_fact(fact: Fact, shows: list[str], record: Found, *, squeezed: bool) -> bool:
    """Whether the fields of the place show the object, and the record names the subject."""
    key = re.compile(rf"(?<![\w-]){re.escape(fact.subject.partition(':')[2])}(?![\w-])", re.IGNORECASE)
    about = any(key.search(value) for values in record.values() for value in values)
    if not isinstance(fact.object, Literal):
        wanted = fact.object.partition(":")[2]
        return about and any(value.lower() == wanted for value in shows)
    if fact.predicate == "type":
        # The type is said by the mapping alone; the place is that of the key.
        return about
    return about and any(same(fact.object, value, squeezed=squeezed) for value in shows)


def same(held: Literal, shown: str, *, squeezed: bool) -> bool:
    if held.datatype == "number":
        try:
            return Decimal(held.value) == Decimal(shown)
        except InvalidOperation:
            return False
    if held.datatype in {"date", "boolean"}:
        return held.value == shown
    return " ".join(held.value.split()) == " ".join(shown.split()) if squeezed else held.value == shown.strip()
