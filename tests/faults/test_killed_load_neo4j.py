"""A load into Neo4j whose client or server is killed at any moment is whole or not there, and the next one succeeds.

The server is one of these tests alone. Two states of one dataset version are loaded in turn, so that each load that
is killed had facts to add, to keep and to retire.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import neo4j
import pytest

from kg.backends.neo4j.store import Neo4jStore
from kg.bootstrap import core_ontology
from kg.ports.clock import system_clock
from kg.settings import neo4j_address
from tests.faults.children import Graph, command, environment, moments, read_store, whence, write_dataset
from tests.neo4j_server import LocalServer, NoNeo4j

pytestmark = pytest.mark.neo4j
PROOFS = os.environ.get("WHENCE_PROOFS") == "1"
CLIENTS = moments(20 if PROOFS else 2)
SERVERS = CLIENTS if PROOFS else CLIENTS[:1]
ROWS = 1_000 if PROOFS else 300
STAGED = "MATCH (g:Graph) MATCH (a:Assertion) WHERE a.known_from > g.head RETURN count(a)"
"""How many assertions are there that no view reads."""


@dataclass
class Stage:
    """A server with a first load, two states of its data, and what undisturbed loads make of each."""

    server: LocalServer
    files: tuple[Path, Path]
    contents: tuple[Any, Any]
    seconds: float
    """The time that the longer of two undisturbed loads held the right to load."""

    def read(self) -> Graph:
        with self.store() as store:
            return read_store(store)

    @contextlib.contextmanager
    def store(self) -> Iterator[Neo4jStore]:
        address, database = neo4j_address(self.server.url)
        opened = Neo4jStore(address, database, "", "", core_ontology(), system_clock)
        try:
            yield opened
        finally:
            opened.close()

    def driver(self) -> neo4j.Driver:
        return neo4j.GraphDatabase.driver(self.server.url.rpartition("/")[0], notifications_min_severity="OFF")

    def value(self, text: str) -> Any:
        """One value, read past the store."""
        with self.driver() as driver:
            return driver.execute_query(text).records[0][0]

    @contextlib.contextmanager
    def started(self, which: int) -> Iterator[subprocess.Popen[str]]:
        """A load of one of the states in a process of its own, given once it holds the right to load."""
        loading = "OPTIONAL MATCH (g:Graph) RETURN g.loading"
        with (
            self.driver() as driver,
            subprocess.Popen(
                command("load", self.files[which], "--store", self.server.url), env=environment(),
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            ) as child,
        ):  # fmt: skip
            while child.poll() is None and driver.execute_query(loading).records[0][0] is None:
                time.sleep(0.005)
            yield child

    def next_load_succeeds(self, which: int) -> None:
        """What is there then is what an undisturbed load makes, and nothing is left of the load that was killed."""
        ended = whence("load", self.files[which], "--store", self.server.url)
        assert ended.code == 0, ended
        assert self.read().content == self.contents[which]
        assert self.value("MATCH (g:Graph) RETURN [g.loading, g.staged_run]") == [None, None]
        assert self.value(STAGED) == 0


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("killed")
    server = LocalServer(folder / "neo4j")
    try:
        server.start()
    except NoNeo4j as exc:
        pytest.skip(f"no Neo4j: {exc}")
    files = (write_dataset(folder / "a", ROWS), write_dataset(folder / "b", ROWS, first=ROWS // 2))
    made = Stage(server, files, (None, None), 0)
    try:
        contents, seconds = [], 0.0
        for which in (0, 1, 0):
            with made.started(which) as child:
                began = time.perf_counter()
                assert child.wait() == 0
            seconds = time.perf_counter() - began
            contents.append(made.read().content)
        assert contents[0] == contents[2] != contents[1]
        made.contents, made.seconds = (contents[0], contents[1]), seconds
        yield made
    finally:
        server.stop()


def other_state(stage: Stage, before: Graph) -> int:
    """Which state is to be loaded next: the one that is not there."""
    return 1 - stage.contents.index(before.content)


def left_by(stage: Stage, which: int, before: Graph) -> str:
    """What a killed load left: nothing, rows that nobody sees, or all of it. Fails if it is anything between."""
    found = stage.read()
    if found != before:
        assert found.content == stage.contents[which]
        return "all"
    return "staged" if stage.value(STAGED) else "nothing"


@pytest.mark.parametrize("moment", CLIENTS)
def test_a_killed_client(stage: Stage, moment: float, request: pytest.FixtureRequest) -> None:
    before = stage.read()
    which = other_state(stage, before)
    with stage.started(which) as child:
        time.sleep(stage.seconds * moment)
        child.send_signal(signal.SIGKILL)
    request.node.user_properties.append(("left", left_by(stage, which, before)))
    stage.next_load_succeeds(which)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("moment", SERVERS)
def test_a_killed_server(stage: Stage, moment: float, request: pytest.FixtureRequest) -> None:
    before = stage.read()
    which = other_state(stage, before)
    with stage.started(which) as child:
        time.sleep(stage.seconds * moment)
        stage.server.kill()
        _, said = child.communicate(timeout=120)
    assert child.returncode in (0, 1)
    # The load was through before the server went, or it says in one line that the server is gone.
    assert child.returncode == 0 or (said.startswith("whence: ") and said.count("\n") == 1), said
    stage.server.start()
    request.node.user_properties.append(("left", left_by(stage, which, before)))
    stage.next_load_succeeds(which)


def test_a_client_killed_while_it_writes_leaves_what_nobody_sees(stage: Stage) -> None:
    before = stage.read()
    which = other_state(stage, before)
    with stage.started(which) as child:
        while child.poll() is None and stage.value(STAGED) == 0:
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
    assert (child.returncode, stage.value(STAGED) > 0) == (-signal.SIGKILL, True)
    assert stage.read() == before
    stage.next_load_succeeds(which)
