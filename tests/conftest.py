"""What the tests share.

* ``make_store`` opens one kind of store, empty, with a ticking clock; ``store`` is one of each kind in turn, so
  that a test of the contract is written once. Stores are closed when the test ends.
* Neo4j: ``WHENCE_TEST_NEO4J`` names a server to use (``neo4j://host:7687/database``, user and password as for the
  product). Without it one server is started for the session in a temporary home, where Java and Maven are there.
  Its tests carry the mark ``neo4j``; without a server they are skipped, and say so. Each gets an emptied database:
  only nodes with labels of ours are deleted.
* ``postgres_url`` is a database of a PostgreSQL started for the session; its tests carry the mark ``postgres``.
* ``data`` is the folder of the public data sets (``WHENCE_TEST_DATA``); tests that need it carry the mark ``data``.
* Tests of the page carry the mark ``browser``: they need Chromium and the built page (``tests/browser/conftest.py``).
* ``WHENCE_REQUIRE=neo4j,data,postgres,browser`` fails what would be skipped of these marks.
* No test reaches another machine: connections leave for this one, or the named Neo4j server, only.
* Doubles are passed in, never patched in. Values come from ``tests/builders.py``.
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import neo4j
import pytest
from hypothesis import settings

from kg.backends.neo4j.store import Neo4jStore
from kg.backends.sqlite.store import SqliteStore
from kg.bootstrap import core_ontology
from kg.domain.ontology import Ontology
from kg.settings import neo4j_address
from tests.builders import Kind, MakeStore, Store, TickingClock
from tests.neo4j_server import LocalServer, NoNeo4j, empty, neo4j_auth
from tests.postgres_server import NoPostgres, postgres_server

ROOT = Path(__file__).parents[1]
NEO4J = os.environ.get("WHENCE_TEST_NEO4J", "")
REQUIRED = {mark for mark in os.environ.get("WHENCE_REQUIRE", "").split(",") if mark}
MARKS = ("neo4j", "data", "postgres", "browser")
"""Of tests that need something that may not be there."""
KINDS = ["sqlite-memory", "sqlite-file", pytest.param("neo4j", marks=pytest.mark.neo4j)]

# WHENCE_PROOFS=1 searches longer; the machine of the tests may be slow, so time says nothing.
settings.register_profile("quick", max_examples=25, deadline=None)
settings.register_profile("proofs", max_examples=300, deadline=None)
settings.load_profile("proofs" if os.environ.get("WHENCE_PROOFS") == "1" else "quick")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Write the marks into the report, where CI reads what ran."""
    for item in items:
        item.user_properties += [("mark", mark) for mark in MARKS if item.get_closest_marker(mark)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail what may not be skipped."""
    report = yield
    expected = hasattr(report, "wasxfail")
    if report.skipped and not expected and any(item.get_closest_marker(mark) for mark in REQUIRED):
        report.outcome = "failed"
        report.longrepr = f"skipped, but WHENCE_REQUIRE names its mark: {report.longrepr}"
    return report


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Refuse to connect to other machines."""
    allowed = {"127.0.0.1", "::1", "localhost", urlsplit(NEO4J).hostname}
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in allowed:
            raise AssertionError(f"a test connects to {address[0]!r}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(scope="session")
def core() -> Ontology:
    return core_ontology()


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


# --- Neo4j ---


@pytest.fixture(scope="session")
def neo4j_url() -> Iterator[str]:
    """A server, ``bolt://host:port/database``; its tests are skipped where there is none."""
    if NEO4J:
        yield NEO4J
        return
    with tempfile.TemporaryDirectory(prefix="whence-neo4j-") as home:
        server = LocalServer(Path(home))
        try:
            server.start()
        except NoNeo4j as exc:
            pytest.skip(f"no Neo4j: {exc}")
        try:
            yield server.url
        finally:
            server.stop()


@pytest.fixture(scope="session")
def neo4j_driver(neo4j_url: str) -> Iterator[neo4j.Driver]:
    """For looking at what the store wrote, past the store."""
    address, _ = neo4j_address(neo4j_url)
    with neo4j.GraphDatabase.driver(address, auth=neo4j_auth(), notifications_min_severity="OFF") as driver:
        yield driver


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL database; its tests are skipped where there is none."""
    try:
        with postgres_server() as url:
            yield url
    except NoPostgres as exc:
        pytest.skip(f"no PostgreSQL: {exc}")


# --- stores ---


@pytest.fixture
def make_store(
    request: pytest.FixtureRequest, core: Ontology, clock: TickingClock, tmp_path: Path
) -> Iterator[MakeStore]:
    opened: list[Store] = []

    def make(kind: Kind) -> Store:
        store: Store
        if kind == "neo4j":
            address, database = neo4j_address(request.getfixturevalue("neo4j_url"))
            empty(request.getfixturevalue("neo4j_driver"), database)
            user, password = neo4j_auth() or ("", "")
            store = Neo4jStore(address, database, user, password, core, clock)
        else:
            path = ":memory:" if kind == "sqlite-memory" else str(tmp_path / "whence.db")
            store = SqliteStore(path, core, clock)
        opened.append(store)
        return store

    yield make
    for store in opened:
        store.close()


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, make_store: MakeStore) -> Store:
    return make_store(request.param)


@pytest.fixture(scope="session")
def data() -> Path:
    """The public data sets; tests that need them are skipped where they are not."""
    folder = Path(os.environ.get("WHENCE_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no data sets: {folder} is not a folder (WHENCE_TEST_DATA)")
    return folder
