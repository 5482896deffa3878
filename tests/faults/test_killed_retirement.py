"""A retirement or a purge that is killed at any moment is whole or not at all to a reader, and the next run goes on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import neo4j
import pytest

from kg.domain.fact import FOREVER, Literal
from kg.domain.lineage import Run
from kg.domain.scope import Scope
from kg.settings import neo4j_address
from tests.builders import TOWN, MakeStore, entity, fact, load, target
from tests.faults.children import ROOT, command, environment, open_store, read_graph, whence, write_dataset

PROOFS = os.environ.get("WHENCE_PROOFS") == "1"
POINTS = 40 if PROOFS else 5
ROWS = 20_000 if PROOFS else 3_000


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a large dataset, and a small one that says some of it too."""
    folder = tmp_path_factory.mktemp("retired")
    database = folder / "whence.db"
    for name, rows in (("register", ROWS), ("staff", 3)):
        path = write_dataset(folder / name, rows, dataset=name)
        assert whence("load", path, "--store", f"sqlite:{database}").code == 0
    return database


@pytest.mark.parametrize("what", [("retire", "register"), ("purge", "register", "--yes")], ids=["retire", "purge"])
def test_killed_on_sqlite(loaded: Path, tmp_path: Path, what: tuple[str, ...]) -> None:
    before = read_graph(loaded)
    undisturbed = tmp_path / "undisturbed.db"
    shutil.copy(loaded, undisturbed)
    began = time.perf_counter()
    assert whence(*what, "--store", f"sqlite:{undisturbed}").code == 0
    seconds = time.perf_counter() - began
    after = read_graph(undisturbed)
    assert len(after.facts) < len(before.facts)
    for point in range(1, POINTS + 1):
        database = tmp_path / f"{point}.db"
        shutil.copy(loaded, database)
        with subprocess.Popen(
            command(*what, "--store", f"sqlite:{database}"), env=environment(), stdout=subprocess.DEVNULL
        ) as child:
            time.sleep(seconds * point / (POINTS + 1))
            child.send_signal(signal.SIGKILL)
        found = read_graph(database)
        assert found == before or found.facts == after.facts
        # Done, or left to be done: both end where the undisturbed one did.
        assert whence(*what, "--store", f"sqlite:{database}").code in ((0,) if found == before else (0, 1))
        assert read_graph(database).facts == after.facts
        runs = [run.job for run in runs_of(database)]
        assert " ".join(what[:2]) in runs


def runs_of(database: Path) -> list[Run]:
    store = open_store(database)
    try:
        return list(store.runs(10))
    finally:
        store.close()


KILLED = textwrap.dedent(
    """
    import os, signal, sys
    from datetime import timedelta
    from kg.backends.neo4j.store import Neo4jStore
    from kg.bootstrap import core_ontology
    from kg.domain.ref import ref_of
    from kg.settings import neo4j_address
    from tests.builders import TickingClock, run, target
    from tests.neo4j_server import neo4j_auth

    address, database = neo4j_address(sys.argv[1])
    clock = TickingClock()
    clock.now += timedelta(days=1)
    store = Neo4jStore(address, database, *(neo4j_auth() or ("", "")), core_ontology(), clock)
    left, write = int(sys.argv[3]), store._database.write

    def until_killed(work):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return write(work)

    store._database.write = until_killed
    getattr(store, sys.argv[2])(ref_of("people"), run(target("people", ""), "run-killed", left_over=()))
    """
)


@pytest.mark.neo4j
@pytest.mark.parametrize("what", ["retire", "purge"])
def test_killed_before_each_write_to_neo4j(
    make_store: MakeStore, neo4j_driver: neo4j.Driver, neo4j_url: str, what: str
) -> None:
    _, database = neo4j_address(neo4j_url)
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    both, staff = ("person:ann", "person:bob"), ("person:ann",)
    seen, point, ended = set(), 0, 1
    while ended != 0:
        point += 1
        store = make_store("neo4j")
        load(store, target(), [*TOWN, fact("ann", "note", Literal("old"))])
        load(store, target("staff"), entity("ann"))
        arguments = [sys.executable, "-c", KILLED, neo4j_url, what, str(point)]
        ended = subprocess.run(arguments, env=variables, check=False).returncode
        assert ended in (0, -signal.SIGKILL)
        ids = store.view(Scope()).scan(["Person"], 9).ids
        seen.add(ids)
        load(store, target("other"), entity("cy"))
        left = "MATCH (a:Assertion {version: 'people@1'}) RETURN DISTINCT a.known_to AS known"
        known = [record["known"] for record in neo4j_driver.execute_query(left, database_=database).records]
        assert (known == [FOREVER]) == (ids == both)
        if what == "purge":
            assert (known == []) == (ids == staff)
        assert ("run-killed" in {run.id for run in store.runs(9)}) == (ids == staff)
    assert seen == {both, staff}
    assert point > 4
