"""`whence export --format neo4j-admin`, Neo4j's own import, and a server on the result: Whence finds the same graph."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import neo4j
import pytest
import rfc8785

from kg.answer.pipeline import answer
from kg.backends.neo4j.store import Neo4jStore
from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import Services, import_files
from kg.domain.decision import comparable
from kg.domain.lineage import Classification, Run
from kg.domain.ontology import Ontology
from kg.domain.question import Question
from kg.domain.scope import Scope
from kg.export.run import Target, all_versions, export
from kg.settings import neo4j_address
from loaders.jobs import load_files
from tests.builders import TOWN, TickingClock, load, target
from tests.conftest import ROOT
from tests.e2e.domains import domain
from tests.unit.export.test_export import contents, filled, write

pytestmark = pytest.mark.neo4j
ALL = Scope(ceiling=Classification.RESTRICTED, any_day=True)
SCRIPT = [sys.executable, str(ROOT / "scripts" / "neo4j-local")]


@dataclass(frozen=True)
class Both:
    """The embedded store that was exported, and the server on what was imported."""

    here: Services
    there: Services
    driver: neo4j.Driver
    exported: list[dict[str, bytes]]
    """What each exports again, before a test changes it."""
    runs: list[list[Run]]


def local(*arguments: str, home: str, cwd: Path | None = None) -> str:
    action, *rest = arguments
    command = [*SCRIPT, action, "--home", home, *rest]
    done = subprocess.run(command, capture_output=True, check=False, text=True, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def both(core: Ontology, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    if shutil.which("java") is None or shutil.which("mvn") is None:
        pytest.skip("no Neo4j: no Java and Maven")
    folder = tmp_path_factory.mktemp("import") / "files"
    embedded = SqliteStore(":memory:", core, TickingClock())
    here = Services(embedded, embedded, embedded, embedded, embedded, embedded, TickingClock(), core)
    later = TickingClock()
    later.now += timedelta(days=1)
    supply = domain("supply", None, folder)
    assert list(load_files(supply.files, None, here, lambda *_: None))
    filled(embedded)
    view = embedded.view(all_versions(embedded, ALL))
    export(view, embedded, Target("neo4j-admin", folder, import_files(here, view)), lambda *_: None)
    with tempfile.TemporaryDirectory(prefix="whence-import-") as home:
        local("admin", "--", "database", "import", "full", "@arguments.txt", "neo4j", home=home, cwd=folder)
        ports = ["--bolt-port", "0", "--http-port", "0", "--no-auth", "--json"]
        try:
            address, database = neo4j_address(json.loads(local("start", *ports, home=home))["bolt_url"])
            server = Neo4jStore(address, database, "", "", core, later)
            there = Services(server, server, server, server, server, server, later, core)
            with neo4j.GraphDatabase.driver(address, notifications_min_severity="OFF") as driver:
                exported = []
                for one, name in ((here, "here"), (there, "there")):
                    write(one.store, "csv", folder.parent / name, all_versions(one.store, ALL))
                    exported.append(contents(folder.parent / name))
                runs = [one.runs.runs(100) for one in (here, there)]
                yield Both(here, there, driver, exported, runs)
            server.close()
        finally:
            local("stop", home=home)


def test_every_fact_and_place_is_there(both: Both) -> None:
    assert both.exported[0] == both.exported[1]
    assert len(both.exported[0]["facts.csv"]) > 200_000


def test_questions_are_answered_with_the_same_bytes(both: Both) -> None:
    questions = domain("supply", None, Path()).questions
    assert len(questions) > 20
    for gold in questions:
        here, there = (
            rfc8785.dumps(comparable(answer(Question(gold["question"]), one.store, one.decisions, one.clock)))
            for one in (both.here, both.there)
        )
        assert here == there, gold["id"]


def test_the_graph_is_drawn_as_a_load_draws_it(both: Both) -> None:
    found = both.driver.execute_query(
        "MATCH (f:Firm {id: 'firm:acme'})<-[r:OWNS]-(p:Person {key: 'ann'}) "
        "RETURN labels(f), f.name, f.size, r.versions, p.alias"
    ).records[0]
    labels, name, size, versions, aliases = found.values()
    assert sorted(labels) == ["Entity", "Firm", "Party"]
    assert (name, size, versions, sorted(aliases)) == ("Acme", ["-12.5"], ["open@1"], ["ann;x", "Änn, A."])


def test_all_indexes_are_made_when_it_is_first_opened(both: Both, neo4j_driver: neo4j.Driver) -> None:
    names = [
        {row["name"] for row in driver.execute_query("SHOW INDEXES YIELD name WHERE name STARTS WITH 'whence'").records}
        for driver in (both.driver, neo4j_driver)
    ]
    assert {"whence_entity_id", "whence_names", "whence_fact_supplies", "whence_assertion_place"} <= names[0]
    assert {name for name in names[1] if not name.startswith("whence_fact_")} <= names[0]


def test_the_runs_are_known_so_that_the_same_files_change_nothing(both: Both) -> None:
    assert both.runs[0] == both.runs[1]
    supply = domain("supply", None, Path())
    again = [
        [(run.dataset, run.state, run.changes) for run in load_files(supply.files, None, one, lambda *_: None)]
        for one in (both.here, both.there)
    ]
    assert again[0] == again[1]
    assert "unchanged" in {state for _, state, _ in again[1]}
    assert {(changes.added, changes.retired) for *_, changes in again[1]} == {(0, 0)}


def test_loads_go_on_from_there(both: Both) -> None:
    stores = (both.here.store, both.there.store)
    runs = [load(store, target("town"), TOWN, run_id="run-next") for store in stores]
    assert runs[0].changes == runs[1].changes
    assert runs[0].changes.retired > 0
    views = [store.view(Scope()) for store in stores]
    assert views[0].entities(["person:bob"]) == views[1].entities(["person:bob"])
