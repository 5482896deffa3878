"""A Neo4j graph that our loaders did not write, drafted and asked through the command line, and read as a store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import neo4j
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from kg.answer.tabled import TabledStore
from kg.backends.neo4j.attached.store import AttachedStore
from kg.backends.neo4j.attached.view import AttachedView
from kg.backends.neo4j.names import quoted
from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import introspect, open_services
from kg.domain.fact import Fact, Interval, Literal
from kg.domain.lineage import Classification
from kg.domain.ontology import Ontology
from kg.domain.ref import ref_of
from kg.domain.scope import Scope
from kg.errors import AttachmentInvalid, DatasetNotFound, ScopeInvalid, StoreError, StoreReadOnly, StoreUnavailable
from kg.export.pages import pages
from kg.ports.store import Listing
from kg.settings import Settings, neo4j_address
from loaders.attach import draft_attachment, write
from tests.api.supply import BASE
from tests.builders import TickingClock, load, run, target
from tests.conftest import ROOT
from tests.e2e.attached_graphs import BAD_LABEL, BAD_PROPERTY, BAD_TYPE, DIRTY, FILMS, SPACED
from tests.faults.children import Ended
from tests.faults.children import whence as command_line
from tests.neo4j_server import empty, neo4j_auth

pytestmark = pytest.mark.neo4j
OWN = ["Person", "Film", "Studio", BAD_LABEL, SPACED, "日本"]


@dataclass(frozen=True)
class Server:
    """The database of others, written past Whence."""

    driver: neo4j.Driver
    url: str

    def run(self, text: str, **values: Any) -> list[dict[str, Any]]:
        database = neo4j_address(self.url)[1]
        return [row.data() for row in self.driver.execute_query(text, {"in": values}, database_=database).records]

    def clear(self) -> None:
        for label in OWN:
            self.run(f"MATCH (n:{quoted(label)}) DETACH DELETE n")

    def state(self) -> list[Any]:
        """All of it, to see that nothing changed."""
        drawn = "MATCH (n) WHERE n:{} OPTIONAL MATCH (n)-[r]->(m) RETURN elementId(n) AS n, labels(n) AS l, "
        text = drawn.format("|".join(map(quoted, OWN)))
        return self.run(text + "properties(n) AS p, elementId(r) AS r, elementId(m) AS m ORDER BY n, r")


@pytest.fixture(scope="module")
def server(neo4j_driver: neo4j.Driver, neo4j_url: str) -> Server:
    return Server(neo4j_driver, neo4j_url)


def settings() -> Settings:
    user, password = neo4j_auth() or ("", "")
    return Settings(neo4j_user=user, neo4j_password=password)


def drafted(server: Server, folder: Path) -> Path:
    found = draft_attachment(introspect(server.url, settings()), server.url, "films")
    return write(found, folder)[0]


def whence(*arguments: str, store: str = "", cwd: Path) -> Ended:
    user, password = neo4j_auth() or ("", "")
    signed_in = {"WHENCE_NEO4J_USER": user, "WHENCE_NEO4J_PASSWORD": password} if user else {}
    return command_line(*arguments, cwd=cwd, WHENCE_STORE=store, **signed_in)


@pytest.fixture(scope="module")
def films(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The attachment of the graph of films, drafted by the command."""
    empty(server.driver, neo4j_address(server.url)[1])
    server.clear()
    for text in FILMS.split(";\n"):
        server.run(text)
    folder = tmp_path_factory.mktemp("films")
    database = neo4j_address(server.url)[1]
    done = whence("attach", server.url, "--json", cwd=folder)
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["written"] == [f"{database}.yml", f"{database}-ontology.yml"]
    assert any("'name'" in note for note in told["notes"])
    yield folder / told["written"][0]
    server.clear()
    server.run("DROP CONSTRAINT films_title IF EXISTS")


@pytest.fixture
def store(films: Path, tmp_path: Path) -> Iterator[AttachedStore]:
    yield from opened(films)


