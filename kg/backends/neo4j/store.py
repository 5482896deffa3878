"""The graph store and ledgers over one Neo4j database."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from kg.backends.neo4j import audit, cypher, records, reviews, spending, texts, touches
from kg.backends.neo4j.audit import Neo4jAudit
from kg.backends.neo4j.database import Database, Transaction
from kg.backends.neo4j.decisions import Neo4jDecisions
from kg.backends.neo4j.discard import discard
from kg.backends.neo4j.ending import fenced
from kg.backends.neo4j.forget import forget
from kg.backends.neo4j.keys import Neo4jKeys
from kg.backends.neo4j.lock import LoadLock, live_run, staged_by
from kg.backends.neo4j.prompts import Neo4jPrompts
from kg.backends.neo4j.purge import finish, purge
from kg.backends.neo4j.retire import retire
from kg.backends.neo4j.rules import Neo4jRules
from kg.backends.neo4j.schema import prepare
from kg.backends.neo4j.view import Neo4jView
from kg.backends.neo4j.writer import Neo4jWriter
from kg.domain import acts
from kg.domain.audit import Act
from kg.domain.difference import FactChange
from kg.domain.erasure import Erased, pseudonym
from kg.domain.fact import Instant
from kg.domain.lineage import LiveRun, Rejection, Run
from kg.domain.ontology import Ontology
from kg.domain.ontology_file import parse, together
from kg.domain.openlineage import LineageEvent, LineageNode, Toward, in_order
from kg.domain.records import add_profiles, load_change, load_profile, load_rejection, load_run, load_version
from kg.domain.ref import Ref
from kg.domain.review import ReviewEvent
from kg.domain.scope import Scope
from kg.domain.spending import Limits, Spending
from kg.errors import DatasetNotFound, KgError
from kg.ports.clock import Clock, instant, later
from kg.ports.store import GraphView, GraphWriter, LoadTarget

ENGINE = "neo4j"


class Neo4jStore(Neo4jPrompts, Neo4jRules, Neo4jDecisions, Neo4jAudit, Neo4jKeys):
    """Graph, decisions, runs, prompts and rules in one Neo4j database; without a user if the server asks none."""

    def __init__(  # noqa: PLR0913, PLR0917 - what an address, a sign-in and a store need
        self, address: str, database: str, user: str, password: str, core: Ontology, clock: Clock
    ) -> None:
        super().__init__(Database(address, database, user, password), clock)
        self._core = core
        try:
            prepare(self._database)
        except BaseException:
            self._database.close()
            raise

    @property
    def round_trips(self) -> int:
        """Texts sent to the server so far."""
        return self._database.round_trips

    # --- graph ---

    def view(self, scope: Scope) -> GraphView:
        names = [ref for ref in scope.datasets if "@" not in ref]
        [[at, objects, literals, found]] = self._database.read(
            cypher.VIEW,
            known=scope.known_as_of,
            names=names if scope.datasets else None,
            refs=[ref for ref in scope.datasets if "@" in ref],
        )
        seen = sorted(
            (load_version(version).ref, load_version(version), load_profile(profile), name, document)
            for _, version, profile, name, document, newest in found
            if scope.sees(load_version(version), load_version(newest))
        )
        for ref in scope.datasets:
            if not any(ref in (version.dataset, version.ref) for _, version, *_ in seen):
                raise DatasetNotFound(f"no dataset {ref!r}; see `whence sources`")
        documents = {name: document for *_, name, document in seen}
        return Neo4jView(
            self._database,
            scope,
            at,
            tuple(version for _, version, *_ in seen),
            add_profiles(ENGINE, [profile for _, _, profile, *_ in seen]),
            together(self._core, tuple(documents[name] for name in sorted(documents))),
            scope.days(self._clock().date().isoformat()),
            tuple(sorted(objects)),
            tuple(sorted(literals)),
        )

    @contextlib.contextmanager
    def writer(self, target: LoadTarget, run_id: str) -> Iterator[GraphWriter]:
        with self._loading(run_id) as lock:
            ontology = parse(json.loads(target.ontology), core=self._core)
            writer = Neo4jWriter(lock, target, ontology, self._clock)
            try:
                yield writer
            except BaseException as exc:
                if isinstance(exc, KgError):
                    with contextlib.suppress(KgError):
                        writer.fail(str(exc))
                # What cannot be removed now, since the server is gone or the lock lost, the next load removes.
                with contextlib.suppress(KgError):
                    writer.discard()
                raise
            if not writer.committed:
                writer.discard()

    def retire(self, ref: Ref, run: Run) -> Run:
        with self._loading(run.id) as lock:
            at = later(lock.head, self._clock())
            with _undone(lock, run.id):
                return retire(lock, ref, run, at, lambda tx, done: records.put_run(tx, done, instant(self._clock())))

    def purge(self, ref: Ref, run: Run) -> Run:
        with self._loading(run.id) as lock:
            at = later(lock.head, self._clock())
            with _undone(lock, run.id):
                return purge(lock, ref, run, at, self._clock)

    @contextlib.contextmanager
    def _loading(self, run_id: str) -> Iterator[LoadLock]:
        """Hold the right to load; what a killed load left is removed first, and a purge that was cut off finished."""
        with LoadLock(self._database, run_id) as lock:
            if lock.staged is not None:
                discard(lock, lock.staged)
            finish(lock, self._clock)
            self._settle(lock)
            yield lock

    def _settle(self, lock: LoadLock) -> None:
        """Record a load that ended without a word as lost. One that failed is recorded by its own process."""
        if (live := live_run(self._database)) is None:
            return

        def settle(tx: Transaction) -> None:
            if live.run.state == "lost":
                records.put_run(tx, live.run, instant(self._clock()))
            tx.run(texts.UNTELL, run=live.run.id)

        fenced(lock, settle)

    def put_ontology(self, name: str, document: str, actor: str = "") -> bool:
        if self.ontology_document(name) == document:
            return False

        def put(tx: Transaction, at: Instant) -> None:
            records.put_ontology(tx, name, document, at)
            audit.append(tx, acts.of_ontology(name, document, actor), instant(self._clock()))

        self._moving_known_time(f"ontology {name}", put)
        return True

    def _moving_known_time(self, what: str, work: Callable[[Transaction, Instant], Any]) -> Any:
        # As a load of its own: the head moves, so that the next view reads it, and with it what is staged would show.
        with self._loading(what) as lock:
            at = later(lock.head, self._clock())

            def move(tx: Transaction) -> Any:
                lock.fence(tx)
                done = work(tx, at)
                tx.run(texts.MOVE_HEAD, at=at)
                return done

            return self._database.write(move)

    def ontology_document(self, name: str) -> str | None:
        found = self._database.read(cypher.ONTOLOGY_DOCUMENT, name=name)
        return found[0][0] if found else None

    def check(self) -> None:
        self._database.check()

    def close(self) -> None:
        self._database.close()

    # --- ledgers ---

    def erase_text(self, text: str, actor: str) -> Erased:
        digest = audit.digest_of(self._database, text)
        found = forget(self._database, text, pseudonym(digest or secrets.token_hex(6)))
        act = Act("audit.erase", digest or "", actor)
        erased = audit.erase(self._database, text, act, instant(self._clock()), also=found.any)
        return replace(found, log=erased)

    def append_review(self, event: ReviewEvent, known: Instant | None = None) -> None:
        at = instant(self._clock())

        def append(tx: Transaction) -> None:
            if known is not None:
                reviews.hold_head(tx, event, known)
            audit.append(tx, reviews.append(tx, event), at)

        self._database.write(append)

    def review_events(self, decision_ids: Collection[str]) -> dict[str, tuple[ReviewEvent, ...]]:
        return reviews.events(self._database, decision_ids)

    def reviews(self, *, standing: bool, after: str | None, limit: int, skip: int = 0) -> list[str]:
        return reviews.listed(self._database, standing=standing, after=after, limit=limit, skip=skip)

    def touching(self, keys: Collection[str], limit: int) -> list[tuple[str, bool]]:
        return touches.touching(self._database, keys, limit)

    def append_run(self, run: Run, rejections: Iterable[Rejection], events: Iterable[LineageEvent] = ()) -> None:
        for batch in records.rejection_batches(rejections):
            self._database.write(lambda tx, batch=batch: records.put_rejections(tx, run.id, batch))  # type: ignore[misc]
        said = tuple(events)

        def finish(tx: Transaction) -> None:
            records.put_events(tx, said)
            records.put_run(tx, run, instant(self._clock()))

        self._database.write(finish)

    def runs(self, limit: int) -> list[Run]:
        return [load_run(text) for (text,) in self._database.read(cypher.RUNS, limit=limit)]

    def run(self, run_id: str) -> Run | None:
        found = self._database.read(cypher.RUN, id=run_id)
        return load_run(found[0][0]) if found else None

    def live(self) -> LiveRun | None:
        return live_run(self._database)

    def last_fingerprint(self, dataset: str, version: str) -> str | None:
        found = self._database.read(cypher.LAST_COMPLETE, dataset=dataset, version=version)
        return load_run(found[0][0]).fingerprint if found else None

    def rejections(self, run_id: str) -> list[Rejection]:
        return [load_rejection(text) for (text,) in self._database.read(cypher.REJECTIONS, run=run_id)]

    def append_events(self, events: Sequence[LineageEvent], actor: str = "") -> int:
        at = instant(self._clock())

        def work(tx: Transaction) -> int:
            new = records.put_events(tx, events)
            if new:
                audit.append(tx, acts.of_events(events, new, actor), at)
            return new

        return self._database.write(work)

    def events(self, run: str) -> list[dict[str, Any]]:
        return in_order([json.loads(text) for (text,) in self._database.read(cypher.EVENTS, run=run)])

    def known(self, nodes: Collection[LineageNode]) -> frozenset[LineageNode]:
        keys = sorted(node.key for node in nodes)
        return frozenset(LineageNode.of(key) for (key,) in self._database.read(cypher.KNOWN_NODES, keys=keys))

    def linked(
        self, nodes: Collection[LineageNode], toward: Toward, limit_each: int
    ) -> dict[LineageNode, tuple[LineageNode, ...]]:
        text = cypher.LINKED_DOWN if toward == "down" else cypher.LINKED_UP
        found = self._database.read(text, keys=sorted({node.key for node in nodes}), limit=limit_each)
        return {LineageNode.of(key): tuple(LineageNode.of(one) for one in keys) for key, keys in sorted(found) if keys}

    def changes(self, run_id: str) -> list[FactChange]:
        found = [load_change(text) for (text,) in self._database.read(cypher.CHANGES, run=run_id)]
        return sorted(found, key=lambda one: (one.fact.predicate, one.fact.id, one.gained))

    def spend(self, asked: Spending, limits: Limits) -> str | None:
        return self._database.write(lambda tx: spending.spend(tx, asked, limits))

    def settle(self, difference: Spending) -> None:
        self._database.write(lambda tx: spending.settle(tx, difference))

    def spendings(self, day: str) -> tuple[Spending, ...]:
        return spending.of_rows(self._database.read(cypher.SPENDINGS, day=day))


@contextlib.contextmanager
def _undone(lock: LoadLock, run_id: str) -> Iterator[None]:
    """Leave the graph as it was if the block fails; what cannot be undone now, the next load undoes."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(KgError):
            if (staged := staged_by(lock, run_id)) is not None:
                discard(lock, staged)
        raise
