"""Loading into Neo4j: staged in short transactions, made visible by moving the head.

What a load adds is known from a time after the head, and what it retires is known up to that time; views read at
the head. So nothing of it is seen, however many transactions it takes, until the last one moves the head.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from kg.backends.neo4j import records, texts
from kg.backends.neo4j.batch import Batch, BatchWriter, Staging
from kg.backends.neo4j.database import Transaction
from kg.backends.neo4j.discard import discard
from kg.backends.neo4j.lock import LoadLock, Staged
from kg.backends.neo4j.rows import Support
from kg.backends.neo4j.schema import index_facts
from kg.backends.neo4j.supports import Copies, Touched, change, refresh
from kg.domain.fact import FOREVER, EntityId, FactId
from kg.domain.lineage import Changes, GraphProfile, Rejection, Run
from kg.domain.ontology import Ontology
from kg.ports.clock import Clock, later
from kg.ports.ledger import RunEvents, no_events
from kg.ports.store import Entry, LoadTarget

BATCH = 4_000
"""Entries a transaction: about a second, and well within a small server's heap."""
RETIRED_AT_ONCE = 2_000
Item = TypeVar("Item")


class Neo4jWriter:
    """One load of one dataset version; made by ``Neo4jStore.writer``."""

    def __init__(self, lock: LoadLock, target: LoadTarget, ontology: Ontology, clock: Clock) -> None:
        database = self._database = lock.database
        self._lock = lock
        self._target = target
        self.committed = False
        if lock.staged is not None:
            discard(lock, lock.staged)
        self.known_from = later(lock.head, clock())
        self._staged = Staged(lock.run, target.version.ref, self.known_from)
        objects, literals = database.write(self._begin)
        bounds = {"version": target.version.ref, "forever": FOREVER, "at": self.known_from}
        staging = Staging(
            version=target.version.ref,
            class_=int(target.version.classification),
            at=self.known_from,
            run=lock.run,
            ontology=ontology,
            reload=bool(database.read(texts.HAS_LIVE, **bounds)),
        )
        self._batches = BatchWriter(staging, set(objects), set(literals))

    def _begin(self, tx: Transaction) -> tuple[list[str], list[str]]:
        _, objects, literals = self._lock.fence(tx)
        tx.run(texts.STAGE, run=self._staged.run, version=self._staged.version, at=self._staged.at)
        tx.run(
            texts.PUT_VERSION,
            dataset=self._target.version.dataset,
            version=self._target.version.ref,
            run=self._staged.run,
            sources=[source.id for source in self._target.sources],
        )
        return objects, literals

    def declared(self, ids: Collection[EntityId]) -> dict[EntityId, str]:
        found = self._database.read(
            texts.LIVE_TYPES, ids=sorted(set(ids)), at=self._lock.head, own=f"{self._target.version.dataset}@"
        )
        return dict(sorted(found))

    def put(self, entries: Iterable[Entry]) -> None:
        for entries_of_batch in batches(entries, BATCH):
            batch = Batch.of(entries_of_batch)
            index_facts(self._database, self._batches.new_objects(batch))
            self._database.write(self._fenced(lambda tx, batch=batch: self._batches.write(tx, batch)))  # type: ignore[misc]
            self._batches.accept()

    def _fenced(self, work: Callable[[Transaction], Any]) -> Callable[[Transaction], Any]:
        def fenced(tx: Transaction) -> Any:
            self._lock.fence(tx)
            return work(tx)

        return fenced

    # --- the end ---

    def commit(
        self, run: Run, profile: GraphProfile, rejections: Iterable[Rejection], events: RunEvents = no_events
    ) -> Run:
        tally = self._batches.tally
        copies = self._batches.stale
        retired = self._retire(copies) if self._batches.staging.reload else 0
        for predicate, entities in copies.items():
            for ids in batches(sorted(entities), RETIRED_AT_ONCE):
                self._database.write(
                    self._fenced(
                        lambda tx, predicate=predicate, ids=ids: refresh(tx, predicate, ids, self.known_from)  # type: ignore[misc]
                    )
                )
        for batch in records.rejection_batches(rejections):
            self._database.write(
                self._fenced(lambda tx, batch=batch: records.put_rejections(tx, run.id, batch))  # type: ignore[misc]
            )
        done = replace(run, changes=Changes(tally.added, tally.kept, retired))
        said = tuple(events(done))
        version = self._target.version

        def finish(tx: Transaction) -> None:
            records.put_ontology(tx, version.ontology, self._target.ontology, self.known_from)
            records.put_states(tx, self._target, profile, self.known_from)
            records.put_run(tx, done)
            records.put_events(tx, said)
            tx.run(texts.MOVE_HEAD, at=self.known_from)
            tx.run(texts.UNSTAGE)

        self._database.write(self._fenced(finish))
        self.committed = True
        return done

    def _retire(self, copies: Copies) -> int:
        """End what is live of this version and was not put again; seen by nobody before the head moves."""
        gone = [element for element, *place in self._live() if not self._batches.was_seen(*place)]
        for ids in batches(gone, RETIRED_AT_ONCE):
            found: Copies = self._database.write(
                self._fenced(lambda tx, ids=ids: self._retire_batch(tx, ids))  # type: ignore[misc]
            )
            for predicate, entities in found.items():
                copies[predicate] |= entities
        return len(gone)

    def _live(self) -> Iterator[list[Any]]:
        bounds = {"version": self._staged.version, "forever": FOREVER, "at": self.known_from}
        with self._database.stream(texts.LIVE_OF_VERSION, **bounds) as rows:
            yield from rows

    def _retire_batch(self, tx: Transaction, ids: Sequence[str]) -> Copies:
        bounds = {"version": self._staged.version, "forever": FOREVER}
        rows = tx.run(texts.RETIRE, ids=list(ids), at=self.known_from)
        pairs = [[fact, class_] for fact, _, _, class_ in rows]
        live = {tuple(pair) for pair in tx.run(texts.STILL_LIVE, pairs=pairs, **bounds)}
        ended: dict[FactId, set[int]] = defaultdict(set)
        touched: dict[FactId, Touched] = {}
        for fact, predicate, subject, class_ in rows:
            if (fact, class_) not in live:
                ended[fact].add(class_)
                touched[fact] = Touched(fact, predicate, subject)

        def end(fact: FactId) -> Callable[[tuple[Support, ...]], tuple[Support, ...]]:
            def apply(supports: tuple[Support, ...]) -> tuple[Support, ...]:
                return tuple(
                    replace(entry, known_to=self.known_from)
                    if (entry.version, entry.known_to) == (self._staged.version, FOREVER)
                    and entry.class_ in ended[fact]
                    else entry
                    for entry in supports
                )

            return apply

        objects = sorted(self._batches.objects)
        return change(tx, list(touched.values()), objects, {fact: end(fact) for fact in touched})

    def discard(self) -> None:
        """Remove what was staged."""
        discard(self._lock, self._staged)


def batches(entries: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    iterator = iter(entries)
    while batch := tuple(itertools.islice(iterator, size)):
        yield batch