def opened(path: Path) -> Iterator[AttachedStore]:
    services = open_services(replace(settings(), store=f"attached:{path}"))
    assert isinstance(services.store, TabledStore)
    assert isinstance(services.store.graph, AttachedStore)
    yield services.store.graph
    services.store.close()


# --- asked ---

ANSWERS: list[tuple[str, Any]] = [
    ("Who directed Harbour Lights?", ["Ada Quill"]),
    ("Which films did Boris Lund act in?", ["Glass Orchard", "Harbour Lights", "The Long Thaw"]),
    ("Which films are produced by Amber Gate?", ["Glass Orchard", "Night Ferry", "Paper Moons"]),
    ("Which persons directed no films?", ["Boris Lund", "Chen Wei", "Dara Okoye", "Zoë Aydin"]),
    ("Which films have a score over 7?", ["Glass Orchard", "Harbour Lights", "The Long Thaw"]),
    ("Which films with genre thriller were directed by Finn O'Hara?", ["Glass Orchard", "Night Ferry"]),
    ("Which persons acted in films directed by Ada Quill?", ["Boris Lund", "Chen Wei"]),
    ("Which person acted in the most films?", ["Boris Lund"]),
    ("Which persons are contracted to Amber Gate?", ["Dara Okoye", "Zoë Aydin"]),
    ("How many films did Ada Quill direct?", 3),
    ("What is the score of Glass Orchard?", 7.9),
    ("Did Ada Quill direct Paper Moons?", True),
]


@pytest.mark.parametrize(("question", "expected"), ANSWERS, ids=[one for one, _ in ANSWERS])
def test_questions_are_answered_from_the_graph_as_it_is(
    films: Path, server: Server, question: str, expected: Any
) -> None:
    before = server.state()
    done = whence("ask", question, "--json", store=f"attached:{films.name}", cwd=films.parent)
    assert done.code == 0, done.err
    document = json.loads(done.out)
    answer = document["answer"]
    assert document["outcome"] == "answered"
    if isinstance(expected, list):
        assert [entity["name"] for entity in answer["entities"]] == expected
    else:
        assert answer["value"] in (expected, str(expected))
    places = [one["locator"] for item in document["evidence"] for one in item["sources"] if one["locator"]]
    assert all(element(server, place) for place in places)
    drawn = server.run(document["explanation"]["cypher"]) if places else []
    relations = [one for one in document["explanation"]["relationships"] if one["type"] in ("DIRECTED", "ACTED_IN")]
    assert len([row for row in drawn if row["r"]]) >= len(relations)
    assert server.state() == before


def element(server: Server, place: str) -> bool:
    """Whether the place of a fact is there."""
    kind, _, rest = place.partition(" ")
    key = rest.partition("#")[0]
    pattern = "(x)" if kind == "node" else "()-[x]->()"
    return bool(server.run(f"MATCH {pattern} WHERE elementId(x) = $in.key RETURN 1 AS one", key=key))


def test_a_day_of_the_past_is_asked_about(films: Path) -> None:
    asked = "Which persons are contracted to Northlight Pictures?"
    for day, expected in (("1980-06-01", ["Boris Lund"]), ("2020-06-01", [])):
        done = whence("ask", asked, "--as-of", day, "--json", store=f"attached:{films.name}", cwd=films.parent)
        assert [one["name"] for one in json.loads(done.out)["answer"]["entities"]] == expected


def test_decisions_are_recorded_beside_the_attachment(films: Path) -> None:
    store = f"attached:{films.name}"
    asked = whence("ask", "Who directed Night Ferry?", "--json", store=store, cwd=films.parent)
    explained = whence("explain", json.loads(asked.out)["decision_id"], store=store, cwd=films.parent)
    assert "Finn O'Hara" in explained.out
    assert films.with_suffix(".decisions.db").is_file()


