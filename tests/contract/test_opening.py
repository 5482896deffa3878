"""Opening a store: what is refused, what is not there, and how every error of the driver is told."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import apsw
import neo4j
import neo4j.exceptions
import pytest

from kg.backends.neo4j.errors import store_errors
from kg.backends.neo4j.store import Neo4jStore
from kg.backends.sqlite.store import SqliteStore
from kg.domain.fact import PASSAGE, Literal
from kg.domain.lineage import Changes
from kg.domain.ontology import Ontology
from kg.domain.prompt import Template
from kg.domain.review import Requirement, Stage
from kg.domain.scope import Scope
from kg.domain.touched import EVERY
from kg.errors import KgError, SchemaTooNew, StoreError, StoreRejected, StoreUnavailable
from kg.settings import neo4j_address
from tests.builders import TOWN, MakeStore, Store, TickingClock, fact, lineage_event, load, target
from tests.contract.test_reviews import event, record
from tests.neo4j_server import empty, neo4j_auth


def open_neo4j(address: str, core: Ontology, clock: TickingClock) -> Neo4jStore:
    url, database = neo4j_address(address)
    user, password = neo4j_auth() or ("", "")
    return Neo4jStore(url, database, user, password, core, clock)


def test_a_newer_sqlite_schema_is_refused(
    make_store: MakeStore, core: Ontology, clock: TickingClock, tmp_path: Path
) -> None:
    make_store("sqlite-file").close()
    with apsw.Connection(str(tmp_path / "whence.db")) as connection:
        connection.execute("PRAGMA user_version=99")
    with pytest.raises(SchemaTooNew, match="99"):
        SqliteStore(str(tmp_path / "whence.db"), core, clock)


SAYS = fact("ann", PASSAGE, Literal("Open at all hours"))
ONE = Requirement(required=True, stages=(Stage("reviewer"),))
TEMPLATE = Template("", "{{ question }}", {})
DECISION = {
    "decision_id": "d-1",
    "outcome": "abstained",
    "versions": {"prompt": None, "model": None, "adapter": "a-1"},
}
BUSY = [*TOWN, fact("ann", "note", Literal("Very busy"))]


def test_an_sqlite_database_of_the_first_schema_is_brought_up_to_date(
    make_store: MakeStore, core: Ontology, clock: TickingClock, tmp_path: Path
) -> None:
    store = make_store("sqlite-file")
    load(store, target(), BUSY)
    store.close()
    with apsw.Connection(str(tmp_path / "whence.db")) as connection:
        connection.execute(
            """DROP TABLE said; DROP TABLE lineage_event; DROP TABLE lineage_node; DROP TABLE lineage_link;
            DROP TABLE passage_text; DROP TABLE version; DROP TABLE version_label; DROP TABLE label_move;
            DROP TABLE spending; DROP TABLE audit; DROP TABLE audit_head; DROP TABLE audit_text;
            DROP TABLE review; DROP TABLE review_event; DROP TABLE access_key; DROP TABLE touch;
            DROP TABLE decision; DROP TABLE decision_text; DROP TABLE decision_hold; DROP TABLE idempotency;
            CREATE TABLE decision (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL);
            DROP TABLE change; DROP INDEX assertion_record; ALTER TABLE assertion DROP COLUMN record;
            DROP TABLE name_word; DROP INDEX assertion_version;
            CREATE INDEX assertion_version ON assertion (version, source);
            UPDATE fact SET lookup = NULL WHERE lookup LIKE 'v:%'; PRAGMA user_version=1"""
        )
        connection.execute("INSERT INTO decision VALUES (1, 'd-1', ?)", (json.dumps(DECISION),))
    opened = SqliteStore(str(tmp_path / "whence.db"), core, clock)
    assert opened.append_events([lineage_event()]) == 1
    view = opened.view(Scope())
    assert view.values(["very busy"]) == {"very busy": ("note",)}
    assert view.search(["anm"], [], 5, edits=1)["anm"].ids == ("person:ann",)
    load(opened, target("rules"), [*TOWN, SAYS])
    assert opened.view(Scope()).passages("hours", [], 5).facts == (SAYS,)
    assert load(opened, target(), BUSY[:-1]).changes == Changes(kept=len(BUSY) - 1, retired=1, lost=1)
    assert opened.save_prompt("plan", TEMPLATE, "first", "ann").number == 1
    assert [row.seq for row in opened.audit_rows(0, 9)] == [1, 2, 3, 4]
    assert opened.touching(["adapter:a-1"], 5) == [("d-1", True)]


@pytest.mark.neo4j
def test_a_neo4j_database_of_the_first_schema_is_brought_up_to_date(
    make_store: MakeStore, neo4j_url: str, neo4j_driver: neo4j.Driver, core: Ontology, clock: TickingClock
) -> None:
    load(make_store("neo4j"), target(), BUSY)
    _, database = neo4j_address(neo4j_url)
    for text in (
        "MATCH (l:Literal) WHERE l.lookup STARTS WITH 'v:' REMOVE l.lookup",
        "MATCH (g:Graph {id: 'graph'}) SET g.schema = 1",
        "DROP INDEX whence_assertion_place",
        "DROP INDEX whence_passages",
        "DROP INDEX whence_prompt_content",
        "DROP INDEX whence_audit_seq",
        "DROP INDEX whence_touch_key",
        f"CREATE (:Decision {{id: 'd-1', seq: 1, document: '{json.dumps(DECISION)}'}})",
        "MATCH (g:Graph {id: 'audit'}) DELETE g",
        "MATCH (e:Entity {id: 'person:ann'}) SET e:Prompt",
    ):
        neo4j_driver.execute_query(text, database_=database)
    store = open_neo4j(neo4j_url, core, clock)
    try:
        assert store.view(Scope()).values(["very busy"]) == {"very busy": ("note",)}
        load(store, target("rules"), [*TOWN, SAYS])
        assert store.view(Scope()).passages("hours", [], 5).facts == (SAYS,)
        assert store.prompt_names() == ()
        assert store.save_prompt("plan", TEMPLATE, "first", "ann").number == 1
        assert store.audit_head().seq == 2
        assert store.touching(["adapter:a-1"], 5) == [("d-1", True)]
        found, _, _ = neo4j_driver.execute_query("MATCH (e:Entity:Prompt_) RETURN e.id", database_=database)
        assert [row[0] for row in found] == ["person:ann"]
    finally:
        store.close()


def reviewed(store: Store) -> None:
    """Two decisions with a review, of which the older is approved."""
    record(store, "d-1", "d-2", requirement=ONE)
    store.append_review(event("d-1", 2))


def test_a_review_of_before_is_found_to_be_approved(
    make_store: MakeStore, core: Ontology, clock: TickingClock, tmp_path: Path
) -> None:
    store = make_store("sqlite-file")
    reviewed(store)
    store.close()
    with apsw.Connection(str(tmp_path / "whence.db")) as connection:
        connection.execute("ALTER TABLE review DROP COLUMN approved; PRAGMA user_version=14")
    with contextlib.closing(SqliteStore(str(tmp_path / "whence.db"), core, clock)) as opened:
        assert opened.touching([EVERY], 1) == [("d-1", False)]


@pytest.mark.neo4j
def test_a_review_of_before_is_found_to_be_approved_on_neo4j(
    make_store: MakeStore, neo4j_url: str, neo4j_driver: neo4j.Driver, core: Ontology, clock: TickingClock
) -> None:
    reviewed(make_store("neo4j"))
    _, database = neo4j_address(neo4j_url)
    neo4j_driver.execute_query("MATCH (r:Review) REMOVE r.approved", database_=database)
    neo4j_driver.execute_query("MATCH (g:Graph {id: 'graph'}) SET g.schema = 13", database_=database)
    with contextlib.closing(open_neo4j(neo4j_url, core, clock)) as opened:
        assert opened.touching([EVERY], 1) == [("d-1", False)]


@pytest.mark.neo4j
def test_a_newer_neo4j_schema_is_refused(
    make_store: MakeStore, neo4j_url: str, neo4j_driver: neo4j.Driver, core: Ontology, clock: TickingClock
) -> None:
    make_store("neo4j")
    _, database = neo4j_address(neo4j_url)
    neo4j_driver.execute_query("MATCH (g:Graph {id: 'graph'}) SET g.schema = 99", database_=database)
    with pytest.raises(SchemaTooNew, match="99"):
        open_neo4j(neo4j_url, core, clock)


@pytest.mark.neo4j
def test_a_neo4j_database_with_other_peoples_entities_is_refused(
    neo4j_url: str, neo4j_driver: neo4j.Driver, core: Ontology, clock: TickingClock
) -> None:
    _, database = neo4j_address(neo4j_url)
    empty(neo4j_driver, database)
    neo4j_driver.execute_query("CREATE (:Entity {id: 'theirs'})", database_=database)
    with pytest.raises(StoreRejected, match="did not write"):
        open_neo4j(neo4j_url, core, clock)
    empty(neo4j_driver, database)


@pytest.mark.neo4j
def test_nodes_with_other_labels_may_lie_beside_ours(
    neo4j_url: str, neo4j_driver: neo4j.Driver, core: Ontology, clock: TickingClock
) -> None:
    _, database = neo4j_address(neo4j_url)
    empty(neo4j_driver, database)
    neo4j_driver.execute_query("CREATE (:Customer {id: 'theirs'})", database_=database)
    open_neo4j(neo4j_url, core, clock).close()
    found, _, _ = neo4j_driver.execute_query("MATCH (n:Customer) DETACH DELETE n RETURN 1", database_=database)
    assert len(found) == 1


@pytest.mark.neo4j
def test_a_database_that_does_not_exist_is_unavailable(neo4j_url: str, core: Ontology, clock: TickingClock) -> None:
    address, _ = neo4j_address(neo4j_url)
    with pytest.raises(StoreUnavailable, match="nosuch"):
        open_neo4j(f"{address}/nosuch", core, clock)


@dataclass(frozen=True)
class Refusal:
    """What the opening of a store on a port said, and when."""

    port: int
    error: StoreUnavailable
    seconds: float


@pytest.fixture(scope="module", autouse=True)
def refusals(core: Ontology) -> Iterator[dict[str, Future[Refusal]]]:
    """A port that nobody listens on and one that never says a word, waited for while the other tests run."""

    def refused(port: int) -> Refusal:
        began = time.monotonic()
        with pytest.raises(StoreUnavailable) as told:
            open_neo4j(f"bolt://127.0.0.1:{port}", core, TickingClock())
        return Refusal(port, told.value, time.monotonic() - began)

    with socket.socket() as closed, socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor() as pool:
        closed.bind(("127.0.0.1", 0))
        ports = {"down": closed.getsockname()[1], "silent": silent.getsockname()[1]}
        yield {name: pool.submit(refused, port) for name, port in ports.items()}


def test_a_server_that_is_not_there_is_said_within_seconds(refusals: dict[str, Future[Refusal]]) -> None:
    refusal = refusals["down"].result()
    assert str(refusal.port) in str(refusal.error)
    assert refusal.seconds < 10


def test_a_server_that_accepts_and_says_nothing_is_unavailable_within_seconds(
    refusals: dict[str, Future[Refusal]],
) -> None:
    assert refusals["silent"].result().seconds < 12


class Proxy:
    """Stands before a server and can stop passing on what either side says, as a frozen server does."""

    def __init__(self, to: tuple[str, int]) -> None:
        self._to = to
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.flowing = threading.Event()
        self.flowing.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._to)
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError), source, sink:
            while piece := source.recv(65_536):
                self.flowing.wait()
                sink.sendall(piece)

    def close(self) -> None:
        self._listener.close()
        self.flowing.set()


@pytest.mark.neo4j
def test_a_server_that_freezes_is_unavailable_within_seconds(
    make_store: MakeStore, neo4j_url: str, core: Ontology, clock: TickingClock
) -> None:
    make_store("neo4j")
    address, database = neo4j_address(neo4j_url)
    parts = urlsplit(address)
    proxy = Proxy((str(parts.hostname), int(parts.port or 7687)))
    try:
        store = open_neo4j(f"bolt://127.0.0.1:{proxy.port}/{database}", core, clock)
        store.check()
        proxy.flowing.clear()
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            store.check()
        time.sleep(1.1)
        with pytest.raises(StoreUnavailable):
            store.view(Scope())
        assert time.monotonic() - began < 15
        proxy.flowing.set()
        store.check()
        store.close()
    finally:
        proxy.close()


def all_errors(kind: type[Exception]) -> list[type[Exception]]:
    return [kind, *(error for below in kind.__subclasses__() for error in all_errors(below))]


DRIVER_ERRORS = sorted(
    {*all_errors(neo4j.exceptions.Neo4jError), *all_errors(neo4j.exceptions.DriverError)}, key=lambda e: e.__name__
)


@pytest.mark.parametrize("error", DRIVER_ERRORS, ids=lambda error: str(error.__name__))
def test_every_driver_error_becomes_one_of_ours(error: type[Exception]) -> None:
    if issubclass(error, neo4j.exceptions.Neo4jError):
        made: Exception = error("told by the driver")
    else:  # some of these want the session or result they came from
        made = error.__new__(error)
        Exception.__init__(made, "told by the driver")
    with pytest.raises(KgError, match="Neo4j at 'bolt://x'") as told, store_errors("bolt://x"):
        raise made
    assert told.value.__cause__ is made


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("Neo.ClientError.Transaction.TransactionTimedOut", "store_timeout"),
        ("Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration", "store_timeout"),
        ("Neo.TransientError.Transaction.DeadlockDetected", "store_timeout"),
        ("Neo.TransientError.General.MemoryPoolOutOfMemoryError", "store_timeout"),
        ("Neo.TransientError.General.DatabaseUnavailable", "store_unavailable"),
        ("Neo.ClientError.Database.DatabaseNotFound", "store_unavailable"),
        ("Neo.ClientError.Security.Unauthorized", "store_unavailable"),
        ("Neo.ClientError.Statement.SyntaxError", "store_rejected"),
        ("Neo.DatabaseError.General.UnknownError", "store_error"),
    ],
)
def test_server_errors_are_told_by_their_code(code: str, expected: str) -> None:
    with pytest.raises(StoreError) as told, store_errors("bolt://x"):
        raise neo4j.exceptions.Neo4jError._hydrate_neo4j(code=code, message="why")
    assert told.value.code == expected
