"""What a person finds in Neo4j Browser, and what a killed load leaves there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import neo4j
import pytest

from kg.backends.neo4j import lock
from kg.domain.fact import Interval, Literal
from kg.domain.scope import Scope
from kg.errors import LoadInProgress
from kg.settings import neo4j_address
from tests.builders import TOWN, MakeStore, Store, entity, entity_id, entries, fact, load, run, target
from tests.contract.test_runs_at_work import live

pytestmark = pytest.mark.neo4j
ANN, BOB, CY = entity_id("ann"), entity_id("bob"), entity_id("cy")


class Graph:
    """The database, read past the store."""

    def __init__(self, driver: neo4j.Driver, database: str) -> None:
        self._driver = driver
        self._database = database

    def rows(self, text: str, **values: Any) -> list[list[Any]]:
        return [record.values() for record in self._driver.execute_query(text, values, database_=self._database)[0]]

    def node(self, entity: str) -> dict[str, Any]:
        [[node]] = self.rows("MATCH (e:Entity {id: $id}) RETURN e", id=entity)
        return {name: value for name, value in node.items() if not name.startswith("type_")}

    def size(self) -> list[Any]:
        """How many nodes and relationships there are."""
        [nodes] = self.rows("MATCH (n) WHERE NOT n:Graph RETURN count(n)")
        [relationships] = self.rows("MATCH ()-[r]->() RETURN count(r)")
        return [*nodes, *relationships]


@pytest.fixture
def store(make_store: MakeStore) -> Store:
    return make_store("neo4j")


@pytest.fixture
def graph(store: Store, neo4j_driver: neo4j.Driver, neo4j_url: str) -> Graph:
    return Graph(neo4j_driver, neo4j_address(neo4j_url)[1])


# --- what is drawn ---


def test_entities_carry_their_types_and_readable_literals(store: Store, graph: Graph) -> None:
    said = [
        fact("ann", "size", Literal("12.5", "number")),
        fact("ann", "active", Literal("true", "boolean")),
        fact("ann", "note", Literal("one")),
        fact("ann", "note", Literal("two")),
    ]
    load(store, target(), [*entity("ann", "Firm", "Ann Ltd", ["Ann"]), *said])
    assert graph.node(ANN) == {
        "id": ANN, "key": "ann", "name": "Ann Ltd", "alias": "Ann",
        "size": 12.5, "active": True, "note": ["one", "two"],
    }  # fmt: skip
    [[labels]] = graph.rows("MATCH (e:Entity) RETURN labels(e)")
    assert sorted(labels) == ["Entity", "Firm", "Party"]


def test_a_fact_is_a_relationship_that_names_its_supports(store: Store, graph: Graph) -> None:
    known = fact("ann", "knows", "bob", Interval("2026-01-01"))
    load(store, target("one"), [*TOWN[:-1], known])
    load(store, target("two"), [known])
    [[drawn]] = graph.rows("MATCH (:Person {key: 'ann'})-[r:KNOWS]->(:Person {key: 'bob'}) RETURN properties(r)")
    assert (drawn["fact"], drawn["valid_from"], drawn["versions"]) == (known.id, "2026-01-01", ["one@1", "two@1"])
    assert "valid_to" not in drawn


def test_one_pattern_leads_from_a_fact_to_its_file(store: Store, graph: Graph) -> None:
    load(store, target(), TOWN)
    found = graph.rows(
        "MATCH (:Entity)-[r:KNOWS]->(:Entity) MATCH (a:Assertion {fact: r.fact})-[:FROM]->(c:Source)"
        "-[:PART_OF]->(v:DatasetVersion)-[:VERSION_OF]->(d:Dataset) RETURN a.locator, c.name, v.version, d.id"
    )
    assert found == [["line 5#x", "a.csv", "1", "people"]]


def test_readable_copies_follow_a_reload(store: Store, graph: Graph) -> None:
    load(store, target(), [*entity("ann", name="Ann", aliases=["A"]), fact("ann", "note", Literal("old"))])
    load(store, target(), [*entity("ann", name="Anna", aliases=["A", "B"])])
    assert graph.node(ANN) == {"id": ANN, "key": "ann", "name": "Anna", "alias": ["A", "B"]}


def test_a_discarded_load_leaves_no_trace(store: Store, graph: Graph) -> None:
    load(store, target(), [*TOWN, fact("ann", "note", Literal("old"))])
    size, node = graph.size(), graph.node(ANN)
    for into in (target(), target("other")):
        with store.writer(into, "run-b") as writer:
            changed = [*entity("ann", "Firm", "Anna"), *entity("cy"), fact("cy", "knows", "ann")]
            writer.put(entries(into, [*changed, fact("ann", "note", Literal("new"))]))
        assert (graph.size(), graph.node(ANN)) == (size, node)
    [[labels]] = graph.rows("MATCH (e:Entity {id: $id}) RETURN labels(e)", id=ANN)
    assert "Firm" not in labels


# --- loads that do not end ---

KILLED = textwrap.dedent(
    """
    import os, signal, sys
    from tests.builders import TickingClock, entity, entries, fact, run, profile, target
    from tests.neo4j_server import neo4j_auth
    from kg.backends.neo4j.ending import Ending
    from kg.backends.neo4j.store import Neo4jStore
    from kg.bootstrap import core_ontology
    from kg.settings import neo4j_address
    from dataclasses import replace
    from datetime import timedelta

    address, database = neo4j_address(sys.argv[1])
    clock = TickingClock()
    clock.now += timedelta(days=1)
    store = Neo4jStore(address, database, *(neo4j_auth() or ("", "")), core_ontology(), clock)
    into = target()
    items = entries(into, [*entity("ann", name="Anna"), *entity("cy"), fact("cy", "knows", "ann")])
    with store.writer(into, "run-killed") as writer:
        writer.put(items)
        if sys.argv[2] == "commit":
            # As far as a commit goes before it moves the head.
            Ending(writer._lock, writer.known_from).end("people@1", writer._gone())
        os.kill(os.getpid(), signal.SIGKILL)
    """
)


@pytest.mark.parametrize("point", ["put", "commit"])
def test_a_killed_load_leaves_the_graph_as_it_was_and_the_next_goes_on_at_once(
    store: Store, graph: Graph, neo4j_url: str, point: str
) -> None:
    load(store, target(), TOWN)
    size, node = graph.size(), graph.node(ANN)
    before = store.view(Scope()).follow([ANN, BOB, CY], [], "out", 9)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    killed = subprocess.run([sys.executable, "-c", KILLED, neo4j_url, point], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert store.view(Scope()).follow([ANN, BOB, CY], [], "out", 9) == before
    assert store.view(Scope()).entities([ANN, BOB, CY]).keys() == {ANN, BOB}
    with store.writer(target(), "run-next"):
        pass
    assert (graph.size(), graph.node(ANN)) == (size, node)
    assert load(store, target(), TOWN).changes.kept == len(TOWN)


def test_a_killed_load_is_lost_at_once(store: Store, neo4j_url: str) -> None:
    told = KILLED.replace("writer.put(items)", "writer.put(items); writer.tell(live(7))")
    script = f"from tests.contract.test_runs_at_work import live\n{told}"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    killed = subprocess.run([sys.executable, "-c", script, neo4j_url, "put"], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    found = store.live()
    assert found is not None
    assert (found.run.state, found.run.records) == ("lost", 7)


def hold(graph: Graph, lease_s: int) -> None:
    """The lock as a load on another machine holds it."""
    graph.rows(
        "MATCH (g:Graph {id: 'graph'}) SET g.loading = 'run-far', g.holder = 'far 1 pid 1 since 1', "
        "g.lease_until = timestamp() + $lease",
        lease=lease_s * 1000,
    )


def test_a_load_elsewhere_is_waited_for_until_its_lease_ends(store: Store, graph: Graph) -> None:
    hold(graph, 60)
    with pytest.raises(LoadInProgress, match="far 1 pid 1"), store.writer(target(), "run-a"):
        pass
    hold(graph, -1)
    load(store, target(), TOWN)


def test_a_load_that_lost_its_lock_can_write_no_more(store: Store, graph: Graph) -> None:
    into = target()

    def overtaken() -> None:
        with store.writer(into, "run-a") as writer:
            writer.put(entries(into, TOWN[:2]))
            hold(graph, 60)
            writer.put(entries(into, TOWN))

    with pytest.raises(LoadInProgress, match="taken over"):
        overtaken()
    hold(graph, -1)
    load(store, target("other"), TOWN)
    assert [version.ref for version in store.view(Scope()).datasets()] == ["other@1"]
    assert graph.rows("MATCH (a:Assertion) RETURN DISTINCT a.version") == [["other@1"]]


def test_a_load_taken_for_lost_that_ends_after_all_says_itself_how(store: Store, graph: Graph) -> None:
    def overtaken() -> None:
        with store.writer(target(), "run-l") as writer:
            writer.tell(live(7))
            hold(graph, -1)
            load(store, target("other"), TOWN, run_id="run-other")
            writer.put(entries(target(), TOWN))

    with pytest.raises(LoadInProgress):
        overtaken()
    assert [(one.id, one.state) for one in store.runs(5)] == [("run-other", "complete"), ("run-l", "lost")]
    store.append_run(run(target(), "run-l", state="failed"), [])
    assert [(one.id, one.state) for one in store.runs(5)] == [("run-l", "failed"), ("run-other", "complete")]


def test_a_commit_that_lost_its_lock_changes_nothing(store: Store, graph: Graph) -> None:
    into = target()

    def overtaken() -> None:
        with store.writer(into, "run-a") as writer:
            writer.put(entries(into, TOWN))
            hold(graph, 60)
            writer.commit(run(into, "run-a"), store.view(Scope()).profile(), [])

    with pytest.raises(LoadInProgress):
        overtaken()
    assert store.view(Scope()).datasets() == ()


def test_a_process_that_ended_is_told_from_one_that_lives() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    mine = lock._this_process()
    assert not lock._is_dead(mine)
    assert lock._is_dead(mine.replace(f"pid {os.getpid()}", f"pid {ended.pid}"))
    assert lock._is_dead(mine + "0")
    assert not lock._is_dead("far 1 pid 1 since 1")
