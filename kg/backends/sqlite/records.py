"""Rows about the graph: versions and sources with their known time, runs, ontologies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kg.backends.sqlite import audit, sql
from kg.backends.sqlite.database import Database
from kg.domain import acts
from kg.domain.fact import FOREVER, Instant
from kg.domain.lineage import GraphProfile, LiveRun, Rejection, Run
from kg.domain.openlineage import LineageEvent
from kg.domain.records import dump, load_live, load_profile
from kg.ports.clock import Clock, instant
from kg.ports.store import LoadTarget


def put_run(
    connection: Any, run: Run, at: Instant, rejections: Iterable[Rejection] = (), events: Iterable[LineageEvent] = ()
) -> None:
    row = (run.id, run.dataset, run.version, dump(run))
    connection.execute("INSERT INTO run (id, dataset, version, document) VALUES (?, ?, ?, ?)", row)
    rows = ((run.id, i, dump(item)) for i, item in enumerate(rejections))
    connection.executemany("INSERT INTO rejection VALUES (?, ?, ?)", rows)
    put_events(connection, events)
    connection.execute("DELETE FROM meta WHERE key = 'live' AND value ->> '$.run.id' = ?", (run.id,))
    audit.append(connection, acts.of_run(run), at)


def live_run(connection: Any) -> LiveRun | None:
    found: str | None = connection.execute("SELECT value FROM meta WHERE key = 'live'").get
    return None if found is None else load_live(found)


def put_live(connection: Any, live: LiveRun) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('live', ?)", (dump(live),))


def settle(database: Database, clock: Clock) -> None:
    """Record a load that ended without a word as lost; whoever calls holds the right to load."""
    with database.use() as connection:
        if (live := live_run(connection)) is None:
            return
    with database.write() as connection:
        if live.run.state == "running":
            put_run(connection, live.lost().run, instant(clock()))
        else:
            # It failed, and its own process records it.
            connection.execute("DELETE FROM meta WHERE key = 'live'")


def put_events(connection: Any, events: Iterable[LineageEvent]) -> int:
    """Those that are not there yet, with what they make known; says how many these are."""
    new = 0
    for event in events:
        before = connection.total_changes()
        connection.execute(sql.PUT_EVENT, (event.id, event.run, event.document))
        if connection.total_changes() == before:
            continue
        new += 1
        connection.executemany(sql.PUT_NODE, ((node.key,) for node in event.nodes))
        connection.executemany(sql.PUT_LINK, ((start.key, target.key) for start, target in event.links))
    return new


def put_ontology(connection: Any, name: str, document: str, at: Instant) -> bool:
    """Make this the newest document of the ontology; False if it already is."""
    held = connection.execute("SELECT document FROM ontology_state WHERE name = ? AND known_to = ?", (name, FOREVER))
    if held.get == document:
        return False
    connection.execute("UPDATE ontology_state SET known_to = ? WHERE name = ? AND known_to = ?", (at, name, FOREVER))
    connection.execute("INSERT OR REPLACE INTO ontology_state VALUES (?, ?, ?, ?)", (name, document, at, FOREVER))
    return True


def put_states(  # noqa: PLR0913, PLR0917 (one row of each table)
    connection: Any,
    target: LoadTarget,
    version: int,
    sources: Mapping[str, int],
    profile: GraphProfile,
    at: Instant,
) -> None:
    """Describe the version and its sources from this time on."""
    connection.execute(
        "UPDATE dataset_state SET known_to = ? WHERE version = ? AND known_to = ?", (at, version, FOREVER)
    )
    row = (version, dump(target.version), dump(profile), target.version.ontology, at, FOREVER)
    connection.execute("INSERT INTO dataset_state VALUES (?, ?, ?, ?, ?, ?)", row)
    if not target.delta:
        end_sources(connection, version, at)
    rows = [(sources[source.id], dump(source), at, FOREVER) for source in target.sources]
    connection.executemany("INSERT INTO source_state VALUES (?, ?, ?, ?)", rows)


def end_sources(connection: Any, version: int, at: Instant) -> None:
    text = """UPDATE source_state SET known_to = ?
        WHERE known_to = ? AND source IN (SELECT n FROM source WHERE version = ?)"""
    connection.execute(text, (at, FOREVER, version))


def held_profile(connection: Any, version: int) -> GraphProfile | None:
    """The counts of a version that is loaded and not retired."""
    text = "SELECT profile FROM dataset_state WHERE version = ? AND known_to = ?"
    found: str | None = connection.execute(text, (version, FOREVER)).get
    return None if found is None else load_profile(found)


def current_version(connection: Any, dataset: str) -> tuple[int, str] | None:
    """Number and name of the version of the dataset that is current."""
    text = """SELECT d.n, d.version FROM dataset_current c JOIN dataset_version d ON d.n = c.version
        WHERE c.dataset = ? AND c.known_to = ?"""
    found: tuple[int, str] | None = connection.execute(text, (dataset, FOREVER)).fetchone()
    return found


def put_current(connection: Any, target: LoadTarget, version: int, at: Instant) -> None:
    """Make this version, or the one the dataset file pins, the current one."""
    dataset = target.version.dataset
    if target.current not in (None, target.version.version):
        # A version that a failed load only numbered has no state and cannot be current, nor can a retired one.
        pinned = """SELECT n FROM dataset_version d WHERE dataset = ? AND version = ?
            AND EXISTS (SELECT 1 FROM dataset_state v WHERE v.version = d.n AND v.known_to = ?)"""
        found = connection.execute(pinned, (dataset, target.current, FOREVER)).get
        if found is not None:
            version = found
    held = "SELECT version FROM dataset_current WHERE dataset = ? AND known_to = ?"
    if connection.execute(held, (dataset, FOREVER)).get == version:
        return
    retire = "UPDATE dataset_current SET known_to = ? WHERE dataset = ? AND known_to = ?"
    connection.execute(retire, (at, dataset, FOREVER))
    connection.execute("INSERT INTO dataset_current VALUES (?, ?, ?, ?)", (dataset, version, at, FOREVER))