def test_prompts_are_kept_beside_the_attachment(films: Path, server: Server, tmp_path: Path) -> None:
    store, before = f"attached:{films.name}", server.state()
    for command in (
        ("export", "answer", "--out", str(tmp_path)),
        ("save", str(tmp_path / "answer.yml")),
        ("label", "answer", "production", "1", "--reason", "as released"),
    ):
        done = whence("prompts", *command, store=store, cwd=films.parent)
        assert done.code == 0, done.err
    listed = whence("prompts", "list", "answer", "--json", store=store, cwd=films.parent)
    assert json.loads(listed.out)["used"] == "answer@1"
    assert server.state() == before
    assert server.run("MATCH (n:Prompt|PromptVersion|PromptLabel) RETURN n") == []


TABLE = """
table: rerun
of: Film
nouns: [rerun table]
inputs:
  score: {predicate: score}
  acted: {plan: {op: follow, source: {op: each}, predicate: acted_in, direction: in}}
outcome: {name: when it is shown again}
rows:
  - {row: good, when: {score: ">= 7", acted: yes}, then: on Sunday}
  - {row: rest, when: {score: ">= 7", acted: no}, then: at night}
  - {row: weak, when: {score: "< 7"}, then: never}
"""


def test_decision_tables_are_kept_beside_the_attachment_and_read_from_its_graph(
    films: Path, server: Server, tmp_path: Path
) -> None:
    store, before = f"attached:{films.name}", server.state()
    file = tmp_path / "rerun.yml"
    file.write_text(TABLE)

    def said(*words: str) -> str:
        done = whence(*words, store=store, cwd=films.parent)
        assert done.code == 0, done.err
        return done.out

    asked = ("ask", "What does the rerun table say for Glass Orchard?", "--json")
    said("tables", "save", str(file), "--message", "as agreed")
    tried = json.loads(said(*asked, "--table", "rerun@1"))
    said("tables", "label", "rerun", "production", "1", "--reason", "agreed")
    found = json.loads(said(*asked))
    assert [one["answer"]["value"] for one in (tried, found)] == ["on Sunday", "on Sunday"]
    assert [one["ref"] for one in found["versions"]["policy"]] == ["rerun@1"]
    [policy] = [item for item in found["evidence"] if item["kind"] == "policy"]
    assert policy["sources"][0]["locator"] == "row good"
    places = [one["locator"] for item in found["evidence"] for one in item["sources"] if item["kind"] == "fact"]
    assert places
    assert all(element(server, place) for place in places)
    weak = json.loads(said("ask", "What does the rerun table say for Paper Moons?", "--json"))
    assert weak["answer"]["value"] == "never"
    assert server.state() == before


def test_loading_into_it_is_refused(films: Path) -> None:
    example = str(ROOT / "examples" / "supply" / "certification-schemes.yml")
    done = whence("load", example, store=f"attached:{films.name}", cwd=films.parent)
    assert (done.code, "attached and only read" in done.err) == (1, True)


def test_a_graph_is_exported(films: Path, tmp_path: Path) -> None:
    done = whence(
        "export",
        "--format",
        "turtle",
        "--out",
        str(tmp_path / "g.ttl"),
        store=f"attached:{films.name}",
        cwd=films.parent,
    )
    assert done.code == 0, done.err
    assert "predicate:directed <urn:whence:entity:film:" in (tmp_path / "g.ttl").read_text("utf-8")


def test_the_http_api_answers_from_it(films: Path) -> None:
    services = open_services(replace(settings(), store=f"attached:{films}"))
    try:
        with TestClient(create_app(services), base_url=BASE) as client:
            assert client.get("/readyz").status_code == 200
            asked = client.post("/v1/decisions", json={"question": "Who directed Night Ferry?"})
            assert (asked.status_code, asked.json()["answer"]["entities"][0]["name"]) == (201, "Finn O'Hara")
            [fact] = asked.json()["evidence"][0]["facts"]
            said = client.get(f"/v1/facts/{fact}")
            assert said.status_code == 200
            assert "relationship " in said.text
            assert client.get("/v1/entities", params={"q": "Amber"}).status_code == 200
            assert client.get("/v1/sources").status_code == 200
    finally:
        services.store.close()


# --- the rules of the port ---


