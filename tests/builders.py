"""Whole values with defaults, for tests that care about one part of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from typing import Literal as OneOf

from kg.domain.fact import ALIAS, ALWAYS, NAME, TYPE, EntityId, Fact, Interval, Literal
from kg.domain.lineage import Classification, DatasetVersion, GraphProfile, Rejection, Run, Source
from kg.domain.openlineage import LineageEvent, received
from kg.ports.access import KeyRing
from kg.ports.audit import AuditLog
from kg.ports.kept import Kept, keep
from kg.ports.ledger import Ledger, RunLedger
from kg.ports.prompts import PromptRegistry
from kg.ports.rules import RuleRegistry
from kg.ports.spending import SpendingLedger
from kg.ports.store import Entry, GraphStore, LoadTarget

Kind = OneOf["sqlite-memory", "sqlite-file", "neo4j"]


class Store(
    GraphStore,
    Ledger,
    RunLedger,
    PromptRegistry,
    RuleRegistry,
    SpendingLedger,
    AuditLog,
    KeyRing,
    Protocol,
):
    """What one database is for the services."""


MakeStore = Callable[[Kind], Store]

ONTOLOGY: dict[str, Any] = {
    "ontology": "town",
    "version": "1",
    "title": "A small town",
    "keys": {"person": {"spellings": [{"pattern": r"(\w+)", "write": r"\1"}]}, "firm": {}},
    "types": {
        "Party": {"nouns": ["party"]},
        "Person": {"is": "Party", "key": "person", "nouns": ["person"]},
        "Firm": {"is": "Party", "key": "firm", "nouns": ["firm"]},
        # A type named like one of the store's own kinds of record.
        "Run": {"key": "firm", "nouns": ["run"]},
    },
    "predicates": {
        "knows": {"subject": "Party", "object": "Party", "phrases": ["knows"]},
        "owns": {"subject": "Party", "object": "Firm", "phrases": ["owns"]},
        "size": {"subject": "Firm", "value": "number", "phrases": ["has the size"]},
        "active": {"subject": "Firm", "value": "boolean"},
        "note": {"subject": "Party", "value": "text"},
    },
}


def ontology_document(**changes: Any) -> str:
    return json.dumps(ONTOLOGY | changes, sort_keys=True)


@dataclass
class TickingClock:
    """A clock that moves one second each time it is read."""

    now: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 9, tzinfo=UTC))

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def entity(key: str, type_: str = "Person", name: str | None = None, aliases: Sequence[str] = ()) -> list[Fact]:
    """The facts that declare an entity."""
    own = entity_id(key)
    facts = [Fact.of(own, TYPE, Literal(type_)), Fact.of(own, NAME, Literal(name or key.title()))]
    return facts + [Fact.of(own, ALIAS, Literal(alias)) for alias in aliases]


def entity_id(key: str) -> EntityId:
    return key if ":" in key else f"person:{key}"


def kept(decision_id: str, document: dict[str, Any]) -> Kept:
    """A decision under an id of its own."""
    return replace(keep(document), id=decision_id)


def fact(
    subject: str = "ann", predicate: str = "knows", target: str | Literal = "bob", valid: Interval = ALWAYS
) -> Fact:
    held = target if isinstance(target, Literal) else entity_id(target)
    return Fact.of(entity_id(subject), predicate, held, valid)


TOWN = [*entity("ann"), *entity("bob"), fact("ann", "knows", "bob")]
"""Two people and what ties them."""


def target(
    dataset: str = "people",
    version: str = "1",
    *,
    classification: Classification = Classification.INTERNAL,
    current: str | None = None,
    files: Sequence[str] = ("a.csv",),
    ontology: str | None = None,
) -> LoadTarget:
    held = DatasetVersion(
        dataset, version, f"The {dataset}", "Town hall", "CC0-1.0", classification, "town", "2026-01-01", ("folk",)
    )
    sources = tuple(
        Source(f"{held.ref}/{name}", dataset, version, name, f"sha256:{name}", classification, held.title)
        for name in files
    )
    return LoadTarget(held, ontology or ontology_document(), sources, current)


def entries(into: LoadTarget, facts: Iterable[Fact]) -> list[Entry]:
    """Each fact at a line of its own in the first file."""
    return [Entry(item, into.sources[0].id, f"line {i}#x") for i, item in enumerate(facts, 1)]


def run(into: LoadTarget, run_id: str = "run-1", **changes: Any) -> Run:
    values: dict[str, Any] = {
        "id": run_id,
        "job": f"load {into.version.ref}",
        "dataset": into.version.dataset,
        "version": into.version.version,
        "state": "complete",
        "started_at": "2026-03-01T09:00:00.000000Z",
        "ended_at": "2026-03-01T09:00:01.000000Z",
        "fingerprint": f"sha256:{run_id}",
        "left_over": ("x",),
    }
    return Run(**values | changes)


def profile(items: Iterable[Entry]) -> GraphProfile:
    held = {entry.fact.id: entry.fact for entry in items}.values()
    types = Counter(f.object.value for f in held if f.predicate == TYPE and isinstance(f.object, Literal))
    return GraphProfile("", dict(sorted(types.items())), dict(sorted(Counter(f.predicate for f in held).items())))


_numbers = iter(range(1, 1_000_000))


def load(
    store: GraphStore,
    into: LoadTarget,
    facts: Iterable[Fact] | Sequence[Entry],
    *,
    run_id: str | None = None,
    rejections: Sequence[Rejection] = (),
) -> Run:
    """Load these facts, or entries, and commit."""
    held = list(facts)
    items = [item for item in held if isinstance(item, Entry)] + entries(
        into, [item for item in held if isinstance(item, Fact)]
    )
    done = run(into, run_id or f"loaded-{next(_numbers)}")
    with store.writer(into, done.id) as writer:
        writer.put(iter(items))
        return writer.commit(done, profile(items), rejections)


def lineage_event(
    run_id: str = "0195d3a0-1111-7111-8111-000000000000",
    reads: Sequence[str] = ("orders",),
    writes: Sequence[str] = ("sales",),
    **changes: Any,
) -> LineageEvent:
    """A received event: the job ``etl/nightly`` reads and writes tables of the namespace ``db``."""
    return received(openlineage(run_id, reads, writes) | changes)


def openlineage(run_id: str, reads: Sequence[str], writes: Sequence[str], **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "eventType": "COMPLETE",
        "eventTime": "2026-03-01T10:00:00Z",
        "producer": "https://example.org/etl",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": run_id},
        "job": {"namespace": "etl", "name": "nightly"},
        "inputs": [{"namespace": "db", "name": name} for name in reads],
        "outputs": [{"namespace": "db", "name": name} for name in writes],
    }
    return made | changes
