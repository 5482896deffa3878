"""One lineage graph: from a table that others write, through a load, to rows, facts and entities, and back."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kg.answer.lineage import Walk, walk
from kg.answer.pipeline import answer
from kg.bootstrap import Services
from kg.domain.decision import Document
from kg.domain.lineage import Classification
from kg.domain.ontology import Ontology
from kg.domain.openlineage import Toward, received
from kg.domain.plan import Entities, Plan, Where
from kg.domain.question import Question
from kg.domain.ref import ref_of
from kg.domain.scope import Scope
from kg.errors import InvalidInput, KgError, LimitInvalid, LineageNotFound, NameAmbiguous
from loaders.jobs import load_files
from tests.builders import Kind, MakeStore, Store, TickingClock, openlineage, run, target
from tests.unit.loaders.loading import ONTOLOGY, document, quiet, write_yaml

CSV = "id,name,rating\nSUP-1,Kestrel,high\nSUP-2,Ortiga,low\n"
MAP = [
    {"entity": {"type": "Supplier", "key": "id", "name": "name"}, "facts": [{"predicate": "risk", "value": "rating"}]}
]
RUN = "0195d3a0-1111-7111-8111-000000000001"


class World:
    """A store with a file that was loaded, and what others said of the file."""

    def __init__(self, store: Store, core: Ontology, clock: TickingClock, folder: Path) -> None:
        self.services = Services(store, store, store, store, store, store, clock, core)
        self.folder = folder.resolve()
        write_yaml(folder / "ontology.yml", ONTOLOGY)

    def load(self, content: str = CSV, file: str = "data.csv", **changes: Any) -> None:
        (self.folder / file).write_text(content, "utf-8")
        described = document(map=MAP, files=[file], **changes)
        path = write_yaml(self.folder / f"{described['dataset']}-{described['version']}.yml", described)
        list(load_files([path], None, self.services, quiet))

    def told(self, job: str, reads: list[tuple[str, str]], writes: list[tuple[str, str]], space: str = "etl") -> None:
        event = openlineage(RUN, (), (), job={"namespace": space, "name": job})
        event["inputs"] = [{"namespace": space, "name": name} for space, name in reads]
        event["outputs"] = [{"namespace": space, "name": name} for space, name in writes]
        self.services.runs.append_events([received(event)])

    def file(self, name: str = "data.csv") -> tuple[str, str]:
        return ("file", str(self.folder / name))

    def walk(
        self, ref: str, toward: Any = "down", scope: Scope | None = None, depth: int = 10, width: int = 50
    ) -> Walk:
        services = self.services
        return walk(services.store, services.runs, scope or Scope(), ref, toward, depth=depth, width=width)

    def walk_from(self, decision: Document, scope: Scope | None = None) -> Walk:
        ref, services = decision["decision_id"], self.services
        return walk(services.store, services.runs, scope or Scope(), ref, "up", depth=None, width=50, decision=decision)

    def ids(self, *args: Any, **changes: Any) -> list[str]:
        return [node.id for node in self.walk(*args, **changes).nodes]


@pytest.fixture
def world(store: Store, core: Ontology, clock: TickingClock, tmp_path: Path) -> World:
    made = World(store, core, clock, tmp_path)
    made.load()
    made.told("export", [("db", "suppliers")], [made.file()])
    made.told("report", [("whence", "register")], [("bi", "risk board")])
    return made


@pytest.fixture
def small(make_store: MakeStore, core: Ontology, clock: TickingClock, tmp_path: Path) -> World:
    return World(make_store("sqlite-memory"), core, clock, tmp_path)


def fact_of(world: World, text: str) -> str:
    found = world.walk("db/suppliers")
    return next(node.name for node in found.nodes if node.kind == "fact" and text in node.text)


def test_a_warehouse_table_leads_through_a_load_to_rows_facts_and_entities(world: World) -> None:
    found = world.walk("db/suppliers")
    by_kind: dict[str, list[str]] = {}
    for node in found.nodes:
        by_kind.setdefault(node.kind, []).append(node.name)
    assert by_kind["dataset"] == ["suppliers", str(world.folder / "data.csv"), "register@1", "register", "risk board"]
    assert by_kind["job"] == ["export", "load register@1", "report"]
    assert by_kind["source"] == ["register@1/data.csv"]
    assert by_kind["row"] == ["line 2", "line 3"]
    assert len(by_kind["fact"]) == 6
    assert by_kind["entity"] == ["supplier:SUP-1", "supplier:SUP-2"]
    assert found.cut == ()
    assert {node.run for node in found.nodes if node.kind == "row"} == {world.services.runs.runs(1)[0].id}


def test_a_fact_and_an_entity_lead_back_to_the_table(world: World) -> None:
    fact = fact_of(world, "high")
    way = [
        f"fact:{fact}",
        "row:register@1/data.csv#line 2",
        "source:register@1/data.csv",
        f"run:{world.services.runs.runs(1)[0].id}",
        f"dataset:file/{world.folder / 'data.csv'}",
        "job:whence/load register@1",
        "job:etl/export",
        "dataset:db/suppliers",
    ]
    assert world.ids(fact, "up") == way
    assert world.ids("Kestrel", "up")[-7:] == way[1:]
    assert "job:etl/export" in world.ids("register", "up")


@pytest.mark.parametrize(
    ("ref", "root"),
    [
        ("register", "dataset:whence/register"),
        ("whence/register", "dataset:whence/register"),
        ("register@1", "dataset:whence/register@1"),
        ("register@1/data.csv", "source:register@1/data.csv"),
        ("load register@1", "job:whence/load register@1"),
        ("whence/load register@1", "job:whence/load register@1"),
        ("etl/export", "job:etl/export"),
        ("db/suppliers", "dataset:db/suppliers"),
        (RUN, f"run:{RUN}"),
        (RUN.upper(), f"run:{RUN}"),
        ("SUP-1", "entity:supplier:SUP-1"),
        ("supplier:SUP-1", "entity:supplier:SUP-1"),
        ("Kestrel", "entity:supplier:SUP-1"),
    ],
)
def test_what_a_ref_may_name(world: World, ref: str, root: str) -> None:
    assert world.walk(ref, depth=1).root == root
    assert world.walk(root, depth=1).root == root


RISKY = Where(Entities(type="Supplier"), "risk", "=", "high")


def decided(world: World, plan: Plan) -> Document:
    services = world.services
    return answer(Question("Who?"), services.store, services.decisions, services.clock, plan)


def test_a_decision_leads_to_the_jobs_and_tables_its_sources_come_from(world: World) -> None:
    world.told("ingest", [("lake", "raw")], [("db", "suppliers")])
    found = world.walk_from(decided(world, RISKY))
    kinds = [node.kind for node in found.nodes]
    assert kinds[0] == "decision"
    assert {"fact", "row", "source", "run"} <= set(kinds)
    assert "job:whence/load register@1" in [node.id for node in found.nodes]
    upstream = ["job:etl/export", "dataset:db/suppliers", "job:etl/ingest", "dataset:lake/raw"]
    assert [node.id for node in found.nodes][-4:] == upstream
    assert found.cut == ()


def test_a_decision_leads_to_the_sources_that_were_searched_in_vain(world: World) -> None:
    none = decided(world, replace(RISKY, value="unheard of"))
    assert [item["kind"] for item in none["evidence"]] == ["absence"]
    ids = [node.id for node in world.walk_from(none).nodes]
    assert ids[1:3] == ["source:register@1/data.csv", f"dataset:file/{world.folder / 'data.csv'}"]
    assert ids[-1] == "dataset:db/suppliers"


def test_a_decision_comes_of_what_was_known_then_also_once_that_is_retired(world: World) -> None:
    decision = decided(world, RISKY)
    before = world.walk_from(decision)
    world.services.store.retire(ref_of("register"), run(target("register"), "run-r", job="retire register"))
    assert world.walk_from(decision).nodes == before.nodes
    assert [node.kind for node in world.walk_from(decision, Scope(granted=())).nodes] == ["decision"]


def test_a_run_leads_to_what_it_read_and_wrote(world: World) -> None:
    run = world.services.runs.runs(1)[0].id
    assert world.ids(run, "up", depth=2) == [f"run:{run}", "job:whence/load register@1", "source:register@1/data.csv"]
    assert world.ids(run, "down", depth=2)[-1] == "dataset:whence/register@1"
    assert set(world.ids(RUN, "up", depth=1)[1:]) == {"dataset:db/suppliers", "dataset:whence/register"}


def test_an_event_is_seen_at_once(world: World) -> None:
    with pytest.raises(LineageNotFound):
        world.walk("lake/raw")
    world.told("ingest", [("lake", "raw")], [("db", "suppliers")])
    assert world.ids("lake/raw")[:3] == ["dataset:lake/raw", "job:etl/ingest", "dataset:db/suppliers"]
    assert world.ids("SUP-2", "up")[-1] == "dataset:lake/raw"


def test_nobody_else_can_say_what_our_loads_read(world: World) -> None:
    before = world.ids("register", "up")
    world.told("load register@1", [("db", "forged")], [("whence", "register")], space="whence")
    assert world.ids("register", "up") == before
    with pytest.raises(LineageNotFound):
        world.walk("db/forged")


def test_a_file_with_an_odd_name_is_walked_to(small: World) -> None:
    small.load(file="a\x1fb#c.csv")
    up = small.ids("SUP-1", "up")
    assert f"dataset:file/{small.folder}/a\x1fb#c.csv" in up
    assert "source:register@1/a\x1fb#c.csv" in up


def test_columns_lead_to_columns_and_to_their_table(world: World) -> None:
    column = {"inputFields": [{"namespace": "db", "name": "raw", "field": "mail"}]}
    facet = {"_producer": "urn:x", "_schemaURL": "urn:x", "fields": {"email": column}}
    event = openlineage(RUN, (), ()) | {
        "outputs": [{"namespace": "db", "name": "people", "facets": {"columnLineage": facet}}]
    }
    world.services.runs.append_events([received(event)])
    assert world.ids("db/raw#mail") == ["column:db/raw#mail", "column:db/people#email"]
    assert world.ids("db/raw") == ["dataset:db/raw", "job:etl/nightly", "dataset:db/people"]


def test_a_circle_ends(world: World) -> None:
    world.told("back", [("bi", "risk board")], [("db", "suppliers")])
    found = world.walk("db/suppliers", depth=20)
    assert len(found.nodes) == len({node.id for node in found.nodes})
    assert ("job:etl/back", "dataset:db/suppliers") in found.links
    assert found.cut == ()


def test_what_limits_cut_is_said(world: World) -> None:
    for number in range(5):
        world.told(f"copy {number}", [("db", "suppliers")], [("db", f"copy {number}")])
    found = world.walk("db/suppliers", depth=1, width=3)
    assert [node.id for node in found.nodes][1:] == ["job:etl/copy 0", "job:etl/copy 1", "job:etl/copy 2"]
    assert {(one.node, one.by) for one in found.cut} == {
        ("dataset:db/suppliers", "width"),
        *((f"job:etl/copy {number}", "depth") for number in range(3)),
    }
    rows = world.walk("register@1/data.csv", depth=1, width=1)
    assert [node.id for node in rows.nodes][1:] == [
        "job:whence/load register@1",
        "row:register@1/data.csv#line 2",
    ]
    assert ("source:register@1/data.csv", "width") in {(one.node, one.by) for one in rows.cut}


def test_what_is_retired_is_no_longer_walked_to(world: World) -> None:
    world.load("id,name,rating\nSUP-2,Ortiga,low\n")
    ids = world.ids("db/suppliers")
    assert "entity:supplier:SUP-1" not in ids
    assert "row:register@1/data.csv#line 2" in ids


def test_a_version_that_is_not_current_is_walked_by_its_name(world: World) -> None:
    world.load("id,name,rating\nSUP-3,Vale,low\n", "new.csv", version="2")
    assert "source:register@1/data.csv" not in world.ids("register", "up")
    assert "source:register@2/new.csv" in world.ids("register", "up")
    assert "source:register@1/data.csv" in world.ids("register@1", "up")
    assert "entity:supplier:SUP-1" in world.ids("register@1/data.csv")


def test_a_hidden_dataset_is_not_hinted_at(world: World) -> None:
    before = json.dumps(dataclasses.asdict(world.walk("db/suppliers", width=1)))
    world.load(dataset="secret", version="1", file="secret.csv", classification="restricted")
    world.load(dataset="other", version="1", file="data.csv", classification="restricted")
    world.told("leak", [("whence", "secret")], [("bi", "board")])
    assert json.dumps(dataclasses.asdict(world.walk("db/suppliers", width=1))) == before
    run = world.services.runs.runs(1)[0].id
    hidden = ["secret", "secret@1", "secret@1/secret.csv", "load secret@1", run, f"file/{world.folder / 'secret.csv'}"]
    for ref in hidden:
        with pytest.raises(LineageNotFound):
            world.walk(ref, "up")
        assert world.walk(ref, "up", Scope(ceiling=Classification.RESTRICTED)).nodes
    assert world.ids("bi/board", "up") == ["dataset:bi/board", "job:etl/leak"]
    assert "source:other@1/data.csv" in world.ids("db/suppliers", scope=Scope(ceiling=Classification.RESTRICTED))


def test_a_scope_of_one_dataset_shows_no_other(world: World) -> None:
    world.load(dataset="other", version="1", file="data.csv")
    ids = world.ids("db/suppliers", scope=Scope(datasets=("other",)))
    assert "source:other@1/data.csv" in ids
    assert not [one for one in ids if "register" in one]


@pytest.mark.parametrize(
    ("ref", "error"),
    [("", InvalidInput), (" ", InvalidInput), ("a\x1fb", InvalidInput), ("x" * 5_000, InvalidInput)]
    + [
        (ref, LineageNotFound)
        for ref in ("nothing", "no/thing", "run-0", "f-0", "/", "a/", "job:", "register@9", "é" * 300)
    ],
)
def test_a_ref_that_names_nothing_is_refused(world: World, ref: str, error: type[KgError]) -> None:
    with pytest.raises(error):
        world.walk(ref)


def test_a_ref_of_a_job_and_a_dataset_asks_which(world: World) -> None:
    world.told("orders", [("etl", "orders")], [])
    with pytest.raises(NameAmbiguous) as told:
        world.walk("etl/orders")
    assert [one["id"] for one in told.value.choices] == ["dataset:etl/orders", "job:etl/orders"]
    assert world.walk("job:etl/orders").root == "job:etl/orders"


@pytest.mark.parametrize(("depth", "width"), [(0, 5), (21, 5), (5, 0), (5, 201)])
def test_limits_out_of_range_are_refused(small: World, depth: int, width: int) -> None:
    small.load()
    with pytest.raises(LimitInvalid):
        small.walk("register", depth=depth, width=width)


def test_a_walk_that_is_too_large_says_where_it_stopped(small: World) -> None:
    for number in range(60):
        small.told(f"job {number}", [("db", "raw")], [("db", f"t {number} {one}") for one in range(60)])
    found = small.walk("db/raw", width=60)
    assert len(found.nodes) == 2_000
    assert {one.by for one in found.cut} == {"size"}


@pytest.mark.neo4j
def test_both_stores_walk_alike(make_store: MakeStore, core: Ontology, tmp_path: Path) -> None:
    told = []
    kinds: tuple[Kind, ...] = ("sqlite-memory", "neo4j")
    for kind in kinds:
        world = World(make_store(kind), core, TickingClock(), tmp_path)
        world.load()
        world.told("export", [("db", "suppliers")], [world.file()])
        world.told("report", [("whence", "register")], [("bi", "risk board")])
        walks: list[tuple[str, Toward, int]] = [
            ("db/suppliers", "down", 10),
            ("SUP-1", "up", 10),
            ("register", "up", 3),
            ("db/suppliers", "down", 1),
        ]
        told.append([world.walk(ref, toward, width=width) for ref, toward, width in walks])
    assert told[0] == told[1]
