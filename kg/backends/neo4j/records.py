"""Nodes about the graph: versions and sources with their known time, runs, ontologies, decisions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kg.backends.neo4j import audit, texts
from kg.backends.neo4j.database import Transaction
from kg.domain import acts
from kg.domain.batches import batches
from kg.domain.difference import FactChange
from kg.domain.fact import FOREVER, Instant
from kg.domain.lineage import DatasetVersion, GraphProfile, LiveRun, Rejection, Run, Source
from kg.domain.openlineage import LineageEvent
from kg.domain.records import dump
from kg.errors import StoreRejected
from kg.ports.store import LoadTarget

REJECTIONS_AT_ONCE = 2_000
CHANGES_AT_ONCE = 500


def put_ontology(tx: Transaction, name: str, document: str, at: Instant) -> bool:
    """Make this the newest document of the ontology; False if it already is."""
    [[held]] = tx.run(texts.HELD_ONTOLOGY, name=name, forever=FOREVER)
    if held == document:
        return False
    tx.run(texts.PUT_ONTOLOGY, name=name, document=document, at=at, forever=FOREVER)
    return True


def put_states(tx: Transaction, target: LoadTarget, profile: GraphProfile, at: Instant) -> None:
    """Describe the version and its sources from this time on, and say which version is current."""
    version = target.version
    ends = {"version": version.ref, "at": at, "forever": FOREVER}
    tx.run(
        texts.PUT_VERSION_STATE,
        readable=readable_version(version),
        document=dump(version),
        profile=dump(profile),
        ontology=version.ontology,
        **ends,
    )
    if not target.delta:
        tx.run(texts.END_SOURCE_STATES, **ends)
    rows = [
        {
            "id": source.id,
            "document": dump(source),
            "readable": readable_source(source),
        }
        for source in target.sources
    ]
    tx.run(texts.PUT_SOURCE_STATES, rows=rows, at=at, forever=FOREVER)
    pinned = None if target.current is None else f"{version.dataset}@{target.current}"
    tx.run(texts.PUT_CURRENT, dataset=version.dataset, pinned=pinned, **ends)


def readable_version(version: DatasetVersion) -> dict[str, Any]:
    """Properties of its node, for people."""
    return _readable(version) | {"version": version.version, "classification": version.classification.label}


def readable_source(source: Source) -> dict[str, Any]:
    """Properties of its node, for people."""
    named = {"name": source.name, "checksum": source.checksum}
    return _readable(source) | named | {"classification": source.classification.label}


def _readable(one: DatasetVersion | Source) -> dict[str, Any]:
    return {"title": one.title, "publisher": one.publisher, "licence": one.licence, "issued": one.issued}


def put_run(tx: Transaction, run: Run, at: Instant) -> None:
    """Give the run its place in the ledger. Raises StoreRejected if it has one.

    One that was taken for lost, and ends after all, says itself how.
    """
    readable = {
        "job": run.job,
        "dataset": run.dataset,
        "version": run.version,
        "state": run.state,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "document": dump(run),
    }
    if not tx.run(texts.PUT_RUN, id=run.id, readable=readable):
        raise StoreRejected(f"run {run.id!r} is recorded already")
    tx.run(texts.UNTELL, run=run.id)
    audit.append(tx, acts.of_run(run), at)


def put_live(tx: Transaction, live: LiveRun) -> None:
    tx.run(texts.TELL, document=dump(live), run=live.run.id)


def rejection_batches(rejections: Iterable[Rejection]) -> Iterator[list[list[Any]]]:
    numbered = ([number, dump(item)] for number, item in enumerate(rejections))
    yield from map(list, batches(numbered, REJECTIONS_AT_ONCE))


def put_rejections(tx: Transaction, run_id: str, batch: list[list[Any]]) -> None:
    tx.run(texts.PUT_REJECTIONS, run=run_id, rows=batch)


def change_batches(changes: Sequence[FactChange]) -> Iterator[list[list[Any]]]:
    """So many to a node, since each says little."""
    for start in range(0, len(changes), CHANGES_AT_ONCE):
        yield [[start, [dump(one) for one in changes[start : start + CHANGES_AT_ONCE]]]]


def put_events(tx: Transaction, events: Iterable[LineageEvent]) -> int:
    """Those that are not there yet, with what they make known; says how many these are."""
    given = {event.id: event for event in events}
    if not given:
        return 0
    held = {row[0] for row in tx.run(texts.KNOWN_EVENTS, ids=sorted(given))}
    new = [event for key, event in sorted(given.items()) if key not in held]
    tx.run(texts.PUT_EVENTS, rows=[[event.id, event.run, event.document] for event in new])
    known = {node for event in new for node in event.nodes}
    links = {link for event in new for link in event.links}
    # Sorted, so that two writers take their locks in one order.
    for nodes, is_known in ((known, True), ({node for link in links for node in link} - known, False)):
        rows = [[node.key, node.kind, node.namespace, node.name] for node in sorted(nodes)]
        tx.run(texts.PUT_LINEAGE_NODES, rows=rows, known=is_known)
    tx.run(texts.PUT_LINEAGE_LINKS, rows=[[start.key, target.key] for start, target in sorted(links)])
    return len(new)
