"""Loading into Neo4j: staged in short transactions, made visible by moving the head.

What a load adds is known from a time after the head, and what it retires is known up to that time; views read at
the head. So nothing of it is seen, however many transactions it takes, until the last one moves the head.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from kg.backends.neo4j import records, texts
from kg.backends.neo4j.batch import Batch, BatchWriter, Staging
from kg.backends.neo4j.database import Transaction
from kg.backends.neo4j.discard import discard
from kg.backends.neo4j.ending import AT_ONCE, Ending, fenced
from kg.backends.neo4j.facts import facts_of
from kg.backends.neo4j.lock import LoadLock, Staged
from kg.backends.neo4j.schema import index_facts
from kg.backends.neo4j.supports import Touched, supports_of
from kg.domain.batches import batches
from kg.domain.difference import FactChange, profile_after
from kg.domain.fact import FOREVER, EntityId
from kg.domain.lineage import Changes, GraphProfile, LiveRun, Rejection, Run
from kg.domain.ontology import Ontology
from kg.domain.records import load_profile
from kg.ports.clock import Clock, instant, later
from kg.ports.ledger import RunEvents, no_events
from kg.ports.store import Entry, LoadTarget

BATCH = 4_000
"""Entries a transaction: about a second, and well within a small server's heap."""


class Neo4jWriter:
    """One load of one dataset version; made by ``Neo4jStore.writer``."""

    def __init__(self, lock: LoadLock, target: LoadTarget, ontology: Ontology, clock: Clock) -> None:
        database = self._database = lock.database
        self._lock = lock
        self._clock = clock
        self._target = target
        self.committed = False
        self.known_from = later(lock.head, clock())
        self._staged = Staged(lock.run, target.version.ref, self.known_from)
        objects, literals = database.write(self._begin)
        reload = bool(database.read(texts.HELD_PROFILE, version=target.version.ref, forever=FOREVER))
        current = database.read(texts.CURRENT, dataset=target.version.dataset, forever=FOREVER)
        staging = Staging(
            version=target.version.ref,
            class_=int(target.version.classification),
            at=self.known_from,
            run=lock.run,
            ontology=ontology,
            reload=reload,
            compared=target.version.ref if reload else current[0][0] if current else "",
        )
        self._batches = BatchWriter(staging, set(objects), set(literals))
        self._replaced: set[str] = set()
        self._told: LiveRun | None = None

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
            texts.LIVE_TYPES,
            ids=sorted(set(ids)),
            at=self._lock.head,
            own=f"{self._target.version.dataset}@",
            ours=self._target.version.ref if self._target.delta else "",
        )
        return dict(sorted(found))

    def put(self, entries: Iterable[Entry]) -> None:
        self._read_said()
        for entries_of_batch in batches(self._batches.unsaid(entries), BATCH):
            batch = Batch.of(entries_of_batch)
            index_facts(self._database, self._batches.new_objects(batch))
            fenced(self._lock, lambda tx, batch=batch: self._batches.write(tx, batch))  # type: ignore[misc]
            self._batches.accept()

    def _read_said(self) -> None:
        staging = self._batches.staging
        if staging.reload and not self._target.delta:
            self._batches.said.read(self._database, staging.version, staging.class_, self.known_from)

    def replace(self, records: Collection[str]) -> None:
        if self._target.delta:
            self._replaced |= set(records)

    def tell(self, live: LiveRun) -> None:
        fenced(self._lock, lambda tx: records.put_live(tx, live))
        self._told = live

    # --- the end ---

    def commit(
        self, run: Run, profile: GraphProfile, rejections: Iterable[Rejection], events: RunEvents = no_events
    ) -> Run:
        tally, version = self._batches.tally, self._target.version
        ending = Ending(self._lock, self.known_from, self._batches.stale)
        if self._batches.staging.reload:
            ending.end(version.ref, self._gone())
        ending.refresh()
        changed = self._changed(ending)
        for text, numbered in (
            (texts.PUT_CHANGES, records.change_batches(changed)),
            (texts.PUT_REJECTIONS, records.rejection_batches(rejections)),
        ):
            for batch in numbered:
                fenced(self._lock, lambda tx, text=text, batch=batch: tx.run(text, run=run.id, rows=batch))  # type: ignore[misc]
        gained = sum(one.gained for one in changed)
        done = replace(
            run,
            changes=Changes(tally.added, tally.kept, ending.retired, gained, len(changed) - gained),
            compared=self._batches.staging.compared,
        )
        if self._target.delta and self._batches.staging.reload:
            held = self._database.read(texts.HELD_PROFILE, version=version.ref, forever=FOREVER)
            profile = profile_after(load_profile(held[0][0]), changed)
        said = tuple(events(done))

        def finish(tx: Transaction) -> None:
            records.put_ontology(tx, version.ontology, self._target.ontology, self.known_from)
            records.put_states(tx, self._target, profile, self.known_from)
            records.put_events(tx, said)
            records.put_run(tx, done, instant(self._clock()))
            tx.run(texts.MOVE_HEAD, at=self.known_from)
            tx.run(texts.UNSTAGE)

        fenced(self._lock, finish)
        self.committed = True
        return done

    def _gone(self) -> Iterator[str]:
        """Assertions that are live and not said any more."""
        bounds = {"version": self._staged.version, "forever": FOREVER, "at": self.known_from}
        if self._target.delta:
            for some in batches(sorted(self._replaced), AT_ONCE):
                yield from (row[0] for row in self._database.read(texts.OF_RECORDS, records=list(some), **bounds))
            return
        self._read_said()
        yield from self._batches.said.gone()

    def _changed(self, ending: Ending) -> list[FactChange]:
        """Which facts the version gained and lost."""
        objects = sorted(self._batches.objects)
        found = [FactChange(fact, gained=True) for fact in self._batches.gained]
        lost = ending.lost.values() if self._batches.staging.reload else self._left_out()
        for some in batches(lost, AT_ONCE):
            found += [FactChange(fact, gained=False) for fact in facts_of(self._database.read, some, objects)]
        return found

    def _left_out(self) -> Iterator[Touched]:
        """Facts of the compared version that this one does not say."""
        before, objects = self._batches.staging.compared, sorted(self._batches.objects)
        if not before:
            return
        mine = (self._target.version.ref, FOREVER)
        with self._database.stream(
            texts.LIVE_FACTS_OF_VERSION, version=before, forever=FOREVER, at=self.known_from
        ) as rows:
            for some in batches((Touched(*row) for row in rows), AT_ONCE):
                held = fenced(self._lock, lambda tx, some=some: supports_of(tx, some, objects))  # type: ignore[misc]
                yield from (
                    item
                    for item in some
                    if not any((one.version, one.known_to) == mine for one in held.get(item.fact, ()))
                )

    def fail(self, message: str) -> None:
        """Say of the load that it failed, so that nobody takes it for lost before its run is recorded."""
        if self._told is not None:
            self.tell(replace(self._told, run=replace(self._told.run, state="failed", message=message)))

    def discard(self) -> None:
        """Remove what was staged."""
        discard(self._lock, self._staged)