def test_reads_are_those_of_the_embedded_store_with_the_same_facts(store: AttachedStore, core: Ontology) -> None:
    here = store.view(Scope())
    facts = [one for page in pages(store.view(Scope(any_day=True)), 4) for one in page.facts]
    name = here.datasets()[0].ontology
    embedded = SqliteStore(":memory:", core, TickingClock())
    into = target(ontology=store.ontology_document(name))
    load(embedded, replace(into, version=replace(into.version, ontology=name)), facts)
    there = embedded.view(Scope())
    ids = there.walk("", 100).ids
    assert len(ids) == 13
    texts = ["ada", "ada quill", "zoe aydin", "finn o hara", "amber", "night f", "o"]
    for read in (
        lambda view: view.entities([*ids, "film:none", "person:1", "studio:1"]),
        lambda view: [view.walk(after, limit) for after in ("", ids[3], ids[-1]) for limit in (1, 4, 50)],
        lambda view: [view.scan(types, 3) for types in (["Person"], ["Director"], ["Film", "Studio"], ["None"], [])],
        lambda view: view.named([*texts, "person:1"], 5),
        lambda view: view.values(["drama", "thriller", "classic", "ada quill"]),
        lambda view: [
            view.search(texts, types, 3, edits=edits) for types in ([], ["Film"], ["Person"]) for edits in (0, 1, 2)
        ],
        lambda view: [
            view.follow(ids, predicates, way, limit)
            for predicates in ([], ["acted_in"], ["genre", "directed"], ["type", "name"], ["contracted_to"], ["no"])
            for way in ("out", "in")
            for limit in (1, 2, 50)
        ],
        lambda view: view.facts([one.id for one in facts]),
        lambda view: (view.profile().entities, view.profile().facts["acted_in"], view.profile().facts["score"]),
    ):
        assert read(here) == read(there)


def test_facts_name_their_element_and_what_stands_beside_them(store: AttachedStore, server: Server) -> None:
    view = store.view(Scope())
    [score] = view.follow(["film:Night Ferry"], ["score"], "out", 5).facts
    [said] = view.assertions([score.id])[score.id]
    assert said.locator.startswith("node ")
    assert said.locator.endswith("#score")
    assert element(server, said.locator)
    assert view.sources()[said.source].name == server.url
    beside = {(one.predicate, one.object.value) for one in view.recorded_with([score.id])[score.id]
        if isinstance(one.object, Literal)}  # fmt: skip
    assert {("genre", "thriller"), ("released", "2012"), ("premiere", "2012-02-17"), ("tags", "classic")} <= beside


def test_a_relationship_that_is_there_twice_is_one_fact_with_two_places(store: AttachedStore, server: Server) -> None:
    pair = "MATCH (p:Person {name: 'Chen Wei'}), (s:Studio {studioId: 1}) "
    server.run(pair + "UNWIND [1, 2] AS n CREATE (p)-[:CONTRACTED_TO {since: date('2024-01-01')}]->(s)")
    try:
        view = store.view(Scope())
        found = view.follow(["person:Chen Wei"], ["contracted_to"], "out", 1)
        assert [one.valid for one in found.facts] == [Interval("2024-01-01")]
        assert found.cut == ()
        assert len(view.assertions([found.facts[0].id])[found.facts[0].id]) == 2
    finally:
        server.run(pair + "MATCH (p)-[r:CONTRACTED_TO]->(s) DELETE r")
    assert store.view(Scope()).facts([found.facts[0].id]) == {}


def test_a_hub_is_cut_and_says_so(store: AttachedStore, server: Server) -> None:
    server.run(
        "MATCH (s:Studio {studioId: 2}) UNWIND range(1, 10_005) AS n "
        "CREATE (:Film {title: 'Reel ' + n})-[:PRODUCED_BY]->(s)"
    )
    try:
        view = store.view(Scope())
        few = view.follow(["studio:2", "studio:1"], ["produced_by"], "in", 5)
        assert [one.target for one in few.facts] == ["studio:1"] * 2 + ["studio:2"] * 5
        assert few.cut == ("studio:2",)
        every = view.follow(["studio:2"], ["produced_by"], "in", 20_000)
        assert (len(every.facts), every.cut) == (10_008, ())
        # Read in the order of elements up to the limit, so that a hub costs no more than that.
        assert len(view.follow(["studio:2"], ["produced_by"], "in", 10_006).facts) == 10_006
    finally:
        server.run("MATCH (f:Film) WHERE f.title STARTS WITH 'Reel ' DETACH DELETE f")


