"""The graph of a scope in files: the same from either store, complete or not there, and loaded again fact by fact."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
import rdflib
from rdflib.namespace import PROV, RDF, RDFS

from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import Services, import_files
from kg.domain.fact import KEY, NAME, STATUS, Fact, FactId, Interval, Literal
from kg.domain.lineage import Classification
from kg.domain.ontology import Ontology
from kg.domain.ref import ref_of
from kg.domain.scope import Scope
from kg.errors import ExportRefused
from kg.export.pages import pages
from kg.export.run import Exported, Target, export
from kg.ports.store import GraphStore, GraphView
from loaders.jobs import load_files
from tests.builders import MakeStore, Store, TickingClock, entity, entity_id, fact, load, ontology_document, run, target
from tests.faults.children import Ended, whence

ANN = entity_id("ann")
PUBLIC, SECRET = Classification.PUBLIC, Classification.RESTRICTED
DIRTY = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "'=x",
    "''",
    'say "hi", then; go',
    "<b>&amp;</b>",
    "two\nlines",
]
SAID = [
    *entity("ann", name="=Ann", aliases=["Änn, A.", "ann;x"]),
    *entity("bob"),
    *entity("firm:acme", "Firm", "Acme"),
    Fact.of(ANN, KEY, Literal("firm:duns1")),
    Fact.of("firm:acme", STATUS, Literal("closed")),
    Fact.of("person:bob", NAME, Literal("Robert"), Interval("2020-01-01", None)),
    *(fact("ann", "note", Literal(text)) for text in DIRTY),
    fact("firm:acme", "size", Literal("-12.5", "number")),
    fact("firm:acme", "active", Literal("true", "boolean")),
    fact("ann", "knows", "bob", Interval("2020-01-01", "2099-12-31")),
    fact("ann", "owns", "firm:acme"),
    fact("bob", "owns", "firm:acme", Interval("2001-01-01", "2002-12-31")),
]
ANY = Scope(any_day=True)
KEYS = {name: {"spellings": [{"pattern": r"(.+)", "write": r"\1"}]} for name in ("person", "firm")}
ONTOLOGY = ontology_document(keys=KEYS)
ALL = ["csv", "turtle", "jsonld", "graphml"]


def filled(store: Store) -> Store:
    """Two datasets that share a fact, one of them hidden by default."""
    load(store, target("open", files=["a", "b"], ontology=ONTOLOGY), SAID, run_id="run-a")
    load(
        store,
        target("town", ontology=ONTOLOGY),
        [*entity("bob"), fact("bob", "note", Literal("seen twice"))],
        run_id="run-b",
    )
    load(
        store,
        target("secret", classification=SECRET, ontology=ONTOLOGY),
        [*entity("cy"), fact("cy", "knows", "ann")],
        run_id="run-c",
    )
    return store


def write(store: GraphStore, form: str, out: Path, scope: Scope | None = None) -> Exported:
    return export(store.view(scope or ANY), store, Target(form, out), lambda *_: None)


def contents(path: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes()} if path.is_file() else {one.name: one.read_bytes() for one in path.iterdir()}


def said(view: GraphView) -> dict[FactId, Fact]:
    return {one.id: one for page in pages(view) for one in page.facts}


@pytest.fixture
def embedded(make_store: MakeStore) -> Store:
    return filled(make_store("sqlite-memory"))


# --- what is read ---


def test_a_view_is_the_same_in_pages_of_any_size(store: Store) -> None:
    view = filled(store).view(ANY)
    [whole] = pages(view)
    assert [one for page in pages(view, 1) for one in page.facts] == list(whole.facts)
    assert {one.id for one in whole.facts} == {one.id for one in SAID} | {
        fact("bob", "note", Literal("seen twice")).id,
    }
    assert sum(map(len, whole.assertions.values())) == len(SAID) + 3


def test_what_the_scope_hides_is_not_written(embedded: Store, tmp_path: Path) -> None:
    for form in ALL:
        write(embedded, form, tmp_path / form)
        assert not any(b"person:cy" in text or b"secret" in text for text in contents(tmp_path / form).values())
    done = write(embedded, "csv", tmp_path / "secret", Scope(ceiling=SECRET, any_day=True))
    assert (done.entities, done.datasets) == (4, ["open@1", "secret@1", "town@1"])


@pytest.mark.neo4j
@pytest.mark.parametrize("form", ALL)
def test_both_stores_write_the_same_bytes(make_store: MakeStore, core: Ontology, tmp_path: Path, form: str) -> None:
    embedded = SqliteStore(":memory:", core, TickingClock())
    write(filled(embedded), form, tmp_path / "here")
    write(filled(make_store("neo4j")), form, tmp_path / "there")
    assert contents(tmp_path / "here") == contents(tmp_path / "there")


@pytest.mark.parametrize("form", ALL)
def test_the_order_does_not_depend_on_the_hashes_of_a_process(tmp_path: Path, form: str) -> None:
    code = (
        "import sys; from pathlib import Path; from kg.bootstrap import core_ontology\n"
        "from tests.unit.export.test_export import *\n"
        "write(filled(SqliteStore(':memory:', core_ontology(), TickingClock())), sys.argv[1], Path(sys.argv[2]))"
    )
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[3])}
        subprocess.run([sys.executable, "-c", code, form, str(tmp_path / seed)], env=environment, check=True)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


# --- loaded again ---


@pytest.mark.parametrize("form", ["csv", "turtle", "jsonld"])
def test_an_export_that_is_loaded_again_gives_the_same_facts(
    embedded: Store, core: Ontology, tmp_path: Path, form: str
) -> None:
    write(embedded, form, tmp_path / "out")
    again = SqliteStore(":memory:", core, TickingClock())
    services = Services(again, again, again, again, again, again, TickingClock(), core)
    [run] = load_files(sorted((tmp_path / "out").glob("*.yml")), None, services, lambda *_: None)
    assert (run.state, run.rejected, run.left_over) == ("complete", 0, ())
    assert said(again.view(ANY)) == said(embedded.view(ANY))


# --- the formats ---


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_no_cell_of_a_csv_is_a_formula(embedded: Store, tmp_path: Path) -> None:
    write(embedded, "csv", tmp_path / "out")
    cells = [cell for file in (tmp_path / "out").glob("*.csv") for row in rows(file) for cell in row.values()]
    assert "'=Ann" in cells
    assert "'=cmd|' /C calc'!A0" in cells
    assert [cell for cell in cells if cell[:1] in set("=+@\t\r") or (cell[:1] == "-" and cell != "-12.5")] == []


def test_a_csv_says_of_every_fact_where_it_was_read(embedded: Store, tmp_path: Path) -> None:
    write(embedded, "csv", tmp_path / "out")
    [knows] = [row for row in rows(tmp_path / "out" / "facts.csv") if row["predicate"] == "knows"]
    place = next(i for i, one in enumerate(SAID, 1) if one.predicate == "knows")
    found = [row for row in rows(tmp_path / "out" / "assertions.csv") if row["fact"] == knows["fact"]]
    assert [(row["source"], row["locator"], row["run"]) for row in found] == [("open@1/a", f"line {place}#x", "run-a")]
    assert (knows["subject_key"], knows["object_key"], knows["valid_to"]) == ("ann", "bob", "2099-12-31")
    assert {row["source"]: row["title"] for row in rows(tmp_path / "out" / "sources.csv")}["open@1/a"] == "The open"


@pytest.mark.parametrize(("form", "syntax", "name"), [("turtle", "turtle", "g.ttl"), ("jsonld", "json-ld", "g.jsonld")])
def test_rdf_ties_facts_to_their_sources(embedded: Store, tmp_path: Path, form: str, syntax: str, name: str) -> None:
    done = write(embedded, form, tmp_path / name)
    assert done.written == [str(tmp_path / name)]
    graph = rdflib.Graph().parse(data=(tmp_path / name).read_text("utf-8"), format=syntax)
    ann, bob = rdflib.URIRef("urn:whence:entity:person:ann"), rdflib.URIRef("urn:whence:entity:person:bob")
    assert (ann, rdflib.URIRef("urn:whence:predicate:knows"), bob) in graph
    assert (ann, RDFS.label, rdflib.Literal("=Ann")) in graph
    assert (ann, RDF.type, rdflib.URIRef("urn:whence:type:Person")) in graph
    knows = rdflib.URIRef(f"urn:whence:fact:{fact('ann', 'knows', 'bob', Interval('2020-01-01', '2099-12-31')).id}")
    source = rdflib.URIRef("urn:whence:source:open@1/a")
    assert (knows, PROV.hadPrimarySource, source) in graph
    assert (knows, rdflib.URIRef("urn:whence:vocabulary#validTo"), rdflib.Literal("2099-12-31")) in graph
    assert (source, rdflib.URIRef("urn:whence:vocabulary#title"), rdflib.Literal("The open")) in graph


def test_every_page_of_a_turtle_file_adds_to_one_graph(embedded: Store, tmp_path: Path) -> None:
    people = [item for number in range(1_200) for item in entity(f"p{number}")]
    load(embedded, target("many"), people)
    write(embedded, "turtle", tmp_path / "g.ttl")
    write(embedded, "jsonld", tmp_path / "g.jsonld")
    one = rdflib.Graph().parse(tmp_path / "g.ttl", format="turtle")
    other = rdflib.Graph().parse(data=(tmp_path / "g.jsonld").read_text("utf-8"), format="json-ld")
    assert set(one) == set(other)
    assert len(list(one.subjects(RDF.type, rdflib.URIRef("urn:whence:type:Person")))) == 1_202


def test_networkx_reads_the_graphml(embedded: Store, tmp_path: Path) -> None:
    write(embedded, "graphml", tmp_path / "g.graphml")
    graph: Any = nx.read_graphml(tmp_path / "g.graphml", force_multigraph=True)
    assert graph.nodes[ANN]["name"] == "=Ann"
    assert graph.nodes["firm:acme"]["labels"] == "Firm:Party"
    kinds = Counter(kind for _, _, kind in graph.edges(data="type"))
    assert kinds == {"NOTE": len(DIRTY) + 1, "KNOWS": 1, "OWNS": 2, "SIZE": 1, "ACTIVE": 1}
    values = {graph.nodes[end]["value"] for _, end, kind in graph.edges(data="type") if kind == "NOTE"}
    assert values == {*DIRTY, "seen twice"}
    [knows] = graph.get_edge_data(ANN, "person:bob").values()
    assert (knows["valid_from"], knows["sources"][:13]) == ("2020-01-01", "open@1/a line")


def test_a_dataset_whose_current_version_is_retired_has_none_in_the_import_files(
    embedded: Store, core: Ontology, tmp_path: Path
) -> None:
    into = target("town", "2", ontology=ONTOLOGY)
    load(embedded, into, entity("bob"), run_id="run-d")
    embedded.retire(ref_of("town@2"), replace(run(into, "run-e"), state="complete"))
    services = Services(embedded, embedded, embedded, embedded, embedded, embedded, TickingClock(), core)
    view = embedded.view(Scope(datasets=("open", "town@1")))
    export(view, embedded, Target("neo4j-admin", tmp_path / "out", import_files(services, view)), lambda *_: None)
    assert [row[":END_ID(DatasetVersion)"] for row in rows(tmp_path / "out" / "current.csv")] == ["open@1"]
    assert {row["id:ID(DatasetVersion)"] for row in rows(tmp_path / "out" / "versions.csv")} == {"open@1", "town@1"}


# --- the place ---


def test_a_place_that_is_taken_is_refused_and_left_alone(embedded: Store, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(ExportRefused, match="there already"):
        write(embedded, "csv", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_place_that_cannot_be_written_is_refused(embedded: Store, tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match="cannot write"):
        write(embedded, "csv", tmp_path / "no" / "out")


def test_nothing_to_export_is_said(make_store: MakeStore, tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match="nothing to export"):
        write(make_store("sqlite-memory"), "csv", tmp_path / "out")


def test_an_export_that_breaks_off_leaves_nothing(embedded: Store, tmp_path: Path) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(embedded.view(ANY), embedded, Target("csv", tmp_path / "out"), stop)
    assert list(tmp_path.iterdir()) == []


# --- the command ---


def command(*arguments: str, store: Path) -> Ended:
    return whence("export", *arguments, cwd=store.parent, WHENCE_STORE=f"sqlite:{store}")


def test_the_command_writes_and_says_what(make_store: MakeStore, tmp_path: Path) -> None:
    filled(make_store("sqlite-file"))
    store = tmp_path / "whence.db"
    done = command("--format", "turtle", "--out", "g.ttl", "--dataset", "town", "--json", store=store)
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert (told["format"], told["written"], told["datasets"]) == ("turtle", ["g.ttl"], ["town@1"])
    assert told["facts"] == 3
    refused = command("--format", "turtle", "--out", "g.ttl", store=store)
    assert (refused.code, "there already" in refused.err) == (1, True)
    assert command("--format", "word", "--out", "g.doc", store=store).code == 2


def test_a_day_of_the_past_is_written_as_it_was(make_store: MakeStore, tmp_path: Path) -> None:
    filled(make_store("sqlite-file"))
    before = command(
        "--format", "csv", "--out", "past", "--as-of", "2019-06-01", "--json", store=tmp_path / "whence.db"
    )
    assert json.loads(before.out)["facts"] == len(SAID) + 1 - 3
    found = {row["predicate"] for row in rows(tmp_path / "past" / "facts.csv")}
    assert "knows" not in found