def test_what_a_scope_does_not_reach_is_not_there(store: AttachedStore) -> None:
    view = store.view(Scope(ceiling=Classification.PUBLIC))
    assert view.datasets() == ()
    assert [view.sources(), view.entities(["person:Ada Quill"]), view.named(["ada quill"], 5)] == [{}] * 3
    assert [view.walk("", 5), view.scan(["Film"], 5)] == [Listing(())] * 2
    assert view.follow(["film:Night Ferry"], [], "out", 5).facts == ()
    with pytest.raises(DatasetNotFound):
        store.view(Scope(datasets=("other",)))
    with pytest.raises(ScopeInvalid, match="no past"):
        store.view(Scope(known_as_of="2020-01-01T00:00:00.000000Z"))


def test_writing_is_refused(store: AttachedStore) -> None:
    with pytest.raises(StoreReadOnly):
        store.writer(target(), "run-a")
    with pytest.raises(StoreReadOnly):
        store.put_ontology("films", "{}")
    for erase in (store.retire, store.purge):
        with pytest.raises(StoreReadOnly):
            erase(ref_of("films"), run(target()))


def test_the_server_itself_refuses_to_write_in_these_reads(store: AttachedStore, server: Server) -> None:
    before = server.state()
    with pytest.raises(StoreError, match=r"[Ww]rit"):
        store._database.read("CREATE (:Film {title: 'Forged'})")
    assert server.state() == before


# --- names of large labels ---


def test_names_beyond_the_limit_are_found_by_a_full_text_index_or_said_to_be_cut(films: Path, server: Server) -> None:
    for store in opened(films):
        store.most_names = 3
        assert store.view(Scope()).search(["zz"], [], 5)["zz"].cut
        try:
            server.run("CREATE FULLTEXT INDEX films_names IF NOT EXISTS FOR (n:Film) ON EACH [n.title]")
            server.run("CALL db.awaitIndexes(60)")
            assert store.view(Scope()).search(["zz"], [], 5)["zz"].cut
            server.run("CREATE FULLTEXT INDEX people_names IF NOT EXISTS FOR (n:Person) ON EACH [n.name]")
            server.run("CALL db.awaitIndexes(60)")
            view = store.view(Scope())
            assert isinstance(view, AttachedView)
            assert not view.search(["zz"], [], 5)["zz"].cut
            names = ["night ferry", "zoe aydin", "finn o hara", "harbour lights", "ada quill", "glass orchard"]
            assert sorted(view.named(names, 5)) == sorted(names)
            for text, edits in (("night fe", 0), ("hara", 0), ("nihgt ferry", 2), ("zoe", 0)):
                [found] = view.search([text], [], 5, edits=edits)[text].ids
                assert found in ("film:Night Ferry", "person:Finn O'Hara", "person:Zoë Aydin")
            for hostile in ("*:*", "name:/.*a/", "a~2 OR (", " ".join(["x"] * 3_000), '"', "\\"):
                assert view.search([hostile], [], 5)[hostile].ids == ()
        finally:
            server.run("DROP INDEX films_names IF EXISTS")
            server.run("DROP INDEX people_names IF EXISTS")


# --- dirty names ---


@pytest.fixture
def dirty(server: Server, films: Path, tmp_path: Path) -> Iterator[Path]:
    server.run(DIRTY, label=BAD_LABEL, type=BAD_TYPE, property=BAD_PROPERTY, spaced=SPACED)
    yield drafted(server, tmp_path)
    for label in (BAD_LABEL, SPACED, "日本"):
        server.run(f"MATCH (n:{quoted(label)}) DETACH DELETE n")


def test_cypher_in_labels_types_and_properties_does_nothing(dirty: Path, server: Server) -> None:
    before = server.state()
    for store in opened(dirty):
        view = store.view(Scope())
        held = view.walk("", 100).ids
        names = {one.name for one in view.entities(held).values()}
        assert {"first thing", "second thing", "東京"} <= names
        first = next(one.id for one in view.entities(held).values() if one.name == "first thing")
        said = view.follow([first], [], "out", 10)
        assert {one.object.value for one in said.facts if isinstance(one.object, Literal)} == {"odd value"}
        assert len([one for one in said.facts if one.target]) == 1
        assert view.profile().entities
        assert view.values(["odd value"])
        assert len(view.search(["second"], [], 5)["second"].ids) == 1
    assert server.state() == before


def test_keys_that_no_node_can_have_are_left_out(store: AttachedStore) -> None:
    for key in ("film:", "film:x' OR 1=1 //", "person:9999999999999999999999", "studio:1.0", "none:1", "film"):
        assert store.view(Scope()).entities([key]) == {}


# --- how the texts are run ---


def test_keys_with_an_index_are_sought_and_elements_are_found_by_their_ids(store: AttachedStore) -> None:
    database, texts = store._database, store._texts
    film = next(number for number, one in enumerate(store._attachment.types) if one.name == "Film")
    planned: dict[str, tuple[str, dict[str, Any]]] = {
        "located": (texts.located((film,)), {"keys": [["a"]]}),
        "follow": (texts.follow((0, 1), "out"), {"nodes": ["4:a:1"], "limit": 5}),
    }
    for name, (text, values) in planned.items():
        steps = [step for step in operators(database.plan(text, values)) if "Scan" in step]
        assert steps == [], name


def operators(plan: dict[str, Any]) -> Iterator[str]:
    yield str(plan["operatorType"])
    for child in plan.get("children", ()):
        yield from operators(child)


# --- attachment files ---


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"types": {}}, "none is there"),
        ({"types": {"Ship": {"label": "Ship"}}}, "no type of this name"),
        ({"types": {"Film": {"label": ""}}}, "expected text"),
        ({"types": {"Film": {"label": "Film", "colour": "red"}}}, "unknown field 'colour'"),
        ({"predicates": {"sails": {"relationship": "SAILS"}}}, "no recorded predicate"),
        ({"predicates": {"directed": {"property": "x"}}}, "give its relationship"),
        ({"classification": "purple"}, "classification"),
        ({"ontology": "none.yml"}, "cannot read"),
        ({"surprise": 1}, "unknown field 'surprise'"),
    ],
)
def test_a_wrong_attachment_is_refused_with_its_place(
    films: Path, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    import yaml

    (tmp_path / f"{films.stem}-ontology.yml").write_bytes((films.parent / f"{films.stem}-ontology.yml").read_bytes())
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(yaml.safe_dump(yaml.safe_load(films.read_text("utf-8")) | change), encoding="utf-8")
    with pytest.raises(AttachmentInvalid, match=message):
        open_services(replace(settings(), store=f"attached:{wrong}"))


def test_a_server_that_is_not_there_is_said_at_once(films: Path, tmp_path: Path) -> None:
    text = films.read_text("utf-8")
    (tmp_path / f"{films.stem}-ontology.yml").write_bytes((films.parent / f"{films.stem}-ontology.yml").read_bytes())
    (tmp_path / "gone.yml").write_text(
        "\n".join(
            "database: bolt://127.0.0.1:1/x" if line.startswith("database:") else line for line in text.split("\n")
        ),
        encoding="utf-8",
    )
    with pytest.raises(StoreUnavailable):
        open_services(replace(settings(), store=f"attached:{tmp_path / 'gone.yml'}"))


def test_the_id_of_a_fact_is_that_of_what_it_says(store: AttachedStore) -> None:
    [fact] = store.view(Scope()).follow(["person:Ada Quill"], ["born"], "out", 5).facts
    assert fact == Fact.of("person:Ada Quill", "born", Literal("1951", "number"))
